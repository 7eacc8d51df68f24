package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// Random SERIALIZABLE transactions, of which those that committed must have read and left behind what
// they would have in some serial order. What a step reads, it adds up and writes, so that every
// history leaves its marks.

// step is what one statement of a transaction does.
type step struct {
	read   string // none, point, range, all
	a, b   int    // keys read
	write  string // none, set, insert, remove
	k, add int
}

func drawStep(t *rapid.T) step {
	return step{
		read:  rapid.SampledFrom([]string{"none", "point", "point", "range", "all"}).Draw(t, "read"),
		a:     rapid.IntRange(1, 5).Draw(t, "a"),
		b:     rapid.IntRange(1, 5).Draw(t, "b"),
		write: rapid.SampledFrom([]string{"none", "set", "set", "insert", "remove"}).Draw(t, "write"),
		k:     rapid.IntRange(1, 5).Draw(t, "k"),
		add:   rapid.IntRange(1, 1000).Draw(t, "add"),
	}
}

// serial runs steps alone on a table that is a map; it returns what they read.
func serial(steps []step, table map[int]int) []string {
	var reads []string
	for _, s := range steps {
		sum, n := 0, 0
		for k, v := range table {
			if s.reads(k) {
				sum += v
				n++
			}
		}
		_, there := table[s.k]
		switch {
		case s.write == "set" && there:
			table[s.k] = sum + s.add
		case s.write == "insert" && !there:
			table[s.k] = sum + s.add
		case s.write == "remove":
			delete(table, s.k)
		}
		reads = append(reads, fmt.Sprintf("%d/%d %v", sum, n, there && s.write == "insert"))
	}
	return reads
}

func (s step) reads(k int) bool {
	switch s.read {
	case "point":
		return k == s.a
	case "range":
		return k >= min(s.a, s.b) && k <= max(s.a, s.b)
	}
	return s.read == "all"
}

// run does a step in a transaction. An insert is one with ON CONFLICT DO NOTHING.
func (s step) run(tbl *store.Table, note func(string)) func(*store.Tx, *store.Snapshot) error {
	return func(tx *store.Tx, snap *store.Snapshot) error {
		sum, n := s.sum(tx, snap, tbl)
		conflict := false
		switch s.write {
		case "set":
			if err := update(tbl, s.k, set(sum+s.add))(tx, snap); err != nil {
				return err
			}
		case "remove":
			if err := remove(tbl, s.k)(tx, snap); err != nil {
				return err
			}
		case "insert":
			_, other, err := tx.InsertOrConflict(tbl, value.Row{num(s.k), num(sum + s.add)}, nil)
			if err == nil && other != nil {
				conflict = true
				err = tx.CheckVisible(snap, other)
			}
			if err != nil {
				return err
			}
		}
		note(fmt.Sprintf("%d/%d %v", sum, n, conflict))
		return nil
	}
}

func (s step) sum(tx *store.Tx, snap *store.Snapshot, tbl *store.Table) (sum, n int) {
	next := func() *store.Tuple { return nil }
	var heap store.HeapScan
	var index store.IndexScan
	switch s.read {
	case "point":
		index.Open(snap, tbl.Def(tx).Indexes[0], store.Range{Equal: value.Row{num(s.a)}})
		next = index.Next
	case "range":
		index.Open(snap, tbl.Def(tx).Indexes[0], store.Range{
			Low:  store.Bound{Value: num(min(s.a, s.b)), Set: true},
			High: store.Bound{Value: num(max(s.a, s.b)), Set: true},
		})
		next = index.Next
	case "all":
		heap.Open(snap, tbl)
		next = heap.Next
	}
	for v := next(); v != nil; v = next() {
		sum += int(v.Row[1].N)
		n++
	}
	return sum, n
}

// history is what the transactions did.
type history struct {
	steps [][]step
	reads [][]string
	final map[int]int
}

// serializable tries all orders.
func (h *history) serializable(order []int) bool {
	if len(order) == len(h.steps) {
		table := map[int]int{1: 1, 2: 2, 3: 3}
		for _, i := range order {
			if !slices.Equal(serial(h.steps[i], table), h.reads[i]) {
				return false
			}
		}
		return maps.Equal(table, h.final)
	}
	for i := range h.steps {
		if !slices.Contains(order, i) && h.serializable(append(slices.Clone(order), i)) {
			return true
		}
	}
	return false
}

func TestSerializableHistories(t *testing.T) {
	stats := map[string]int{}
	check := func(level store.Isolation) func(*rapid.T) bool {
		return func(t *rapid.T) bool { return runHistory(t, level, stats) }
	}
	rapid.Check(t, func(t *rapid.T) {
		if !check(store.Serializable)(t) {
			t.Fatal("a history that is not serializable")
		}
	})
	if stats["commits"] == 0 || stats["40001"] == 0 || stats["commits"] < 2*stats["40001"] {
		t.Errorf("%v", stats)
	}
	t.Log(stats)
	anomalies := 0
	rapid.Check(t, func(t *rapid.T) {
		if !check(store.RepeatableRead)(t) {
			anomalies++
		}
	})
	if anomalies == 0 {
		t.Error("the check finds nothing wrong with REPEATABLE READ either")
	}
}

// runHistory runs random transactions and says whether those that committed are serializable.
func runHistory(t *rapid.T, level store.Isolation, stats map[string]int) bool {
	w := &world{t: t, db: store.New("shop")}
	defer w.close()
	setup := w.client()
	tbl := w.pairs(setup, "t")
	for k := 1; k <= 3; k++ {
		setup.auto(insert(tbl, k, k))
	}
	n := rapid.IntRange(2, 4).Draw(t, "transactions")
	steps, reads := make([][]step, n), make([][]string, n)
	clients := make([]*client, n)
	for i := range n {
		clients[i] = w.client()
		steps[i] = rapid.SliceOfN(rapid.Custom(drawStep), 1, 3).Draw(t, "steps")
	}
	committed := make([]bool, n)
	next := make([]int, n)
	left := n
	for left > 0 {
		i := rapid.IntRange(0, n-1).Draw(t, "who")
		for next[i] < 0 || clients[i].busy {
			if i = (i + 1) % n; clients[i].busy && clients[i].Deadlock() != nil {
				clients[i].interrupt(clients[i].Deadlock())
			}
		}
		c := clients[i]
		switch {
		case c.Tx() != nil && c.Tx().Failed():
			stats[failureCode(c)]++
			c.rollback()
			next[i] = -1
			left--
		case next[i] < len(steps[i]):
			if c.Tx() == nil {
				c.begin(level)
			}
			c.start(c.statement(steps[i][next[i]].run(tbl, func(s string) { reads[i] = append(reads[i], s) })))
			next[i]++
		default:
			committed[i] = c.finish()
			stats[map[bool]string{true: "commits", false: "40001"}[committed[i]]]++
			next[i] = -1
			left--
		}
	}
	h := &history{final: map[int]int{}}
	for i := range n {
		if committed[i] {
			h.steps, h.reads = append(h.steps, steps[i]), append(h.reads, reads[i])
		}
	}
	setup.auto(func(tx *store.Tx, s *store.Snapshot) error {
		var scan store.HeapScan
		scan.Open(s, tbl)
		for v := scan.Next(); v != nil; v = scan.Next() {
			h.final[int(v.Row[0].N)] = int(v.Row[1].N)
		}
		return nil
	})
	if dead, ssi := w.db.Kept(); dead != 0 || ssi != 0 {
		t.Fatalf("kept: %d dead rows, %d facts about serializable transactions", dead, ssi)
	}
	return h.serializable(nil)
}

func failureCode(c *client) string {
	if e, ok := errors.AsType[*value.Error](c.err); ok {
		return e.Code
	}
	return "?"
}
