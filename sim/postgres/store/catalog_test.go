package store_test

import (
	"testing"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

func create() func(*store.Tx, *store.Snapshot) error {
	return func(tx *store.Tx, _ *store.Snapshot) error {
		_, err := tx.CreateTable("public", "t", []store.Column{
			{Name: "k", Type: value.Int4}, {Name: "v", Type: value.Int4},
		})
		return err
	}
}

func TestTransactionalDDL(t *testing.T) {
	t.Run("OK: others see a table after the commit", func(t *testing.T) {
		w := newWorld(t)
		a, b := w.client(), w.client()
		a.begin(store.ReadCommitted)
		b.begin(store.ReadCommitted)
		before := b.Tx().CatalogVersion()
		a.must(a.statement(create()))
		if a.Tx().Lookup("public", "t").Table == nil || b.Tx().Lookup("public", "t").Table != nil {
			t.Fatal("seen by the wrong one")
		}
		if a.Tx().CatalogVersion() == before || b.Tx().CatalogVersion() != before {
			t.Fatal("catalog version")
		}
		a.commit()
		if b.Tx().Lookup("public", "t").Table == nil || b.Tx().CatalogVersion() == before {
			t.Fatal("not seen after the commit")
		}
	})
	t.Run("OK: rolled back, to a savepoint too", func(t *testing.T) {
		w := newWorld(t)
		a := w.client()
		tbl := w.pairs(a, "t")
		a.auto(insert(tbl, 1, 10))
		a.begin(store.ReadCommitted)
		a.must(a.statement(insert(tbl, 2, 20)))
		a.must(func() error { a.Tx().Savepoint("s"); return nil })
		a.must(a.statement(func(tx *store.Tx, _ *store.Snapshot) error {
			if err := tx.Truncate([]*store.Table{tbl}, false, false); err != nil {
				return err
			}
			return tx.AddColumn(tbl, store.Column{Name: "w", Type: value.Int4}, nil)
		}))
		a.sees(tbl, "")
		a.must(func() error { return a.Tx().RollbackTo("s") })
		a.sees(tbl, "001:10 002:20")
		if n := len(tbl.Def(a.Tx()).Columns); n != 2 {
			t.Fatal(n, "columns")
		}
		a.must(a.statement(func(tx *store.Tx, _ *store.Snapshot) error { return tx.DropTable(tbl, false) }))
		if a.Tx().Lookup("public", "t").Table != nil {
			t.Fatal("dropped, but there")
		}
		a.must(a.statement(create()))
		a.rollback()
		a.sees(tbl, "001:10")
	})
	t.Run("OK: others see a table until its drop is committed", func(t *testing.T) {
		w := newWorld(t)
		a, b := w.client(), w.client()
		w.pairs(a, "t")
		a.begin(store.ReadCommitted)
		a.must(a.statement(func(tx *store.Tx, _ *store.Snapshot) error {
			return tx.DropTable(tx.Lookup("public", "t").Table, false)
		}))
		b.begin(store.ReadCommitted)
		found := false
		b.start(b.statement(func(tx *store.Tx, _ *store.Snapshot) error {
			err := tx.LockTable(tx.Lookup("public", "t").Table, store.AccessShare)
			found = tx.Lookup("public", "t").Table != nil
			return err
		}))
		b.blocked(1)
		a.commit()
		b.done()
		if found || b.Tx().Lookup("public", "t").Table != nil {
			t.Fatal("still there")
		}
	})
	t.Run("Err: the name is taken", func(t *testing.T) {
		w := newWorld(t)
		a, b := w.client(), w.client()
		a.begin(store.ReadCommitted)
		b.begin(store.ReadCommitted)
		a.must(a.statement(create()))
		b.start(b.statement(create()))
		b.blocked(1)
		a.commit()
		b.failed("23505", `duplicate key value violates unique constraint "pg_type_typname_nsp_index"`)
		b.rollback()
		b.begin(store.ReadCommitted)
		b.start(b.statement(create()))
		b.failed("42P07", `relation "t" already exists`)
	})
	t.Run("OK: DDL waits for DML and hides behind its lock", func(t *testing.T) {
		_, a, b, c, tbl := setup(t)
		a.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, add(1))))
		b.begin(store.ReadCommitted)
		b.start(b.statement(func(tx *store.Tx, _ *store.Snapshot) error {
			return tx.AddColumn(tbl, store.Column{Name: "w", Type: value.Int4, NotNull: true},
				func(value.Row) (value.Value, error) { return num(7), nil })
		}))
		b.blocked(1)
		c.begin(store.ReadCommitted)
		c.start(c.statement(lockTable(tbl, store.AccessShare)))
		c.blocked(2)
		a.commit()
		b.done()
		c.blocked(2)
		b.commit()
		c.done()
		c.must(c.statement(func(tx *store.Tx, s *store.Snapshot) error {
			if v := find(tx, s, tbl, 1); len(v.Row) != 3 || v.Row[1].N != 11 || v.Row[2].N != 7 {
				t.Fatalf("%v", v.Row)
			}
			return nil
		}))
	})
	t.Run("OK: an old snapshot outlives ADD COLUMN", func(t *testing.T) {
		w, a, b, _, tbl := setup(t)
		other := w.pairs(a, "other")
		b.begin(store.RepeatableRead)
		b.sees(other, "")
		a.auto(update(tbl, 1, set(99)))
		a.auto(remove(tbl, 2))
		a.begin(store.ReadCommitted)
		a.must(a.statement(update(tbl, 1, set(100))))
		a.must(a.statement(func(tx *store.Tx, _ *store.Snapshot) error {
			return tx.AddColumn(tbl, store.Column{Name: "w", Type: value.Int4}, nil)
		}))
		a.sees(tbl, "001:100")
		a.commit()
		b.sees(tbl, "001:10 002:20")
		b.commit()
		b.sees(tbl, "001:100")
		if dead, _ := w.db.Kept(); dead != 0 || tbl.Rows() != 1 {
			t.Fatal(dead, "dead rows are kept,", tbl.Rows(), "rows")
		}
	})
	t.Run("OK: two indexes made at once", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		index := func(tx *store.Tx, _ *store.Snapshot) error {
			_, err := tx.CreateIndex(tbl, store.IndexSpec{Keys: []store.IndexKey{{Column: 1, Type: value.Int4}}})
			return err
		}
		a.begin(store.ReadCommitted)
		b.begin(store.ReadCommitted)
		a.must(a.statement(index))
		b.must(b.statement(index))
		a.commit()
		b.commit()
		def := tbl.Def(nil)
		if len(def.Indexes) != 3 || def.Indexes[1].Name != "t_v_idx" || def.Indexes[2].Name != "t_v_idx1" {
			t.Fatal(len(def.Indexes), def.Indexes[1].Name)
		}
	})
	t.Run("Err: a unique index over duplicates", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		a.auto(insert(tbl, 3, 20))
		a.begin(store.ReadCommitted)
		a.start(a.statement(func(tx *store.Tx, _ *store.Snapshot) error {
			_, err := tx.CreateIndex(tbl, store.IndexSpec{Unique: true, Keys: []store.IndexKey{{Column: 1, Type: value.Int4}}})
			return err
		}))
		if e := a.failed("23505", `could not create unique index "t_v_idx"`); e.Detail != "Key (v)=(20) is duplicated." {
			t.Fatal(e.Detail)
		}
		a.rollback()
		a.auto(insert(tbl, 4, 20))
	})
}

func TestConstraints(t *testing.T) {
	t.Run("Err: check and not null", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		a.ddl(func(tx *store.Tx) error {
			_, err := tx.AddCheck(tbl, store.Check{
				Holds: func(r value.Row) (bool, error) { return r[1].IsNull() || r[1].N > 0, nil },
			}, "v")
			return err
		})
		a.begin(store.ReadCommitted)
		a.start(a.statement(insert(tbl, 3, 0)))
		e := a.failed("23514", `new row for relation "t" violates check constraint "t_v_check"`)
		if e.Detail != "Failing row contains (3, 0)." {
			t.Fatal(e.Detail)
		}
		a.rollback()
		a.begin(store.ReadCommitted)
		a.start(a.statement(func(tx *store.Tx, _ *store.Snapshot) error {
			_, err := tx.Insert(tbl, value.Row{{}, num(1)})
			return err
		}))
		e = a.failed("23502", `null value in column "k" of relation "t" violates not-null constraint`)
		if e.Detail != "Failing row contains (null, 1)." || e.Column != "k" {
			t.Fatal(e.Detail)
		}
	})
	t.Run("OK: partial and expression indexes", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		var ix *store.Index
		a.ddl(func(tx *store.Tx) (err error) {
			ix, err = tx.CreateIndex(tbl, store.IndexSpec{
				Unique: true,
				Keys: []store.IndexKey{{Column: -1, Name: "abs", Text: "abs(v)", Type: value.Int4,
					Expr: func(r value.Row) (value.Value, error) { return num(int(max(r[1].N, -r[1].N))), nil }}},
				Predicate: func(r value.Row) (bool, error) { return r[1].N != 0, nil },
			})
			return err
		})
		if ix.Name != "t_abs_idx" {
			t.Fatal(ix.Name)
		}
		a.auto(insert(tbl, 3, 0))
		a.auto(insert(tbl, 4, 0))
		a.auto(insert(tbl, 5, -5))
		a.begin(store.ReadCommitted)
		a.start(a.statement(update(tbl, 4, set(5))))
		if e := a.failed("23505", `"t_abs_idx"`); e.Detail != "Key (abs(v))=(5) already exists." {
			t.Fatal(e.Detail)
		}
		a.rollback()
		a.auto(update(tbl, 5, set(0)))
		a.auto(update(tbl, 4, set(5)))
		if ix.Len() != 3 {
			t.Fatal(ix.Len())
		}
	})
	t.Run("OK: NULLs are distinct", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		null := func(k int) func(tx *store.Tx, _ *store.Snapshot) error {
			return func(tx *store.Tx, _ *store.Snapshot) error {
				_, err := tx.Insert(tbl, value.Row{num(k), {}})
				return err
			}
		}
		a.ddl(func(tx *store.Tx) error {
			_, err := tx.CreateIndex(tbl, store.IndexSpec{Constraint: true, Unique: true, Keys: []store.IndexKey{{Column: 1, Type: value.Int4}}})
			return err
		})
		a.auto(null(5))
		a.auto(null(6))
		ix := tbl.Def(nil).Indexes[1]
		if ix.Name != "t_v_key" {
			t.Fatal(ix.Name)
		}
		a.auto(func(tx *store.Tx, s *store.Snapshot) error {
			var scan store.IndexScan
			for _, r := range []struct {
				rng  store.Range
				want int
			}{
				{store.Range{}, 4},
				{store.Range{Low: store.Bound{Value: num(10), Set: true}}, 2},
				{store.Range{Low: store.Bound{Value: num(10), Set: true, Exclusive: true}, Reverse: true}, 1},
				{store.Range{High: store.Bound{Value: num(20), Set: true, Exclusive: true}, Reverse: true}, 1},
				{store.Range{Equal: value.Row{{}}}, 2},
			} {
				n := 0
				for scan.Open(s, ix, r.rng); scan.Next() != nil; n++ {
				}
				if n != r.want {
					t.Errorf("%+v: %d rows, want %d", r.rng, n, r.want)
				}
			}
			return nil
		})
	})
	t.Run("names", func(t *testing.T) {
		w := newWorld(t)
		a := w.client()
		a.begin(store.ReadCommitted)
		long := "a_table_name_that_is_rather_long_and_goes_on_and_on_and_on_end"
		for _, c := range []struct{ one, two, label, want string }{
			{"t", "", "pkey", "t_pkey"},
			{"t", "a_b", "idx", "t_a_b_idx"},
			{long, "", "pkey", "a_table_name_that_is_rather_long_and_goes_on_and_on_and_on_pkey"},
			{long, "some_column_name_of_forty_characters_or_so", "seq", "a_table_name_that_is_rather_l_some_column_name_of_forty_cha_seq"},
		} {
			if got := a.Tx().ChooseName("public", c.one, c.two, c.label); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		}
	})
}

func TestSequences(t *testing.T) {
	spec := store.SequenceSpec{Type: value.Int8, Start: 1, Increment: 1, Min: 1, Max: 3}
	w := newWorld(t)
	a, b := w.client(), w.client()
	var q *store.Sequence
	a.ddl(func(tx *store.Tx) (err error) { q, err = tx.CreateSequence("public", "s", spec); return err })
	next := func(c *client, want int64) {
		t.Helper()
		c.must(func() error {
			v, err := c.Nextval(q)
			if v != want {
				t.Fatalf("got %d, want %d", v, want)
			}
			return err
		})
	}
	b.start(func() error { _, err := b.Currval(q); return err })
	b.failed("55000", `currval of sequence "s" is not yet defined in this session`)
	b.start(func() error { _, err := b.Lastval(); return err })
	b.failed("55000", "lastval is not yet defined in this session")
	a.begin(store.ReadCommitted)
	next(a, 1)
	next(b, 2)
	a.rollback()
	next(a, 3)
	a.start(func() error { _, err := a.Nextval(q); return err })
	a.failed("2200H", `nextval: reached maximum value of sequence "s" (3)`)
	a.start(func() error { return a.Setval(q, 4, true) })
	a.failed("22003", `setval: value 4 is out of bounds for sequence "s" (1..3)`)
	a.must(func() error { return a.Setval(q, 2, false) })
	next(b, 2)
	next(b, 3)
	t.Run("ALTER SEQUENCE is transactional", func(t *testing.T) {
		one := int64(1)
		a.begin(store.ReadCommitted)
		a.must(func() error { return a.Tx().AlterSequence(q, spec, &one) })
		next(a, 1)
		b.begin(store.ReadCommitted)
		b.start(func() error { _, err := b.Nextval(q); return err })
		b.blocked(1)
		a.rollback()
		b.failed("2200H", "")
		b.rollback()
	})
	t.Run("a crash skips what was logged ahead", func(t *testing.T) {
		var r *store.Sequence
		a.ddl(func(tx *store.Tx) (err error) {
			r, err = tx.CreateSequence("public", "r", store.SequenceSpec{Type: value.Int8, Start: 1, Increment: 1, Min: 1, Max: 1 << 62})
			return err
		})
		_, _ = a.Nextval(r)
		w.db.Recover(w.db.LSN())
		c := w.client()
		if v, _ := c.Nextval(r); v != 34 {
			t.Fatal(v)
		}
	})
}

func TestNotify(t *testing.T) {
	w := newWorld(t)
	a, b := w.client(), w.client()
	var got []string
	w.db.SetNotify(func(to *store.Session, n store.Notification) {
		got = append(got, string('0'+to.PID())+n.Channel+n.Payload)
	})
	a.auto(func(tx *store.Tx, _ *store.Snapshot) error { tx.Listen("x"); return nil })
	b.begin(store.ReadCommitted)
	b.must(func() error { b.Tx().Listen("x"); return b.Tx().Notify("x", "1") })
	b.must(func() error { b.Tx().Savepoint("s"); return b.Tx().Notify("x", "lost") })
	b.must(func() error { return b.Tx().RollbackTo("s") })
	b.must(func() error { return b.Tx().Notify("x", "1") })
	b.must(func() error { return b.Tx().Notify("y", "1") })
	if len(got) != 0 {
		t.Fatal("before the commit")
	}
	b.commit()
	if len(got) != 2 || got[0] != "1x1" || got[1] != "2x1" {
		t.Fatal(got)
	}
	a.auto(func(tx *store.Tx, _ *store.Snapshot) error { tx.Unlisten(""); return tx.Notify("x", "2") })
	if len(got) != 3 || got[2] != "2x2" || len(a.Listening()) != 0 {
		t.Fatal(got)
	}
}

func TestRecover(t *testing.T) {
	w, a, b, c, tbl := setup(t)
	w.db.Retain(w.db.LSN())
	lsn := w.db.LSN()
	a.auto(update(tbl, 1, set(11)))
	a.auto(remove(tbl, 2))
	a.auto(insert(tbl, 3, 30))
	a.auto(rekey(tbl, 3, 4))
	a.auto(insert(tbl, 2, 21))
	b.begin(store.ReadCommitted)
	b.must(b.statement(update(tbl, 1, set(12))))
	c.begin(store.ReadCommitted)
	c.start(c.statement(update(tbl, 1, set(13))))
	w.db.Recover(w.db.LSN())
	d := w.client()
	d.sees(tbl, "001:11 002:21 004:30")
	w.db.Recover(lsn)
	d = w.client()
	d.sees(tbl, "001:10 002:20")
	w.db.RetainNothing()
	d.auto(update(tbl, 1, add(1)))
	d.sees(tbl, "001:11 002:20")
	if n := tbl.Def(nil).Indexes[0].Len(); n != 2 {
		t.Fatal(n, "index entries")
	}
}

func TestIdentifiers(t *testing.T) {
	w := newWorld(t)
	a, b := w.client(), w.client()
	tbl := w.pairs(a, "t")
	a.begin(store.ReadCommitted)
	b.begin(store.ReadCommitted)
	a.sees(tbl, "")
	if a.Tx().XIDIfAssigned() != 0 {
		t.Fatal("reading needs no id")
	}
	first := a.Tx().XID()
	second := b.Tx().XID()
	if second != first+1 {
		t.Fatal(first, second)
	}
	info := func(c *client) *value.SnapshotData {
		s := c.Tx().BeginStatement()
		i := s.Info()
		if err := c.Tx().EndStatement(s); err != nil {
			t.Fatal(err)
		}
		return i
	}
	if i := info(a); i.Xmin != uint64(first) || i.Xmax != uint64(first) || len(i.Running) != 0 {
		t.Fatalf("%+v", i)
	}
	b.commit()
	if i := info(a); i.Xmin != uint64(first) || i.Xmax != uint64(second)+1 || len(i.Running) != 0 {
		t.Fatalf("%+v", i)
	}
	b.begin(store.ReadCommitted)
	if i := info(b); i.Xmin != uint64(first) || i.Xmax != uint64(second)+1 || len(i.Running) != 1 {
		t.Fatalf("%+v", i)
	}
	a.commit()
	if i := info(b); i.Xmin != uint64(second)+1 || i.Xmax != uint64(second)+1 || len(i.Running) != 0 {
		t.Fatalf("%+v", i)
	}
}
