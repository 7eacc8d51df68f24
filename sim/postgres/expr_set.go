package postgres

import (
	"errors"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// inListNode is x IN (a, b, ...): any element equal makes it true, else a NULL among them
// makes it NULL.
type inListNode struct {
	typed
	op   *value.Operator
	arg  node
	list []node
	not  bool
}

func (n *inListNode) children() []node { return append([]node{n.arg}, n.list...) }

func (n *inListNode) compile() evaluator {
	arg, list := n.arg.compile(), compileAll(n.list)
	return func(f *frame) (value.Value, error) {
		v, err := arg(f)
		if err != nil {
			return v, err
		}
		null := v.Kind == value.KindNull
		for _, item := range list {
			w, err := item(f)
			if err != nil {
				return w, err
			}
			if w.Kind == value.KindNull || v.Kind == value.KindNull {
				null = true
				continue
			}
			equal, err := f.x.operate(n.op, v, w)
			if err != nil {
				return equal, err
			}
			if equal.True() {
				return value.OfBool(!n.not), nil
			}
		}
		if null {
			return value.Value{}, nil
		}
		return value.OfBool(n.not), nil
	}
}

// quantifiedNode is x op ANY (array) or x op ALL (array).
type quantifiedNode struct {
	typed
	op    *value.Operator
	all   bool
	arg   node
	array node
}

func (n *quantifiedNode) children() []node { return []node{n.arg, n.array} }

func (n *quantifiedNode) compile() evaluator {
	arg, array := n.arg.compile(), n.array.compile()
	return func(f *frame) (value.Value, error) {
		v, err := arg(f)
		if err != nil {
			return v, err
		}
		w, err := array(f)
		if err != nil || w.Kind == value.KindNull {
			return value.Value{}, err
		}
		return f.x.quantify(n.op, n.all, v, w.Array().Values)
	}
}

// quantify evaluates v op ANY|ALL (values).
func (x *execution) quantify(op *value.Operator, all bool, v value.Value, values []value.Value) (value.Value, error) {
	null := false
	for _, w := range values {
		result, err := x.operate(op, v, w)
		switch {
		case err != nil:
			return result, err
		case result.Kind == value.KindNull:
			null = true
		case result.True() != all:
			return value.OfBool(!all), nil
		}
	}
	if null {
		return value.Value{}, nil
	}
	return value.OfBool(all), nil
}

// arrayNode is ARRAY[...].
type arrayNode struct {
	typed
	elem   *value.Type
	items  []node
	nested bool
}

func (n *arrayNode) children() []node { return n.items }

func (n *arrayNode) compile() evaluator {
	items := compileAll(n.items)
	return func(f *frame) (value.Value, error) {
		values := make([]value.Value, len(items))
		for i, item := range items {
			v, err := item(f)
			if err != nil {
				return v, err
			}
			values[i] = v
		}
		if n.nested {
			return nestArrays(n.elem, values)
		}
		return value.OfArray(value.NewArray(n.elem, values)), nil
	}
}

// nestArrays makes an array of one dimension more from arrays of equal bounds. Of nulls and empty
// arrays alone it makes an empty one; among others they do not fit (ExecEvalArrayExpr).
func nestArrays(elem *value.Type, values []value.Value) (value.Value, error) {
	out := &value.ArrayData{Elem: elem}
	empty := false
	for _, v := range values {
		if v.Kind == value.KindNull || len(v.Array().Bounds) == 0 {
			empty = true
			continue
		}
		a := v.Array()
		if out.Bounds == nil {
			out.Bounds = append([]value.Bound{{Length: int32(len(values)), Lower: 1}}, a.Bounds...)
		} else if !sameBounds(a.Bounds, out.Bounds[1:]) {
			return v, mismatchedBounds()
		}
		out.Values = append(out.Values, a.Values...)
	}
	if empty && out.Bounds != nil {
		return value.Value{}, mismatchedBounds()
	}
	return value.OfArray(out), nil
}

func mismatchedBounds() error {
	return refusal("2202E", "multidimensional arrays must have array expressions with matching dimensions")
}

func sameBounds(a, b []value.Bound) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Length != b[i].Length {
			return false
		}
	}
	return true
}

// rowNode is ROW(...).
type rowNode struct {
	typed
	fields []node
}

func (n *rowNode) children() []node { return n.fields }

func (n *rowNode) compile() evaluator {
	fields := compileAll(n.fields)
	return func(f *frame) (value.Value, error) {
		values := make([]value.Value, len(fields))
		for i, field := range fields {
			v, err := field(f)
			if err != nil {
				return v, err
			}
			values[i] = v
		}
		return value.OfRecord(&value.RecordData{Type: n.t, Values: values}), nil
	}
}

// rowCompareNode is (a, b) < (c, d): the first unequal pair decides.
type rowCompareNode struct {
	typed
	comparison  value.Comparison
	ops         []*value.Operator // for = and <>; otherwise Compare
	left, right []node
}

func (n *rowCompareNode) children() []node { return append(append([]node{}, n.left...), n.right...) }

func (n *rowCompareNode) compile() evaluator {
	left, right := compileAll(n.left), compileAll(n.right)
	return func(f *frame) (value.Value, error) {
		for i := range left {
			l, err := left[i](f)
			if err != nil {
				return l, err
			}
			r, err := right[i](f)
			if err != nil {
				return r, err
			}
			if l.Kind == value.KindNull || r.Kind == value.KindNull {
				return value.Value{}, nil
			}
			order := value.Compare(l, r)
			if order != 0 || i == len(left)-1 {
				return value.OfBool(holds(n.comparison, order)), nil
			}
		}
		return value.Value{}, nil
	}
}

// fieldNode is (composite).field.
type fieldNode struct {
	typed
	arg   node
	field int
}

func (n *fieldNode) children() []node { return []node{n.arg} }

func (n *fieldNode) compile() evaluator {
	arg := n.arg.compile()
	return func(f *frame) (value.Value, error) {
		v, err := arg(f)
		if err != nil || v.Kind == value.KindNull {
			return value.Value{}, err
		}
		return v.Record().Values[n.field], nil
	}
}

// subscriptNode is a[i] or a[l:u].
type subscriptNode struct {
	typed
	arg          node
	lower, upper []node // upper is nil for elements
	slice        bool
}

func (n *subscriptNode) children() []node {
	list := []node{n.arg}
	for _, bounds := range [][]node{n.lower, n.upper} {
		for _, b := range bounds {
			if b != nil {
				list = append(list, b)
			}
		}
	}
	return list
}

func (n *subscriptNode) compile() evaluator {
	arg := n.arg.compile()
	lower, upper := compileBounds(n.lower), compileBounds(n.upper)
	return func(f *frame) (value.Value, error) {
		v, err := arg(f)
		if err != nil || v.Kind == value.KindNull {
			return value.Value{}, err
		}
		low, null, err := evaluateBounds(f, lower)
		if err != nil || null {
			return value.Value{}, err
		}
		if n.slice {
			high, null, err := evaluateBounds(f, upper)
			if err != nil || null {
				return value.Value{}, err
			}
			return value.Slice(v, low, high), nil
		}
		subscripts := make([]int64, len(low))
		for i := range low {
			subscripts[i] = *low[i]
		}
		return value.Subscript(v, subscripts), nil
	}
}

func compileBounds(nodes []node) []evaluator {
	list := make([]evaluator, len(nodes))
	for i, n := range nodes {
		if n != nil {
			list[i] = n.compile()
		}
	}
	return list
}

func evaluateBounds(f *frame, list []evaluator) (bounds []*int64, null bool, err error) {
	bounds = make([]*int64, len(list))
	for i, e := range list {
		if e == nil {
			continue
		}
		v, err := e(f)
		if err != nil || v.Kind == value.KindNull {
			return nil, true, err
		}
		n := v.N
		bounds[i] = &n
	}
	return bounds, false, nil
}

// subqueryKind is how a subquery is used as an expression.
type subqueryKind uint8

const (
	subqueryScalar subqueryKind = iota
	subqueryExists
	subqueryArray
	subqueryAny // also IN
	subqueryAll
)

// subqueryNode is a query used as an expression. One that does not refer to the levels
// around it is run once per execution.
type subqueryNode struct {
	typed
	kind       subqueryKind
	query      *query
	correlated bool
	uses       uint64 // relations of this level that it refers to
	used       []node // columns, rows and aggregates of this level that it refers to
	tree       *sql.Select
	slot       int // of the execution's results of uncorrelated subqueries
	left       []node
	ops        []*value.Operator
	not        bool
}

func (n *subqueryNode) children() []node { return n.left }

// onceResult is what an uncorrelated subquery gave.
type onceResult struct {
	done bool
	v    value.Value
	rows []value.Row
}

func (n *subqueryNode) compile() evaluator {
	switch n.kind {
	case subqueryAny, subqueryAll:
		return n.compileQuantified()
	}
	if n.correlated {
		return n.run
	}
	return func(f *frame) (value.Value, error) {
		once := &f.x.once[n.slot]
		if once.done {
			return once.v, nil
		}
		v, err := n.run(f)
		if err == nil {
			f.x.once[n.slot] = onceResult{done: true, v: v}
		}
		return v, err
	}
}

func (n *subqueryNode) run(f *frame) (value.Value, error) {
	switch n.kind {
	case subqueryExists:
		found := false
		err := n.query.run(f.x, f, func(value.Row) error { found = true; return errStop })
		if errors.Is(err, errStop) {
			err = nil
		}
		return value.OfBool(found != n.not), err
	case subqueryArray:
		var values []value.Value
		err := n.query.run(f.x, f, func(r value.Row) error { values = append(values, r[0]); return nil })
		return value.OfArray(value.NewArray(n.t.Elem, values)), err
	}
	var result value.Value
	count := 0
	err := n.query.run(f.x, f, func(r value.Row) error {
		if count++; count > 1 {
			return refusal("21000", "more than one row returned by a subquery used as an expression")
		}
		result = r[0]
		return nil
	})
	return result, err
}

func (n *subqueryNode) rowsOf(f *frame) ([]value.Row, error) {
	if !n.correlated && f.x.once[n.slot].done {
		return f.x.once[n.slot].rows, nil
	}
	var rows []value.Row
	err := n.query.run(f.x, f, func(r value.Row) error {
		rows = append(rows, append(value.Row(nil), r...))
		return nil
	})
	if err == nil && !n.correlated {
		f.x.once[n.slot] = onceResult{done: true, rows: rows}
	}
	return rows, err
}

func (n *subqueryNode) compileQuantified() evaluator {
	left := compileAll(n.left)
	all := n.kind == subqueryAll
	return func(f *frame) (value.Value, error) {
		rows, err := n.rowsOf(f)
		if err != nil {
			return value.Value{}, err
		}
		values := make([]value.Value, len(left))
		for i, l := range left {
			if values[i], err = l(f); err != nil {
				return value.Value{}, err
			}
		}
		null := false
		for _, row := range rows {
			v, err := n.compareRow(f.x, values, row)
			switch {
			case err != nil:
				return v, err
			case v.Kind == value.KindNull:
				null = true
			case v.True() != all:
				return value.OfBool(all == n.not), nil
			}
		}
		if null {
			return value.Value{}, nil
		}
		return value.OfBool(all != n.not), nil
	}
}

// compareRow compares the left side with one row: every pair must hold.
func (n *subqueryNode) compareRow(x *execution, left []value.Value, row value.Row) (value.Value, error) {
	null := false
	for i, op := range n.ops {
		v, err := x.operate(op, left[i], row[i])
		if err != nil {
			return v, err
		}
		if v.Kind == value.KindNull {
			null = true
		} else if !v.True() {
			return v, nil
		}
	}
	if null {
		return value.Value{}, nil
	}
	return value.OfBool(true), nil
}
