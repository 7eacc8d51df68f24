package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// Insert stores a complete row (23502, 23514, 23505). A duplicate key of a transaction in progress
// is waited for. Foreign keys are checked by EndStatement.
func (t *Tx) Insert(tbl *Table, row value.Row) (*Tuple, error) {
	def := tbl.Def(t)
	if err := t.checkRow(tbl, def, row); err != nil {
		return nil, err
	}
	v := t.place(def.heap, row)
	if err := t.enterInserted(def, v); err != nil {
		return nil, err
	}
	return v, nil
}

// place puts a new row into the heap.
func (t *Tx) place(h *heap, row value.Row) *Tuple {
	t.assignID()
	x := t.current()
	v := &Tuple{Row: row, creator: x, xmin: x.id, cmin: t.cid, tid: h.nextTID()}
	h.append(v)
	t.logRow(v, nil)
	return v
}

// enterInserted makes the index entries of a new row, waiting for and failing on duplicates.
func (t *Tx) enterInserted(def *Definition, v *Tuple) error {
	for _, ix := range def.Indexes {
		if err := t.enter(ix, v); err != nil {
			return err
		}
	}
	return t.entered(def, v)
}

// entered is what follows when a new row is in all indexes: its foreign key checks are queued.
func (t *Tx) entered(def *Definition, v *Tuple) error {
	if t.ser != nil {
		t.wroteRow(def, nil, v)
	}
	t.queueChecks(def, v, nil)
	return t.doom()
}

// enter makes one index entry. A unique key is entered when it is known to be free, so that two
// who wait for the same third do not wait for each other then.
func (t *Tx) enter(ix *Index, v *Tuple) error {
	key, ok, err := ix.key(v.Row)
	if err != nil || !ok {
		return err
	}
	if ix.Unique && !ix.distinct(key) {
		if err := t.checkUnique(ix, key, v); err != nil {
			return err
		}
	}
	ix.tree.insert(key, v.rec)
	return nil
}

// checkRow checks not-null and check constraints (ExecConstraints).
func (t *Tx) checkRow(tbl *Table, def *Definition, row value.Row) error {
	for i := range def.Columns {
		c := &def.Columns[i]
		if c.NotNull && row[i].IsNull() && !c.Dropped {
			return &value.Error{
				Code: "23502",
				Message: "null value in column " + quote(c.Name) + " of relation " + quote(def.Name) +
					" violates not-null constraint",
				Detail: t.session.failingRow(def.Columns, row),
				Schema: tbl.schema, Table: def.Name, Column: c.Name,
			}
		}
	}
	for _, c := range def.Checks {
		holds, err := c.Holds(row)
		if err != nil {
			return err
		}
		if !holds {
			return &value.Error{
				Code:    "23514",
				Message: "new row for relation " + quote(def.Name) + " violates check constraint " + quote(c.Name),
				Detail:  t.session.failingRow(def.Columns, row),
				Schema:  tbl.schema, Table: def.Name, Constraint: c.Name,
			}
		}
	}
	return nil
}

// Update replaces a version by row (23502, 23514, 23505, 40001). On Done the new version is
// returned, on Modified the newest one, locked; see the package's diagram.
func (t *Tx) Update(s *Snapshot, tbl *Table, tup *Tuple, row value.Row) (Outcome, *Tuple, error) {
	def := tbl.Def(t)
	if err := t.checkRow(tbl, def, row); err != nil {
		return 0, nil, err
	}
	mode := ForNoKeyUpdate
	if def.keyChanges(tup.Row, row) {
		mode = ForUpdate
	}
	out, newest, err := t.claim(s, tbl, tup, mode)
	if err != nil || out != Done {
		return out, newest, err
	}
	v := t.replace(def.heap, tup, row)
	if err := t.enterUpdated(def, tup, v); err != nil {
		return 0, nil, err
	}
	return Done, v, nil
}

// replace adds a new version to a row.
func (t *Tx) replace(h *heap, old *Tuple, row value.Row) *Tuple {
	x := t.current()
	old.remover, old.xmax, old.cmax = x, x.id, t.cid
	old.keyed = old.rec.holds(t, ForUpdate)
	v := &Tuple{Row: row, rec: old.rec, older: old, creator: x, xmin: x.id, cmin: t.cid, tid: h.nextTID()}
	old.rec.newest = v
	t.logRow(v, old)
	return v
}

// enterUpdated makes the index entries that the new version needs beside the old one's.
func (t *Tx) enterUpdated(def *Definition, old, v *Tuple) error {
	for _, ix := range def.Indexes {
		if ix.sameKey(old.Row, v.Row) {
			continue
		}
		if err := t.enter(ix, v); err != nil {
			return err
		}
	}
	if t.ser != nil {
		t.wroteRow(def, old, v)
	}
	t.queueChecks(def, v, old)
	return t.doom()
}

// Delete deletes a version, with Update's outcomes.
func (t *Tx) Delete(s *Snapshot, tbl *Table, tup *Tuple) (Outcome, *Tuple, error) {
	out, newest, err := t.claim(s, tbl, tup, ForUpdate)
	if err != nil || out != Done {
		return out, newest, err
	}
	x := t.current()
	tup.remover, tup.xmax, tup.cmax = x, x.id, t.cid
	t.logRow(nil, tup)
	def := tbl.Def(t)
	if t.ser != nil {
		t.wroteRow(def, tup, nil)
	}
	t.queueChecks(def, nil, tup)
	return Done, tup, t.doom()
}

// claim locks a version in order to change it. If another transaction changed the row first, READ
// COMMITTED locks the newest version instead. The (sub)transaction has its id before it waits
// (heap_update, heap_delete), and the order of ids is that in which others wait for it.
func (t *Tx) claim(s *Snapshot, tbl *Table, tup *Tuple, m RowLock) (Outcome, *Tuple, error) {
	t.assignID()
	if err := t.doom(); err != nil {
		return 0, nil, err
	}
	out, err := t.lockVersion(s, tbl, tup, m, Wait)
	switch {
	case err != nil:
		return 0, nil, err
	case out != Modified && out != Deleted:
		return out, tup, nil
	case t.level != ReadCommitted && out == Deleted:
		return 0, nil, concurrentDelete()
	case t.level != ReadCommitted:
		return 0, nil, concurrentUpdate()
	case out == Deleted:
		return Deleted, nil, nil
	}
	return t.lockNewest(s, tbl, tup.rec, m, Wait)
}

// keyChanges says whether an update changes a column that a foreign key could refer to: one of a
// unique index without predicate or expression (INDEX_ATTR_BITMAP_KEY).
func (d *Definition) keyChanges(old, row value.Row) bool {
	for _, ix := range d.Indexes {
		if ix.isKey() && !ix.sameKey(old, row) {
			return true
		}
	}
	return false
}

// isKey says whether a foreign key could refer to the index.
func (ix *Index) isKey() bool { return ix.Unique && ix.plain && ix.Predicate == nil }

// UpdateLock returns the row lock that an UPDATE of these columns takes: ForUpdate if one is part
// of a key that a foreign key could refer to, else ForNoKeyUpdate.
func (t *Table) UpdateLock(tx *Tx, columns []int) RowLock {
	for _, ix := range t.Def(tx).Indexes {
		if !ix.isKey() {
			continue
		}
		for _, k := range ix.Keys {
			if slices.Contains(columns, k.Column) {
				return ForUpdate
			}
		}
	}
	return ForNoKeyUpdate
}
