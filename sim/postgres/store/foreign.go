package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// Action is a referential action.
type Action uint8

// The referential actions.
const (
	NoAction Action = iota
	Restrict
	Cascade
	SetNull
	SetDefault
)

// ForeignKey is a foreign key constraint. An empty name is chosen as PostgreSQL would.
type ForeignKey struct {
	Name          string
	OID           uint32
	Table         *Table // the referencing one
	Columns       []int
	Parent        *Table // the referenced one
	ParentColumns []int  // nil: the primary key
	MatchFull     bool
	NotValid      bool // the rows that were there when it was added are not tested
	OnDelete      Action
	OnUpdate      Action
	SetColumns    []int                                 // ON DELETE SET NULL (columns); nil: all
	Default       func(column int) (value.Value, error) // evaluates a column's default for SET DEFAULT

	index uint32 // OID of the parent's unique index over ParentColumns
}

// foreignEvent is a change of a row that foreign keys must look at when the statement is over
// (an AFTER trigger of PostgreSQL). action: the row was referenced; else: it refers.
type foreignEvent struct {
	fk     *ForeignKey
	action bool
	old    *Tuple
	made   *Tuple
}

// queueChecks notes what the end of the statement must look at. For each row, actions come before
// checks, and each in the order in which the constraints were made, as PostgreSQL's trigger names
// order them.
func (t *Tx) queueChecks(def *Definition, made, old *Tuple) {
	if old != nil {
		for _, fk := range def.ReferencedBy {
			if keyGone(fk, old, made) {
				t.events = append(t.events, foreignEvent{fk: fk, action: true, old: old, made: made})
			}
		}
	}
	if made != nil {
		for _, fk := range def.ForeignKeys {
			if old == nil || t.mustCheck(fk, old, made) {
				t.events = append(t.events, foreignEvent{fk: fk, made: made})
			}
		}
	}
}

// mustCheck says whether an update has its foreign key checked: one that sets another key, or that changes
// a row which the transaction itself has made (RI_FKey_fk_upd_check_required).
func (t *Tx) mustCheck(fk *ForeignKey, old, made *Tuple) bool {
	_, nulls := pick(made.Row, fk.Columns)
	if nulls > 0 && (!fk.MatchFull || nulls == len(fk.Columns)) {
		return false
	}
	return (old.begin == 0 && old.creator.tx == t) || !sameColumns(fk.Columns, old.Row, made.Row)
}

// keyGone says whether a referenced key that could have been referred to is no longer the row's.
func keyGone(fk *ForeignKey, old, made *Tuple) bool {
	for _, c := range fk.ParentColumns {
		if old.Row[c].IsNull() {
			return false
		}
	}
	return made == nil || !sameColumns(fk.ParentColumns, old.Row, made.Row)
}

func sameColumns(columns []int, a, b value.Row) bool {
	for _, c := range columns {
		if compareValues(&a[c], &b[c], keyOrder{}) != 0 {
			return false
		}
	}
	return true
}

// runForeign works off the events of a statement. What actions change queues further events, which come
// behind those that are there: an action's own statement fires no triggers (PostgreSQL source, ri_PerformCheck).
func (t *Tx) runForeign() error {
	defer func() {
		clear(t.events)
		t.events = t.events[:0]
	}()
	for next := 0; next < len(t.events); {
		e := t.events[next]
		next++
		if err := t.runEvent(&e); err != nil {
			return err
		}
		t.nextCommand()
	}
	return nil
}

func (t *Tx) runEvent(e *foreignEvent) error {
	if !e.action {
		return t.checkReference(e)
	}
	action := e.fk.OnDelete
	if e.made != nil {
		action = e.fk.OnUpdate
	}
	switch action {
	case Cascade, SetNull:
		return t.actOnChildren(e, action)
	case SetDefault:
		if err := t.actOnChildren(e, action); err != nil {
			return err
		}
		t.nextCommand()
		return t.checkUnreferenced(e, NoAction) // the default may be the key that is gone (ri_set)
	}
	return t.checkUnreferenced(e, action)
}

// checkReference looks for the row that a new version refers to, and locks it FOR KEY SHARE
// (RI_FKey_check). A version that was replaced in turn is not looked at.
func (t *Tx) checkReference(e *foreignEvent) error {
	v, fk := e.made, e.fk
	if v.rec.newest != v || v.endedFor(t) {
		return nil
	}
	return t.referenceOf(fk, v.Row)
}

func (t *Tx) referenceOf(fk *ForeignKey, row value.Row) error {
	before := len(t.locks)
	if err := t.LockTable(fk.Parent, RowShare); err != nil {
		return err
	}
	key, nulls := pick(row, fk.Columns)
	switch {
	case nulls == len(key) || (nulls > 0 && !fk.MatchFull):
		t.unlockSince(before) // as RI_FKey_check does
		return nil
	case nulls > 0:
		return t.mixedNulls(fk)
	}
	found, err := t.lockParent(fk, key)
	if err != nil || found {
		return err
	}
	return t.missingParent(fk, key)
}

// pick takes columns out of a row and counts the NULLs among them.
func pick(row value.Row, columns []int) (key value.Row, nulls int) {
	key = make(value.Row, len(columns))
	for i, c := range columns {
		key[i] = row[c]
		if key[i].IsNull() {
			nulls++
		}
	}
	return key, nulls
}

// lockParent locks the parent row with the key, if there is one. Its query has a new snapshot at READ
// COMMITTED, else the transaction's.
func (t *Tx) lockParent(fk *ForeignKey, key value.Row) (bool, error) {
	s := t.BeginStatement()
	defer t.release(s)
	def := fk.Parent.Def(t)
	ix := def.index(fk.index)
	var scan IndexScan
	scan.Open(s, ix, Range{Equal: ix.arrange(fk.ParentColumns, key)})
	v := scan.Next()
	if v == nil {
		return false, nil
	}
	out, newest, err := t.Lock(s, fk.Parent, v, ForKeyShare, Wait, true)
	switch {
	case err != nil:
		return false, err
	case out == Done:
		return true, nil
	case out == Modified:
		k, _ := pick(newest.Row, fk.ParentColumns)
		return equalKeys(k, key), nil
	}
	return false, nil
}

func equalKeys(a, b value.Row) bool {
	for i := range a {
		if compareValues(&a[i], &b[i], keyOrder{}) != 0 {
			return false
		}
	}
	return true
}

// arrange puts a key over columns into the order of the index's first columns.
func (ix *Index) arrange(columns []int, key value.Row) value.Row {
	arranged := make(value.Row, len(key))
	for i := range arranged {
		arranged[i] = key[slices.Index(columns, ix.Keys[i].Column)]
	}
	return arranged
}

func (t *Tx) violation(fk *ForeignKey, message, detail string) error {
	return &value.Error{
		Code: "23503", Message: message, Detail: detail,
		Schema: fk.Table.schema, Table: fk.Table.Name(t), Constraint: fk.Name,
	}
}

func (t *Tx) missingParent(fk *ForeignKey, key value.Row) error {
	return t.violation(fk,
		"insert or update on table "+quote(fk.Table.Name(t))+" violates foreign key constraint "+quote(fk.Name),
		"Key "+t.describeColumns(fk.Table, fk.Columns, key)+" is not present in table "+quote(fk.Parent.Name(t))+".")
}

func (t *Tx) mixedNulls(fk *ForeignKey) error {
	return t.violation(fk,
		"insert or update on table "+quote(fk.Table.Name(t))+" violates foreign key constraint "+quote(fk.Name),
		"MATCH FULL does not allow mixing of null and nonnull key values.")
}

func (t *Tx) stillThere(fk *ForeignKey, key value.Row) error {
	return t.violation(fk,
		"update or delete on table "+quote(fk.Parent.Name(t))+" violates foreign key constraint "+quote(fk.Name)+
			" on table "+quote(fk.Table.Name(t)),
		"Key "+t.describeColumns(fk.Parent, fk.ParentColumns, key)+" is still referenced from table "+
			quote(fk.Table.Name(t))+".")
}

func (t *Tx) describeColumns(tbl *Table, columns []int, key value.Row) string {
	def := tbl.Def(t)
	types := make([]*value.Type, len(columns))
	for i, c := range columns {
		types[i] = def.Columns[c].Type
	}
	return t.session.describeKey(def.columnNames(columns), types, key)
}

// checkUnreferenced is NO ACTION and RESTRICT: it fails if a row still refers to the old key. For NO
// ACTION another row may have taken the key over (ri_Check_Pk_Match).
func (t *Tx) checkUnreferenced(e *foreignEvent, action Action) error {
	fk := e.fk
	key, _ := pick(e.old.Row, fk.ParentColumns)
	if err := t.LockTable(fk.Table, RowShare); err != nil {
		return err
	}
	if action == NoAction {
		if found, err := t.lockParent(fk, key); err != nil || found {
			return err
		}
	}
	return t.eachChild(fk, key, func(s *Snapshot, v *Tuple) error {
		out, newest, err := t.Lock(s, fk.Table, v, ForKeyShare, Wait, true)
		if err != nil {
			return err
		}
		if out == Modified {
			k, _ := pick(newest.Row, fk.Columns)
			if equalKeys(k, key) {
				out = Done
			}
		}
		if out == Done {
			return t.stillThere(fk, key)
		}
		return nil
	})
}

// actOnChildren changes the rows that refer to a key that is gone.
func (t *Tx) actOnChildren(e *foreignEvent, action Action) error {
	fk := e.fk
	key, _ := pick(e.old.Row, fk.ParentColumns)
	if err := t.LockTable(fk.Table, RowExclusive); err != nil {
		return err
	}
	return t.eachChild(fk, key, func(s *Snapshot, v *Tuple) error {
		unseen := t.level != ReadCommitted && v.begin > t.own.lsn
		for v != nil {
			out, newest, err := t.actOnChild(s, e, action, v)
			switch {
			case err != nil:
				return err
			case out == Done && unseen:
				return concurrentUpdate() // the transaction's snapshot does not see what it changes (crosscheck)
			case out != Modified:
				return nil
			}
			v = nil
			if k, _ := pick(newest.Row, fk.Columns); equalKeys(k, key) {
				v = newest
			}
		}
		return nil
	})
}

func (t *Tx) actOnChild(s *Snapshot, e *foreignEvent, action Action, v *Tuple) (Outcome, *Tuple, error) {
	fk := e.fk
	if action == Cascade && e.made == nil {
		return t.Delete(s, fk.Table, v)
	}
	row := slices.Clone(v.Row)
	for i, c := range fk.Columns {
		if action == Cascade {
			row[c] = e.made.Row[fk.ParentColumns[i]]
			continue
		}
		if e.made == nil && fk.SetColumns != nil && !slices.Contains(fk.SetColumns, c) {
			continue
		}
		row[c] = value.Value{}
		if action == SetDefault {
			d, err := fk.Default(c)
			if err != nil {
				return 0, nil, err
			}
			row[c] = d
		}
	}
	if generate := fk.Table.Def(t).Generate; generate != nil {
		var err error
		if row, err = generate(row); err != nil {
			return 0, nil, err
		}
	}
	return t.Update(s, fk.Table, v, row)
}

// eachChild visits the rows that refer to a key, as they are now: also at REPEATABLE READ a foreign
// key must not overlook rows that the transaction's snapshot does not show.
func (t *Tx) eachChild(fk *ForeignKey, key value.Row, visit func(*Snapshot, *Tuple) error) error {
	s := &Snapshot{tx: t, lsn: t.db.lsn, cid: t.cid}
	t.db.register(s)
	defer t.db.unregister(s)
	def := fk.Table.Def(t)
	if ix := def.indexOver(fk.Columns); ix != nil {
		var scan IndexScan
		scan.Open(s, ix, Range{Equal: ix.arrange(fk.Columns, key)})
		for v := scan.Next(); v != nil; v = scan.Next() {
			if err := visit(s, v); err != nil {
				return err
			}
		}
		return nil
	}
	var scan HeapScan
	scan.Open(s, fk.Table)
	for v := scan.Next(); v != nil; v = scan.Next() {
		if k, nulls := pick(v.Row, fk.Columns); nulls == 0 && equalKeys(k, key) {
			if err := visit(s, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// indexOver finds an index whose first columns are these, in whatever order.
func (d *Definition) indexOver(columns []int) *Index {
	for _, ix := range d.Indexes {
		if ix.Predicate != nil || len(ix.Keys) < len(columns) {
			continue
		}
		all := true
		for _, k := range ix.Keys[:len(columns)] {
			all = all && slices.Contains(columns, k.Column)
		}
		if all {
			return ix
		}
	}
	return nil
}

// testForeign tests a new foreign key on the existing rows, which locks none of the rows referred to: it is
// one query over both tables with a snapshot of now at every isolation level (RI_Initial_Check).
func (t *Tx) testForeign(fk *ForeignKey) error {
	s := t.latest()
	ix := fk.Parent.Def(t).index(fk.index)
	return t.eachLive(fk.Table.Def(t).heap, func(row value.Row) error {
		key, nulls := pick(row, fk.Columns)
		switch {
		case nulls == len(key) || (nulls > 0 && !fk.MatchFull):
			return nil
		case nulls > 0:
			return t.mixedNulls(fk)
		}
		var scan IndexScan
		scan.Open(s, ix, Range{Equal: ix.arrange(fk.ParentColumns, key)})
		if scan.Next() == nil {
			return t.missingParent(fk, key)
		}
		return nil
	})
}
