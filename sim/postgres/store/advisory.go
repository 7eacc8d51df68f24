package store

import "slices"

// AdvisoryKey is pg_advisory_lock's key: one bigint, or (Pair) two integers, which are another space.
type AdvisoryKey struct {
	Key  int64 // a pair: high half the first, low half the second
	Pair bool
}

func advisoryMode(shared bool) LockMode {
	if shared {
		return Share
	}
	return Exclusive
}

func (db *Database) advisoryLock(k AdvisoryKey) *lock {
	l := db.advisory[k]
	if l == nil {
		l = &lock{name: lockName{advisory: k}}
		db.advisory[k] = l
	}
	return l
}

// forget drops an advisory lock that nobody holds or wants.
func (db *Database) forget(l *lock) {
	if l.name.table == nil && l.name.sequence == nil && len(l.holders) == 0 && len(l.queue) == 0 {
		delete(db.advisory, l.name.advisory)
	}
}

// AdvisoryLock waits for an advisory lock of the session or (tx) of the transaction.
func (s *Session) AdvisoryLock(k AdvisoryKey, shared, tx bool) error {
	l, m := s.db.advisoryLock(k), advisoryMode(shared)
	if tx {
		return s.tx.lock(l, m)
	}
	h, err := l.acquire(s, m)
	if err != nil {
		s.db.forget(l)
		return err
	}
	s.count(l, h, shared)
	return nil
}

// TryAdvisoryLock takes the lock if nobody must be waited for.
func (s *Session) TryAdvisoryLock(k AdvisoryKey, shared, tx bool) bool {
	l := s.db.advisoryLock(k)
	if !l.free(s, advisoryMode(shared)) {
		return false
	}
	return s.AdvisoryLock(k, shared, tx) == nil
}

// count adds a session-level hold.
func (s *Session) count(l *lock, h *holder, shared bool) {
	if h.shared+h.exclusive == 0 {
		s.locks = append(s.locks, l)
	}
	if shared {
		h.shared++
	} else {
		h.exclusive++
	}
}

// AdvisoryUnlock releases a session-level lock once; false if it was not held.
func (s *Session) AdvisoryUnlock(k AdvisoryKey, shared bool) bool {
	l := s.db.advisory[k]
	if l == nil {
		return false
	}
	h := l.held(s)
	switch {
	case h != nil && shared && h.shared > 0:
		h.shared--
	case h != nil && !shared && h.exclusive > 0:
		h.exclusive--
	default:
		return false
	}
	if h.shared+h.exclusive == 0 {
		s.locks = slices.DeleteFunc(s.locks, func(x *lock) bool { return x == l })
	}
	s.released(l)
	return true
}

// AdvisoryUnlockAll releases all session-level advisory locks.
func (s *Session) AdvisoryUnlockAll() {
	for _, l := range s.locks {
		if h := l.held(s); h != nil {
			h.shared, h.exclusive = 0, 0
			s.released(l)
		}
	}
	s.locks = nil
}

func (s *Session) released(l *lock) {
	l.tidy(s)
	l.grantWaiters()
	s.db.forget(l)
}
