package store

import (
	"slices"
	"strings"

	"github.com/squallhq/squall/sim/postgres/value"
)

// wait is what a parked session waits for: a lock, or the end of a (sub)transaction.
type wait struct {
	request *request
	x       *xact
}

// Waiting says whether the session is parked for a lock.
func (s *Session) Waiting() bool { return s.waiting != wait{} }

// blockers returns the sessions that the session waits for: who holds what it wants, and, with
// soft, who stands in the queue before it and wants something that excludes it.
func (s *Session) blockers(soft bool) []*Session {
	if x := s.waiting.x; x != nil {
		return []*Session{x.resolve().tx.session}
	}
	r := s.waiting.request
	if r == nil || r.granted {
		return nil
	}
	var list []*Session
	conflicts := r.mode.conflicts()
	for i := range r.l.holders {
		if h := &r.l.holders[i]; h.s != s && h.modes()&conflicts != 0 {
			list = append(list, h.s)
		}
	}
	for _, other := range r.l.queue {
		if !soft || other == r {
			break
		}
		if conflicts.has(other.mode) && !slices.Contains(list, other.s) {
			list = append(list, other.s)
		}
	}
	return list
}

// BlockedBy returns the pids that the session waits for, ascending (pg_blocking_pids).
func (s *Session) BlockedBy() []int32 {
	var pids []int32
	for _, b := range s.blockers(true) {
		pids = append(pids, b.pid)
	}
	slices.Sort(pids)
	return pids
}

// Deadlock returns 40P01 if the waiting session is part of a deadlock, else nil. The waiter asks
// once it has been parked for deadlock_timeout, and returns the error from Park. A cycle that
// exists only because of the order in a queue is resolved by changing that order, as PostgreSQL
// does (src/backend/storage/lmgr/README).
func (s *Session) Deadlock() error {
	if !s.Waiting() {
		return nil
	}
	if cycle := s.cycle(false); cycle != nil {
		return deadlockError(cycle)
	}
	cycle := s.cycle(true)
	if cycle == nil {
		return nil
	}
	if s.reorder(cycle) {
		return nil
	}
	return deadlockError(cycle)
}

// cycle returns a circle of waiting sessions that begins with s, or nil.
func (s *Session) cycle(soft bool) []*Session {
	var path []*Session
	seen := map[*Session]bool{}
	var visit func(x *Session) bool
	visit = func(x *Session) bool {
		path = append(path, x)
		seen[x] = true
		for _, b := range x.blockers(soft) {
			if b == s || (!seen[b] && visit(b)) {
				return true
			}
		}
		path = path[:len(path)-1]
		return false
	}
	if visit(s) {
		return path
	}
	return nil
}

// reorder tries to dissolve a cycle by letting one of its sessions go before the one in the same
// queue that it waits for; it says whether no cycle is left.
func (s *Session) reorder(cycle []*Session) bool {
	for i, x := range cycle {
		before := cycle[(i+1)%len(cycle)]
		r := x.waiting.request
		if r == nil || slices.Contains(x.blockers(false), before) {
			continue
		}
		saved := slices.Clone(r.l.queue)
		at := slices.IndexFunc(r.l.queue, func(q *request) bool { return q.s == before })
		from := slices.Index(r.l.queue, r)
		if at < 0 || from < at {
			continue
		}
		r.l.queue = slices.Insert(slices.Delete(r.l.queue, from, from+1), at, r)
		if s.cycle(true) == nil && before.cycle(true) == nil && x.cycle(true) == nil {
			r.l.grantWaiters()
			return true
		}
		r.l.queue = saved
	}
	return false
}

// simpleDeadlock is the deadlock of two that is seen before anybody waits: s wants what other
// excludes, and other waits for what s has.
func (s *Session) simpleDeadlock(l *lock, m LockMode, other *request) error {
	s.waiting = wait{request: &request{s: s, l: l, mode: m}}
	defer func() { s.waiting = wait{} }()
	return deadlockError([]*Session{s, other.s})
}

// deadlockError is 40P01 with a line for each wait of the cycle (DeadLockReport).
func deadlockError(cycle []*Session) error {
	lines := make([]string, len(cycle))
	for i, s := range cycle {
		by := cycle[(i+1)%len(cycle)]
		lines[i] = "Process " + decimal(int(s.pid)) + " waits for " + s.waiting.describe() +
			"; blocked by process " + decimal(int(by.pid)) + "."
	}
	return &value.Error{
		Code:    "40P01",
		Message: "deadlock detected",
		Detail:  strings.Join(lines, "\n"),
		Hint:    "See server log for query details.",
	}
}

// describe names the lock as DescribeLockTag does. The database's id is not modelled: it is 5.
func (w wait) describe() string {
	if w.x != nil {
		return "ShareLock on transaction " + decimal(int(w.x.resolve().id))
	}
	const database = " of database 5"
	name, mode := w.request.l.name, w.request.mode.String()
	switch {
	case name.tuple != nil:
		tid := int(name.tuple.tid)
		return mode + " on tuple (" + decimal(tid/100) + "," + decimal(tid%100+1) + ") of relation " +
			decimal(int(name.table.oid)) + database
	case name.table != nil:
		return mode + " on relation " + decimal(int(name.table.oid)) + database
	case name.sequence != nil:
		return mode + " on relation " + decimal(int(name.sequence.oid)) + database
	}
	key, class := uint64(name.advisory.Key), 1
	if name.advisory.Pair {
		class = 2
	}
	return mode + " on advisory lock [5," + decimal(int(key>>32)) + "," + decimal(int(key&0xffffffff)) + "," + decimal(class) + "]"
}
