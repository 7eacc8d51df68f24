package postgres

import (
	"fmt"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

func (d *ddl) createSchema(st *sql.CreateSchema) error {
	name := st.Name
	if name == "" {
		name = st.Authorization
	}
	if st.IfNotExists && d.tx.HasSchema(name) {
		return nil
	}
	return d.tx.CreateSchema(name)
}

func (d *ddl) createEnum(st *sql.CreateEnum) error {
	schema, err := d.creationSchema(st.Name)
	if err != nil {
		return err
	}
	_, err = d.tx.CreateEnum(schema, st.Name.Name, st.Labels)
	return err
}

// enum finds an enum and its schema.
func (d *ddl) enum(name sql.QualifiedName) (string, *value.Type, error) {
	path := d.s.settings.path
	if name.Schema != "" {
		path = []string{name.Schema}
	}
	for _, schema := range path {
		if t := d.tx.Type(schema, name.Name); t != nil {
			if !t.IsEnum() {
				return "", nil, refusal("42809", `"`+name.Name+`" is not an enum`)
			}
			return schema, t, nil
		}
	}
	return "", nil, refusal("42704", `type "`+relationName(name)+`" does not exist`)
}

func (d *ddl) addEnumValue(st *sql.AlterEnumAdd) error {
	schema, t, err := d.enum(st.Name)
	if err != nil {
		return err
	}
	if _, exists := t.Enum(st.Value); exists && st.IfNotExists {
		return nil
	}
	neighbor := ""
	if st.HasNeighbor {
		neighbor = st.Neighbor
	}
	if t, err = t.WithLabel(st.Value, neighbor, st.Before); err != nil {
		return err
	}
	return d.tx.AlterEnum(schema, t)
}

func (d *ddl) renameEnumValue(st *sql.AlterEnumRename) error {
	schema, t, err := d.enum(st.Name)
	if err != nil {
		return err
	}
	if t, err = t.WithLabelRenamed(st.Old, st.New); err != nil {
		return err
	}
	return d.tx.AlterEnum(schema, t)
}

// createExtension accepts the extensions whose functions are in the server already.
func (d *ddl) createExtension(st *sql.CreateExtension) error {
	switch st.Name {
	case "pgcrypto", "uuid-ossp", "plpgsql", "pg_stat_statements", "btree_gin", "btree_gist":
		return nil
	}
	return unsupported("extension " + st.Name)
}

// drop drops objects, of which each is found and locked before the first of them goes (RemoveRelations,
// RemoveObjects).
func (d *ddl) drop(st *sql.Drop) error {
	var tables []*store.Table
	var drops []func() error
	for _, name := range st.Names {
		table, drop, err := d.toDrop(st, name)
		if err != nil {
			return err
		}
		if table != nil {
			tables = append(tables, table)
		}
		if drop != nil {
			drops = append(drops, drop)
		}
	}
	if err := d.tx.DropTables(tables, st.Behavior == sql.Cascade); err != nil {
		return err
	}
	for _, drop := range drops {
		if err := drop(); err != nil {
			return err
		}
	}
	return nil
}

// toDrop finds what a name means and locks it. Tables are returned, to be dropped together; of anything else
// drop does it.
func (d *ddl) toDrop(st *sql.Drop, name sql.QualifiedName) (table *store.Table, drop func() error, err error) {
	cascade := st.Behavior == sql.Cascade
	switch st.Kind {
	case sql.ObjectSchema:
		if !d.tx.HasSchema(name.Name) {
			return nil, nil, d.missing(st, refusal("3F000", `schema "`+name.Name+`" does not exist`))
		}
		return nil, func() error { return d.tx.DropSchema(name.Name, cascade) }, nil
	case sql.ObjectType:
		schema, typ, err := d.enum(name)
		if err != nil {
			return nil, nil, d.missing(st, err)
		}
		return nil, func() error { return d.dropType(schema, typ, cascade) }, nil
	case sql.ObjectExtension:
		return nil, nil, nil
	}
	r := d.s.lookup(name)
	switch {
	case r == (store.Relation{}):
		code := "42P01"
		if st.Kind == sql.ObjectIndex {
			code = "42704"
		}
		return nil, nil, d.missing(st, refusal(code, missingKind(st.Kind)+` "`+relationName(name)+`" does not exist`))
	case st.Kind == sql.ObjectTable && r.Table != nil:
		return r.Table, nil, d.tx.LockTable(r.Table, store.AccessExclusive)
	case st.Kind == sql.ObjectIndex && r.Index != nil:
		return nil, func() error { return d.tx.DropIndex(r.Index, cascade) }, d.tx.LockTable(r.Index.Table, store.AccessExclusive)
	case st.Kind == sql.ObjectSequence && r.Sequence != nil:
		return nil, func() error { return d.tx.DropSequence(r.Sequence, cascade) }, d.tx.LockSequence(r.Sequence, store.AccessExclusive)
	}
	return nil, nil, refusal("42809", `"`+name.Name+`" is not `+articled(st.Kind))
}

func (d *ddl) dropType(schema string, typ *value.Type, cascade bool) error {
	if cascade {
		if err := d.dropColumnsOf(typ); err != nil {
			return err
		}
	}
	return d.tx.DropType(schema, typ.Name)
}

// dropColumnsOf drops the columns of a type.
func (d *ddl) dropColumnsOf(typ *value.Type) error {
	for _, table := range d.tx.Tables() {
		for i := range table.Def(d.tx).Columns {
			if c := &table.Def(d.tx).Columns[i]; c.Dropped || !c.Has(typ) {
				continue
			}
			if err := d.dropColumnAt(table, i, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *ddl) missing(st *sql.Drop, err error) error {
	if st.IfExists {
		return nil
	}
	return err
}

func missingKind(k sql.ObjectKind) string {
	switch k {
	case sql.ObjectIndex:
		return "index"
	case sql.ObjectSequence:
		return "sequence"
	}
	return "table"
}

func articled(k sql.ObjectKind) string {
	switch k {
	case sql.ObjectIndex:
		return "an index"
	case sql.ObjectSequence:
		return "a sequence"
	}
	return "a table"
}

// mustExist refuses a name that means nothing; a relation's is locked. What the statement says about the
// object is kept nowhere.
func (d *ddl) mustExist(kind sql.ObjectKind, name sql.QualifiedName, part string, mode store.LockMode) error {
	switch kind {
	case sql.ObjectSchema:
		if !d.tx.HasSchema(name.Name) {
			return refusal("3F000", `schema "`+name.Name+`" does not exist`)
		}
		return nil
	case sql.ObjectType:
		_, _, err := d.enum(name)
		return err
	case sql.ObjectTable, sql.ObjectColumn:
		table, err := d.table(name, mode)
		if err == nil && kind == sql.ObjectColumn {
			_, err = d.position(table, part)
		}
		return err
	case sql.ObjectConstraint:
		table, err := d.table(name, store.AccessShare)
		if err == nil && !table.Def(d.tx).HasConstraint(part) {
			err = refusal("42704", fmt.Sprintf("constraint %q for table %q does not exist", part, table.Name(d.tx)))
		}
		return err
	case sql.ObjectIndex, sql.ObjectSequence:
		switch r := d.s.lookup(name); {
		case r == (store.Relation{}):
			return refusal("42P01", `relation "`+relationName(name)+`" does not exist`)
		case kind == sql.ObjectIndex && r.Index == nil, kind == sql.ObjectSequence && r.Sequence == nil:
			return refusal("42809", `"`+name.Name+`" is not `+articled(kind))
		case r.Sequence != nil:
			return d.tx.LockSequence(r.Sequence, mode)
		}
	}
	return nil
}
