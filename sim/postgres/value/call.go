package value

import "strings"

// Eval computes a function of its arguments. It must not keep or change args.
type Eval func(c *Context, args []Value) (Value, error)

// Volatility is pg_proc.provolatile: what a planner may assume (manual, 38.7).
type Volatility byte

// The volatilities.
const (
	Immutable Volatility = 'i' // may be computed once, at planning
	Stable    Volatility = 's' // may be computed once per statement
	Volatile  Volatility = 'v' // must be computed for every row
)

// Function is a function chosen for given argument types.
type Function struct {
	OID        uint32
	Name       string
	Args       []*Type // what the arguments must be coerced to (FindCast, Implicit), one per argument given
	Result     *Type
	Volatility Volatility
	Strict     bool    // NULL in, NULL out; Call does it
	Set        bool    // returns a set: CallSet
	Columns    []Field // of a set-returning function with several columns (OUT parameters)
	Server     bool    // evaluated by Context.Serve

	eval     Eval
	set      setEval
	slots    []int   // parameter of each argument, when names or defaults were used
	fill     []Value // the defaults of all parameters, when slots is set
	pack     int     // arguments from here on become one array of packType; -1: none
	packType *Type
}

// Call evaluates the function. args hold values of the types in Args and are only read.
func (f *Function) Call(c *Context, args []Value) (Value, error) {
	if f.slots != nil || f.pack >= 0 {
		args = f.arrange(args)
	}
	if f.Strict {
		for i := range args {
			if args[i].Kind == KindNull {
				return Value{}, nil
			}
		}
	}
	return f.eval(c, args)
}

// setEval computes the rows of a set-returning function.
type setEval func(c *Context, args []Value) ([]Value, error)

// CallSet evaluates a set-returning function. With Columns each value is a record, or else a
// value of type Result. A strict function of NULL returns no row.
func (f *Function) CallSet(c *Context, args []Value) ([]Value, error) {
	if f.slots != nil || f.pack >= 0 {
		args = f.arrange(args)
	}
	if f.Strict {
		for i := range args {
			if args[i].Kind == KindNull {
				return nil, nil
			}
		}
	}
	return f.set(c, args)
}

// Signature prints the function as regprocedure does: lower(text).
func (f *Function) Signature() string { return signature(f.Name, f.Args) }

// Comparison says that an operator is the btree comparison of its operands' types.
type Comparison uint8

// The comparisons. With Left and Right of one type family, the operator is Compare(l, r) < 0 and
// so on, and may be served by an index, a sort or (Equals) a hash.
const (
	NotComparison Comparison = iota
	Less
	LessEqual
	Equals
	GreaterEqual
	Greater
	NotEquals
)

// Operator is an operator chosen for given operand types.
type Operator struct {
	OID        uint32
	Name       string
	Left       *Type // nil for a prefix operator
	Right      *Type
	Result     *Type
	Comparison Comparison // NotComparison where Compare on the operands does not decide (date < timestamptz)
	Commutator string     // name of the operator with the operands swapped; "" if none
	Negator    string     // name of the operator that is NOT this one; "" if none
	Volatility Volatility

	function Function
}

// Call evaluates the operator on {left, right}, or {right} of a prefix operator.
func (o *Operator) Call(c *Context, args []Value) (Value, error) { return o.function.Call(c, args) }

// Strict says whether a NULL operand makes the result NULL.
func (o *Operator) Strict() bool { return o.function.Strict }

// CastContext says how willing a cast is (manual, CREATE CAST).
type CastContext uint8

// The contexts, each including those before it.
const (
	Implicit   CastContext = iota // anywhere in expressions
	Assignment                    // storing into a column
	Explicit                      // CAST or ::
)

// Cast is a conversion chosen for two types.
type Cast struct {
	From, To *Type
	Relabel  bool // the value does not change
	function Function
	stable   bool // the result depends on the session: its time zone, its styles
}

// Immutable says whether a value's conversion is always the same.
func (k *Cast) Immutable() bool { return !k.stable }

// Call converts a value; NULL stays NULL. Type modifiers are Type.Coerce's business.
func (k *Cast) Call(c *Context, v Value) (Value, error) {
	if k.Relabel || v.Kind == KindNull {
		return v, nil
	}
	args := [1]Value{v}
	return k.function.eval(c, args[:])
}

// Accumulator gathers the input of one group.
type Accumulator interface {
	// Add takes one row's arguments, which it may keep values of but not the slice.
	Add(args []Value) error
	// Result is the aggregate of what was added so far.
	Result() (Value, error)
}

// Aggregate is an aggregate function chosen for given argument types.
type Aggregate struct {
	OID    uint32
	Name   string
	Args   []*Type
	Result *Type
	make   func(c *Context) Accumulator
}

// New begins a group.
func (a *Aggregate) New(c *Context) Accumulator { return a.make(c) }

// arrange puts the arguments of a call with names, defaults or VARIADIC into the parameters' places.
func (f *Function) arrange(args []Value) []Value {
	if f.slots != nil {
		placed := append([]Value(nil), f.fill...)
		for i := range args {
			placed[f.slots[i]] = args[i]
		}
		args = placed
	}
	if f.pack < 0 {
		return args
	}
	rest := append([]Value(nil), args[f.pack:]...)
	packed := append([]Value(nil), args[:f.pack]...)
	return append(packed, OfArray(NewArray(f.packType, rest)))
}

// signature prints name(type, type) with the types' display names.
func signature(name string, args []*Type) string {
	displays := make([]string, len(args))
	for i, t := range args {
		displays[i] = t.Display
	}
	return name + "(" + strings.Join(displays, ", ") + ")"
}
