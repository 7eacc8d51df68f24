package postgres

import (
	"sort"

	"github.com/squallhq/squall/sim/postgres/value"
)

// grouping computes aggregates per group. The first row of a group stands for the columns
// that all its rows share.
type grouping struct {
	rel        int // place of the aggregates' row, -1: none
	keys       []evaluator
	aggregates []*aggregateStep
}

// aggregateStep is one aggregate.
type aggregateStep struct {
	aggregate *value.Aggregate
	args      []evaluator
	filter    evaluator
	distinct  bool
	order     []frameKey
}

func newGrouping(s *scope, keys []node) *grouping {
	g := &grouping{rel: s.aggregate, keys: compileAll(keys)}
	for _, n := range s.aggregates {
		step := &aggregateStep{aggregate: n.aggregate, args: compileAll(n.args), distinct: n.distinct}
		if n.filter != nil {
			step.filter = n.filter.compile()
		}
		for _, k := range n.order {
			step.order = append(step.order, frameKey{k.node.compile(), k.desc, k.nullsFirst})
		}
		g.aggregates = append(g.aggregates, step)
	}
	return g
}

// group is one group while it is gathered.
type group struct {
	first  saved
	states []aggregateState
}

// aggregateState gathers for one aggregate; with DISTINCT or ORDER BY the rows are kept
// until the group is complete.
type aggregateState struct {
	acc  value.Accumulator
	seen *rowSet
	rows []aggregateRow
}

type aggregateRow struct {
	args, keys []value.Value
}

func (g *grouping) run(c *core, f *frame, out func() error) error {
	everything := c.all()
	set := newRowSet()
	var groups []*group
	keys := make(value.Row, len(g.keys))
	if len(g.keys) == 0 { // one group, even of no rows
		set.add(keys)
		groups = append(groups, g.open(f, everything))
	}
	err := c.scan(f, func() error {
		for i, e := range g.keys {
			var err error
			if keys[i], err = e(f); err != nil {
				return err
			}
		}
		i := set.find(keys)
		if i < 0 {
			set.add(keys)
			i = len(groups)
			groups = append(groups, g.open(f, everything))
		} else if len(g.keys) == 0 && set.counts[0] == 1 {
			set.counts[0]++
			groups[0].first = save(f, everything)
		}
		return g.add(f, groups[i])
	})
	if err != nil {
		return err
	}
	return g.emit(c, f, groups, everything, out)
}

func (g *grouping) open(f *frame, everything []int) *group {
	opened := &group{first: save(f, everything), states: make([]aggregateState, len(g.aggregates))}
	for i, a := range g.aggregates {
		opened.states[i].acc = a.aggregate.New(&f.x.context)
		if a.distinct {
			opened.states[i].seen = newRowSet()
		}
	}
	return opened
}

func (g *grouping) add(f *frame, to *group) error {
	for i, a := range g.aggregates {
		if err := a.add(f, &to.states[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *aggregateStep) add(f *frame, state *aggregateState) error {
	if a.filter != nil {
		if ok, err := truth(a.filter, f); err != nil || !ok {
			return err
		}
	}
	x := f.x
	base := len(x.stack)
	for _, e := range a.args {
		v, err := e(f)
		if err != nil {
			x.stack = x.stack[:base]
			return err
		}
		x.stack = append(x.stack, v)
	}
	args := x.stack[base:len(x.stack):len(x.stack)]
	defer func() { x.stack = x.stack[:base] }()
	if state.seen != nil && !state.seen.add(args) {
		return nil
	}
	if len(a.order) == 0 && !a.distinct {
		return state.acc.Add(args)
	}
	row := aggregateRow{args: append([]value.Value(nil), args...)}
	for _, k := range a.order {
		v, err := k.eval(f)
		if err != nil {
			return err
		}
		row.keys = append(row.keys, v)
	}
	state.rows = append(state.rows, row)
	return nil
}

// result completes an aggregate. DISTINCT without ORDER BY sorts by the arguments, as
// PostgreSQL does to find duplicates.
func (a *aggregateStep) result(state *aggregateState) (value.Value, error) {
	if len(a.order) > 0 {
		sort.SliceStable(state.rows, func(i, j int) bool {
			return compareKeys(a.order, state.rows[i].keys, state.rows[j].keys) < 0
		})
	} else if a.distinct {
		sort.SliceStable(state.rows, func(i, j int) bool {
			for n := range state.rows[i].args {
				if c := compareKey(state.rows[i].args[n], state.rows[j].args[n], false, false); c != 0 {
					return c < 0
				}
			}
			return false
		})
	}
	for _, r := range state.rows {
		if err := state.acc.Add(r.args); err != nil {
			return value.Value{}, err
		}
	}
	return state.acc.Result()
}

func (g *grouping) emit(c *core, f *frame, groups []*group, everything []int, out func() error) error {
	for _, group := range groups {
		group.first.restore(f, everything)
		if g.rel >= 0 {
			row := make(value.Row, len(g.aggregates))
			for i, a := range g.aggregates {
				v, err := a.result(&group.states[i])
				if err != nil {
					return err
				}
				row[i] = v
			}
			f.rows[g.rel] = row
		}
		ok, err := allTrue(c.having, f)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := out(); err != nil {
			return err
		}
	}
	return nil
}
