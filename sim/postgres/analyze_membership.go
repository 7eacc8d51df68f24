package postgres

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// inList is x IN (a, b, ...) over one common type, or else a chain of comparisons.
func (s *scope) inList(e *sql.InList) (node, error) {
	if left, ok := e.Operand.(*sql.Row); ok {
		return s.inRows(left, e)
	}
	arg, err := s.expr(e.Operand)
	if err != nil {
		return nil, err
	}
	list, err := s.exprs(e.List)
	if err != nil {
		return nil, err
	}
	types := []*value.Type{arg.typ()}
	for _, n := range list {
		types = append(types, n.typ())
	}
	t, err := value.CommonType("IN", types)
	if err != nil {
		return s.inChain(arg, list, e)
	}
	for i, n := range list {
		if list[i], err = s.a.coerce(n, t, value.NoMod, value.Implicit); err != nil {
			return nil, err
		}
	}
	op, err := value.ResolveOperator("=", arg.typ(), t)
	if err != nil {
		return nil, s.a.at(err, e.Offset())
	}
	if arg, err = s.a.coerce(arg, op.Left, value.NoMod, value.Implicit); err != nil {
		return nil, err
	}
	for i, n := range list {
		if list[i], err = s.a.coerce(n, op.Right, value.NoMod, value.Implicit); err != nil {
			return nil, err
		}
	}
	if !listed(list) {
		err = s.a.single("argument of IN", e.Offset(), append(list, arg)...)
	}
	return &inListNode{typeAt(value.Bool, e.Offset()), op, arg, list, e.Not}, err
}

// listed says whether PostgreSQL compares with all of a list at once, as an array: with several, of which none
// contains a column.
func listed(list []node) bool {
	return len(list) > 1 && !slices.ContainsFunc(list, hasColumn)
}

func hasColumn(n node) bool {
	if c, ok := n.(*columnNode); ok && c.depth == 0 {
		return true
	}
	return slices.ContainsFunc(n.children(), hasColumn)
}

func (s *scope) inChain(arg node, list []node, e *sql.InList) (node, error) {
	chain := &logicNode{typed: typeAt(value.Bool, e.Offset()), or: !e.Not}
	name := "="
	if e.Not {
		name = "<>"
	}
	for _, n := range list {
		term, err := s.a.binary(name, arg, n, e.Offset())
		if err != nil {
			return nil, err
		}
		chain.terms = append(chain.terms, term)
	}
	return chain, s.a.single("argument of IN", e.Offset(), chain.terms...)
}

func (s *scope) inRows(left *sql.Row, e *sql.InList) (node, error) {
	chain := &logicNode{typed: typeAt(value.Bool, e.Offset()), or: true}
	for _, item := range e.List {
		right, ok := item.(*sql.Row)
		if !ok {
			return nil, s.a.fail(item.Offset(), "42601", "syntax error: a row is expected")
		}
		term, err := s.rowCompare("=", left, right, e.Offset())
		if err != nil {
			return nil, err
		}
		chain.terms = append(chain.terms, term)
	}
	if e.Not {
		return &notNode{typeAt(value.Bool, e.Offset()), chain}, nil
	}
	return chain, nil
}

// rowCompare compares two rows: = and <> pair by pair, the orderings by the first pair that
// differs (manual, 9.24.5).
func (s *scope) rowCompare(name string, l, r *sql.Row, at int) (node, error) {
	left, err := s.exprs(l.Fields)
	if err != nil {
		return nil, err
	}
	right, err := s.exprs(r.Fields)
	if err != nil {
		return nil, err
	}
	if len(left) != len(right) {
		return nil, s.a.fail(at, "42601", "unequal number of entries in row expressions")
	}
	n := &rowCompareNode{typed: typeAt(value.Bool, at)}
	var terms []node
	for i := range left {
		op, lc, rc, err := s.a.operands(name, left[i], right[i], at)
		if err != nil {
			return nil, err
		}
		n.comparison = op.Comparison
		n.left, n.right, n.ops = append(n.left, lc), append(n.right, rc), append(n.ops, op)
		terms = append(terms, &opNode{typeAt(op.Result, at), op, lc, rc})
	}
	if err := s.a.single("row comparison operator", at, terms...); err != nil {
		return nil, err
	}
	switch n.comparison {
	case value.Equals, value.NotEquals:
		if len(terms) == 1 {
			return terms[0], nil
		}
		return &logicNode{typeAt(value.Bool, at), n.comparison == value.NotEquals, terms}, nil
	case value.NotComparison:
		return nil, s.a.fail(at, "0A000", "could not determine interpretation of row comparison operator "+name)
	}
	return n, nil
}

// quantified is x op ANY (array).
func (s *scope) quantified(e *sql.QuantifiedArray) (node, error) {
	arg, err := s.expr(e.Operand)
	if err != nil {
		return nil, err
	}
	array, err := s.expr(e.Array)
	if err != nil {
		return nil, err
	}
	elem := array.typ()
	if elem != value.Unknown {
		if elem = array.typ().Elem; elem == nil {
			return nil, s.a.fail(e.Offset(), "42809", "op ANY/ALL (array) requires array on right side")
		}
	}
	op, err := value.ResolveOperator(e.Op.Name, arg.typ(), elem)
	if err != nil {
		return nil, s.a.at(err, e.Offset())
	}
	if arg, err = s.a.coerce(arg, op.Left, value.NoMod, value.Implicit); err != nil {
		return nil, err
	}
	if array, err = s.a.coerce(array, value.ArrayOf(op.Right), value.NoMod, value.Implicit); err != nil {
		return nil, err
	}
	return &quantifiedNode{typeAt(value.Bool, e.Offset()), op, e.All, arg, array}, nil
}
