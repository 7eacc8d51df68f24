package postgres

import (
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// frame is where an expression finds its columns: the current row of each relation of its
// query level, and the frame of the level around it.
type frame struct {
	rows   []value.Row
	tuples []*store.Tuple // the version behind the row, for relations that are tables
	outer  *frame
	x      *execution
	out    value.Row // room for a result's row
}

// output returns room for a row of the result, valid as long as the frame.
func (f *frame) output(width int) value.Row {
	if cap(f.out) < width {
		f.out = make(value.Row, width)
	}
	return f.out[:width]
}

// evaluator computes an expression on a frame.
type evaluator func(f *frame) (value.Value, error)

// node is an analyzed expression: names are resolved, types are known, conversions are in
// place. Nodes are immutable once analysis is over.
type node interface {
	typ() *value.Type
	modifier() int32
	place() int // byte offset in the text, for positions of errors
	children() []node
	compile() evaluator
}

// typed is what all nodes have.
type typed struct {
	t   *value.Type
	mod int32
	at  int
}

func (n *typed) typ() *value.Type { return n.t }
func (n *typed) modifier() int32  { return n.mod }
func (n *typed) place() int       { return n.at }
func (n *typed) children() []node { return nil }

func typeAt(t *value.Type, at int) typed { return typed{t: t, mod: value.NoMod, at: at} }

// constNode is a constant. A string literal has type unknown until its context is known.
type constNode struct {
	typed
	v value.Value
}

func (n *constNode) compile() evaluator {
	v := n.v
	return func(*frame) (value.Value, error) { return v, nil }
}

// paramNode is $n.
type paramNode struct {
	typed
	n int
}

func (n *paramNode) compile() evaluator {
	i := n.n - 1
	return func(f *frame) (value.Value, error) { return f.x.params[i], nil }
}

// columnNode is a column of a relation, depth levels out.
type columnNode struct {
	typed
	depth, rel, col int
	name            string
	table           *relation
}

func (n *columnNode) compile() evaluator {
	rel, col := n.rel, n.col
	switch n.depth {
	case 0:
		return func(f *frame) (value.Value, error) {
			if r := f.rows[rel]; r != nil {
				return r[col], nil
			}
			return value.Value{}, nil
		}
	case 1:
		return func(f *frame) (value.Value, error) {
			if r := f.outer.rows[rel]; r != nil {
				return r[col], nil
			}
			return value.Value{}, nil
		}
	}
	depth := n.depth
	return func(f *frame) (value.Value, error) {
		for range depth {
			f = f.outer
		}
		if r := f.rows[rel]; r != nil {
			return r[col], nil
		}
		return value.Value{}, nil
	}
}

// systemNode is a system column of a table: xmin, xmax or tableoid.
type systemNode struct {
	typed
	depth, rel int
	name       string
	table      *relation
}

func (n *systemNode) compile() evaluator {
	oid := n.table.table.OID()
	return func(f *frame) (value.Value, error) {
		for range n.depth {
			f = f.outer
		}
		tuple := f.tuples[n.rel]
		if tuple == nil {
			return value.Value{}, nil
		}
		switch n.name {
		case "xmin":
			return value.OfInt(int64(uint32(tuple.Xmin()))), nil
		case "xmax":
			return value.OfInt(int64(uint32(tuple.LockedBy()))), nil
		}
		return value.OfInt(int64(oid)), nil
	}
}

// wholeRowNode is a relation's row as a composite value.
type wholeRowNode struct {
	typed
	depth, rel int
	fields     []int
	present    []node
	table      *relation
}

func (n *wholeRowNode) children() []node { return n.present }

func (n *wholeRowNode) compile() evaluator {
	return func(f *frame) (value.Value, error) {
		for range n.depth {
			f = f.outer
		}
		row := f.rows[n.rel]
		if row == nil {
			return value.Value{}, nil
		}
		values := make([]value.Value, len(n.fields))
		for i, col := range n.fields {
			values[i] = row[col]
		}
		return value.OfRecord(&value.RecordData{Type: n.t, Values: values}), nil
	}
}

// callNode is a function call.
type callNode struct {
	typed
	fn   *value.Function
	args []node
	name string
}

func (n *callNode) children() []node { return n.args }

func (n *callNode) compile() evaluator {
	fn, args := n.fn, compileAll(n.args)
	switch len(args) {
	case 0:
		return func(f *frame) (value.Value, error) { return fn.Call(&f.x.context, nil) }
	case 1:
		a := args[0]
		return func(f *frame) (value.Value, error) {
			v, err := a(f)
			if err != nil || v.Kind == value.KindNull && fn.Strict {
				return value.Value{}, err
			}
			x := f.x
			base := len(x.stack)
			x.stack = append(x.stack, v)
			result, err := fn.Call(&x.context, x.stack[base:base+1:base+1])
			x.stack = x.stack[:base]
			return result, err
		}
	}
	return func(f *frame) (value.Value, error) {
		x := f.x
		base := len(x.stack)
		for _, a := range args {
			v, err := a(f)
			if err != nil {
				x.stack = x.stack[:base]
				return value.Value{}, err
			}
			x.stack = append(x.stack, v)
		}
		top := base + len(args)
		result, err := fn.Call(&x.context, x.stack[base:top:top])
		x.stack = x.stack[:base]
		return result, err
	}
}

func compileAll(nodes []node) []evaluator {
	list := make([]evaluator, len(nodes))
	for i, n := range nodes {
		list[i] = n.compile()
	}
	return list
}

// opNode is an operator: left is nil for a prefix operator.
type opNode struct {
	typed
	op          *value.Operator
	left, right node
}

func (n *opNode) children() []node {
	if n.left == nil {
		return []node{n.right}
	}
	return []node{n.left, n.right}
}

func (n *opNode) compile() evaluator {
	op := n.op
	right := n.right.compile()
	if n.left == nil {
		return func(f *frame) (value.Value, error) {
			v, err := right(f)
			if err != nil {
				return value.Value{}, err
			}
			return f.x.operate1(op, v)
		}
	}
	left := n.left.compile()
	if op.Comparison != value.NotComparison && op.Strict() {
		return compileComparison(op.Comparison, left, right)
	}
	return func(f *frame) (value.Value, error) {
		l, err := left(f)
		if err != nil {
			return value.Value{}, err
		}
		r, err := right(f)
		if err != nil {
			return value.Value{}, err
		}
		return f.x.operate(op, l, r)
	}
}

// operate evaluates a binary operator on values.
func (x *execution) operate(op *value.Operator, l, r value.Value) (value.Value, error) {
	base := len(x.stack)
	x.stack = append(x.stack, l, r)
	result, err := op.Call(&x.context, x.stack[base:base+2:base+2])
	x.stack = x.stack[:base]
	return result, err
}

func (x *execution) operate1(op *value.Operator, v value.Value) (value.Value, error) {
	base := len(x.stack)
	x.stack = append(x.stack, v)
	result, err := op.Call(&x.context, x.stack[base:base+1:base+1])
	x.stack = x.stack[:base]
	return result, err
}

// holds says whether the result of value.Compare satisfies a comparison.
func holds(c value.Comparison, order int) bool {
	switch c {
	case value.Less:
		return order < 0
	case value.LessEqual:
		return order <= 0
	case value.Equals:
		return order == 0
	case value.GreaterEqual:
		return order >= 0
	case value.Greater:
		return order > 0
	}
	return order != 0
}

func compileComparison(c value.Comparison, left, right evaluator) evaluator {
	return func(f *frame) (value.Value, error) {
		l, err := left(f)
		if err != nil {
			return value.Value{}, err
		}
		r, err := right(f)
		if err != nil || l.Kind == value.KindNull || r.Kind == value.KindNull {
			return value.Value{}, err
		}
		if c == value.Equals {
			return value.OfBool(value.Equal(l, r)), nil
		}
		return value.OfBool(holds(c, value.Compare(l, r))), nil
	}
}

// castNode converts, and fits the result to a type modifier.
type castNode struct {
	typed
	cast    *value.Cast // nil: only the modifier
	context value.CastContext
	arg     node
}

func (n *castNode) children() []node { return []node{n.arg} }

func (n *castNode) compile() evaluator {
	arg := n.arg.compile()
	cast, t, mod, context := n.cast, n.t, n.mod, n.context
	if (cast == nil || cast.Relabel) && mod == value.NoMod {
		return arg
	}
	return func(f *frame) (value.Value, error) {
		v, err := arg(f)
		if err != nil || v.Kind == value.KindNull {
			return v, err
		}
		if cast != nil {
			if v, err = cast.Call(&f.x.context, v); err != nil {
				return v, err
			}
		}
		if mod == value.NoMod {
			return v, nil
		}
		return t.Coerce(mod, v, context)
	}
}

// literalNode is a literal whose meaning depends on the session or the moment: it is read
// anew each time.
type literalNode struct {
	typed
	text string
}

func (n *literalNode) compile() evaluator {
	return func(f *frame) (value.Value, error) {
		v, err := n.t.ParseText(&f.x.context, n.text)
		if err != nil || n.mod == value.NoMod {
			return v, err
		}
		return n.t.Coerce(n.mod, v, value.Explicit)
	}
}

// logicNode is AND or OR.
type logicNode struct {
	typed
	or    bool
	terms []node
}

func (n *logicNode) children() []node { return n.terms }

func (n *logicNode) compile() evaluator {
	terms, or := compileAll(n.terms), n.or
	return func(f *frame) (value.Value, error) {
		null := false
		for _, term := range terms {
			v, err := term(f)
			switch {
			case err != nil:
				return value.Value{}, err
			case v.Kind == value.KindNull:
				null = true
			case (v.N != 0) == or:
				return value.OfBool(or), nil
			}
		}
		if null {
			return value.Value{}, nil
		}
		return value.OfBool(!or), nil
	}
}

// notNode is NOT.
type notNode struct {
	typed
	arg node
}

func (n *notNode) children() []node { return []node{n.arg} }

func (n *notNode) compile() evaluator {
	arg := n.arg.compile()
	return func(f *frame) (value.Value, error) {
		v, err := arg(f)
		if err != nil || v.Kind == value.KindNull {
			return v, err
		}
		return value.OfBool(v.N == 0), nil
	}
}

// testNode is IS NULL, IS TRUE, IS FALSE, IS UNKNOWN and their negations.
type testNode struct {
	typed
	arg  node
	test func(v value.Value) bool
	not  bool
	kind byte
}

func (n *testNode) children() []node { return []node{n.arg} }

func (n *testNode) compile() evaluator {
	arg, test, not := n.arg.compile(), n.test, n.not
	return func(f *frame) (value.Value, error) {
		v, err := arg(f)
		if err != nil {
			return value.Value{}, err
		}
		return value.OfBool(test(v) != not), nil
	}
}

// distinctNode is IS [NOT] DISTINCT FROM.
type distinctNode struct {
	typed
	op          *value.Operator // =
	left, right node
	not         bool
}

func (n *distinctNode) children() []node { return []node{n.left, n.right} }

func (n *distinctNode) compile() evaluator {
	left, right := n.left.compile(), n.right.compile()
	return func(f *frame) (value.Value, error) {
		l, err := left(f)
		if err != nil {
			return value.Value{}, err
		}
		r, err := right(f)
		if err != nil {
			return value.Value{}, err
		}
		if l.Kind == value.KindNull || r.Kind == value.KindNull {
			return value.OfBool((l.Kind != r.Kind) != n.not), nil
		}
		equal, err := f.x.operate(n.op, l, r)
		return value.OfBool(equal.True() == n.not), err
	}
}

// caseNode is CASE; operands of the simple form are comparisons already.
type caseNode struct {
	typed
	conditions, results []node
	otherwise           node
}

func (n *caseNode) children() []node {
	list := append(append([]node{}, n.conditions...), n.results...)
	if n.otherwise != nil {
		list = append(list, n.otherwise)
	}
	return list
}

func (n *caseNode) compile() evaluator {
	conditions, results := compileAll(n.conditions), compileAll(n.results)
	otherwise := func(*frame) (value.Value, error) { return value.Value{}, nil }
	if n.otherwise != nil {
		otherwise = n.otherwise.compile()
	}
	return func(f *frame) (value.Value, error) {
		for i, condition := range conditions {
			v, err := condition(f)
			if err != nil {
				return v, err
			}
			if v.True() {
				return results[i](f)
			}
		}
		return otherwise(f)
	}
}

// coalesceNode is COALESCE.
type coalesceNode struct {
	typed
	args []node
}

func (n *coalesceNode) children() []node { return n.args }

func (n *coalesceNode) compile() evaluator {
	args := compileAll(n.args)
	return func(f *frame) (value.Value, error) {
		for _, arg := range args {
			v, err := arg(f)
			if err != nil || v.Kind != value.KindNull {
				return v, err
			}
		}
		return value.Value{}, nil
	}
}

// minmaxNode is GREATEST or LEAST.
type minmaxNode struct {
	typed
	args  []node
	least bool
}

func (n *minmaxNode) children() []node { return n.args }

func (n *minmaxNode) compile() evaluator {
	args := compileAll(n.args)
	return func(f *frame) (value.Value, error) {
		var best value.Value
		for _, arg := range args {
			v, err := arg(f)
			if err != nil {
				return v, err
			}
			if v.Kind == value.KindNull {
				continue
			}
			if best.Kind == value.KindNull || (value.Compare(v, best) < 0) == n.least && value.Compare(v, best) != 0 {
				best = v
			}
		}
		return best, nil
	}
}

// nullifNode is NULLIF.
type nullifNode struct {
	typed
	op          *value.Operator
	left, right node // converted for the operator
	result      node
}

func (n *nullifNode) children() []node { return []node{n.left, n.right, n.result} }

func (n *nullifNode) compile() evaluator {
	left, right, result := n.left.compile(), n.right.compile(), n.result.compile()
	return func(f *frame) (value.Value, error) {
		l, err := left(f)
		if err != nil {
			return l, err
		}
		r, err := right(f)
		if err != nil {
			return r, err
		}
		if l.Kind != value.KindNull && r.Kind != value.KindNull {
			equal, err := f.x.operate(n.op, l, r)
			if err != nil || equal.True() {
				return value.Value{}, err
			}
		}
		return result(f)
	}
}
