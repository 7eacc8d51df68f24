package store_test

import (
	"fmt"
	"testing"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// alone is a Waiter of a session that never has to wait.
type alone struct{}

func (alone) Park() error { panic("nobody else is there") }
func (alone) Wake()       {}

// outbox is a table (id primary key, state, key) with an index on (state, id) and rows in state 0.
func outbox(b *testing.B, rows int) (*store.Session, *store.Table) {
	b.Helper()
	s := store.New("shop").Connect(1, alone{})
	tx := s.Begin(store.ReadCommitted, false)
	tbl, err := tx.CreateTable("public", "outbox", []store.Column{
		{Name: "id", Type: value.Int8}, {Name: "state", Type: value.Int4}, {Name: "key", Type: value.Text},
	})
	if err == nil {
		_, err = tx.CreateIndex(tbl, store.IndexSpec{Primary: true, Keys: []store.IndexKey{{Column: 0, Type: value.Int8}}})
	}
	if err == nil {
		_, err = tx.CreateIndex(tbl, store.IndexSpec{Keys: []store.IndexKey{{Column: 1, Type: value.Int4}, {Column: 0, Type: value.Int8}}})
	}
	for i := 0; i < rows && err == nil; i++ {
		_, err = tx.Insert(tbl, value.Row{num(i), num(0), text(fmt.Sprint("order ", i))})
	}
	if err == nil {
		_, err = tx.Commit()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	return s, tbl
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkPointRead(b *testing.B) {
	s, tbl := outbox(b, 10_000)
	ix := tbl.Def(nil).Indexes[0]
	var scan store.IndexScan
	key := value.Row{num(0)}
	for i := range b.N {
		tx := s.Begin(store.ReadCommitted, false)
		snap := tx.BeginStatement()
		check(b, tx.LockTable(tbl, store.AccessShare))
		key[0] = num(i * 7919 % 10_000)
		scan.Open(snap, ix, store.Range{Equal: key})
		if scan.Next() == nil {
			b.Fatal("no row")
		}
		check(b, tx.EndStatement(snap))
		_, err := tx.Commit()
		check(b, err)
	}
}

func BenchmarkInsertUnique(b *testing.B) {
	s, tbl := outbox(b, 0)
	arbiters := tbl.Def(nil).Indexes[:1]
	for i := range b.N {
		tx := s.Begin(store.ReadCommitted, false)
		snap := tx.BeginStatement()
		check(b, tx.LockTable(tbl, store.RowExclusive))
		made, _, err := tx.InsertOrConflict(tbl, value.Row{num(i), num(0), text("k")}, arbiters)
		if made == nil || err != nil {
			b.Fatal(err)
		}
		check(b, tx.EndStatement(snap))
		_, err = tx.Commit()
		check(b, err)
	}
}

func BenchmarkUpdate(b *testing.B) {
	s, tbl := outbox(b, 10_000)
	ix := tbl.Def(nil).Indexes[0]
	var scan store.IndexScan
	key := value.Row{num(0)}
	for i := range b.N {
		tx := s.Begin(store.ReadCommitted, false)
		snap := tx.BeginStatement()
		check(b, tx.LockTable(tbl, store.RowExclusive))
		key[0] = num(i * 7919 % 10_000)
		scan.Open(snap, ix, store.Range{Equal: key})
		v := scan.Next()
		out, _, err := tx.Update(snap, tbl, v, value.Row{v.Row[0], num(i & 1), v.Row[2]})
		if out != store.Done || err != nil {
			b.Fatal(out, err)
		}
		check(b, tx.EndStatement(snap))
		_, err = tx.Commit()
		check(b, err)
	}
}

// BenchmarkClaim is the relay's claim of ten rows of 10,000 with FOR UPDATE SKIP LOCKED, while another
// transaction has the first ten; it then deletes what it claimed, and as many rows arrive.
func BenchmarkClaim(b *testing.B) {
	s, tbl := outbox(b, 10_000)
	other := s.Database().Connect(2, alone{})
	claim := func(s *store.Session) *store.Tx {
		tx := s.Begin(store.ReadCommitted, false)
		snap := tx.BeginStatement()
		check(b, tx.LockTable(tbl, store.RowExclusive))
		var scan store.IndexScan
		scan.Open(snap, tbl.Def(tx).Indexes[1], store.Range{Equal: value.Row{num(0)}})
		for n := 0; n < 10; {
			v := scan.Next()
			out, _, err := tx.Lock(snap, tbl, v, store.ForUpdate, store.SkipLocked, true)
			check(b, err)
			if out != store.Done {
				continue
			}
			n++
			_, _, err = tx.Delete(snap, tbl, v)
			check(b, err)
		}
		check(b, tx.EndStatement(snap))
		return tx
	}
	next := 10_000
	for range b.N {
		held := claim(other)
		tx := claim(s)
		for range 10 {
			_, err := tx.Insert(tbl, value.Row{num(next), num(0), text("k")})
			check(b, err)
			next++
		}
		_, err := tx.Commit()
		check(b, err)
		held.Rollback()
	}
	if tbl.Rows() != 10_000 {
		b.Fatal(tbl.Rows(), "rows are kept")
	}
}
