package store_test

import (
	"testing"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// family is parent p and child c, whose v refers to p.k.
func family(t *testing.T, change func(*store.ForeignKey)) (a, b *client, p, c *store.Table) {
	t.Helper()
	w := newWorld(t)
	a, b = w.client(), w.client()
	p, c = w.pairs(a, "p"), w.pairs(a, "c")
	fk := store.ForeignKey{Table: c, Columns: []int{1}, Parent: p}
	if change != nil {
		change(&fk)
	}
	a.ddl(func(tx *store.Tx) error { _, err := tx.AddForeignKey(fk); return err })
	a.auto(insert(p, 1, 0))
	a.auto(insert(p, 2, 0))
	return a, b, p, c
}

func TestForeignKeys(t *testing.T) {
	t.Run("Err: no such parent", func(t *testing.T) {
		a, _, _, c := family(t, nil)
		a.begin(store.ReadCommitted)
		a.start(a.statement(insert(c, 1, 9)))
		e := a.failed("23503", `insert or update on table "c" violates foreign key constraint "c_v_fkey"`)
		if e.Detail != `Key (v)=(9) is not present in table "p".` || e.Table != "c" || e.Constraint != "c_v_fkey" {
			t.Fatalf("%+v", e)
		}
	})
	t.Run("Err: still referenced", func(t *testing.T) {
		a, _, p, c := family(t, nil)
		a.auto(insert(c, 1, 1))
		a.begin(store.ReadCommitted)
		a.start(a.statement(remove(p, 1)))
		e := a.failed("23503", `update or delete on table "p" violates foreign key constraint "c_v_fkey" on table "c"`)
		if e.Detail != `Key (k)=(1) is still referenced from table "c".` || e.Table != "c" {
			t.Fatalf("%+v", e)
		}
		a.rollback()
		a.begin(store.ReadCommitted)
		a.start(a.statement(rekey(p, 1, 5)))
		a.failed("23503", "update or delete")
		a.rollback()
		a.auto(remove(p, 2))
	})
	t.Run("OK: an update of the parent's other columns does not wait", func(t *testing.T) {
		a, b, p, c := family(t, nil)
		a.begin(store.ReadCommitted)
		a.must(a.statement(insert(c, 1, 1)))
		b.begin(store.ReadCommitted)
		b.must(b.statement(update(p, 1, add(1))))
		a.must(a.statement(insert(c, 2, 1)))
		b.commit()
		a.commit()
	})
	t.Run("a parent's delete waits for a child in progress", func(t *testing.T) {
		for _, end := range []string{"commit", "rollback"} {
			a, b, p, c := family(t, nil)
			a.begin(store.ReadCommitted)
			a.must(a.statement(insert(c, 1, 1)))
			b.begin(store.ReadCommitted)
			b.start(b.statement(remove(p, 1)))
			b.blocked(1)
			if end == "commit" {
				a.commit()
				b.failed("23503", "update or delete")
				continue
			}
			a.rollback()
			b.done()
		}
	})
	t.Run("a child waits for a parent's delete in progress", func(t *testing.T) {
		for _, end := range []string{"commit", "rollback"} {
			a, b, p, c := family(t, nil)
			a.begin(store.ReadCommitted)
			a.must(a.statement(remove(p, 1)))
			b.begin(store.ReadCommitted)
			b.start(b.statement(insert(c, 1, 1)))
			b.blocked(1)
			if end == "commit" {
				a.commit()
				b.failed("23503", "insert or update")
				continue
			}
			a.rollback()
			b.done()
		}
	})
	t.Run("OK: CASCADE", func(t *testing.T) {
		a, _, p, c := family(t, func(fk *store.ForeignKey) { fk.OnDelete, fk.OnUpdate = store.Cascade, store.Cascade })
		a.auto(insert(c, 1, 1))
		a.auto(insert(c, 2, 1))
		a.auto(insert(c, 3, 2))
		a.auto(rekey(p, 1, 7))
		a.sees(c, "001:7 002:7 003:2")
		a.auto(remove(p, 7))
		a.sees(c, "003:2")
	})
	t.Run("OK: SET NULL, SET DEFAULT", func(t *testing.T) {
		a, _, p, c := family(t, func(fk *store.ForeignKey) {
			fk.OnDelete, fk.OnUpdate = store.SetNull, store.SetDefault
			fk.Default = func(int) (value.Value, error) { return num(2), nil }
		})
		a.auto(insert(c, 1, 1))
		a.auto(rekey(p, 1, 7))
		a.sees(c, "001:2")
		a.auto(remove(p, 2))
		a.begin(store.ReadCommitted)
		a.must(a.statement(func(tx *store.Tx, s *store.Snapshot) error {
			if v := find(tx, s, c, 1); !v.Row[1].IsNull() {
				t.Fatalf("%v", v.Row)
			}
			return nil
		}))
	})
	t.Run("OK: a table that refers to itself, in one statement", func(t *testing.T) {
		w := newWorld(t)
		a := w.client()
		s := w.pairs(a, "s")
		a.ddl(func(tx *store.Tx) error {
			_, err := tx.AddForeignKey(store.ForeignKey{Table: s, Columns: []int{1}, Parent: s})
			return err
		})
		a.auto(func(tx *store.Tx, _ *store.Snapshot) error {
			for _, r := range [][2]int{{1, 2}, {2, 1}} {
				if _, err := tx.Insert(s, value.Row{num(r[0]), num(r[1])}); err != nil {
					return err
				}
			}
			return nil
		})
		a.begin(store.ReadCommitted)
		a.start(a.statement(remove(s, 1)))
		a.failed("23503", "update or delete")
		a.rollback()
		a.auto(func(tx *store.Tx, s1 *store.Snapshot) error {
			if err := remove(s, 1)(tx, s1); err != nil {
				return err
			}
			return remove(s, 2)(tx, s1)
		})
		a.sees(s, "")
	})
	t.Run("OK: NO ACTION lets another row take the key over", func(t *testing.T) {
		a, _, p, c := family(t, nil)
		a.auto(insert(c, 1, 1))
		a.auto(func(tx *store.Tx, s *store.Snapshot) error {
			if err := rekey(p, 1, 9)(tx, s); err != nil {
				return err
			}
			return rekey(p, 2, 1)(tx, s)
		})
		a.sees(p, "001:0 009:0")
	})
	t.Run("Err: REPEATABLE READ does not see a new parent", func(t *testing.T) {
		a, b, p, c := family(t, nil)
		b.begin(store.RepeatableRead)
		b.sees(c, "")
		a.auto(insert(p, 3, 0))
		b.start(b.statement(insert(c, 1, 3)))
		b.failed("23503", "insert or update")
	})
	t.Run("Err: existing rows", func(t *testing.T) {
		w := newWorld(t)
		a := w.client()
		p, c := w.pairs(a, "p"), w.pairs(a, "c")
		a.auto(insert(c, 1, 1))
		a.begin(store.ReadCommitted)
		a.start(a.statement(func(tx *store.Tx, _ *store.Snapshot) error {
			_, err := tx.AddForeignKey(store.ForeignKey{Table: c, Columns: []int{1}, Parent: p})
			return err
		}))
		a.failed("23503", "insert or update")
	})
}
