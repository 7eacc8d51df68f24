package value

// This file shrinks to nothing: the signatures others build on while their bodies are being written.

type patternKey struct{ text string }
type pattern struct{}

// ParseText reads a value as the type's input function does, e.g. in a literal, a cast from text or a
// parameter in text format. The error is the server's: 22P02, 22003, 22007, 22008 ...
func (t *Type) ParseText(c *Context, s string) (Value, error) {
	return Value{}, &Unsupported{"pending"}
}

// AppendText appends the value as the type's output function prints it. NULL appends nothing.
func (t *Type) AppendText(c *Context, dst []byte, v Value) []byte { return dst }

// AppendBinary appends the value in the type's binary wire format, without its length.
func (t *Type) AppendBinary(dst []byte, v Value) ([]byte, error) { return dst, &Unsupported{"pending"} }

// DecodeBinary reads the type's binary wire format (22P03, 22021 ... if it is malformed).
func (t *Type) DecodeBinary(src []byte) (Value, error) { return Value{}, &Unsupported{"pending"} }

// Modifier packs the arguments in parentheses behind a type's name, as in numeric(10, 2), into a type modifier.
func (t *Type) Modifier(args []int64) (int32, error) { return NoMod, &Unsupported{"pending"} }

// Coerce fits a value of the type to a modifier: rounds, pads, truncates (explicit casts) or refuses (22001, 22003).
func (t *Type) Coerce(mod int32, v Value, context CastContext) (Value, error) { return v, nil }

// Format prints the type with a modifier as format_type does: character varying(10).
func (t *Type) Format(mod int32) string { return t.Display }

// QuoteIdent quotes an identifier if it needs quotes.
func QuoteIdent(name string) string { return name }

// ResolveOperator chooses the operator for operand types (manual, 10.2). left is nil for a prefix
// operator; Unknown stands for string literals and for parameters without a type. The operands must then be coerced to
// Operator.Left and Right. Errors: 42883, 42725; *Unsupported.
func ResolveOperator(name string, left, right *Type) (*Operator, error) {
	return nil, &Unsupported{"pending"}
}

// FunctionCall is a call to resolve: name in lower case, without pg_catalog.
type FunctionCall struct {
	Name     string
	Args     []*Type
	ArgNames []string // nil, or one per argument: "" positional, else name => value
	Variadic bool     // the last argument is VARIADIC
}

// ResolveFunction chooses the function for a call (manual, 10.3). Errors: 42883, 42725; *Unsupported.
func ResolveFunction(call FunctionCall) (*Function, error) { return nil, &Unsupported{"pending"} }

// ResolveAggregate chooses the aggregate for a call; Star calls have no Args: count(*).
func ResolveAggregate(call FunctionCall) (*Aggregate, error) { return nil, &Unsupported{"pending"} }

// FunctionKind says what a name in a call can mean.
type FunctionKind uint8

// The kinds of functions (pg_proc.prokind). A name can be of several kinds only for hypothetical-set aggregates.
const (
	NoFunction FunctionKind = iota
	PlainFunction
	AggregateFunction
	WindowFunction
)

// KindOfFunction tells what kind of function a name is.
func KindOfFunction(name string) FunctionKind { return NoFunction }

// FindCast chooses the cast between two types (manual, 10.4 and CREATE CAST). From Unknown it
// reads the literal. Error: 42846; *Unsupported. With the same types it is a Relabel.
func FindCast(from, to *Type, context CastContext) (*Cast, error) {
	return nil, &Unsupported{"pending"}
}

// CommonType chooses the type of CASE, COALESCE, GREATEST, VALUES, IN, UNION and ARRAY[] (manual,
// 10.5). what names the construct in the error (42804): CASE, UNION, ARRAY ...
func CommonType(what string, types []*Type) (*Type, error) { return nil, &Unsupported{"pending"} }

// Subscript is array[i][j]; NULL outside the bounds or with the wrong number of subscripts.
func Subscript(array Value, subscripts []int64) Value { return Value{} }

// Slice is array[l:u] in one dimension or more; a nil bound is the array's own.
func Slice(array Value, lower, upper []*int64) Value { return array }

// Assign returns the array (or NULL) with one element set: UPDATE ... SET a[i] = v.
func Assign(elem *Type, array Value, subscripts []int64, v Value) (Value, error) {
	return Value{}, &Unsupported{"pending"}
}
