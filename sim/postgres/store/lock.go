package store

import "slices"

// A lock is a heavyweight lock of PostgreSQL's lock manager (src/backend/storage/lmgr): on a table,
// on the turn to wait for a row (tuple lock), or an advisory one. Who must wait stands in a queue;
// whoever releases grants, so nobody overtakes.
//
// Row locks proper are not here: they stand in the row, and who meets one waits for the
// transaction that holds it, keeping its turn by the tuple lock.
type lock struct {
	name    lockName
	holders []holder
	queue   []*request
}

// lockName says what a lock is on, for deadlock reports and to free it.
type lockName struct {
	table    *Table
	tuple    *Tuple // with table: the tuple lock of a version of one of its rows
	sequence *Sequence
	advisory AdvisoryKey
}

// holder is a session that holds a lock in some modes: for its transaction, and, advisory
// locks only, for itself, counted. granted is a mode given by whoever released, until the session
// runs and turns it into one of the others.
type holder struct {
	s         *Session
	tx        modeSet
	granted   modeSet
	shared    int // session-level holds in mode Share
	exclusive int // session-level holds in mode Exclusive
}

// request is a place in a lock's queue.
type request struct {
	s       *Session
	l       *lock
	mode    LockMode
	granted bool
}

// modeSet is a set of lock modes.
type modeSet uint16

func setOf(modes ...LockMode) (m modeSet) {
	for _, mode := range modes {
		m |= 1 << mode
	}
	return m
}

func (m modeSet) has(mode LockMode) bool { return m&(1<<mode) != 0 }

// conflicts returns the modes that conflict with a mode (manual, table 13.2).
func (m LockMode) conflicts() modeSet {
	const (
		accessShare          modeSet = 1 << AccessShare
		rowShare             modeSet = 1 << RowShare
		rowExclusive         modeSet = 1 << RowExclusive
		shareUpdateExclusive modeSet = 1 << ShareUpdateExclusive
		share                modeSet = 1 << Share
		shareRowExclusive    modeSet = 1 << ShareRowExclusive
		exclusive            modeSet = 1 << Exclusive
		accessExclusive      modeSet = 1 << AccessExclusive
	)
	switch m {
	case AccessShare:
		return accessExclusive
	case RowShare:
		return exclusive | accessExclusive
	case RowExclusive:
		return share | shareRowExclusive | exclusive | accessExclusive
	case ShareUpdateExclusive:
		return shareUpdateExclusive | share | shareRowExclusive | exclusive | accessExclusive
	case Share:
		return rowExclusive | shareUpdateExclusive | shareRowExclusive | exclusive | accessExclusive
	case ShareRowExclusive:
		return rowExclusive | shareUpdateExclusive | share | shareRowExclusive | exclusive | accessExclusive
	case Exclusive:
		return rowShare | rowExclusive | shareUpdateExclusive | share | shareRowExclusive | exclusive | accessExclusive
	}
	return accessShare | rowShare | rowExclusive | shareUpdateExclusive | share | shareRowExclusive | exclusive | accessExclusive
}

// String is the name in pg_locks.
func (m LockMode) String() string {
	switch m {
	case AccessShare:
		return "AccessShareLock"
	case RowShare:
		return "RowShareLock"
	case RowExclusive:
		return "RowExclusiveLock"
	case ShareUpdateExclusive:
		return "ShareUpdateExclusiveLock"
	case Share:
		return "ShareLock"
	case ShareRowExclusive:
		return "ShareRowExclusiveLock"
	case Exclusive:
		return "ExclusiveLock"
	}
	return "AccessExclusiveLock"
}

func (h *holder) modes() modeSet {
	m := h.tx | h.granted
	if h.shared > 0 {
		m |= setOf(Share)
	}
	if h.exclusive > 0 {
		m |= setOf(Exclusive)
	}
	return m
}

// held returns the session's holds, or nil.
func (l *lock) held(s *Session) *holder {
	for i := range l.holders {
		if l.holders[i].s == s {
			return &l.holders[i]
		}
	}
	return nil
}

// blocked says whether others hold the lock in a conflicting mode.
func (l *lock) blocked(s *Session, m LockMode) bool {
	conflicts := m.conflicts()
	for i := range l.holders {
		if h := &l.holders[i]; h.s != s && h.modes()&conflicts != 0 {
			return true
		}
	}
	return false
}

// free says whether the session may have the lock without waiting: it has it already, or neither
// holders nor those in the queue are against it.
func (l *lock) free(s *Session, m LockMode) bool {
	if h := l.held(s); h != nil && h.modes().has(m) {
		return true
	}
	conflicts := m.conflicts()
	for _, r := range l.queue {
		if conflicts.has(r.mode) {
			return false
		}
	}
	return !l.blocked(s, m)
}

// hold returns the session's holder, made if need be.
func (l *lock) hold(s *Session) *holder {
	if h := l.held(s); h != nil {
		return h
	}
	l.holders = append(l.holders, holder{s: s})
	return &l.holders[len(l.holders)-1]
}

// wait queues for the lock until it is granted; the caller turns the grant into a hold. If the session holds
// modes that somebody in the queue waits for, it goes before him (ProcSleep): he cannot come
// first anyway; and if he also stands in its way, that is a deadlock already.
func (l *lock) wait(s *Session, m LockMode) error {
	at := len(l.queue)
	if h := l.held(s); h != nil {
		mine := h.modes()
		var ahead modeSet
		for i, r := range l.queue {
			if r.mode.conflicts()&mine == 0 {
				ahead |= setOf(r.mode)
				continue
			}
			if other := l.held(r.s); other != nil && other.modes()&m.conflicts() != 0 {
				return s.simpleDeadlock(l, m, r)
			}
			if m.conflicts()&ahead == 0 && !l.blocked(s, m) {
				return nil
			}
			at = i
			break
		}
	}
	r := &request{s: s, l: l, mode: m}
	l.queue = slices.Insert(l.queue, at, r)
	return s.await(r)
}

// await parks until the request is granted.
func (s *Session) await(r *request) error {
	s.waiting = wait{request: r}
	defer func() { s.waiting = wait{} }()
	for !r.granted {
		if err := s.park(); err != nil {
			r.abandon()
			return err
		}
	}
	return nil
}

// abandon takes a request back, whether it was granted meanwhile or not.
func (r *request) abandon() {
	if r.granted {
		r.l.undoGrant(r.s)
		return
	}
	r.l.leaveQueue(r)
}

// undoGrant frees a lock that was granted to a session which gave up at the same moment.
func (l *lock) undoGrant(s *Session) {
	if h := l.held(s); h != nil {
		h.granted = 0
	}
	l.tidy(s)
	l.grantWaiters()
}

func (l *lock) leaveQueue(r *request) {
	if i := slices.Index(l.queue, r); i >= 0 {
		l.queue = slices.Delete(l.queue, i, i+1)
	}
	l.grantWaiters()
}

// grantWaiters grants, in the queue's order, what nobody before stands against (ProcLockWakeup).
func (l *lock) grantWaiters() {
	var ahead modeSet
	for i := 0; i < len(l.queue); {
		r := l.queue[i]
		if r.mode.conflicts()&ahead != 0 || l.blocked(r.s, r.mode) {
			ahead |= setOf(r.mode)
			i++
			continue
		}
		l.queue = slices.Delete(l.queue, i, i+1)
		l.hold(r.s).granted = setOf(r.mode)
		r.granted = true
		r.s.wake()
	}
}

// acquire takes the lock for the session, after waiting if need be. The caller records the hold in
// the holder that is returned.
func (l *lock) acquire(s *Session, m LockMode) (*holder, error) {
	if !l.free(s, m) {
		if err := l.wait(s, m); err != nil {
			return nil, err
		}
	}
	h := l.hold(s)
	h.granted = 0
	return h, nil
}

// tidy drops the session's holder if it holds nothing any more.
func (l *lock) tidy(s *Session) {
	for i := range l.holders {
		if h := &l.holders[i]; h.s == s {
			if h.modes() == 0 {
				l.holders = slices.Delete(l.holders, i, i+1)
			}
			return
		}
	}
}
