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
// standby had not got. Going back needs Retain, and loses no DDL: catalog changes are assumed
// durable. Sequences skip up to 32 values, as after a real crash. Tasks parked in a session must be
// ended by the caller; they may unwind, but do no more.
func (db *Database) Recover(lsn LSN) {
	for _, s := range db.sessions {
		s.parked = false // a crash wakes nobody
	}
	for len(db.sessions) > 0 {
		db.sessions[len(db.sessions)-1].Close()
	}
	db.advisory = map[AdvisoryKey]*lock{}
	t := &Tx{db: db}
	for _, tbl := range t.Tables() {
		tbl.lock = lock{name: lockName{table: tbl}}
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
