package store_test

import (
	"testing"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// read reads a row by its key.
func read(tbl *store.Table, k int) func(*store.Tx, *store.Snapshot) error {
	return func(tx *store.Tx, s *store.Snapshot) error { find(tx, s, tbl, k); return nil }
}

// scan reads the whole table.
func scan(tbl *store.Table) func(*store.Tx, *store.Snapshot) error {
	return func(tx *store.Tx, s *store.Snapshot) error {
		var h store.HeapScan
		h.Open(s, tbl)
		for h.Next() != nil {
		}
		return nil
	}
}

// between reads a range of keys.
func between(tbl *store.Table, low, high int) func(*store.Tx, *store.Snapshot) error {
	return func(tx *store.Tx, s *store.Snapshot) error {
		var x store.IndexScan
		x.Open(s, tbl.Def(tx).Indexes[0], store.Range{
			Low:  store.Bound{Value: num(low), Set: true},
			High: store.Bound{Value: num(high), Set: true},
		})
		for x.Next() != nil {
		}
		return nil
	}
}

// finish commits, and says whether that was allowed.
func (c *client) finish() bool {
	c.start(func() error {
		if c.Tx().Failed() {
			c.Tx().Rollback()
			return &value.Error{Code: "40001"}
		}
		_, err := c.Tx().Commit()
		return err
	})
	if c.err != nil {
		c.failed("40001", "")
	}
	return c.err == nil
}

func TestSerializable(t *testing.T) {
	both := func(t *testing.T, level store.Isolation, r1, w1, r2, w2 func(*store.Tx, *store.Snapshot) error, a, b *client) (bool, bool) {
		t.Helper()
		a.begin(level)
		b.begin(level)
		for _, step := range []struct {
			c *client
			f func(*store.Tx, *store.Snapshot) error
		}{{a, r1}, {b, r2}, {a, w1}, {b, w2}} {
			if step.c.Tx().Failed() {
				continue
			}
			step.c.start(step.c.statement(step.f))
			if step.c.err != nil {
				step.c.failed("40001", "")
			}
		}
		return a.finish(), b.finish()
	}
	t.Run("write skew on rows", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		one, two := both(t, store.Serializable, read(tbl, 1), update(tbl, 2, add(1)), read(tbl, 2), update(tbl, 1, add(1)), a, b)
		if one == two {
			t.Fatalf("commits: %v %v", one, two)
		}
	})
	t.Run("write skew passes at REPEATABLE READ", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		one, two := both(t, store.RepeatableRead, read(tbl, 1), update(tbl, 2, add(1)), read(tbl, 2), update(tbl, 1, add(1)), a, b)
		if !one || !two {
			t.Fatalf("commits: %v %v", one, two)
		}
	})
	t.Run("phantoms in a scan", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		one, two := both(t, store.Serializable, scan(tbl), insert(tbl, 3, 0), scan(tbl), insert(tbl, 4, 0), a, b)
		if one == two {
			t.Fatalf("commits: %v %v", one, two)
		}
	})
	t.Run("phantoms in a range", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		one, two := both(t, store.Serializable, between(tbl, 5, 9), insert(tbl, 7, 0), between(tbl, 5, 9), insert(tbl, 8, 0), a, b)
		if one == two {
			t.Fatalf("commits: %v %v", one, two)
		}
	})
	t.Run("OK: other ranges", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		one, two := both(t, store.Serializable, between(tbl, 5, 9), insert(tbl, 7, 0), between(tbl, 10, 19), insert(tbl, 18, 0), a, b)
		if !one || !two {
			t.Fatalf("commits: %v %v", one, two)
		}
	})
	t.Run("OK: one reads, one writes", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		one, two := both(t, store.Serializable, scan(tbl), scan(tbl), read(tbl, 1), update(tbl, 1, add(1)), a, b)
		if !one || !two {
			t.Fatalf("commits: %v %v", one, two)
		}
	})
	t.Run("a read-only anomaly with a committed pivot", func(t *testing.T) {
		// Fekete et al. 2004: T2 reads both and will write 1; T1 writes 2 and commits; T3 reads both.
		_, a, b, c, tbl := setup(t)
		b.begin(store.Serializable)
		b.must(b.statement(scan(tbl)))
		a.begin(store.Serializable)
		a.must(a.statement(update(tbl, 2, add(20))))
		a.commit()
		c.begin(store.Serializable)
		c.must(c.statement(scan(tbl)))
		c.commit()
		b.start(b.statement(update(tbl, 1, add(-11))))
		if b.err == nil && b.finish() {
			t.Fatal("a history that is not serializable")
		}
	})
	t.Run("nothing is kept when nobody needs it", func(t *testing.T) {
		_, a, b, _, tbl := setup(t)
		for range 50 {
			both(t, store.Serializable, scan(tbl), update(tbl, 1, add(1)), read(tbl, 2), update(tbl, 2, add(1)), a, b)
		}
	})
}
