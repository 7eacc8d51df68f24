package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// distinct says whether a key conflicts with no other because it has a NULL.
func (ix *Index) distinct(key value.Row) bool {
	if ix.NullsNotDistinct {
		return false
	}
	for i := range key {
		if key[i].Kind == value.KindNull {
			return true
		}
	}
	return false
}

// holder looks for another row that has the key, as anybody may come to see it (SnapshotDirty): a
// version that is live, or, in that case with the transaction to wait for, one that another
// transaction in progress has made or is ending.
func (ix *Index) holder(t *Tx, key value.Row, self *record) (*Tuple, *xact) {
	tree := ix.tree
	for c := tree.seek(key, 0); c.leaf != nil; c.forward() {
		e := c.entry()
		if tree.compareKeys(e.key, key) != 0 {
			return nil, nil
		}
		if e.rec == self {
			continue
		}
		if v, other := ix.claimant(t, e.rec, key); v != nil {
			return v, other
		}
	}
	return nil, nil
}

// claimant looks for a version of one row that has the key.
func (ix *Index) claimant(t *Tx, r *record, key value.Row) (*Tuple, *xact) {
	for v := r.newest; v != nil; v = v.older {
		if v.end != 0 {
			return nil, nil // what is older is over too
		}
		if v.remover != nil && v.remover.tx == t {
			continue
		}
		has := (v == r.newest && v.older == nil) || ix.hasKey(v.Row, key)
		switch {
		case v.begin == 0 && v.creator.tx != t:
			if has && !v.awaits(ix) {
				return v, v.creator
			}
		case v.remover != nil:
			if has {
				return v, v.remover
			}
			return nil, nil
		case has:
			return v, nil
		default:
			return nil, nil
		}
	}
	return nil, nil
}

// awaits says whether a new version of an old row waits for its key in the index. Then an entry of the
// key is an older version's; the row is not in the index for the new one yet.
func (v *Tuple) awaits(ix *Index) bool {
	return v.checking != nil && v.older != nil && ix.OID >= v.checking.OID
}

// checkUnique waits for transactions that may leave the key free, and fails if one did not
// (_bt_check_unique).
func (t *Tx) checkUnique(ix *Index, key value.Row, made *Tuple) error {
	for {
		v, other := ix.holder(t, key, made.rec)
		switch {
		case v == nil:
			return nil
		case other == nil:
			if err := t.missedHolder(ix, made); err != nil {
				return err
			}
			return t.duplicateKey(ix, key)
		}
		made.checking = ix
		err := t.session.waitFor(other)
		made.checking = nil
		if err != nil {
			return err
		}
	}
}

// missedHolder is the serialization failure of a transaction that has looked for the key, which its
// holder's then wrote: it is to try again rather than to hear of a duplicate (13.2.3).
func (t *Tx) missedHolder(ix *Index, made *Tuple) error {
	if t.ser == nil {
		return nil
	}
	t.wroteRow(ix.Table.Def(t), nil, made)
	return t.doom()
}

func (t *Tx) duplicateKey(ix *Index, key value.Row) error {
	return &value.Error{
		Code:       "23505",
		Message:    "duplicate key value violates unique constraint " + quote(ix.Name),
		Detail:     "Key " + ix.describe(t, key) + " already exists.",
		Schema:     ix.Table.schema,
		Table:      ix.Table.Name(t),
		Constraint: ix.Name,
	}
}

// InsertOrConflict is INSERT ... ON CONFLICT: it stores the row, or returns the tuple that holds
// one of the arbiters' keys (no arbiter: any unique index), which the snapshot need not see. For DO
// UPDATE: Lock the conflict without follow, and begin again unless Done; then CheckVisible.
func (t *Tx) InsertOrConflict(tbl *Table, row value.Row, arbiters []*Index) (inserted, conflict *Tuple, err error) {
	def := tbl.Def(t)
	if err := t.checkRow(tbl, def, row); err != nil {
		return nil, nil, err
	}
	if len(arbiters) == 0 {
		arbiters = def.unique
	}
	for {
		conflict, err = t.findConflict(arbiters, row)
		if conflict != nil || err != nil {
			return nil, conflict, err
		}
		mark := len(t.changes)
		v := t.place(def.heap, row)
		free, err := t.enterSpeculative(def, v, arbiters)
		if err != nil {
			return nil, nil, err
		}
		if free {
			return v, nil, nil
		}
		t.undoSince(mark)
	}
}

// enterSpeculative makes the index entries of a new row one after the other. While it waits for
// another index's key, one of the arbiters' may be taken: then the row is taken back, and all
// begins again (ExecInsert).
func (t *Tx) enterSpeculative(def *Definition, v *Tuple, arbiters []*Index) (free bool, err error) {
	for _, ix := range def.Indexes {
		if !slices.Contains(arbiters, ix) {
			if err := t.enter(ix, v); err != nil {
				return false, err
			}
			continue
		}
		key, ok := ix.storedKey(v.Row)
		if !ok {
			continue
		}
		if !ix.distinct(key) {
			if other, _ := ix.holder(t, key, v.rec); other != nil {
				return false, nil
			}
		}
		ix.tree.insert(key, v.rec)
	}
	return true, t.entered(def, v)
}

// findConflict looks through the arbiters. One whose key is in progress is waited for and looked at
// again; what others have put into an earlier one meanwhile is found when the row is entered there
// (check_exclusion_or_unique_constraint).
func (t *Tx) findConflict(arbiters []*Index, row value.Row) (*Tuple, error) {
	for _, ix := range arbiters {
		key, ok, err := ix.key(row)
		if err != nil {
			return nil, err
		}
		if !ok || ix.distinct(key) {
			continue
		}
		if v, err := t.conflict(ix, key); v != nil || err != nil {
			return v, err
		}
	}
	return nil, nil
}

func (t *Tx) conflict(ix *Index, key value.Row) (*Tuple, error) {
	for {
		if t.ser != nil {
			t.readRange(ix, Range{Equal: key})
		}
		v, other := ix.holder(t, key, nil)
		if v != nil && t.ser != nil {
			t.readRecord(&t.own, v.rec, true)
		}
		if other == nil {
			return v, nil
		}
		if err := t.session.waitFor(other); err != nil {
			return nil, err
		}
	}
}

// CheckVisible is what ON CONFLICT demands at REPEATABLE READ and above: 40001 if the snapshot does
// not see the conflicting tuple (unless the transaction itself made it).
func (t *Tx) CheckVisible(s *Snapshot, tup *Tuple) error {
	if t.level == ReadCommitted {
		return nil
	}
	if tup.begin == 0 && tup.creator != nil && tup.creator.tx == t {
		return nil
	}
	if tup.begin != 0 && s.sees(tup) && !s.seesEnd(tup) {
		return nil
	}
	return concurrentUpdate()
}
