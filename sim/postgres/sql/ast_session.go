package sql

// Isolation is a transaction isolation level.
type Isolation uint8

// The isolation levels; PostgreSQL runs READ UNCOMMITTED as READ COMMITTED.
const (
	IsolationUnset Isolation = iota
	ReadUncommitted
	ReadCommitted
	RepeatableRead
	Serializable
)

// Choice is a setting that may be left out.
type Choice uint8

// The choices.
const (
	Unset Choice = iota
	Yes
	No
)

// TransactionModes are the modes of BEGIN and SET TRANSACTION. When one is written twice the last
// counts, as in PostgreSQL.
type TransactionModes struct {
	Isolation  Isolation
	ReadOnly   Choice
	Deferrable Choice
}

// Begin is BEGIN, or START TRANSACTION with Start (their command tags differ).
type Begin struct {
	At
	Start bool
	Modes TransactionModes
}

// Commit is COMMIT or END.
type Commit struct {
	At
	Chain bool
}

// Rollback is ROLLBACK or ABORT.
type Rollback struct {
	At
	Chain bool
}

// Savepoint is SAVEPOINT.
type Savepoint struct {
	At
	Name string
}

// ReleaseSavepoint is RELEASE [SAVEPOINT].
type ReleaseSavepoint struct {
	At
	Name string
}

// RollbackTo is ROLLBACK TO [SAVEPOINT].
type RollbackTo struct {
	At
	Name string
}

// SetVariable is SET [SESSION|LOCAL] name = value, ... . SET TIME ZONE arrives as "timezone", SET
// SCHEMA as "search_path", SET NAMES as "client_encoding", SET ROLE as "role", SET SESSION
// AUTHORIZATION as "session_authorization". ToDefault: SET name TO DEFAULT.
type SetVariable struct {
	At
	Local     bool
	Name      string // in lower case; custom settings keep their dot
	Values    []Expr // *StringLiteral (words too), *IntegerLiteral, *NumericLiteral, or for TIME ZONE INTERVAL a *Cast
	ToDefault bool
}

// SetTransaction is SET TRANSACTION, or SET SESSION CHARACTERISTICS AS TRANSACTION with Session.
// With Snapshot set it is SET TRANSACTION SNAPSHOT.
type SetTransaction struct {
	At
	Session     bool
	Modes       TransactionModes
	Snapshot    string
	HasSnapshot bool
}

// Reset is RESET name, or RESET ALL with All.
type Reset struct {
	At
	Name string
	All  bool
}

// Show is SHOW name, or SHOW ALL with All.
type Show struct {
	At
	Name string
	All  bool
}

// SetConstraints is SET CONSTRAINTS {ALL | name, ...} {DEFERRED | IMMEDIATE}.
type SetConstraints struct {
	At
	All      bool
	Names    []QualifiedName
	Deferred bool
}

// TableLock is a table-level lock mode, weakest first.
type TableLock uint8

// The lock modes, numbered as in PostgreSQL's lockdefs.h.
const (
	AccessShareLock TableLock = iota + 1
	RowShareLock
	RowExclusiveLock
	ShareUpdateExclusiveLock
	ShareLock
	ShareRowExclusiveLock
	ExclusiveLock
	AccessExclusiveLock
)

// LockTable is LOCK TABLE.
type LockTable struct {
	At
	Tables []Table
	Mode   TableLock
	NoWait bool
}

// Listen is LISTEN channel.
type Listen struct {
	At
	Channel string
}

// Unlisten is UNLISTEN channel, or UNLISTEN * with All.
type Unlisten struct {
	At
	Channel string
	All     bool
}

// Notify is NOTIFY channel [, payload].
type Notify struct {
	At
	Channel string
	Payload string
}

// DiscardTarget is what DISCARD throws away.
type DiscardTarget uint8

// The targets.
const (
	DiscardAll DiscardTarget = iota + 1
	DiscardTemp
	DiscardPlans
	DiscardSequences
)

// Discard is DISCARD.
type Discard struct {
	At
	Target DiscardTarget
}

// MaintenanceTarget is a table of ANALYZE or VACUUM.
type MaintenanceTarget struct {
	At
	Table   QualifiedName
	Columns []Ident
}

// Analyze is ANALYZE; its options change no result and are not kept.
type Analyze struct {
	At
	Targets []MaintenanceTarget
}

// Vacuum is VACUUM; options other than those below change no result and are not kept.
type Vacuum struct {
	At
	Full, Freeze, Analyze bool
	Targets               []MaintenanceTarget
}

// Deallocate is DEALLOCATE [PREPARE] name, or ALL with All.
type Deallocate struct {
	At
	Name string
	All  bool
}

func (*Begin) statement()            {}
func (*Commit) statement()           {}
func (*Rollback) statement()         {}
func (*Savepoint) statement()        {}
func (*ReleaseSavepoint) statement() {}
func (*RollbackTo) statement()       {}
func (*SetVariable) statement()      {}
func (*SetTransaction) statement()   {}
func (*Reset) statement()            {}
func (*Show) statement()             {}
func (*SetConstraints) statement()   {}
func (*LockTable) statement()        {}
func (*Listen) statement()           {}
func (*Unlisten) statement()         {}
func (*Notify) statement()           {}
func (*Discard) statement()          {}
func (*Analyze) statement()          {}
func (*Vacuum) statement()           {}
func (*Deallocate) statement()       {}
