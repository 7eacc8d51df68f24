package store

// Tx is a transaction.
type Tx struct {
	db       *Database
	session  *Session
	level    Isolation // ReadCommitted for ReadUncommitted
	named    Isolation // as it was asked for
	readOnly bool
	failed   bool
	over     bool

	top    xact
	sub    *xact // the innermost subtransaction, nil: none
	lastID XID   // the greatest id of the transaction and its subtransactions
	cid    uint32
	wrote  bool // since the command began

	own       Snapshot    // of the transaction, REPEATABLE READ and above
	statement Snapshot    // of the running statement
	nested    []*Snapshot // of statements begun while another runs

	changes []change   // undo log
	locks   []heldLock // in order of acquisition
	rows    []*record  // with row locks
	events  []foreignEvent

	version uint64 // catalog version of a transaction that did DDL; 0: none
	based   uint64 // the others' version when that was given

	notes  []Notification
	listen []listenChange
	ser    *serializable
}

// spareLogs are the emptied logs of a session's last transaction.
type spareLogs struct {
	changes []change
	locks   []heldLock
	rows    []*record
	events  []foreignEvent
	running []XID
}

// Begin starts a transaction. Its snapshot is taken by the first BeginStatement.
func (s *Session) Begin(level Isolation, readOnly bool) *Tx {
	if s.tx != nil {
		panic("store: the session has a transaction already")
	}
	t := s.spareTx
	if t == nil {
		t = new(Tx)
	}
	s.spareTx = nil
	*t = Tx{db: s.db, session: s, readOnly: readOnly}
	t.SetIsolation(level, readOnly)
	t.top.tx = t
	t.changes, t.locks, t.rows, t.events = s.spare.changes, s.spare.locks, s.spare.rows, s.spare.events
	t.statement.running = s.spare.running
	s.spare = spareLogs{}
	s.tx = t
	return t
}

// Session returns the transaction's session.
func (t *Tx) Session() *Session { return t.session }

// Isolation returns the level that was asked for.
func (t *Tx) Isolation() Isolation { return t.named }

// SetIsolation changes level and access mode; the level only until the first snapshot, which the
// executor sees to (25001).
func (t *Tx) SetIsolation(level Isolation, readOnly bool) {
	t.level, t.named, t.readOnly = level, level, readOnly
	if level == ReadUncommitted {
		t.level = ReadCommitted
	}
}

// ReadOnly says whether the transaction was begun read-only. The executor refuses writes (25006).
func (t *Tx) ReadOnly() bool { return t.readOnly }

// XID returns the id of the (top) transaction, assigning one if there is none (pg_current_xact_id).
func (t *Tx) XID() XID {
	t.top.assign()
	return t.top.id
}

// XIDIfAssigned returns the id of the transaction or 0.
func (t *Tx) XIDIfAssigned() XID { return t.top.id }

// EndStatement checks foreign keys and runs their actions, makes the statement's changes visible
// to the next one, and gives the snapshot back.
func (t *Tx) EndStatement(s *Snapshot) error {
	if len(t.events) > 0 {
		t.nextCommand()
		if err := t.runForeign(); err != nil {
			return err
		}
	}
	t.nextCommand()
	t.release(s)
	return t.doom()
}

// release gives a statement's snapshot back.
func (t *Tx) release(s *Snapshot) {
	s.busy = false
	t.db.unregister(s)
	if n := len(t.nested); n > 0 && t.nested[n-1] == s {
		t.nested = t.nested[:n-1]
	}
}

// releaseStatements gives all statements' snapshots back.
func (t *Tx) releaseStatements() {
	for len(t.nested) > 0 {
		t.release(t.nested[len(t.nested)-1])
	}
	t.release(&t.statement)
}

// nextCommand is CommandCounterIncrement, which counts only commands that changed something.
func (t *Tx) nextCommand() {
	if t.wrote {
		t.cid++
		t.wrote = false
	}
}

// Commit commits. An error (40001 mostly) means that the transaction was rolled back.
func (t *Tx) Commit() (LSN, error) {
	if t.failed || t.over {
		panic("store: commit of a transaction that failed or is over")
	}
	if err := t.commitSerializable(); err != nil {
		t.Rollback()
		return 0, err
	}
	t.releaseAll()
	db := t.db
	var lsn LSN
	if len(t.changes) > 0 {
		db.lsn++
		lsn = db.lsn
	}
	t.stamp(lsn)
	db.endRunning(t)
	t.top.end(committed)
	t.finish()
	t.publish()
	return lsn, nil
}

// stamp makes the changes visible to snapshots from now on, and queues what they replaced for pruning.
func (t *Tx) stamp(lsn LSN) {
	for i := range t.changes {
		c := &t.changes[i]
		if c.commit != nil {
			c.commit()
			continue
		}
		if c.made != nil {
			c.made.begin, c.made.creator = lsn, nil
		}
		if c.ended != nil {
			c.ended.end, c.ended.remover = lsn, nil
			t.db.dead.push(deadRow{c.ended.rec, lsn})
		}
	}
	if t.version != 0 {
		t.db.catalog.version = t.db.catalog.nextVersion()
	}
}

// Rollback undoes everything. It cannot fail, and may follow Fail.
func (t *Tx) Rollback() {
	if t.over {
		return
	}
	t.undoAll()
	t.finish()
}

// undoAll undoes the whole transaction and frees its locks.
func (t *Tx) undoAll() {
	if t.top.state != running {
		return
	}
	for t.sub != nil {
		t.popAborted()
	}
	t.undoSince(0)
	t.abortSerializable()
	t.db.endRunning(t)
	t.top.end(aborted)
	t.freeRows()
	t.unlockSince(0)
	t.notes, t.listen = nil, nil
}

// finish frees what the transaction held and makes the session ready for the next.
func (t *Tx) finish() {
	t.freeRows()
	t.unlockSince(0)
	t.db.unregister(&t.own)
	t.releaseStatements()
	t.over = true
	s := t.session
	if t.lastID == 0 && len(t.changes) == 0 && t.ser == nil { // nobody else has heard of it
		s.spareTx = t
	}
	clear(t.changes)
	s.spare = spareLogs{t.changes[:0], t.locks[:0], t.rows[:0], t.events[:0], t.statement.running[:0]}
	t.changes, t.locks, t.rows, t.events = nil, nil, nil, nil
	s.tx = nil
	t.db.prune()
}

// Fail undoes the innermost subtransaction, or everything if there is none, and releases its locks.
// Then only Rollback and RollbackTo are allowed.
func (t *Tx) Fail() {
	if t.failed || t.over {
		return
	}
	t.failed = true
	t.wrote, t.events = false, t.events[:0]
	t.releaseStatements()
	if t.sub == nil {
		t.undoAll()
		t.db.unregister(&t.own)
		t.db.prune()
		return
	}
	t.abortInnermost()
}

// Failed says whether Fail was called since the last RollbackTo.
func (t *Tx) Failed() bool { return t.failed }

// change is an entry of the undo log: a version made or ended, or a change of the catalog.
type change struct {
	made   *Tuple
	ended  *Tuple
	undo   func()
	commit func()
}

// logRow records that a version was made, ended, or replaced by another.
func (t *Tx) logRow(made, ended *Tuple) {
	t.wrote = true
	t.changes = append(t.changes, change{made: made, ended: ended})
}

// logCatalog records a change of the catalog.
func (t *Tx) logCatalog(undo, commit func()) {
	if commit == nil {
		commit = func() {}
	}
	t.wrote = true
	t.changes = append(t.changes, change{undo: undo, commit: commit})
	t.ownVersion()
}

// undoSince undoes the log back to a mark, newest first.
func (t *Tx) undoSince(mark int) {
	for i := len(t.changes) - 1; i >= mark; i-- {
		c := &t.changes[i]
		switch {
		case c.undo != nil:
			c.undo()
		case c.commit == nil:
			c.undoRow()
		}
		*c = change{}
	}
	t.changes = t.changes[:mark]
}

// undoRow removes a version that was made and revives the one that was ended.
func (c *change) undoRow() {
	if v := c.ended; v != nil {
		v.remover, v.xmax, v.cmax = nil, 0, 0
	}
	v := c.made
	if v == nil {
		return
	}
	r := v.rec
	r.newest = v.older
	r.heap.leave(v)
	v.creator, v.older = nil, nil
	if r.newest == nil {
		r.heap.remove(r)
	}
}
