package store

// deadRow is a row with a version that ended at an LSN.
type deadRow struct {
	rec *record
	end LSN
}

// deadQueue holds rows whose old versions some snapshot may still see, in commit order. It is
// what vacuum would find; pruning drains it as soon as snapshots allow, so that tables and scans
// stay as short as their live rows.
type deadQueue struct {
	rows []deadRow
	head int
}

func (q *deadQueue) push(r deadRow) { q.rows = append(q.rows, r) }

func (q *deadQueue) pop() {
	q.rows[q.head] = deadRow{}
	q.head++
	switch {
	case q.head == len(q.rows):
		q.rows, q.head = q.rows[:0], 0
	case q.head > 1024 && q.head*2 > len(q.rows):
		n := copy(q.rows, q.rows[q.head:])
		clear(q.rows[n:])
		q.rows, q.head = q.rows[:n], 0
	}
}

// prune removes the versions that nobody can see any more.
func (db *Database) prune() {
	q := &db.dead
	horizon := db.horizon()
	for q.head < len(q.rows) && q.rows[q.head].end <= horizon {
		rec := q.rows[q.head].rec
		q.pop()
		rec.prune(horizon)
	}
}

// prune cuts off what is older than the version that the oldest snapshot sees, and removes the
// row if that version too is over.
func (r *record) prune(horizon LSN) {
	if r.removed {
		return
	}
	keep := r.newest
	for keep != nil && (keep.begin == 0 || keep.begin > horizon) {
		keep = keep.older
	}
	if keep == nil {
		return
	}
	if keep == r.newest && keep.end != 0 && keep.end <= horizon {
		r.drop()
		return
	}
	cut := keep.older
	keep.older = nil
	for v := cut; v != nil; v = v.older {
		r.heap.leave(v)
	}
}

// drop removes the row with all its versions. The newest version stays linked, so that whoever
// waited for the row learns that it was deleted.
func (r *record) drop() {
	versions := r.newest
	r.newest = nil
	for v := versions; v != nil; v = v.older {
		r.heap.leave(v)
	}
	r.newest = versions
	versions.older = nil
	r.heap.remove(r)
}
