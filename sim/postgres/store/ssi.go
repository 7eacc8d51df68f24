package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// Serializable snapshot isolation (Cahill et al., SIGMOD 2008; Ports and Grittner, VLDB 2012;
// src/backend/storage/lmgr/predicate.c).
//
// A serializable transaction reads its snapshot. Where it reads what a concurrent one overwrites, or the
// other way about, there is an edge reader ──rw──▶ writer: the reader must come first in
// any serial order. Histories that are not serializable contain
//
//	T1 ──rw──▶ T2 ──rw──▶ T3     with T3 the first of the three to commit (T1 may be T3)
//
// so whenever that is about to be complete, one that is not committed yet is cancelled: the pivot T2 if
// possible. Reads are tracked by row, by index range, and by table for scans without index.

// serializable is a transaction's part in this, kept after its commit as long as a transaction that
// was concurrent with it is in progress.
type serializable struct {
	tx     *Tx
	began  uint64 // serializable commits before its snapshot
	ended  uint64 // its place among the serializable commits; 0: in progress
	doomed bool   // it will not commit
	reason string // why

	in, out     []*serializable // readers of what it wrote; writers of what it read
	earliestOut uint64          // least ended of the writers that are forgotten; 0: none

	tables  []*Table // with reads of the whole table
	ranged  []*Table // with reads of index ranges
	records []*record
	xids    []XID
}

// ssiState is what a database knows about its serializable transactions.
type ssiState struct {
	commits uint64
	active  []*serializable
	past    []*serializable // committed, in order
	writers map[XID]*serializable
	records map[*record][]*serializable
	tables  map[*Table]*tableReads
}

// tableReads are the reads of a table, or of parts that need not exist as rows.
type tableReads struct {
	whole  []*serializable
	ranges []rangeRead
}

type rangeRead struct {
	by    *serializable
	index uint32
	rng   Range
}

// beginSerializable enters a transaction that has just taken its snapshot.
func (t *Tx) beginSerializable() {
	s := &t.db.ssi
	if s.writers == nil {
		s.writers = map[XID]*serializable{}
		s.records = map[*record][]*serializable{}
		s.tables = map[*Table]*tableReads{}
	}
	t.ser = &serializable{tx: t, began: s.commits}
	s.active = append(s.active, t.ser)
}

func (s *ssiState) readsOf(tbl *Table) *tableReads {
	r := s.tables[tbl]
	if r == nil {
		r = &tableReads{}
		s.tables[tbl] = r
	}
	return r
}

// readRelation records that the transaction reads a whole table.
func (t *Tx) readRelation(tbl *Table) {
	t.checkBorn(tbl)
	r := t.db.ssi.readsOf(tbl)
	if !slices.Contains(r.whole, t.ser) {
		r.whole = append(r.whole, t.ser)
		t.ser.tables = append(t.ser.tables, tbl)
	}
}

// readRange records that the transaction reads what there is and what there is not in a range.
func (t *Tx) readRange(ix *Index, rng Range) {
	tbl := ix.Table
	t.checkBorn(tbl)
	r := t.db.ssi.readsOf(tbl)
	if slices.Contains(r.whole, t.ser) {
		return
	}
	rng.Equal = slices.Clone(rng.Equal)
	r.ranges = append(r.ranges, rangeRead{t.ser, ix.OID, rng})
	if !slices.Contains(t.ser.ranged, tbl) {
		t.ser.ranged = append(t.ser.ranged, tbl)
	}
}

// checkBorn dooms a transaction that reads a table which was emptied or rewritten after its
// snapshot: it cannot know what it does not see.
func (t *Tx) checkBorn(tbl *Table) {
	if tbl.Def(t).heap.born > t.own.lsn {
		t.ser.doom("Canceled on conflict out to old pivot.")
	}
}

// readRecord records that the transaction reads a row, and finds who has written versions of it
// that the snapshot does not show. With keep, the read is remembered for later writers.
func (t *Tx) readRecord(s *Snapshot, r *record, keep bool) {
	ssi := &t.db.ssi
	if keep {
		readers := ssi.records[r]
		if !slices.Contains(readers, t.ser) {
			ssi.records[r] = append(readers, t.ser)
			t.ser.records = append(t.ser.records, r)
		}
	}
	for v := r.newest; v != nil; v = v.older {
		if v.begin == 0 || v.begin > s.lsn {
			ssi.link(t.ser, ssi.writers[v.xmin], t.ser)
		}
		if v.xmax != 0 && (v.end == 0 || v.end > s.lsn) {
			ssi.link(t.ser, ssi.writers[v.xmax], t.ser)
		}
	}
}

// wroteRow finds who has read what the transaction changes.
func (t *Tx) wroteRow(def *Definition, old, made *Tuple) {
	ssi := &t.db.ssi
	t.ownID()
	tbl := def.heap.table
	if reads := ssi.tables[tbl]; reads != nil {
		for _, reader := range reads.whole {
			ssi.link(reader, t.ser, t.ser)
		}
		if made != nil {
			t.wroteInto(def, reads.ranges, made.Row)
		}
	}
	if old != nil {
		for _, reader := range ssi.records[old.rec] {
			ssi.link(reader, t.ser, t.ser)
		}
	}
}

// ownID makes the writer known by the id that its versions carry.
func (t *Tx) ownID() {
	id := t.assignID()
	if t.db.ssi.writers[id] == nil {
		t.db.ssi.writers[id] = t.ser
		t.ser.xids = append(t.ser.xids, id)
	}
}

// wroteInto finds who has read an index range that a new version falls into.
func (t *Tx) wroteInto(def *Definition, ranges []rangeRead, row value.Row) {
	for i := range ranges {
		r := &ranges[i]
		if r.by == t.ser {
			continue
		}
		ix := def.index(r.index)
		if ix == nil {
			t.db.ssi.link(r.by, t.ser, t.ser)
			continue
		}
		if key, ok := ix.storedKey(row); ok && ix.inRange(key, r.rng) {
			t.db.ssi.link(r.by, t.ser, t.ser)
		}
	}
}

// inRange says whether a key lies in a range.
func (ix *Index) inRange(key value.Row, r Range) bool {
	x := IndexScan{ix: ix, equal: r.Equal, low: r.Low, high: r.High}
	if r.Low.Set || r.High.Set {
		x.orient(ix.tree.order[len(r.Equal)])
	}
	above := x.inside(key)
	x.reverse = true
	return above && x.inside(key)
}

// wroteRelation finds who has read anything of a table that the transaction empties.
func (t *Tx) wroteRelation(tbl *Table) {
	ssi := &t.db.ssi
	t.ownID()
	reads := ssi.tables[tbl]
	if reads == nil {
		return
	}
	for _, reader := range reads.whole {
		ssi.link(reader, t.ser, t.ser)
	}
	for i := range reads.ranges {
		ssi.link(reads.ranges[i].by, t.ser, t.ser)
	}
}

// concurrent says whether neither ended before the other began.
func concurrent(a, b *serializable) bool {
	return (a.ended == 0 || a.ended > b.began) && (b.ended == 0 || b.ended > a.began)
}

// link records reader ──rw──▶ writer, found by me, who is one of them.
func (s *ssiState) link(reader, writer, me *serializable) {
	if reader == nil || writer == nil || reader == writer || reader.doomed || writer.doomed {
		return
	}
	if !concurrent(reader, writer) || slices.Contains(reader.out, writer) {
		return
	}
	reader.out = append(reader.out, writer)
	writer.in = append(writer.in, reader)
	if writer.isPivotFor(reader) || reader.isPivotInto(writer) {
		cancel(writer, me)
	}
}

// isPivotFor says whether reader ──▶ x ──▶ T3 is dangerous: T3 committed before both.
func (x *serializable) isPivotFor(reader *serializable) bool {
	first := x.earliestOut
	for _, t3 := range x.out {
		if t3.ended != 0 && (first == 0 || t3.ended < first) {
			first = t3.ended
		}
	}
	return first != 0 && (x.ended == 0 || first < x.ended) && (reader.ended == 0 || first <= reader.ended)
}

// isPivotInto says whether T1 ──▶ x ──▶ writer is dangerous: writer committed before both.
func (x *serializable) isPivotInto(writer *serializable) bool {
	if writer.ended == 0 || (x.ended != 0 && x.ended < writer.ended) {
		return false
	}
	for _, t1 := range x.in {
		if !t1.doomed && (t1.ended == 0 || t1.ended >= writer.ended) {
			return true
		}
	}
	return false
}

// cancel picks who must go: the one that notices, unless a pivot in progress can be blamed.
func cancel(writer, me *serializable) {
	switch {
	case me == writer:
		me.doom("Canceled on identification as a pivot, during write.")
	case writer.ended != 0:
		me.doom("Canceled on conflict out to pivot, during read.")
	default:
		writer.doom("Canceled on identification as a pivot, during conflict out checking.")
	}
}

func (x *serializable) doom(reason string) {
	if !x.doomed {
		x.doomed, x.reason = true, reason
	}
}

// doom returns the serialization failure that was decided for this transaction, if any.
func (t *Tx) doom() error {
	if t.ser == nil || !t.ser.doomed {
		return nil
	}
	return serializationFailure(t.ser.reason)
}

func serializationFailure(reason string) error {
	return &value.Error{
		Code:    "40001",
		Message: "could not serialize access due to read/write dependencies among transactions",
		Detail:  "Reason code: " + reason,
		Hint:    "The transaction might succeed if retried.",
	}
}

// commitSerializable decides whether the transaction may commit, and if so who then may not: a pivot
// T2 in progress with an edge to this one (T3, the first to commit) and one from a T1 in progress.
func (t *Tx) commitSerializable() error {
	if t.ser == nil {
		return nil
	}
	if err := t.doom(); err != nil {
		t.ser.reason = "Canceled on identification as a pivot, during commit attempt."
		return t.doom()
	}
	for _, near := range t.ser.in {
		if near.ended != 0 || near.doomed {
			continue
		}
		for _, far := range near.in {
			if far == t.ser || (far.ended == 0 && !far.doomed) {
				near.doom("Canceled on identification as a pivot, during commit attempt.")
				break
			}
		}
	}
	s := &t.db.ssi
	s.commits++
	t.ser.ended = s.commits
	s.active = remove(s.active, t.ser)
	s.past = append(s.past, t.ser)
	s.forgetPast()
	return nil
}

// abortSerializable takes the transaction out.
func (t *Tx) abortSerializable() {
	if t.ser == nil {
		return
	}
	s := &t.db.ssi
	s.active = remove(s.active, t.ser)
	s.forget(t.ser, false)
	s.forgetPast()
	t.ser = nil
}

// forgetPast drops committed transactions with which nobody in progress is concurrent.
func (s *ssiState) forgetPast() {
	oldest := s.commits
	for _, x := range s.active {
		oldest = min(oldest, x.began)
	}
	n := 0
	for n < len(s.past) && s.past[n].ended <= oldest {
		s.forget(s.past[n], true)
		s.past[n] = nil
		n++
	}
	s.past = s.past[n:]
}

// forget removes a transaction's reads, ids and edges. That a committed one was written over, or
// first in a structure, its readers remember by its place.
func (s *ssiState) forget(x *serializable, committed bool) {
	for _, r := range x.in {
		r.out = remove(r.out, x)
		if committed && (r.earliestOut == 0 || x.ended < r.earliestOut) {
			r.earliestOut = x.ended
		}
	}
	for _, w := range x.out {
		w.in = remove(w.in, x)
	}
	for _, r := range x.records {
		if left := remove(s.records[r], x); len(left) > 0 {
			s.records[r] = left
		} else {
			delete(s.records, r)
		}
	}
	for _, id := range x.xids {
		delete(s.writers, id)
	}
	s.forgetTables(x)
	x.in, x.out, x.records, x.xids = nil, nil, nil, nil
}

func (s *ssiState) forgetTables(x *serializable) {
	for _, tbl := range x.tables {
		r := s.readsOf(tbl)
		r.whole = remove(r.whole, x)
		s.dropEmpty(tbl, r)
	}
	for _, tbl := range x.ranged {
		r := s.readsOf(tbl)
		r.ranges = slices.DeleteFunc(r.ranges, func(y rangeRead) bool { return y.by == x })
		s.dropEmpty(tbl, r)
	}
	x.tables, x.ranged = nil, nil
}

func (s *ssiState) dropEmpty(tbl *Table, r *tableReads) {
	if len(r.whole)+len(r.ranges) == 0 {
		delete(s.tables, tbl)
	}
}

func remove(list []*serializable, x *serializable) []*serializable {
	return slices.DeleteFunc(list, func(y *serializable) bool { return y == x })
}
