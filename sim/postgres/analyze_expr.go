package postgres

import (
	"fmt"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// expr analyzes an expression.
func (s *scope) expr(e sql.Expr) (node, error) {
	switch e := e.(type) {
	case *sql.IntegerLiteral:
		t := value.Int8
		if int64(int32(e.Value)) == e.Value {
			t = value.Int4
		}
		return &constNode{typeAt(t, e.Offset()), value.OfInt(e.Value)}, nil
	case *sql.NumericLiteral:
		v, err := value.Numeric.ParseText(&s.a.context, e.Text)
		return &constNode{typeAt(value.Numeric, e.Offset()), v}, s.a.at(err, e.Offset())
	case *sql.StringLiteral:
		return &constNode{typeAt(value.Unknown, e.Offset()), value.OfText(e.Value)}, nil
	case *sql.BoolLiteral:
		return &constNode{typeAt(value.Bool, e.Offset()), value.OfBool(e.Value)}, nil
	case *sql.NullLiteral:
		return &constNode{typed: typeAt(value.Unknown, e.Offset())}, nil
	case *sql.Param:
		return s.a.param(e)
	case *sql.ColumnRef:
		return s.columnRef(e)
	case *sql.FuncCall:
		return s.call(e)
	case *sql.Cast:
		return s.cast(e)
	case *sql.Default:
		return nil, s.a.fail(e.Offset(), "42601", "DEFAULT is not allowed in this context")
	case *sql.Star:
		if e.Table != "" { // t.* outside a list of targets is the row
			return s.rowOf(e)
		}
		return nil, s.a.fail(e.Offset(), "42601", "row expansion via \"*\" is not supported here")
	}
	return s.operatorExpr(e)
}

func (s *scope) operatorExpr(e sql.Expr) (node, error) {
	switch e := e.(type) {
	case *sql.Unary:
		return s.unary(e)
	case *sql.Binary:
		return s.binaryExpr(e)
	case *sql.Logical:
		return s.logical(e)
	case *sql.Not:
		n, err := s.boolean(e.Operand, "NOT")
		return &notNode{typeAt(value.Bool, e.Offset()), n}, err
	case *sql.IsNull:
		return s.isNull(e)
	case *sql.IsTruth:
		return s.isTruth(e)
	case *sql.IsDistinct:
		return s.isDistinct(e)
	case *sql.Between:
		return s.between(e)
	case *sql.LikeMatch:
		return s.like(e)
	case *sql.InList:
		return s.inList(e)
	case *sql.QuantifiedArray:
		return s.quantified(e)
	case *sql.Case:
		return s.caseExpr(e)
	case *sql.Coalesce:
		return s.coalesce(e)
	case *sql.MinMax:
		return s.minmax(e)
	case *sql.NullIf:
		return s.nullif(e)
	}
	return s.compoundExpr(e)
}

func (s *scope) compoundExpr(e sql.Expr) (node, error) {
	switch e := e.(type) {
	case *sql.InSubquery:
		return s.subquery(subqueryAny, e.Query, e.Operand, "=", e.Not, e.Offset())
	case *sql.QuantifiedSubquery:
		kind := subqueryAny
		if e.All {
			kind = subqueryAll
		}
		return s.subquery(kind, e.Query, e.Operand, e.Op.Name, false, e.Offset())
	case *sql.Exists:
		return s.subquery(subqueryExists, e.Query, nil, "", false, e.Offset())
	case *sql.ScalarSubquery:
		return s.subquery(subqueryScalar, e.Query, nil, "", false, e.Offset())
	case *sql.ArraySubquery:
		return s.subquery(subqueryArray, e.Query, nil, "", false, e.Offset())
	case *sql.ArrayLiteral:
		return s.array(e, nil)
	case *sql.Row:
		return s.row(e)
	case *sql.FieldSelect:
		return s.fieldSelect(e)
	case *sql.Subscript:
		return s.subscript(e)
	case *sql.Collate:
		return s.collate(e)
	case *sql.SQLValue:
		return s.sqlValue(e)
	}
	return nil, unsupported(fmt.Sprintf("expression %T", e))
}

func (s *scope) exprs(list []sql.Expr) ([]node, error) {
	nodes := make([]node, len(list))
	for i, e := range list {
		n, err := s.expr(e)
		if err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	return nodes, nil
}

// boolean analyzes an operand of AND, OR, NOT, WHERE and so on.
func (s *scope) boolean(e sql.Expr, clause string) (node, error) {
	n, err := s.expr(e)
	if err != nil {
		return nil, err
	}
	return s.a.condition(n, clause)
}

func (s *scope) unary(e *sql.Unary) (node, error) {
	n, err := s.expr(e.Operand)
	if err != nil {
		return nil, err
	}
	op, err := value.ResolveOperator(e.Op.Name, nil, n.typ())
	if err != nil {
		return nil, s.a.at(err, e.Offset())
	}
	if n, err = s.a.coerce(n, op.Right, value.NoMod, value.Implicit); err != nil {
		return nil, err
	}
	return &opNode{typeAt(op.Result, e.Offset()), op, nil, n}, nil
}

func (s *scope) binaryExpr(e *sql.Binary) (node, error) {
	if e.Op.Schema != "" && e.Op.Schema != "pg_catalog" {
		return nil, s.a.fail(e.Offset(), "3F000", `schema "`+e.Op.Schema+`" does not exist`)
	}
	l, lok := e.Left.(*sql.Row)
	r, rok := e.Right.(*sql.Row)
	if lok && rok {
		return s.rowCompare(e.Op.Name, l, r, e.Offset())
	}
	if q, ok := e.Right.(*sql.ScalarSubquery); ok && lok {
		return s.subquery(subqueryAny, q.Query, l, e.Op.Name, false, e.Offset())
	}
	left, err := s.expr(e.Left)
	if err != nil {
		return nil, err
	}
	right, err := s.expr(e.Right)
	if err != nil {
		return nil, err
	}
	return s.a.binary(e.Op.Name, left, right, e.Offset())
}

// binary applies an operator to two analyzed operands.
func (a *analyzer) binary(name string, left, right node, at int) (node, error) {
	op, left, right, err := a.operands(name, left, right, at)
	if err != nil {
		return nil, err
	}
	return &opNode{typeAt(op.Result, at), op, left, right}, nil
}

// operands chooses the operator and converts its operands.
func (a *analyzer) operands(name string, left, right node, at int) (*value.Operator, node, node, error) {
	op, err := value.ResolveOperator(name, left.typ(), right.typ())
	if err != nil {
		return nil, nil, nil, a.at(err, at)
	}
	if left, err = a.coerce(left, op.Left, value.NoMod, value.Implicit); err != nil {
		return nil, nil, nil, err
	}
	if right, err = a.coerce(right, op.Right, value.NoMod, value.Implicit); err != nil {
		return nil, nil, nil, err
	}
	return op, left, right, nil
}

func (s *scope) logical(e *sql.Logical) (node, error) {
	clause := "AND"
	if e.Or {
		clause = "OR"
	}
	n := &logicNode{typed: typeAt(value.Bool, e.Offset()), or: e.Or}
	for _, term := range e.Terms {
		t, err := s.boolean(term, clause)
		if err != nil {
			return nil, err
		}
		n.terms = append(n.terms, t)
	}
	return n, nil
}

func (s *scope) isNull(e *sql.IsNull) (node, error) {
	n, err := s.expr(e.Operand)
	if err != nil {
		return nil, err
	}
	test := func(v value.Value) bool { return v.Kind == value.KindNull }
	not := e.Not
	if n.typ().Kind == value.KindRecord { // true if every field is; IS NOT NULL: if no field is
		if not {
			test, not = func(v value.Value) bool { return fieldsNull(v, false) }, false
		} else {
			test = func(v value.Value) bool { return fieldsNull(v, true) }
		}
	}
	return &testNode{typeAt(value.Bool, e.Offset()), n, test, not, 'n'}, nil
}

// fieldsNull says whether all fields of a record are NULL, or all are not.
func fieldsNull(v value.Value, null bool) bool {
	if v.Kind == value.KindNull {
		return null
	}
	for _, f := range v.Record().Values {
		if f.IsNull() != null {
			return false
		}
	}
	return true
}

func (s *scope) isTruth(e *sql.IsTruth) (node, error) {
	n, err := s.boolean(e.Operand, "IS TRUE")
	if err != nil {
		return nil, err
	}
	tests := map[sql.Truth]func(value.Value) bool{
		sql.IsTrue:    value.Value.True,
		sql.IsFalse:   func(v value.Value) bool { return v.Kind == value.KindBool && v.N == 0 },
		sql.IsUnknown: value.Value.IsNull,
	}
	return &testNode{typeAt(value.Bool, e.Offset()), n, tests[e.Test], e.Not, 't' + byte(e.Test)}, nil
}

func (s *scope) isDistinct(e *sql.IsDistinct) (node, error) {
	left, err := s.expr(e.Left)
	if err != nil {
		return nil, err
	}
	right, err := s.expr(e.Right)
	if err != nil {
		return nil, err
	}
	op, left, right, err := s.a.operands("=", left, right, e.Offset())
	if err != nil {
		return nil, err
	}
	return &distinctNode{typeAt(value.Bool, e.Offset()), op, left, right, e.Not}, nil
}

// between is x >= low AND x <= high; SYMMETRIC takes the bounds in either order.
func (s *scope) between(e *sql.Between) (node, error) {
	parts, err := s.exprs([]sql.Expr{e.Operand, e.Low, e.High})
	if err != nil {
		return nil, err
	}
	within := func(low, high node) (node, error) {
		from, err := s.a.binary(">=", parts[0], low, e.Offset())
		if err != nil {
			return nil, err
		}
		to, err := s.a.binary("<=", parts[0], high, e.Offset())
		if err != nil {
			return nil, err
		}
		return &logicNode{typeAt(value.Bool, e.Offset()), false, []node{from, to}}, s.a.single("argument of AND", e.Offset(), from, to)
	}
	n, err := within(parts[1], parts[2])
	if err != nil {
		return nil, err
	}
	if e.Symmetric {
		other, err := within(parts[2], parts[1])
		if err != nil {
			return nil, err
		}
		n = &logicNode{typeAt(value.Bool, e.Offset()), true, []node{n, other}}
	}
	if e.Not {
		n = &notNode{typeAt(value.Bool, e.Offset()), n}
	}
	return n, nil
}

func (s *scope) like(e *sql.LikeMatch) (node, error) {
	left, err := s.expr(e.Operand)
	if err != nil {
		return nil, err
	}
	pattern, err := s.expr(e.Pattern)
	if err != nil {
		return nil, err
	}
	args := []node{pattern}
	if e.Escape != nil {
		escape, err := s.expr(e.Escape)
		if err != nil {
			return nil, err
		}
		args = append(args, escape)
	}
	names := map[sql.LikeKind]string{sql.Like: "~~", sql.ILike: "~~*", sql.SimilarTo: "~"}
	name := names[e.Kind]
	if e.Not {
		name = "!" + name
	}
	if e.Kind == sql.SimilarTo {
		pattern, err = s.a.function("similar_to_escape", args, e.Offset())
	} else if e.Escape != nil {
		pattern, err = s.a.function("like_escape", args, e.Offset())
	}
	if err != nil {
		return nil, err
	}
	return s.a.binary(name, left, pattern, e.Offset())
}

// function calls a plain function by name on analyzed arguments.
func (a *analyzer) function(name string, args []node, at int) (node, error) {
	types := make([]*value.Type, len(args))
	for i, arg := range args {
		types[i] = arg.typ()
	}
	fn, err := value.ResolveFunction(value.FunctionCall{Name: name, Args: types})
	if err != nil {
		return nil, a.at(err, at)
	}
	return a.apply(fn, args, at)
}

// apply converts the arguments of a chosen function.
func (a *analyzer) apply(fn *value.Function, args []node, at int) (node, error) {
	converted := make([]node, len(args))
	for i, arg := range args {
		n, err := a.coerce(arg, fn.Args[i], value.NoMod, value.Implicit)
		if err != nil {
			return nil, err
		}
		converted[i] = n
	}
	return &callNode{typeAt(fn.Result, at), fn, converted, fn.Name}, nil
}

func (s *scope) coalesce(e *sql.Coalesce) (node, error) {
	sets := len(s.sets)
	args, err := s.exprs(e.Args)
	if err != nil {
		return nil, err
	}
	t, err := s.a.common("COALESCE", args)
	if err != nil {
		return nil, err
	}
	return &coalesceNode{typeAt(t, e.Offset()), args}, s.noSetsSince(sets, "COALESCE")
}

func (s *scope) caseExpr(e *sql.Case) (node, error) {
	n, sets := &caseNode{}, len(s.sets)
	var operand node
	var err error
	if e.Operand != nil {
		if operand, err = s.expr(e.Operand); err != nil {
			return nil, err
		}
		if operand, err = s.a.known(operand); err != nil {
			return nil, err
		}
	}
	var results []node
	for _, w := range e.Whens {
		condition, err := s.expr(w.Condition)
		if err != nil {
			return nil, err
		}
		if operand != nil {
			condition, err = s.a.binary("=", operand, condition, w.Offset())
		} else {
			condition, err = s.a.condition(condition, "CASE/WHEN")
		}
		if err != nil {
			return nil, err
		}
		result, err := s.expr(w.Result)
		if err != nil {
			return nil, err
		}
		n.conditions, results = append(n.conditions, condition), append(results, result)
	}
	if e.Else != nil {
		otherwise, err := s.expr(e.Else)
		if err != nil {
			return nil, err
		}
		// PostgreSQL lets ELSE come first when it chooses the type.
		results = append([]node{otherwise}, results...)
	}
	t, err := s.a.common("CASE", results)
	if err != nil {
		return nil, err
	}
	if e.Else != nil {
		n.otherwise, results = results[0], results[1:]
	}
	n.results, n.typed = results, typeAt(t, e.Offset())
	return n, s.noSetsSince(sets, "CASE")
}

func (s *scope) minmax(e *sql.MinMax) (node, error) {
	args, err := s.exprs(e.Args)
	if err != nil {
		return nil, err
	}
	what := "GREATEST"
	if e.Least {
		what = "LEAST"
	}
	t, err := s.a.common(what, args)
	return &minmaxNode{typeAt(t, e.Offset()), args, e.Least}, err
}

func (s *scope) nullif(e *sql.NullIf) (node, error) {
	left, err := s.expr(e.Left)
	if err != nil {
		return nil, err
	}
	right, err := s.expr(e.Right)
	if err != nil {
		return nil, err
	}
	op, l, r, err := s.a.operands("=", left, right, e.Offset())
	if err != nil {
		return nil, err
	}
	if left.typ() == value.Unknown || left.typ() == value.Varchar {
		left = l // the operator's own type, which for varchar is text
	}
	return &nullifNode{typed{t: left.typ(), mod: left.modifier(), at: e.Offset()}, op, l, r, left}, nil
}
