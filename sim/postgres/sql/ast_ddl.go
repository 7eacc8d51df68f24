package sql

// Behavior is CASCADE or RESTRICT at the end of a DROP or TRUNCATE.
type Behavior uint8

// The behaviours; BehaviorDefault means that nothing was written, which acts as RESTRICT.
const (
	BehaviorDefault Behavior = iota
	Restrict
	Cascade
)

// ObjectKind is the kind of object that DROP, RENAME, SET SCHEMA and COMMENT name.
type ObjectKind uint8

// The kinds of object. ObjectColumn and ObjectConstraint are parts of a table.
const (
	ObjectTable ObjectKind = iota + 1
	ObjectIndex
	ObjectSequence
	ObjectSchema
	ObjectType
	ObjectColumn
	ObjectConstraint
	ObjectDatabase
	ObjectExtension
)

// Persistence says whether a table or sequence survives its session or a crash.
type Persistence uint8

// The persistences.
const (
	Permanent Persistence = iota
	Temporary
	Unlogged
)

// Option is name = value in WITH (...) of a table or index. Value is nil when only a name was
// written, else a literal or, for a word such as on, a *StringLiteral.
type Option struct {
	At
	Name  string // qualified names keep their dot
	Value Expr
}

// CreateTable is CREATE TABLE. LIKE, INHERITS, PARTITION BY, OF and AS are Unsupported.
type CreateTable struct {
	At
	Name        QualifiedName
	IfNotExists bool
	Persistence Persistence
	Columns     []ColumnDef
	Constraints []Constraint // table constraints, in order
	Options     []Option
	OnCommit    OnCommit
	Tablespace  string
}

// OnCommit says what COMMIT does with a temporary table.
type OnCommit uint8

// The ON COMMIT actions.
const (
	OnCommitDefault OnCommit = iota
	OnCommitPreserveRows
	OnCommitDeleteRows
	OnCommitDrop
)

// ColumnDef is a column's definition in CREATE TABLE, ADD COLUMN, or AS alias (name type) of a
// function in FROM.
type ColumnDef struct {
	At
	Name        string
	Type        *TypeName
	Collation   *QualifiedName
	Constraints []Constraint
}

// ConstraintKind is the kind of a column or table constraint; PostgreSQL's grammar counts
// defaults and generated values among them.
type ConstraintKind uint8

// The kinds of constraint.
const (
	ConstraintNotNull ConstraintKind = iota + 1
	ConstraintNull
	ConstraintDefault   // Expr
	ConstraintCheck     // Expr, NoInherit
	ConstraintPrimary   // Columns (table constraint), Include, Options, UsingIndex
	ConstraintUnique    // as ConstraintPrimary, and NullsNotDistinct
	ConstraintForeign   // Columns (table constraint), Foreign
	ConstraintGenerated // Expr: GENERATED ALWAYS AS (expr) STORED
	ConstraintIdentity  // IdentityAlways, Sequence
)

// Constraint is a column or table constraint. Which fields count depends on Kind.
type Constraint struct {
	At
	Name              string // CONSTRAINT name; empty: PostgreSQL chooses one
	Kind              ConstraintKind
	Columns           []Ident
	Expr              Expr
	Foreign           *ForeignKey
	NullsNotDistinct  bool
	Include           []Ident
	Options           []Option
	Tablespace        string
	UsingIndex        string // ADD CONSTRAINT ... USING INDEX name
	IdentityAlways    bool
	Sequence          []SequenceOption
	NoInherit         bool
	NotValid          bool
	Deferrable        bool
	InitiallyDeferred bool
}

// ReferentialAction is what a foreign key does when the referenced row goes or changes.
type ReferentialAction uint8

// The referential actions.
const (
	NoAction ReferentialAction = iota
	RestrictAction
	CascadeAction
	SetNullAction
	SetDefaultAction
)

// ForeignKey is the REFERENCES part of a foreign key.
type ForeignKey struct {
	At
	Table      QualifiedName
	Columns    []Ident // empty: the primary key
	MatchFull  bool
	OnDelete   ReferentialAction
	OnUpdate   ReferentialAction
	SetColumns []Ident // ON DELETE SET NULL (column, ...)
}

// AlterTable is ALTER TABLE with one or more actions. Renaming is a *Rename, moving to another
// schema a *SetSchema.
type AlterTable struct {
	At
	Table    QualifiedName
	IfExists bool
	Only     bool
	Actions  []AlterAction
}

// AlterAction is one action of AlterTable.
type AlterAction interface {
	Node
	alterAction()
}

// AddColumn is ADD COLUMN.
type AddColumn struct {
	At
	IfNotExists bool
	Column      ColumnDef
}

// DropColumn is DROP COLUMN.
type DropColumn struct {
	At
	Name     string
	IfExists bool
	Behavior Behavior
}

// AlterColumnType is ALTER COLUMN ... TYPE.
type AlterColumnType struct {
	At
	Name      string
	Type      *TypeName
	Collation *QualifiedName
	Using     Expr
}

// AlterColumnDefault is ALTER COLUMN ... SET DEFAULT, or DROP DEFAULT when Value is nil.
type AlterColumnDefault struct {
	At
	Name  string
	Value Expr
}

// AlterColumnNotNull is ALTER COLUMN ... SET NOT NULL, or DROP NOT NULL with Drop.
type AlterColumnNotNull struct {
	At
	Name string
	Drop bool
}

// AddIdentity is ALTER COLUMN ... ADD GENERATED ... AS IDENTITY.
type AddIdentity struct {
	At
	Name     string
	Always   bool
	Sequence []SequenceOption
}

// SetIdentity is ALTER COLUMN ... SET GENERATED ... and SET sequence-option ... .
type SetIdentity struct {
	At
	Name         string
	SetGenerated bool // Always counts
	Always       bool
	Sequence     []SequenceOption
}

// DropIdentity is ALTER COLUMN ... DROP IDENTITY.
type DropIdentity struct {
	At
	Name     string
	IfExists bool
}

// DropExpression is ALTER COLUMN ... DROP EXPRESSION: a generated column becomes an ordinary one.
type DropExpression struct {
	At
	Name     string
	IfExists bool
}

// AddConstraint is ADD [CONSTRAINT name] constraint.
type AddConstraint struct {
	At
	Constraint Constraint
}

// AlterConstraint is ALTER CONSTRAINT name [NOT] DEFERRABLE ... .
type AlterConstraint struct {
	At
	Name              string
	Deferrable        bool
	InitiallyDeferred bool
}

// ValidateConstraint is VALIDATE CONSTRAINT.
type ValidateConstraint struct {
	At
	Name string
}

// DropConstraint is DROP CONSTRAINT.
type DropConstraint struct {
	At
	Name     string
	IfExists bool
	Behavior Behavior
}

// SetOptions is SET (name = value, ...), or RESET (...) with Reset: storage parameters, on Column
// when it is set.
type SetOptions struct {
	At
	Column  string
	Reset   bool
	Options []Option
}

// SetStatistics is ALTER COLUMN ... SET STATISTICS n.
type SetStatistics struct {
	At
	Column string
	Target int32
}

// SetLogged is SET LOGGED, or SET UNLOGGED with Unlogged.
type SetLogged struct {
	At
	Unlogged bool
}

// OwnerTo is OWNER TO role.
type OwnerTo struct {
	At
	Role string
}

// CreateIndex is CREATE INDEX. Name is empty when PostgreSQL is to choose one.
type CreateIndex struct {
	At
	Name             string
	Unique           bool
	Concurrently     bool
	IfNotExists      bool
	Table            QualifiedName
	Only             bool
	Method           string // empty: btree
	Elements         []IndexElement
	Include          []Ident
	NullsNotDistinct bool
	Options          []Option
	Tablespace       string
	Where            Expr
}

// IndexElement is one key of an index or of an ON CONFLICT target: Column when it is set,
// otherwise Value.
type IndexElement struct {
	At
	Column        string
	Value         Expr
	Collation     *QualifiedName
	OperatorClass *QualifiedName
	Order         SortOrder
	Nulls         NullsOrder
}

// Drop is DROP TABLE, INDEX, SEQUENCE, SCHEMA, TYPE or EXTENSION.
type Drop struct {
	At
	Kind         ObjectKind
	Names        []QualifiedName
	IfExists     bool
	Concurrently bool
	Behavior     Behavior
}

// Rename is ALTER kind name RENAME [COLUMN|CONSTRAINT|VALUE part] TO new. Part says what is
// renamed inside a table: ObjectColumn or ObjectConstraint with its old name in PartName; zero: the object itself.
type Rename struct {
	At
	Kind     ObjectKind
	Name     QualifiedName
	IfExists bool
	Only     bool
	Part     ObjectKind
	PartName string
	NewName  string
	Behavior Behavior
}

// SetSchema is ALTER kind name SET SCHEMA schema.
type SetSchema struct {
	At
	Kind     ObjectKind
	Name     QualifiedName
	IfExists bool
	Only     bool
	Schema   string
}

// AlterOwner is ALTER kind name OWNER TO role for schemas and types (tables: *AlterTable with *OwnerTo).
type AlterOwner struct {
	At
	Kind ObjectKind
	Name QualifiedName
	Role string
}

// SequenceOptionKind is the kind of a sequence option.
type SequenceOptionKind uint8

// The sequence options. The comment names the field that carries the value.
const (
	SequenceAs        SequenceOptionKind = iota + 1 // Type
	SequenceIncrement                               // Value
	SequenceMinValue                                // Value; None: NO MINVALUE
	SequenceMaxValue                                // Value; None: NO MAXVALUE
	SequenceStart                                   // Value
	SequenceRestart                                 // Value; None: RESTART without a value
	SequenceCache                                   // Value
	SequenceCycle                                   // None: NO CYCLE
	SequenceOwnedBy                                 // OwnedBy; None: OWNED BY NONE
	SequenceNamed                                   // OwnedBy is the sequence's name (identity columns)
	SequenceLogged                                  // identity columns in dumps: LOGGED; None: UNLOGGED
)

// SequenceOption is one option of CREATE SEQUENCE, ALTER SEQUENCE, or an identity column.
type SequenceOption struct {
	At
	Kind    SequenceOptionKind
	None    bool
	Value   Expr // *IntegerLiteral, or *NumericLiteral which the analyzer rejects
	Type    *TypeName
	OwnedBy []Ident // [[schema.]table.]column
}

// CreateSequence is CREATE SEQUENCE.
type CreateSequence struct {
	At
	Name        QualifiedName
	IfNotExists bool
	Persistence Persistence
	Options     []SequenceOption
}

// AlterSequence is ALTER SEQUENCE with options.
type AlterSequence struct {
	At
	Name     QualifiedName
	IfExists bool
	Options  []SequenceOption
}

// CreateSchema is CREATE SCHEMA; Name is empty for AUTHORIZATION alone.
type CreateSchema struct {
	At
	Name          string
	IfNotExists   bool
	Authorization string
}

// CreateEnum is CREATE TYPE ... AS ENUM.
type CreateEnum struct {
	At
	Name   QualifiedName
	Labels []string
}

// AlterEnumAdd is ALTER TYPE ... ADD VALUE [BEFORE|AFTER neighbour].
type AlterEnumAdd struct {
	At
	Name        QualifiedName
	IfNotExists bool
	Value       string
	Neighbor    string // counts when HasNeighbor
	HasNeighbor bool
	Before      bool // otherwise after the neighbour
}

// AlterEnumRename is ALTER TYPE ... RENAME VALUE old TO new.
type AlterEnumRename struct {
	At
	Name     QualifiedName
	Old, New string
}

// CreateExtension is CREATE EXTENSION; what exists is the executor's business.
type CreateExtension struct {
	At
	Name        string
	IfNotExists bool
	Schema      string
	Version     string
	Cascade     bool
}

// Truncate is TRUNCATE.
type Truncate struct {
	At
	Tables          []Table
	RestartIdentity bool
	Behavior        Behavior
}

// Comment is COMMENT ON. For ObjectColumn and ObjectConstraint Part is the column's or
// constraint's name and Name its table. Null: IS NULL.
type Comment struct {
	At
	Kind ObjectKind
	Name QualifiedName
	Part string
	Null bool
	Text string
}

func (*CreateTable) statement()     {}
func (*AlterTable) statement()      {}
func (*CreateIndex) statement()     {}
func (*Drop) statement()            {}
func (*Rename) statement()          {}
func (*SetSchema) statement()       {}
func (*AlterOwner) statement()      {}
func (*CreateSequence) statement()  {}
func (*AlterSequence) statement()   {}
func (*CreateSchema) statement()    {}
func (*CreateEnum) statement()      {}
func (*AlterEnumAdd) statement()    {}
func (*AlterEnumRename) statement() {}
func (*CreateExtension) statement() {}
func (*Truncate) statement()        {}
func (*Comment) statement()         {}

func (*AddColumn) alterAction()          {}
func (*DropColumn) alterAction()         {}
func (*AlterColumnType) alterAction()    {}
func (*AlterColumnDefault) alterAction() {}
func (*AlterColumnNotNull) alterAction() {}
func (*AddIdentity) alterAction()        {}
func (*SetIdentity) alterAction()        {}
func (*DropIdentity) alterAction()       {}
func (*DropExpression) alterAction()     {}
func (*AddConstraint) alterAction()      {}
func (*AlterConstraint) alterAction()    {}
func (*ValidateConstraint) alterAction() {}
func (*DropConstraint) alterAction()     {}
func (*SetOptions) alterAction()         {}
func (*SetStatistics) alterAction()      {}
func (*SetLogged) alterAction()          {}
func (*OwnerTo) alterAction()            {}
