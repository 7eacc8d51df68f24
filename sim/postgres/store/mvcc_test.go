package store_test

import (
	"errors"
	"testing"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

func setup(t *testing.T) (*world, *client, *client, *client, *store.Table) {
	w := newWorld(t)
	a, b, c := w.client(), w.client(), w.client()
	tbl := w.pairs(a, "t")
	a.auto(insert(tbl, 1, 10))
	a.auto(insert(tbl, 2, 20))
	return w, a, b, c, tbl
}

func TestVisibility(t *testing.T) {
	t.Run("OK: READ COMMITTED sees commits between statements", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		b.begin(store.ReadCommitted)
		b.must(b.statement(insert(tbl, 3, 30)))
		a.sees(tbl, "001:10 002:20")
		b.sees(tbl, "001:10 002:20 003:30")
		b.commit()
		a.sees(tbl, "001:10 002:20 003:30")
	})
	t.Run("OK: REPEATABLE READ keeps its snapshot", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.RepeatableRead)
		a.sees(tbl, "001:10 002:20")
		b.auto(insert(tbl, 3, 30))
		b.auto(update(tbl, 1, set(11)))
		b.auto(remove(tbl, 2))
		a.sees(tbl, "001:10 002:20")
		b.sees(tbl, "001:11 003:30")
		a.commit()
		a.sees(tbl, "001:11 003:30")
	})
	t.Run("OK: a statement does not see its own changes", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(func(tx *store.Tx, s *store.Snapshot) error {
			var scan store.IndexScan
			scan.Open(s, tbl.Def(tx).Indexes[0], store.Range{})
			n := 0
			for v := scan.Next(); v != nil; v = scan.Next() {
				if n++; n > 2 {
					t.Fatal("the Halloween problem")
				}
				k := int(v.Row[0].N)
				if out, _, err := tx.Update(s, tbl, v, value.Row{num(k + 100), num(0)}); err != nil || out != store.Done {
					t.Fatal(out, err)
				}
				if out, _, err := tx.Update(s, tbl, v, value.Row{num(k), num(0)}); err != nil || out != store.SelfModified {
					t.Fatal(out, err)
				}
			}
			return nil
		}))
		a.sees(tbl, "101:0 102:0")
		a.rollback()
		a.sees(tbl, "001:10 002:20")
	})
	t.Run("OK: a statement still sees what it has deleted", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(func(tx *store.Tx, s *store.Snapshot) error {
			if err := remove(tbl, 1)(tx, s); err != nil {
				return err
			}
			if find(tx, s, tbl, 1) == nil {
				t.Fatal("gone at once")
			}
			return nil
		}))
		a.sees(tbl, "002:20")
	})
	t.Run("OK: old versions go when nobody can see them", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		b.begin(store.RepeatableRead)
		b.sees(tbl, "001:10 002:20")
		for i := range 100 {
			a.auto(rekey(tbl, i+2, i+3))
		}
		ix := tbl.Def(nil).Indexes[0]
		if ix.Len() != 102 {
			t.Fatalf("%d entries while a snapshot needs the oldest", ix.Len())
		}
		b.sees(tbl, "001:10 002:20")
		b.commit()
		if ix.Len() != 2 {
			t.Fatalf("%d entries are left", ix.Len())
		}
		a.auto(remove(tbl, 102))
		a.auto(remove(tbl, 1))
		if ix.Len() != 0 {
			t.Fatalf("%d entries are left", ix.Len())
		}
	})
}

func TestSavepoints(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, set(11))))
		a.must(func() error { a.Tx().Savepoint("s"); return nil })
		a.must(a.statement(update(tbl, 1, set(12))))
		a.must(a.statement(update(tbl, 2, set(21))))
		a.must(a.statement(insert(tbl, 3, 30)))
		a.sees(tbl, "001:12 002:21 003:30")
		b.begin(store.ReadCommitted)
		b.start(b.statement(update(tbl, 2, add(5))))
		b.blocked(1)
		a.must(func() error { return a.Tx().RollbackTo("s") })
		b.done()
		a.sees(tbl, "001:11 002:20")
		a.must(func() error { return a.Tx().RollbackTo("s") })
		a.commit()
		b.commit()
		b.sees(tbl, "001:11 002:25")
	})
	t.Run("OK: released work is the parent's", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(func() error { a.Tx().Savepoint("s"); a.Tx().Savepoint("r"); return nil })
		a.must(a.statement(update(tbl, 1, set(11))))
		a.must(func() error { return a.Tx().Release("r") })
		b.begin(store.ReadCommitted)
		b.start(b.statement(update(tbl, 1, add(1))))
		b.blocked(1)
		a.must(func() error { return a.Tx().Release("s") })
		b.blocked(1)
		a.commit()
		b.done()
		b.commit()
		c.sees(tbl, "001:12 002:20")
	})
	t.Run("OK: an error fails the innermost only", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(insert(tbl, 3, 30)))
		a.must(func() error { a.Tx().Savepoint("s"); return nil })
		a.start(a.statement(insert(tbl, 1, 0)))
		a.failed("23505", "t_pkey")
		if !a.Tx().Failed() {
			t.Fatal("not failed")
		}
		a.must(func() error { return a.Tx().RollbackTo("s") })
		a.commit()
		a.sees(tbl, "001:10 002:20 003:30")
	})
	t.Run("Err: no such savepoint", func(t *testing.T) {
		_, a, _, _, _ := setup(t)
		a.begin(store.ReadCommitted)
		a.start(func() error { return a.Tx().Release("s") })
		a.failed("3B001", `savepoint "s" does not exist`)
	})
}

func TestUpdateConflict(t *testing.T) {
	t.Run("OK: READ COMMITTED updates the newest version", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, add(1))))
		b.begin(store.ReadCommitted)
		b.start(b.statement(update(tbl, 1, add(1))))
		c.begin(store.ReadCommitted)
		c.start(c.statement(update(tbl, 1, add(1))))
		b.blocked(1)
		c.blocked(2) // b has the tuple lock
		a.commit()
		b.done()
		c.blocked(2)
		b.commit()
		c.done()
		c.commit()
		a.sees(tbl, "001:13 002:20")
	})
	t.Run("OK: deleted meanwhile", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(remove(tbl, 1)))
		b.begin(store.ReadCommitted)
		b.start(b.statement(update(tbl, 1, add(1))))
		b.blocked(1)
		a.commit()
		b.done()
		b.commit()
		b.sees(tbl, "002:20")
	})
	t.Run("Err: REPEATABLE READ", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, add(1))))
		a.must(a.statement(remove(tbl, 2)))
		b.begin(store.RepeatableRead)
		b.start(b.statement(update(tbl, 1, add(1))))
		c.begin(store.RepeatableRead)
		c.start(c.statement(remove(tbl, 2)))
		b.blocked(1)
		a.commit()
		b.failed("40001", "could not serialize access due to concurrent update")
		c.failed("40001", "could not serialize access due to concurrent delete")
	})
	t.Run("OK: the first updater rolls back", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, add(1))))
		b.begin(store.RepeatableRead)
		b.start(b.statement(update(tbl, 1, add(1))))
		b.blocked(1)
		a.rollback()
		b.done()
		b.commit()
		b.sees(tbl, "001:11 002:20")
	})
	t.Run("Err: a wait that is given up", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, add(1))))
		for _, x := range []*client{b, c} {
			x.begin(store.ReadCommitted)
			x.start(x.statement(update(tbl, 1, add(1))))
		}
		c.blocked(2)
		cancelled := errors.New("cancelled")
		b.interrupt(cancelled)
		if !errors.Is(b.err, cancelled) {
			t.Fatal(b.err)
		}
		c.blocked(1)
		a.commit()
		c.done()
		c.commit()
		b.rollback()
		b.sees(tbl, "001:12 002:20")
	})
}

func TestRowLocks(t *testing.T) {
	modes := []store.RowLock{store.ForKeyShare, store.ForShare, store.ForNoKeyUpdate, store.ForUpdate}
	conflicts := [4][4]bool{{false, false, false, true}, {false, false, true, true}, {false, true, true, true}, {true, true, true, true}}
	t.Run("OK: the matrix", func(t *testing.T) {
		for i, first := range modes {
			for j, second := range modes {
				_, a, b, _, tbl := setup(t)
				a.begin(store.ReadCommitted)
				a.must(a.statement(lock(tbl, 1, first, store.Wait, nil)))
				b.begin(store.ReadCommitted)
				b.start(b.statement(lock(tbl, 1, second, store.Wait, nil)))
				if b.busy != conflicts[i][j] {
					t.Errorf("%d then %d: waits %v", first, second, b.busy)
				}
				a.commit()
				b.done()
			}
		}
	})
	t.Run("OK: several sharers", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		for _, x := range []*client{a, b} {
			x.begin(store.ReadCommitted)
			x.must(x.statement(lock(tbl, 1, store.ForShare, store.Wait, nil)))
		}
		c.begin(store.ReadCommitted)
		c.start(c.statement(update(tbl, 1, add(1))))
		c.blocked(1)
		a.commit()
		c.blocked(2)
		b.commit()
		c.done()
	})
	t.Run("OK: an update of a non-key column lets FOR KEY SHARE pass", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, add(1))))
		b.begin(store.ReadCommitted)
		b.must(b.statement(lock(tbl, 1, store.ForKeyShare, store.Wait, nil)))
		a.commit()
		c.begin(store.ReadCommitted)
		c.start(c.statement(rekey(tbl, 1, 7)))
		c.blocked(2)
		b.commit()
		c.done()
	})
	t.Run("OK: SKIP LOCKED", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(lock(tbl, 1, store.ForUpdate, store.Wait, nil)))
		b.begin(store.ReadCommitted)
		var out store.Outcome
		b.must(b.statement(lock(tbl, 1, store.ForUpdate, store.SkipLocked, &out)))
		if out != store.WouldBlock {
			t.Fatal(out)
		}
		b.must(b.statement(lock(tbl, 2, store.ForUpdate, store.SkipLocked, &out)))
		if out != store.Done {
			t.Fatal(out)
		}
	})
	t.Run("Err: NOWAIT", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(lock(tbl, 1, store.ForUpdate, store.Wait, nil)))
		b.begin(store.ReadCommitted)
		b.start(b.statement(lock(tbl, 1, store.ForUpdate, store.NoWait, nil)))
		b.failed("55P03", `could not obtain lock on row in relation "t"`)
	})
	t.Run("OK: waiters have it in the order of asking", func(t *testing.T) {
		w, a, b, c, tbl := setup(t)
		d := w.client()
		a.begin(store.ReadCommitted)
		a.must(a.statement(lock(tbl, 1, store.ForUpdate, store.Wait, nil)))
		for _, x := range []*client{b, c, d} {
			x.begin(store.ReadCommitted)
			x.start(x.statement(lock(tbl, 1, store.ForUpdate, store.Wait, nil)))
		}
		c.blocked(2)
		d.blocked(2, 3)
		a.commit()
		b.done()
		c.blocked(2)
		d.blocked(3)
		b.rollback()
		c.done()
		d.blocked(3)
		c.commit()
		d.done()
	})
}

func TestUnique(t *testing.T) {
	t.Run("Err: duplicate", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.start(a.statement(insert(tbl, 1, 0)))
		e := a.failed("23505", `duplicate key value violates unique constraint "t_pkey"`)
		if e.Detail != "Key (k)=(1) already exists." || e.Table != "t" || e.Constraint != "t_pkey" || e.Schema != "public" {
			t.Fatalf("%+v", e)
		}
		a.rollback()
		a.sees(tbl, "001:10 002:20")
	})
	t.Run("waits for the other insert", func(t *testing.T) {
		for _, end := range []string{"commit", "rollback"} {
			_, a, b, _, tbl := setup(t)
			a.begin(store.ReadCommitted)
			a.must(a.statement(insert(tbl, 3, 30)))
			b.begin(store.ReadCommitted)
			b.start(b.statement(insert(tbl, 3, 31)))
			b.blocked(1)
			if end == "commit" {
				a.commit()
				b.failed("23505", "t_pkey")
				continue
			}
			a.rollback()
			b.done()
			b.commit()
			b.sees(tbl, "001:10 002:20 003:31")
		}
	})
	t.Run("waits for the other delete", func(t *testing.T) {
		for _, end := range []string{"commit", "rollback"} {
			_, a, b, _, tbl := setup(t)
			a.begin(store.ReadCommitted)
			a.must(a.statement(remove(tbl, 2)))
			b.begin(store.ReadCommitted)
			b.start(b.statement(insert(tbl, 2, 21)))
			b.blocked(1)
			if end == "rollback" {
				a.rollback()
				b.failed("23505", "t_pkey")
				continue
			}
			a.commit()
			b.done()
			b.commit()
			b.sees(tbl, "001:10 002:21")
		}
	})
	t.Run("OK: own delete, own key change", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(remove(tbl, 2)))
		a.must(a.statement(insert(tbl, 2, 22)))
		a.must(a.statement(rekey(tbl, 1, 5)))
		a.must(a.statement(insert(tbl, 1, 11)))
		a.must(a.statement(remove(tbl, 1)))
		a.must(a.statement(rekey(tbl, 5, 1)))
		a.commit()
		a.sees(tbl, "001:10 002:22")
	})
}

// upsert is INSERT ... ON CONFLICT (k) DO UPDATE SET v = t.v + excluded.v, as an executor does it.
func upsert(tbl *store.Table, k, v int) func(tx *store.Tx, s *store.Snapshot) error {
	return func(tx *store.Tx, s *store.Snapshot) error {
		ix := tbl.Def(tx).Indexes[:1]
		for {
			made, conflict, err := tx.InsertOrConflict(tbl, value.Row{num(k), num(v)}, ix)
			if err != nil || made != nil {
				return err
			}
			out, _, err := tx.Lock(s, tbl, conflict, store.ForNoKeyUpdate, store.Wait, false)
			if err != nil {
				return err
			}
			if out == store.Invisible {
				return &value.Error{Code: "21000"}
			}
			if out != store.Done {
				continue
			}
			if err := tx.CheckVisible(s, conflict); err != nil {
				return err
			}
			_, _, err = tx.Update(s, tbl, conflict, value.Row{num(k), num(v + int(conflict.Row[1].N))})
			return err
		}
	}
}

func TestOnConflict(t *testing.T) {
	t.Run("OK: waits, then updates what the snapshot does not see", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(upsert(tbl, 3, 1)))
		for _, x := range []*client{b, c} {
			x.begin(store.ReadCommitted)
			x.start(x.statement(upsert(tbl, 3, 1)))
			x.blocked(1)
		}
		a.commit()
		b.done()
		c.blocked(2)
		b.commit()
		c.done()
		c.commit()
		a.sees(tbl, "001:10 002:20 003:3")
	})
	t.Run("OK: the other one rolls back", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(upsert(tbl, 3, 1)))
		b.begin(store.ReadCommitted)
		b.start(b.statement(upsert(tbl, 3, 7)))
		a.rollback()
		b.done()
		b.commit()
		b.sees(tbl, "001:10 002:20 003:7")
	})
	t.Run("Err: REPEATABLE READ", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		b.begin(store.RepeatableRead)
		b.sees(tbl, "001:10 002:20")
		a.auto(insert(tbl, 3, 30))
		b.start(b.statement(upsert(tbl, 3, 7)))
		b.failed("40001", "could not serialize access due to concurrent update")
	})
	t.Run("Err: twice in a command", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.start(a.statement(func(tx *store.Tx, s *store.Snapshot) error {
			if err := upsert(tbl, 9, 1)(tx, s); err != nil {
				return err
			}
			return upsert(tbl, 9, 1)(tx, s)
		}))
		a.failed("21000", "")
	})
}

func TestTwoInsertsWaitForADelete(t *testing.T) {
	_, a, b, c, tbl := setup(t)
	a.begin(store.ReadCommitted)
	a.must(a.statement(remove(tbl, 1)))
	for _, x := range []*client{b, c} {
		x.begin(store.ReadCommitted)
		x.start(x.statement(insert(tbl, 1, int(x.PID()))))
		x.blocked(1)
	}
	a.commit()
	b.done()
	c.blocked(2)
	b.commit()
	c.failed("23505", "t_pkey")
}

// A row that had the key before, and gets it back by an update that still waits, is no rival for others.
func TestWaitingUpdateIsNoRival(t *testing.T) {
	w, a, b, c, tbl := setup(t)
	d := w.client()
	c.begin(store.RepeatableRead)
	c.sees(tbl, "001:10 002:20") // keeps the old version and its index entry
	d.auto(rekey(tbl, 1, 5))
	a.begin(store.ReadCommitted)
	a.must(a.statement(insert(tbl, 1, 11)))
	b.begin(store.ReadCommitted)
	b.start(b.statement(rekey(tbl, 5, 1)))
	b.blocked(1)
	a.start(a.statement(insert(tbl, 1, 12)))
	a.failed("23505", "t_pkey")
	b.done()
}
