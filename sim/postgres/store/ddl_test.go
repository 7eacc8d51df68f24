package store_test

import (
	"testing"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// try runs DDL as a transaction of its own that must fail so.
func (c *client) refused(code, message, detail, hint string, work func(tx *store.Tx) error) {
	c.w.t.Helper()
	c.begin(store.ReadCommitted)
	c.start(c.statement(func(tx *store.Tx, _ *store.Snapshot) error { return work(tx) }))
	e := c.failed(code, "")
	if e.Message != message || e.Detail != detail || e.Hint != hint {
		c.w.t.Fatalf("got  %q\n%q\n%q\nwant %q\n%q\n%q", e.Message, e.Detail, e.Hint, message, detail, hint)
	}
	c.rollback()
}

const useCascade = "Use DROP ... CASCADE to drop the dependent objects too."

// The messages are what PostgreSQL 15 says to the same statements.
func TestDependencies(t *testing.T) {
	const public = "public"
	t.Run("Err: what a foreign key needs", func(t *testing.T) {
		a, _, p, c := family(t, nil)
		a.refused("2BP01", "cannot drop table p because other objects depend on it",
			"constraint c_v_fkey on table c depends on table p", useCascade,
			func(tx *store.Tx) error { return tx.DropTable(p, false) })
		a.refused("0A000", "cannot truncate a table referenced in a foreign key constraint",
			`Table "c" references "p".`, `Truncate table "c" at the same time, or use TRUNCATE ... CASCADE.`,
			func(tx *store.Tx) error { return tx.Truncate([]*store.Table{p}, false, false) })
		a.refused("2BP01", "cannot drop index p_pkey because constraint p_pkey on table p requires it",
			"", "You can drop constraint p_pkey on table p instead.",
			func(tx *store.Tx) error { return tx.DropIndex(p.Def(tx).Indexes[0], false) })
		a.refused("2BP01", "cannot drop column k of table p because other objects depend on it",
			"constraint c_v_fkey on table c depends on column k of table p", useCascade,
			func(tx *store.Tx) error { return tx.DropColumn(p, 0, false) })
		a.refused("2BP01", "cannot drop constraint p_pkey on table p because other objects depend on it",
			"constraint c_v_fkey on table c depends on index p_pkey", useCascade,
			func(tx *store.Tx) error { return tx.DropConstraint(p, "p_pkey", false) })
		a.refused("42830", `there is no unique constraint matching given keys for referenced table "p"`, "", "",
			func(tx *store.Tx) error {
				_, err := tx.AddForeignKey(store.ForeignKey{Table: c, Columns: []int{0}, Parent: p, ParentColumns: []int{1}})
				return err
			})
	})
	t.Run("OK: with CASCADE", func(t *testing.T) {
		for _, drop := range []func(tx *store.Tx, p *store.Table) error{
			func(tx *store.Tx, p *store.Table) error { return tx.DropTable(p, true) },
			func(tx *store.Tx, p *store.Table) error { return tx.DropColumn(p, 0, true) },
			func(tx *store.Tx, p *store.Table) error { return tx.DropConstraint(p, "p_pkey", true) },
		} {
			a, _, p, c := family(t, nil)
			a.auto(insert(c, 1, 1))
			a.ddl(func(tx *store.Tx) error { return drop(tx, p) })
			a.auto(insert(c, 2, 99))
			if len(c.Def(nil).ForeignKeys) != 0 {
				t.Fatal("the foreign key is still there")
			}
		}
	})
	t.Run("OK: both tables at once, TRUNCATE CASCADE", func(t *testing.T) {
		a, _, p, c := family(t, nil)
		a.auto(insert(c, 1, 1))
		a.ddl(func(tx *store.Tx) error { return tx.Truncate([]*store.Table{p}, true, false) })
		a.sees(c, "")
		a.ddl(func(tx *store.Tx) error { return tx.DropTables([]*store.Table{p, c}, false) })
		a.begin(store.ReadCommitted)
		if tables := a.Tx().Tables(); len(tables) != 0 {
			t.Fatal(len(tables))
		}
	})
	t.Run("schemas", func(t *testing.T) {
		w := newWorld(t)
		a := w.client()
		a.refused("42P06", `schema "public" already exists`, "", "",
			func(tx *store.Tx) error { return tx.CreateSchema(public) })
		a.ddl(func(tx *store.Tx) error {
			if err := tx.CreateSchema("zz"); err != nil {
				return err
			}
			_, err := tx.CreateTable("zz", "a", nil)
			return err
		})
		a.refused("2BP01", "cannot drop schema zz because other objects depend on it",
			"table zz.a depends on schema zz", useCascade,
			func(tx *store.Tx) error { return tx.DropSchema("zz", false) })
		a.ddl(func(tx *store.Tx) error { return tx.DropSchema("zz", true) })
		a.refused("3F000", `schema "zz" does not exist`, "", "",
			func(tx *store.Tx) error { _, err := tx.CreateTable("zz", "a", nil); return err })
	})
	t.Run("enums", func(t *testing.T) {
		w := newWorld(t)
		a := w.client()
		var typ *value.Type
		var tbl *store.Table
		a.ddl(func(tx *store.Tx) (err error) {
			if typ, err = tx.CreateEnum(public, "e", []string{"a", "b"}); err != nil {
				return err
			}
			tbl, err = tx.CreateTable(public, "te", []store.Column{{Name: "x", Type: typ}})
			return err
		})
		a.refused("42710", `type "e" already exists`, "", "",
			func(tx *store.Tx) error { _, err := tx.CreateEnum(public, "e", nil); return err })
		a.refused("2BP01", "cannot drop type e because other objects depend on it",
			"column x of table te depends on type e", useCascade,
			func(tx *store.Tx) error { return tx.DropType(public, "e") })
		a.begin(store.ReadCommitted)
		a.must(a.statement(func(tx *store.Tx, _ *store.Snapshot) error {
			longer, err := typ.WithLabel("c", "", false)
			if err != nil {
				return err
			}
			return tx.AlterEnum(public, longer)
		}))
		if _, ok := tbl.Def(a.Tx()).Columns[0].Type.Enum("c"); !ok {
			t.Fatal("the column has the old type")
		}
		a.rollback()
		a.begin(store.ReadCommitted)
		if _, ok := a.Tx().TypeByOID(typ.OID).Enum("c"); ok {
			t.Fatal("not rolled back")
		}
		a.rollback()
		a.ddl(func(tx *store.Tx) error {
			if err := tx.DropTable(tbl, false); err != nil {
				return err
			}
			return tx.DropType(public, "e")
		})
		a.begin(store.ReadCommitted)
		if a.Tx().Type(public, "e") != nil {
			t.Fatal("still there")
		}
	})
	t.Run("owned sequences", func(t *testing.T) {
		w := newWorld(t)
		a := w.client()
		spec := store.SequenceSpec{Type: value.Int8, Start: 1, Increment: 1, Min: 1, Max: 100}
		var q, g *store.Sequence
		var tbl *store.Table
		a.ddl(func(tx *store.Tx) (err error) {
			tbl, err = tx.CreateTable(public, "ser", []store.Column{
				{Name: "id", Type: value.Int4, Default: "nextval"}, {Name: "g", Type: value.Int4, Identity: store.IdentityAlways},
			})
			if err == nil {
				q, err = tx.CreateSequence(public, tx.ChooseName(public, "ser", "id", "seq"), spec)
			}
			if err == nil {
				err = tx.SetOwner(q, tbl, 0)
			}
			if err == nil {
				g, err = tx.CreateSequence(public, tx.ChooseName(public, "ser", "g", "seq"), spec)
			}
			if err == nil {
				err = tx.SetOwner(g, tbl, 1)
			}
			return err
		})
		a.refused("2BP01", "cannot drop sequence ser_id_seq because other objects depend on it",
			"default value for column id of table ser depends on sequence ser_id_seq", useCascade,
			func(tx *store.Tx) error { return tx.DropSequence(q, false) })
		a.refused("2BP01", "cannot drop sequence ser_g_seq because column g of table ser requires it",
			"", "You can drop column g of table ser instead.",
			func(tx *store.Tx) error { return tx.DropSequence(g, false) })
		if v, _ := a.Nextval(q); v != 1 {
			t.Fatal(v)
		}
		a.ddl(func(tx *store.Tx) error { return tx.Truncate([]*store.Table{tbl}, false, true) })
		if v, _ := a.Nextval(q); v != 1 {
			t.Fatal("RESTART IDENTITY:", v)
		}
		a.ddl(func(tx *store.Tx) error { return tx.DropTable(tbl, false) })
		a.begin(store.ReadCommitted)
		if n := len(a.Tx().Sequences()); n != 0 {
			t.Fatal(n, "sequences are left")
		}
	})
}

func TestAlterTable(t *testing.T) {
	t.Run("OK: columns", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		b.begin(store.RepeatableRead)
		b.must(b.statement(func(*store.Tx, *store.Snapshot) error { return nil }))
		a.ddl(func(tx *store.Tx) error {
			return tx.AlterColumn(tbl, 1, func(c *store.Column) { c.Name, c.NotNull = "w", true },
				func(r value.Row) (value.Value, error) { return num(int(r[1].N) * 2), nil })
		})
		a.sees(tbl, "001:20 002:40")
		b.sees(tbl, "") // as PostgreSQL has it: a rewritten table is empty for older snapshots
		b.commit()
		a.refused("42701", `column "k" of relation "t" already exists`, "", "", func(tx *store.Tx) error {
			return tx.AlterColumn(tbl, 1, func(c *store.Column) { c.Name = "k" }, nil)
		})
		a.refused("42701", `column "w" of relation "t" already exists`, "", "", func(tx *store.Tx) error {
			return tx.AddColumn(tbl, store.Column{Name: "w", Type: value.Int4}, nil)
		})
		a.refused("23502", `column "z" of relation "t" contains null values`, "", "", func(tx *store.Tx) error {
			return tx.AddColumn(tbl, store.Column{Name: "z", Type: value.Int4, NotNull: true}, nil)
		})
		a.ddl(func(tx *store.Tx) error { return tx.RenameTable(tbl, "u") })
		if tbl.Name(nil) != "u" {
			t.Fatal(tbl.Name(nil))
		}
		a.auto(insert(tbl, 3, 3))
	})
	t.Run("OK: dropping a column takes its indexes and constraints along", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		a.ddl(func(tx *store.Tx) error {
			if _, err := tx.CreateIndex(tbl, store.IndexSpec{Keys: []store.IndexKey{{Column: 1, Type: value.Int4}}}); err != nil {
				return err
			}
			_, err := tx.AddCheck(tbl, store.Check{Holds: func(value.Row) (bool, error) { return true, nil }, Columns: []int{1}}, "v")
			return err
		})
		a.begin(store.ReadCommitted)
		a.must(a.statement(func(tx *store.Tx, _ *store.Snapshot) error { return tx.DropColumn(tbl, 1, false) }))
		def := tbl.Def(a.Tx())
		if !def.Columns[1].Dropped || len(def.Indexes) != 1 || len(def.Checks) != 0 || a.Tx().Lookup("public", "t_v_idx").Index != nil {
			t.Fatalf("%+v", def)
		}
		a.rollback()
		if def = tbl.Def(nil); def.Columns[1].Dropped || len(def.Indexes) != 2 || len(def.Checks) != 1 {
			t.Fatalf("%+v", def)
		}
		a.auto(insert(tbl, 3, 30))
		if n := def.Indexes[1].Len(); n != 3 {
			t.Fatal(n, "entries")
		}
	})
	t.Run("constraints' names", func(t *testing.T) {
		a, _, _, c := family(t, nil)
		holds := store.Check{Holds: func(value.Row) (bool, error) { return true, nil }}
		rename := func(from, to string) func(tx *store.Tx) error {
			return func(tx *store.Tx) error { return tx.RenameConstraint(c, from, to) }
		}
		a.refused("42704", `constraint "nope" for table "c" does not exist`, "", "", rename("nope", "x"))
		a.refused("42710", `constraint "c_v_fkey" for relation "c" already exists`, "", "", rename("c_pkey", "c_v_fkey"))
		a.refused("42704", `constraint "nope" of relation "c" does not exist`, "", "",
			func(tx *store.Tx) error { return tx.DropConstraint(c, "nope", false) })
		a.ddl(func(tx *store.Tx) error { _, err := tx.AddCheck(c, holds, "v"); return err })
		a.ddl(func(tx *store.Tx) error { _, err := tx.AddCheck(c, holds, "v"); return err })
		if name := c.Def(nil).Checks[1].Name; name != "c_v_check1" {
			t.Fatal(name)
		}
		a.refused("23514", `check constraint "no" of relation "c" is violated by some row`, "", "", func(tx *store.Tx) error {
			if err := insert(c, 1, 1)(tx, nil); err != nil {
				return err
			}
			_, err := tx.AddCheck(c, store.Check{Name: "no", Holds: func(value.Row) (bool, error) { return false, nil }}, "")
			return err
		})
		a.ddl(rename("c_pkey", "pk"))
		a.ddl(rename("c_v_fkey", "fk"))
		a.ddl(rename("c_v_check1", "ck"))
		a.auto(insert(c, 1, 1))
		a.begin(store.ReadCommitted)
		a.start(a.statement(insert(c, 1, 1)))
		a.failed("23505", `"pk"`)
		a.rollback()
		a.begin(store.ReadCommitted)
		a.start(a.statement(insert(c, 2, 9)))
		a.failed("23503", `"fk"`)
		a.rollback()
		a.refused("42P16", `multiple primary keys for table "c" are not allowed`, "", "", func(tx *store.Tx) error {
			_, err := tx.CreateIndex(c, store.IndexSpec{Primary: true, Keys: []store.IndexKey{{Column: 1, Type: value.Int4}}})
			return err
		})
		a.ddl(func(tx *store.Tx) error { return tx.DropConstraint(c, "pk", false) })
		a.ddl(func(tx *store.Tx) error { return tx.DropConstraint(c, "ck", false) })
		if lock := c.UpdateLock(nil, []int{0}); lock != store.ForNoKeyUpdate {
			t.Fatal(lock)
		}
	})
	t.Run("OK: dropping an index", func(t *testing.T) {
		_, a, _, _, tbl := setup(t)
		var ix *store.Index
		a.ddl(func(tx *store.Tx) (err error) {
			ix, err = tx.CreateIndex(tbl, store.IndexSpec{Unique: true, Keys: []store.IndexKey{{Column: 1, Type: value.Int4}}})
			return err
		})
		if tbl.UpdateLock(nil, []int{1}) != store.ForUpdate {
			t.Fatal("a unique column is a key")
		}
		a.ddl(func(tx *store.Tx) error { return tx.RenameIndex(ix, "other") })
		a.begin(store.ReadCommitted)
		a.must(a.statement(func(tx *store.Tx, _ *store.Snapshot) error {
			return tx.DropIndex(tx.Lookup("public", "other").Index, false)
		}))
		a.must(a.statement(insert(tbl, 3, 20)))
		a.rollback()
		a.begin(store.ReadCommitted)
		a.start(a.statement(insert(tbl, 3, 20)))
		a.failed("23505", `"other"`)
		a.rollback()
		a.ddl(func(tx *store.Tx) error { return tx.DropIndex(tx.Lookup("public", "other").Index, false) })
		a.auto(insert(tbl, 3, 20))
		if ix.Len() != 2 {
			t.Fatal("a dropped index is maintained")
		}
	})
}
