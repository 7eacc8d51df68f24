package store_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// TestTree compares trees of small nodes with a set of integers.
func TestTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := store.NewTree(rapid.SampledFrom([]int{4, 12, 16}).Draw(t, "max"))
		live := map[int]bool{}
		for range rapid.IntRange(5, 40).Draw(t, "rounds") {
			from := rapid.IntRange(0, 900).Draw(t, "from")
			to := from + rapid.IntRange(0, 400).Draw(t, "count")
			step := rapid.IntRange(1, 3).Draw(t, "step")
			add := rapid.Bool().Draw(t, "add")
			for k := from; k <= to; k += step {
				live[k] = add
				if add {
					tree.Insert(k)
				} else {
					tree.Delete(k)
				}
			}
			var above, below []int
			for k := range 1400 {
				if live[k] && k >= from {
					above = append(above, k)
				} else if live[k] {
					below = append(below, k)
				}
			}
			slices.Reverse(below)
			if s := tree.Check(); s != "" {
				t.Fatal(s)
			}
			if !slices.Equal(tree.From(from), above) || !slices.Equal(tree.Below(from), below) {
				t.Fatalf("from %d: %v and %v, want %v and %v", from, tree.From(from), tree.Below(from), above, below)
			}
		}
	})
}

// TestLargeIndex grows and shrinks an index by thousands of entries, in an order that touches all of
// the tree, and compares its scans with a sorted list.
func TestLargeIndex(t *testing.T) {
	w := newWorld(t)
	a := w.client()
	tbl := w.pairs(a, "t")
	live := map[int]bool{}
	const n = 7919
	change := func(count, factor int, f func(tx *store.Tx, s *store.Snapshot, k int) error, present bool) {
		a.auto(func(tx *store.Tx, s *store.Snapshot) error {
			for i := range count {
				k := i * factor % n
				if live[k] == present {
					continue
				}
				if err := f(tx, s, k); err != nil {
					return err
				}
				live[k] = present
			}
			return nil
		})
		checkIndex(t, a, tbl, live)
	}
	add := func(tx *store.Tx, s *store.Snapshot, k int) error { return insert(tbl, k, 0)(tx, s) }
	drop := func(tx *store.Tx, s *store.Snapshot, k int) error { return remove(tbl, k)(tx, s) }
	change(n, 1, add, true)
	change(n-100, 4001, drop, false)
	change(n, 31, add, true)
	change(n/2, 1, drop, false)
	change(n, 1, add, true)
	change(n, 1, drop, false)
	change(n, 3000, add, true)
	change(n, 7, drop, false)
	change(n, 1, add, true)
	x := uint32(1)
	for range 60 {
		x = x*1664525 + 1013904223
		from, to := int(x>>8)%n, int(x>>8)%n+int(x>>20)
		present, f := x>>31 == 1, drop
		if present {
			f = add
		}
		a.auto(func(tx *store.Tx, s *store.Snapshot) error {
			for k := from; k < min(to, n); k++ {
				if live[k] != present && (present || k%64 != 0) {
					if err := f(tx, s, k); err != nil {
						return err
					}
					live[k] = present
				}
			}
			return nil
		})
		checkIndex(t, a, tbl, live)
	}
}

func checkIndex(t *testing.T, c *client, tbl *store.Table, live map[int]bool) {
	t.Helper()
	ix := tbl.Def(nil).Indexes[0]
	if s := ix.CheckTree(); s != "" {
		t.Fatal(s)
	}
	var want []int
	for k, there := range live {
		if there {
			want = append(want, k)
		}
	}
	slices.Sort(want)
	c.auto(func(tx *store.Tx, s *store.Snapshot) error {
		for _, r := range [][2]int{{0, 10_000}, {100, 200}, {4000, 7000}, {7900, 7900}} {
			low, _ := slices.BinarySearch(want, r[0])
			high, _ := slices.BinarySearch(want, r[1]+1)
			for _, reverse := range []bool{false, true} {
				var scan store.IndexScan
				var got []int
				scan.Open(s, ix, store.Range{
					Low: store.Bound{Value: num(r[0]), Set: true}, High: store.Bound{Value: num(r[1]), Set: true},
					Reverse: reverse,
				})
				for v := scan.Next(); v != nil; v = scan.Next() {
					got = append(got, int(v.Row[0].N))
				}
				if reverse {
					slices.Reverse(got)
				}
				if !slices.Equal(got, want[low:high]) {
					t.Fatalf("from %d to %d: %d rows, want %d", r[0], r[1], len(got), high-low)
				}
			}
		}
		return nil
	})
}

// TestIndexOrder checks descending columns, NULLs at either end, and prefixes.
func TestIndexOrder(t *testing.T) {
	w := newWorld(t)
	a := w.client()
	tbl := w.pairs(a, "t")
	var ix *store.Index
	a.ddl(func(tx *store.Tx) (err error) {
		ix, err = tx.CreateIndex(tbl, store.IndexSpec{Keys: []store.IndexKey{
			{Column: 1, Type: value.Int4, Desc: true, NullsFirst: true}, {Column: 0, Type: value.Int4},
		}})
		return err
	})
	a.auto(func(tx *store.Tx, _ *store.Snapshot) error {
		for k, v := range []value.Value{num(5), {}, num(7), num(5), {}, num(6)} {
			if _, err := tx.Insert(tbl, value.Row{num(k), v}); err != nil {
				return err
			}
		}
		return nil
	})
	bound := func(n int) store.Bound { return store.Bound{Value: num(n), Set: true} }
	for _, c := range []struct {
		rng  store.Range
		want []int
	}{
		{store.Range{}, []int{1, 4, 2, 5, 0, 3}},
		{store.Range{Reverse: true}, []int{3, 0, 5, 2, 4, 1}},
		{store.Range{Equal: value.Row{num(5)}}, []int{0, 3}},
		{store.Range{Equal: value.Row{num(5)}, Reverse: true}, []int{3, 0}},
		{store.Range{Equal: value.Row{{}}}, []int{1, 4}},
		{store.Range{Low: bound(6)}, []int{2, 5}},
		{store.Range{High: bound(6)}, []int{5, 0, 3}},
		{store.Range{High: bound(6), Reverse: true}, []int{3, 0, 5}},
		{store.Range{Low: bound(6), Reverse: true}, []int{5, 2}},
		{store.Range{Equal: value.Row{num(5)}, Low: bound(1)}, []int{3}},
		{store.Range{Equal: value.Row{num(5), num(3)}}, []int{3}},
		{store.Range{Equal: value.Row{num(5)}, High: bound(3), Low: bound(0), Reverse: true}, []int{3, 0}},
	} {
		a.auto(func(_ *store.Tx, s *store.Snapshot) error {
			var scan store.IndexScan
			var got []int
			scan.Open(s, ix, c.rng)
			for v := scan.Next(); v != nil; v = scan.Next() {
				got = append(got, int(v.Row[0].N))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%+v: got %v, want %v", c.rng, got, c.want)
			}
			return nil
		})
	}
}
