package sql

// IntegerLiteral is a whole number of at most 64 bits: int4 when it fits into 32 bits, int8
// otherwise. A minus directly before a number is folded into it, as PostgreSQL does.
type IntegerLiteral struct {
	At
	Value int64
}

// NumericLiteral is any other number, exactly as written: 1.50, 1e10, .5, a whole number beyond
// 64 bits.
type NumericLiteral struct {
	At
	Text string
}

// StringLiteral is a string constant of unknown type, after unescaping.
type StringLiteral struct {
	At
	Value string
}

// BoolLiteral is TRUE or FALSE.
type BoolLiteral struct {
	At
	Value bool
}

// NullLiteral is NULL.
type NullLiteral struct{ At }

// Default is DEFAULT as a value in VALUES or SET; elsewhere the analyzer rejects it (42601).
type Default struct{ At }

// Param is $n, n from 1 (a $0 parses too; the analyzer answers 42P02).
type Param struct {
	At
	Number int
}

// ColumnRef is a possibly qualified column. A qualified name may also mean a whole row's field;
// names are as written, innermost last.
type ColumnRef struct {
	At
	Catalog, Schema, Table string
	Name                   string
}

// Star is * or [[catalog.]schema.]table.* as a target or an argument.
type Star struct {
	At
	Catalog, Schema, Table string
}

// FieldSelect is (composite).field, or (composite).* with All.
type FieldSelect struct {
	At
	Operand Expr
	Field   string
	All     bool
}

// Subscript is array[i], array[i][j] or with slices array[l:u]. As in PostgreSQL one slice among
// several subscripts makes all of them slices (the analyzer's business).
type Subscript struct {
	At
	Operand Expr
	Indices []Index
}

// Index is one subscript. An element index stands in Lower; a slice may lack either bound.
type Index struct {
	At
	Slice        bool
	Lower, Upper Expr
}

// Operator is an operator's name, schema-qualified when written OPERATOR(schema.op). != is
// delivered as <>.
type Operator struct {
	Schema string
	Name   string
}

// Unary is a prefix operator: -x, +x, ~x, @x and the like. At is the operator's place.
type Unary struct {
	At
	Op      Operator
	Operand Expr
}

// Binary is an infix operator, comparison and JSON operators included. At is the operator's place.
type Binary struct {
	At
	Op          Operator
	Left, Right Expr
}

// Logical is AND or OR over two or more terms; chains are flattened. At is the first operator's place.
type Logical struct {
	At
	Or    bool
	Terms []Expr
}

// Not is NOT x.
type Not struct {
	At
	Operand Expr
}

// IsNull is x IS [NOT] NULL (also ISNULL, NOTNULL).
type IsNull struct {
	At
	Operand Expr
	Not     bool
}

// Truth is what IS tests for.
type Truth uint8

// The truth tests.
const (
	IsTrue Truth = iota + 1
	IsFalse
	IsUnknown
)

// IsTruth is x IS [NOT] TRUE, FALSE or UNKNOWN.
type IsTruth struct {
	At
	Operand Expr
	Test    Truth
	Not     bool
}

// IsDistinct is a IS [NOT] DISTINCT FROM b.
type IsDistinct struct {
	At
	Left, Right Expr
	Not         bool
}

// Between is x [NOT] BETWEEN [SYMMETRIC] low AND high.
type Between struct {
	At
	Operand   Expr
	Not       bool
	Symmetric bool
	Low, High Expr
}

// LikeKind is the kind of a pattern match.
type LikeKind uint8

// The pattern matches that have words; regular expressions are ordinary operators.
const (
	Like LikeKind = iota + 1
	ILike
	SimilarTo
)

// LikeMatch is x [NOT] LIKE|ILIKE|SIMILAR TO pattern [ESCAPE escape].
type LikeMatch struct {
	At
	Kind    LikeKind
	Not     bool
	Operand Expr
	Pattern Expr
	Escape  Expr
}

// InList is x [NOT] IN (a, b, ...).
type InList struct {
	At
	Not     bool
	Operand Expr
	List    []Expr
}

// InSubquery is x [NOT] IN (SELECT ...).
type InSubquery struct {
	At
	Not     bool
	Operand Expr
	Query   *Select
}

// QuantifiedArray is x op ANY (array) or x op ALL (array). SOME is ANY. The operators behind LIKE
// and ILIKE appear as ~~, !~~, ~~*, !~~*.
type QuantifiedArray struct {
	At
	Op      Operator
	All     bool
	Operand Expr
	Array   Expr
}

// QuantifiedSubquery is x op ANY (SELECT ...) or x op ALL (SELECT ...).
type QuantifiedSubquery struct {
	At
	Op      Operator
	All     bool
	Operand Expr
	Query   *Select
}

// Exists is EXISTS (SELECT ...).
type Exists struct {
	At
	Query *Select
}

// ScalarSubquery is (SELECT ...) used as a value.
type ScalarSubquery struct {
	At
	Query *Select
}

// ArraySubquery is ARRAY (SELECT ...).
type ArraySubquery struct {
	At
	Query *Select
}

// ArrayLiteral is ARRAY[...]; nested brackets are nested ArrayLiterals.
type ArrayLiteral struct {
	At
	Elements []Expr
}

// Row is ROW (...) with Explicit, or (a, b, ...) without.
type Row struct {
	At
	Explicit bool
	Fields   []Expr
}

// Case is CASE [operand] WHEN ... THEN ... [ELSE ...] END.
type Case struct {
	At
	Operand Expr
	Whens   []When
	Else    Expr
}

// When is one arm of a Case.
type When struct {
	At
	Condition, Result Expr
}

// Coalesce is COALESCE (...).
type Coalesce struct {
	At
	Args []Expr
}

// MinMax is GREATEST (...), or LEAST (...) with Least.
type MinMax struct {
	At
	Least bool
	Args  []Expr
}

// NullIf is NULLIF (a, b).
type NullIf struct {
	At
	Left, Right Expr
}

// Cast is CAST (x AS type), x::type, or type 'literal'. At is the place of CAST, of ::, or of the type.
type Cast struct {
	At
	Operand Expr
	Type    *TypeName
}

// Collate is x COLLATE name.
type Collate struct {
	At
	Operand   Expr
	Collation QualifiedName
}

// SQLValueKind is a value function that SQL writes without parentheses.
type SQLValueKind uint8

// The value functions. An output column takes its name from the keyword, in lower case.
const (
	CurrentDate SQLValueKind = iota + 1
	CurrentTime
	CurrentTimestamp
	LocalTime
	LocalTimestamp
	CurrentRole
	CurrentUser
	User
	SessionUser
	CurrentCatalog
	CurrentSchema
)

// SQLValue is CURRENT_TIMESTAMP and the like. Precision is -1 when none was written.
type SQLValue struct {
	At
	Kind      SQLValueKind
	Precision int
}

// FuncCall is a function or aggregate call. Special syntax is delivered as the pg_catalog
// function behind it, with PostgreSQL's argument order: EXTRACT (f FROM x) as extract('f', x),
// POSITION (a IN b) as position(b, a), SUBSTRING as substring(s, from, for), OVERLAY as
// overlay(s, new, from, for), TRIM as btrim, ltrim or rtrim, x AT TIME ZONE z as timezone(z, x).
type FuncCall struct {
	At
	Name        QualifiedName
	Args        []Expr
	ArgNames    []string // nil, or one per argument: "" positional, else name => value
	Star        bool     // count(*)
	Variadic    bool     // the last argument is VARIADIC
	Distinct    bool
	OrderBy     []OrderItem // agg(x ORDER BY y)
	WithinGroup []OrderItem // WITHIN GROUP (ORDER BY ...)
	Filter      Expr
	Over        *Window
}

// NamedWindow is one definition of a WINDOW clause.
type NamedWindow struct {
	At
	Name   string
	Window *Window
}

// Window is the OVER clause. Name is set for OVER name (and then nothing else is); Base is set for
// OVER (base ...).
type Window struct {
	At
	Name        string
	Base        string
	PartitionBy []Expr
	OrderBy     []OrderItem
	Frame       *Frame // nil: RANGE UNBOUNDED PRECEDING
}

// FrameMode is the unit of a window frame.
type FrameMode uint8

// The frame units.
const (
	FrameRange FrameMode = iota + 1
	FrameRows
	FrameGroups
)

// FrameBoundKind is the kind of a frame bound.
type FrameBoundKind uint8

// The frame bounds, in the order in which they may follow each other.
const (
	UnboundedPreceding FrameBoundKind = iota + 1
	OffsetPreceding
	CurrentRow
	OffsetFollowing
	UnboundedFollowing
)

// FrameBound is one end of a frame; Amount is set for the Offset kinds.
type FrameBound struct {
	At
	Kind   FrameBoundKind
	Amount Expr
}

// FrameExclusion is the EXCLUDE clause of a frame.
type FrameExclusion uint8

// The exclusions.
const (
	ExcludeNoOthers FrameExclusion = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// Frame is a window frame; End is CURRENT ROW when only a start was written.
type Frame struct {
	At
	Mode       FrameMode
	Start, End FrameBound
	Exclude    FrameExclusion
}

// EmptyGroupingSet is () in GROUP BY.
type EmptyGroupingSet struct{ At }

// TypeName is a type. SQL's own spellings are delivered as pg_catalog names: integer as int4,
// character varying as varchar, timestamp with time zone as timestamptz, decimal as numeric,
// char as bpchar with modifier 1. serial types stay as written (names serial, bigserial, ...),
// without a schema.
type TypeName struct {
	At
	Name QualifiedName
	// Modifiers are the arguments in parentheses: numeric(10, 2). For interval the first is
	// the field mask (IntervalFull when only a precision was written), the second the precision.
	Modifiers []Expr
	SetOf     bool
	ArrayDims int // number of [] pairs (or 1 for ARRAY); 0: no array
}

func (*IntegerLiteral) expr()     {}
func (*NumericLiteral) expr()     {}
func (*StringLiteral) expr()      {}
func (*BoolLiteral) expr()        {}
func (*NullLiteral) expr()        {}
func (*Default) expr()            {}
func (*Param) expr()              {}
func (*ColumnRef) expr()          {}
func (*Star) expr()               {}
func (*FieldSelect) expr()        {}
func (*Subscript) expr()          {}
func (*Unary) expr()              {}
func (*Binary) expr()             {}
func (*Logical) expr()            {}
func (*Not) expr()                {}
func (*IsNull) expr()             {}
func (*IsTruth) expr()            {}
func (*IsDistinct) expr()         {}
func (*Between) expr()            {}
func (*LikeMatch) expr()          {}
func (*InList) expr()             {}
func (*InSubquery) expr()         {}
func (*QuantifiedArray) expr()    {}
func (*QuantifiedSubquery) expr() {}
func (*Exists) expr()             {}
func (*ScalarSubquery) expr()     {}
func (*ArraySubquery) expr()      {}
func (*ArrayLiteral) expr()       {}
func (*Row) expr()                {}
func (*Case) expr()               {}
func (*Coalesce) expr()           {}
func (*MinMax) expr()             {}
func (*NullIf) expr()             {}
func (*Cast) expr()               {}
func (*Collate) expr()            {}
func (*SQLValue) expr()           {}
func (*FuncCall) expr()           {}
func (*EmptyGroupingSet) expr()   {}
