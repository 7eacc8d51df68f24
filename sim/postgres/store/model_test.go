package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/squallhq/squall/sim/postgres/store"
)

// A naive PostgreSQL beside the store: one table (k primary key, v), a list of all versions of all rows,
// snapshots as sets of transactions, and operations that wait by being tried again whenever
// something ended: in the order in which the store woke them, then in the order in which they came,
// but never before an earlier one that wants the same row. Both run the same random script.

// mtx is a transaction of the model; mx a subtransaction of it.
type mtx struct {
	c      int
	level  store.Isolation
	cmd    int
	seen   map[*mtx]bool // REPEATABLE READ
	subs   []*mx         // subs[0] is the transaction itself
	failed bool
}

type mx struct {
	tx   *mtx
	dead bool // rolled back
	up   *mx  // released into
}

// top follows RELEASE.
func (x *mx) top() *mx {
	for x.up != nil {
		x = x.up
	}
	return x
}

type mversion struct {
	k, v             int
	made, ended      *mx
	madeCmd, endeCmd int
	entered          bool // its key is known to be free
}

type mrow struct {
	versions []*mversion // oldest first
	locks    []mlock
}

type mlock struct {
	x    *mx
	mode store.RowLock
}

// mop is an operation that runs or waits.
type mop struct {
	tx      *mtx
	kind    string
	k, arg  int
	mode    store.RowLock
	seen    map[*mtx]bool
	row     *mrow
	version *mversion
	placed  *mversion
	queued  *mversion // waits in the queue for this version
	code    string
	result  string
	blocked []*mx // when it last looked; it looks again when all are over
}

type model struct {
	rows    []*mrow
	done    map[*mtx]bool // committed
	waiting []*mop
}

// favour lets sessions overtake all who wait.
func (m *model) favour(clients []*client) {
	first := func(op *mop) int {
		for i, c := range clients {
			if int(c.PID()) == op.tx.c+1 {
				return i
			}
		}
		return len(clients)
	}
	slices.SortStableFunc(m.waiting, func(a, b *mop) int { return first(a) - first(b) })
}

func (m *model) active(x *mx) bool { return !m.done[x.tx] && !x.top().dead }

// sees is visibility by its definition.
func (m *model) sees(op *mop, v *mversion) bool {
	by := func(x *mx, cmd int) bool {
		return x != nil && (op.seen[x.tx] || (x.tx == op.tx && cmd < op.tx.cmd))
	}
	return by(v.made, v.madeCmd) && !by(v.ended, v.endeCmd)
}

func (m *model) find(op *mop) (*mrow, *mversion) {
	for _, r := range m.rows {
		for _, v := range r.versions {
			if v.k == op.k && m.sees(op, v) {
				return r, v
			}
		}
	}
	return nil, nil
}

// begin starts an operation; it is tried at once.
func (m *model) begin(op *mop) {
	op.seen = maps.Clone(m.done)
	if op.tx.level != store.ReadCommitted {
		if op.tx.seen == nil {
			op.tx.seen = op.seen
		}
		op.seen = op.tx.seen
	}
	if op.kind == "insert" {
		if m.try(op) {
			m.finish(op)
			return
		}
		m.waiting = append(m.waiting, op)
		return
	}
	op.row, op.version = m.find(op)
	if op.row == nil || m.try(op) {
		m.finish(op)
		return
	}
	m.waiting = append(m.waiting, op)
}

func (m *model) finish(op *mop) {
	op.blocked = nil
	if op.code != "" {
		m.fail(op.tx)
	}
	op.tx.cmd++
}

// retry tries what waits, sessions in first first, until nothing moves.
func (m *model) retry(first []*client) {
	for _, c := range first {
		for i, op := range m.waiting {
			if int(c.PID()) == op.tx.c+1 {
				m.again(i)
				break
			}
		}
	}
	for moved := true; moved; {
		moved = false
		for i := range m.waiting {
			if moved = m.again(i); moved {
				break
			}
		}
	}
}

// again tries the i-th that waits. If it now waits for a newer version of the row it goes to the end.
func (m *model) again(i int) bool {
	op := m.waiting[i]
	before := op.queued
	if m.behind(i) {
		return false
	}
	done := m.try(op)
	if done || op.queued != before {
		m.waiting = slices.Delete(m.waiting, i, i+1)
	}
	if done {
		m.finish(op)
	} else if op.queued != before {
		m.waiting = append(m.waiting, op)
	}
	return done || op.queued != before
}

// behind says whether an earlier waiter for the same row stands before this one. Who has the
// row locked already takes no turn.
func (m *model) behind(i int) bool {
	op := m.waiting[i]
	if op.row != nil && m.holdsRow(op) {
		return false
	}
	for _, other := range m.waiting[:i] {
		if op.queued != nil && op.queued == other.queued && int(other.mode)+int(op.mode) > 4 {
			return true
		}
	}
	return false
}

func (m *model) holdsRow(op *mop) bool {
	return slices.ContainsFunc(op.row.locks, func(l mlock) bool { return l.x.tx == op.tx && m.active(l.x) })
}

// try does the operation; false: it must wait.
func (m *model) try(op *mop) bool {
	if slices.ContainsFunc(op.blocked, m.active) {
		return false
	}
	if op.placed == nil && op.kind != "insert" {
		if done := m.claim(op); done != 1 {
			return done == 2
		}
		if op.kind == "lock" {
			op.result = "locked"
			return true
		}
		m.change(op)
	}
	if op.kind == "delete" {
		return true
	}
	return m.enter(op)
}

// claim gets the row lock: 0 must wait, 1 has it, 2 is over.
func (m *model) claim(op *mop) int {
	op.queued = op.version
	newest := op.row.versions[len(op.row.versions)-1]
	committedEnd := op.version.ended != nil && op.version.ended.tx != op.tx && m.done[op.version.ended.tx]
	if committedEnd {
		last := m.newestDone(op)
		gone := last.ended != nil && m.done[last.ended.tx]
		switch {
		case op.tx.level != store.ReadCommitted:
			op.code = "40001"
			return 2
		case op.version == newest || gone:
			return 2
		case last.ended != nil && last.ended.tx == op.tx:
			return 2
		}
		op.queued = nil
		if last.ended != nil {
			op.blocked = []*mx{last.ended}
			return 0
		}
		op.queued = last
		if m.conflict(op) {
			return 0
		}
		op.row.locks = append(op.row.locks, mlock{op.sub(), op.mode})
		op.version = last
		if last.k != op.k {
			return 2
		}
		return 1
	}
	if m.conflict(op) {
		return 0
	}
	op.row.locks = append(op.row.locks, mlock{op.sub(), op.mode})
	return 1
}

func (op *mop) sub() *mx { return op.tx.subs[len(op.tx.subs)-1] }

// newestDone is the newest version that is committed or the transaction's own.
func (m *model) newestDone(op *mop) *mversion {
	for _, v := range slices.Backward(op.row.versions) {
		if m.done[v.made.tx] || v.made.tx == op.tx {
			return v
		}
	}
	panic("a row without versions")
}

func (m *model) conflict(op *mop) bool {
	op.blocked = nil
	for _, l := range op.row.locks {
		if l.x.tx != op.tx && m.active(l.x) && int(l.mode)+int(op.mode) > 4 {
			op.blocked = append(op.blocked, l.x)
		}
	}
	return len(op.blocked) > 0
}

// change ends the version and places a new one.
func (m *model) change(op *mop) {
	op.queued = nil
	op.version.ended, op.version.endeCmd = op.sub(), op.tx.cmd
	next := &mversion{k: op.k, v: op.version.v, made: op.sub(), madeCmd: op.tx.cmd}
	switch op.kind {
	case "delete":
		op.result = "deleted"
		return
	case "update":
		next.v += op.arg
		next.entered = true
	case "rekey":
		next.k = op.arg
		next.entered = next.k == op.k
	}
	op.placed = next
	op.row.versions = append(op.row.versions, next)
}

// enter waits until the key is free.
func (m *model) enter(op *mop) bool {
	op.blocked = nil
	key := op.k
	if op.placed != nil {
		if op.placed.entered {
			op.result = "updated"
			return true
		}
		key = op.placed.k
	}
	for _, r := range m.rows {
		if r == op.row {
			continue
		}
		for _, v := range r.versions {
			switch {
			case v.k != key || !v.entered:
			case v.ended != nil && (v.ended.tx == op.tx || m.done[v.ended.tx]):
			case v.made.tx != op.tx && m.active(v.made):
				op.blocked = append(op.blocked, v.made)
			case v.ended != nil:
				op.blocked = append(op.blocked, v.ended)
			default:
				op.code = "23505"
				op.blocked = nil
				return true
			}
		}
	}
	if len(op.blocked) > 0 {
		return false
	}
	op.result = "updated"
	if op.kind == "insert" {
		op.result = "inserted"
		op.placed = &mversion{k: op.k, v: op.arg, made: op.sub(), madeCmd: op.tx.cmd}
		m.rows = append(m.rows, &mrow{versions: []*mversion{op.placed}})
	}
	op.placed.entered = true
	return true
}

// undo removes the work of subtransactions from the i-th on.
func (m *model) undo(tx *mtx, i int) {
	gone := func(x *mx) bool { return x != nil && slices.Contains(tx.subs[i:], x) }
	for _, x := range tx.subs[i:] {
		x.dead = true
	}
	for _, r := range m.rows {
		r.versions = slices.DeleteFunc(r.versions, func(v *mversion) bool { return gone(v.made) })
		for _, v := range r.versions {
			if gone(v.ended) {
				v.ended = nil
			}
		}
		r.locks = slices.DeleteFunc(r.locks, func(l mlock) bool { return gone(l.x) })
	}
	m.rows = slices.DeleteFunc(m.rows, func(r *mrow) bool { return len(r.versions) == 0 })
	m.waiting = slices.DeleteFunc(m.waiting, func(op *mop) bool { return op.tx == tx })
}

// fail undoes the innermost subtransaction.
func (m *model) fail(tx *mtx) {
	tx.failed = true
	m.undo(tx, len(tx.subs)-1)
}

// release makes the innermost subtransaction's work its parent's.
func (m *model) release(tx *mtx) {
	n := len(tx.subs)
	from, to := tx.subs[n-1], tx.subs[n-2]
	for _, r := range m.rows {
		for _, v := range r.versions {
			if v.made == from {
				v.made = to
			}
			if v.ended == from {
				v.ended = to
			}
		}
		for i := range r.locks {
			if r.locks[i].x == from {
				r.locks[i].x = to
			}
		}
	}
	from.up = to
	tx.subs = tx.subs[:n-1]
}

func (m *model) print(op *mop) string {
	var list []string
	for _, r := range m.rows {
		for _, v := range r.versions {
			if m.sees(op, v) {
				list = append(list, fmt.Sprintf("%03d:%d", v.k, v.v))
			}
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}
