package store

import "github.com/squallhq/squall/sim/postgres/value"

// heldLock is a lock mode that a transaction acquired, in the order of acquisition.
type heldLock struct {
	l    *lock
	mode LockMode
}

// LockTable waits for a table lock, held until the (sub)transaction ends. After a wait the
// definition may have changed and the table may be gone: CatalogVersion says so.
func (t *Tx) LockTable(tbl *Table, m LockMode) error {
	return t.lock(&tbl.lock, m)
}

// TryLockTable is LockTable with NOWAIT (55P03 could not obtain lock on relation).
func (t *Tx) TryLockTable(tbl *Table, m LockMode) error {
	t.announce(&tbl.lock, m)
	if !tbl.lock.free(t.session, m) {
		return &value.Error{
			Code:    "55P03",
			Message: "could not obtain lock on relation \"" + tbl.Name(t) + "\"",
		}
	}
	return t.lock(&tbl.lock, m)
}

// lock acquires a lock for the transaction.
func (t *Tx) lock(l *lock, m LockMode) error {
	if h := l.held(t.session); h != nil && h.tx.has(m) {
		return nil
	}
	t.announce(l, m)
	h, err := l.acquire(t.session, m)
	if err != nil {
		return err
	}
	h.tx |= setOf(m)
	t.locks = append(t.locks, heldLock{l, m})
	return nil
}

// announce gives the (sub)transaction its id before it asks for ACCESS EXCLUSIVE on a relation, which
// it does not hold yet: standbys are told of such locks by the id (LockAcquireExtended,
// LogAccessExclusiveLockPrepare; wal_level is replica or more).
func (t *Tx) announce(l *lock, m LockMode) {
	relation := l.name.table != nil && l.name.tuple == nil || l.name.sequence != nil
	if m == AccessExclusive && relation {
		t.assignID()
	}
}

// unlock releases one mode of a lock.
func (t *Tx) unlock(l *lock, m LockMode) {
	h := l.held(t.session)
	h.tx &^= setOf(m)
	l.tidy(t.session)
	l.grantWaiters()
}

// unlockSince releases the locks acquired after a mark, newest first.
func (t *Tx) unlockSince(mark int) {
	for i := len(t.locks) - 1; i >= mark; i-- {
		h := t.locks[i]
		t.locks[i] = heldLock{}
		t.unlock(h.l, h.mode)
		t.db.forget(h.l)
	}
	t.locks = t.locks[:mark]
}
