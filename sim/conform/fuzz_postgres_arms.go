package conform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/sim/postgres"
	"github.com/squallhq/squall/system/port"
)

// lockstepArm is a server in lockstep: work is started, and time passes until it is
// quiet, that is until all work has returned or waits for locks and no deadlock
// check is to come. Only then do two servers compare.
type lockstepArm interface {
	begin() PostgresWorld // a fresh, empty database
	quiet(sessions []string) standing
	end() // of the script, whatever is under way
}

// standing is who has returned, and for whom the others wait, in order of their names.
type standing struct {
	returned []string
	waits    map[string][]string
}

// fuzzDeadlockTimeout is short: the last of a circle to wait finds the deadlock, if all
// others have looked for one before.
const fuzzDeadlockTimeout = 5 * time.Millisecond

// fuzzTimeouts are out of reach of the real server, however busy the machine is: in virtual time no script takes as long.
var fuzzTimeouts = PostgresTimeouts{Statement: 20 * time.Minute, Lock: 10 * time.Minute, IdleInTransaction: 30 * time.Minute}

// fuzzPatience is how long the real server may take for a step, however busy the machine is.
const fuzzPatience = 2 * time.Minute

// FuzzSimulatedPostgres is the simulated arm as the fuzzer has it.
func FuzzSimulatedPostgres(cache *postgres.Cache) SimulatedPostgres {
	return SimulatedPostgres{Cache: cache, DeadlockTimeout: fuzzDeadlockTimeout, Timeouts: fuzzTimeouts}
}

// failing makes a test's errors divergences: an arm that breaks has a script to show.
type failing struct{ testing.TB }

func (failing) Fatalf(format string, args ...any) { panic(divergence(fmt.Sprintf(format, args...))) }
func (failing) Errorf(format string, args ...any) { panic(divergence(fmt.Sprintf(format, args...))) }

// simulatedLockstep has a world for each script.
type simulatedLockstep struct {
	t     testing.TB
	cache *postgres.Cache
	world *simulatedWorld
}

func (a *simulatedLockstep) begin() PostgresWorld {
	a.world = FuzzSimulatedPostgres(a.cache).Open(withoutCleanup{failing{a.t}}, 1).(*simulatedWorld)
	return a.world
}

// withoutCleanup leaves ending to the caller.
type withoutCleanup struct{ testing.TB }

func (withoutCleanup) Cleanup(func()) {}

func (a *simulatedLockstep) end() { a.world.end() }

func (a *simulatedLockstep) quiet(sessions []string) standing {
	w := a.world
	since := w.world.Now()
	var waits []string
	w.pass(func() bool {
		now := slices.Clone(w.server.LockWaits())
		slices.Sort(now)
		if !slices.Equal(now, waits) {
			waits, since = now, w.world.Now()
		}
		for _, name := range sessions {
			if !*w.running[Session{Client: name}] && !slices.Contains(waits, name) {
				since = w.world.Now()
			}
		}
		return len(waits) == 0 && since != w.world.Now() || w.world.Now()-since > 2*fuzzDeadlockTimeout
	})
	s := standing{waits: map[string][]string{}}
	for _, name := range sessions {
		id := Session{Client: name}
		if *w.running[id] {
			s.returned = append(s.returned, name)
			delete(w.running, id)
		} else {
			by := slices.Clone(w.server.BlockedBy(name))
			slices.Sort(by)
			s.waits[name] = slices.Compact(by)
		}
	}
	return s
}

// realLockstep keeps its connections over the scripts: a new one takes as long as ten
// statements.
type realLockstep struct {
	t        testing.TB
	url      string
	observer *pgx.Conn
	conns    map[string]*pgx.Conn
	used     map[string]bool
	running  map[Session]chan struct{}
	scripts  int
	ctx      context.Context
	cancel   context.CancelFunc
}

// pinned are the settings of a session on the real server: plans that the data does not
// decide. Sequential scans find rows in the order of their places, which an update changes.
// A session is given them as it connects, so that RESET and DISCARD come back to them.
var pinned = map[string]string{
	"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
	"jit": "off", "client_min_messages": "error", "deadlock_timeout": "5ms",
	"statement_timeout": milliseconds(fuzzTimeouts.Statement), "lock_timeout": milliseconds(fuzzTimeouts.Lock),
	"idle_in_transaction_session_timeout": milliseconds(fuzzTimeouts.IdleInTransaction),
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func newRealLockstep(t testing.TB, url string) *realLockstep {
	t.Helper()
	a := &realLockstep{t: failing{t}, url: url, conns: map[string]*pgx.Conn{}}
	a.observer = a.connect("observer")
	t.Cleanup(func() {
		for _, conn := range a.conns {
			_ = conn.Close(context.Background())
		}
		_ = a.observer.Close(context.Background())
	})
	return a
}

func (a *realLockstep) connect(name string) *pgx.Conn {
	config, err := pgx.ParseConfig(a.url)
	if err == nil {
		maps.Copy(config.RuntimeParams, pinned)
		config.RuntimeParams["application_name"] = name
		var conn *pgx.Conn
		if conn, err = pgx.ConnectConfig(context.Background(), config); err == nil {
			return conn
		}
	}
	a.t.Fatalf("connect: %v", err)
	return nil
}

func (a *realLockstep) begin() PostgresWorld {
	a.ctx, a.cancel = context.WithCancel(context.Background())
	a.used, a.running = map[string]bool{}, map[Session]chan struct{}{}
	if err := a.empty(); err != nil {
		a.t.Fatalf("empty: %v", err)
	}
	return a
}

// empty drops what a script has made. From time to time it removes the traces from the catalogs as well,
// which nobody else does: autovacuum would take locks of its own.
func (a *realLockstep) empty() error {
	const sql = "DROP SCHEMA IF EXISTS public, z_s1, z_s2, z_s3, z_s4, z_s5, z_s6 CASCADE; CREATE SCHEMA public"
	_, err := a.observer.Exec(a.ctx, sql)
	if a.scripts++; err == nil && a.scripts%emptyEvery == 0 {
		_, err = a.observer.Exec(a.ctx, "VACUUM")
	}
	return err
}

const emptyEvery = 100

// Start hands work to the session's connection.
func (a *realLockstep) Start(session Session, work Work) {
	name := session.Client
	conn := a.conns[name]
	if conn == nil || conn.IsClosed() {
		conn = a.connect(name)
		a.conns[name] = conn
	}
	a.used[name] = true
	done := make(chan struct{})
	a.running[session] = done
	go func() {
		defer close(done)
		work(a.ctx, conn, realClock{})
	}()
}

// Settle is not used in lockstep: quiet is.
func (a *realLockstep) Settle(session Session) bool {
	return slices.Contains(a.quiet([]string{session.Client}).returned, session.Client)
}

// Await waits for the first.
func (a *realLockstep) Await(sessions ...Session) (Session, bool) {
	for deadline := time.Now().Add(fuzzPatience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for _, session := range sessions {
			if a.returned(session.Client) {
				delete(a.running, session)
				return session, true
			}
		}
	}
	return Session{}, false
}

func (a *realLockstep) returned(name string) bool {
	select {
	case <-a.running[Session{Client: name}]:
		return true
	default:
		return false
	}
}

// quiet asks the server for waits until they account for everybody who has not returned. A wait counts
// when its deadlock check is over; whoever has just started, the last of the sessions, is not asked for before.
func (a *realLockstep) quiet(sessions []string) standing {
	pause := waitCounts
	for deadline := time.Now().Add(fuzzPatience); time.Now().Before(deadline); {
		under := slices.DeleteFunc(slices.Clone(sessions), a.returned)
		if len(under) == 0 {
			return a.standing(sessions, nil)
		}
		select {
		case <-a.running[Session{Client: under[len(under)-1]}]:
			if len(under) > 1 && len(under) == len(sessions) {
				pause = askAgain
				continue
			}
		case <-time.After(pause):
		}
		pause = askAgain
		under = slices.DeleteFunc(under, a.returned)
		if waits, all := a.waits(under); all && (!circular(waits) || time.Until(deadline) < fuzzPatience-circleWait) {
			return a.standing(sessions, waits)
		}
	}
	a.t.Fatalf("the server is not quiet within %v", fuzzPatience)
	return standing{}
}

const (
	waitCounts = 9 * time.Millisecond // as in waits
	askAgain   = time.Millisecond
)

func (a *realLockstep) standing(sessions []string, waits map[string][]string) standing {
	s := standing{waits: waits}
	for _, name := range sessions {
		if _, waits := waits[name]; !waits {
			s.returned = append(s.returned, name)
			delete(a.running, Session{Client: name})
		}
	}
	return s
}

// circleWait is how long the server is given to break a circle of waits: on a busy machine its check may
// come late. Some circles it leaves, and only reorders the queue.
const circleWait = 500 * time.Millisecond

// circular says whether sessions wait for each other.
func circular(waits map[string][]string) bool {
	left := maps.Clone(waits)
	for again := true; again; {
		again = false
		for name, by := range left {
			if !slices.ContainsFunc(by, func(blocker string) bool { _, waits := left[blocker]; return waits }) {
				delete(left, name)
				again = true
			}
		}
	}
	return len(left) > 0
}

// waits asks who waits for whom; all says whether everybody in sessions does, for long enough.
func (a *realLockstep) waits(sessions []string) (waits map[string][]string, all bool) {
	const sql = `SELECT DISTINCT pid, pg_blocking_pids(pid) FROM pg_locks
		WHERE NOT granted AND pid = ANY($1) AND waitstart < clock_timestamp() - interval '9 ms'`
	names := map[uint32]string{}
	for name, conn := range a.conns {
		names[conn.PgConn().PID()] = name
	}
	var pids []int32
	for pid, name := range names {
		if slices.Contains(sessions, name) {
			pids = append(pids, int32(pid))
		}
	}
	rows, err := a.observer.Query(context.Background(), sql, pids)
	if err != nil {
		a.t.Fatalf("observer: %v", err)
	}
	waits = map[string][]string{}
	var pid uint32
	var by []uint32
	_, err = pgx.ForEachRow(rows, []any{&pid, &by}, func() error {
		var blockers []string
		for _, blocker := range by {
			blockers = append(blockers, names[blocker])
		}
		slices.Sort(blockers)
		waits[names[pid]] = slices.Compact(blockers)
		return nil
	})
	if err != nil {
		a.t.Fatalf("observer: %v", err)
	}
	all = len(waits) == len(sessions)
	for _, by := range waits {
		all = all && len(by) > 0 // else the wait has ended between the two looks
	}
	return waits, all
}

// end breaks the connections of who waits, and cleans the others.
func (a *realLockstep) end() {
	a.cancel()
	for _, done := range a.running {
		<-done
	}
	for _, name := range slices.Sorted(maps.Keys(a.used)) {
		conn := a.conns[name]
		if conn.IsClosed() {
			delete(a.conns, name)
			a.gone(conn.PgConn().PID())
			continue
		}
		if err := a.clean(conn); err != nil {
			a.t.Fatalf("clean: %v", err)
		}
	}
}

// gone waits for the end of a backend whose connection was broken.
func (a *realLockstep) gone(pid uint32) {
	for left := true; left; {
		const sql = `SELECT pg_terminate_backend($1::int) OR EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1::int)`
		if err := a.observer.QueryRow(context.Background(), sql, int32(pid)).Scan(&left); err != nil {
			a.t.Fatalf("observer: %v", err)
		}
	}
}

func (a *realLockstep) clean(conn *pgx.Conn) error {
	ctx := context.Background()
	if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
		return err
	}
	if err := conn.DeallocateAll(ctx); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "DISCARD ALL")
	return err
}

var _ port.DB = (*pgx.Conn)(nil)
