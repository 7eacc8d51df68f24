package store

import "github.com/squallhq/squall/sim/postgres/value"

// heap is the storage of a table: its rows in order of insertion, and the indexes to maintain.
type heap struct {
	table       *Table
	first, last *record
	rows        int // records, whatever their state
	seq         uint64
	tids        uint64
	born        LSN      // of the commit that emptied or rewrote the table; 0: the table's first storage
	trees       []*Index // also those being created or dropped by a transaction in progress
}

// append puts a new row with one version at the end.
func (h *heap) append(v *Tuple) *record {
	h.seq++
	r := &record{heap: h, newest: v, seq: h.seq, prev: h.last}
	v.rec = r
	if h.last == nil {
		h.first = r
	} else {
		h.last.next = r
	}
	h.last = r
	h.rows++
	return r
}

// remove takes a row out. Its next stays, so that a scan that stands on it finds its way.
func (h *heap) remove(r *record) {
	if r.removed {
		return
	}
	r.removed = true
	if r.prev == nil {
		h.first = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		h.last = r.prev
	} else {
		r.next.prev = r.prev
	}
	h.rows--
}

func (h *heap) nextTID() uint64 {
	h.tids++
	return h.tids
}

// leave removes the index entries of a version that is no longer part of its row, except keys
// that remaining versions share.
func (h *heap) leave(v *Tuple) {
	for _, ix := range h.trees {
		key, ok := ix.storedKey(v.Row)
		if !ok || ix.keyRemains(v.rec, key) {
			continue
		}
		ix.tree.delete(key, v.rec)
	}
}

// keyRemains says whether some version of the row has the key.
func (ix *Index) keyRemains(r *record, key value.Row) bool {
	for v := r.newest; v != nil; v = v.older {
		if ix.hasKey(v.Row, key) {
			return true
		}
	}
	return false
}

// HeapScan reads all visible rows of a table. The zero value is ready for Open; it may be reused.
type HeapScan struct {
	snap *Snapshot
	next *record
	last *record // where the table ended at Open: what comes later is not visible anyway
	done bool
}

// Open starts at the first row.
func (h *HeapScan) Open(s *Snapshot, t *Table) {
	heap := t.Def(s.tx).heap
	*h = HeapScan{snap: s, next: heap.first, last: heap.last}
	if s.tx.ser != nil {
		s.tx.readRelation(t)
	}
}

// Next returns the next visible version, or nil.
func (h *HeapScan) Next() *Tuple {
	for r := h.next; r != nil && !h.done; r = r.next {
		h.done = r == h.last
		if h.snap.tx.ser != nil {
			h.snap.tx.readRecord(h.snap, r, false)
		}
		if v := r.visible(h.snap); v != nil {
			h.next = r.next
			return v
		}
	}
	h.next = nil
	return nil
}
