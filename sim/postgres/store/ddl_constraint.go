package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// chooseConstraint is the name that PostgreSQL gives a constraint (ChooseConstraintName).
func (t *Tx) chooseConstraint(schema, table, column, label string) string {
	return number(label, func(label string) (string, bool) {
		name := makeName(table, column, label)
		return name, !t.constraintNamed(schema, name)
	})
}

func constraintExists(name, table string) error {
	return &value.Error{
		Code:    "42710",
		Message: "constraint " + quote(name) + " for relation " + quote(table) + " already exists",
	}
}

// AddCheck adds a check constraint, tested on the existing rows unless it is NotValid (42710, 23514). An
// empty name is chosen from column ("" for several columns).
func (t *Tx) AddCheck(tbl *Table, c Check, column string) (*Check, error) {
	if err := t.LockTable(tbl, AccessExclusive); err != nil {
		return nil, err
	}
	def := t.edit(tbl)
	if c.Name == "" {
		c.Name = t.chooseConstraint(tbl.schema, def.Name, column, "check")
	}
	if def.HasConstraint(c.Name) {
		return nil, constraintExists(c.Name, def.Name)
	}
	if !c.NotValid {
		if err := t.testCheck(tbl, def, &c); err != nil {
			return nil, err
		}
	}
	def.Checks = append(def.Checks, &c)
	def.settle()
	return &c, nil
}

func (t *Tx) testCheck(tbl *Table, def *Definition, c *Check) error {
	return t.eachLive(def.heap, func(row value.Row) error {
		return tbl.testRow(def, c, row)
	})
}

func (t *Table) testRow(def *Definition, c *Check, row value.Row) error {
	holds, err := c.Holds(row)
	if err != nil || holds {
		return err
	}
	return &value.Error{
		Code:    "23514",
		Message: "check constraint " + quote(c.Name) + " of relation " + quote(def.Name) + " is violated by some row",
		Schema:  t.schema, Table: def.Name, Constraint: c.Name,
	}
}

// TestRow tests a check on a row that a change of the table makes (23514).
func (t *Tx) TestRow(tbl *Table, c *Check, row value.Row) error {
	if c.NotValid {
		return nil
	}
	return tbl.testRow(tbl.Def(t), c, row)
}

// AddForeignKey adds a foreign key, tested on the existing rows unless it is NotValid (42710, 42830,
// 23503). Without ParentColumns it refers to the primary key.
func (t *Tx) AddForeignKey(fk ForeignKey) (*ForeignKey, error) {
	if err := t.LockTable(fk.Table, ShareRowExclusive); err != nil {
		return nil, err
	}
	if err := t.LockTable(fk.Parent, ShareRowExclusive); err != nil {
		return nil, err
	}
	def := fk.Table.Def(t)
	if fk.Name == "" {
		fk.Name = t.chooseConstraint(fk.Table.schema, def.Name, addition(def.columnNames(fk.Columns)), "fkey")
	}
	if def.HasConstraint(fk.Name) {
		return nil, constraintExists(fk.Name, def.Name)
	}
	if err := t.findKey(&fk); err != nil {
		return nil, err
	}
	fk.OID = t.db.catalog.oid()
	t.link(&fk)
	if fk.NotValid {
		return &fk, nil
	}
	return &fk, t.testForeign(&fk)
}

// findKey finds the unique index that the foreign key refers to (42830).
func (t *Tx) findKey(fk *ForeignKey) error {
	parent := fk.Parent.Def(t)
	if len(fk.ParentColumns) == 0 {
		pk := parent.Primary()
		if pk == nil {
			return &value.Error{
				Code:    "42704",
				Message: "there is no primary key for referenced table " + quote(parent.Name),
			}
		}
		for _, k := range pk.Keys {
			fk.ParentColumns = append(fk.ParentColumns, k.Column)
		}
	}
	if len(fk.Columns) != len(fk.ParentColumns) {
		return &value.Error{
			Code:    "42830",
			Message: "number of referencing and referenced columns for foreign key disagree",
		}
	}
	for _, ix := range parent.Indexes {
		if ix.isKey() && ix.covers(fk.ParentColumns) {
			fk.index = ix.OID
			return nil
		}
	}
	return &value.Error{
		Code:    "42830",
		Message: "there is no unique constraint matching given keys for referenced table " + quote(parent.Name),
	}
}

// covers says whether the index's columns are these, in whatever order.
func (ix *Index) covers(columns []int) bool {
	if len(ix.Keys) != len(columns) {
		return false
	}
	for _, k := range ix.Keys {
		if !slices.Contains(columns, k.Column) {
			return false
		}
	}
	return true
}

// link enters a foreign key into both tables' definitions.
func (t *Tx) link(fk *ForeignKey) {
	def := t.edit(fk.Table)
	def.ForeignKeys = append(def.ForeignKeys, fk)
	def = t.edit(fk.Parent)
	def.ReferencedBy = append(def.ReferencedBy, fk)
}

// unlink removes a foreign key from both tables' definitions.
func (t *Tx) unlink(fk *ForeignKey) error {
	if err := t.LockTable(fk.Parent, AccessExclusive); err != nil {
		return err
	}
	same := func(x *ForeignKey) bool { return x.OID == fk.OID }
	def := t.edit(fk.Table)
	def.ForeignKeys = slices.DeleteFunc(def.ForeignKeys, same)
	def = t.edit(fk.Parent)
	def.ReferencedBy = slices.DeleteFunc(def.ReferencedBy, same)
	return nil
}

// ValidateConstraint tests a check or foreign key that was added NOT VALID on the rows that are there (42704, 42809;
// 23514, 23503).
func (t *Tx) ValidateConstraint(tbl *Table, name string) error {
	if err := t.LockTable(tbl, ShareUpdateExclusive); err != nil {
		return err
	}
	def := tbl.Def(t)
	for _, c := range def.Checks {
		if c.Name == name {
			return t.validate(&c.NotValid, func() error { return t.testCheck(tbl, def, c) })
		}
	}
	for _, fk := range def.ForeignKeys {
		if fk.Name == name {
			return t.validate(&fk.NotValid, func() error { return t.validateForeign(fk) })
		}
	}
	if !def.HasConstraint(name) {
		return noConstraint(name, def.Name)
	}
	return &value.Error{
		Code:    "42809",
		Message: "constraint " + quote(name) + " of relation " + quote(def.Name) + " is not a foreign key or check constraint",
	}
}

func (t *Tx) validate(notValid *bool, test func() error) error {
	if !*notValid {
		return nil
	}
	if err := test(); err != nil {
		return err
	}
	*notValid = false
	t.logCatalog(func() { *notValid = true }, nil)
	return nil
}

func (t *Tx) validateForeign(fk *ForeignKey) error {
	if err := t.LockTable(fk.Parent, RowShare); err != nil {
		return err
	}
	return t.testForeign(fk)
}

func noConstraint(name, table string) error {
	return &value.Error{
		Code:    "42704",
		Message: "constraint " + quote(name) + " of relation " + quote(table) + " does not exist",
	}
}

// DropConstraint drops a constraint by name (42704; 2BP01).
func (t *Tx) DropConstraint(tbl *Table, name string, cascade bool) error {
	if err := t.LockTable(tbl, AccessExclusive); err != nil {
		return err
	}
	def := tbl.Def(t)
	for _, fk := range def.ForeignKeys {
		if fk.Name == name {
			return t.unlink(fk)
		}
	}
	for _, ix := range def.Indexes {
		if ix.Constraint && ix.Name == name {
			if err := t.dropUsers(ix, "constraint "+name+" on table "+def.Name, cascade); err != nil {
				return err
			}
			return t.removeIndex(ix)
		}
	}
	if !slices.ContainsFunc(def.Checks, func(c *Check) bool { return c.Name == name }) {
		return noConstraint(name, def.Name)
	}
	def = t.edit(tbl)
	def.Checks = slices.DeleteFunc(def.Checks, func(c *Check) bool { return c.Name == name })
	return nil
}

// RenameConstraint renames a constraint (42704, 42710).
func (t *Tx) RenameConstraint(tbl *Table, from, to string) error {
	if err := t.LockTable(tbl, AccessExclusive); err != nil {
		return err
	}
	def := tbl.Def(t)
	if !def.HasConstraint(from) {
		return &value.Error{
			Code:    "42704",
			Message: "constraint " + quote(from) + " for table " + quote(def.Name) + " does not exist",
		}
	}
	if def.HasConstraint(to) {
		return constraintExists(to, def.Name)
	}
	for _, ix := range def.Indexes {
		if ix.Constraint && ix.Name == from {
			return t.RenameIndex(ix, to)
		}
	}
	for _, fk := range def.ForeignKeys {
		if fk.Name == from {
			return t.renameForeign(fk, to)
		}
	}
	def = t.edit(tbl)
	for i, c := range def.Checks {
		if c.Name == from {
			renamed := *c
			renamed.Name = to
			def.Checks[i] = &renamed
		}
	}
	def.settle()
	return nil
}

// renameForeign replaces a foreign key by one of another name, in its place.
func (t *Tx) renameForeign(fk *ForeignKey, name string) error {
	renamed := *fk
	renamed.Name = name
	def := t.edit(fk.Table)
	replace(def.ForeignKeys, &renamed)
	def = t.edit(fk.Parent)
	replace(def.ReferencedBy, &renamed)
	return nil
}

func replace(list []*ForeignKey, fk *ForeignKey) {
	for i := range list {
		if list[i].OID == fk.OID {
			list[i] = fk
		}
	}
}
