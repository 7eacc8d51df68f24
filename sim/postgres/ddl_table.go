package postgres

import (
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// definition plans DDL. It is analyzed when it runs: what it defines in one step may be
// needed in the next.
func (a *analyzer) definition(statement sql.Statement, p *plan) error {
	tag, run := a.ddl(statement)
	if _, moves := statement.(*sql.SetSchema); moves {
		return unsupported("SET SCHEMA")
	}
	if run == nil {
		return unsupported(fmt.Sprintf("statement %T", statement))
	}
	p.writes = tag
	text := a.text
	p.run = tagged(tag, func(x *execution) error {
		d := &ddl{x: x, s: x.session, tx: x.session.tx, a: &analyzer{s: x.session, tx: x.session.tx, text: text}}
		d.a.context = x.context
		x.snap, x.snapped = x.tx.BeginStatement(), true
		if err := run(d); err != nil {
			return err
		}
		return x.tx.EndStatement(x.snap) // the next command sees a rewritten table's rows
	})
	return nil
}

func (a *analyzer) ddl(statement sql.Statement) (string, func(d *ddl) error) {
	switch st := statement.(type) {
	case *sql.CreateTable:
		return "CREATE TABLE", func(d *ddl) error { return d.createTable(st) }
	case *sql.AlterTable:
		return "ALTER TABLE", func(d *ddl) error { return d.alterTable(st) }
	case *sql.CreateIndex:
		return "CREATE INDEX", func(d *ddl) error { return d.createIndex(st) }
	case *sql.CreateSequence:
		return "CREATE SEQUENCE", func(d *ddl) error { return d.createSequence(st) }
	case *sql.AlterSequence:
		return "ALTER SEQUENCE", func(d *ddl) error { return d.alterSequence(st) }
	case *sql.CreateSchema:
		return "CREATE SCHEMA", func(d *ddl) error { return d.createSchema(st) }
	case *sql.CreateEnum:
		return "CREATE TYPE", func(d *ddl) error { return d.createEnum(st) }
	case *sql.AlterEnumAdd:
		return "ALTER TYPE", func(d *ddl) error { return d.addEnumValue(st) }
	case *sql.AlterEnumRename:
		return "ALTER TYPE", func(d *ddl) error { return d.renameEnumValue(st) }
	case *sql.CreateExtension:
		return "CREATE EXTENSION", func(d *ddl) error { return d.createExtension(st) }
	case *sql.Truncate:
		return "TRUNCATE TABLE", func(d *ddl) error { return d.truncate(st) }
	case *sql.Drop:
		return "DROP " + kindName(st.Kind), func(d *ddl) error { return d.drop(st) }
	case *sql.Rename:
		return "ALTER " + kindName(st.Kind), func(d *ddl) error { return d.rename(st) }
	case *sql.Comment:
		return "COMMENT", func(d *ddl) error { return d.mustExist(st.Kind, st.Name, st.Part, store.ShareUpdateExclusive) }
	case *sql.AlterOwner:
		return "ALTER " + kindName(st.Kind), func(d *ddl) error { return d.mustExist(st.Kind, st.Name, "", store.AccessExclusive) }
	case *sql.SetSchema:
		return "", nil
	}
	return "", nil
}

func kindName(k sql.ObjectKind) string {
	switch k {
	case sql.ObjectIndex:
		return "INDEX"
	case sql.ObjectSequence:
		return "SEQUENCE"
	case sql.ObjectSchema:
		return "SCHEMA"
	case sql.ObjectType:
		return "TYPE"
	case sql.ObjectExtension:
		return "EXTENSION"
	}
	return "TABLE"
}

// ddl is a definition being carried out.
type ddl struct {
	x  *execution
	s  *session
	tx *store.Tx
	a  *analyzer

	before []store.Column // of the table that ALTER TABLE changes; else nil
}

// creationSchema is where a name without a schema is made: the first of the path that exists.
func (d *ddl) creationSchema(name sql.QualifiedName) (string, error) {
	if name.Schema != "" {
		if !d.tx.HasSchema(name.Schema) {
			return "", refusal("3F000", `schema "`+name.Schema+`" does not exist`)
		}
		return name.Schema, nil
	}
	for _, schema := range d.s.settings.path {
		if d.tx.HasSchema(schema) {
			return schema, nil
		}
	}
	return "", refusal("3F000", "no schema has been selected to create in")
}

func (d *ddl) createTable(st *sql.CreateTable) error {
	if st.Persistence == sql.Temporary {
		return unsupported("CREATE TEMPORARY TABLE")
	}
	if st.Persistence == sql.Unlogged {
		return unsupported("CREATE UNLOGGED TABLE") // a crash would have to empty it
	}
	schema, err := d.creationSchema(st.Name)
	if err != nil {
		return err
	}
	if st.IfNotExists && d.tx.Lookup(schema, st.Name.Name) != (store.Relation{}) {
		return nil
	}
	if err := d.checkTable(st); err != nil {
		return err
	}
	if d.tx.Lookup(schema, st.Name.Name) != (store.Relation{}) {
		return refusal("42P07", fmt.Sprintf("relation %q already exists", st.Name.Name))
	}
	columns, later, err := d.columns(schema, st.Name.Name, st.Columns)
	if err != nil {
		return err
	}
	table, err := d.tx.CreateTable(schema, st.Name.Name, columns)
	if err != nil {
		return err
	}
	for _, c := range later.sequences {
		if err := d.tx.SetOwner(c.sequence, table, c.column); err != nil {
			return err
		}
	}
	if err := d.generatedColumns(table, st.Columns, 0); err != nil {
		return err
	}
	all := slices.Concat(later.constraints, tableConstraints(st.Constraints))
	for _, kind := range []sql.ConstraintKind{sql.ConstraintCheck, sql.ConstraintPrimary, sql.ConstraintUnique, sql.ConstraintForeign} {
		for _, c := range all {
			if c.Kind != kind {
				continue
			}
			if err := d.constraint(table, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// tableConstraint is a constraint with the column that it was written on, if any.
type tableConstraint struct {
	sql.Constraint
	column string
}

func tableConstraints(list []sql.Constraint) []tableConstraint {
	var out []tableConstraint
	for _, c := range list {
		out = append(out, tableConstraint{Constraint: c})
	}
	return out
}

// leftover is what a column's definition asks for once the table is there.
type leftover struct {
	constraints []tableConstraint
	sequences   []ownedSequence
}

type ownedSequence struct {
	sequence *store.Sequence
	column   int
}

func (d *ddl) columns(schema, table string, defs []sql.ColumnDef) ([]store.Column, *leftover, error) {
	later := &leftover{}
	var columns []store.Column
	for i := range defs {
		c, err := d.column(schema, table, i, &defs[i], later)
		if err != nil {
			return nil, nil, err
		}
		columns = append(columns, c)
	}
	return columns, later, nil
}

// column reads one column's definition.
func (d *ddl) column(schema, table string, i int, def *sql.ColumnDef, later *leftover) (store.Column, error) {
	c := store.Column{Name: def.Name, Mod: value.NoMod}
	if serial := serialType(def.Type); serial != nil {
		c.Type, c.NotNull = serial, true
		q, err := d.ownSequence(schema, table, def.Name, serial, nil)
		if err != nil {
			return c, err
		}
		later.sequences = append(later.sequences, ownedSequence{q, i})
		c.Sequence = q
		c.Default = nextvalOf(q)
	} else {
		var err error
		if c.Type, c.Mod, err = d.a.typeName(def.Type); err != nil {
			return c, err
		}
	}
	for _, constraint := range def.Constraints {
		if err := d.columnConstraint(schema, table, i, def, constraint, &c, later); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (d *ddl) columnConstraint(schema, table string, i int, def *sql.ColumnDef, k sql.Constraint, c *store.Column, later *leftover) error {
	switch k.Kind {
	case sql.ConstraintNotNull:
		c.NotNull = true
	case sql.ConstraintNull:
	case sql.ConstraintDefault:
		src, err := d.defaultOf(c, k.Expr)
		if err != nil {
			return err
		}
		if src != nil {
			c.Default = src
		}
	case sql.ConstraintIdentity:
		q, err := d.ownSequence(schema, table, def.Name, c.Type, k.Sequence)
		if err != nil {
			return err
		}
		later.sequences = append(later.sequences, ownedSequence{q, i})
		c.Identity, c.NotNull, c.Sequence = store.IdentityByDefault, true, q
		if k.IdentityAlways {
			c.Identity = store.IdentityAlways
		}
	case sql.ConstraintGenerated:
	default:
		if k.Kind != sql.ConstraintCheck {
			k.Columns = []sql.Ident{{At: k.At, Name: def.Name}}
		}
		later.constraints = append(later.constraints, tableConstraint{k, def.Name})
		if k.Kind == sql.ConstraintPrimary {
			c.NotNull = true
		}
	}
	return nil
}

func serialType(t *sql.TypeName) *value.Type {
	if t.Name.Schema != "" || t.ArrayDims > 0 {
		return nil
	}
	switch t.Name.Name {
	case "serial", "serial4":
		return value.Int4
	case "bigserial", "serial8":
		return value.Int8
	case "smallserial", "serial2":
		return value.Int2
	}
	return nil
}

// ownSequence makes the sequence behind a serial or identity column.
func (d *ddl) ownSequence(schema, table, column string, t *value.Type, options []sql.SequenceOption) (*store.Sequence, error) {
	spec, err := d.newSequence(t, options, "identity column")
	if err != nil {
		return nil, err
	}
	name := d.tx.ChooseName(schema, table, column, "seq")
	for _, o := range options {
		if o.Kind == sql.SequenceNamed && len(o.OwnedBy) > 0 {
			name = o.OwnedBy[len(o.OwnedBy)-1].Name
		}
	}
	return d.tx.CreateSequence(schema, name, spec)
}

// nextvalOf is the default of a serial column.
func nextvalOf(q *store.Sequence) *exprSource {
	return &exprSource{
		text: "nextval('" + q.Name() + "'::regclass)",
		eval: func(f *frame) (value.Value, error) { return f.x.nextval(q) },
	}
}

// defaultOf analyzes DEFAULT: it sees no columns.
func (d *ddl) defaultOf(c *store.Column, e sql.Expr) (*exprSource, error) {
	s := d.a.newScope(nil)
	s.noAggs, s.noWindows, s.noQueries, s.noColumns, s.clause = true, true, true, true, "DEFAULT expressions"
	n, err := s.expr(e)
	if err != nil {
		return nil, err
	}
	n, err = d.a.assign(n, c.Name, c.Type, c.Mod)
	if err != nil {
		var refused *value.Error
		if asError(err, &refused) && refused.Code == "42804" {
			refused.Message = fmt.Sprintf("column %q is of type %s but default expression is of type %s", c.Name, c.Type.Display, "unknown")
		}
		return nil, err
	}
	if constant, ok := n.(*constNode); ok && constant.v.IsNull() {
		return nil, nil
	}
	return &exprSource{node: n, eval: n.compile(), text: sql.FormatExpr(e)}, nil
}

// over returns a scope in which a table's columns can be named, the table being relation 0.
func (d *ddl) over(table *store.Table, clause string) *scope {
	s := d.a.newScope(nil)
	s.noAggs, s.noWindows, s.noQueries, s.clause = true, true, true, clause
	r := s.addTable(table, nil)
	s.names = r.columns
	return s
}

// rowEval makes a function of a table's row from a node. Constraints belong to no session:
// they are evaluated by the server's own execution.
func (d *ddl) rowEval(n node) func(value.Row) (value.Value, error) {
	server := d.s.server
	eval := n.compile()
	f := &frame{rows: make([]value.Row, 1), tuples: make([]*store.Tuple, 1), x: &execution{}}
	return func(r value.Row) (value.Value, error) {
		f.x.context = server.neutral
		f.x.context.Now = server.micros()
		f.rows[0] = r
		v, err := eval(f)
		f.rows[0] = nil
		return v, err
	}
}

func (d *ddl) condition(n node) func(value.Row) (bool, error) {
	eval := d.rowEval(n)
	return func(r value.Row) (bool, error) {
		v, err := eval(r)
		return v.True(), err
	}
}

// generatedColumns sets the expressions of generated columns, which may name the others.
func (d *ddl) generatedColumns(table *store.Table, defs []sql.ColumnDef, offset int) error {
	generated := generatedNames(defs)
	for i := range defs {
		for _, k := range defs[i].Constraints {
			if k.Kind != sql.ConstraintGenerated {
				continue
			}
			src, err := d.generatedExpr(table, table.Def(d.tx).Columns[offset+i], k, generated)
			if err != nil {
				return err
			}
			err = d.tx.AlterColumn(table, offset+i, func(c *store.Column) { c.Generated = src }, nil)
			if err != nil {
				return err
			}
		}
	}
	return d.setGenerate(table)
}

// generatedNames lists the generated columns among definitions.
func generatedNames(defs []sql.ColumnDef) []string {
	var names []string
	for i := range defs {
		for _, k := range defs[i].Constraints {
			if k.Kind == sql.ConstraintGenerated {
				names = append(names, defs[i].Name)
			}
		}
	}
	return names
}

// generatedExpr analyzes a column's expression, in which no generated column may stand.
func (d *ddl) generatedExpr(table *store.Table, c store.Column, k sql.Constraint, generated []string) (*exprSource, error) {
	s := d.over(table, "column generation expressions")
	s.generated = generated
	n, err := s.expr(k.Expr)
	if err != nil {
		return nil, err
	}
	if n, err = d.a.assign(n, c.Name, c.Type, c.Mod); err != nil {
		return nil, err
	}
	if !immutable(n) {
		return nil, refusal("42P17", "generation expression is not immutable")
	}
	return &exprSource{node: n, eval: n.compile(), text: sql.FormatExpr(k.Expr)}, nil
}

// setGenerate lets referential actions compute generated columns too.
func (d *ddl) setGenerate(table *store.Table) error {
	def := table.Def(d.tx)
	evals := make([]func(value.Row) (value.Value, error), len(def.Columns))
	some := false
	for i, c := range def.Columns {
		if src, ok := c.Generated.(*exprSource); ok && !c.Dropped {
			evals[i], some = d.rowEval(src.node), true
		}
	}
	if !some {
		return d.tx.SetGenerate(table, nil)
	}
	return d.tx.SetGenerate(table, func(r value.Row) (value.Row, error) {
		out := append(value.Row(nil), r...)
		for i, e := range evals {
			if e == nil {
				continue
			}
			v, err := e(r)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	})
}

func immutable(n node) bool {
	switch c := n.(type) {
	case *callNode:
		if c.fn.Volatility != value.Immutable {
			return false
		}
	case *castNode:
		if c.cast != nil && !c.cast.Immutable() {
			return false
		}
	case *subqueryNode:
		return false
	default:
		if op := operatorOf(n); op != nil && op.Volatility != value.Immutable {
			return false
		}
	}
	for _, child := range n.children() {
		if !immutable(child) {
			return false
		}
	}
	return true
}

// operatorOf returns the operator that a node applies, if it does.
func operatorOf(n node) *value.Operator {
	switch n := n.(type) {
	case *opNode:
		return n.op
	case *distinctNode:
		return n.op
	case *nullifNode:
		return n.op
	case *inListNode:
		return n.op
	case *quantifiedNode:
		return n.op
	}
	return nil
}

func (d *ddl) truncate(st *sql.Truncate) error {
	var tables []*store.Table
	for _, t := range st.Tables {
		table, err := d.table(t.Name, store.AccessExclusive)
		if err != nil {
			return err
		}
		tables = append(tables, table)
	}
	return d.tx.Truncate(tables, st.Behavior == sql.Cascade, st.RestartIdentity)
}

// table finds a table and locks it.
func (d *ddl) table(name sql.QualifiedName, mode store.LockMode) (*store.Table, error) {
	r := d.s.lookup(name)
	if r.Table == nil {
		if r != (store.Relation{}) {
			return nil, refusal("42809", `"`+name.Name+`" is not a table`)
		}
		return nil, refusal("42P01", `relation "`+relationName(name)+`" does not exist`)
	}
	return r.Table, d.tx.LockTable(r.Table, mode)
}
