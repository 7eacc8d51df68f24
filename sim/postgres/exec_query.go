package postgres

import (
	"errors"
	"slices"
	"sort"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// run yields the query's rows. A row is valid until emit returns.
func (q *query) run(x *execution, outer *frame, emit func(value.Row) error) error {
	for _, c := range q.ctes {
		x.ctes[c.slot] = cteState{outer: outer}
	}
	if q.convert != nil {
		emit = q.converting(x, emit)
	}
	if q.limit == nil && q.offset == nil {
		return q.body.run(x, outer, emit)
	}
	return q.limited(x, outer, emit)
}

func (q *query) limited(x *execution, outer *frame, emit func(value.Row) error) error {
	f := x.frame(0, outer)
	skip, _, err := count(f, q.offset, "2201X", "OFFSET must not be negative")
	if err != nil {
		x.free(f)
		return err
	}
	left, limited, err := count(f, q.limit, "2201W", "LIMIT must not be negative")
	x.free(f)
	if err != nil || limited && left == 0 {
		return err
	}
	done := false
	err = q.body.run(x, outer, func(r value.Row) error {
		if skip > 0 {
			skip--
			return nil
		}
		if err := emit(r); err != nil || !limited {
			return err
		}
		if left--; left == 0 {
			done = true
			return errStop
		}
		return nil
	})
	if done && errors.Is(err, errStop) {
		return nil
	}
	return err
}

func count(f *frame, e evaluator, code, message string) (n int64, set bool, err error) {
	if e == nil {
		return 0, false, nil
	}
	v, err := e(f)
	if err != nil || v.Kind == value.KindNull {
		return 0, false, err
	}
	if v.N < 0 {
		return 0, false, refusal(code, message)
	}
	return v.N, true, nil
}

func (q *query) converting(x *execution, emit func(value.Row) error) func(value.Row) error {
	f := &frame{rows: make([]value.Row, 1), x: x}
	return func(r value.Row) error {
		out := append(value.Row(nil), r...)
		for i, e := range q.convert {
			if e == nil {
				continue
			}
			f.rows[0] = r[i:]
			v, err := e(f)
			if err != nil {
				return err
			}
			out[i] = v
		}
		return emit(out)
	}
}

// scanCTE yields a common table expression's rows, computing them at the first reference.
func (x *execution) scanCTE(c *cte, emit func(value.Row) error) error {
	if err := x.fillCTE(c); err != nil {
		return err
	}
	for _, r := range x.ctes[c.slot].rows {
		if err := emit(r); err != nil {
			return err
		}
	}
	return nil
}

func (x *execution) fillCTE(c *cte) error {
	state := &x.ctes[c.slot]
	if state.done {
		return nil
	}
	state.done = true
	keep := func(r value.Row) error {
		x.ctes[c.slot].rows = append(x.ctes[c.slot].rows, append(value.Row(nil), r...))
		return nil
	}
	if c.modify != nil {
		_, err := c.modify.run(x, state.outer, keep)
		return err
	}
	return c.query.run(x, state.outer, keep)
}

// finishCTEs runs the data-modifying ones that nobody has read.
func (x *execution) finishCTEs(list []*cte) error {
	for _, c := range list {
		if c.modify != nil {
			if err := x.fillCTE(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// valuesBody is VALUES.
type valuesBody struct{ rows [][]evaluator }

func (q *query) isValues() bool {
	_, is := q.body.(*valuesBody)
	return is
}

func (v *valuesBody) run(x *execution, outer *frame, emit func(value.Row) error) error {
	f := x.frame(0, outer)
	defer x.free(f)
	for _, exprs := range v.rows {
		row := make(value.Row, len(exprs))
		for i, e := range exprs {
			var err error
			if row[i], err = e(f); err != nil {
				return err
			}
		}
		if err := emit(row); err != nil {
			return err
		}
	}
	return nil
}

// rowKey sorts rows by a column.
type rowKey struct {
	column           int
	desc, nullsFirst bool
}

// compareKey compares two values under a direction.
func compareKey(a, b value.Value, desc, nullsFirst bool) int {
	an, bn := a.Kind == value.KindNull, b.Kind == value.KindNull
	switch {
	case an && bn:
		return 0
	case an || bn:
		if an == nullsFirst {
			return -1
		}
		return 1
	}
	c := value.Compare(a, b)
	if desc {
		return -c
	}
	return c
}

// sortedBody sorts rows.
type sortedBody struct {
	of   body
	keys []rowKey
}

func (b *sortedBody) run(x *execution, outer *frame, emit func(value.Row) error) error {
	var rows []value.Row
	err := b.of.run(x, outer, func(r value.Row) error {
		rows = append(rows, append(value.Row(nil), r...))
		return nil
	})
	if err != nil {
		return err
	}
	sort.SliceStable(rows, func(i, j int) bool { return b.compare(rows[i], rows[j]) < 0 })
	for _, r := range rows {
		if err := emit(r); err != nil {
			return err
		}
	}
	return nil
}

func (b *sortedBody) compare(x, y value.Row) int {
	for _, k := range b.keys {
		if c := compareKey(x[k.column], y[k.column], k.desc, k.nullsFirst); c != 0 {
			return c
		}
	}
	return 0
}

// rowSet counts equal rows.
type rowSet struct {
	buckets map[uint64][]int
	rows    []value.Row
	counts  []int
}

func newRowSet() *rowSet { return &rowSet{buckets: make(map[uint64][]int)} }

// find returns the place of a row equal to r (NULLs are equal here), or -1.
func (s *rowSet) find(r value.Row) int {
	for _, i := range s.buckets[value.HashRow(r)] {
		if sameRow(s.rows[i], r) {
			return i
		}
	}
	return -1
}

// add adds a copy of r and says whether it is new.
func (s *rowSet) add(r value.Row) bool {
	if i := s.find(r); i >= 0 {
		s.counts[i]++
		return false
	}
	h := value.HashRow(r)
	s.buckets[h] = append(s.buckets[h], len(s.rows))
	s.rows = append(s.rows, append(value.Row(nil), r...))
	s.counts = append(s.counts, 1)
	return true
}

func sameRow(a, b value.Row) bool {
	for i := range a {
		an, bn := a[i].Kind == value.KindNull, b[i].Kind == value.KindNull
		if an != bn || !an && !value.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// setBody is UNION, INTERSECT or EXCEPT.
type setBody struct {
	op          sql.SetOp
	all         bool
	left, right *query
}

func (b *setBody) run(x *execution, outer *frame, emit func(value.Row) error) error {
	if b.op == sql.Union && b.all {
		if err := b.left.run(x, outer, emit); err != nil {
			return err
		}
		return b.right.run(x, outer, emit)
	}
	set := newRowSet()
	collect := func(r value.Row) error { set.add(r); return nil }
	if err := b.left.run(x, outer, collect); err != nil {
		return err
	}
	if b.op == sql.Union {
		if err := b.right.run(x, outer, collect); err != nil {
			return err
		}
		return emitAll(set.rows, emit)
	}
	other := newRowSet()
	if err := b.right.run(x, outer, func(r value.Row) error { other.add(r); return nil }); err != nil {
		return err
	}
	for i, r := range set.rows {
		for n := b.copies(set.counts[i], other, r); n > 0; n-- {
			if err := emit(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// copies says how often a row of the left side is in the result (manual, 7.4).
func (b *setBody) copies(left int, right *rowSet, r value.Row) int {
	n := 0
	if i := right.find(r); i >= 0 {
		n = right.counts[i]
	}
	switch {
	case b.op == sql.Intersect && b.all:
		return min(left, n)
	case b.op == sql.Intersect:
		return min(n, 1)
	case b.all:
		return max(left-n, 0)
	case n > 0:
		return 0
	}
	return 1
}

func emitAll(rows []value.Row, emit func(value.Row) error) error {
	for _, r := range rows {
		if err := emit(r); err != nil {
			return err
		}
	}
	return nil
}

// sortedSet sorts values and drops NULLs and duplicates.
func sortedSet(values []value.Value, reverse bool) []value.Value {
	values = slices.DeleteFunc(values, value.Value.IsNull)
	slices.SortStableFunc(values, value.Compare)
	values = slices.CompactFunc(values, value.Equal)
	if reverse {
		slices.Reverse(values)
	}
	return values
}
