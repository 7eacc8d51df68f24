package postgres

import (
	"errors"
	"strings"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// aggregateNode reads an aggregate's result from the group at hand.
type aggregateNode struct {
	typed
	rel, slot int
	aggregate *value.Aggregate
	args      []node
	filter    node
	distinct  bool
	order     []sortKey
}

func (n *aggregateNode) children() []node {
	list := append([]node{}, n.args...)
	if n.filter != nil {
		list = append(list, n.filter)
	}
	for _, k := range n.order {
		list = append(list, k.node)
	}
	return list
}

func (n *aggregateNode) compile() evaluator {
	rel, slot := n.rel, n.slot
	return func(f *frame) (value.Value, error) { return f.rows[rel][slot], nil }
}

// sortKey is one key of an ordering.
type sortKey struct {
	node       node
	desc       bool
	nullsFirst bool
}

// orderKey reads direction and place of nulls.
func (s *scope) orderKey(n node, o sql.OrderItem) (sortKey, error) {
	k := sortKey{node: n, desc: o.Order == sql.Descending}
	if o.Order == sql.UsingOperator {
		switch o.Using.Name {
		case "<":
		case ">":
			k.desc = true
		default:
			return k, s.a.fail(o.Offset(), "42809", "operator "+o.Using.Name+" is not a valid ordering operator")
		}
	}
	k.nullsFirst = k.desc
	switch o.Nulls {
	case sql.NullsFirst:
		k.nullsFirst = true
	case sql.NullsLast:
		k.nullsFirst = false
	}
	if !n.typ().Sortable() && n.typ() != value.Unknown {
		e := func() *value.Error {
			target := &value.Error{}
			_ = errors.As(s.a.fail(n.place(), "42883", "could not identify an ordering operator for type "+n.typ().Display), &target)
			return target
		}()
		e.Hint = "Use an explicit ordering operator or modify the query."
		return k, e
	}
	return k, nil
}

// call analyzes a function call of any kind.
func (s *scope) call(c *sql.FuncCall) (node, error) {
	if c.Name.Schema != "" && c.Name.Schema != "pg_catalog" {
		return nil, s.undefinedIn(c)
	}
	name := c.Name.Name
	kind := value.KindOfFunction(name)
	switch {
	case c.Over != nil:
		return s.windowCall(c, kind)
	case kind == value.AggregateFunction:
		return s.aggregateCall(c)
	case kind == value.WindowFunction:
		return nil, s.a.fail(c.Offset(), "42809", "window function "+name+" requires an OVER clause")
	case c.Star || c.Distinct || len(c.OrderBy) > 0 || c.Filter != nil || len(c.WithinGroup) > 0:
		return nil, s.notAggregate(c)
	}
	args, err := s.exprs(c.Args)
	if err != nil {
		return nil, err
	}
	fn, err := value.ResolveFunction(callOf(c, args))
	if err != nil {
		return nil, s.a.at(err, c.Offset())
	}
	if fn.Set {
		return s.setCall(c, fn, args)
	}
	return s.a.apply(fn, args, c.Offset())
}

func (s *scope) undefinedIn(c *sql.FuncCall) error {
	prefix := ""
	if c.Name.Schema != "" {
		prefix = c.Name.Schema + "."
	}
	if prefix != "" && c.Name.Schema != "pg_catalog" && !s.a.tx.HasSchema(c.Name.Schema) {
		return s.a.fail(c.Offset(), "3F000", `schema "`+c.Name.Schema+`" does not exist`)
	}
	args, err := s.exprs(c.Args)
	if err != nil {
		return err
	}
	var types []string
	for _, n := range args {
		types = append(types, n.typ().Display)
	}
	e := func() *value.Error {
		target := &value.Error{}
		_ = errors.As(s.a.fail(c.Offset(), "42883", "function "+prefix+c.Name.Name+"("+strings.Join(types, ", ")+") does not exist"), &target)
		return target
	}()
	e.Hint = "No function matches the given name and argument types. You might need to add explicit type casts."
	return e
}

func (s *scope) notAggregate(c *sql.FuncCall) error {
	args, err := s.exprs(c.Args)
	if err != nil {
		return err
	}
	if _, err := value.ResolveFunction(callOf(c, args)); err != nil {
		return s.a.at(err, c.Offset())
	}
	what := "DISTINCT specified, but "
	switch {
	case c.Star:
		return s.a.fail(c.Offset(), "42809", c.Name.Name+"(*) specified, but "+c.Name.Name+" is not an aggregate function")
	case len(c.OrderBy) > 0:
		what = "ORDER BY specified, but "
	case c.Filter != nil:
		what = "FILTER specified, but "
	case len(c.WithinGroup) > 0:
		what = "WITHIN GROUP specified, but "
	}
	return s.a.fail(c.Offset(), "42809", what+c.Name.Name+" is not an aggregate function")
}

func callOf(c *sql.FuncCall, args []node) value.FunctionCall {
	call := value.FunctionCall{Name: c.Name.Name, ArgNames: c.ArgNames, Variadic: c.Variadic}
	for _, n := range args {
		call.Args = append(call.Args, n.typ())
	}
	return call
}

// aggregateCall is an aggregate over the group, or over that of the level further out whose columns alone
// it is about.
func (s *scope) aggregateCall(c *sql.FuncCall) (node, error) {
	before := s.usedSoFar()
	n, err := s.aggregateOf(c)
	if err != nil {
		return nil, err
	}
	if depth := s.depthOf(n, before); depth > 0 {
		return s.outerAggregate(c, n, depth, before)
	}
	switch {
	case s.nested:
		return nil, s.a.fail(c.Offset(), "42803", "aggregate function calls cannot be nested")
	case s.noAggs:
		return nil, s.a.fail(c.Offset(), "42803", "aggregate functions are not allowed in "+s.clause)
	}
	if s.aggregate < 0 {
		s.aggregate = s.places
		s.places++
	}
	n.rel, n.slot = s.aggregate, len(s.aggregates)
	s.aggregates = append(s.aggregates, n)
	return n, nil
}

func (s *scope) aggregateOf(c *sql.FuncCall) (*aggregateNode, error) {
	if len(c.WithinGroup) > 0 {
		return nil, unsupported("ordered-set aggregate " + c.Name.Name)
	}
	wasNested := s.nested
	s.nested = true
	defer func() { s.nested = wasNested }()
	allow := s.withoutSets("aggregate function calls cannot contain set-returning function calls")
	defer allow()
	args, err := s.exprs(c.Args)
	if err != nil {
		return nil, err
	}
	if len(c.Args) == 0 && !c.Star {
		return nil, s.a.fail(c.Offset(), "42809", c.Name.Name+"(*) must be used to call a parameterless aggregate function")
	}
	agg, err := value.ResolveAggregate(callOf(c, args))
	if err != nil {
		return nil, s.a.at(err, c.Offset())
	}
	n := &aggregateNode{typed: typeAt(agg.Result, c.Offset()), aggregate: agg, distinct: c.Distinct}
	for i, arg := range args {
		converted, err := s.a.coerce(arg, agg.Args[i], value.NoMod, value.Implicit)
		if err != nil {
			return nil, err
		}
		if converted, err = s.a.known(converted); err != nil {
			return nil, err
		}
		n.args = append(n.args, converted)
	}
	if c.Filter != nil {
		if n.filter, err = s.aggregateFilter(c.Filter); err != nil {
			return nil, err
		}
	}
	for _, o := range c.OrderBy {
		key, err := s.expr(o.Value)
		if err != nil {
			return nil, err
		}
		if key, err = s.a.known(key); err != nil {
			return nil, err
		}
		k, err := s.orderKey(key, o)
		if err != nil {
			return nil, err
		}
		if n.distinct && !containsNode(n.args, key) {
			return nil, s.a.fail(o.Offset(), "42P10", "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
		}
		n.order = append(n.order, k)
	}
	return n, nil
}

func (s *scope) aggregateFilter(e sql.Expr) (node, error) {
	clause, windows := s.clause, s.noWindows
	s.clause, s.noWindows = "FILTER", true
	n, err := s.boolean(e, "FILTER")
	s.clause, s.noWindows = clause, windows
	return n, err
}
