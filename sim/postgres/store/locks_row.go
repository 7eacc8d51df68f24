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
	at   LSN // when: versions that were replaced by then are not locked
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

// blocked says whether another transaction has locked the row in a conflicting mode.
func (r *record) blocked(t *Tx, m RowLock) bool {
	if r.first.x == nil {
		return false
	}
	if r.first.x.tx != t && m.conflicts(r.first.mode) {
		return true
	}
	for _, l := range r.others {
		if l.x.tx != t && m.conflicts(l.mode) {
			return true
		}
	}
	return false
}

// blockers returns the other (sub)transactions that have locked the version in a conflicting mode, by id. A version that
// was replaced since keeps the locks that it had then.
func (v *Tuple) blockers(t *Tx, m RowLock) []*xact {
	var list []*xact
	for _, l := range append([]locker{v.rec.first}, v.rec.others...) {
		if l.x != nil && l.x.tx != t && m.conflicts(l.mode) && (v.end == 0 || l.at < v.end) {
			list = append(list, l.x)
		}
	}
	return list
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
	l := locker{t.current(), m, t.db.lsn}
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

// turn is the place of a transaction that waits for a version to be free: the tuple lock, taken
// before it first sleeps and given back when it has the row or finds that the version was replaced.
// Who comes later waits for the tuple lock, so that rows are had in the order of asking
// (heap_acquire_tuplock). Who has locked the row already and wants more does not queue: it would
// wait for one that waits for it.
type turn struct {
	t    *Tx
	tup  *Tuple
	mode LockMode
	held bool
}

// take waits for one's turn and then for all the transactions that have the row now, in the order of
// their ids, as PostgreSQL does for the members of a multixact. What happened meanwhile the caller
// must look up again.
func (w *turn) take(tbl *Table, m RowLock) error {
	others := w.tup.blockers(w.t, m)
	if !w.held && !w.tup.rec.holds(w.t, ForKeyShare) {
		if err := w.queue(tbl, m); err != nil {
			return err
		}
	}
	for _, other := range others {
		if err := w.t.session.waitFor(other); err != nil {
			return err
		}
	}
	return nil
}

func (w *turn) queue(tbl *Table, m RowLock) error {
	if w.tup.queue == nil {
		w.tup.queue = &lock{name: lockName{table: tbl, tuple: w.tup}}
	}
	l := w.tup.queue
	h, err := l.acquire(w.t.session, m.queueMode())
	if err != nil {
		w.tup.tidyQueue()
		return err
	}
	w.mode = m.queueMode()
	h.tx |= setOf(w.mode)
	w.held = true
	w.t.session.turn = w
	return nil
}

// done gives the turn to the next.
func (w *turn) done() {
	if w == nil || !w.held {
		return
	}
	w.held = false
	w.t.session.turn = nil
	w.t.unlock(w.tup.queue, w.mode)
	w.tup.tidyQueue()
}

func (v *Tuple) tidyQueue() {
	if v.queue != nil && len(v.queue.holders) == 0 && len(v.queue.queue) == 0 {
		v.queue = nil
	}
}

func (t *Tx) rowNotAvailable(tbl *Table) error {
	return &value.Error{
		Code:    "55P03",
		Message: "could not obtain lock on row in relation " + quote(tbl.Name(t)),
	}
}

// Lock locks a row (40001; 55P03 with NoWait). With follow, a row changed meanwhile is locked in
// its newest version, which is returned with Modified; without, Modified locks nothing.
func (t *Tx) Lock(s *Snapshot, tbl *Table, tup *Tuple, m RowLock, p WaitPolicy, follow bool) (Outcome, *Tuple, error) {
	if err := t.doom(); err != nil {
		return 0, nil, err
	}
	out, err := t.lockVersion(s, tbl, tup, m, p)
	switch {
	case err != nil || out == WouldBlock:
		return out, nil, err
	case out != Modified && out != Deleted:
		return out, tup, nil
	case t.level != ReadCommitted:
		return 0, nil, concurrentUpdate()
	case !follow || out == Deleted:
		return out, nil, nil
	}
	return t.lockNewest(s, tbl, tup.rec, m, p)
}

// lockVersion locks a version as long as it is the newest (heap_lock_tuple, heap_update). The other
// outcomes lock nothing. Who has locked a version before it was replaced is waited for there too: to its locks,
// of which the update is one, a version is changing until the last is gone (HeapTupleSatisfiesUpdate).
func (t *Tx) lockVersion(s *Snapshot, tbl *Table, tup *Tuple, m RowLock, p WaitPolicy) (Outcome, error) {
	var w *turn // made only when there is something to wait for
	defer func() { w.done() }()
	for {
		through := m == ForKeyShare && t.keyKept(tup)
		out := tup.standing(t, s.cid)
		outdated := out == Modified && !through
		switch {
		case out != Done && out != Modified, outdated && len(tup.blockers(t, m)) == 0:
			return out, nil
		case !outdated && !tup.rec.blocked(t, m):
			t.assignID()
			t.hold(tup.rec, m)
			return Done, nil
		case through:
			if err := t.session.waitFor(tup.rec.newest.blockers(t, m)[0]); err != nil {
				return 0, err
			}
			continue
		case p == SkipLocked:
			return WouldBlock, nil
		case p == NoWait:
			return 0, t.rowNotAvailable(tbl)
		}
		if w == nil {
			w = &turn{t: t, tup: tup}
		}
		if err := w.take(tbl, m); err != nil {
			return 0, err
		}
	}
}

// keyKept says whether a version was replaced, and by all its replacements only outside of its key. FOR KEY
// SHARE has such a row as the version that it sees, at every level, and locks the newer ones with
// it; where one of those is locked against it, or being replaced in its key, it waits, whatever its
// wait policy, and without a turn (heap_lock_tuple, heap_lock_updated_tuple_rec).
func (t *Tx) keyKept(tup *Tuple) bool {
	v := tup.rec.newest
	if v == tup || v == nil || v.end != 0 || (v.remover != nil && v.remover.tx == t) {
		return false
	}
	for ; v != tup; v = v.older {
		if v == nil || v.older == nil || (v.older.keyed && (v.older == tup || !v.older.endsElsewhere(t))) {
			return false
		}
	}
	return true
}

// endsElsewhere says whether another transaction, which is in progress, has deleted or replaced the version.
func (v *Tuple) endsElsewhere(t *Tx) bool {
	return v.end == 0 && v.remover != nil && v.remover.tx != t
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

// lockNewest locks the newest version of a row that was replaced. Who finds it being replaced
// again waits for that transaction without a turn (heapam_tuple_lock).
func (t *Tx) lockNewest(s *Snapshot, tbl *Table, r *record, m RowLock, p WaitPolicy) (Outcome, *Tuple, error) {
	for {
		v := r.current(t)
		switch {
		case v == nil || v.end != 0:
			return Deleted, nil, nil
		case v.remover != nil && v.remover.tx == t, v.begin == 0 && v.cmin >= s.cid:
			return SelfModified, nil, nil
		case v.remover != nil:
			if err := t.waitForRemover(tbl, v, p); err != nil || p == SkipLocked {
				return WouldBlock, nil, err
			}
			continue
		}
		out, err := t.lockVersion(s, tbl, v, m, p)
		switch {
		case err != nil || out == WouldBlock:
			return out, nil, err
		case out == Done:
			return Modified, v, nil
		}
	}
}

func (t *Tx) waitForRemover(tbl *Table, v *Tuple, p WaitPolicy) error {
	switch p {
	case SkipLocked:
		return nil
	case NoWait:
		return t.rowNotAvailable(tbl)
	}
	return t.session.waitFor(v.remover)
}
