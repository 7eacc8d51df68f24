package store

import (
	"math"

	"github.com/squallhq/squall/sim/postgres/value"
)

// IndexKey is one column of an index: a column of the table, or an expression.
type IndexKey struct {
	Column     int // position in the table; -1: Expr
	Expr       func(value.Row) (value.Value, error)
	Name       string // of an expression in the index's name: lower (FigureIndexColname); "": expr
	Text       string // the expression as PostgreSQL prints it, for details of errors: lower(a)
	Source     any    // the executor's expression
	Type       *value.Type
	Desc       bool
	NullsFirst bool // as effective: DESC alone means NULLS FIRST, which the executor sets
}

// IndexSpec describes an index to make. An empty name is chosen as PostgreSQL would.
type IndexSpec struct {
	Name             string
	Keys             []IndexKey
	Include          []int
	Unique           bool
	Primary          bool // implies Unique and Constraint, and NOT NULL on the columns
	Constraint       bool // made by a PRIMARY KEY or UNIQUE constraint
	NullsNotDistinct bool
	Predicate        func(value.Row) (bool, error) // nil: all rows
	Where            any                           // the executor's expression of the predicate
	Uses             []int                         // columns that predicate and expressions mention
}

// Index is an ordered index over a table's rows. DDL that changes it makes a new Index with the
// same OID.
type Index struct {
	IndexSpec
	OID   uint32
	Table *Table

	tree    *btree
	plain   bool // all keys are columns
	compact int  // first column, if the keys are neighbouring columns in order; else -1
}

func newIndex(tbl *Table, oid uint32, spec IndexSpec) *Index {
	ix := &Index{IndexSpec: spec, OID: oid, Table: tbl, plain: true, compact: -1}
	order := make([]keyOrder, len(spec.Keys))
	neighbours := true
	for i, k := range spec.Keys {
		order[i] = keyOrder{desc: k.Desc, nullsFirst: k.NullsFirst}
		ix.plain = ix.plain && k.Column >= 0
		neighbours = neighbours && k.Column >= 0 && k.Column == spec.Keys[0].Column+i
	}
	if neighbours {
		ix.compact = spec.Keys[0].Column
	}
	ix.tree = newBtree(order)
	return ix
}

// Len returns the number of entries, of live and old versions.
func (ix *Index) Len() int { return ix.tree.size }

// key computes a row's key; ok is false if the predicate leaves the row out.
func (ix *Index) key(row value.Row) (key value.Row, ok bool, err error) {
	if ix.Predicate != nil {
		if ok, err := ix.Predicate(row); err != nil || !ok {
			return nil, false, err
		}
	}
	if ix.compact >= 0 {
		return row[ix.compact : ix.compact+len(ix.Keys) : ix.compact+len(ix.Keys)], true, nil
	}
	key = make(value.Row, len(ix.Keys))
	for i := range ix.Keys {
		if c := ix.Keys[i].Column; c >= 0 {
			key[i] = row[c]
			continue
		}
		if key[i], err = ix.Keys[i].Expr(row); err != nil {
			return nil, false, err
		}
	}
	return key, true, nil
}

// storedKey is key of a row that was stored: its key could be computed then, so it can be now.
func (ix *Index) storedKey(row value.Row) (value.Row, bool) {
	key, ok, err := ix.key(row)
	return key, ok && err == nil
}

// hasKey says whether the row is in the index under the key.
func (ix *Index) hasKey(row, key value.Row) bool {
	if ix.plain && ix.Predicate == nil {
		for i := range ix.Keys {
			if compareValues(&row[ix.Keys[i].Column], &key[i], keyOrder{}) != 0 {
				return false
			}
		}
		return true
	}
	own, ok := ix.storedKey(row)
	return ok && ix.tree.compareKeys(own, key) == 0
}

// sameKey says whether two versions of a row have the same place in the index.
func (ix *Index) sameKey(a, b value.Row) bool {
	if ix.plain && ix.Predicate == nil {
		for i := range ix.Keys {
			c := ix.Keys[i].Column
			if compareValues(&a[c], &b[c], keyOrder{}) != 0 {
				return false
			}
		}
		return true
	}
	key, ok := ix.storedKey(b)
	return ok && ix.hasKey(a, key)
}

// Range selects index entries: Equal holds on the first columns (NULL matches NULL: the caller
// drops = NULL), and Low and High bound the column after them. Entries with NULL in a bounded
// column are outside. Low and High are in the column's value order also where the index column is
// DESC. Reverse reads backwards.
type Range struct {
	Equal     value.Row
	Low, High Bound
	Reverse   bool
}

// Bound is one end of a Range.
type Bound struct {
	Value     value.Value
	Set       bool
	Exclusive bool
}

// IndexScan reads visible rows in index order. The zero value is ready for Open; it may be reused.
// Changes made while it is open, also by its own reader, do not disturb it.
type IndexScan struct {
	snap      *Snapshot
	ix        *Index
	equal     value.Row
	low, high Bound // in index order; NULLs of the bounded column are outside
	reverse   bool
	at        cursor
	version   uint64 // of the tree at the last step
	last      entry  // passed last
	buffer    [4]value.Value
}

// Open starts at the first entry of the range.
func (x *IndexScan) Open(s *Snapshot, ix *Index, r Range) {
	x.snap = s
	if s.tx.ser != nil {
		s.tx.readRange(ix, r)
	}
	x.open(ix, r)
}

func (x *IndexScan) open(ix *Index, r Range) {
	x.ix, x.last = ix, entry{}
	x.equal, x.low, x.high, x.reverse = r.Equal, r.Low, r.High, r.Reverse
	if r.Low.Set || r.High.Set {
		x.orient(ix.tree.order[len(r.Equal)])
	}
	x.first()
}

// orient turns the bounds into index order and closes the side where the NULLs are.
func (x *IndexScan) orient(o keyOrder) {
	if o.desc {
		x.low, x.high = x.high, x.low
	}
	nulls := &x.high
	if o.nullsFirst {
		nulls = &x.low
	}
	if !nulls.Set {
		*nulls = Bound{Set: true, Exclusive: true}
	}
}

// first places the cursor at the range's start.
func (x *IndexScan) first() {
	tree := x.ix.tree
	x.version = tree.version
	if x.reverse {
		x.at = tree.seekBefore(x.edge(&x.high), tieBreak(!x.high.Exclusive))
		return
	}
	x.at = tree.seek(x.edge(&x.low), tieBreak(x.low.Exclusive))
}

// edge builds the key of a bound: the equal columns and the bounded one.
func (x *IndexScan) edge(b *Bound) value.Row {
	if !b.Set {
		return x.equal
	}
	return append(append(x.buffer[:0], x.equal...), b.Value)
}

// tieBreak places an edge before or behind the entries that equal it.
func tieBreak(behind bool) uint64 {
	if behind {
		return math.MaxUint64
	}
	return 0
}

// Next returns the next visible version, or nil.
func (x *IndexScan) Next() *Tuple {
	for {
		e := x.step()
		if e == nil {
			return nil
		}
		if x.snap.tx.ser != nil {
			x.snap.tx.readRecord(x.snap, e.rec, true)
		}
		v := e.rec.visible(x.snap)
		if v == nil {
			continue
		}
		if e.rec.newest.older != nil && !x.ix.hasKey(v.Row, e.key) {
			continue // another entry of the row leads to this version
		}
		return v
	}
}

// step returns the entry at the cursor and moves on; nil at the end of the range.
func (x *IndexScan) step() *entry {
	tree := x.ix.tree
	if x.version != tree.version {
		x.resume()
	}
	if x.at.leaf == nil {
		return nil
	}
	x.last = *x.at.entry()
	if !x.inside(x.last.key) {
		x.at.leaf = nil
		return nil
	}
	if x.reverse {
		x.at.back()
	} else {
		x.at.forward()
	}
	return &x.last
}

// resume finds the place after the last entry in a tree that has changed.
func (x *IndexScan) resume() {
	tree := x.ix.tree
	switch {
	case x.last.rec == nil:
		x.first()
	case x.reverse:
		x.at = tree.seekBefore(x.last.key, x.last.rec.seq)
	default:
		x.at = tree.seek(x.last.key, x.last.rec.seq+1)
	}
	x.version = tree.version
}

// inside says whether the scan has not passed the end of its range.
func (x *IndexScan) inside(key value.Row) bool {
	if x.ix.tree.compareKeys(key, x.equal) != 0 {
		return false
	}
	edge, sign := &x.high, 1
	if x.reverse {
		edge, sign = &x.low, -1
	}
	if !edge.Set {
		return true
	}
	n := len(x.equal)
	c := compareValues(&key[n], &edge.Value, x.ix.tree.order[n]) * sign
	return c < 0 || (c == 0 && !edge.Exclusive)
}
