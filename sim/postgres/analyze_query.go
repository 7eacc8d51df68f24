package postgres

import (
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// query is an analyzed query: WITH, a body that yields rows, LIMIT and OFFSET.
type query struct {
	columns []column
	ctes    []*cte
	body    body
	nodes   []node // the targets of a SELECT, until the query is sealed
	limit   evaluator
	offset  evaluator
	ties    bool
	convert []evaluator // of output columns, nil where nothing is to be done
	core    *core
	pending *pendingCore
}

// body yields rows. A row is valid until emit returns.
type body interface {
	run(x *execution, outer *frame, emit func(value.Row) error) error
}

// query analyzes a query whose result is used as it stands.
func (s *scope) query(q *sql.Select) (*query, error) {
	out, err := s.open(q)
	if err != nil {
		return nil, err
	}
	for i, n := range out.nodes {
		if n.typ() == value.Unknown {
			if err := s.retarget(out, i, value.Text); err != nil {
				return nil, err
			}
		}
	}
	return out, s.seal(out)
}

// retarget converts an output column to a type.
func (s *scope) retarget(q *query, i int, t *value.Type) error {
	c := &q.columns[i]
	if value.Same(c.typ, t) {
		return nil
	}
	if q.nodes != nil && q.pending != nil && !q.pending.fixed {
		n, err := s.a.coerce(q.nodes[i], t, value.NoMod, value.Implicit)
		if err != nil {
			return err
		}
		q.nodes[i] = n
	} else {
		n, err := s.a.coerce(&columnNode{typed: typed{t: c.typ, mod: c.mod}}, t, value.NoMod, value.Implicit)
		if err != nil {
			return err
		}
		q.setConvert(i, n.compile())
	}
	c.typ, c.mod = t, value.NoMod
	return nil
}

func (q *query) setConvert(i int, e evaluator) {
	if q.convert == nil {
		q.convert = make([]evaluator, len(q.columns))
	}
	q.convert[i] = e
}

// open analyzes a query and leaves its unknown literals as they are: their types come from
// where the rows go.
func (s *scope) open(q *sql.Select) (*query, error) {
	out := &query{}
	if q.With != nil {
		if err := s.with(q.With, out); err != nil {
			return nil, err
		}
	}
	var err error
	switch b := q.Body.(type) {
	case *sql.SelectCore:
		err = s.selectCore(b, q, out)
	case *sql.Values:
		err = s.values(b, q, out)
	case *sql.SetOperation:
		err = s.setOperation(b, q, out)
	default:
		err = unsupported(fmt.Sprintf("query body %T", b))
	}
	if err != nil {
		return nil, err
	}
	return out, s.limits(q, out)
}

// seal compiles the targets: nothing changes afterwards.
func (s *scope) seal(q *query) error {
	if q.pending == nil {
		return nil
	}
	p := q.pending
	q.pending = nil
	return p.finish(s, q)
}

func (s *scope) limits(q *sql.Select, out *query) error {
	limit := s.a.newScope(s.outer)
	limit.ctes = s.ctes
	limit.noAggs, limit.noWindows = true, true
	for _, part := range []struct {
		e    sql.Expr
		name string
		to   *evaluator
	}{{q.Limit, "LIMIT", &out.limit}, {q.Skip, "OFFSET", &out.offset}} {
		if part.e == nil {
			continue
		}
		limit.clause = part.name
		n, err := limit.expr(part.e)
		if err != nil {
			return err
		}
		if n, err = s.a.coerce(n, value.Int8, value.NoMod, value.Assignment); err != nil {
			return err
		}
		*part.to = n.compile()
	}
	out.ties = q.WithTies
	if limit.correlated {
		s.correlated = true
		s.uses |= limit.uses
	}
	if q.WithTies {
		return unsupported("FETCH FIRST ... WITH TIES")
	}
	return nil
}

// sibling is a query level beside s: a WITH query or an arm of a set operation.
func (s *scope) sibling() *scope {
	inner := s.a.newScope(s.outer)
	inner.ctes = s.ctes
	return inner
}

func (s *scope) adopt(inner *scope) {
	s.correlated = s.correlated || inner.correlated
	s.uses |= inner.uses
}

// with analyzes common table expressions; each sees those before it.
func (s *scope) with(w *sql.With, out *query) error {
	for i := range w.CTEs {
		def := &w.CTEs[i]
		for _, other := range out.ctes {
			if other.name == def.Name {
				return s.a.fail(def.Offset(), "42712", fmt.Sprintf("WITH query name %q specified more than once", def.Name))
			}
		}
		c := &cte{name: def.Name, slot: s.a.ctes}
		s.a.ctes++
		inner := s.sibling()
		var err error
		switch q := def.Query.(type) {
		case *sql.Select:
			c.query, err = inner.query(q)
			if err == nil {
				c.columns = c.query.columns
			}
		case *sql.Insert:
			c.modify, err = inner.insert(q)
		case *sql.Update:
			c.modify, err = inner.update(q)
		case *sql.Delete:
			c.modify, err = inner.delete(q)
		default:
			err = unsupported("a utility statement in WITH")
		}
		if err != nil {
			return err
		}
		if c.modify != nil {
			c.columns = c.modify.columns
		}
		s.adopt(inner)
		if len(def.Columns) > len(c.columns) {
			return s.a.fail(def.Offset(), "42P10", fmt.Sprintf("WITH query %q has %d columns available but %d columns specified", def.Name, len(c.columns), len(def.Columns)))
		}
		c.columns = append([]column(nil), c.columns...)
		for j, name := range def.Columns {
			c.columns[j].name = name.Name
		}
		out.ctes = append(out.ctes, c)
		s.ctes = append(slices.Clip(s.ctes), c)
	}
	return nil
}

// pendingCore is a SELECT whose targets may still be converted.
type pendingCore struct {
	core     *core
	items    []*fromItem
	where    []node
	group    []node
	having   []node
	order    []sortKey
	orderIs  []int // the target that the key is, or -1
	distinct bool
	on       []node // DISTINCT ON
	locking  []sql.Locking
	fixed    bool // targets must not change any more
	grouped  bool
	limited  bool
}

// selectCore analyzes SELECT ... FROM ... WHERE ... .
func (s *scope) selectCore(b *sql.SelectCore, q *sql.Select, out *query) error {
	p := &pendingCore{core: &core{}, locking: q.Locking, limited: q.Limit != nil}
	p.distinct = b.Distinct && len(b.DistinctOn) == 0
	out.pending, out.core, out.body = p, p.core, p.core
	var err error
	if p.items, err = s.from(b.From, q.Locking); err != nil {
		return err
	}
	s.definition = make(map[string]*sql.Window, len(b.Windows))
	for _, w := range b.Windows {
		s.definition[w.Name] = w.Window
	}
	if b.Where != nil {
		n, err := s.clauseExpr(b.Where, "WHERE", true)
		if err != nil {
			return err
		}
		p.where = conjuncts(n)
	}
	s.allowSets = true
	defer func() { s.allowSets = false }()
	if err := s.targets(b.Targets, out); err != nil {
		return err
	}
	if err := s.groupBy(b, p, out); err != nil {
		return err
	}
	if b.Having != nil {
		n, err := s.clauseExpr(b.Having, "HAVING", false)
		if err != nil {
			return err
		}
		p.having = conjuncts(n)
	}
	if err := s.orderBy(q.OrderBy, p, out); err != nil {
		return err
	}
	if err := s.distinctOn(b, p, out); err != nil {
		return err
	}
	p.grouped = len(b.GroupBy) > 0 || s.aggregate >= 0 || b.Having != nil
	p.fixed = p.distinct
	if p.grouped {
		if err := s.checkGrouping(p, out); err != nil {
			return err
		}
	}
	return s.checkLocking(p, b)
}

// clauseExpr analyzes the condition of WHERE or HAVING.
func (s *scope) clauseExpr(e sql.Expr, clause string, noAggs bool) (node, error) {
	was, aggs, windows, sets := s.clause, s.noAggs, s.noWindows, s.allowSets
	s.clause, s.noAggs, s.noWindows, s.allowSets = clause, noAggs, true, false
	n, err := s.boolean(e, clause)
	s.clause, s.noAggs, s.noWindows, s.allowSets = was, aggs, windows, sets
	return n, err
}

// targets analyzes the select list, or RETURNING.
func (s *scope) targets(list []sql.Target, out *query) error {
	for _, t := range list {
		if star, ok := t.Value.(*sql.Star); ok {
			columns, err := s.star(star)
			if err != nil {
				return err
			}
			for _, v := range columns {
				out.nodes = append(out.nodes, v.node)
				out.columns = append(out.columns, columnOf(v.name, v.node))
			}
			continue
		}
		if field, ok := t.Value.(*sql.FieldSelect); ok && field.All {
			if err := s.expandRecord(field, out); err != nil {
				return err
			}
			continue
		}
		n, err := s.expr(t.Value)
		if err != nil {
			return err
		}
		name := t.Alias
		if name == "" {
			name = targetName(t.Value)
		}
		if sub, ok := n.(*subqueryNode); ok && t.Alias == "" && sub.kind == subqueryScalar {
			name = sub.query.columns[0].name // also of *
		}
		out.nodes = append(out.nodes, n)
		out.columns = append(out.columns, columnOf(name, n))
	}
	return nil
}

func (s *scope) expandRecord(e *sql.FieldSelect, out *query) error {
	n, err := s.expr(e.Operand)
	if err != nil {
		return err
	}
	if n.typ().Kind != value.KindRecord || len(n.typ().Fields) == 0 {
		return s.a.fail(e.Offset(), "42809", "type "+n.typ().Display+" is not composite")
	}
	for i, f := range n.typ().Fields {
		field := &fieldNode{typed{t: f.Type, mod: f.Mod, at: e.Offset()}, n, i}
		out.nodes = append(out.nodes, field)
		out.columns = append(out.columns, columnOf(f.Name, field))
	}
	return nil
}

// columnOf describes a target: a plain column says which table it comes from.
func columnOf(name string, n node) column {
	c := column{name: name, typ: n.typ(), mod: n.modifier()}
	if from, ok := n.(*columnNode); ok && from.table != nil && from.table.table != nil {
		c.table, c.attribute = from.table.table.OID(), uint16(from.col+1)
	}
	return c
}

// targetName is the name that PostgreSQL gives a column (FigureColname).
func targetName(e sql.Expr) string {
	name, _ := figureName(e)
	if name == "" {
		return "?column?"
	}
	return name
}

func figureName(e sql.Expr) (name string, strength int) {
	switch e := e.(type) {
	case *sql.ColumnRef:
		return e.Name, 2
	case *sql.Star:
		return e.Table, 2
	case *sql.FieldSelect:
		return e.Field, 2
	case *sql.Subscript:
		return figureName(e.Operand)
	case *sql.FuncCall:
		return e.Name.Name, 2
	case *sql.Cast:
		if name, strength := figureName(e.Operand); strength > 1 {
			return name, strength
		}
		return e.Type.Name.Name, 1
	case *sql.Collate:
		return figureName(e.Operand)
	case *sql.Case:
		if e.Else != nil {
			if name, strength := figureName(e.Else); strength > 1 {
				return name, strength
			}
		}
		return "case", 1
	case *sql.Coalesce:
		return "coalesce", 2
	case *sql.MinMax:
		if e.Least {
			return "least", 2
		}
		return "greatest", 2
	case *sql.NullIf:
		return "nullif", 2
	case *sql.Exists:
		return "exists", 2
	case *sql.ArrayLiteral, *sql.ArraySubquery:
		return "array", 2
	case *sql.Row:
		return "row", 2
	case *sql.ScalarSubquery:
		return figureQuery(e.Query)
	case *sql.SQLValue:
		return sqlValueName(e.Kind), 2
	}
	return "", 0
}

func figureQuery(q *sql.Select) (string, int) {
	if arms, ok := q.Body.(*sql.SetOperation); ok {
		return figureQuery(arms.Left)
	}
	if core, ok := q.Body.(*sql.SelectCore); ok && len(core.Targets) > 0 {
		if core.Targets[0].Alias != "" {
			return core.Targets[0].Alias, 2
		}
		return figureName(core.Targets[0].Value)
	}
	return "column1", 2
}

func sqlValueName(k sql.SQLValueKind) string {
	names := [...]string{
		sql.CurrentDate: "current_date", sql.CurrentTime: "current_time", sql.CurrentTimestamp: "current_timestamp",
		sql.LocalTime: "localtime", sql.LocalTimestamp: "localtimestamp", sql.CurrentRole: "current_role",
		sql.CurrentUser: "current_user", sql.User: "user", sql.SessionUser: "session_user",
		sql.CurrentCatalog: "current_catalog", sql.CurrentSchema: "current_schema",
	}
	return names[k]
}

// values analyzes VALUES (...), (...).
func (s *scope) values(b *sql.Values, q *sql.Select, out *query) error {
	v := &valuesBody{}
	width := len(b.Rows[0].Exprs)
	rows := make([][]node, len(b.Rows))
	s.noAggs, s.noWindows, s.clause = true, true, "VALUES"
	for i, row := range b.Rows {
		if len(row.Exprs) != width {
			return s.a.fail(row.Offset(), "42601", "VALUES lists must all be the same length")
		}
		nodes, err := s.exprs(row.Exprs)
		if err != nil {
			return err
		}
		rows[i] = nodes
	}
	for c := range width {
		list := make([]node, len(rows))
		for i := range rows {
			list[i] = rows[i][c]
		}
		t, err := s.a.common("VALUES", list)
		if err != nil {
			return err
		}
		if t == value.Unknown {
			t = value.Text
		}
		for i := range rows {
			if rows[i][c], err = s.a.coerce(list[i], t, value.NoMod, value.Implicit); err != nil {
				return err
			}
		}
		out.columns = append(out.columns, column{name: fmt.Sprintf("column%d", c+1), typ: t, mod: commonModifier(list, t)})
	}
	for _, row := range rows {
		v.rows = append(v.rows, compileAll(row))
	}
	out.body = v
	if len(q.Locking) > 0 {
		return s.a.fail(q.Locking[0].Offset(), "0A000", lockName(q.Locking[0].Strength)+" cannot be applied to VALUES")
	}
	return s.orderRows(q.OrderBy, out)
}

// setOperation analyzes UNION, INTERSECT and EXCEPT.
func (s *scope) setOperation(b *sql.SetOperation, q *sql.Select, out *query) error {
	names := map[sql.SetOp]string{sql.Union: "UNION", sql.Intersect: "INTERSECT", sql.Except: "EXCEPT"}
	if len(q.Locking) > 0 {
		return s.a.fail(q.Locking[0].Offset(), "0A000", lockName(q.Locking[0].Strength)+" is not allowed with UNION/INTERSECT/EXCEPT")
	}
	var arms [2]*query
	var levels [2]*scope
	for i, arm := range []*sql.Select{b.Left, b.Right} {
		levels[i] = s.sibling()
		var err error
		if arms[i], err = levels[i].open(arm); err != nil {
			return err
		}
	}
	left, right := arms[0], arms[1]
	if len(left.columns) != len(right.columns) {
		return s.a.fail(b.Right.Offset(), "42601", "each "+names[b.Op]+" query must have the same number of columns")
	}
	for i := range left.columns {
		l, r := left.columns[i], right.columns[i]
		t, err := value.CommonType(names[b.Op], []*value.Type{l.typ, r.typ})
		if err != nil {
			return s.a.at(err, right.placeOf(i, b.Right.Offset()))
		}
		if t == value.Unknown {
			t = value.Text
		}
		if !b.All && !t.Groupable() {
			return s.a.fail(b.Offset(), "42883", "could not identify an equality operator for type "+t.Display)
		}
		mod := value.NoMod
		if l.mod == r.mod {
			mod = l.mod
		}
		for j, arm := range arms {
			if err := levels[j].retarget(arm, i, t); err != nil {
				return err
			}
		}
		out.columns = append(out.columns, column{name: l.name, typ: t, mod: mod})
	}
	for i := range arms {
		if err := levels[i].seal(arms[i]); err != nil {
			return err
		}
		s.adopt(levels[i])
	}
	out.body = &setBody{op: b.Op, all: b.All, left: left, right: right}
	return s.orderRows(q.OrderBy, out)
}

func (q *query) placeOf(i, fallback int) int {
	if i < len(q.nodes) {
		return q.nodes[i].place()
	}
	return fallback
}

// orderRows sorts rows by their columns: all that a set operation or VALUES allows.
func (s *scope) orderRows(order []sql.OrderItem, out *query) error {
	if len(order) == 0 {
		return nil
	}
	sorted := &sortedBody{of: out.body}
	for _, o := range order {
		i := outputColumn(o.Value, out.columns)
		if i < 0 {
			if n, ok := o.Value.(*sql.IntegerLiteral); ok {
				return s.a.fail(o.Offset(), "42P10", fmt.Sprintf("ORDER BY position %d is not in select list", n.Value))
			}
			if c, ok := o.Value.(*sql.ColumnRef); ok {
				return s.a.fail(c.Offset(), "42703", `column "`+c.Name+`" does not exist`)
			}
			if constant(o.Value) {
				return s.a.fail(o.Offset(), "42601", "non-integer constant in ORDER BY")
			}
			return s.a.fail(o.Offset(), "0A000", "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
		}
		k, err := s.orderKey(&columnNode{typed: typed{t: out.columns[i].typ}, col: i}, o)
		if err != nil {
			return err
		}
		sorted.keys = append(sorted.keys, rowKey{i, k.desc, k.nullsFirst})
	}
	out.body = sorted
	return nil
}

// outputColumn finds an ORDER BY item that is a position or an output name.
func outputColumn(e sql.Expr, columns []column) int {
	switch e := e.(type) {
	case *sql.IntegerLiteral:
		if e.Value >= 1 && e.Value <= int64(len(columns)) {
			return int(e.Value) - 1
		}
	case *sql.ColumnRef:
		if e.Table != "" {
			return -1
		}
		for i, c := range columns {
			if c.name == e.Name {
				return i
			}
		}
	}
	return -1
}
