package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/squallhq/squall/sim/postgres/store"
)

func lockTable(tbl *store.Table, m store.LockMode) func(*store.Tx, *store.Snapshot) error {
	return func(tx *store.Tx, _ *store.Snapshot) error { return tx.LockTable(tbl, m) }
}

func TestTableLocks(t *testing.T) {
	t.Run("OK: the matrix", func(t *testing.T) {
		// The manual's table 13.2; rows and columns from ACCESS SHARE to ACCESS EXCLUSIVE.
		matrix := []string{
			"       X", "      XX", "    XXXX", "   XXXXX", "  XX XXX", "  XXXXXX", " XXXXXXX", "XXXXXXXX",
		}
		for i, row := range matrix {
			for j, mark := range row {
				_, a, b, _, tbl := setup(t)
				a.begin(store.ReadCommitted)
				a.must(a.statement(lockTable(tbl, store.LockMode(i+1))))
				b.begin(store.ReadCommitted)
				b.start(b.statement(lockTable(tbl, store.LockMode(j+1))))
				if b.busy != (mark == 'X') {
					t.Errorf("%v then %v: waits %v", store.LockMode(i+1), store.LockMode(j+1), b.busy)
				}
				a.commit()
				b.done()
			}
		}
	})
	t.Run("OK: nobody overtakes the queue", func(t *testing.T) {
		w, a, b, c, tbl := setup(t)
		d := w.client()
		for _, x := range []*client{a, b, c, d} {
			x.begin(store.ReadCommitted)
		}
		a.must(a.statement(lockTable(tbl, store.AccessShare)))
		b.start(b.statement(lockTable(tbl, store.AccessExclusive)))
		c.start(c.statement(lockTable(tbl, store.AccessShare)))
		b.blocked(1)
		c.blocked(2)
		a.must(a.statement(lockTable(tbl, store.AccessShare)))
		a.must(a.statement(lockTable(tbl, store.RowExclusive))) // before b, who waits for a anyway
		d.start(d.statement(lockTable(tbl, store.RowShare)))
		a.commit()
		b.done()
		c.blocked(2)
		b.commit()
		c.done()
		d.done()
	})
	t.Run("OK: freed with the savepoint", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(func() error { a.Tx().Savepoint("s"); return nil })
		a.must(a.statement(lockTable(tbl, store.AccessExclusive)))
		b.begin(store.ReadCommitted)
		b.start(b.statement(lockTable(tbl, store.AccessShare)))
		b.blocked(1)
		a.must(func() error { return a.Tx().RollbackTo("s") })
		b.done()
	})
	t.Run("Err: NOWAIT", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(lockTable(tbl, store.AccessExclusive)))
		b.begin(store.ReadCommitted)
		b.start(func() error { return b.Tx().TryLockTable(tbl, store.AccessShare) })
		b.failed("55P03", `could not obtain lock on relation "t"`)
	})
	t.Run("Err: given up in the queue", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		for _, x := range []*client{a, b, c} {
			x.begin(store.ReadCommitted)
		}
		a.must(a.statement(lockTable(tbl, store.AccessShare)))
		b.start(b.statement(lockTable(tbl, store.AccessExclusive)))
		c.start(c.statement(lockTable(tbl, store.AccessShare)))
		b.interrupt(errors.New("timeout"))
		c.done()
		if b.err == nil {
			t.Fatal("no error")
		}
	})
}

func TestAdvisoryLocks(t *testing.T) {
	key := store.AdvisoryKey{Key: 42}
	t.Run("OK: session level", func(t *testing.T) {
		w := newWorld(t)
		a, b := w.client(), w.client()
		a.must(func() error { return a.AdvisoryLock(key, false, false) })
		a.must(func() error { return a.AdvisoryLock(key, false, false) })
		if b.TryAdvisoryLock(key, true, false) {
			t.Fatal("taken twice")
		}
		if !b.TryAdvisoryLock(store.AdvisoryKey{Key: 42, Pair: true}, false, false) {
			t.Fatal("pairs are another space")
		}
		b.start(func() error { return b.AdvisoryLock(key, false, false) })
		b.blocked(1)
		if !a.AdvisoryUnlock(key, false) {
			t.Fatal("not held")
		}
		b.blocked(1)
		a.must(func() error { a.AdvisoryUnlock(key, false); return nil })
		w.run()
		b.done()
		if a.AdvisoryUnlock(key, false) {
			t.Fatal("still held")
		}
	})
	t.Run("OK: transaction level", func(t *testing.T) {
		w := newWorld(t)
		a, b := w.client(), w.client()
		a.begin(store.ReadCommitted)
		b.begin(store.ReadCommitted)
		a.must(func() error { return a.AdvisoryLock(key, true, true) })
		b.must(func() error { return b.AdvisoryLock(key, true, true) })
		b.start(func() error { return b.AdvisoryLock(key, false, true) })
		b.blocked(1)
		if a.AdvisoryUnlock(key, true) {
			t.Fatal("transaction locks cannot be unlocked")
		}
		a.rollback()
		b.done()
	})
	t.Run("OK: closing the session frees them", func(t *testing.T) {
		w := newWorld(t)
		a, b := w.client(), w.client()
		a.must(func() error { return a.AdvisoryLock(key, false, false) })
		a.must(func() error { return a.AdvisoryLock(key, false, false) })
		a.must(func() error { a.AdvisoryUnlock(key, false); return nil })
		b.start(func() error { return b.AdvisoryLock(key, false, false) })
		b.blocked(1)
		a.Close()
		w.run()
		b.done()
	})
}

func TestDeadlock(t *testing.T) {
	t.Run("rows", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		b.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, add(1))))
		b.must(b.statement(update(tbl, 2, add(1))))
		a.start(a.statement(update(tbl, 2, add(1))))
		if err := a.Deadlock(); err != nil {
			t.Fatal("only a waits:", err)
		}
		b.start(b.statement(update(tbl, 1, add(1))))
		a.interrupt(a.Deadlock())
		e := a.failed("40P01", "deadlock detected")
		lines := strings.Split(e.Detail, "\n")
		if len(lines) != 2 || !strings.HasPrefix(lines[0], "Process 1 waits for ShareLock on transaction ") ||
			!strings.HasSuffix(lines[0], "; blocked by process 2.") {
			t.Fatal(e.Detail)
		}
		a.rollback()
		b.done()
		b.commit()
		b.sees(tbl, "001:11 002:21")
	})
	t.Run("tuple lock, row and table", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		for _, x := range []*client{a, b, c} {
			x.begin(store.ReadCommitted)
		}
		a.must(a.statement(update(tbl, 1, add(1))))
		c.must(c.statement(lockTable(tbl, store.ShareUpdateExclusive)))
		b.start(b.statement(update(tbl, 1, add(1))))
		c.start(c.statement(update(tbl, 1, add(1))))
		c.blocked(2)
		a.start(a.statement(lockTable(tbl, store.ShareUpdateExclusive)))
		a.blocked(3)
		for _, x := range []*client{b, c, a} {
			if x.Deadlock() == nil {
				t.Fatalf("session %d sees no deadlock", x.PID())
			}
		}
		c.interrupt(c.Deadlock())
		c.failed("40P01", "")
		a.done()
		a.commit()
		b.done()
	})
	t.Run("advisory session locks", func(t *testing.T) {
		w, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		b.must(func() error { return b.AdvisoryLock(store.AdvisoryKey{Key: 1}, false, false) })
		a.must(a.statement(update(tbl, 1, add(1))))
		b.begin(store.ReadCommitted)
		b.start(b.statement(update(tbl, 1, add(1))))
		a.start(func() error { return a.AdvisoryLock(store.AdvisoryKey{Key: 1}, false, true) })
		b.interrupt(b.Deadlock())
		b.failed("40P01", "")
		b.Close()
		w.run()
		a.done()
	})
	t.Run("at once, between two upgrades", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		b.begin(store.ReadCommitted)
		a.must(a.statement(lockTable(tbl, store.Share)))
		b.must(b.statement(lockTable(tbl, store.Share)))
		a.start(a.statement(lockTable(tbl, store.RowExclusive)))
		a.blocked(2)
		b.start(b.statement(lockTable(tbl, store.RowExclusive)))
		b.failed("40P01", "deadlock detected")
		a.done()
	})
	t.Run("a queue's order is changed rather than an error raised", func(t *testing.T) {
		w, a, b, c, tbl := setup(t)
		other := w.pairs(a, "other")
		for _, x := range []*client{a, b, c} {
			x.begin(store.ReadCommitted)
		}
		a.must(a.statement(lockTable(tbl, store.AccessShare)))
		c.must(c.statement(lockTable(other, store.AccessExclusive)))
		b.start(b.statement(lockTable(tbl, store.AccessExclusive))) // waits for a
		c.start(c.statement(lockTable(tbl, store.AccessShare)))     // waits for b in the queue only
		c.blocked(2)
		a.start(a.statement(lockTable(other, store.AccessShare))) // waits for c
		if err := a.Deadlock(); err != nil {
			t.Fatal(err)
		}
		w.run()
		c.done()
		c.commit()
		a.done()
		a.commit()
		b.done()
	})
	t.Run("OK: a chain is no deadlock", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		for _, x := range []*client{a, b, c} {
			x.begin(store.ReadCommitted)
		}
		a.must(a.statement(update(tbl, 1, add(1))))
		b.must(b.statement(update(tbl, 2, add(1))))
		b.start(b.statement(update(tbl, 1, add(1))))
		c.start(c.statement(update(tbl, 2, add(1))))
		if b.Deadlock() != nil || c.Deadlock() != nil {
			t.Fatal("false alarm")
		}
	})
}

// A session that is closed while its task is parked, or lost in a crash, leaves nobody waiting.
func TestCloseWhileParked(t *testing.T) {
	t.Run("OK: in the queue for a row", func(t *testing.T) {
		w, a, b, c, tbl := setup(t)
		d := w.client()
		a.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, add(1))))
		for _, x := range []*client{b, c, d} {
			x.begin(store.ReadCommitted)
			x.start(x.statement(update(tbl, 1, add(1))))
		}
		d.blocked(2, 3)
		b.Close() // had the turn
		w.run()
		c.blocked(1)
		d.blocked(3)
		a.commit()
		c.done()
		c.commit()
		d.done()
	})
	t.Run("OK: in the queue for a table", func(t *testing.T) {
		w, a, b, c, tbl := setup(t)
		for _, x := range []*client{a, b, c} {
			x.begin(store.ReadCommitted)
		}
		a.must(a.statement(lockTable(tbl, store.AccessShare)))
		b.start(b.statement(lockTable(tbl, store.AccessExclusive)))
		c.start(c.statement(lockTable(tbl, store.AccessShare)))
		b.Close()
		w.run()
		c.done()
	})
	t.Run("OK: a crash", func(t *testing.T) {
		w, a, b, c, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, add(1))))
		for _, x := range []*client{b, c} {
			x.begin(store.ReadCommitted)
			x.start(x.statement(update(tbl, 1, add(1))))
		}
		w.db.Recover(w.db.LSN())
		if len(w.ready) != 0 {
			t.Fatal("a crash wakes nobody")
		}
		for range 2 {
			d := w.client()
			d.begin(store.ReadCommitted)
			d.must(d.statement(update(tbl, 1, add(1))))
			d.commit()
		}
		w.client().sees(tbl, "001:12 002:20")
	})
}
