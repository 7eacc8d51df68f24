package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// Column is a column of a table. Dropped columns keep their place, so that positions never change.
type Column struct {
	Name      string
	Type      *value.Type
	Mod       int32 // type modifier, value.NoMod: none
	NotNull   bool
	Default   any // the executor's expression; nil: none
	Generated any // the executor's expression of GENERATED ALWAYS AS ... STORED; nil: none
	Identity  Identity
	Sequence  *Sequence // owned by the column: serial and identity
	Dropped   bool
}

// Identity says how an identity column gets its value.
type Identity uint8

// The identities.
const (
	NoIdentity Identity = iota
	IdentityByDefault
	IdentityAlways
)

// Definition is what a table is at a moment. It is immutable: DDL makes a new one.
type Definition struct {
	Name         string
	Columns      []Column
	Indexes      []*Index // in order of their OIDs, the order in which they are checked
	Checks       []*Check // in order of their names, the order in which they are checked
	ForeignKeys  []*ForeignKey
	ReferencedBy []*ForeignKey
	// Generate computes the generated columns of a row that a referential action changed. nil: none.
	Generate func(value.Row) (value.Row, error)

	unique []*Index // of Indexes
	heap   *heap
}

// Table is a table's identity; its definition changes by DDL.
type Table struct {
	oid    uint32
	schema string
	lock   lock

	def     *Definition // committed
	pending *Definition // of the transaction in progress that changes it
	editor  *xact
}

// OID returns the table's object id.
func (t *Table) OID() uint32 { return t.oid }

// Name returns the name as the transaction sees it.
func (t *Table) Name(tx *Tx) string { return t.Def(tx).Name }

// Schema returns the name of the table's schema.
func (t *Table) Schema() string { return t.schema }

// Def returns the definition as the transaction sees it.
func (t *Table) Def(tx *Tx) *Definition {
	if t.editor != nil && t.editor.tx == tx {
		return t.pending
	}
	return t.def
}

// Check is a check constraint. Holds is false only if the condition is false, not if it is NULL.
type Check struct {
	Name  string
	Holds func(value.Row) (bool, error)
	Expr  any // the executor's expression

	Columns []int // that it mentions: it is dropped with any of them
}

func (d *Definition) index(oid uint32) *Index {
	for _, ix := range d.Indexes {
		if ix.OID == oid {
			return ix
		}
	}
	return nil
}

// Primary returns the index of the primary key, or nil.
func (d *Definition) Primary() *Index {
	for _, ix := range d.Indexes {
		if ix.Primary {
			return ix
		}
	}
	return nil
}

// hasConstraint says whether a constraint of the table has this name.
func (d *Definition) hasConstraint(name string) bool {
	for _, ix := range d.Indexes {
		if ix.Constraint && ix.Name == name {
			return true
		}
	}
	for _, c := range d.Checks {
		if c.Name == name {
			return true
		}
	}
	for _, fk := range d.ForeignKeys {
		if fk.Name == name {
			return true
		}
	}
	return false
}

// clone copies a definition for a change. The lists are copied, their members shared.
func (d *Definition) clone() *Definition {
	c := *d
	c.Columns = slices.Clone(d.Columns)
	c.Indexes = slices.Clone(d.Indexes)
	c.Checks = slices.Clone(d.Checks)
	c.ForeignKeys = slices.Clone(d.ForeignKeys)
	c.ReferencedBy = slices.Clone(d.ReferencedBy)
	return &c
}

// edit returns a copy of the table's definition to change; others see it after commit. The caller
// holds a lock on the table. It waits for another transaction that is editing too (two CREATE
// INDEX at once).
func (t *Tx) edit(tbl *Table) (*Definition, error) {
	for tbl.editor != nil && tbl.editor.tx != t {
		if err := t.session.waitFor(tbl.editor); err != nil {
			return nil, err
		}
	}
	t.assignID()
	before, editor := tbl.pending, tbl.editor
	def := tbl.Def(t).clone()
	tbl.pending, tbl.editor = def, t.current()
	t.logCatalog(
		func() { tbl.pending, tbl.editor = before, editor },
		func() {
			if tbl.pending != nil {
				tbl.def = tbl.pending
			}
			tbl.pending, tbl.editor = nil, nil
		})
	return def, nil
}

// settle restores what a definition derives from its lists.
func (d *Definition) settle() {
	slices.SortStableFunc(d.Indexes, func(a, b *Index) int { return int(a.OID) - int(b.OID) })
	slices.SortStableFunc(d.Checks, func(a, b *Check) int { return compareNames(a.Name, b.Name) })
	d.unique = nil
	for _, ix := range d.Indexes {
		if ix.Unique {
			d.unique = append(d.unique, ix)
		}
	}
}

func compareNames(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
