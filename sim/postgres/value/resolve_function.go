package value

import "strings"

// FunctionCall is a call to resolve: name in lower case, without pg_catalog.
type FunctionCall struct {
	Name     string
	Args     []*Type  // Unknown: a string literal, or a parameter without a type
	ArgNames []string // nil, or one per argument: "" positional, else name => value
	Variadic bool     // the last argument is VARIADIC
}

// FunctionKind says what a name in a call can mean.
type FunctionKind uint8

// The kinds of functions (pg_proc.prokind).
const (
	NoFunction FunctionKind = iota
	PlainFunction
	AggregateFunction
	WindowFunction
)

// KindOfFunction tells what a built-in function's name is; NoFunction if there is none of the name.
func KindOfFunction(name string) FunctionKind {
	rows := catalog().functions[name]
	if len(rows) == 0 {
		return NoFunction
	}
	return rows[0].kind
}

// candidate is a function row seen through one call.
type candidate struct {
	row    *functionRow
	params []*Type // one per argument
	slots  []int   // parameter of each argument; nil if they are in order and complete
	pack   int     // arguments from here on form the variadic array; -1: none
}

// ResolveFunction chooses the function for a call (manual, 10.3; func_get_detail in parse_func.c).
// The arguments must then be coerced to Function.Args. A type's name called with one argument is a
// cast. Errors: 42883, 42725, 42809 for an aggregate; a function without an implementation is
// *Unsupported.
func ResolveFunction(call FunctionCall) (*Function, error) {
	found, err := resolveCall(call)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return castFunction(call)
	}
	if found.row.kind != PlainFunction {
		return nil, newError("42809", signature(call.Name, call.Args), " is not a plain function")
	}
	return newFunction(call, found)
}

// ResolveAggregate chooses the aggregate for a call; Star calls have no Args: count(*).
func ResolveAggregate(call FunctionCall) (*Aggregate, error) {
	found, err := resolveCall(call)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, undefinedFunction(call)
	}
	if found.row.kind != AggregateFunction {
		return nil, newError("42809", signature(call.Name, call.Args), " is not an aggregate function")
	}
	f, err := describeFunction(call, found)
	if err != nil {
		return nil, err
	}
	begin := aggregateFor(f)
	if begin == nil {
		return nil, &Unsupported{Construct: "aggregate " + f.Signature()}
	}
	return &Aggregate{OID: f.OID, Name: f.Name, Args: f.Args, Result: f.Result, make: begin}, nil
}

// resolveCall chooses among the functions of the name. A nil candidate without an error means that the
// call can only be a cast.
func resolveCall(call FunctionCall) (*candidate, error) {
	candidates := candidatesFor(call)
	for i := range candidates {
		if sameTypes(candidates[i].params, call.Args) {
			return &candidates[i], nil
		}
	}
	if isCastCall(call) {
		return nil, nil
	}
	var fitting []candidate
	var params [][]*Type
	for _, c := range candidates {
		if canCoerce(call.Args, c.params, Implicit) {
			fitting, params = append(fitting, c), append(params, c.params)
		}
	}
	switch len(fitting) {
	case 0:
		return nil, undefinedFunction(call)
	case 1:
		return &fitting[0], nil
	}
	if at := choose(call.Args, params); at >= 0 {
		return &fitting[at], nil
	}
	err := newError(CodeAmbiguousFunction, "function ", callText(call), " is not unique")
	err.Hint = "Could not choose a best candidate function. You might need to add explicit type casts."
	return nil, err
}

func sameTypes(a, b []*Type) bool {
	for i := range a {
		if !Same(a[i], b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// isCastCall says whether the call is a type's name with one argument that a cast could convert
// without a function of its own.
func isCastCall(call FunctionCall) bool {
	to := types.byName[call.Name]
	if to == nil || len(call.Args) != 1 || call.ArgNames != nil || call.Variadic {
		return false
	}
	if call.Args[0] == Unknown {
		return true
	}
	way, _ := findPath(call.Args[0], to, Explicit)
	return way == relabel || way == throughText && (call.Args[0].Kind != KindRecord || to.Category != 'S')
}

// castFunction makes the function of a call that is a cast.
func castFunction(call FunctionCall) (*Function, error) {
	cast, err := FindCast(call.Args[0], types.byName[call.Name], Explicit)
	if err != nil {
		return nil, err
	}
	f := &Function{Name: call.Name, Args: call.Args, Result: cast.To, Volatility: Stable, Strict: true, pack: -1}
	f.eval = func(c *Context, a []Value) (Value, error) { return cast.Call(c, a[0]) }
	return f, nil
}

func undefinedFunction(call FunctionCall) error {
	err := newError(CodeUndefinedFunction, "function ", callText(call), " does not exist")
	err.Hint = "No function matches the given name and argument types. You might need to add explicit type casts."
	return err
}

// callText prints a call's name, argument names and types.
func callText(call FunctionCall) string {
	var text strings.Builder
	text.WriteString(call.Name + "(")
	for i, t := range call.Args {
		if i > 0 {
			text.WriteString(", ")
		}
		if len(call.ArgNames) > 0 && call.ArgNames[i] != "" {
			text.WriteString(call.ArgNames[i] + " => ")
		}
		text.WriteString(t.Display)
	}
	return text.String() + ")"
}

// candidatesFor lists the functions that the call's number and names of arguments allow
// (FuncnameGetCandidates in namespace.c). Of two with equal parameters the one that is not
// variadic stays.
func candidatesFor(call FunctionCall) []candidate {
	var list []candidate
	rows := catalog().functions[call.Name]
	for i := range rows {
		c, ok := seen(&rows[i], call)
		if ok && !replaced(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// replaced settles a tie between equal parameter lists.
func replaced(list []candidate, c candidate) bool {
	for i := range list {
		if sameTypes(list[i].params, c.params) {
			if list[i].pack >= 0 && c.pack < 0 {
				list[i] = c
			}
			return true
		}
	}
	return false
}

// seen fits a function's parameters to the call.
func seen(row *functionRow, call FunctionCall) (candidate, bool) {
	n := len(call.Args)
	if call.ArgNames != nil {
		return seenNamed(row, call)
	}
	if call.Variadic {
		ok := row.variadic != nil && len(row.args) == n
		return candidate{row, row.args, nil, -1}, ok
	}
	switch {
	case row.variadic != nil && n >= len(row.args):
		return expand(row, n), true
	case len(row.args) == n:
		return candidate{row, row.args, nil, -1}, true
	case n < len(row.args) && n+len(row.defaults) >= len(row.args):
		slots := make([]int, n)
		for i := range slots {
			slots[i] = i
		}
		return candidate{row, row.args[:n], slots, -1}, true
	}
	return candidate{}, false
}

// expand repeats a variadic parameter for every further argument. VARIADIC "any" takes them as they
// are; otherwise they form an array.
func expand(row *functionRow, n int) candidate {
	fixed := len(row.args) - 1
	params := append([]*Type(nil), row.args[:fixed]...)
	for range n - fixed {
		params = append(params, row.variadic)
	}
	if row.variadic == anyType {
		return candidate{row, params, nil, -1}
	}
	return candidate{row, params, nil, fixed}
}

// seenNamed fits a call with named arguments: every parameter once, the rest by defaults.
func seenNamed(row *functionRow, call FunctionCall) (candidate, bool) {
	if len(call.Args) > len(row.args) || row.variadic != nil {
		return candidate{}, false
	}
	c := candidate{row: row, pack: -1}
	taken := make([]bool, len(row.args))
	for i, name := range call.ArgNames {
		at := i
		if name != "" {
			at = indexOf(row.argNames, name)
		}
		if at < 0 || taken[at] {
			return candidate{}, false
		}
		taken[at] = true
		c.slots, c.params = append(c.slots, at), append(c.params, row.args[at])
	}
	for i, done := range taken {
		if !done && i < len(row.args)-len(row.defaults) {
			return candidate{}, false
		}
	}
	return c, true
}

func indexOf(list []string, s string) int {
	for i := range list {
		if list[i] == s {
			return i
		}
	}
	return -1
}

// describeFunction settles the types of a chosen candidate.
func describeFunction(call FunctionCall, c *candidate) (*Function, error) {
	bound, err := bind(c.params, call.Args)
	if err != nil {
		return nil, err
	}
	f := &Function{
		OID: c.row.oid, Name: c.row.name, Args: bound.settleAll(c.params, call.Args), Result: bound.settle(c.row.result),
		Volatility: c.row.volatility, Strict: c.row.strict, Set: c.row.set, Columns: c.row.columns,
		slots: c.slots, pack: c.pack,
	}
	if c.pack >= 0 {
		f.packType = bound.settle(c.row.variadic)
	}
	if c.slots != nil {
		f.fill, err = defaultsOf(c.row)
	}
	return f, err
}

// defaultsOf reads a row's defaults; they stand behind as many NULLs as there are parameters without.
func defaultsOf(row *functionRow) ([]Value, error) {
	fill := make([]Value, len(row.args))
	first := len(row.args) - len(row.defaults)
	for i, text := range row.defaults {
		text, _, _ = strings.Cut(strings.ReplaceAll(text, "'", ""), "::")
		v, err := row.args[first+i].ParseText(nil, text)
		if err != nil {
			return nil, &Unsupported{Construct: "default " + text + " of function " + row.name}
		}
		fill[first+i] = v
	}
	return fill, nil
}

// newFunction makes the chosen function, with its implementation.
func newFunction(call FunctionCall, c *candidate) (*Function, error) {
	f, err := describeFunction(call, c)
	if err != nil {
		return nil, err
	}
	params := f.Args
	if f.pack >= 0 {
		params = append(append([]*Type(nil), params[:f.pack]...), ArrayOf(f.packType))
	}
	switch {
	case f.Set:
		f.set = setImplementation(c.row.source, params)
	case serverFunction(c.row.name):
		f.Server = true
		f.eval = func(ctx *Context, args []Value) (Value, error) { return ctx.Serve(f, args) }
	default:
		f.eval = implementation(c.row.source, params, f.Result)
	}
	if f.set == nil && f.eval == nil || call.Variadic && c.row.variadic == anyType {
		return nil, &Unsupported{Construct: "function " + f.Signature()}
	}
	return f, nil
}
