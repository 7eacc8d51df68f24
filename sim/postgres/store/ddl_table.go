package store

import (
	"slices"
	"strings"

	"github.com/squallhq/squall/sim/postgres/value"
)

// CreateTable makes a table (42P07, 3F000). Its indexes and constraints follow by their own calls;
// sequences of its columns should be owned by SetOwner.
func (t *Tx) CreateTable(schema, name string, columns []Column) (*Table, error) {
	s, err := t.needSchema(schema)
	if err != nil {
		return nil, err
	}
	tbl := &Table{oid: t.db.catalog.oid(), schema: schema}
	tbl.lock.name.table = tbl
	tbl.def = &Definition{Name: name, Columns: slices.Clone(columns), heap: &heap{table: tbl}}
	if err := t.bind(s.relations, name, &named{Relation: Relation{Table: tbl}}, relationExists(name)); err != nil {
		return nil, err
	}
	return tbl, t.LockTable(tbl, AccessExclusive)
}

// DropTable is DropTables of one table.
func (t *Tx) DropTable(tbl *Table, cascade bool) error {
	return t.DropTables([]*Table{tbl}, cascade)
}

// DropTables drops tables with their indexes, constraints and owned sequences. Foreign keys of
// other tables that refer to them go with cascade, or else are the error (2BP01).
func (t *Tx) DropTables(tables []*Table, cascade bool) error {
	for _, tbl := range tables {
		if err := t.LockTable(tbl, AccessExclusive); err != nil {
			return err
		}
	}
	for _, tbl := range tables {
		for _, fk := range tbl.Def(t).ReferencedBy {
			if slices.Contains(tables, fk.Table) {
				continue
			}
			if !cascade {
				return t.stillReferenced(tbl, fk)
			}
			if err := t.DropConstraint(fk.Table, fk.Name, true); err != nil {
				return err
			}
		}
	}
	for _, tbl := range tables {
		if err := t.dropOne(tbl); err != nil {
			return err
		}
	}
	return nil
}

const cascadeHint = "Use DROP ... CASCADE to drop the dependent objects too."

func (t *Tx) stillReferenced(tbl *Table, fk *ForeignKey) error {
	name := tbl.Name(t)
	return &value.Error{
		Code:    "2BP01",
		Message: "cannot drop table " + name + " because other objects depend on it",
		Detail:  "constraint " + fk.Name + " on table " + fk.Table.Name(t) + " depends on table " + name,
		Hint:    cascadeHint,
	}
}

// dropOne drops a table that nobody else refers to any more.
func (t *Tx) dropOne(tbl *Table) error {
	def := tbl.Def(t)
	for _, fk := range def.ForeignKeys {
		if fk.Parent == tbl {
			continue
		}
		if err := t.unlink(fk); err != nil {
			return err
		}
	}
	relations := t.schema(tbl.schema).relations
	for _, ix := range def.Indexes {
		t.drop(relations, ix.Name)
	}
	for i := range def.Columns {
		if q := def.Columns[i].Sequence; q != nil {
			t.drop(t.schema(q.schema).relations, q.name)
		}
	}
	t.drop(relations, def.Name)
	return nil
}

// RenameTable renames a table (42P07).
func (t *Tx) RenameTable(tbl *Table, name string) error {
	if err := t.LockTable(tbl, AccessExclusive); err != nil {
		return err
	}
	if err := t.rename(t.schema(tbl.schema), tbl.Name(t), name); err != nil {
		return err
	}
	def := t.edit(tbl)
	def.Name = name
	return nil
}

// Truncate empties tables (0A000 if a table outside the list refers to one). With cascade the
// referring tables are emptied too; with restart the owned sequences start again.
func (t *Tx) Truncate(tables []*Table, cascade, restart bool) error {
	tables = slices.Clone(tables)
	for i := 0; i < len(tables); i++ {
		if err := t.LockTable(tables[i], AccessExclusive); err != nil {
			return err
		}
		for _, fk := range tables[i].Def(t).ReferencedBy {
			if slices.Contains(tables, fk.Table) {
				continue
			}
			if !cascade {
				return t.truncateReferenced(tables[i], fk.Table)
			}
			tables = append(tables, fk.Table)
		}
	}
	for _, tbl := range tables {
		if err := t.truncate(tbl, restart); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) truncateReferenced(tbl, by *Table) error {
	return &value.Error{
		Code:    "0A000",
		Message: "cannot truncate a table referenced in a foreign key constraint",
		Detail:  "Table " + quote(by.Name(t)) + " references " + quote(tbl.Name(t)) + ".",
		Hint:    "Truncate table " + quote(by.Name(t)) + " at the same time, or use TRUNCATE ... CASCADE.",
	}
}

// truncate gives a table new, empty storage.
func (t *Tx) truncate(tbl *Table, restart bool) error {
	def := t.edit(tbl)
	if t.ser != nil {
		t.wroteRelation(tbl)
	}
	def.renew(tbl)
	t.bornAtCommit(def.heap)
	if !restart {
		return nil
	}
	for i := range def.Columns {
		if q := def.Columns[i].Sequence; q != nil {
			spec := q.Spec(t)
			if err := t.AlterSequence(q, spec, &spec.Start); err != nil {
				return err
			}
		}
	}
	return nil
}

// bornAtCommit notes from when on snapshots see what the storage holds.
func (t *Tx) bornAtCommit(h *heap) {
	t.logCatalog(func() {}, func() { h.born = t.db.lsn })
}

// renew gives a definition a new heap and empty indexes.
func (d *Definition) renew(tbl *Table) {
	d.heap = &heap{table: tbl, seq: d.heap.seq, tids: d.heap.tids}
	for i, ix := range d.Indexes {
		d.Indexes[i] = newIndex(tbl, ix.OID, ix.IndexSpec)
	}
	d.heap.trees = slices.Clone(d.Indexes)
	d.settle()
}

func (d *Definition) column(name string) int {
	for i := range d.Columns {
		if d.Columns[i].Name == name && !d.Columns[i].Dropped {
			return i
		}
	}
	return -1
}

// AddColumn appends a column (42701); fill computes its value for existing rows (nil: NULL). Older
// snapshots see the rows with the column.
func (t *Tx) AddColumn(tbl *Table, c Column, fill func(value.Row) (value.Value, error)) error {
	if err := t.LockTable(tbl, AccessExclusive); err != nil {
		return err
	}
	def := t.edit(tbl)
	if def.column(c.Name) >= 0 {
		return columnExists(c.Name, def.Name)
	}
	def.Columns = append(def.Columns, c)
	if err := t.widen(tbl, def, fill); err != nil {
		return err
	}
	if c.NotNull {
		return t.checkNotNull(tbl, def, len(def.Columns)-1)
	}
	return nil
}

func columnExists(column, table string) error {
	return &value.Error{
		Code:    "42701",
		Message: "column " + quote(column) + " of relation " + quote(table) + " already exists",
	}
}

// widen copies the table with one more column. A row's value is computed once and serves its old
// versions too; what nobody will see in the future gets NULL.
func (t *Tx) widen(tbl *Table, def *Definition, fill func(value.Row) (value.Value, error)) error {
	old := def.heap
	def.renew(tbl)
	for r := old.first; r != nil; r = r.next {
		var added value.Value
		if v := r.current(t); fill != nil && v != nil && !v.endedFor(t) {
			var err error
			if added, err = fill(v.Row); err != nil {
				return err
			}
		}
		t.copyRecord(def, r, func(row value.Row) value.Row {
			return append(append(make(value.Row, 0, len(row)+1), row...), added)
		})
	}
	return nil
}

// copyRecord copies a row with all its versions to new storage.
func (t *Tx) copyRecord(def *Definition, r *record, convert func(value.Row) value.Row) {
	var newest, last *Tuple
	for v := r.newest; v != nil; v = v.older {
		c := *v
		c.Row, c.older = convert(v.Row), nil
		if last == nil {
			newest = &c
		} else {
			last.older = &c
		}
		last = &c
	}
	if newest == nil {
		return
	}
	rec := def.heap.append(newest)
	if newest.end != 0 || (newest.older != nil && newest.older.end != 0) {
		t.db.dead.push(deadRow{rec, t.db.lsn})
	}
	for v := newest; v != nil; v = v.older {
		v.rec = rec
		t.adopt(v)
		for _, ix := range def.Indexes {
			if key, ok := ix.storedKey(v.Row); ok {
				ix.tree.insert(key, rec)
			}
		}
	}
}

// adopt makes commit stamp a copied version that is the transaction's own work.
func (t *Tx) adopt(v *Tuple) {
	if v.begin == 0 {
		t.logRow(v, nil)
	}
	if v.end == 0 && v.remover != nil {
		t.logRow(nil, v)
	}
}

// rewrite stores all live rows anew, converted. As in PostgreSQL, older snapshots then find the
// table empty (manual, 13.6).
func (t *Tx) rewrite(tbl *Table, def *Definition, convert func(value.Row) (value.Row, error)) error {
	old := def.heap
	def.renew(tbl)
	t.bornAtCommit(def.heap)
	for r := old.first; r != nil; r = r.next {
		v := r.current(t)
		if v == nil || v.endedFor(t) {
			continue
		}
		row, err := convert(v.Row)
		if err != nil {
			return err
		}
		t.place(def.heap, row)
	}
	for _, ix := range def.Indexes {
		if err := t.build(def.heap, ix); err != nil {
			return err
		}
	}
	return nil
}

// AlterColumn changes a column: change gets a copy. Setting NotNull checks the rows (23502). If
// convert is not nil it computes the column anew for all rows, and indexes are rebuilt.
func (t *Tx) AlterColumn(tbl *Table, column int, change func(*Column), convert func(value.Row) (value.Value, error)) error {
	if err := t.LockTable(tbl, AccessExclusive); err != nil {
		return err
	}
	def := t.edit(tbl)
	before := def.Columns[column]
	change(&def.Columns[column])
	after := def.Columns[column]
	if after.Name != before.Name && tbl.hasOther(def, column) {
		return columnExists(after.Name, def.Name)
	}
	if convert != nil {
		err := t.rewrite(tbl, def, func(row value.Row) (value.Row, error) {
			v, err := convert(row)
			if err == nil && after.NotNull && v.IsNull() {
				err = containsNull(tbl, def, column)
			}
			row = slices.Clone(row)
			row[column] = v
			return row, err
		})
		if err != nil {
			return err
		}
	}
	if after.NotNull && !before.NotNull {
		return t.checkNotNull(tbl, def, column)
	}
	return nil
}

// hasOther says whether another column has the column's name.
func (t *Table) hasOther(def *Definition, column int) bool {
	for i := range def.Columns {
		if i != column && !def.Columns[i].Dropped && def.Columns[i].Name == def.Columns[column].Name {
			return true
		}
	}
	return false
}

// checkNotNull tests a column that became NOT NULL.
func (t *Tx) checkNotNull(tbl *Table, def *Definition, column int) error {
	return t.eachLive(def.heap, func(row value.Row) error {
		if !row[column].IsNull() {
			return nil
		}
		return containsNull(tbl, def, column)
	})
}

func containsNull(tbl *Table, def *Definition, column int) error {
	name := def.Columns[column].Name
	return &value.Error{
		Code:    "23502",
		Message: "column " + quote(name) + " of relation " + quote(def.Name) + " contains null values",
		Schema:  tbl.schema, Table: def.Name, Column: name,
	}
}

// eachLive visits the rows that are neither deleted nor other transactions' work in progress.
func (t *Tx) eachLive(h *heap, visit func(value.Row) error) error {
	for r := h.first; r != nil; r = r.next {
		if v := r.current(t); v != nil && !v.endedFor(t) {
			if err := visit(v.Row); err != nil {
				return err
			}
		}
	}
	return nil
}

// DropColumn drops a column and the indexes and constraints over it (2BP01 without cascade if
// another table's foreign key depends on it).
func (t *Tx) DropColumn(tbl *Table, column int, cascade bool) error {
	if err := t.LockTable(tbl, AccessExclusive); err != nil {
		return err
	}
	def := tbl.Def(t)
	for _, fk := range slices.Clone(def.ReferencedBy) {
		if !slices.Contains(fk.ParentColumns, column) || fk.Table == tbl {
			continue
		}
		if !cascade {
			return t.columnReferenced(def, column, fk)
		}
		if err := t.DropConstraint(fk.Table, fk.Name, true); err != nil {
			return err
		}
	}
	if err := t.dropOver(tbl, column); err != nil {
		return err
	}
	def = t.edit(tbl)
	c := &def.Columns[column]
	if c.Sequence != nil {
		t.drop(t.schema(c.Sequence.schema).relations, c.Sequence.name)
	}
	*c = Column{
		Name: "........pg.dropped." + decimal(column+1) + "........",
		Type: c.Type, Mod: c.Mod, Dropped: true,
	}
	return nil
}

func (t *Tx) columnReferenced(def *Definition, column int, fk *ForeignKey) error {
	name := "column " + def.Columns[column].Name + " of table " + def.Name
	return &value.Error{
		Code:    "2BP01",
		Message: "cannot drop " + name + " because other objects depend on it",
		Detail:  "constraint " + fk.Name + " on table " + fk.Table.Name(t) + " depends on " + name,
		Hint:    cascadeHint,
	}
}

// dropOver drops a table's indexes and constraints over a column.
func (t *Tx) dropOver(tbl *Table, column int) error {
	def := tbl.Def(t)
	var constraints []string
	for _, fk := range def.ForeignKeys {
		if slices.Contains(fk.Columns, column) || (fk.Parent == tbl && slices.Contains(fk.ParentColumns, column)) {
			constraints = append(constraints, fk.Name)
		}
	}
	for _, c := range def.Checks {
		if slices.Contains(c.Columns, column) {
			constraints = append(constraints, c.Name)
		}
	}
	for _, name := range constraints {
		if err := t.DropConstraint(tbl, name, true); err != nil {
			return err
		}
	}
	for _, ix := range tbl.Def(t).Indexes {
		if ix.mentions(column) {
			if err := t.removeIndex(ix); err != nil {
				return err
			}
		}
	}
	return nil
}

// SetGenerate sets Definition.Generate.
func (t *Tx) SetGenerate(tbl *Table, generate func(value.Row) (value.Row, error)) error {
	def := t.edit(tbl)
	def.Generate = generate
	return nil
}

// columnNames returns the names of columns, in their order.
func (d *Definition) columnNames(columns []int) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = d.Columns[c].Name
	}
	return names
}

// addition joins names for ChooseName (ChooseIndexNameAddition): it stops where 63 bytes are passed.
func addition(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('_')
		}
		b.WriteString(name)
		if b.Len() >= nameMax+1 {
			break
		}
	}
	return b.String()
}
