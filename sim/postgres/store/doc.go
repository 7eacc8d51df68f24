// Package store is the storage engine of the simulated PostgreSQL: tables, indexes, transactions
// and locks, with the semantics of PostgreSQL 15. It executes no SQL; the executor above it finds
// rows by scans, computes new ones, and asks a transaction to store them.
//
//	Database ──▶ catalog: schemas, tables, indexes, constraints, sequences, enums
//	   │
//	   ├─ Session (a backend) ──▶ Tx ──▶ Snapshot ──▶ HeapScan, IndexScan ──▶ Tuple
//	   │       │                  │                                             │
//	   │   session locks,         ├─ Insert, Update, Delete, Lock ◀─────────────┘
//	   │   currval, LISTEN        ├─ Savepoint, RollbackTo, Commit, Rollback
//	   │                          └─ DDL, undone with the transaction
//	   │
//	   └─ row ──▶ newest version ──▶ older ──▶ older     (each a Tuple; an index entry points to the
//	              row locks, tuple lock queue              row, once for each key among its versions)
//
// A statement of the executor is:
//
//	snap := tx.BeginStatement()            // READ COMMITTED: a new snapshot; else the transaction's
//	tx.LockTable(table, RowExclusive)      // before the plan relies on the definition
//	scan.Open(snap, index, rng); t := scan.Next()
//	out, newest, err := tx.Update(snap, table, t, row)
//	    // Done      stored
//	    // Modified  another transaction changed the row first; newest is locked: test the WHERE
//	    //           clause on it, compute the row again, and call Update with newest (EvalPlanQual)
//	    // Deleted, SelfModified: leave the row alone
//	err = tx.EndStatement(snap)            // foreign keys; the next command sees the changes
//
// and at an error of any of these the executor calls tx.Fail, which undoes the innermost
// subtransaction and frees its locks at once, as PostgreSQL does before the client even says
// ROLLBACK.
//
// Waiting. Nothing here runs by itself. Whatever must wait calls the session's Waiter.Park; whoever
// ends the wait calls Wake. Park's error (cancel, lock_timeout, deadlock, shutdown) ends the wait
// and is returned unchanged. After deadlock_timeout in Park the waiter asks Session.Deadlock.
//
// What can fail. Errors of the server are *value.Error with PostgreSQL's SQLSTATE and wording;
// constructs left out are *value.Unsupported. An error from Insert, Update, Delete, Lock or DDL may
// leave part of the statement's work behind, which tx.Fail removes. Commit's error means that
// nothing was committed. Not modelled: deferrable constraints, exclusion constraints, two-phase
// commit, physical pages (a tuple has no place, only an identity).
//
// Cost by the benchmarks (one AMD EPYC core), begin and commit included: a point read 0.5 us and 1
// allocation, an insert ... on conflict 1.2 us and 5, an update that moves an index entry 1.2 us and
// 4, a claim with SKIP LOCKED and delete 0.5 us a row, however many rows were deleted before.
//
// The package has no clock, no randomness and no goroutines; everything it does follows from the
// order of the calls. It must be called by one task at a time; Park is where tasks change.
package store
