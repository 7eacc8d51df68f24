package postgres

import (
	"errors"
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

func asError(err error, e **value.Error) bool { return errors.As(err, e) }

// constraint adds a primary key, unique, check or foreign key constraint to a table.
func (d *ddl) constraint(table *store.Table, c tableConstraint) error {
	if c.Deferrable || c.InitiallyDeferred {
		return unsupported("DEFERRABLE constraints")
	}
	switch c.Kind {
	case sql.ConstraintCheck:
		return d.check(table, c)
	case sql.ConstraintPrimary, sql.ConstraintUnique:
		return d.unique(table, c)
	case sql.ConstraintForeign:
		return d.foreignKey(table, c)
	}
	return unsupported(fmt.Sprintf("constraint kind %d", c.Kind))
}

func (d *ddl) check(table *store.Table, c tableConstraint) error {
	k, err := d.checkOf(table, c)
	if err != nil {
		return err
	}
	columns := columnsOf(k.Expr.(*exprSource).node, table.Def(d.tx))
	column := ""
	if len(columns) == 1 {
		column = columns[0]
	}
	_, err = d.tx.AddCheck(table, k, column)
	return err
}

// checkOf analyzes a check constraint over a table's columns.
func (d *ddl) checkOf(table *store.Table, c tableConstraint) (store.Check, error) {
	s := d.over(table, "check constraints")
	n, err := s.boolean(c.Expr, "CHECK")
	if err != nil {
		return store.Check{}, err
	}
	eval := d.rowEval(n)
	holds := func(r value.Row) (bool, error) {
		v, err := eval(r)
		return v.IsNull() || v.True(), err
	}
	src := &exprSource{node: n, text: sql.FormatExpr(c.Expr), expr: c.Expr}
	return store.Check{Name: c.Name, Holds: holds, Expr: src, Columns: usedColumns(nil, n), NotValid: c.NotValid}, nil
}

// usedColumns adds the positions of the columns that an expression over a table uses.
func usedColumns(list []int, n node) []int {
	if c, ok := n.(*columnNode); ok && c.depth == 0 && !slices.Contains(list, c.col) {
		list = append(list, c.col)
	}
	for _, child := range n.children() {
		list = usedColumns(list, child)
	}
	return list
}

// columnsOf returns the names of the columns that an expression over a table uses.
func columnsOf(n node, def *store.Definition) []string {
	var names []string
	if c, ok := n.(*columnNode); ok && c.depth == 0 {
		names = append(names, def.Columns[c.col].Name)
	}
	for _, child := range n.children() {
		for _, name := range columnsOf(child, def) {
			found := false
			for _, other := range names {
				found = found || other == name
			}
			if !found {
				names = append(names, name)
			}
		}
	}
	return names
}

// position finds a column by name.
func (d *ddl) position(table *store.Table, name string) (int, error) {
	def := table.Def(d.tx)
	for i := range def.Columns {
		if def.Columns[i].Name == name && !def.Columns[i].Dropped {
			return i, nil
		}
	}
	return 0, refusal("42703", fmt.Sprintf("column %q of relation %q does not exist", name, table.Name(d.tx)))
}

func (d *ddl) positions(table *store.Table, names []sql.Ident, what string) ([]int, error) {
	var list []int
	for _, name := range names {
		i, err := d.position(table, name.Name)
		if err != nil {
			return nil, refusal("42703", fmt.Sprintf("column %q named in key does not exist", name.Name))
		}
		if slices.Contains(list, i) {
			return nil, refusal("42701", fmt.Sprintf("column %q appears twice in %s constraint", name.Name, what))
		}
		list = append(list, i)
	}
	return list, nil
}

func (d *ddl) unique(table *store.Table, c tableConstraint) error {
	if c.UsingIndex != "" {
		return unsupported("ADD CONSTRAINT ... USING INDEX")
	}
	what := "unique"
	if c.Kind == sql.ConstraintPrimary {
		what = "primary key"
	}
	if d.before == nil { // CREATE TABLE looks for two of them first, ALTER TABLE last (index_check_primary_key)
		if err := d.onePrimaryKey(table, c); err != nil {
			return err
		}
	}
	columns, err := d.positions(table, c.Columns, what)
	if err != nil {
		return err
	}
	spec := store.IndexSpec{Name: c.Name, Unique: true, Primary: c.Kind == sql.ConstraintPrimary, Constraint: true, NullsNotDistinct: c.NullsNotDistinct}
	def := table.Def(d.tx)
	for _, i := range columns {
		if !def.Columns[i].Type.Sortable() {
			return noOperatorClass(def.Columns[i].Type)
		}
		spec.Keys = append(spec.Keys, store.IndexKey{Column: i, Type: def.Columns[i].Type})
	}
	if spec.Include, err = d.positions(table, c.Include, what); err != nil {
		return err
	}
	if err := d.onePrimaryKey(table, c); err != nil {
		return err
	}
	_, err = d.tx.CreateIndex(table, spec)
	return err
}

func (d *ddl) onePrimaryKey(table *store.Table, c tableConstraint) error {
	if c.Kind == sql.ConstraintPrimary && table.Def(d.tx).Primary() != nil {
		return refusal("42P16", fmt.Sprintf("multiple primary keys for table %q are not allowed", table.Name(d.tx)))
	}
	return nil
}

func noOperatorClass(t *value.Type) error {
	e := refusal("42704", "data type "+t.Display+" has no default operator class for access method \"btree\"")
	e.Hint = "You must specify an operator class for the index or define a default operator class for the data type."
	return e
}

func (d *ddl) foreignKey(table *store.Table, c tableConstraint) error {
	f := c.Foreign
	parent, err := d.table(f.Table, store.ShareRowExclusive)
	if err != nil {
		return err
	}
	fk := store.ForeignKey{
		Name: c.Name, Table: table, Parent: parent, MatchFull: f.MatchFull, NotValid: c.NotValid,
		OnDelete: store.Action(f.OnDelete), OnUpdate: store.Action(f.OnUpdate),
	}
	for _, name := range c.Columns {
		i, err := d.position(table, name.Name)
		if err != nil {
			return refusal("42703", fmt.Sprintf("column %q referenced in foreign key constraint does not exist", name.Name))
		}
		fk.Columns = append(fk.Columns, i)
	}
	if _, fk.ParentColumns, err = d.referenced(parent, f.Columns); err != nil {
		return err
	}
	if len(fk.Columns) != len(fk.ParentColumns) {
		return refusal("42830", "number of referencing and referenced columns for foreign key disagree")
	}
	if err := d.comparable(&fk); err != nil {
		return err
	}
	for _, name := range f.SetColumns {
		i, err := d.position(table, name.Name)
		if err != nil {
			return err
		}
		fk.SetColumns = append(fk.SetColumns, i)
	}
	fk.Default = d.defaults(table)
	_, err = d.tx.AddForeignKey(fk)
	return err
}

// referenced finds the unique index that a foreign key refers to.
func (d *ddl) referenced(parent *store.Table, names []sql.Ident) (*store.Index, []int, error) {
	def := parent.Def(d.tx)
	if len(names) == 0 {
		for _, ix := range def.Indexes {
			if ix.Primary {
				var columns []int
				for _, k := range ix.Keys {
					columns = append(columns, k.Column)
				}
				return ix, columns, nil
			}
		}
		return nil, nil, refusal("42704", fmt.Sprintf("there is no primary key for referenced table %q", parent.Name(d.tx)))
	}
	var columns []int
	for _, name := range names {
		i, err := d.position(parent, name.Name)
		if err != nil {
			return nil, nil, refusal("42703", fmt.Sprintf("column %q referenced in foreign key constraint does not exist", name.Name))
		}
		columns = append(columns, i)
	}
	for _, ix := range def.Indexes {
		if ix.Unique && ix.Predicate == nil && coversExactly(ix, columns) {
			return ix, columns, nil
		}
	}
	return nil, nil, refusal("42830", fmt.Sprintf("there is no unique constraint matching given keys for referenced table %q", parent.Name(d.tx)))
}

func coversExactly(ix *store.Index, columns []int) bool {
	if len(ix.Keys) != len(columns) {
		return false
	}
	for _, k := range ix.Keys {
		found := false
		for _, c := range columns {
			found = found || c == k.Column
		}
		if !found {
			return false
		}
	}
	return true
}

// comparable refuses foreign keys between types without an equality that the key's index knows (42804):
// the referencing value may be converted, the key may not.
func (d *ddl) comparable(fk *store.ForeignKey) error {
	child, parent := fk.Table.Def(d.tx), fk.Parent.Def(d.tx)
	for i := range fk.Columns {
		c, p := &child.Columns[fk.Columns[i]], &parent.Columns[fk.ParentColumns[i]]
		op, err := value.ResolveOperator("=", p.Type, c.Type)
		if err != nil || op.Left.Kind != p.Type.Kind {
			e := refusal("42804", fmt.Sprintf("foreign key constraint %q cannot be implemented", fk.Name))
			e.Detail = fmt.Sprintf("Key columns %q and %q are of incompatible types: %s and %s.", c.Name, p.Name, c.Type.Display, p.Type.Display)
			return e
		}
		if c.Type.Kind != p.Type.Kind {
			return unsupported(fmt.Sprintf("a foreign key from type %s to type %s", c.Type.Display, p.Type.Display))
		}
	}
	return nil
}

// defaults evaluates a column's default for SET DEFAULT.
func (d *ddl) defaults(table *store.Table) func(column int) (value.Value, error) {
	server := d.s.server
	return func(column int) (value.Value, error) {
		for _, c := range table.Def(nil).Columns[column : column+1] {
			if src, ok := c.Default.(*exprSource); ok && src.eval != nil {
				f := &frame{x: &execution{context: server.neutral}}
				return src.eval(f)
			}
		}
		return value.Value{}, nil
	}
}

// createIndex analyzes the expressions first, the predicate's before the keys', and then looks at what they may be, and
// at the columns (PostgreSQL source, transformIndexStmt, DefineIndex).
func (d *ddl) createIndex(st *sql.CreateIndex) error {
	if st.Method != "" && st.Method != "btree" && st.Method != "hash" {
		return unsupported("index method " + st.Method)
	}
	if st.Concurrently && d.s.block {
		return refusal("25001", "CREATE INDEX CONCURRENTLY cannot run inside a transaction block")
	}
	table, err := d.table(st.Table, store.Share)
	if err != nil {
		return err
	}
	spec := store.IndexSpec{Name: st.Name, Unique: st.Unique, NullsNotDistinct: st.NullsNotDistinct}
	s := d.over(table, "index expressions")
	predicate, err := d.indexPredicate(s, st.Where)
	if err != nil {
		return err
	}
	nodes := make([]node, len(st.Elements))
	for i, e := range st.Elements {
		if e.Column != "" {
			continue
		}
		if nodes[i], err = s.expr(e.Value); err != nil {
			return err
		}
	}
	if predicate != nil {
		if !immutable(predicate.node) {
			return refusal("42P17", "functions in index predicate must be marked IMMUTABLE")
		}
		spec.Predicate, spec.Where = d.condition(predicate.node), predicate
		spec.Uses = usedColumns(spec.Uses, predicate.node)
	}
	for i, e := range st.Elements {
		key, err := d.indexKey(table, e, nodes[i])
		if err != nil {
			return err
		}
		spec.Keys = append(spec.Keys, key)
		if src, ok := key.Source.(*exprSource); ok {
			spec.Uses = usedColumns(spec.Uses, src.node)
		}
	}
	if spec.Include, err = d.positions(table, st.Include, "index"); err != nil {
		return err
	}
	if st.IfNotExists && d.tx.Lookup(table.Schema(), st.Name) != (store.Relation{}) {
		return nil
	}
	_, err = d.tx.CreateIndex(table, spec)
	return err
}

// indexPredicate analyzes the WHERE of an index; nil if there is none.
func (d *ddl) indexPredicate(s *scope, where sql.Expr) (*exprSource, error) {
	if where == nil {
		return nil, nil
	}
	clause := s.clause
	s.clause = "index predicates"
	n, err := s.boolean(where, "WHERE")
	s.clause = clause
	return &exprSource{node: n, text: sql.FormatExpr(where), expr: where}, err
}

// indexKey returns a key over a column or, if the element names none, the analyzed expression.
func (d *ddl) indexKey(table *store.Table, e sql.IndexElement, n node) (store.IndexKey, error) {
	k := store.IndexKey{Column: -1, Desc: e.Order == sql.Descending}
	k.NullsFirst = k.Desc
	switch e.Nulls {
	case sql.NullsFirst:
		k.NullsFirst = true
	case sql.NullsLast:
		k.NullsFirst = false
	}
	if e.Column != "" {
		i, err := d.position(table, e.Column)
		if err != nil {
			return k, refusal("42703", fmt.Sprintf("column %q does not exist", e.Column))
		}
		k.Column, k.Type = i, table.Def(d.tx).Columns[i].Type
	} else {
		if !immutable(n) {
			return k, refusal("42P17", "functions in index expression must be marked IMMUTABLE")
		}
		if c, ok := n.(*columnNode); ok {
			k.Column = c.col
		}
		k.Type = n.typ()
		if k.Column < 0 {
			k.Expr, k.Text, k.Source = d.rowEval(n), sql.FormatExpr(e.Value), &exprSource{node: n, expr: e.Value}
		}
	}
	if !k.Type.Sortable() {
		return k, noOperatorClass(k.Type)
	}
	return k, nil
}
