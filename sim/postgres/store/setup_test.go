package store_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// world runs sessions as coroutines: one at a time, until all are done or parked.
type world struct {
	t       tb
	db      *store.Database
	clients []*client
	ready   []*client
	woken   []*client // since the test last looked
}

// client is a session with the task that uses it. It is the session's Waiter.
type client struct {
	*store.Session
	w      *world
	yield  func(struct{}) bool
	resume func() (struct{}, bool)
	stop   func()
	work   func() error
	err    error
	busy   bool
	cancel error // what Park returns next
	awake  bool
}

// tb is what *testing.T and *rapid.T share.
type tb interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, db: store.New("shop")}
	t.Cleanup(w.close)
	return w
}

func (w *world) close() {
	for _, c := range w.clients {
		c.stop()
	}
}

// client connects a session; pids count from 1.
func (w *world) client() *client {
	c := &client{w: w}
	c.Session = w.db.Connect(int32(len(w.clients)+1), c)
	c.resume, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		for yield(struct{}{}) && c.work != nil {
			c.err = c.work()
			c.busy = false
		}
	})
	c.resume()
	w.clients = append(w.clients, c)
	return c
}

func (c *client) Park() error {
	c.awake = false
	if !c.yield(struct{}{}) {
		return errors.New("the test is over")
	}
	err := c.cancel
	c.cancel = nil
	return err
}

func (c *client) Wake() {
	c.awake = true
	c.w.ready = append(c.w.ready, c)
	c.w.woken = append(c.w.woken, c)
}

// start begins some work and runs until everybody is done or parked.
func (c *client) start(work func() error) {
	if c.busy {
		c.w.t.Fatalf("session %d is busy", c.PID())
	}
	c.work, c.busy, c.err = work, true, nil
	c.w.ready = append(c.w.ready, c)
	c.w.run()
}

func (w *world) run() {
	for len(w.ready) > 0 {
		c := w.ready[0]
		w.ready = w.ready[1:]
		c.resume()
	}
}

// interrupt ends a wait with an error.
func (c *client) interrupt(err error) {
	c.cancel = err
	c.w.ready = append(c.w.ready, c)
	c.w.run()
}

// must does work that neither waits nor fails.
func (c *client) must(work func() error) {
	c.w.t.Helper()
	c.start(work)
	c.done()
}

// done checks that the work has ended well.
func (c *client) done() {
	c.w.t.Helper()
	if c.busy {
		c.w.t.Fatalf("session %d waits for %v", c.PID(), c.BlockedBy())
	}
	if c.err != nil {
		c.w.t.Fatalf("session %d: %v", c.PID(), c.err)
	}
}

// blocked checks that the work waits for these pids.
func (c *client) blocked(by ...int32) {
	c.w.t.Helper()
	if !c.busy {
		c.w.t.Fatalf("session %d does not wait (error %v)", c.PID(), c.err)
	}
	if got := c.BlockedBy(); !slices.Equal(got, by) {
		c.w.t.Fatalf("session %d is blocked by %v, want %v", c.PID(), got, by)
	}
}

// failed checks that the work ended with a server error.
func (c *client) failed(code, message string) value.Error {
	c.w.t.Helper()
	if c.busy {
		c.w.t.Fatalf("session %d waits for %v", c.PID(), c.BlockedBy())
	}
	e, ok := errors.AsType[*value.Error](c.err)
	if !ok || e.Code != code || !strings.Contains(e.Message, message) {
		c.w.t.Fatalf("session %d: got error %v, want %s %s", c.PID(), c.err, code, message)
	}
	return *e
}

func (c *client) begin(level store.Isolation) { c.w.t.Helper(); c.Begin(level, false) }

func (c *client) commit() {
	c.w.t.Helper()
	c.must(func() error { _, err := c.Tx().Commit(); return err })
}

func (c *client) rollback() {
	c.w.t.Helper()
	c.must(func() error { c.Tx().Rollback(); return nil })
}

// statement runs work as a statement of the transaction in progress, which an error fails.
func (c *client) statement(work func(tx *store.Tx, s *store.Snapshot) error) func() error {
	return func() error {
		tx := c.Tx()
		s := tx.BeginStatement()
		err := work(tx, s)
		if err == nil {
			err = tx.EndStatement(s)
		}
		if err != nil {
			tx.Fail()
		}
		return err
	}
}

// auto runs work as a transaction of its own.
func (c *client) auto(work func(tx *store.Tx, s *store.Snapshot) error) {
	c.w.t.Helper()
	c.begin(store.ReadCommitted)
	c.must(c.statement(work))
	c.commit()
}

// ddl runs work as a transaction of its own.
func (c *client) ddl(work func(tx *store.Tx) error) {
	c.w.t.Helper()
	c.auto(func(tx *store.Tx, _ *store.Snapshot) error { return work(tx) })
}

func num(n int) value.Value { return value.OfInt(int64(n)) }

func text(s string) value.Value { return value.OfText(s) }

// pairs is a table (k int primary key, v int).
func (w *world) pairs(c *client, name string) *store.Table {
	w.t.Helper()
	var tbl *store.Table
	c.ddl(func(tx *store.Tx) (err error) {
		tbl, err = tx.CreateTable("public", name, []store.Column{
			{Name: "k", Type: value.Int4, Mod: value.NoMod},
			{Name: "v", Type: value.Int4, Mod: value.NoMod},
		})
		if err == nil {
			_, err = tx.CreateIndex(tbl, store.IndexSpec{Primary: true, Keys: []store.IndexKey{{Column: 0, Type: value.Int4}}})
		}
		return err
	})
	return tbl
}

func insert(tbl *store.Table, k, v int) func(tx *store.Tx, s *store.Snapshot) error {
	return func(tx *store.Tx, s *store.Snapshot) error {
		if err := tx.LockTable(tbl, store.RowExclusive); err != nil {
			return err
		}
		_, err := tx.Insert(tbl, value.Row{num(k), num(v)})
		return err
	}
}

// find returns the visible version with a key, or nil.
func find(tx *store.Tx, s *store.Snapshot, tbl *store.Table, k int) *store.Tuple {
	var scan store.IndexScan
	scan.Open(s, tbl.Def(tx).Indexes[0], store.Range{Equal: value.Row{num(k)}})
	return scan.Next()
}

// update sets v = f(v) where k, with the re-check of READ COMMITTED.
func update(tbl *store.Table, k int, f func(v int) int) func(tx *store.Tx, s *store.Snapshot) error {
	return func(tx *store.Tx, s *store.Snapshot) error {
		if err := tx.LockTable(tbl, store.RowExclusive); err != nil {
			return err
		}
		for t := find(tx, s, tbl, k); t != nil; {
			out, newest, err := tx.Update(s, tbl, t, value.Row{num(k), num(f(int(t.Row[1].N)))})
			if err != nil || out != store.Modified {
				return err
			}
			t = nil
			if newest.Row[0].N == int64(k) {
				t = newest
			}
		}
		return nil
	}
}

func set(v int) func(int) int { return func(int) int { return v } }

func add(n int) func(int) int { return func(v int) int { return v + n } }

// rekey changes a key.
func rekey(tbl *store.Table, from, to int) func(tx *store.Tx, s *store.Snapshot) error {
	return func(tx *store.Tx, s *store.Snapshot) error {
		t := find(tx, s, tbl, from)
		if t == nil {
			return nil
		}
		_, _, err := tx.Update(s, tbl, t, value.Row{num(to), t.Row[1]})
		return err
	}
}

func remove(tbl *store.Table, k int) func(tx *store.Tx, s *store.Snapshot) error {
	return func(tx *store.Tx, s *store.Snapshot) error {
		if err := tx.LockTable(tbl, store.RowExclusive); err != nil {
			return err
		}
		for t := find(tx, s, tbl, k); t != nil; {
			out, newest, err := tx.Delete(s, tbl, t)
			if err != nil || out != store.Modified {
				return err
			}
			t = newest
		}
		return nil
	}
}

// lock locks the row with a key; it notes the outcome.
func lock(tbl *store.Table, k int, m store.RowLock, p store.WaitPolicy, out *store.Outcome) func(tx *store.Tx, s *store.Snapshot) error {
	return func(tx *store.Tx, s *store.Snapshot) error {
		if err := tx.LockTable(tbl, store.RowShare); err != nil {
			return err
		}
		t := find(tx, s, tbl, k)
		if t == nil {
			return nil
		}
		o, _, err := tx.Lock(s, tbl, t, m, p, true)
		if out != nil {
			*out = o
		}
		return err
	}
}

// rows prints what a statement of the client sees: heap and primary key scans must agree.
func (c *client) rows(tbl *store.Table) string {
	c.w.t.Helper()
	own := c.Tx() == nil
	if own {
		c.begin(store.ReadCommitted)
	}
	var got string
	c.must(c.statement(func(tx *store.Tx, s *store.Snapshot) error {
		got = printRows(c.w.t, tx, s, tbl)
		return nil
	}))
	if own {
		c.commit()
	}
	return got
}

func printRows(t tb, tx *store.Tx, s *store.Snapshot, tbl *store.Table) string {
	t.Helper()
	var heap store.HeapScan
	var list []string
	heap.Open(s, tbl)
	for v := heap.Next(); v != nil; v = heap.Next() {
		list = append(list, fmt.Sprintf("%03d:%d", v.Row[0].N, v.Row[1].N))
	}
	slices.Sort(list)
	var scan store.IndexScan
	var up, down []string
	scan.Open(s, tbl.Def(tx).Indexes[0], store.Range{})
	for v := scan.Next(); v != nil; v = scan.Next() {
		up = append(up, fmt.Sprintf("%03d:%d", v.Row[0].N, v.Row[1].N))
	}
	scan.Open(s, tbl.Def(tx).Indexes[0], store.Range{Reverse: true})
	for v := scan.Next(); v != nil; v = scan.Next() {
		down = append(down, fmt.Sprintf("%03d:%d", v.Row[0].N, v.Row[1].N))
	}
	slices.Reverse(down)
	ordered := slices.IsSortedFunc(up, func(a, b string) int { return strings.Compare(a[:3], b[:3]) })
	if !ordered || !slices.Equal(up, down) {
		t.Fatalf("index %v, backwards %v", up, down)
	}
	slices.Sort(up) // a transaction may see two rows of one key: a deleted one and its own
	if !slices.Equal(list, up) {
		t.Fatalf("heap %v, index %v", list, up)
	}
	return strings.Join(list, " ")
}

func (c *client) sees(tbl *store.Table, want string) {
	c.w.t.Helper()
	if got := c.rows(tbl); got != want {
		c.w.t.Fatalf("session %d sees %q, want %q", c.PID(), got, want)
	}
}
