package postgres

import (
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

func (d *ddl) alterTable(st *sql.AlterTable) error {
	if st.IfExists && d.s.lookup(st.Table) == (store.Relation{}) {
		return nil
	}
	table, err := d.table(st.Table, alterLock(st.Actions))
	if err != nil {
		return err
	}
	d.before = slices.Clone(table.Def(d.tx).Columns)
	for _, action := range st.Actions {
		if err := d.alter(table, action); err != nil {
			return err
		}
	}
	return nil
}

// alterLock is the lock of an ALTER TABLE: the strongest that an action of it needs (AlterTableGetLockLevel).
func alterLock(actions []sql.AlterAction) store.LockMode {
	mode := store.AccessShare
	for _, action := range actions {
		mode = max(mode, actionLock(action))
	}
	return mode
}

func actionLock(action sql.AlterAction) store.LockMode {
	switch act := action.(type) {
	case *sql.AddConstraint:
		if act.Constraint.Kind == sql.ConstraintForeign {
			return store.ShareRowExclusive
		}
	case *sql.SetOptions, *sql.SetStatistics, *sql.ValidateConstraint:
		return store.ShareUpdateExclusive
	}
	return store.AccessExclusive
}

func (d *ddl) alter(table *store.Table, action sql.AlterAction) error {
	switch act := action.(type) {
	case *sql.AddColumn:
		return d.addColumn(table, act)
	case *sql.DropColumn:
		return d.dropColumn(table, act)
	case *sql.AlterColumnType:
		return d.alterType(table, act)
	case *sql.AlterColumnDefault:
		return d.alterDefault(table, act)
	case *sql.AlterColumnNotNull:
		if act.Drop {
			return d.dropNotNull(table, act.Name)
		}
		return d.change(table, act.Name, func(c *store.Column) { c.NotNull = true })
	case *sql.AddConstraint:
		return d.constraint(table, tableConstraint{Constraint: act.Constraint})
	case *sql.DropConstraint:
		err := d.tx.DropConstraint(table, act.Name, act.Behavior == sql.Cascade)
		var e *value.Error
		if act.IfExists && asError(err, &e) && e.Code == "42704" {
			return nil
		}
		return err
	case *sql.SetLogged:
		if act.Unlogged {
			return unsupported("ALTER TABLE ... SET UNLOGGED") // a crash would have to empty it
		}
		return nil
	case *sql.SetOptions, *sql.SetStatistics, *sql.OwnerTo:
		return nil
	case *sql.ValidateConstraint:
		return d.tx.ValidateConstraint(table, act.Name)
	case *sql.DropIdentity:
		return d.dropIdentity(table, act)
	case *sql.DropExpression:
		return d.dropExpression(table, act)
	case *sql.AddIdentity:
		return d.addIdentity(table, act)
	case *sql.SetIdentity:
		return d.setIdentity(table, act)
	}
	return unsupported(fmt.Sprintf("ALTER TABLE action %T", action))
}

func (d *ddl) change(table *store.Table, name string, change func(*store.Column)) error {
	i, err := d.position(table, name)
	if err != nil {
		return err
	}
	return d.tx.AlterColumn(table, i, change, nil)
}

func (d *ddl) addColumn(table *store.Table, act *sql.AddColumn) error {
	if _, err := d.position(table, act.Column.Name); err == nil { // before its type or anything else is looked at
		if act.IfNotExists {
			return nil
		}
		return refusal("42701", fmt.Sprintf("column %q of relation %q already exists", act.Column.Name, table.Name(d.tx)))
	}
	if err := d.checkColumn(table.Name(d.tx), &act.Column); err != nil {
		return err
	}
	later := &leftover{}
	at := len(table.Def(d.tx).Columns)
	c, err := d.column(table.Schema(), table.Name(d.tx), at, &act.Column, later)
	if err != nil {
		return err
	}
	for _, k := range act.Column.Constraints {
		if k.Kind == sql.ConstraintGenerated {
			return d.addGenerated(table, c, k)
		}
	}
	for _, k := range later.constraints { // looked for before the rows are
		if err := d.onePrimaryKey(table, k); err != nil {
			return err
		}
	}
	if err := d.tx.AddColumn(table, c, d.filler(c)); err != nil {
		return err
	}
	for _, q := range later.sequences {
		if err := d.tx.SetOwner(q.sequence, table, at); err != nil {
			return err
		}
	}
	for _, k := range later.constraints {
		if err := d.constraint(table, k); err != nil {
			return err
		}
	}
	return nil
}

// filler computes a new column for the rows that exist: its default, once unless volatile.
func (d *ddl) filler(c store.Column) func(value.Row) (value.Value, error) {
	f := &frame{x: d.x}
	eval := defaultsOf(&store.Definition{Columns: []store.Column{c}})[0]
	if eval == nil {
		return func(value.Row) (value.Value, error) { return value.Value{}, nil }
	}
	src, _ := c.Default.(*exprSource)
	if src == nil || src.node == nil || volatile(src.node) {
		return func(value.Row) (value.Value, error) { return eval(f) }
	}
	var v value.Value
	done := false
	return func(value.Row) (value.Value, error) {
		var err error
		if !done {
			v, err = eval(f)
			done = err == nil
		}
		return v, err
	}
}

func (d *ddl) addGenerated(table *store.Table, c store.Column, k sql.Constraint) error {
	generated := []string{c.Name}
	for _, other := range table.Def(d.tx).Columns {
		if other.Generated != nil && !other.Dropped {
			generated = append(generated, other.Name)
		}
	}
	src, err := d.generatedExpr(table, c, k, generated)
	if err != nil {
		return err
	}
	c.Generated = src
	if err := d.tx.AddColumn(table, c, d.rowEval(src.node)); err != nil {
		return err
	}
	return d.setGenerate(table)
}

func (d *ddl) dropColumn(table *store.Table, act *sql.DropColumn) error {
	i, err := d.position(table, act.Name)
	if err != nil {
		if act.IfExists {
			return nil
		}
		return err
	}
	return d.dropColumnAt(table, i, act.Behavior == sql.Cascade)
}

// dropColumnAt drops a column, and with cascade the generated columns that are computed from it.
func (d *ddl) dropColumnAt(table *store.Table, i int, cascade bool) error {
	if err := d.tx.LockTable(table, store.AccessExclusive); err != nil {
		return err
	}
	for from := d.generatedFrom(table, i); from >= 0; from = d.generatedFrom(table, i) {
		if !cascade {
			def := table.Def(d.tx)
			e := refusal("2BP01", fmt.Sprintf("cannot drop column %s of table %s because other objects depend on it", def.Columns[i].Name, def.Name))
			e.Hint = "Use DROP ... CASCADE to drop the dependent objects too."
			return e
		}
		if err := d.tx.DropColumn(table, from, true); err != nil {
			return err
		}
	}
	if err := d.tx.DropColumn(table, i, cascade); err != nil {
		return err
	}
	return d.setGenerate(table)
}

func (d *ddl) dropNotNull(table *store.Table, name string) error {
	i, err := d.position(table, name)
	if err != nil {
		return err
	}
	def := table.Def(d.tx)
	if def.Columns[i].Identity != store.NoIdentity {
		return refusal("42601", fmt.Sprintf("column %q of relation %q is an identity column", name, def.Name))
	}
	inKey := func(k store.IndexKey) bool { return k.Column == i }
	if pk := def.Primary(); pk != nil && slices.ContainsFunc(pk.Keys, inKey) {
		return refusal("42P16", fmt.Sprintf("column %q is in a primary key", name))
	}
	return d.tx.AlterColumn(table, i, func(c *store.Column) { c.NotNull = false }, nil)
}

func (d *ddl) alterDefault(table *store.Table, act *sql.AlterColumnDefault) error {
	i, err := d.position(table, act.Name)
	if err != nil {
		return err
	}
	c := table.Def(d.tx).Columns[i]
	switch {
	case c.Identity != store.NoIdentity:
		return refusal("42601", fmt.Sprintf("column %q of relation %q is an identity column", c.Name, table.Name(d.tx)))
	case c.Generated != nil:
		return refusal("42601", fmt.Sprintf("column %q of relation %q is a generated column", c.Name, table.Name(d.tx)))
	}
	if act.Value == nil {
		return d.tx.AlterColumn(table, i, func(c *store.Column) { c.Default = nil }, nil)
	}
	src, err := d.defaultOf(&c, act.Value)
	if err != nil {
		return err
	}
	return d.tx.AlterColumn(table, i, func(c *store.Column) {
		c.Default = nil
		if src != nil {
			c.Default = src
		}
	}, nil)
}

func (d *ddl) addIdentity(table *store.Table, act *sql.AddIdentity) error {
	i, err := d.position(table, act.Name)
	if err != nil {
		return err
	}
	c := table.Def(d.tx).Columns[i]
	q, err := d.ownSequence(table.Schema(), table.Name(d.tx), c.Name, c.Type, act.Sequence)
	if err != nil {
		return err
	}
	problem := ""
	switch {
	case !c.NotNull:
		problem = "must be declared NOT NULL before identity can be added"
	case c.Identity != store.NoIdentity:
		problem = "is already an identity column"
	case c.Default != nil:
		problem = "already has a default value"
	}
	if problem != "" {
		return refusal("55000", fmt.Sprintf("column %q of relation %q %s", c.Name, table.Name(d.tx), problem))
	}
	err = d.tx.AlterColumn(table, i, func(c *store.Column) {
		c.Identity, c.Sequence = store.IdentityByDefault, q
		if act.Always {
			c.Identity = store.IdentityAlways
		}
	}, nil)
	if err != nil {
		return err
	}
	return d.tx.SetOwner(q, table, i)
}

func (d *ddl) dropIdentity(table *store.Table, act *sql.DropIdentity) error {
	i, err := d.position(table, act.Name)
	if err != nil {
		return err
	}
	c := table.Def(d.tx).Columns[i]
	if c.Identity == store.NoIdentity {
		if act.IfExists {
			return nil
		}
		return refusal("55000", fmt.Sprintf("column %q of relation %q is not an identity column", c.Name, table.Name(d.tx)))
	}
	if err := d.tx.AlterColumn(table, i, func(c *store.Column) { c.Identity = store.NoIdentity }, nil); err != nil {
		return err
	}
	return d.tx.DropSequence(c.Sequence, false)
}

func (d *ddl) dropExpression(table *store.Table, act *sql.DropExpression) error {
	i, err := d.position(table, act.Name)
	if err != nil {
		return err
	}
	if c := table.Def(d.tx).Columns[i]; c.Generated == nil {
		if act.IfExists {
			return nil
		}
		return refusal("55000", fmt.Sprintf("column %q of relation %q is not a stored generated column", c.Name, table.Name(d.tx)))
	}
	if err := d.tx.AlterColumn(table, i, func(c *store.Column) { c.Generated = nil }, nil); err != nil {
		return err
	}
	return d.setGenerate(table)
}

func (d *ddl) setIdentity(table *store.Table, act *sql.SetIdentity) error {
	i, err := d.position(table, act.Name)
	if err != nil {
		return err
	}
	c := table.Def(d.tx).Columns[i]
	if len(act.Sequence) > 0 && c.Identity != store.NoIdentity {
		if err := d.changeSequence(c.Sequence, act.Sequence, "identity column"); err != nil {
			return err
		}
	}
	if c.Identity == store.NoIdentity {
		return refusal("55000", fmt.Sprintf("column %q of relation %q is not an identity column", c.Name, table.Name(d.tx)))
	}
	if !act.SetGenerated {
		return nil
	}
	return d.tx.AlterColumn(table, i, func(c *store.Column) {
		c.Identity = store.IdentityByDefault
		if act.Always {
			c.Identity = store.IdentityAlways
		}
	}, nil)
}

func (d *ddl) rename(st *sql.Rename) error {
	r := d.s.lookup(st.Name)
	switch {
	case st.Kind == sql.ObjectType:
		return unsupported("ALTER TYPE ... RENAME")
	case r == (store.Relation{}):
		if st.IfExists {
			return nil
		}
		return refusal("42P01", `relation "`+relationName(st.Name)+`" does not exist`)
	case r.Index != nil:
		return d.tx.RenameIndex(r.Index, st.NewName)
	case r.Sequence != nil:
		return d.tx.RenameSequence(r.Sequence, st.NewName)
	case st.Kind == sql.ObjectSequence:
		return refusal("42809", fmt.Sprintf("%q is not a sequence", st.Name.Name))
	}
	if err := d.tx.LockTable(r.Table, store.AccessExclusive); err != nil {
		return err
	}
	switch st.Part {
	case sql.ObjectColumn:
		i, err := d.position(r.Table, st.PartName)
		if err != nil {
			return refusal("42703", fmt.Sprintf("column %q does not exist", st.PartName))
		}
		if _, err := d.position(r.Table, st.NewName); err == nil {
			return refusal("42701", fmt.Sprintf("column %q of relation %q already exists", st.NewName, r.Table.Name(d.tx)))
		}
		return d.tx.AlterColumn(r.Table, i, func(c *store.Column) { c.Name = st.NewName }, nil)
	case sql.ObjectConstraint:
		return d.tx.RenameConstraint(r.Table, st.PartName, st.NewName)
	}
	return d.tx.RenameTable(r.Table, st.NewName)
}
