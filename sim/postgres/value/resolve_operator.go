package value

// ResolveOperator chooses the operator for operand types (manual, 10.2; oper in parse_oper.c). left
// is nil for a prefix operator; Unknown stands for string literals and for parameters without a
// type. The operands must then be coerced to Operator.Left and Right. Errors: 42883, 42725; an
// operator without an implementation is *Unsupported.
func ResolveOperator(name string, left, right *Type) (*Operator, error) {
	if name == "!=" {
		name = "<>"
	}
	if left == nil {
		return resolvePrefix(name, right)
	}
	rows := catalog().operators[name]
	if row := exactOperator(rows, left, right); row != nil {
		return newOperator(row, left, right)
	}
	args := []*Type{left, right}
	var fitting []*operatorRow
	var params [][]*Type
	for i := range rows {
		if rows[i].left == nil {
			continue
		}
		if p := rows[i].operands; canCoerce(args, p, Implicit) {
			fitting, params = append(fitting, &rows[i]), append(params, p)
		}
	}
	row, err := pickOperator(args, fitting, params, left.Display+" "+name+" "+right.Display)
	if err != nil {
		return nil, err
	}
	return newOperator(row, left, right)
}

// exactOperator finds the operator for just these types; one unknown operand is taken to be of
// the other's type.
func exactOperator(rows []operatorRow, left, right *Type) *operatorRow {
	if left == Unknown {
		left = right
	} else if right == Unknown {
		right = left
	}
	for i := range rows {
		if rows[i].left != nil && Same(rows[i].left, left) && Same(rows[i].right, right) {
			return &rows[i]
		}
	}
	return nil
}

func resolvePrefix(name string, right *Type) (*Operator, error) {
	args := []*Type{right}
	var fitting []*operatorRow
	var params [][]*Type
	rows := catalog().operators[name]
	for i := range rows {
		if rows[i].left != nil {
			continue
		}
		if Same(rows[i].right, right) {
			return newOperator(&rows[i], nil, right)
		}
		if p := rows[i].operands; canCoerce(args, p, Implicit) {
			fitting, params = append(fitting, &rows[i]), append(params, p)
		}
	}
	row, err := pickOperator(args, fitting, params, name+" "+right.Display)
	if err != nil {
		return nil, err
	}
	return newOperator(row, nil, right)
}

func pickOperator(args []*Type, fitting []*operatorRow, params [][]*Type, text string) (*operatorRow, error) {
	switch len(fitting) {
	case 0:
		err := newError(CodeUndefinedFunction, "operator does not exist: ", text)
		err.Hint = "No operator matches the given name and argument types. You might need to add explicit type casts."
		if len(args) == 1 {
			err.Hint = "No operator matches the given name and argument type. You might need to add an explicit type cast."
		}
		return nil, err
	case 1:
		return fitting[0], nil
	}
	if at := choose(args, params); at >= 0 {
		return fitting[at], nil
	}
	err := newError(CodeAmbiguousFunction, "operator is not unique: ", text)
	err.Hint = "Could not choose a best candidate operator. You might need to add explicit type casts."
	return nil, err
}

// newOperator makes the operator of a row for operands of these types.
func newOperator(row *operatorRow, left, right *Type) (*Operator, error) {
	params, args := row.operands, operandsOf(left, right)
	bound, err := bind(params, args)
	if err != nil {
		return nil, err
	}
	settled := bound.settleAll(params, args)
	o := &Operator{
		OID: row.oid, Name: row.name, Right: settled[len(settled)-1], Result: bound.settle(row.result),
		Commutator: row.commutator, Negator: row.negator, Volatility: row.volatility,
	}
	if row.left != nil {
		o.Left = settled[0]
		o.Comparison = comparisonOf(row, settled)
	}
	o.function = Function{Name: row.name, Args: settled, Result: o.Result, Strict: row.strict, pack: -1}
	o.function.eval = operatorEval(row, o)
	if o.function.eval == nil {
		return nil, &Unsupported{Construct: "operator " + operatorText(o)}
	}
	return o, nil
}

// comparisonOf says which comparison the operator is, if Compare on its operands computes it.
func comparisonOf(row *operatorRow, types []*Type) Comparison {
	l, r := types[0], types[1]
	if l.Kind != r.Kind || !l.Groupable() || l.Kind == KindTimestamp && !Same(l, r) {
		return NotComparison
	}
	switch {
	case row.strategy != NotComparison:
		return row.strategy
	case row.name == "=" && Same(l, r):
		return Equals
	case row.name == "<>" && row.negator == "=":
		return NotEquals
	}
	return NotComparison
}

func operatorEval(row *operatorRow, o *Operator) Eval {
	if o.Comparison != NotComparison {
		return comparisonEval(o.Comparison)
	}
	return implementation(row.source, o.function.Args, o.Result)
}

func operatorText(o *Operator) string {
	if o.Left == nil {
		return o.Name + " " + o.Right.Display
	}
	return o.Left.Display + " " + o.Name + " " + o.Right.Display
}

// comparisonEval is the evaluator of a comparison on values that Compare orders.
func comparisonEval(how Comparison) Eval {
	switch how {
	case Equals:
		return func(_ *Context, a []Value) (Value, error) { return OfBool(Equal(a[0], a[1])), nil }
	case NotEquals:
		return func(_ *Context, a []Value) (Value, error) { return OfBool(!Equal(a[0], a[1])), nil }
	case Less:
		return func(_ *Context, a []Value) (Value, error) { return OfBool(Compare(a[0], a[1]) < 0), nil }
	case LessEqual:
		return func(_ *Context, a []Value) (Value, error) { return OfBool(Compare(a[0], a[1]) <= 0), nil }
	case Greater:
		return func(_ *Context, a []Value) (Value, error) { return OfBool(Compare(a[0], a[1]) > 0), nil }
	}
	return func(_ *Context, a []Value) (Value, error) { return OfBool(Compare(a[0], a[1]) >= 0), nil }
}
