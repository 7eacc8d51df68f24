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

	def   *Definition // committed
	edits []edit      // definitions of the transactions in progress that change it
}

// OID returns the table's object id.
func (t *Table) OID() uint32 { return t.oid }

// Name returns the name as the transaction sees it.
func (t *Table) Name(tx *Tx) string { return t.Def(tx).Name }

// Schema returns the name of the table's schema.
func (t *Table) Schema() string { return t.schema }

// Def returns the definition as the transaction sees it.
func (t *Table) Def(tx *Tx) *Definition {
	for i := range t.edits {
		if t.edits[i].tx == tx {
			return t.edits[i].def
		}
	}
	return t.def
}

// Check is a check constraint. Holds is false only if the condition is false, not if it is NULL.
type Check struct {
	Name  string
	Holds func(value.Row) (bool, error)
	Expr  any // the executor's expression

	NotValid bool // the rows that were there when it was added are not tested

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

// HasConstraint says whether a constraint of the table has this name.
func (d *Definition) HasConstraint(name string) bool {
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
// holds a lock on the table. Two transactions may edit at once, if both only make an index.
func (t *Tx) edit(tbl *Table) *Definition {
	t.assignID()
	def := tbl.Def(t).clone()
	before := tbl.withdraw(t)
	tbl.edits = append(tbl.edits, edit{t, def})
	t.logCatalog(
		func() {
			tbl.withdraw(t)
			if before != nil {
				tbl.edits = append(tbl.edits, edit{t, before})
			}
		},
		func() { tbl.publish(t) })
	return def
}

// edit is the definition that a transaction is making.
type edit struct {
	tx  *Tx
	def *Definition
}

// withdraw takes a transaction's edit away, and returns its definition, if there is one.
func (t *Table) withdraw(tx *Tx) *Definition {
	i := slices.IndexFunc(t.edits, func(e edit) bool { return e.tx == tx })
	if i < 0 {
		return nil
	}
	def := t.edits[i].def
	t.edits = slices.Delete(t.edits, i, i+1)
	return def
}

// publish makes a transaction's edit the definition. Whoever else is editing has made an index, as
// the transaction has: their locks conflict with all else. Each gets the other's.
func (t *Table) publish(tx *Tx) {
	def := t.withdraw(tx)
	if def == nil {
		return // published by an earlier change of the transaction
	}
	for _, other := range t.edits {
		for _, ix := range def.Indexes {
			if other.def.index(ix.OID) == nil {
				other.def.Indexes = append(other.def.Indexes, ix)
			}
		}
		other.def.settle()
	}
	t.def = def
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
