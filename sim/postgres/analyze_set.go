package postgres

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// setNode reads the current element of a set-returning function that stands in the select list, or in a
// clause that could as well name a target: GROUP BY, ORDER BY, DISTINCT ON, a window's definition.
type setNode struct {
	typed
	rel, slot int
	fn        *value.Function
	args      []node
	stage     setStage
	shared    bool // another, equal one is computed for it
}

// setStage is the step before which a set-returning function's rows are made. What groups, orders windows or
// sorts must exist by then; the others come last, when as few rows as possible are left
// (PostgreSQL source, make_group_input_target, make_window_input_target and make_sort_input_target).
type setStage uint8

const (
	setsLast setStage = iota
	setsBeforeGroups
	setsBeforeWindows
	setsBeforeSort
	setStages
)

func (n *setNode) children() []node { return n.args }

func (n *setNode) compile() evaluator {
	rel, slot := n.rel, n.slot
	return func(f *frame) (value.Value, error) { return f.rows[rel][slot], nil }
}

// setCall is a set-returning function in an expression.
func (s *scope) setCall(c *sql.FuncCall, fn *value.Function, args []node) (node, error) {
	switch {
	case s.setless != "":
		return nil, s.setRefusal(c.Offset(), s.setless)
	case !s.allowSets:
		where := s.clause
		if where == "" {
			where = "this context"
		}
		return nil, s.a.fail(c.Offset(), "0A000", "set-returning functions are not allowed in "+where)
	}
	applied, err := s.a.apply(fn, args, c.Offset())
	if err != nil {
		return nil, err
	}
	t := fn.Result
	if len(fn.Columns) > 1 {
		t = value.NewRecord(fn.Columns)
	}
	if s.set < 0 {
		s.set = s.places
		s.places++
	}
	n := &setNode{typed: typeAt(t, c.Offset()), rel: s.set, slot: len(s.sets), fn: fn, args: applied.(*callNode).args}
	s.sets = append(s.sets, n)
	return n, nil
}

func (s *scope) setRefusal(at int, message string) error {
	e := refusal("0A000", message)
	e.Position = sql.CharPosition(s.a.text, at)
	e.Hint = "You might be able to move the set-returning function into a LATERAL FROM item."
	return e
}

// withoutSets has set-returning functions refused with a message, until the function that it returns is called.
func (s *scope) withoutSets(message string) (allow func()) {
	before := s.setless
	s.setless = message
	return func() { s.setless = before }
}

// noSetsSince refuses the set-returning functions that were read after the first known ones.
func (s *scope) noSetsSince(known int, where string) error {
	if len(s.sets) <= known {
		return nil
	}
	return s.setRefusal(s.sets[len(s.sets)-1].at, "set-returning functions are not allowed in "+where)
}

// setsOf returns the set-returning functions of an expression, innermost first.
func setsOf(n node) []*setNode {
	var list []*setNode
	for _, child := range n.children() {
		list = append(list, setsOf(child)...)
	}
	if set, ok := n.(*setNode); ok {
		list = append(list, set)
	}
	return list
}

func returnsSet(nodes ...node) bool {
	return slices.ContainsFunc(nodes, func(n node) bool { return len(setsOf(n)) > 0 })
}

// single refuses a truth value, or a comparison, of which there would be a set.
func (a *analyzer) single(what string, at int, nodes ...node) error {
	if returnsSet(nodes...) {
		return a.fail(at, "42804", what+" must not return a set")
	}
	return nil
}

// stageSets decides when each set-returning function is computed. Those of a key are computed for all
// expressions in which the key occurs.
func (p *pendingCore) stageSets(s *scope, targets []node) {
	var windows []node
	for _, w := range s.windows {
		windows = append(windows, w.spec.partition...)
		windows = append(windows, keyNodes(w.spec.order)...)
	}
	order := append(keyNodes(p.order), p.on...)
	rest := append(slices.Clone(targets), order...)
	stage(p.group, setsBeforeGroups)
	share(windows, p.group)
	share(rest, p.group)
	stage(windows, setsBeforeWindows)
	share(rest, windows)
	if returnsSet(order...) || len(p.on) > 0 && len(p.order) == 0 {
		stage(rest, setsBeforeSort)
	}
}

func keyNodes(keys []sortKey) []node {
	nodes := make([]node, len(keys))
	for i, k := range keys {
		nodes[i] = k.node
	}
	return nodes
}

func stage(nodes []node, at setStage) {
	for _, n := range nodes {
		for _, set := range setsOf(n) {
			if set.stage == setsLast {
				set.stage = at
			}
		}
	}
}

// share lets expressions read what is computed for the keys that they contain.
func share(nodes, keys []node) {
	for _, n := range nodes {
		i := slices.IndexFunc(keys, func(k node) bool { return sameNode(k, n) })
		if i < 0 {
			share(n.children(), keys)
			continue
		}
		computed := setsOf(keys[i])
		for j, set := range setsOf(n) {
			if set != computed[j] && set.stage == setsLast {
				set.slot, set.stage, set.shared = computed[j].slot, computed[j].stage, true
			}
		}
	}
}
