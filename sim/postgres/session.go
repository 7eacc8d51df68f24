package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// session is a backend: a task of the database's node that serves one connection. It
// finishes what it is doing when its client is gone, and only then rolls back.
type session struct {
	server   *Server
	link     *sim.Conn
	client   *conn
	task     *sim.Task
	store    *store.Session
	settings settings
	x        execution

	arrive  func() // a request has arrived
	deliver func() // the reply has arrived
	pending bool   // a request is there
	lost    bool   // the client is gone
	ended   bool
	served  int // requests finished

	tx        *store.Tx
	block     bool // within BEGIN ... COMMIT
	startedAt int64
	undo      []settingUndo // settings to restore, by transaction
	marks     []savepoint
	discards  int // how often the prepared statements were forgotten

	woken     bool
	parked    bool
	interrupt *value.Error // ends what the session is doing
	fatal     *value.Error // ends the session
	sleeping  bool
	idleTimer *alarm
}

// savepoint remembers how many settings had been changed when it was made.
type savepoint struct {
	name     string
	undo     int
	readOnly bool
}

func newSession(server *Server, link *sim.Conn, config PoolConfig, pid int32) *session {
	s := &session{server: server, link: link}
	s.store = server.db.Connect(pid, s)
	s.settings = newSettings(server, config)
	s.x.init(s)
	s.store.SetText(&s.x.context)
	s.idleTimer = s.newAlarm(s.idleTooLong)
	s.arrive = func() {
		s.pending = true
		s.wakeUp()
	}
	s.deliver = func() {
		s.client.replied = true
		if s.client.task != nil {
			s.client.task.Wake()
		}
	}
	link.ServerLost = func() {
		s.lost = true
		s.wakeUp()
	}
	return s
}

// over says whether the session can do nothing more.
func (s *session) over() bool { return s.ended }

// dropped is the end of a session whose server crashed.
func (s *session) dropped() {
	s.ended = true
	if r := &s.client.request; r.gaveUp && !r.finished {
		s.server.world.Mark(markLostNotCommitted)
		r.gaveUp = false
	}
}

func (s *session) wakeUp() {
	if s.ended {
		return
	}
	if s.task == nil {
		s.task = s.server.node.Go(s.server.root, s.server.taskName(s.store.PID()), s.serve)
		return
	}
	if !s.parked { // not while it waits for a lock
		s.task.Wake()
	}
}

// serve handles one request after another until the client is gone.
func (s *session) serve(ctx context.Context) {
	s.x.ctx = ctx //nolint:fatcontext // the task's own, which its waits need
	for {
		switch {
		case s.fatal != nil:
			s.farewell()
			return
		case s.pending:
			s.pending = false
			s.idleTimer.stop()
			s.handle()
		case s.lost:
			s.end()
			return
		default:
			s.startIdleTimer()
			if s.server.world.Park(ctx) != nil {
				return
			}
		}
	}
}

// handle executes a request and sends the answer, unless the crossing's fate forbids it.
func (s *session) handle() {
	r := &s.client.request
	s.interrupt = nil
	s.serveRequest(r)
	if s.fatal != nil {
		return
	}
	s.client.reply.status = s.status()
	s.served++
	r.finished = true
	if r.gaveUp {
		r.markLost(s.server.world)
		r.gaveUp = false
	}
	if r.kind == requestPrepare {
		s.link.Send(sim.ToClient, r.latency(purposePrepareReply), s.deliver)
		return
	}
	if r.crossing.Fault == chaos.KindFailAfter && r.kind != requestPing {
		s.link.Break(r.latency(purposeReply))
		return
	}
	s.link.Send(sim.ToClient, r.latency(purposeReply), s.deliver)
}

// status is what ReadyForQuery says of the transaction.
func (s *session) status() byte {
	switch {
	case !s.block:
		return 'I'
	case s.tx != nil && s.tx.Failed():
		return 'E'
	}
	return 'T'
}

// end rolls back and leaves.
func (s *session) end() {
	s.idleTimer.stop()
	s.ended = true
	s.store.Close()
	s.server.forget(s)
}

// terminate ends the session with an error for the client.
func (s *session) terminate(why *value.Error) {
	if s.ended || s.fatal != nil {
		return
	}
	s.fatal = why
	s.interrupt = why
	if s.task == nil {
		s.wakeUp()
		return
	}
	s.task.Wake()
}

// farewell tells the client why the session ends, and ends it.
func (s *session) farewell() {
	why := pgError("FATAL", s.fatal)
	if r := &s.client.request; r.gaveUp && !r.finished {
		r.markLost(s.server.world)
		r.gaveUp = false
	}
	s.traceEnd(why)
	s.link.Send(sim.ToClient, pingLatency, func() { s.client.farewell = why })
	s.end()
	s.link.Close(s.server.node)
}

func (s *session) traceEnd(why *pgconn.PgError) {
	trace := s.server.world.Trace()
	trace.Begin(s.server.world.Now(), "session ends")
	trace.String(s.server.node.Name)
	trace.Int(int64(s.store.PID()))
	trace.String(why.Code)
}

// cancel ends the statement in progress, if there is one.
func (s *session) cancel(why *value.Error) {
	if s.ended || s.interrupt != nil {
		return
	}
	s.interrupt = why
	if s.parked || s.sleeping {
		s.task.Wake()
	}
}

// Park blocks the task while it waits for a lock: part of store.Waiter.
func (s *session) Park() error {
	w := s.server.world
	w.Mark(markLockWait)
	deadlock := s.alarm(s.settings.deadlockTimeout, s.checkDeadlock)
	defer deadlock.stop()
	if limit := s.settings.lockTimeout; limit > 0 {
		defer s.alarm(limit, s.lockTimeout).stop()
	}
	s.parked, s.woken = true, false
	defer func() { s.parked, s.woken = false, false }()
	for !s.woken {
		if s.interrupt != nil {
			return s.interrupt
		}
		if err := w.Park(s.x.ctx); err != nil {
			return err
		}
	}
	return nil
}

// Wake ends Park: part of store.Waiter.
func (s *session) Wake() {
	s.woken = true
	s.task.Wake()
}

// checkDeadlock runs when a lock wait has lasted for deadlock_timeout.
func (s *session) checkDeadlock() {
	if !s.parked || s.woken || s.interrupt != nil {
		return
	}
	err := s.store.Deadlock()
	if err == nil {
		return
	}
	s.server.world.Mark(markDeadlock)
	var why *value.Error
	if !errors.As(err, &why) {
		why = refusal("40P01", "deadlock detected")
	}
	s.interrupt = why
	s.task.Wake()
}

func (s *session) lockTimeout() {
	if s.parked && !s.woken {
		s.cancel(refusal("55P03", "canceling statement due to lock timeout"))
	}
}

func (s *session) wakeSleeper() { s.task.Wake() }

// alarm is a timer that may be set again, and stopped also after it has rung.
type alarm struct {
	timer sim.Timer
	set   bool
	rung  func() // made once
}

// alarm rings after d, unless it is stopped or the session ends before.
func (s *session) alarm(d time.Duration, ring func()) *alarm {
	a := s.newAlarm(ring)
	s.set(a, d)
	return a
}

// newAlarm returns an alarm that is not set.
func (s *session) newAlarm(ring func()) *alarm {
	a := new(alarm)
	a.rung = func() {
		a.set = false
		if !s.ended {
			ring()
		}
	}
	return a
}

// set lets the alarm ring after d, and not when it would have rung before.
func (s *session) set(a *alarm, d time.Duration) {
	a.stop()
	a.timer, a.set = s.server.world.After(d, a.rung), true
}

func (a *alarm) stop() {
	if a.set {
		a.timer.Stop()
		a.set = false
	}
}

// sleep is pg_sleep.
func (s *session) sleep(d time.Duration) error {
	timer := s.alarm(d, s.wakeSleeper)
	defer timer.stop()
	s.sleeping = true
	defer func() { s.sleeping = false }()
	for timer.set {
		if s.interrupt != nil {
			return s.interrupt
		}
		if err := s.server.world.Park(s.x.ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) startIdleTimer() {
	limit := s.settings.idleInTransactionTimeout
	if limit <= 0 || !s.block {
		return
	}
	s.set(s.idleTimer, limit)
}

func (s *session) idleTooLong() {
	s.terminate(refusal("25P03", "terminating connection due to idle-in-transaction timeout"))
}
