package store

// Isolation is a transaction isolation level (manual, 13.2). READ UNCOMMITTED is READ COMMITTED
// by another name.
type Isolation uint8

// The isolation levels.
const (
	ReadCommitted Isolation = iota
	RepeatableRead
	Serializable
	ReadUncommitted
)

// LockMode is a table lock mode (manual, 13.3.1). Larger is not always stronger: see conflicts.
type LockMode uint8

// The table lock modes, weakest first.
const (
	AccessShare LockMode = iota + 1
	RowShare
	RowExclusive
	ShareUpdateExclusive
	Share
	ShareRowExclusive
	Exclusive
	AccessExclusive
)

// RowLock is a row lock mode (manual, 13.3.2).
type RowLock uint8

// The row lock modes, weakest first.
const (
	ForKeyShare RowLock = iota + 1
	ForShare
	ForNoKeyUpdate
	ForUpdate
)

// WaitPolicy says what to do about a row that another transaction has locked.
type WaitPolicy uint8

// The wait policies.
const (
	Wait       WaitPolicy = iota
	SkipLocked            // the outcome is WouldBlock
	NoWait                // 55P03 could not obtain lock on row in relation
)

// Outcome is what became of an Update, Delete or Lock of a tuple.
type Outcome uint8

// The outcomes. Where the isolation level is REPEATABLE READ or SERIALIZABLE, Modified and Deleted
// do not occur: the error is 40001 instead.
const (
	Done         Outcome = iota + 1 // stored, deleted or locked
	Modified                        // changed by others meanwhile; the newest version is returned, locked
	Deleted                         // deleted by others meanwhile
	SelfModified                    // already changed by this or a later command of the same transaction
	Invisible                       // made by this very command; only Lock answers so
	WouldBlock                      // locked by others, and the policy is SkipLocked
)
