package postgres

import (
	"strings"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// windowNode reads a window function's result for the row at hand.
type windowNode struct {
	typed
	rel, slot int
	name      string           // of a window function
	aggregate *value.Aggregate // or an aggregate used as one
	args      []node
	filter    node
	spec      *windowSpec
}

// windowSpec is what stands behind OVER.
type windowSpec struct {
	partition []node
	order     []sortKey
	frame     *sql.Frame
	from, to  node // the offsets of the frame's bounds
}

func (n *windowNode) children() []node {
	list := append([]node{}, n.args...)
	if n.filter != nil {
		list = append(list, n.filter)
	}
	list = append(list, n.spec.partition...)
	for _, k := range n.spec.order {
		list = append(list, k.node)
	}
	return list
}

func (n *windowNode) compile() evaluator {
	rel, slot := n.rel, n.slot
	return func(f *frame) (value.Value, error) { return f.rows[rel][slot], nil }
}

// windowCall is a function with OVER.
func (s *scope) windowCall(c *sql.FuncCall, kind value.FunctionKind) (node, error) {
	switch {
	case s.inWindow:
		return nil, s.a.fail(c.Offset(), "42P20", "window function calls cannot be nested")
	case s.noWindows:
		return nil, s.a.fail(c.Offset(), "42P20", "window functions are not allowed in "+s.clause)
	case s.nested:
		return nil, s.a.fail(c.Offset(), "42803", "aggregate function calls cannot contain window function calls")
	case c.Distinct:
		return nil, s.a.fail(c.Offset(), "0A000", "DISTINCT is not implemented for window functions")
	case len(c.OrderBy) > 0:
		return nil, s.a.fail(c.Offset(), "0A000", "aggregate ORDER BY is not implemented for window functions")
	}
	spec, err := s.windowDefinition(c.Over)
	if err != nil {
		return nil, err
	}
	allow := s.withoutSets("window function calls cannot contain set-returning function calls")
	defer allow()
	s.inWindow = true
	defer func() { s.inWindow = false }()
	n := &windowNode{spec: spec}
	if kind == value.AggregateFunction {
		nested := s.nested
		s.nested = false
		a, err := s.windowAggregate(c)
		s.nested = nested
		if err != nil {
			return nil, err
		}
		n.typed, n.aggregate, n.args, n.filter = a.typed, a.aggregate, a.args, a.filter
	} else if err := s.windowFunction(n, c); err != nil {
		return nil, err
	}
	if s.window < 0 {
		s.window = s.places
		s.places++
	}
	n.rel, n.slot = s.window, len(s.windows)
	s.windows = append(s.windows, n)
	return n, nil
}

// windowAggregate allows aggregates of the group in the arguments: sum(count(*)) OVER ().
func (s *scope) windowAggregate(c *sql.FuncCall) (*aggregateNode, error) {
	args, err := s.exprs(c.Args)
	if err != nil {
		return nil, err
	}
	agg, err := value.ResolveAggregate(callOf(c, args))
	if err != nil {
		return nil, s.a.at(err, c.Offset())
	}
	n := &aggregateNode{typed: typeAt(agg.Result, c.Offset()), aggregate: agg}
	for i, arg := range args {
		converted, err := s.a.coerce(arg, agg.Args[i], value.NoMod, value.Implicit)
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, converted)
	}
	if c.Filter != nil {
		leave := s.within("FILTER")
		defer leave()
		n.filter, err = s.boolean(c.Filter, "FILTER")
	}
	return n, err
}

// windowDefinition analyzes what stands behind OVER.
func (s *scope) windowDefinition(w *sql.Window) (*windowSpec, error) {
	leave := s.within("window definitions")
	defer leave()
	return s.windowSpec(w)
}

// within names the clause that is being analyzed, in which no window function stands, until the answer is called.
func (s *scope) within(clause string) (leave func()) {
	inWindow, noWindows, before := s.inWindow, s.noWindows, s.clause
	s.inWindow, s.noWindows, s.clause = false, true, clause
	return func() { s.inWindow, s.noWindows, s.clause = inWindow, noWindows, before }
}

// windowFunctions are the functions that need a window: what they take and give. any
// stands for one type shared by the arguments and the result.
var windowFunctions = map[string]struct {
	args   string // i int4, a any; those behind | may be left out
	result *value.Type
}{
	"row_number": {"", value.Int8}, "rank": {"", value.Int8}, "dense_rank": {"", value.Int8},
	"percent_rank": {"", value.Float8}, "cume_dist": {"", value.Float8}, "ntile": {"i", value.Int4},
	"lag": {"a|ia", nil}, "lead": {"a|ia", nil},
	"first_value": {"a", nil}, "last_value": {"a", nil}, "nth_value": {"ai", nil},
}

func (s *scope) windowFunction(n *windowNode, c *sql.FuncCall) error {
	fn, ok := windowFunctions[c.Name.Name]
	if !ok {
		if value.KindOfFunction(c.Name.Name) == value.PlainFunction {
			return s.a.fail(c.Offset(), "42809", "OVER specified, but "+c.Name.Name+" is not a window function nor an aggregate function")
		}
		return s.undefinedIn(c)
	}
	args, err := s.exprs(c.Args)
	if err != nil {
		return err
	}
	least, most, _ := strings.Cut(fn.args, "|")
	if len(args) < len(least) || len(args) > len(least)+len(most) {
		return s.undefinedIn(c)
	}
	kinds := least + most
	var shared []node
	for i, arg := range args {
		if kinds[i] == 'i' {
			if args[i], err = s.a.coerce(arg, value.Int4, value.NoMod, value.Implicit); err != nil {
				return err
			}
			continue
		}
		shared = append(shared, arg)
	}
	n.name, n.args, n.typed = c.Name.Name, args, typeAt(fn.result, c.Offset())
	if len(shared) > 0 {
		if n.t, err = s.a.common(c.Name.Name, shared); err != nil {
			return err
		}
		for i := range args {
			if kinds[i] == 'a' {
				args[i], shared = shared[0], shared[1:]
			}
		}
	}
	for i, arg := range n.args {
		if n.args[i], err = s.a.known(arg); err != nil {
			return err
		}
	}
	if n.t == value.Unknown {
		n.t = value.Text
	}
	if c.Filter != nil {
		return s.a.fail(c.Offset(), "0A000", "FILTER is not implemented for non-aggregate window functions")
	}
	return nil
}

func (s *scope) windowSpec(w *sql.Window) (*windowSpec, error) {
	spec := &windowSpec{}
	complete, err := s.inheritWindow(spec, w)
	if err != nil || complete {
		return spec, err
	}
	for _, e := range w.PartitionBy {
		n, err := s.expr(e)
		if err != nil {
			return nil, err
		}
		if n, err = s.a.known(n); err != nil {
			return nil, err
		}
		spec.partition = append(spec.partition, n)
	}
	for _, o := range w.OrderBy {
		n, err := s.expr(o.Value)
		if err != nil {
			return nil, err
		}
		if n, err = s.a.known(n); err != nil {
			return nil, err
		}
		k, err := s.orderKey(n, o)
		if err != nil {
			return nil, err
		}
		spec.order = append(spec.order, k)
	}
	return spec, s.windowFrame(spec, w.Frame)
}

// inheritWindow takes over a window that OVER names. OVER name takes it whole.
func (s *scope) inheritWindow(spec *windowSpec, w *sql.Window) (complete bool, err error) {
	base := w.Base
	if w.Name != "" {
		base = w.Name
	}
	if base == "" {
		return false, nil
	}
	named, ok := s.definition[base]
	if !ok {
		return false, s.a.fail(w.Offset(), "42704", `window "`+base+`" does not exist`)
	}
	inherited, err := s.windowSpec(named)
	if err != nil {
		return false, err
	}
	*spec = *inherited
	switch {
	case w.Name != "":
		return true, nil
	case len(w.PartitionBy) > 0:
		return false, s.a.fail(w.Offset(), "42P20", `cannot override PARTITION BY clause of window "`+base+`"`)
	case len(w.OrderBy) > 0 && len(spec.order) > 0:
		return false, s.a.fail(w.Offset(), "42P20", `cannot override ORDER BY clause of window "`+base+`"`)
	case spec.frame != nil:
		return false, s.a.fail(w.Offset(), "42P20", `cannot copy window "`+base+`" because it has a frame clause`)
	}
	return false, nil
}

func (s *scope) windowFrame(spec *windowSpec, f *sql.Frame) error {
	if f == nil {
		return nil
	}
	spec.frame = f
	if f.Exclude != sql.ExcludeNoOthers {
		return unsupported("EXCLUDE in a window frame")
	}
	offsets := f.Start.Amount != nil || f.End.Amount != nil
	if f.Mode == sql.FrameRange && offsets {
		return unsupported("RANGE with offsets in a window frame")
	}
	if f.Mode == sql.FrameGroups && len(spec.order) == 0 {
		return s.a.fail(f.Offset(), "42P20", "GROUPS mode requires an ORDER BY clause")
	}
	var err error
	if spec.from, err = s.frameOffset(f.Start.Amount); err != nil {
		return err
	}
	spec.to, err = s.frameOffset(f.End.Amount)
	return err
}

func (s *scope) frameOffset(e sql.Expr) (node, error) {
	if e == nil {
		return nil, nil
	}
	allow := s.withoutSets("set-returning functions are not allowed in window definitions")
	defer allow()
	n, err := s.expr(e)
	if err != nil {
		return nil, err
	}
	return s.a.coerce(n, value.Int8, value.NoMod, value.Implicit)
}
