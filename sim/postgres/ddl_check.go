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
		if err := d.checkColumn(st.Name.Name, &st.Columns[i]); err != nil {
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

// checkColumn refuses what the parts of a column's definition say against each other, and a collation where there
// is none (PostgreSQL source, transformColumnDefinition). The type is known.
func (d *ddl) checkColumn(table string, def *sql.ColumnDef) error {
	if def.Collation != nil {
		t, err := d.columnType(def)
		if err != nil {
			return err
		}
		if err := d.a.collation(def.Collation.Name, t, def.Offset()); err != nil {
			return err
		}
	}
	seen := map[sql.ConstraintKind]bool{}
	for _, k := range withSerial(def) {
		if problem := conflict(seen, k.Kind); problem != "" {
			e := refusal("42601", fmt.Sprintf("%s for column %q of table %q", problem, def.Name, table))
			if k.Offset() > 0 { // what serial stands for is written nowhere
				return d.a.at(e, k.Offset())
			}
			return e
		}
	}
	return nil
}

// withSerial lists a column's constraints with those that serial stands for.
func withSerial(def *sql.ColumnDef) []sql.Constraint {
	if serialType(def.Type) == nil {
		return def.Constraints
	}
	return slices.Concat(def.Constraints, []sql.Constraint{{Kind: sql.ConstraintDefault}, {Kind: sql.ConstraintNotNull}})
}

// conflict says what is wrong with a constraint behind those that were seen; it notes it.
func conflict(seen map[sql.ConstraintKind]bool, k sql.ConstraintKind) string {
	twice := seen[k]
	seen[k] = true
	switch k {
	case sql.ConstraintNull:
		if seen[sql.ConstraintNotNull] || seen[sql.ConstraintIdentity] {
			return "conflicting NULL/NOT NULL declarations"
		}
	case sql.ConstraintNotNull:
		if seen[sql.ConstraintNull] {
			return "conflicting NULL/NOT NULL declarations"
		}
	case sql.ConstraintIdentity:
		if twice {
			return "multiple identity specifications"
		}
		if seen[sql.ConstraintNull] {
			return "conflicting NULL/NOT NULL declarations"
		}
	case sql.ConstraintDefault:
		if twice {
			return "multiple default values specified"
		}
	case sql.ConstraintGenerated:
		if twice {
			return "multiple generation clauses specified"
		}
	}
	switch {
	case seen[sql.ConstraintDefault] && seen[sql.ConstraintIdentity]:
		return "both default and identity specified"
	case seen[sql.ConstraintDefault] && seen[sql.ConstraintGenerated]:
		return "both default and generation expression specified"
	case seen[sql.ConstraintIdentity] && seen[sql.ConstraintGenerated]:
		return "both identity and generation expression specified"
	}
	return ""
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
