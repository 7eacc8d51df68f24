package store

import (
	"math"
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// Snapshot says which versions a statement sees: those of commits up to an LSN, and those of its own
// transaction by earlier commands. Commits are numbered in the order in which they become
// visible, so no list of running transactions is needed to decide; it is kept for Info.
type Snapshot struct {
	tx  *Tx
	lsn LSN
	cid uint32

	xmin, xmax XID
	running    []XID

	registered bool
	busy       bool // handed out by BeginStatement
	prev, next *Snapshot
}

// Info returns pg_current_snapshot().
func (s *Snapshot) Info() *value.SnapshotData {
	d := &value.SnapshotData{Xmin: uint64(s.xmin), Xmax: uint64(s.xmax)}
	for _, x := range s.running {
		d.Running = append(d.Running, uint64(x))
	}
	return d
}

// sees says whether the version's creation is visible.
func (s *Snapshot) sees(v *Tuple) bool {
	if v.begin != 0 {
		return v.begin <= s.lsn
	}
	return v.creator.tx == s.tx && v.cmin < s.cid
}

// seesEnd says whether the version's deletion or replacement is visible.
func (s *Snapshot) seesEnd(v *Tuple) bool {
	if v.end != 0 {
		return v.end <= s.lsn
	}
	return v.remover != nil && v.remover.tx == s.tx && v.cmax < s.cid
}

// BeginStatement returns the snapshot for a statement: a new one at READ COMMITTED, else the
// transaction's own, taken by the first statement.
func (t *Tx) BeginStatement() *Snapshot {
	s := &t.statement
	if s.busy {
		s = &Snapshot{}
		t.nested = append(t.nested, s)
	}
	s.busy = true
	s.tx, s.cid = t, t.cid
	if t.level == ReadCommitted {
		t.take(s)
		return s
	}
	t.takeOwn()
	s.lsn, s.xmin, s.xmax, s.running = t.own.lsn, t.own.xmin, t.own.xmax, t.own.running
	return s
}

// FixSnapshot takes the snapshot of a REPEATABLE READ or SERIALIZABLE transaction unless it has one: the
// server takes it when it begins to analyze a statement, before it waits for tables' locks.
func (t *Tx) FixSnapshot() {
	if t.level != ReadCommitted {
		t.takeOwn()
	}
}

// takeOwn takes the snapshot of a REPEATABLE READ or SERIALIZABLE transaction, once.
func (t *Tx) takeOwn() {
	if t.own.tx != nil {
		return
	}
	t.own.tx = t
	t.take(&t.own)
	if t.level == Serializable {
		t.beginSerializable()
	}
}

// latest returns a snapshot of now, at every isolation level, for a query of the server's own that does not
// wait (GetLatestSnapshot). It sees all that the transaction has done.
func (t *Tx) latest() *Snapshot {
	return &Snapshot{tx: t, lsn: t.db.lsn, cid: math.MaxUint32}
}

// take fills in and registers a snapshot of now (GetSnapshotData): xmax is the first id not yet
// over as of now, ids from it on are not listed.
func (t *Tx) take(s *Snapshot) {
	db := t.db
	s.lsn, s.xmax, s.running = db.lsn, db.lastEnded+1, s.running[:0]
	s.xmin = s.xmax
	for _, other := range db.running {
		if other.top.id >= s.xmax {
			break
		}
		s.xmin = min(s.xmin, other.top.id)
		if other != t {
			s.running = append(s.running, other.top.id)
		}
	}
	db.register(s)
}

func (db *Database) register(s *Snapshot) {
	s.registered = true
	s.prev, s.next = db.latest, nil
	if db.latest == nil {
		db.oldest = s
	} else {
		db.latest.next = s
	}
	db.latest = s
}

// unregister gives a snapshot back and prunes what only it needed.
func (db *Database) unregister(s *Snapshot) {
	if !s.registered {
		return
	}
	s.registered = false
	wasOldest := s.prev == nil
	if s.prev == nil {
		db.oldest = s.next
	} else {
		s.prev.next = s.next
	}
	if s.next == nil {
		db.latest = s.prev
	} else {
		s.next.prev = s.prev
	}
	s.prev, s.next = nil, nil
	if wasOldest {
		db.prune()
	}
}

// horizon is the LSN up to which everybody sees everything.
func (db *Database) horizon() LSN {
	h := db.lsn
	if db.oldest != nil {
		h = db.oldest.lsn
	}
	if db.retained {
		h = min(h, db.retain)
	}
	return h
}

// endRunning takes ids out of the list of running transactions (ProcArrayEndTransaction).
func (db *Database) endRunning(t *Tx) {
	if t.top.id == 0 {
		return
	}
	if i := slices.Index(db.running, t); i >= 0 {
		db.running = slices.Delete(db.running, i, i+1)
	}
	db.lastEnded = max(db.lastEnded, t.lastID)
}
