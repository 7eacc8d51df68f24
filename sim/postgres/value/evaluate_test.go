package value_test

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

func testContext() *value.Context {
	state := uint64(1)
	return &value.Context{Zone: time.UTC, Random: func() uint64 {
		state = state*6364136223846793005 + 1442695040888963407
		return state
	}}
}

// typed is an expression's type and value, or its rows if it returns a set.
type typed struct {
	typ  *value.Type
	v    value.Value
	rows []value.Value
	set  bool
}

// evaluate is a little analyzer and executor for expressions without tables: enough to show
// that resolution and evaluation agree with the server's.
func evaluate(c *value.Context, expression string) (*value.Type, []value.Value, error) {
	statement, err := sql.ParseOne("SELECT " + expression)
	if err != nil {
		if failure, ok := errors.AsType[*sql.Error](err); ok {
			return nil, nil, &value.Error{Code: failure.Code, Message: failure.Message, Detail: failure.Detail, Hint: failure.Hint}
		}
		return nil, nil, err
	}
	targets := statement.(*sql.Select).Body.(*sql.SelectCore).Targets
	e := evaluator{c: c}
	x, err := e.expr(targets[0].Value)
	if err != nil {
		return nil, nil, err
	}
	if x.typ == value.Unknown {
		if x, err = e.coerce(x, value.Text, value.Implicit); err != nil {
			return nil, nil, err
		}
	}
	if x.set {
		return x.typ, x.rows, nil
	}
	return x.typ, []value.Value{x.v}, nil
}

type evaluator struct {
	c      *value.Context
	column typed // of FROM function(...) x: what x means
}

// overFunction is (SELECT aggregate(x) FROM function(...) x).
func (e evaluator) overFunction(query *sql.SelectCore) (typed, error) {
	source, err := e.expr(query.From[0].(*sql.FunctionTable).Call)
	if err != nil {
		return typed{}, err
	}
	e.column = source
	return e.expr(query.Targets[0].Value)
}

func (e evaluator) expr(node sql.Expr) (typed, error) {
	switch n := node.(type) {
	case *sql.IntegerLiteral:
		typ := value.Int4
		if n.Value != int64(int32(n.Value)) {
			typ = value.Int8
		}
		return typed{typ: typ, v: value.OfInt(n.Value)}, nil
	case *sql.NumericLiteral:
		d, err := value.ParseDecimal(n.Text)
		return typed{typ: value.Numeric, v: value.OfDecimal(d)}, err
	case *sql.StringLiteral:
		return typed{typ: value.Unknown, v: value.OfText(n.Value)}, nil
	case *sql.BoolLiteral:
		return typed{typ: value.Bool, v: value.OfBool(n.Value)}, nil
	case *sql.NullLiteral:
		return typed{typ: value.Unknown}, nil
	case *sql.Cast:
		return e.cast(n)
	case *sql.Unary:
		return e.operator(n.Op.Name, nil, n.Operand)
	case *sql.Binary:
		return e.operator(n.Op.Name, n.Left, n.Right)
	case *sql.LikeMatch:
		return e.like(n)
	case *sql.FuncCall:
		return e.call(n)
	case *sql.ArrayLiteral:
		return e.array(n)
	case *sql.Row:
		return e.row(n)
	case *sql.Subscript:
		return e.subscript(n)
	case *sql.ScalarSubquery:
		return e.overFunction(n.Query.Body.(*sql.SelectCore))
	case *sql.ColumnRef:
		return e.column, nil
	case *sql.IsNull:
		x, err := e.expr(n.Operand)
		return typed{typ: value.Bool, v: value.OfBool(x.v.IsNull() != n.Not)}, err
	}
	return typed{}, fmt.Errorf("the test's analyzer does not know %T", node)
}

func (e evaluator) coerce(x typed, to *value.Type, context value.CastContext) (typed, error) {
	cast, err := value.FindCast(x.typ, to, context)
	if err != nil {
		return typed{}, err
	}
	v, err := cast.Call(e.c, x.v)
	return typed{typ: to, v: v}, err
}

func (e evaluator) cast(n *sql.Cast) (typed, error) {
	x, err := e.expr(n.Operand)
	if err != nil {
		return typed{}, err
	}
	typ := value.TypeByName(n.Type.Name.Name)
	if n.Type.Name.Name == "char" && n.Type.Name.Schema == "" {
		typ = value.BPChar
	}
	if typ == nil {
		return typed{}, &value.Error{Code: "42704", Message: `type "` + n.Type.Name.Name + `" does not exist`}
	}
	mod := value.NoMod
	if len(n.Type.Modifiers) > 0 {
		if mod, err = e.modifier(typ, n.Type.Modifiers); err != nil {
			return typed{}, err
		}
	}
	if n.Type.ArrayDims > 0 {
		typ = value.ArrayOf(typ)
		if literal, ok := n.Operand.(*sql.ArrayLiteral); ok && len(literal.Elements) == 0 {
			return typed{typ: typ, v: value.OfArray(value.NewArray(typ.Elem, nil))}, nil
		}
	}
	if x, err = e.coerce(x, typ, value.Explicit); err != nil {
		return typed{}, err
	}
	x.v, err = typ.Coerce(mod, x.v, value.Explicit)
	return x, err
}

func (e evaluator) modifier(typ *value.Type, list []sql.Expr) (int32, error) {
	var args []int64
	for _, node := range list {
		x, err := e.expr(node)
		if err != nil {
			return 0, err
		}
		args = append(args, x.v.N)
	}
	return typ.Modifier(args)
}

func (e evaluator) operator(name string, left, right sql.Expr) (typed, error) {
	var operands []typed
	for _, node := range []sql.Expr{left, right} {
		if node == nil {
			continue
		}
		x, err := e.expr(node)
		if err != nil {
			return typed{}, err
		}
		operands = append(operands, x)
	}
	return e.apply(name, operands)
}

func (e evaluator) apply(name string, operands []typed) (typed, error) {
	var left *value.Type
	right := operands[len(operands)-1].typ
	if len(operands) == 2 {
		left = operands[0].typ
	}
	op, err := value.ResolveOperator(name, left, right)
	if err != nil {
		return typed{}, err
	}
	types := []*value.Type{op.Right}
	if len(operands) == 2 {
		types = []*value.Type{op.Left, op.Right}
	}
	args, err := e.arguments(operands, types)
	if err != nil {
		return typed{}, err
	}
	v, err := op.Call(e.c, args)
	return typed{typ: op.Result, v: v}, err
}

func (e evaluator) arguments(operands []typed, types []*value.Type) ([]value.Value, error) {
	var args []value.Value
	for i, x := range operands {
		x, err := e.coerce(x, types[i], value.Implicit)
		if err != nil {
			return nil, err
		}
		args = append(args, x.v)
	}
	return args, nil
}

func (e evaluator) like(n *sql.LikeMatch) (typed, error) {
	name := map[sql.LikeKind]string{sql.Like: "~~", sql.ILike: "~~*", sql.SimilarTo: "~"}[n.Kind]
	if n.Not {
		name = "!" + name
	}
	pattern := n.Pattern
	switch {
	case n.Kind == sql.SimilarTo && n.Escape == nil:
		pattern = &sql.FuncCall{Name: sql.QualifiedName{Name: "similar_to_escape"}, Args: []sql.Expr{pattern}}
	case n.Kind == sql.SimilarTo:
		pattern = &sql.FuncCall{Name: sql.QualifiedName{Name: "similar_to_escape"}, Args: []sql.Expr{pattern, n.Escape}}
	case n.Escape != nil:
		pattern = &sql.FuncCall{Name: sql.QualifiedName{Name: "like_escape"}, Args: []sql.Expr{pattern, n.Escape}}
	}
	return e.operator(name, n.Operand, pattern)
}

func (e evaluator) call(n *sql.FuncCall) (typed, error) {
	call := value.FunctionCall{Name: n.Name.Name, ArgNames: n.ArgNames, Variadic: n.Variadic}
	var operands []typed
	for _, node := range n.Args {
		x, err := e.expr(node)
		if err != nil {
			return typed{}, err
		}
		operands, call.Args = append(operands, x), append(call.Args, x.typ)
	}
	if value.KindOfFunction(call.Name) == value.AggregateFunction {
		return e.aggregate(call, operands)
	}
	f, err := value.ResolveFunction(call)
	if err != nil {
		return typed{}, err
	}
	if f.Server {
		return typed{}, errors.New("needs a server: " + f.Signature())
	}
	args, err := e.arguments(operands, f.Args)
	if err != nil {
		return typed{}, err
	}
	if f.Set {
		rows, err := f.CallSet(e.c, args)
		return typed{typ: f.Result, rows: rows, set: true}, err
	}
	v, err := f.Call(e.c, args)
	return typed{typ: f.Result, v: v}, err
}

// aggregate runs over the rows of a set-returning argument, or over one row.
func (e evaluator) aggregate(call value.FunctionCall, operands []typed) (typed, error) {
	a, err := value.ResolveAggregate(call)
	if err != nil {
		return typed{}, err
	}
	group := a.New(e.c)
	rows := 1
	for _, x := range operands {
		if x.set {
			rows = len(x.rows)
		}
	}
	for i := range rows {
		row := append([]typed(nil), operands...)
		for j, x := range row {
			if x.set {
				row[j] = typed{typ: x.typ, v: x.rows[i]}
			}
		}
		args, err := e.arguments(row, a.Args)
		if err == nil {
			err = group.Add(args)
		}
		if err != nil {
			return typed{}, err
		}
	}
	v, err := group.Result()
	return typed{typ: a.Result, v: v}, err
}

func (e evaluator) array(n *sql.ArrayLiteral) (typed, error) {
	var operands []typed
	var types []*value.Type
	for _, node := range n.Elements {
		x, err := e.expr(node)
		if err != nil {
			return typed{}, err
		}
		operands, types = append(operands, x), append(types, x.typ)
	}
	if len(operands) == 0 {
		return typed{typ: value.ArrayOf(value.Text), v: value.OfArray(value.NewArray(value.Text, nil))}, nil
	}
	common, err := value.CommonType("ARRAY", types)
	if err != nil {
		return typed{}, err
	}
	for i := range types {
		types[i] = common
	}
	args, err := e.arguments(operands, types)
	if err != nil {
		return typed{}, err
	}
	if common.Elem == nil {
		return typed{typ: value.ArrayOf(common), v: value.OfArray(value.NewArray(common, args))}, nil
	}
	v, err := value.NestArrays(common.Elem, args)
	return typed{typ: common, v: v}, err
}

func (e evaluator) row(n *sql.Row) (typed, error) {
	var fields []value.Field
	var values []value.Value
	for i, node := range n.Fields {
		x, err := e.expr(node)
		if err == nil && x.typ == value.Unknown {
			x, err = e.coerce(x, value.Text, value.Implicit)
		}
		if err != nil {
			return typed{}, err
		}
		fields = append(fields, value.Field{Name: "f" + strconv.Itoa(i+1), Type: x.typ, Mod: value.NoMod})
		values = append(values, x.v)
	}
	typ := value.NewRecord(fields)
	return typed{typ: typ, v: value.OfRecord(&value.RecordData{Type: typ, Values: values})}, nil
}

func (e evaluator) subscript(n *sql.Subscript) (typed, error) {
	x, err := e.expr(n.Operand)
	if err != nil {
		return typed{}, err
	}
	var lower, upper []*int64
	slice := false
	for _, index := range n.Indices {
		slice = slice || index.Slice
		low, err1 := e.bound(index.Lower)
		high, err2 := e.bound(index.Upper)
		if err := errors.Join(err1, err2); err != nil {
			return typed{}, err
		}
		lower, upper = append(lower, low), append(upper, high)
	}
	if slice {
		return typed{typ: x.typ, v: value.Slice(x.v, lower, upper)}, nil
	}
	var at []int64
	for _, low := range lower {
		at = append(at, *low)
	}
	return typed{typ: x.typ.Elem, v: value.Subscript(x.v, at)}, nil
}

func (e evaluator) bound(node sql.Expr) (*int64, error) {
	if node == nil {
		return nil, nil
	}
	x, err := e.expr(node)
	return &x.v.N, err
}
