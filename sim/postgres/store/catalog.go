package store

import "github.com/squallhq/squall/sim/postgres/value"

// Column is a column of a table. Dropped columns keep their place, so that positions never change.
type Column struct {
	Name      string
	Type      *value.Type
	Mod       int32 // type modifier, value.NoMod: none
	NotNull   bool
	Default   any // the executor's expression; nil: none
	Generated any // the executor's expression of GENERATED ALWAYS AS ... STORED; nil: none
	Identity  Identity
	Sequence  *Sequence // owned by the column: serial and identity
	Dropped   bool
}

// Identity says how an identity column gets its value.
type Identity uint8

// The identities.
const (
	NoIdentity Identity = iota
	IdentityByDefault
	IdentityAlways
)

// Definition is what a table is at a moment. It is immutable: DDL makes a new one.
type Definition struct {
	Columns      []Column
	Indexes      []*Index // in order of their OIDs, the order in which they are checked
	Checks       []*Check // in order of their names, the order in which they are checked
	ForeignKeys  []*ForeignKey
	ReferencedBy []*ForeignKey
	// Generate computes the generated columns of a row that a referential action changed. nil: none.
	Generate func(value.Row) (value.Row, error)
}

// Table is a table's identity; its definition changes by DDL.
type Table struct{ later }

// OID returns the table's object id.
func (t *Table) OID() uint32 { panic("soon") }

// Name returns the name as the transaction sees it.
func (t *Table) Name(tx *Tx) string { panic("soon") }

// Schema returns the name of the table's schema.
func (t *Table) Schema() string { panic("soon") }

// Def returns the definition as the transaction sees it.
func (t *Table) Def(tx *Tx) *Definition { panic("soon") }

// UpdateLock returns the row lock that an UPDATE of these columns takes: ForUpdate if one is part
// of a key that a foreign key could refer to, else ForNoKeyUpdate.
func (t *Table) UpdateLock(tx *Tx, columns []int) RowLock { panic("soon") }

// IndexKey is one column of an index: a column of the table, or an expression.
type IndexKey struct {
	Column     int // position in the table; -1: Expr
	Expr       func(value.Row) (value.Value, error)
	Text       string // the expression as PostgreSQL prints it, for details of errors: lower(a)
	Source     any    // the executor's expression
	Type       *value.Type
	Desc       bool
	NullsFirst bool // as effective: DESC alone means NULLS FIRST, which the executor sets
}

// IndexSpec describes an index to make. An empty name is chosen as PostgreSQL would.
type IndexSpec struct {
	Name             string
	Keys             []IndexKey
	Include          []int
	Unique           bool
	Primary          bool // implies Unique, and NOT NULL on the columns
	Constraint       bool // made by a PRIMARY KEY or UNIQUE constraint
	NullsNotDistinct bool
	Predicate        func(value.Row) (bool, error) // nil: all rows
	Where            any                           // the executor's expression of the predicate
}

// Index is an ordered index over a table's rows.
type Index struct {
	IndexSpec
	OID   uint32
	Table *Table
	later
}

// Check is a check constraint. Holds is false only if the condition is false, not if it is NULL.
type Check struct {
	Name  string
	Holds func(value.Row) (bool, error)
	Expr  any // the executor's expression
}

// Action is a referential action.
type Action uint8

// The referential actions.
const (
	NoAction Action = iota
	Restrict
	Cascade
	SetNull
	SetDefault
)

// ForeignKey is a foreign key constraint. An empty name is chosen as PostgreSQL would.
type ForeignKey struct {
	Name          string
	OID           uint32
	Table         *Table // the referencing one
	Columns       []int
	Parent        *Table // the referenced one
	ParentColumns []int
	ParentIndex   *Index // unique, over ParentColumns
	MatchFull     bool
	OnDelete      Action
	OnUpdate      Action
	SetColumns    []int                                 // ON DELETE SET NULL (columns); nil: all
	Default       func(column int) (value.Value, error) // evaluates a column's default for SET DEFAULT
}

// SequenceSpec is what CREATE SEQUENCE says.
type SequenceSpec struct {
	Type      *value.Type
	Start     int64
	Increment int64
	Min, Max  int64
	Cycle     bool
}

// Sequence hands out numbers outside transactions.
type Sequence struct{ later }

// OID returns the sequence's object id.
func (q *Sequence) OID() uint32 { panic("soon") }

// Name returns the sequence's name.
func (q *Sequence) Name() string { panic("soon") }

// Schema returns the name of the sequence's schema.
func (q *Sequence) Schema() string { panic("soon") }

// Spec returns the sequence's parameters as the transaction sees them.
func (q *Sequence) Spec(tx *Tx) SequenceSpec { panic("soon") }

// State returns last_value and is_called, for SELECT from the sequence.
func (q *Sequence) State(tx *Tx) (last int64, called bool) { panic("soon") }

// CatalogVersion changes whenever what the transaction sees of the catalog may have changed. Equal
// versions of two transactions mean equal catalogs, so plans may be shared by version.
func (t *Tx) CatalogVersion() uint64 { panic("soon") }

// Relation is a table, an index or a sequence found by name; the others are nil.
type Relation struct {
	Table    *Table
	Index    *Index
	Sequence *Sequence
}

// Lookup finds a relation in a schema; the zero Relation if there is none.
func (t *Tx) Lookup(schema, name string) Relation { panic("soon") }

// OpenTable finds and locks a table, again if it was replaced during the wait; nil if there is none.
func (t *Tx) OpenTable(schema, name string, m LockMode) (*Table, error) { panic("soon") }

// Tables returns the visible tables, by schema and name.
func (t *Tx) Tables() []*Table { panic("soon") }

// Sequences returns the visible sequences, by schema and name.
func (t *Tx) Sequences() []*Sequence { panic("soon") }

// Schemas returns the visible schemas' names, sorted.
func (t *Tx) Schemas() []string { panic("soon") }

// HasSchema says whether the transaction sees the schema.
func (t *Tx) HasSchema(name string) bool { panic("soon") }

// Type finds a type made by CREATE TYPE, or nil.
func (t *Tx) Type(schema, name string) *value.Type { panic("soon") }

// TypeByOID finds a type made by CREATE TYPE, or its array type, or nil.
func (t *Tx) TypeByOID(oid uint32) *value.Type { panic("soon") }

// ChooseName makes the name that PostgreSQL gives an object: parts and label joined by underscores,
// cut to 63 bytes, numbered if taken in the schema (ChooseRelationName).
func (t *Tx) ChooseName(schema, name1, name2, label string) string { panic("soon") }

// CreateSchema makes a schema (42P06).
func (t *Tx) CreateSchema(name string) error { panic("soon") }

// DropSchema drops a schema and with cascade what is in it (2BP01, 3F000).
func (t *Tx) DropSchema(name string, cascade bool) error { panic("soon") }

// CreateTable makes a table (42P07, 3F000). Its indexes and constraints follow by their own calls;
// sequences of its columns should be owned by SetOwner.
func (t *Tx) CreateTable(schema, name string, columns []Column) (*Table, error) { panic("soon") }

// DropTable drops a table with its indexes, constraints and owned sequences. Foreign keys that
// refer to it go with cascade, or else are the error (2BP01).
func (t *Tx) DropTable(tbl *Table, cascade bool) error { panic("soon") }

// RenameTable renames a table (42P07).
func (t *Tx) RenameTable(tbl *Table, name string) error { panic("soon") }

// Truncate empties tables (0A000 if a table outside the list refers to one). With cascade the
// referring tables are emptied too; with restart the owned sequences start again.
func (t *Tx) Truncate(tables []*Table, cascade, restart bool) error { panic("soon") }

// AddColumn appends a column (42701); fill computes its value for existing rows.
func (t *Tx) AddColumn(tbl *Table, c Column, fill func(value.Row) (value.Value, error)) error {
	panic("soon")
}

// AlterColumn changes a column: change gets a copy. Setting NotNull checks the rows (23502). If
// convert is not nil it computes the column anew for all rows, and indexes are rebuilt.
func (t *Tx) AlterColumn(tbl *Table, column int, change func(*Column), convert func(value.Row) (value.Value, error)) error {
	panic("soon")
}

// DropColumn drops a column and the indexes and constraints over it (2BP01 without cascade if
// another table's foreign key depends on it).
func (t *Tx) DropColumn(tbl *Table, column int, cascade bool) error { panic("soon") }

// SetGenerate sets Definition.Generate.
func (t *Tx) SetGenerate(tbl *Table, generate func(value.Row) (value.Row, error)) error {
	panic("soon")
}

// CreateIndex makes an index over the existing rows (42P07; 23505 could not create unique index).
func (t *Tx) CreateIndex(tbl *Table, spec IndexSpec) (*Index, error) { panic("soon") }

// DropIndex drops an index (2BP01 if a constraint or foreign key needs it).
func (t *Tx) DropIndex(ix *Index, cascade bool) error { panic("soon") }

// RenameIndex renames an index, and its constraint with it (42P07).
func (t *Tx) RenameIndex(ix *Index, name string) error { panic("soon") }

// AddCheck adds a check constraint, tested on the existing rows unless notValid (42710, 23514). An
// empty name is chosen from column ("" for several columns).
func (t *Tx) AddCheck(tbl *Table, c Check, column string, notValid bool) (*Check, error) {
	panic("soon")
}

// AddForeignKey adds a foreign key, tested on the existing rows unless notValid (42710, 42830, 23503).
func (t *Tx) AddForeignKey(fk ForeignKey, notValid bool) (*ForeignKey, error) { panic("soon") }

// DropConstraint drops a constraint by name (42704; 2BP01).
func (t *Tx) DropConstraint(tbl *Table, name string, cascade bool) error { panic("soon") }

// RenameConstraint renames a constraint (42704, 42710).
func (t *Tx) RenameConstraint(tbl *Table, from, to string) error { panic("soon") }

// CreateSequence makes a sequence (42P07).
func (t *Tx) CreateSequence(schema, name string, spec SequenceSpec) (*Sequence, error) {
	panic("soon")
}

// SetOwner makes a column the owner of the sequence: it is dropped with it. nil: none.
func (t *Tx) SetOwner(q *Sequence, tbl *Table, column int) error { panic("soon") }

// AlterSequence changes the parameters; restart, if not nil, sets the next value.
func (t *Tx) AlterSequence(q *Sequence, spec SequenceSpec, restart *int64) error { panic("soon") }

// DropSequence drops a sequence (2BP01 if a column owns it or its default needs it).
func (t *Tx) DropSequence(q *Sequence, cascade bool) error { panic("soon") }

// CreateEnum makes an enum type (42710).
func (t *Tx) CreateEnum(schema, name string, labels []string) (*value.Type, error) { panic("soon") }

// AlterEnum replaces the type of this OID in the catalog, after value.Type.WithLabel and its like;
// columns of the type get it as well.
func (t *Tx) AlterEnum(schema string, typ *value.Type) error { panic("soon") }

// DropType drops an enum (2BP01 if a column has it).
func (t *Tx) DropType(schema, name string) error { panic("soon") }
