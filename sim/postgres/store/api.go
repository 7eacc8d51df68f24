package store

import "github.com/squallhq/squall/sim/postgres/value"

// LSN numbers the commits of a database, from 1. A commit that changed nothing has none (0).
type LSN uint64

// XID is a transaction id that never wraps (xid8). 0: none assigned.
type XID uint64

// Database is one database with its catalog, its rows and its locks.
type Database struct{ later }

// New returns an empty database with the schema public.
func New(name string) *Database { panic("soon") }

// Name returns the database's name, which some errors carry.
func (db *Database) Name() string { panic("soon") }

// Connect starts a session (a backend process). The pid appears in deadlock reports.
func (db *Database) Connect(pid int32, w Waiter) *Session { panic("soon") }

// LSN returns the number of the last commit.
func (db *Database) LSN() LSN { panic("soon") }

// Retain keeps everything that Recover needs to go back to lsn; zero keeps nothing (the default).
func (db *Database) Retain(lsn LSN) { panic("soon") }

// Recover is the start after a crash: sessions are gone, transactions in progress are undone, and
// so are commits after lsn (LSN() loses none), whose tail an asynchronous commit or a standby had
// not got. Going back needs Retain. Sequences skip up to 32 values, as after a real crash.
func (db *Database) Recover(lsn LSN) { panic("soon") }

// SetNotify sets who delivers notifications to listening sessions; called at commit, in commit order.
func (db *Database) SetNotify(deliver func(to *Session, n Notification)) { panic("soon") }

// Notification is what NOTIFY sent.
type Notification struct {
	PID     int32
	Channel string
	Payload string
}

// Session is a backend: the owner of session locks, currval and LISTEN, and of at most one
// transaction at a time.
type Session struct{ later }

// PID returns the session's process id.
func (s *Session) PID() int32 { panic("soon") }

// Database returns the session's database.
func (s *Session) Database() *Database { panic("soon") }

// Begin starts a transaction. Its snapshot is taken by the first BeginStatement.
func (s *Session) Begin(level Isolation, readOnly bool) *Tx { panic("soon") }

// Tx returns the transaction in progress, or nil.
func (s *Session) Tx() *Tx { panic("soon") }

// Close ends the session: rolls back, releases its locks, forgets LISTEN.
func (s *Session) Close() { panic("soon") }

// Waiting says whether the session is parked for a lock.
func (s *Session) Waiting() bool { panic("soon") }

// BlockedBy returns the pids that the session waits for, ascending (pg_blocking_pids).
func (s *Session) BlockedBy() []int32 { panic("soon") }

// Deadlock returns 40P01 if the waiting session is part of a deadlock, else nil. The waiter asks
// once it has been parked for deadlock_timeout, and returns the error from Park.
func (s *Session) Deadlock() error { panic("soon") }

// AdvisoryKey is pg_advisory_lock's key: one bigint, or (Pair) two integers, which are another space.
type AdvisoryKey struct {
	Key  int64 // a pair: high half the first, low half the second
	Pair bool
}

// AdvisoryLock waits for an advisory lock of the session or (tx) of the transaction.
func (s *Session) AdvisoryLock(k AdvisoryKey, shared, tx bool) error { panic("soon") }

// TryAdvisoryLock takes the lock if nobody must be waited for.
func (s *Session) TryAdvisoryLock(k AdvisoryKey, shared, tx bool) bool { panic("soon") }

// AdvisoryUnlock releases a session-level lock once; false if it was not held.
func (s *Session) AdvisoryUnlock(k AdvisoryKey, shared bool) bool { panic("soon") }

// AdvisoryUnlockAll releases all session-level advisory locks.
func (s *Session) AdvisoryUnlockAll() { panic("soon") }

// Nextval takes the next value. It is never given back. Error: 2200H, bounds reached.
func (s *Session) Nextval(q *Sequence) (int64, error) { panic("soon") }

// Currval returns the session's last value of the sequence (55000: none yet).
func (s *Session) Currval(q *Sequence) (int64, error) { panic("soon") }

// Lastval returns the session's last value of any sequence (55000: none yet).
func (s *Session) Lastval() (int64, error) { panic("soon") }

// Setval sets the sequence; called says whether v counts as handed out (22003: out of bounds).
func (s *Session) Setval(q *Sequence, v int64, called bool) error { panic("soon") }

// Tx is a transaction.
type Tx struct{ later }

// Session returns the transaction's session.
func (t *Tx) Session() *Session { panic("soon") }

// Isolation returns the level.
func (t *Tx) Isolation() Isolation { panic("soon") }

// SetIsolation changes level and access mode; allowed until the first snapshot.
func (t *Tx) SetIsolation(level Isolation, readOnly bool) { panic("soon") }

// ReadOnly says whether the transaction was begun read-only. The executor refuses writes (25006).
func (t *Tx) ReadOnly() bool { panic("soon") }

// BeginStatement returns the snapshot for a statement.
func (t *Tx) BeginStatement() *Snapshot { panic("soon") }

// EndStatement checks foreign keys and runs their actions, makes the statement's changes visible
// to the next one, and gives the snapshot back.
func (t *Tx) EndStatement(s *Snapshot) error { panic("soon") }

// NextCommand lets what follows under the same snapshot see the changes so far (s then counts as a
// later command). Rarely needed: EndStatement does it.
func (t *Tx) NextCommand(s *Snapshot) { panic("soon") }

// Commit commits. An error (40001 mostly) means that the transaction was rolled back.
func (t *Tx) Commit() (LSN, error) { panic("soon") }

// Rollback undoes everything. It cannot fail, and may follow Fail.
func (t *Tx) Rollback() { panic("soon") }

// Fail undoes the innermost subtransaction, or everything if there is none, and releases its locks.
// Then only Rollback and RollbackTo are allowed.
func (t *Tx) Fail() { panic("soon") }

// Failed says whether Fail was called since the last RollbackTo.
func (t *Tx) Failed() bool { panic("soon") }

// Savepoint starts a subtransaction.
func (t *Tx) Savepoint(name string) { panic("soon") }

// Release ends the subtransactions from the savepoint on, keeping their work (3B001: no such savepoint).
func (t *Tx) Release(name string) error { panic("soon") }

// RollbackTo undoes everything since the savepoint, which stays (3B001: no such savepoint).
func (t *Tx) RollbackTo(name string) error { panic("soon") }

// XID returns the id of the (top) transaction, assigning one if there is none (pg_current_xact_id).
func (t *Tx) XID() XID { panic("soon") }

// XIDIfAssigned returns the id of the transaction or 0.
func (t *Tx) XIDIfAssigned() XID { panic("soon") }

// Notify queues a notification for the commit; duplicates within the transaction are dropped.
func (t *Tx) Notify(channel, payload string) { panic("soon") }

// Listen registers the session at commit.
func (t *Tx) Listen(channel string) { panic("soon") }

// Unlisten removes the registration at commit; "" removes all.
func (t *Tx) Unlisten(channel string) { panic("soon") }

// Listening returns the session's channels, sorted.
func (s *Session) Listening() []string { panic("soon") }

// Snapshot says which versions a statement sees.
type Snapshot struct{ later }

// Info returns pg_current_snapshot().
func (s *Snapshot) Info() *value.SnapshotData { panic("soon") }

// Tuple is one version of a row. It stays valid, with its Row, as long as it is referred to.
type Tuple struct {
	Row value.Row
	later
}

// Xmin returns the id of the (sub)transaction that made the version.
func (t *Tuple) Xmin() XID { panic("soon") }

// Xmax returns the id of the (sub)transaction that deleted or replaced the version, or 0.
func (t *Tuple) Xmax() XID { panic("soon") }

// TID returns a number that identifies the version within its table (ctid; blocks of 100).
func (t *Tuple) TID() uint64 { panic("soon") }

// HeapScan reads all visible rows of a table. The zero value is ready for Open; it may be reused.
type HeapScan struct{ later }

// Open starts at the first row.
func (h *HeapScan) Open(s *Snapshot, t *Table) { panic("soon") }

// Next returns the next visible version, or nil.
func (h *HeapScan) Next() *Tuple { panic("soon") }

// Range selects index entries: Equal holds on the first columns (NULL matches NULL: the caller
// drops = NULL), and Low and High bound the column after them. Entries with NULL in a bounded
// column are outside. Low and High are in the column's value order also where the index column is
// DESC. Reverse reads backwards.
type Range struct {
	Equal     value.Row
	Low, High Bound
	Reverse   bool
}

// Bound is one end of a Range.
type Bound struct {
	Value     value.Value
	Set       bool
	Exclusive bool
}

// IndexScan reads visible rows in index order. The zero value is ready for Open; it may be reused.
// Changes made while it is open, also by its own reader, do not disturb it.
type IndexScan struct{ later }

// Open starts at the first entry of the range.
func (x *IndexScan) Open(s *Snapshot, ix *Index, r Range) { panic("soon") }

// Next returns the next visible version, or nil.
func (x *IndexScan) Next() *Tuple { panic("soon") }

// LockTable waits for a table lock, held until the (sub)transaction ends. Unknown after the wait:
// the definition may have changed, and the table may be gone (42P01).
func (t *Tx) LockTable(tbl *Table, m LockMode) error { panic("soon") }

// TryLockTable is LockTable with NOWAIT (55P03 could not obtain lock on relation).
func (t *Tx) TryLockTable(tbl *Table, m LockMode) error { panic("soon") }

// Insert stores a complete row (23502, 23514, 23505). A duplicate key of a transaction in progress
// is waited for. Foreign keys are checked by EndStatement.
func (t *Tx) Insert(tbl *Table, row value.Row) (*Tuple, error) { panic("soon") }

// InsertOrConflict is INSERT ... ON CONFLICT: it stores the row, or returns the tuple that holds
// one of the arbiters' keys (no arbiter: any unique index), which the snapshot need not see. For DO
// UPDATE: Lock the conflict without follow, and begin again unless Done; then CheckVisible.
func (t *Tx) InsertOrConflict(tbl *Table, row value.Row, arbiters []*Index) (inserted, conflict *Tuple, err error) {
	panic("soon")
}

// CheckVisible is what ON CONFLICT demands at REPEATABLE READ and above: 40001 if the snapshot does
// not see the conflicting tuple (unless the transaction itself made it).
func (t *Tx) CheckVisible(s *Snapshot, tup *Tuple) error { panic("soon") }

// Update replaces a version by row (23502, 23514, 23505, 40001). On Done the new version is
// returned, on Modified the newest one, locked; see the package's diagram.
func (t *Tx) Update(s *Snapshot, tbl *Table, tup *Tuple, row value.Row) (Outcome, *Tuple, error) {
	panic("soon")
}

// Delete deletes a version, with Update's outcomes.
func (t *Tx) Delete(s *Snapshot, tbl *Table, tup *Tuple) (Outcome, *Tuple, error) { panic("soon") }

// Lock locks a row (40001; 55P03 with NoWait). With follow, a row changed meanwhile is locked in
// its newest version, which is returned with Modified; without, Modified locks nothing.
func (t *Tx) Lock(s *Snapshot, tbl *Table, tup *Tuple, m RowLock, p WaitPolicy, follow bool) (Outcome, *Tuple, error) {
	panic("soon")
}

type later struct{}
