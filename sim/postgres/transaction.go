package postgres

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
)

// begin starts a transaction if there is none.
func (s *session) begin() error {
	if s.tx != nil {
		return nil
	}
	s.tx = s.store.Begin(s.settings.isolation, s.settings.readOnly)
	s.startedAt = s.server.micros()
	return nil
}

// isolation is that of the transaction, or of the next one.
func (s *session) isolation() store.Isolation {
	if s.tx != nil {
		return s.tx.Isolation()
	}
	return s.settings.isolation
}

func (s *session) readOnly() bool {
	if s.tx != nil {
		return s.tx.ReadOnly()
	}
	return s.settings.readOnly
}

// setTransaction changes the characteristics of the transaction in progress.
func (s *session) setTransaction(level store.Isolation, readOnly bool) error {
	if s.tx == nil {
		return nil
	}
	relevel, release := level != s.tx.Isolation(), s.tx.ReadOnly() && !readOnly
	switch {
	case relevel && s.x.snapped:
		return refusal("25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query")
	case relevel && len(s.marks) > 0:
		return refusal("25001", "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction")
	case release && len(s.marks) > 0:
		return refusal("25001", "cannot set transaction read-write mode inside a read-only transaction")
	case release && s.x.snapped:
		return refusal("25001", "transaction read-write mode must be set before any query")
	}
	s.tx.SetIsolation(level, readOnly)
	return nil
}

// commitImplicit ends the transaction of statements outside BEGIN ... COMMIT.
func (s *session) commitImplicit(r *request) error {
	if s.tx == nil {
		return nil
	}
	if r.kind == requestPrepare {
		s.tx.Rollback()
		s.endTransaction(false)
		return nil
	}
	return s.commit(r)
}

// commit commits, and notes what a dead client had asked for.
func (s *session) commit(r *request) error {
	lsn, err := s.tx.Commit()
	s.endTransaction(err == nil)
	if err != nil {
		return err
	}
	r.committed = true
	if lsn != 0 && s.client.pool.client.Epoch() != r.epoch {
		s.server.world.Mark(markDeadCommitted)
	}
	return nil
}

// endTransaction forgets the transaction and restores the settings that end with it.
func (s *session) endTransaction(committed bool) {
	s.tx, s.block = nil, false
	s.x.snapped = false
	s.marks = s.marks[:0]
	if len(s.undo) > 0 {
		s.restore(0, committed)
	}
}

func isTransactionCommand(statement sql.Statement) bool {
	switch statement.(type) {
	case *sql.Begin, *sql.Commit, *sql.Rollback, *sql.Savepoint, *sql.ReleaseSavepoint, *sql.RollbackTo:
		return true
	}
	return false
}

// fixSnapshot lets a transaction with one snapshot for all its statements take it, if the
// statement needs any (PlannedStmtRequiresSnapshot).
func (s *session) fixSnapshot(statement sql.Statement) {
	switch statement.(type) {
	case *sql.SetVariable, *sql.SetTransaction, *sql.SetConstraints, *sql.Reset, *sql.Show, *sql.LockTable,
		*sql.Listen, *sql.Unlisten, *sql.Notify:
		return
	}
	s.tx.FixSnapshot()
}

// transactionCommand runs BEGIN, COMMIT and their like; done is false for all else.
func (s *session) transactionCommand(r *request, statement sql.Statement, out *result) (done bool, err error) {
	switch st := statement.(type) {
	case *sql.Begin:
		out.verb = "BEGIN"
		if st.Start {
			out.verb = "START TRANSACTION"
		}
		return true, s.beginBlock(st.Modes)
	case *sql.Commit:
		return true, s.commitBlock(r, st.Chain, out)
	case *sql.Rollback:
		out.verb = "ROLLBACK"
		return true, s.rollbackBlock(st.Chain)
	case *sql.Savepoint:
		out.verb = "SAVEPOINT"
		return true, s.savepoint(st.Name)
	case *sql.ReleaseSavepoint:
		out.verb = "RELEASE"
		return true, s.release(st.Name)
	case *sql.RollbackTo:
		out.verb = "ROLLBACK"
		return true, s.rollbackTo(st.Name)
	}
	return false, nil
}

func (s *session) beginBlock(m sql.TransactionModes) error {
	if s.tx != nil && s.tx.Failed() {
		return errAborted()
	}
	if err := s.begin(); err != nil {
		return err
	}
	s.block = true // within a block: WARNING, there is already a transaction in progress
	return s.setModes(m)
}

func (s *session) setModes(m sql.TransactionModes) error {
	level, readOnly := s.tx.Isolation(), s.tx.ReadOnly()
	if m.Isolation != sql.IsolationUnset {
		level = storeIsolation(m.Isolation)
	}
	if m.ReadOnly != sql.Unset {
		readOnly = m.ReadOnly == sql.Yes
	}
	if level == s.tx.Isolation() && readOnly == s.tx.ReadOnly() {
		return nil
	}
	return s.setTransaction(level, readOnly)
}

func storeIsolation(i sql.Isolation) store.Isolation {
	switch i {
	case sql.RepeatableRead:
		return store.RepeatableRead
	case sql.Serializable:
		return store.Serializable
	case sql.ReadUncommitted:
		return store.ReadUncommitted
	}
	return store.ReadCommitted
}

func (s *session) commitBlock(r *request, chain bool, out *result) error {
	out.verb = "COMMIT"
	switch {
	case chain && !s.block:
		return refusal("25P01", "COMMIT AND CHAIN can only be used in transaction blocks")
	case s.tx == nil:
		return nil // WARNING: there is no transaction in progress
	}
	level, readOnly := s.chained()
	if s.tx.Failed() {
		out.verb = "ROLLBACK"
		s.tx.Rollback()
		s.endTransaction(false)
	} else if err := s.commit(r); err != nil {
		return err
	}
	if chain {
		s.chain(level, readOnly)
	}
	return nil
}

func (s *session) rollbackBlock(chain bool) error {
	switch {
	case chain && !s.block:
		return refusal("25P01", "ROLLBACK AND CHAIN can only be used in transaction blocks")
	case s.tx == nil:
		return nil // WARNING: there is no transaction in progress
	}
	level, readOnly := s.chained()
	s.tx.Rollback()
	s.endTransaction(false)
	if chain {
		s.chain(level, readOnly)
	}
	return nil
}

// chained returns the characteristics that the next block would have: those of this one, or the session's
// defaults if it failed outside a savepoint, which has undone its SET TRANSACTION already.
func (s *session) chained() (store.Isolation, bool) {
	if s.tx.Failed() && len(s.marks) == 0 {
		return s.settings.isolation, s.settings.readOnly
	}
	return s.tx.Isolation(), s.tx.ReadOnly()
}

// chain starts the next block with the characteristics of the one before.
func (s *session) chain(level store.Isolation, readOnly bool) {
	_ = s.begin()
	s.block = true
	s.tx.SetIsolation(level, readOnly)
}

func (s *session) savepoint(name string) error {
	switch {
	case s.tx != nil && s.tx.Failed():
		return errAborted()
	case !s.block:
		return refusal("25P01", "SAVEPOINT can only be used in transaction blocks")
	}
	s.tx.Savepoint(name)
	s.marks = append(s.marks, savepoint{name, len(s.undo), s.tx.ReadOnly()})
	return nil
}

func (s *session) release(name string) error {
	switch {
	case s.tx != nil && s.tx.Failed():
		return errAborted()
	case !s.block:
		return refusal("25P01", "RELEASE SAVEPOINT can only be used in transaction blocks")
	}
	if err := s.tx.Release(name); err != nil {
		return err
	}
	if i := s.markOf(name); i >= 0 {
		s.marks = s.marks[:i]
	}
	return nil
}

func (s *session) rollbackTo(name string) error {
	if !s.block {
		return refusal("25P01", "ROLLBACK TO SAVEPOINT can only be used in transaction blocks")
	}
	if err := s.tx.RollbackTo(name); err != nil {
		return err
	}
	if i := s.markOf(name); i >= 0 {
		s.restore(s.marks[i].undo, false)
		s.tx.SetIsolation(s.tx.Isolation(), s.marks[i].readOnly)
		s.marks = s.marks[:i+1]
	}
	return nil
}

func (s *session) markOf(name string) int {
	for i, v := range slices.Backward(s.marks) {
		if v.name == name {
			return i
		}
	}
	return -1
}
