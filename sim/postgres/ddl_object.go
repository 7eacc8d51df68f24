package postgres

import (
	"fmt"
	"math"

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

// sequenceChange is what the options of CREATE or ALTER SEQUENCE say.
type sequenceChange struct {
	spec       store.SequenceSpec
	start      *int64
	low, high  *int64
	restart    *int64
	hasRestart bool
}

// read notes one option.
func (c *sequenceChange) read(d *ddl, o sql.SequenceOption) error {
	var given *int64
	if lit, ok := o.Value.(*sql.IntegerLiteral); ok {
		n := lit.Value
		given = &n
	}
	switch o.Kind {
	case sql.SequenceAs:
		t, _, err := d.a.typeName(o.Type)
		c.spec.Type = t
		return err
	case sql.SequenceIncrement:
		if given == nil || *given == 0 {
			return refusal("22023", "INCREMENT must not be zero")
		}
		c.spec.Increment = *given
	case sql.SequenceMinValue:
		c.low = given
	case sql.SequenceMaxValue:
		c.high = given
	case sql.SequenceStart:
		c.start = given
	case sql.SequenceRestart:
		c.restart, c.hasRestart = given, true
	case sql.SequenceCycle:
		c.spec.Cycle = !o.None
	}
	return nil
}

// sequenceSpec applies options to a sequence's parameters. The defaults are those of
// CREATE SEQUENCE (manual).
func (d *ddl) sequenceSpec(spec store.SequenceSpec, options []sql.SequenceOption, fresh bool) (store.SequenceSpec, *int64, error) {
	c := sequenceChange{spec: spec}
	if c.spec.Type == nil {
		c.spec.Type = value.Int8
	}
	if fresh {
		c.spec.Increment = 1
	}
	for _, o := range options {
		if err := c.read(d, o); err != nil {
			return spec, nil, err
		}
	}
	c.settle(fresh)
	if c.hasRestart && c.restart == nil {
		c.restart = &c.spec.Start
	}
	return c.spec, c.restart, c.check()
}

// settle fills in what was not said.
func (c *sequenceChange) settle(fresh bool) {
	if fresh {
		c.spec.Min, c.spec.Max = bounds(c.spec)
	}
	if c.low != nil {
		c.spec.Min = *c.low
	}
	if c.high != nil {
		c.spec.Max = *c.high
	}
	if fresh {
		c.spec.Start = c.spec.Min
		if c.spec.Increment < 0 {
			c.spec.Start = c.spec.Max
		}
	}
	if c.start != nil {
		c.spec.Start = *c.start
	}
}

func (c *sequenceChange) check() error {
	s := &c.spec
	switch {
	case s.Min >= s.Max:
		return refusal("22023", fmt.Sprintf("MINVALUE (%d) must be less than MAXVALUE (%d)", s.Min, s.Max))
	case s.Start < s.Min:
		return refusal("22023", fmt.Sprintf("START value (%d) cannot be less than MINVALUE (%d)", s.Start, s.Min))
	case s.Start > s.Max:
		return refusal("22023", fmt.Sprintf("START value (%d) cannot be greater than MAXVALUE (%d)", s.Start, s.Max))
	}
	return nil
}

func bounds(spec store.SequenceSpec) (low, high int64) {
	low, high = 1, math.MaxInt64
	switch spec.Type {
	case value.Int4:
		high = math.MaxInt32
	case value.Int2:
		high = math.MaxInt16
	}
	if spec.Increment < 0 {
		return -high - 1, -1
	}
	return low, high
}

func (d *ddl) createSequence(st *sql.CreateSequence) error {
	schema, err := d.creationSchema(st.Name)
	if err != nil {
		return err
	}
	if st.IfNotExists && d.tx.Lookup(schema, st.Name.Name) != (store.Relation{}) {
		return nil
	}
	spec, _, err := d.sequenceSpec(store.SequenceSpec{}, st.Options, true)
	if err != nil {
		return err
	}
	q, err := d.tx.CreateSequence(schema, st.Name.Name, spec)
	if err != nil {
		return err
	}
	return d.owned(q, st.Options)
}

// owned applies OWNED BY.
func (d *ddl) owned(q *store.Sequence, options []sql.SequenceOption) error {
	for _, o := range options {
		if o.Kind != sql.SequenceOwnedBy {
			continue
		}
		if o.None || len(o.OwnedBy) < 2 {
			if err := d.tx.SetOwner(q, nil, 0); err != nil {
				return err
			}
			continue
		}
		n := len(o.OwnedBy)
		name := sql.QualifiedName{Name: o.OwnedBy[n-2].Name}
		if n > 2 {
			name.Schema = o.OwnedBy[n-3].Name
		}
		table, err := d.table(name, store.AccessShare)
		if err != nil {
			return err
		}
		i, err := d.position(table, o.OwnedBy[n-1].Name)
		if err != nil {
			return err
		}
		if err := d.tx.SetOwner(q, table, i); err != nil {
			return err
		}
	}
	return nil
}

func (d *ddl) alterSequence(st *sql.AlterSequence) error {
	r := d.s.lookup(st.Name)
	if r.Sequence == nil {
		if st.IfExists {
			return nil
		}
		return refusal("42P01", `relation "`+relationName(st.Name)+`" does not exist`)
	}
	spec, restart, err := d.sequenceSpec(r.Sequence.Spec(d.tx), st.Options, false)
	if err != nil {
		return err
	}
	if err := d.tx.AlterSequence(r.Sequence, spec, restart); err != nil {
		return err
	}
	return d.owned(r.Sequence, st.Options)
}

func (d *ddl) drop(st *sql.Drop) error {
	for _, name := range st.Names {
		if err := d.dropOne(st, name); err != nil {
			return err
		}
	}
	return nil
}

func (d *ddl) dropOne(st *sql.Drop, name sql.QualifiedName) error {
	cascade := st.Behavior == sql.Cascade
	switch st.Kind {
	case sql.ObjectSchema:
		if !d.tx.HasSchema(name.Name) {
			return d.missing(st, refusal("3F000", `schema "`+name.Name+`" does not exist`))
		}
		return d.tx.DropSchema(name.Name, cascade)
	case sql.ObjectType:
		schema, typ, err := d.enum(name)
		if err != nil {
			return d.missing(st, err)
		}
		if cascade {
			if err := d.dropColumnsOf(typ); err != nil {
				return err
			}
		}
		return d.tx.DropType(schema, name.Name)
	case sql.ObjectExtension:
		return nil
	}
	r := d.s.lookup(name)
	switch {
	case r == (store.Relation{}):
		code := "42P01"
		if st.Kind == sql.ObjectIndex {
			code = "42704"
		}
		return d.missing(st, refusal(code, missingKind(st.Kind)+` "`+relationName(name)+`" does not exist`))
	case st.Kind == sql.ObjectTable && r.Table != nil:
		if err := d.tx.LockTable(r.Table, store.AccessExclusive); err != nil {
			return err
		}
		return d.tx.DropTable(r.Table, cascade)
	case st.Kind == sql.ObjectIndex && r.Index != nil:
		if err := d.tx.LockTable(r.Index.Table, store.AccessExclusive); err != nil {
			return err
		}
		return d.tx.DropIndex(r.Index, cascade)
	case st.Kind == sql.ObjectSequence && r.Sequence != nil:
		return d.tx.DropSequence(r.Sequence, cascade)
	}
	e := refusal("42809", `"`+name.Name+`" is not `+articled(st.Kind))
	return e
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
