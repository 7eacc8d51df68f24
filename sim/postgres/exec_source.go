package postgres

import (
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// source yields the combinations of FROM's rows: run puts each into the frame and calls
// emit. recheck says whether the rows that stand in the frame still belong together, after
// one of them was replaced by a newer version.
type source interface {
	run(f *frame, emit func() error) error
	recheck(f *frame) (bool, error)
}

// tableScan reads a table, by an index if one serves.
type tableScan struct {
	rel     int
	table   *store.Table
	index   *store.Index // nil: the whole heap
	equal   []evaluator  // on the first columns of the index; nil for IS NULL
	low     evaluator
	high    evaluator
	lowEx   bool
	highEx  bool
	any     evaluator // = ANY (array) on the column after equal
	list    []evaluator
	sub     *subqueryNode // = ANY (SELECT ...)
	reverse bool
	filter  []evaluator // what the index does not ensure
	all     []evaluator // every condition
}

func (s *tableScan) recheck(f *frame) (bool, error) { return allTrue(s.all, f) }

func (s *tableScan) run(f *frame, emit func() error) error {
	if s.index == nil {
		return s.heap(f, emit)
	}
	c := f.x.cursor()
	defer f.x.freeCursor(c)
	r := store.Range{Reverse: s.reverse, Equal: c.keys[:0]}
	for _, e := range s.equal {
		if e == nil {
			r.Equal = append(r.Equal, value.Value{})
			continue
		}
		v, err := e(f)
		if err != nil {
			return err
		}
		if v.Kind == value.KindNull {
			return nil
		}
		r.Equal = append(r.Equal, v)
	}
	if s.any != nil || s.list != nil || s.sub != nil {
		return s.each(f, c, r, emit)
	}
	ok, err := s.bounds(f, &r)
	if err != nil || !ok {
		return err
	}
	return s.scan(f, c, r, emit)
}

func (s *tableScan) bounds(f *frame, r *store.Range) (bool, error) {
	if s.low != nil {
		v, err := s.low(f)
		if err != nil || v.Kind == value.KindNull {
			return false, err
		}
		r.Low = store.Bound{Value: v, Set: true, Exclusive: s.lowEx}
	}
	if s.high != nil {
		v, err := s.high(f)
		if err != nil || v.Kind == value.KindNull {
			return false, err
		}
		r.High = store.Bound{Value: v, Set: true, Exclusive: s.highEx}
	}
	return true, nil
}

// each scans once for every distinct value of a list, in their order, as PostgreSQL does.
func (s *tableScan) each(f *frame, c *cursor, r store.Range, emit func() error) error {
	var values []value.Value
	if s.any != nil {
		v, err := s.any(f)
		if err != nil || v.Kind == value.KindNull {
			return err
		}
		values = append(values, v.Array().Values...)
	}
	if s.sub != nil {
		rows, err := s.sub.rowsOf(f)
		if err != nil {
			return err
		}
		for _, r := range rows {
			values = append(values, r[0])
		}
	}
	for _, e := range s.list {
		v, err := e(f)
		if err != nil {
			return err
		}
		values = append(values, v)
	}
	values = sortedSet(values, s.reverse)
	prefix := len(r.Equal)
	for _, v := range values {
		r.Equal = append(r.Equal[:prefix], v)
		if err := s.scan(f, c, r, emit); err != nil {
			return err
		}
	}
	return nil
}

func (s *tableScan) scan(f *frame, c *cursor, r store.Range, emit func() error) error {
	c.scan.Open(f.x.snap, s.index, r)
	for tuple := c.scan.Next(); tuple != nil; tuple = c.scan.Next() {
		if err := s.offer(f, tuple, emit); err != nil {
			return err
		}
	}
	return nil
}

func (s *tableScan) heap(f *frame, emit func() error) error {
	var it store.HeapScan
	it.Open(f.x.snap, s.table)
	for tuple := it.Next(); tuple != nil; tuple = it.Next() {
		if err := s.offer(f, tuple, emit); err != nil {
			return err
		}
	}
	return nil
}

func (s *tableScan) offer(f *frame, tuple *store.Tuple, emit func() error) error {
	f.rows[s.rel], f.tuples[s.rel] = tuple.Row, tuple
	for _, e := range s.filter {
		v, err := e(f)
		if err != nil {
			return err
		}
		if v.Kind != value.KindBool || v.N == 0 {
			return nil
		}
	}
	if f.x.session.interrupt != nil {
		return f.x.session.interrupt
	}
	return emit()
}

// rowsScan yields the rows of a subquery, a common table expression or a function.
type rowsScan struct {
	rel    int
	rows   func(f *frame, emit func(value.Row) error) error
	filter []evaluator
	stable bool // rows are valid beyond emit
}

func (s *rowsScan) run(f *frame, emit func() error) error {
	return s.rows(f, func(r value.Row) error {
		if !s.stable {
			r = append(value.Row(nil), r...)
		}
		f.rows[s.rel] = r
		ok, err := allTrue(s.filter, f)
		if err != nil || !ok {
			return err
		}
		return emit()
	})
}

func (s *rowsScan) recheck(f *frame) (bool, error) { return allTrue(s.filter, f) }

// nest joins by running the right side for each row of the left.
type nest struct {
	left, right source
	filter      []evaluator
	keep        bool // the right side does not depend on the left: it is run once
	rels        []int
}

func (n *nest) run(f *frame, emit func() error) error {
	inner := n.inner(f)
	return n.left.run(f, func() error {
		return inner(func() error {
			ok, err := allTrue(n.filter, f)
			if err != nil || !ok {
				return err
			}
			return emit()
		})
	})
}

// inner returns the right side, to be run again and again.
func (n *nest) inner(f *frame) func(func() error) error {
	if !n.keep {
		return func(emit func() error) error { return n.right.run(f, emit) }
	}
	var kept []saved
	ready := false
	return func(emit func() error) error {
		if !ready {
			if err := n.right.run(f, func() error { kept = append(kept, save(f, n.rels)); return nil }); err != nil {
				return err
			}
			ready = true
		}
		for i := range kept {
			kept[i].restore(f, n.rels)
			if err := emit(); err != nil {
				return err
			}
		}
		return nil
	}
}

func (n *nest) recheck(f *frame) (bool, error) {
	if ok, err := n.left.recheck(f); err != nil || !ok {
		return false, err
	}
	if ok, err := n.right.recheck(f); err != nil || !ok {
		return false, err
	}
	return allTrue(n.filter, f)
}

// saved is what some relations had in the frame.
type saved struct {
	rows   []value.Row
	tuples []*store.Tuple
}

func save(f *frame, rels []int) saved {
	s := saved{make([]value.Row, len(rels)), make([]*store.Tuple, len(rels))}
	for i, r := range rels {
		s.rows[i], s.tuples[i] = f.rows[r], f.tuples[r]
	}
	return s
}

func (s *saved) restore(f *frame, rels []int) {
	for i, r := range rels {
		f.rows[r], f.tuples[r] = s.rows[i], s.tuples[i]
	}
}

// hashJoin keeps the right side by its keys and looks each left row up.
type hashJoin struct {
	left, right source
	leftKeys    []evaluator
	rightKeys   []evaluator
	filter      []evaluator // the equalities first
	rels        []int       // of the right side
}

func (h *hashJoin) run(f *frame, emit func() error) error {
	table, err := h.build(f)
	if err != nil || len(table) == 0 {
		return err
	}
	keys := make([]value.Value, len(h.leftKeys))
	return h.left.run(f, func() error {
		null, err := evaluateKeys(f, h.leftKeys, keys)
		if err != nil || null {
			return err
		}
		bucket := table[value.HashRow(keys)]
		for i := range bucket {
			bucket[i].restore(f, h.rels)
			ok, err := allTrue(h.filter, f)
			if err != nil {
				return err
			}
			if ok {
				if err := emit(); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (h *hashJoin) build(f *frame) (map[uint64][]saved, error) {
	table := make(map[uint64][]saved)
	keys := make([]value.Value, len(h.rightKeys))
	err := h.right.run(f, func() error {
		null, err := evaluateKeys(f, h.rightKeys, keys)
		if err != nil || null {
			return err
		}
		hash := value.HashRow(keys)
		table[hash] = append(table[hash], save(f, h.rels))
		return nil
	})
	return table, err
}

func evaluateKeys(f *frame, list []evaluator, keys []value.Value) (null bool, err error) {
	for i, e := range list {
		if keys[i], err = e(f); err != nil || keys[i].Kind == value.KindNull {
			return true, err
		}
	}
	return false, nil
}

func (h *hashJoin) recheck(f *frame) (bool, error) {
	if ok, err := h.left.recheck(f); err != nil || !ok {
		return false, err
	}
	if ok, err := h.right.recheck(f); err != nil || !ok {
		return false, err
	}
	return allTrue(h.filter, f)
}

// outerJoin is LEFT or FULL JOIN: a left row without a partner is joined to nulls, and
// with full a right row too.
type outerJoin struct {
	nest
	full     bool
	leftRels []int
	where    []evaluator // conditions above the join
}

func (o *outerJoin) run(f *frame, emit func() error) error {
	if o.full {
		return o.runFull(f, emit)
	}
	inner := o.inner(f)
	return o.left.run(f, func() error {
		matched := false
		err := inner(func() error {
			ok, err := allTrue(o.filter, f)
			if err != nil || !ok {
				return err
			}
			matched = true
			return o.above(f, emit)
		})
		if err != nil || matched {
			return err
		}
		o.nulls(f, o.rels)
		return o.above(f, emit)
	})
}

func (o *outerJoin) nulls(f *frame, rels []int) {
	for _, r := range rels {
		f.rows[r], f.tuples[r] = nil, nil
	}
}

func (o *outerJoin) above(f *frame, emit func() error) error {
	ok, err := allTrue(o.where, f)
	if err != nil || !ok {
		return err
	}
	return emit()
}

func (o *outerJoin) runFull(f *frame, emit func() error) error {
	var kept []saved
	if err := o.right.run(f, func() error { kept = append(kept, save(f, o.rels)); return nil }); err != nil {
		return err
	}
	used := make([]bool, len(kept))
	err := o.left.run(f, func() error {
		matched := false
		for i := range kept {
			kept[i].restore(f, o.rels)
			ok, err := allTrue(o.filter, f)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			matched, used[i] = true, true
			if err := o.above(f, emit); err != nil {
				return err
			}
		}
		if matched {
			return nil
		}
		o.nulls(f, o.rels)
		return o.above(f, emit)
	})
	if err != nil {
		return err
	}
	o.nulls(f, o.leftRels)
	for i := range kept {
		if used[i] {
			continue
		}
		kept[i].restore(f, o.rels)
		if err := o.above(f, emit); err != nil {
			return err
		}
	}
	return nil
}

func (o *outerJoin) recheck(f *frame) (bool, error) {
	if ok, err := o.left.recheck(f); err != nil || !ok {
		return false, err
	}
	ok, err := o.right.recheck(f)
	if err == nil && ok {
		ok, err = allTrue(o.filter, f)
	}
	if err != nil {
		return false, err
	}
	if !ok {
		o.nulls(f, o.rels)
	}
	return allTrue(o.where, f)
}

// single is the one row of a query without FROM.
type single struct{ filter []evaluator }

func (s *single) run(f *frame, emit func() error) error {
	ok, err := allTrue(s.filter, f)
	if err != nil || !ok {
		return err
	}
	return emit()
}

func (s *single) recheck(f *frame) (bool, error) { return allTrue(s.filter, f) }

// cursor is an index scan with room for its keys, to be used again.
type cursor struct {
	scan store.IndexScan
	keys [4]value.Value
}

func (x *execution) cursor() *cursor {
	if n := len(x.cursors); n > 0 {
		c := x.cursors[n-1]
		x.cursors = x.cursors[:n-1]
		return c
	}
	return new(cursor)
}

func (x *execution) freeCursor(c *cursor) { x.cursors = append(x.cursors, c) }
