package store

import "github.com/squallhq/squall/sim/postgres/value"

// Tuple is one version of a row. It stays valid, with its Row, as long as it is referred to.
type Tuple struct {
	Row value.Row

	rec   *record
	older *Tuple

	begin, end       LSN   // commits that made and ended the version; 0: in progress or not at all
	creator, remover *xact // while in progress
	xmin, xmax       XID
	cmin, cmax       uint32 // command ids within creator and remover
	tid              uint64
	keyed            bool // replaced by who changed its key or had it locked so (HEAP_KEYS_UPDATED)

	checking *Index // a unique index in which the version's key is being waited for; not entered yet
	queue    *lock  // who waits in turn for this version to be free (tuple lock); nil: nobody
}

// Xmin returns the id of the (sub)transaction that made the version.
func (t *Tuple) Xmin() XID { return t.xmin }

// LockedBy returns xmax as INSERT ... ON CONFLICT DO UPDATE leaves it in the version it has just made: 0
// for a row that was inserted, else the (sub)transaction that locked the old version and made this one.
func (t *Tuple) LockedBy() XID {
	if t.older == nil {
		return 0
	}
	return t.xmin
}

// record is a row with all its versions and its locks.
type record struct {
	heap       *heap
	newest     *Tuple // committed or in progress; aborted versions are removed at once
	prev, next *record
	seq        uint64 // order of insertion, the tie-break of index entries

	first   locker   // the row's lockers, by xid: first, then others; first.x is nil if there is none
	others  []locker // rarely more than one
	removed bool     // from heap and indexes
}

// visible returns the version that the snapshot sees, or nil.
func (r *record) visible(s *Snapshot) *Tuple {
	for v := r.newest; v != nil; v = v.older {
		if !s.sees(v) {
			continue
		}
		if s.seesEnd(v) {
			return nil
		}
		return v
	}
	return nil
}

// current returns the newest version that is committed or the transaction's own, or nil.
func (r *record) current(t *Tx) *Tuple {
	for v := r.newest; v != nil; v = v.older {
		if v.begin != 0 || v.creator.tx == t {
			return v
		}
	}
	return nil
}

// endedFor says whether the version is over for everybody who looks now: its end is committed or
// the transaction's own.
func (t *Tuple) endedFor(tx *Tx) bool {
	return t.end != 0 || (t.remover != nil && t.remover.tx == tx)
}
