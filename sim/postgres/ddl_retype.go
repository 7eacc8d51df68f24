package postgres

import (
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// alterType changes a column's type. What was analyzed with the old one is analyzed again
// (ATPostAlterTypeCleanup).
func (d *ddl) alterType(table *store.Table, act *sql.AlterColumnType) error {
	i, err := d.position(table, act.Name)
	if err != nil {
		return err
	}
	c := table.Def(d.tx).Columns[i]
	if c.Identity != store.NoIdentity {
		as := []sql.SequenceOption{{Kind: sql.SequenceAs, Type: act.Type}}
		if err := d.changeSequence(c.Sequence, as, "identity column"); err != nil {
			return err
		}
	}
	to, err := d.conversion(table, i, act)
	if err != nil {
		return err
	}
	if i < len(d.before) && (!value.Same(c.Type, d.before[i].Type) || c.Mod != d.before[i].Mod) {
		return refusal("0A000", fmt.Sprintf("cannot alter type of column %q twice", c.Name))
	}
	if d.generatedFrom(table, i) >= 0 {
		return refusal("0A000", "cannot alter type of a column used by a generated column")
	}
	keys, err := d.takeForeignKeys(table, i)
	if err != nil {
		return err
	}
	checks, indexes, err := d.takeDependents(table, i)
	if err != nil {
		return err
	}
	if err := d.retype(table, i, to); err != nil {
		return err
	}
	for j, c := range checks {
		k := sql.Constraint{Name: c.Name, Expr: c.Expr.(*exprSource).expr, NotValid: c.NotValid}
		if checks[j], err = d.checkOf(table, tableConstraint{Constraint: k}); err != nil {
			return err
		}
	}
	for _, fk := range keys {
		if err := d.comparable(fk); err != nil {
			return err
		}
	}
	if err := d.convert(table, i, d.rowEval(to.node), checks); err != nil {
		return err
	}
	for _, spec := range indexes {
		if err := d.createIndexAgain(table, spec); err != nil {
			return err
		}
	}
	for _, fk := range keys {
		if _, err := d.tx.AddForeignKey(*fk); err != nil {
			return err
		}
	}
	return nil
}

// takeForeignKeys drops the foreign keys that a column is part of, on either side, and returns them. Another
// table's is locked before any is dropped.
func (d *ddl) takeForeignKeys(table *store.Table, i int) ([]*store.ForeignKey, error) {
	def := table.Def(d.tx)
	var keys []*store.ForeignKey
	for _, fk := range def.ForeignKeys {
		if slices.Contains(fk.Columns, i) {
			keys = append(keys, fk)
		}
	}
	for _, fk := range def.ReferencedBy {
		if slices.Contains(fk.ParentColumns, i) && !slices.Contains(keys, fk) {
			keys = append(keys, fk)
		}
	}
	for _, fk := range keys {
		if err := d.tx.LockTable(fk.Table, store.AccessExclusive); err != nil {
			return nil, err
		}
	}
	for _, fk := range keys {
		if err := d.tx.DropConstraint(fk.Table, fk.Name, false); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// generatedFrom returns a generated column that is computed from column i, or -1.
func (d *ddl) generatedFrom(table *store.Table, i int) int {
	for at, c := range table.Def(d.tx).Columns {
		if src, ok := c.Generated.(*exprSource); ok && !c.Dropped && at != i && slices.Contains(usedColumns(nil, src.node), i) {
			return at
		}
	}
	return -1
}

// takeDependents drops the checks and indexes whose expressions use a column, and returns them.
func (d *ddl) takeDependents(table *store.Table, i int) (checks []store.Check, indexes []store.IndexSpec, err error) {
	def := table.Def(d.tx)
	for _, c := range slices.Clone(def.Checks) {
		if !slices.Contains(c.Columns, i) {
			continue
		}
		if err := d.tx.DropConstraint(table, c.Name, false); err != nil {
			return nil, nil, err
		}
		checks = append(checks, *c)
	}
	for _, ix := range slices.Clone(def.Indexes) {
		if !slices.Contains(ix.Uses, i) {
			continue
		}
		if err := d.tx.DropIndex(ix, false); err != nil {
			return nil, nil, err
		}
		indexes = append(indexes, ix.IndexSpec)
	}
	return checks, indexes, nil
}

// convert computes a column anew, and tests checks on each row as it is made (ATRewriteTable).
func (d *ddl) convert(table *store.Table, i int, eval func(value.Row) (value.Value, error), checks []store.Check) error {
	err := d.tx.AlterColumn(table, i, func(*store.Column) {}, func(row value.Row) (value.Value, error) {
		v, err := eval(row)
		if err != nil {
			return v, err
		}
		row = slices.Clone(row)
		row[i] = v
		for j := range checks {
			if err := d.tx.TestRow(table, &checks[j], row); err != nil {
				return v, err
			}
		}
		return v, nil
	})
	for _, c := range checks {
		if err == nil {
			_, err = d.tx.AddCheck(table, c, "")
		}
	}
	return err
}

func (d *ddl) createIndexAgain(table *store.Table, spec store.IndexSpec) error {
	s := d.over(table, "index expressions")
	spec.Keys = slices.Clone(spec.Keys)
	for i := range spec.Keys {
		src, ok := spec.Keys[i].Source.(*exprSource)
		if !ok {
			continue
		}
		n, err := s.expr(src.expr)
		if err != nil {
			return err
		}
		key, err := d.indexKey(table, sql.IndexElement{Value: src.expr}, n)
		if err != nil {
			return err
		}
		spec.Keys[i].Expr, spec.Keys[i].Source, spec.Keys[i].Type = key.Expr, key.Source, key.Type
	}
	if src, ok := spec.Where.(*exprSource); ok {
		n, err := s.boolean(src.expr, "WHERE")
		if err != nil {
			return err
		}
		spec.Predicate, spec.Where = d.condition(n), &exprSource{node: n, text: src.text, expr: src.expr}
	}
	_, err := d.tx.CreateIndex(table, spec)
	return err
}

// conversion is the type that a column gets, and how its values become values of it.
type conversion struct {
	typ  *value.Type
	mod  int32
	node node
}

// conversion analyzes how a column's values become values of the new type.
func (d *ddl) conversion(table *store.Table, i int, act *sql.AlterColumnType) (to conversion, err error) {
	t, mod, err := d.a.typeName(act.Type)
	if err != nil {
		return to, err
	}
	if act.Collation != nil {
		if err := d.a.collation(act.Collation.Name, t, act.Offset()); err != nil {
			return to, err
		}
	}
	old := table.Def(d.tx).Columns[i]
	if old.Generated != nil && act.Using != nil {
		e := refusal("42611", "cannot specify USING when altering type of generated column")
		e.Detail = fmt.Sprintf("Column %q is a generated column.", old.Name)
		return to, e
	}
	s := d.over(table, "transform expressions")
	var n node = &columnNode{typed: typed{t: old.Type, mod: old.Mod}, col: i, name: old.Name}
	if act.Using != nil {
		if n, err = s.expr(act.Using); err != nil {
			return to, err
		}
	}
	converted, err := d.a.coerce(n, t, mod, value.Assignment)
	if uncastable(err) {
		e := refusal("42804", fmt.Sprintf("column %q cannot be cast automatically to type %s", act.Name, t.Display))
		e.Hint = fmt.Sprintf("You might need to specify \"USING %s::%s\".", value.QuoteIdent(act.Name), t.Format(mod))
		return to, e
	}
	return conversion{t, mod, converted}, err
}

func uncastable(err error) bool {
	var e *value.Error
	return asError(err, &e) && e.Code == "42846"
}

// retype gives a column, and its default or generation expression, the type that its values are converted to.
func (d *ddl) retype(table *store.Table, i int, to conversion) error {
	c := table.Def(d.tx).Columns[i]
	def, err := d.recoerce(c.Default, to, fmt.Sprintf("default for column %q", c.Name))
	if err != nil {
		return err
	}
	generated, err := d.recoerce(c.Generated, to, fmt.Sprintf("generation expression for column %q", c.Name))
	if err != nil {
		return err
	}
	err = d.tx.AlterColumn(table, i, func(c *store.Column) {
		c.Type, c.Mod = to.typ, to.mod
		if def != nil {
			c.Default = def
		}
		if generated != nil {
			c.Generated = generated
		}
	}, nil)
	if err != nil || generated == nil {
		return err
	}
	return d.setGenerate(table)
}

// recoerce converts a column's default or generation expression to its new type.
func (d *ddl) recoerce(source any, to conversion, what string) (*exprSource, error) {
	src, ok := source.(*exprSource)
	if !ok || src.node == nil {
		return nil, nil
	}
	n, err := d.a.coerce(src.node, to.typ, to.mod, value.Assignment)
	if uncastable(err) {
		return nil, refusal("42804", what+" cannot be cast automatically to type "+to.typ.Display)
	}
	if err != nil {
		return nil, err
	}
	return &exprSource{node: n, eval: n.compile(), text: src.text}, nil
}
