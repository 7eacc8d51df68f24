package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// pair runs both.
type pair struct {
	*world
	m      model
	tbl    *store.Table
	txs    [4]*mtx
	ops    [4]*mop
	result [4]string
	stats  map[string]int
	log    func(string, ...any)
}

func (p *pair) run1(i int, op *mop, work func(*store.Tx, *store.Snapshot) error) {
	op.tx = p.txs[i]
	p.log("session %d: %s k=%d arg=%d mode=%d", i+1, op.kind, op.k, op.arg, op.mode)
	p.ops[i], p.result[i] = op, ""
	p.m.begin(op)
	p.woken = nil
	p.clients[i].start(p.clients[i].statement(work))
	p.m.retry(p.woken)
}

// compare checks that both are in the same state.
func (p *pair) compare(t *rapid.T) {
	t.Helper()
	for i, c := range p.clients {
		op := p.ops[i]
		if op == nil {
			continue
		}
		waits := slices.Contains(p.m.waiting, op)
		if waits != c.busy {
			t.Fatalf("session %d: model waits %v, store %v (%v, by %v)", i+1, waits, c.busy, c.err, c.BlockedBy())
		}
		if waits {
			p.stats["waits"]++
			continue
		}
		p.ops[i] = nil
		code := ""
		if e, ok := errors.AsType[*value.Error](c.err); ok {
			code = e.Code
		} else if c.err != nil {
			t.Fatal(c.err)
		}
		if code != op.code || (code == "" && p.result[i] != op.result) {
			t.Fatalf("session %d, %s: model %q %q, store %q %q", i+1, op.kind, op.code, op.result, code, p.result[i])
		}
		p.stats[op.kind+code]++
	}
}

func (p *pair) act(t *rapid.T, i int) {
	c, tx := p.clients[i], p.txs[i]
	if tx == nil {
		level := rapid.SampledFrom([]store.Isolation{store.ReadCommitted, store.RepeatableRead}).Draw(t, "level")
		p.txs[i] = &mtx{c: i, level: level}
		p.txs[i].subs = []*mx{{tx: p.txs[i]}}
		c.begin(level)
		p.log("session %d: begin %d", i+1, level)
		return
	}
	k := rapid.IntRange(1, 3).Draw(t, "k")
	choice := rapid.SampledFrom([]string{
		"select", "insert", "insert", "update", "update", "update", "delete", "rekey", "lock", "lock", "lock",
		"savepoint", "rollback to", "release", "commit", "commit", "rollback",
	}).Draw(t, "op")
	if tx.failed && choice != "rollback to" {
		choice = "rollback"
	}
	p.do(t, i, k, choice)
}

func (p *pair) do(t *rapid.T, i, k int, choice string) {
	tx, tbl := p.txs[i], p.tbl
	note := func(out store.Outcome, s string) {
		if out == store.Done {
			p.result[i] = s
		}
	}
	write := func(f func(v *store.Tuple) (store.Outcome, *store.Tuple, error), what string, k int) func(*store.Tx, *store.Snapshot) error {
		return func(x *store.Tx, s *store.Snapshot) error {
			for v := find(x, s, tbl, k); v != nil; {
				out, newest, err := f(v)
				note(out, what)
				if err != nil || out != store.Modified {
					return err
				}
				if v = nil; newest.Row[0].N == int64(k) {
					v = newest
				}
			}
			return nil
		}
	}
	switch choice {
	case "select":
		op := &mop{kind: "select", k: -1}
		p.run1(i, op, func(x *store.Tx, s *store.Snapshot) error {
			p.result[i] = printRows(t, x, s, tbl)
			return nil
		})
		tx.cmd--
		op.result = p.m.print(op)
		tx.cmd++
	case "insert":
		v := rapid.IntRange(0, 9).Draw(t, "v")
		p.run1(i, &mop{kind: choice, k: k, arg: v}, func(x *store.Tx, s *store.Snapshot) error {
			err := insert(tbl, k, v)(x, s)
			note(store.Done, "inserted")
			return err
		})
	case "update":
		p.run1(i, &mop{kind: choice, k: k, arg: 1, mode: store.ForNoKeyUpdate}, func(x *store.Tx, s *store.Snapshot) error {
			return write(func(v *store.Tuple) (store.Outcome, *store.Tuple, error) {
				return x.Update(s, tbl, v, value.Row{num(k), num(int(v.Row[1].N) + 1)})
			}, "updated", k)(x, s)
		})
	case "rekey":
		to := rapid.IntRange(1, 4).Draw(t, "to")
		mode := store.ForUpdate
		if to == k {
			mode = store.ForNoKeyUpdate
		}
		p.run1(i, &mop{kind: choice, k: k, arg: to, mode: mode}, func(x *store.Tx, s *store.Snapshot) error {
			return write(func(v *store.Tuple) (store.Outcome, *store.Tuple, error) {
				return x.Update(s, tbl, v, value.Row{num(to), v.Row[1]})
			}, "updated", k)(x, s)
		})
	case "delete":
		p.run1(i, &mop{kind: choice, k: k, mode: store.ForUpdate}, func(x *store.Tx, s *store.Snapshot) error {
			return write(func(v *store.Tuple) (store.Outcome, *store.Tuple, error) { return x.Delete(s, tbl, v) }, "deleted", k)(x, s)
		})
	case "lock":
		// The model does not know what FOR KEY SHARE makes of a version that was replaced
		// outside its key; the conformance suite and its fuzzer judge that.
		mode := rapid.SampledFrom([]store.RowLock{store.ForShare, store.ForNoKeyUpdate, store.ForUpdate}).Draw(t, "mode")
		p.run1(i, &mop{kind: choice, k: k, mode: mode}, func(x *store.Tx, s *store.Snapshot) error {
			v := find(x, s, tbl, k)
			if v == nil {
				return nil
			}
			out, newest, err := x.Lock(s, tbl, v, mode, store.Wait, true)
			if out == store.Modified && newest.Row[0].N == int64(k) {
				out = store.Done
			}
			note(out, "locked")
			return err
		})
	default:
		p.control(i, choice)
	}
}

// control runs the transaction's own statements.
func (p *pair) control(i int, choice string) {
	c, tx := p.clients[i], p.txs[i]
	p.log("session %d: %s", i+1, choice)
	p.woken = nil
	switch choice {
	case "savepoint":
		tx.subs = append(tx.subs, &mx{tx: tx})
		c.must(func() error { c.Tx().Savepoint("s"); return nil })
	case "release":
		if len(tx.subs) > 1 {
			p.m.release(tx)
			c.must(func() error { return c.Tx().Release("s") })
		}
	case "rollback to":
		if n := len(tx.subs); n > 1 {
			p.m.undo(tx, n-1)
			tx.subs[n-1] = &mx{tx: tx}
			tx.failed = false
			c.must(func() error { return c.Tx().RollbackTo("s") })
		}
	case "commit":
		p.m.done[tx] = true
		p.txs[i] = nil
		c.commit()
	case "rollback":
		p.m.undo(tx, 0)
		p.txs[i] = nil
		c.rollback()
	}
	p.m.retry(p.woken)
}

// deadlocks cancels one session of each deadlock; the store must see exactly those there are. A cycle
// that goes through the order of a queue may be dissolved instead.
func (p *pair) deadlocks(t *rapid.T) {
	for i, c := range p.clients {
		if !c.busy {
			continue
		}
		cycle := p.reaches(c, c, map[*client]bool{})
		p.woken = nil
		err := c.Deadlock()
		switch {
		case err == nil && cycle:
			p.dissolved(t, c)
			continue
		case err == nil:
			continue
		case !cycle:
			t.Fatalf("session %d: a deadlock without a cycle", i+1)
		}
		p.stats["deadlocks"]++
		p.log("session %d: deadlock", i+1)
		p.m.waiting = slices.DeleteFunc(p.m.waiting, func(op *mop) bool { return op.tx == p.txs[i] })
		p.ops[i] = nil
		p.m.fail(p.txs[i])
		p.txs[i].cmd++
		c.interrupt(err)
		p.m.retry(p.woken)
		p.compare(t)
	}
}

// dissolved checks that somebody has overtaken another in a queue, so that no cycle is left.
func (p *pair) dissolved(t *rapid.T, c *client) {
	p.stats["dissolved"]++
	p.log("session %d: deadlock dissolved", c.PID())
	if p.reaches(c, c, map[*client]bool{}) {
		t.Fatalf("session %d: in a cycle, but no deadlock", c.PID())
	}
	p.m.favour(p.woken)
	p.run()
	p.m.retry(p.woken)
	p.compare(t)
}

func (p *pair) reaches(from, to *client, seen map[*client]bool) bool {
	for _, pid := range from.BlockedBy() {
		next := p.clients[pid-1]
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if p.reaches(next, to, seen) {
				return true
			}
		}
	}
	return false
}

func TestAgainstModel(t *testing.T) {
	stats := map[string]int{}
	script := func(t *rapid.T) {
		w := &world{t: t, db: store.New("shop")}
		defer w.close()
		p := &pair{world: w, m: model{done: map[*mtx]bool{}}, stats: stats, log: t.Logf}
		for range p.txs {
			w.client()
		}
		p.tbl = w.pairs(w.clients[0], "t")
		for range rapid.IntRange(20, 80).Draw(t, "steps") {
			i := rapid.IntRange(0, len(p.txs)-1).Draw(t, "session")
			if p.clients[i].busy {
				continue
			}
			p.act(t, i)
			p.compare(t)
			p.deadlocks(t)
		}
		p.windDown(t)
	}
	for range 5 {
		rapid.Check(t, script)
	}
	for _, key := range []string{
		"waits", "deadlocks", "insert", "insert23505", "update", "update40001", "rekey", "rekey23505",
		"delete", "delete40001", "lock", "lock40001", "select",
	} {
		if stats[key] == 0 {
			t.Errorf("never reached: %s", key)
		}
	}
	t.Log(stats)
}

// windDown ends all transactions; then nothing old may be left.
func (p *pair) windDown(t *rapid.T) {
	for left := true; left; {
		left = false
		for i, c := range p.clients {
			if p.txs[i] == nil {
				continue
			}
			left = true
			if c.busy {
				continue
			}
			choice := "commit"
			if p.txs[i].failed {
				choice = "rollback"
			}
			p.control(i, choice)
			p.compare(t)
		}
		p.deadlocks(t)
	}
	want := p.m.print(&mop{seen: p.m.done, tx: &mtx{}})
	if got := p.clients[0].rows(p.tbl); got != want {
		t.Fatalf("at the end: model %q, store %q", want, got)
	}
	live := len(strings.Fields(want))
	ix := p.tbl.Def(nil).Indexes[0]
	if dead, _ := p.db.Kept(); dead != 0 || p.tbl.Rows() != live || ix.Len() != live {
		t.Fatalf("%d live rows, but %d dead, %d in the heap, %d in the index", live, dead, p.tbl.Rows(), ix.Len())
	}
	if s := ix.CheckTree(); s != "" {
		t.Fatal(s)
	}
}
