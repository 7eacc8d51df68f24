package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// xactState is what has become of a (sub)transaction.
type xactState uint8

const (
	running xactState = iota
	merged            // RELEASE: its fate is its parent's
	committed
	aborted
)

// xact is a transaction or a subtransaction: what versions and row locks in progress belong to, and
// what others wait for.
type xact struct {
	tx      *Tx
	parent  *xact
	id      XID // lazily assigned; a parent's is always smaller
	state   xactState
	waiters []*Session

	name                string // of the savepoint
	changes, locks      int    // marks in the transaction's logs
	rows, notes, listen int
	version             uint64
}

// resolve follows RELEASE to the (sub)transaction that decides.
func (x *xact) resolve() *xact {
	for x.state == merged {
		x = x.parent
	}
	return x
}

// assign gives the (sub)transaction an id, parents first.
func (x *xact) assign() {
	if x.id != 0 {
		return
	}
	if x.parent != nil {
		x.parent.assign()
	}
	t, db := x.tx, x.tx.db
	x.id = db.nextXID
	db.nextXID++
	t.lastID = x.id
	if x.parent == nil {
		db.running = append(db.running, t)
	}
}

// end sets the final state and wakes who waits for it.
func (x *xact) end(state xactState) {
	x.state = state
	waiters := x.waiters
	x.waiters = nil
	for _, s := range waiters {
		s.wake()
	}
}

// current returns the innermost (sub)transaction.
func (t *Tx) current() *xact {
	if t.sub != nil {
		return t.sub
	}
	return &t.top
}

// assignID gives the innermost (sub)transaction its id.
func (t *Tx) assignID() XID {
	x := t.current()
	x.assign()
	return x.id
}

// waitFor parks until the (sub)transaction is over.
func (s *Session) waitFor(x *xact) error {
	for {
		x = x.resolve()
		if x.state != running {
			return nil
		}
		x.waiters = append(x.waiters, s)
		s.waiting = wait{x: x}
		err := s.park()
		s.waiting = wait{}
		x.resolve().forgetWaiter(s)
		if err != nil {
			return err
		}
	}
}

func (x *xact) forgetWaiter(s *Session) {
	x.waiters = slices.DeleteFunc(x.waiters, func(w *Session) bool { return w == s })
}

// Savepoint starts a subtransaction.
func (t *Tx) Savepoint(name string) {
	t.nextCommand()
	t.sub = &xact{
		tx: t, parent: t.current(), name: name,
		changes: len(t.changes), locks: len(t.locks), rows: len(t.rows),
		notes: len(t.notes), listen: len(t.listen), version: t.version,
	}
}

// find returns the innermost savepoint of the name, or nil.
func (t *Tx) find(name string) *xact {
	for x := t.sub; x != nil && x.parent != nil; x = x.parent {
		if x.name == name {
			return x
		}
	}
	return nil
}

func noSavepoint(name string) error {
	return &value.Error{Code: "3B001", Message: "savepoint " + quote(name) + " does not exist"}
}

// Release ends the subtransactions from the savepoint on, keeping their work (3B001: no such savepoint).
func (t *Tx) Release(name string) error {
	target := t.find(name)
	if target == nil {
		return noSavepoint(name)
	}
	t.nextCommand()
	for done := false; !done; {
		done = t.sub == target
		t.mergeInnermost()
	}
	return nil
}

// releaseAll merges all subtransactions, at commit.
func (t *Tx) releaseAll() {
	for t.sub != nil {
		t.mergeInnermost()
	}
}

// mergeInnermost makes the innermost subtransaction's work its parent's.
func (t *Tx) mergeInnermost() {
	x := t.sub
	x.state = merged
	x.parent.waiters = append(x.parent.waiters, x.waiters...)
	for _, s := range x.waiters {
		s.waiting.x = x.parent
	}
	x.waiters = nil
	t.leave(x)
}

// leave makes the parent the innermost subtransaction.
func (t *Tx) leave(x *xact) {
	t.sub = x.parent
	if t.sub == &t.top {
		t.sub = nil
	}
}

// RollbackTo undoes everything since the savepoint, which stays (3B001: no such savepoint).
func (t *Tx) RollbackTo(name string) error {
	target := t.find(name)
	if target == nil {
		return noSavepoint(name)
	}
	for done := false; !done; {
		done = t.sub == target
		t.popAborted()
	}
	t.failed = false
	t.Savepoint(name)
	return nil
}

// popAborted undoes the innermost subtransaction, unless Fail did, and leaves it.
func (t *Tx) popAborted() {
	x := t.sub
	if x.state == running {
		t.abortInnermost()
	}
	t.leave(x)
}

// abortInnermost undoes the innermost subtransaction's work and frees its locks.
func (t *Tx) abortInnermost() {
	x := t.sub
	t.undoSince(x.changes)
	if t.version != x.version {
		t.version = x.version
		if x.version != 0 {
			t.ownVersion()
		}
	}
	x.state = aborted
	for i := x.rows; i < len(t.rows); i++ {
		t.rows[i].letGo(func(l *xact) bool { return l.tx == t && l.resolve() == x })
		t.rows[i] = nil
	}
	t.rows = t.rows[:x.rows]
	x.end(aborted)
	t.unlockSince(x.locks)
	if x.id != 0 {
		t.db.lastEnded = max(t.db.lastEnded, t.lastID)
	}
	t.notes, t.listen = t.notes[:x.notes], t.listen[:x.listen]
}
