package postgres

import (
	"strings"

	"errors"
	"slices"
	"strconv"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// array is ARRAY[...]; elem is what a cast around it asks for.
func (s *scope) array(e *sql.ArrayLiteral, elem *value.Type) (node, error) {
	var items []node
	nested := false
	for _, item := range e.Elements {
		var n node
		var err error
		if inner, ok := item.(*sql.ArrayLiteral); ok {
			nested = true
			n, err = s.array(inner, elem)
		} else {
			n, err = s.expr(item)
		}
		if err != nil {
			return nil, err
		}
		nested = nested || n.typ().Elem != nil
		items = append(items, n)
	}
	if len(items) == 0 && elem == nil {
		err := func() *value.Error {
			target := &value.Error{}
			_ = errors.As(s.a.fail(e.Offset(), "42P18", "cannot determine type of empty array"), &target)
			return target
		}()
		err.Hint = "Explicitly cast to the desired type, for example ARRAY[]::integer[]."
		return nil, err
	}
	if elem != nil && !nested {
		for i, n := range items {
			c, err := s.a.coerce(n, elem, value.NoMod, value.Explicit)
			if err != nil {
				return nil, err
			}
			items[i] = c
		}
		return &arrayNode{typeAt(value.ArrayOf(elem), e.Offset()), elem, items, false}, nil
	}
	t, err := s.a.common("ARRAY", items)
	if err != nil {
		return nil, err
	}
	of := value.ArrayOf(t)
	if of == nil {
		return nil, s.a.fail(e.Offset(), "42704", "could not find array type for data type "+t.Display)
	}
	return &arrayNode{typeAt(of, e.Offset()), of.Elem, items, nested}, nil
}

func (s *scope) row(e *sql.Row) (node, error) {
	var items []node
	for _, item := range e.Fields {
		if star, ok := item.(*sql.Star); ok {
			columns, err := s.star(star)
			if err != nil {
				return nil, err
			}
			for _, c := range columns {
				items = append(items, c.node)
			}
			continue
		}
		n, err := s.expr(item)
		if err != nil {
			return nil, err
		}
		if n, err = s.a.known(n); err != nil {
			return nil, err
		}
		items = append(items, n)
	}
	fields := make([]value.Field, len(items))
	for i, n := range items {
		fields[i] = value.Field{Name: "f" + strconv.Itoa(i+1), Type: n.typ(), Mod: n.modifier()}
	}
	return &rowNode{typeAt(value.NewRecord(fields), e.Offset()), items}, nil
}

func (s *scope) fieldSelect(e *sql.FieldSelect) (node, error) {
	if e.All {
		return nil, unsupported("(composite).*")
	}
	arg, err := s.expr(e.Operand)
	if err != nil {
		return nil, err
	}
	for i, f := range arg.typ().Fields {
		if f.Name == e.Field {
			return &fieldNode{typed{t: f.Type, mod: f.Mod, at: e.Offset()}, arg, i}, nil
		}
	}
	if arg.typ().Kind != value.KindRecord {
		return nil, s.a.fail(e.Offset(), "42809", `column notation .`+e.Field+` applied to type `+arg.typ().Display+`, which is not a composite type`)
	}
	return nil, s.a.fail(e.Offset(), "42703", `could not identify column "`+e.Field+`" in record data type`)
}

func (s *scope) subscript(e *sql.Subscript) (node, error) {
	arg, err := s.expr(e.Operand)
	if err != nil {
		return nil, err
	}
	if arg.typ().Elem == nil {
		if arg.typ() == value.JSONB {
			return nil, unsupported("subscripts of jsonb")
		}
		return nil, s.a.fail(e.Offset(), "42804", "cannot subscript type "+arg.typ().Display+" because it does not support subscripting")
	}
	n := &subscriptNode{arg: arg}
	for _, index := range e.Indices {
		n.slice = n.slice || index.Slice
	}
	for _, index := range e.Indices {
		lower, err := s.bound(index.Lower)
		if err != nil {
			return nil, err
		}
		upper, err := s.bound(index.Upper)
		if err != nil {
			return nil, err
		}
		if n.slice && !index.Slice { // a[2] among slices means a[1:2]
			lower, upper = &constNode{typeAt(value.Int4, index.Offset()), value.OfInt(1)}, lower
		}
		n.lower, n.upper = append(n.lower, lower), append(n.upper, upper)
	}
	n.typed = typeAt(arg.typ().Elem, e.Offset())
	if n.slice {
		n.typed = typeAt(arg.typ(), e.Offset())
	}
	return n, nil
}

func (s *scope) bound(e sql.Expr) (node, error) {
	if e == nil {
		return nil, nil
	}
	n, err := s.expr(e)
	if err != nil {
		return nil, err
	}
	return s.a.coerce(n, value.Int4, value.NoMod, value.Assignment)
}

func (s *scope) collate(e *sql.Collate) (node, error) {
	n, err := s.expr(e.Operand)
	if err != nil {
		return nil, err
	}
	return n, s.a.collation(e.Collation.Name, n.typ(), e.Offset())
}

// collation accepts the collations that sort by bytes, as everything here does.
func (a *analyzer) collation(name string, of *value.Type, at int) error {
	elem := of
	if of.Elem != nil {
		elem = of.Elem
	}
	if elem.Category != 'S' && elem != value.Unknown {
		return a.fail(at, "42804", "collations are not supported by type "+of.Display)
	}
	switch name {
	case "C", "POSIX", "ucs_basic", "default":
		return nil
	}
	return unsupported("collation " + name)
}

// sqlValue is CURRENT_TIMESTAMP and its like.
func (s *scope) sqlValue(e *sql.SQLValue) (node, error) {
	name, to := "now", value.Timestamptz
	switch e.Kind {
	case sql.CurrentTimestamp:
	case sql.CurrentDate:
		to = value.Date
	case sql.LocalTimestamp:
		to = value.Timestamp
	case sql.LocalTime:
		to = value.Time
	case sql.CurrentTime:
		return nil, unsupported("CURRENT_TIME")
	case sql.CurrentCatalog:
		name, to = "current_database", value.Name
	case sql.CurrentSchema:
		name, to = "current_schema", value.Name
	default:
		name, to = "current_user", value.Name
	}
	n, err := s.a.function(name, nil, e.Offset())
	if err != nil {
		return nil, err
	}
	mod := value.NoMod
	if e.Precision >= 0 {
		if mod, err = to.Modifier([]int64{int64(e.Precision)}); err != nil {
			return nil, s.a.at(err, e.Offset())
		}
	}
	return s.a.coerce(n, to, mod, value.Explicit)
}

// subquery analyzes a query used as an expression, with what stands to its left.
func (s *scope) subquery(kind subqueryKind, q *sql.Select, operand sql.Expr, op string, not bool, at int) (node, error) {
	if s.noQueries {
		return nil, s.a.fail(at, "0A000", "cannot use subquery in "+strings.TrimSuffix(s.clause, "s"))
	}
	inner, before := s.a.newScope(s), len(s.used)
	compiled, err := inner.query(q)
	if err != nil {
		return nil, err
	}
	n := &subqueryNode{kind: kind, query: compiled, correlated: inner.correlated, uses: inner.uses, slot: s.a.once, not: not, tree: q}
	n.used = slices.Clone(s.used[before:])
	s.a.once++
	columns := compiled.columns
	n.typed = typeAt(value.Bool, at)
	switch kind {
	case subqueryScalar, subqueryArray:
		if len(columns) != 1 {
			return nil, s.a.fail(at, "42601", "subquery must return only one column")
		}
		n.typed = typed{t: columns[0].typ, mod: columns[0].mod, at: at}
		if kind == subqueryArray {
			n.typed = typeAt(value.ArrayOf(columns[0].typ), at)
		}
	case subqueryAny, subqueryAll:
		return n, s.quantifiedSubquery(n, operand, op, at)
	}
	return n, nil
}

func (s *scope) quantifiedSubquery(n *subqueryNode, operand sql.Expr, op string, at int) error {
	list := []sql.Expr{operand}
	if row, ok := operand.(*sql.Row); ok {
		list = row.Fields
	}
	left, err := s.exprs(list)
	if err != nil {
		return err
	}
	columns := n.query.columns
	if len(left) != len(columns) {
		if len(left) < len(columns) {
			return s.a.fail(at, "42601", "subquery has too many columns")
		}
		return s.a.fail(at, "42601", "subquery has too few columns")
	}
	for i, c := range columns {
		right := &columnNode{typed: typed{t: c.typ, mod: c.mod, at: at}}
		chosen, l, r, err := s.a.operands(op, left[i], right, at)
		if err != nil {
			return err
		}
		if r != node(right) {
			n.query.setConvert(i, r.compile())
		}
		n.left, n.ops = append(n.left, l), append(n.ops, chosen)
	}
	return s.a.single("row comparison operator", at, n.left...)
}
