package store

// Retain keeps everything that Recover needs to go back to lsn: call it again as the tail becomes
// durable. RetainNothing is the default.
func (db *Database) Retain(lsn LSN) {
	db.retain, db.retained = lsn, true
	db.prune()
}

// RetainNothing ends Retain.
func (db *Database) RetainNothing() {
	db.retained = false
	db.prune()
}

// Recover is the start after a crash: sessions are gone, transactions in progress are undone, and
// so are the rows of commits after lsn (LSN() loses none), whose tail an asynchronous commit or a
// standby had not got. Going back needs Retain, and loses no DDL: PostgreSQL's catalog
// changes are assumed durable. Sequences skip up to 32 values, as after a real crash. Tasks parked
// in a session must be ended by the caller, and never touch it again.
func (db *Database) Recover(lsn LSN) {
	for len(db.sessions) > 0 {
		s := db.sessions[len(db.sessions)-1]
		s.parked = false
		s.Close()
	}
	db.advisory = map[AdvisoryKey]*lock{}
	t := &Tx{db: db}
	for _, tbl := range t.Tables() {
		tbl.lock = lock{name: lockName{table: tbl}}
		tbl.def.heap.forgetQueues()
		if lsn < db.lsn {
			tbl.def.heap.rewind(lsn)
		}
	}
	for _, q := range t.Sequences() {
		q.lock = lock{name: lockName{sequence: q}}
		q.crash()
	}
	if lsn < db.lsn {
		db.lsn = lsn
	}
	db.dead = deadQueue{}
}

// forgetQueues takes away the turns for row locks: locks live in memory.
func (h *heap) forgetQueues() {
	for r := h.first; r != nil; r = r.next {
		for v := r.newest; v != nil; v = v.older {
			v.queue = nil
		}
	}
}

// rewind undoes the commits after lsn in a table.
func (h *heap) rewind(lsn LSN) {
	for r := h.first; r != nil; r = r.next {
		for r.newest != nil && r.newest.begin > lsn {
			v := r.newest
			r.newest = v.older
			h.leave(v)
			v.begin, v.older = 0, nil
		}
		if r.newest == nil {
			h.remove(r)
			continue
		}
		if v := r.newest; v.end > lsn {
			v.end, v.xmax = 0, 0
		}
		r.prune(lsn)
	}
}
