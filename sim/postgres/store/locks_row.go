package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// locker is a (sub)transaction in progress that has locked or changed a row. An UPDATE or DELETE in
// progress counts as a lock in the mode it needed.
type locker struct {
	x    *xact
	mode RowLock
}

// conflicts is the matrix of row locks (manual, table 13.3), whose conflicts happen to be those
// pairs that add up to more than four.
func (m RowLock) conflicts(other RowLock) bool { return m+other > 4 }

// queueMode is the mode of the tuple lock in which one waits for a row lock (tupleLockExtraInfo).
func (m RowLock) queueMode() LockMode {
	switch m {
	case ForKeyShare:
		return AccessShare
	case ForShare:
		return RowShare
	case ForNoKeyUpdate:
		return Exclusive
	}
	return AccessExclusive
}

// blocker returns the other transaction with the least id that has locked the row in a
// conflicting mode, or nil. PostgreSQL waits for the members of a multixact in that order.
func (r *record) blocker(t *Tx, m RowLock) *xact {
	if r.first.x == nil {
		return nil
	}
	if r.first.x.tx != t && m.conflicts(r.first.mode) {
		return r.first.x
	}
	for _, l := range r.others {
		if l.x.tx != t && m.conflicts(l.mode) {
			return l.x
		}
	}
	return nil
}

// holds says whether the transaction has locked the row at least so strongly.
func (r *record) holds(t *Tx, m RowLock) bool {
	if r.first.x == nil {
		return false
	}
	if r.first.x.tx == t && r.first.mode >= m {
		return true
	}
	for _, l := range r.others {
		if l.x.tx == t && l.mode >= m {
			return true
		}
	}
	return false
}

// hold records a row lock of the transaction. A row that it made itself needs none: nobody else
// sees it.
func (t *Tx) hold(r *record, m RowLock) {
	if (r.newest.begin == 0 && r.newest.older == nil) || r.holds(t, m) {
		return
	}
	l := locker{t.current(), m}
	t.rows = append(t.rows, r)
	switch {
	case r.first.x == nil:
		r.first = l
	case l.x.id < r.first.x.id:
		r.others = slices.Insert(r.others, 0, r.first)
		r.first = l
	default:
		i := len(r.others)
		for i > 0 && l.x.id < r.others[i-1].x.id {
			i--
		}
		r.others = slices.Insert(r.others, i, l)
	}
}

// letGo removes the lockers that gone says are over.
func (r *record) letGo(gone func(*xact) bool) {
	kept := slices.DeleteFunc(r.others, func(l locker) bool { return gone(l.x) })
	if r.first.x != nil && gone(r.first.x) {
		r.first = locker{}
		if len(kept) > 0 {
			r.first = kept[0]
			kept = slices.Delete(kept, 0, 1)
		}
	}
	if len(kept) == 0 {
		kept = nil
	}
	r.others = kept
}

// freeRows removes all the transaction's row locks.
func (t *Tx) freeRows() {
	for i, r := range t.rows {
		t.rows[i] = nil
		if r.others == nil {
			if r.first.x != nil && r.first.x.tx == t {
				r.first = locker{}
			}
			continue
		}
		r.letGo(func(x *xact) bool { return x.tx == t })
	}
	t.rows = t.rows[:0]
}

// turn is the place of a transaction that waits for a row: the tuple lock, taken before it first
// sleeps and given back when it has the row or gives up. Who comes later waits for the tuple lock,
// so that rows are had in the order of asking (heap_acquire_tuplock).
type turn struct {
	t    *Tx
	rec  *record
	mode LockMode
	held bool
}

// take waits for one's turn and then for the transaction that has the row; what happened
// meanwhile the caller must look up again. With NoWait it is an error instead.
func (w *turn) take(tbl *Table, other *xact, m RowLock, p WaitPolicy) error {
	t := w.t
	if p == NoWait {
		return &value.Error{
			Code:    "55P03",
			Message: "could not obtain lock on row in relation \"" + tbl.Name(t) + "\"",
		}
	}
	if !w.held {
		if err := w.queue(tbl, m); err != nil {
			return err
		}
	}
	return t.session.waitFor(other)
}

func (w *turn) queue(tbl *Table, m RowLock) error {
	if w.rec.queue == nil {
		w.rec.queue = &lock{name: lockName{table: tbl, rec: w.rec}}
	}
	l := w.rec.queue
	h, err := l.acquire(w.t.session, m.queueMode())
	if err != nil {
		w.rec.tidyQueue()
		return err
	}
	w.mode = m.queueMode()
	h.tx |= setOf(w.mode)
	w.held = true
	return nil
}

// done gives the turn to the next.
func (w *turn) done() {
	if !w.held {
		return
	}
	w.held = false
	w.t.unlock(w.rec.queue, w.mode)
	w.rec.tidyQueue()
}

func (r *record) tidyQueue() {
	if r.queue != nil && len(r.queue.holders) == 0 && len(r.queue.queue) == 0 {
		r.queue = nil
	}
}

// Lock locks a row (40001; 55P03 with NoWait). With follow, a row changed meanwhile is locked in
// its newest version, which is returned with Modified; without, Modified locks nothing.
func (t *Tx) Lock(s *Snapshot, tbl *Table, tup *Tuple, m RowLock, p WaitPolicy, follow bool) (Outcome, *Tuple, error) {
	if err := t.doom(); err != nil {
		return 0, nil, err
	}
	r := tup.rec
	w := turn{t: t, rec: r}
	defer w.done()
	for {
		if out := tup.standing(t, s.cid); out != Done {
			if out != Modified && out != Deleted {
				return out, tup, nil
			}
			w.done()
			return t.overtaken(s, tbl, tup, m, p, follow, out)
		}
		other := r.blocker(t, m)
		if other == nil {
			break
		}
		if p == SkipLocked {
			return WouldBlock, nil, nil
		}
		if err := w.take(tbl, other, m, p); err != nil {
			return 0, nil, err
		}
	}
	t.assignID()
	t.hold(r, m)
	return Done, tup, nil
}

// standing says what has become of a version (HeapTupleSatisfiesUpdate), except that changes and
// locks in progress by others are not looked at: Done means that it is the newest.
func (v *Tuple) standing(t *Tx, cid uint32) Outcome {
	switch {
	case v.begin == 0 && v.creator == nil:
		return Deleted // aborted, or removed with its row
	case v.begin == 0 && v.creator.tx == t && v.cmin >= cid:
		return Invisible
	case v.end != 0 && v.rec.newest == v:
		return Deleted
	case v.end != 0:
		return Modified
	case v.remover != nil && v.remover.tx == t:
		return SelfModified
	}
	return Done
}

// overtaken is what follows when another transaction's change of the row came first.
func (t *Tx) overtaken(s *Snapshot, tbl *Table, tup *Tuple, m RowLock, p WaitPolicy, follow bool, out Outcome) (Outcome, *Tuple, error) {
	if t.level != ReadCommitted {
		return 0, nil, concurrentUpdate()
	}
	if !follow || out == Deleted {
		return out, nil, nil
	}
	return t.lockNewest(s, tbl, tup.rec, m, p)
}

// lockNewest locks the newest version of a row, waiting for those who are changing it.
func (t *Tx) lockNewest(s *Snapshot, tbl *Table, r *record, m RowLock, p WaitPolicy) (Outcome, *Tuple, error) {
	w := turn{t: t, rec: r}
	defer w.done()
	for {
		v := r.current(t)
		switch {
		case v == nil || v.end != 0:
			return Deleted, nil, nil
		case v.remover != nil && v.remover.tx == t, v.begin == 0 && v.cmin >= s.cid:
			return SelfModified, nil, nil
		}
		other := r.blocker(t, m)
		if other == nil {
			t.assignID()
			t.hold(r, m)
			return Modified, v, nil
		}
		if p == SkipLocked {
			return WouldBlock, nil, nil
		}
		if err := w.take(tbl, other, m, p); err != nil {
			return 0, nil, err
		}
	}
}
