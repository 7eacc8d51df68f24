package postgres

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// setStep expands set-returning functions: as many rows as the longest yields, the others filled
// with NULL (manual, 38.5.8). Of nested ones the inner are expanded before the outer.
type setStep struct {
	rel, width int
	slots      []int
	fns        []*value.Function
	args       [][]evaluator
}

// newSetSteps returns the steps of a stage, one for each level of nesting.
func newSetSteps(sets []*setNode, at setStage) []*setStep {
	var steps []*setStep
	for _, n := range sets {
		if n.shared || n.stage != at {
			continue
		}
		level := n.level() - 1
		for len(steps) <= level {
			steps = append(steps, &setStep{rel: n.rel, width: len(sets)})
		}
		step := steps[level]
		step.slots, step.fns, step.args = append(step.slots, n.slot), append(step.fns, n.fn), append(step.args, compileAll(n.args))
	}
	return steps
}

// level is how deep set-returning functions of one stage are nested.
func (n *setNode) level() int {
	deepest := 0
	for _, arg := range n.args {
		for _, inner := range setsOf(arg) {
			if inner.stage == n.stage {
				deepest = max(deepest, inner.level())
			}
		}
	}
	return deepest + 1
}

// expand has out called for every row that the sets of a stage make of a frame.
func (c *core) expand(at setStage, f *frame, out func() error) func() error {
	for _, step := range slices.Backward(c.sets[at]) {
		out = step.expanding(f, out)
	}
	return out
}

func (s *setStep) expanding(f *frame, out func() error) func() error {
	return func() error {
		columns := make([][]value.Value, len(s.fns))
		longest := 0
		for i, fn := range s.fns {
			values, err := callRows(f, fn, s.args[i], nil)
			if err != nil {
				return err
			}
			columns[i] = values
			longest = max(longest, len(values))
		}
		before := f.rows[s.rel]
		for n := range longest {
			row := make(value.Row, s.width) // a step behind may keep it
			copy(row, before)
			for i, values := range columns {
				row[s.slots[i]] = value.Value{}
				if n < len(values) {
					row[s.slots[i]] = values[n]
				}
			}
			f.rows[s.rel] = row
			if err := out(); err != nil {
				return err
			}
		}
		f.rows[s.rel] = before
		return nil
	}
}
