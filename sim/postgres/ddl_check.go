package postgres

import (
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// checkTable refuses what the server refuses before it looks whether the table exists: types, keys
// and doubled names. Defaults and all other expressions come later.
func (d *ddl) checkTable(st *sql.CreateTable) error {
	var types []*value.Type
	var keys []sql.Constraint
	for i := range st.Columns {
		t, err := d.columnType(&st.Columns[i])
		if err != nil {
			return err
		}
		types = append(types, t)
		for _, k := range st.Columns[i].Constraints {
			k.Columns = []sql.Ident{{Name: st.Columns[i].Name}}
			keys = append(keys, k)
		}
	}
	if err := checkKeys(st, append(keys, st.Constraints...)); err != nil {
		return err
	}
	for i, c := range st.Columns {
		if slices.ContainsFunc(st.Columns[:i], func(before sql.ColumnDef) bool { return before.Name == c.Name }) {
			return refusal("42701", fmt.Sprintf("column %q specified more than once", c.Name))
		}
	}
	for i, t := range types {
		if t.Pseudo {
			return refusal("42P16", fmt.Sprintf("column %q has pseudo-type %s", st.Columns[i].Name, t.Display))
		}
	}
	return nil
}

func (d *ddl) columnType(def *sql.ColumnDef) (*value.Type, error) {
	if serial := serialType(def.Type); serial != nil {
		return serial, nil
	}
	t, _, err := d.a.typeName(def.Type)
	return t, err
}

// checkKeys looks at the names in primary and unique keys (transformIndexConstraint).
func checkKeys(st *sql.CreateTable, list []sql.Constraint) error {
	primary := false
	for _, k := range list {
		what := "unique"
		switch {
		case k.Kind == sql.ConstraintPrimary && primary:
			return refusal("42P16", fmt.Sprintf("multiple primary keys for table %q are not allowed", st.Name.Name))
		case k.Kind == sql.ConstraintPrimary:
			primary, what = true, "primary key"
		case k.Kind != sql.ConstraintUnique:
			continue
		}
		for i, name := range k.Columns {
			if !slices.ContainsFunc(st.Columns, func(c sql.ColumnDef) bool { return c.Name == name.Name }) {
				return refusal("42703", fmt.Sprintf("column %q named in key does not exist", name.Name))
			}
			if slices.ContainsFunc(k.Columns[:i], func(before sql.Ident) bool { return before.Name == name.Name }) {
				return refusal("42701", fmt.Sprintf("column %q appears twice in %s constraint", name.Name, what))
			}
		}
	}
	return nil
}
