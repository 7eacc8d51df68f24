package sql

// At is the place of a node: the byte offset in the text given to Parse where PostgreSQL would
// point for it (the operator of an operator expression, the name of a function call, the first
// byte of most others). CharPosition turns it into the 1-based position of an error.
type At int32

// Offset is the node's byte offset in the parsed text.
func (a At) Offset() int { return int(a) }

// Node is any part of the tree.
type Node interface {
	Offset() int
}

// Statement is one SQL command: *Select, *Insert, *Update, *Delete, or one of the definitions in
// ast_ddl.go and the session commands in ast_session.go.
type Statement interface {
	Node
	statement()
}

// Expr is a value expression; see ast_expr.go.
type Expr interface {
	Node
	expr()
}

// TableExpr is an item of FROM: *Table, *SubqueryTable, *FunctionTable or *Join.
type TableExpr interface {
	Node
	tableExpr()
}

// Ident is a name as it counts after case folding, unquoting and truncation to 63 bytes.
type Ident struct {
	At
	Name string
}

// QualifiedName names a table, type, function, sequence or the like; Catalog and Schema are empty
// when they were not written.
type QualifiedName struct {
	At
	Catalog, Schema, Name string
}

// Empty is what ParseOne returns for text without a command; Parse never returns it.
type Empty struct{ At }

// Select is a query with everything that may surround its body. It is a statement, a subquery,
// the source of an INSERT, and an arm of a set operation.
type Select struct {
	At
	With     *With
	Body     SelectBody
	OrderBy  []OrderItem
	Limit    Expr // nil: none; LIMIT ALL is a *NullLiteral, as in PostgreSQL
	Skip     Expr // OFFSET; nil: none
	WithTies bool // FETCH FIRST ... WITH TIES
	Locking  []Locking
}

// SelectBody is *SelectCore, *Values or *SetOperation.
type SelectBody interface {
	Node
	selectBody()
}

// SelectCore is SELECT ... FROM ... WHERE ... GROUP BY ... HAVING ... WINDOW. TABLE t becomes
// SELECT * FROM t.
type SelectCore struct {
	At
	Distinct   bool   // DISTINCT, also when DistinctOn is set
	DistinctOn []Expr // DISTINCT ON (...)
	Targets    []Target
	From       []TableExpr // comma separated: a cross product
	Where      Expr
	GroupBy    []Expr // an empty grouping set () is an *EmptyGroupingSet
	// GroupDistinct is GROUP BY DISTINCT; without grouping sets it changes nothing.
	GroupDistinct bool
	Having        Expr
	Windows       []NamedWindow
}

// Values is VALUES (...), (...). Rows may differ in length; the analyzer reports that.
type Values struct {
	At
	Rows []ValuesRow
}

// ValuesRow is one parenthesised row of VALUES.
type ValuesRow struct {
	At
	Exprs []Expr
}

// SetOp is the kind of a set operation.
type SetOp uint8

// The set operations.
const (
	Union SetOp = iota + 1
	Intersect
	Except
)

// SetOperation is left UNION|INTERSECT|EXCEPT [ALL] right; At is the operator's place.
type SetOperation struct {
	At
	Op          SetOp
	All         bool
	Left, Right *Select
}

// Target is an output column of SELECT or RETURNING. Alias is empty when none was written. Value
// is a *Star for * and t.*.
type Target struct {
	At
	Value Expr
	Alias string
}

// SortOrder is the direction of an ORDER BY item or an index column.
type SortOrder uint8

// The sort directions. DefaultOrder means that nothing was written.
const (
	DefaultOrder SortOrder = iota
	Ascending
	Descending
	UsingOperator // ORDER BY x USING <
)

// NullsOrder says where nulls sort.
type NullsOrder uint8

// Where nulls sort. DefaultNulls: last when ascending, first when descending.
const (
	DefaultNulls NullsOrder = iota
	NullsFirst
	NullsLast
)

// OrderItem is one key of ORDER BY.
type OrderItem struct {
	At
	Value Expr
	Order SortOrder
	Using Operator // for UsingOperator
	Nulls NullsOrder
}

// LockStrength is the strength of a row lock, weakest first, in PostgreSQL's own order.
type LockStrength uint8

// The row lock strengths.
const (
	ForKeyShare LockStrength = iota + 1
	ForShare
	ForNoKeyUpdate
	ForUpdate
)

// LockWait says what a statement does about rows or tables that others have locked.
type LockWait uint8

// The lock wait policies.
const (
	LockBlock LockWait = iota
	LockSkip           // SKIP LOCKED
	LockError          // NOWAIT
)

// Locking is one FOR UPDATE clause or the like; a query may have several.
type Locking struct {
	At
	Strength LockStrength
	Of       []QualifiedName // empty: all tables
	Wait     LockWait
}

// With is a WITH list. WITH RECURSIVE is Unsupported.
type With struct {
	At
	CTEs []CTE
}

// Materialize is the MATERIALIZED marking of a common table expression.
type Materialize uint8

// The markings.
const (
	MaterializeDefault Materialize = iota
	MaterializeAlways
	MaterializeNever
)

// CTE is one common table expression. Query is *Select, *Insert, *Update or *Delete.
type CTE struct {
	At
	Name        string
	Columns     []Ident
	Materialize Materialize
	Query       Statement
}

// Alias is [AS] name [(column, ...)] behind a FROM item or the target of a command.
type Alias struct {
	At
	Name    string
	Columns []Ident
}

// Table is a table named in FROM or as the target of UPDATE, DELETE, TRUNCATE, LOCK.
type Table struct {
	At
	Name  QualifiedName
	Only  bool
	Alias *Alias
}

// SubqueryTable is (SELECT ...) [AS] alias; a missing alias is a syntax error in PostgreSQL 15.
type SubqueryTable struct {
	At
	Query *Select
	Alias *Alias
}

// FunctionTable is a function call in FROM. Call is a *FuncCall, a *SQLValue, or another
// expression that PostgreSQL writes like a function call (*Coalesce, *MinMax, *NullIf, *Cast).
// ColumnDefs is set for AS alias (name type, ...).
type FunctionTable struct {
	At
	Call           Expr
	WithOrdinality bool
	Alias          *Alias
	ColumnDefs     []ColumnDef
}

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds of join. CrossJoin has no condition.
const (
	InnerJoin JoinKind = iota + 1
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
)

// Join is left JOIN right with a condition by ON, USING or NATURAL (or none for CrossJoin).
type Join struct {
	At
	Kind        JoinKind
	Natural     bool
	Left, Right TableExpr
	On          Expr
	Using       []Ident
	UsingAlias  string // USING (...) AS alias
	Alias       *Alias // (a JOIN b ON ...) AS alias
}

// ColumnTarget is the column that an INSERT or UPDATE writes, perhaps a part of it:
// name, name[1], name.field.
type ColumnTarget struct {
	At
	Name string
	Path []Indirection
}

// Indirection is one step into a composite or array value of a ColumnTarget: Field when it is
// set, .* with All (which the analyzer rejects), otherwise Index.
type Indirection struct {
	At
	Field string
	All   bool
	Index Index
}

// Overriding is the OVERRIDING clause of INSERT.
type Overriding uint8

// The OVERRIDING clauses.
const (
	OverridingNone Overriding = iota
	OverridingUser
	OverridingSystem
)

// Insert is INSERT. Source is nil for DEFAULT VALUES; DEFAULT inside VALUES is a *Default.
type Insert struct {
	At
	With       *With
	Table      Table
	Columns    []ColumnTarget // empty: all, in table order
	Overriding Overriding
	Source     *Select
	OnConflict *OnConflict
	Returning  []Target
}

// OnConflict is ON CONFLICT. Without Elements and Constraint it covers every unique constraint
// (only with DO NOTHING; the analyzer reports the other case as 42601). DoUpdate false: DO NOTHING.
type OnConflict struct {
	At
	Elements    []IndexElement // conflict target by columns or expressions
	TargetWhere Expr           // predicate of the partial index meant
	Constraint  string         // ON CONSTRAINT name
	DoUpdate    bool
	Set         []Assignment
	Where       Expr
}

// Assignment is one item of SET: a = 1, or with Multi (a, b) = source, where Value is a *Row, a
// *ScalarSubquery or any other expression (which the analyzer rejects).
type Assignment struct {
	At
	Targets []ColumnTarget
	Multi   bool
	Value   Expr
}

// Update is UPDATE.
type Update struct {
	At
	With      *With
	Table     Table
	Set       []Assignment
	From      []TableExpr
	Where     Expr
	Returning []Target
}

// Delete is DELETE FROM.
type Delete struct {
	At
	With      *With
	Table     Table
	Using     []TableExpr
	Where     Expr
	Returning []Target
}

func (*Empty) statement()  {}
func (*Select) statement() {}
func (*Insert) statement() {}
func (*Update) statement() {}
func (*Delete) statement() {}

func (*SelectCore) selectBody()   {}
func (*Values) selectBody()       {}
func (*SetOperation) selectBody() {}

func (*Table) tableExpr()         {}
func (*SubqueryTable) tableExpr() {}
func (*FunctionTable) tableExpr() {}
func (*Join) tableExpr()          {}
