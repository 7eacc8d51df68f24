package postgres

import (
	"errors"
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// modification is an analyzed INSERT, UPDATE or DELETE.
type modification struct {
	verb      string
	places    int
	rel       int
	table     *store.Table
	def       *store.Definition
	columns   []column // of RETURNING
	returning []evaluator
	ctes      []*cte
	change    change
}

// change is what a modification does; emit is called for every row that it has stored or
// deleted, which stands in the frame at the target's place.
type change interface {
	run(m *modification, f *frame, emit func() error) error
}

// assignment computes one column.
type assignment struct {
	column int
	node   node // until it is converted
	eval   evaluator
	elem   *value.Type // of an array of which one element is set
	path   []evaluator
	multi  *subqueryNode // (a, b) = (SELECT ...): the row comes from here
	field  int
}

func (s *scope) openModification(verb string, with *sql.With, t sql.Table) (*modification, *relation, error) {
	m := &modification{verb: verb}
	holder := &query{}
	if with != nil {
		if err := s.with(with, holder); err != nil {
			return nil, nil, err
		}
		m.ctes = holder.ctes
	}
	table, err := s.a.table(t.Name, store.RowExclusive)
	if err != nil {
		return nil, nil, err
	}
	r := s.addTable(table, t.Alias)
	r.target = true
	m.table, m.def, m.rel = table, r.def, r.rel
	return m, r, nil
}

func (m *modification) close(s *scope, list []sql.Target) error {
	s.noAggs, s.noWindows, s.clause = true, true, "RETURNING"
	if len(list) > 0 {
		out := &query{}
		if err := s.targets(list, out); err != nil {
			return err
		}
		for i, n := range out.nodes {
			known, err := s.a.known(n)
			if err != nil {
				return err
			}
			out.nodes[i], out.columns[i].typ = known, known.typ()
		}
		m.columns, m.returning = out.columns, compileAll(out.nodes)
	}
	m.places = s.places
	return nil
}

// columnNamed finds a column of the target table.
func (s *scope) columnNamed(r *relation, name string, at int) (int, error) {
	for i := range r.def.Columns {
		if c := &r.def.Columns[i]; c.Name == name && !c.Dropped {
			return i, nil
		}
	}
	return 0, s.a.fail(at, "42703", fmt.Sprintf("column %q of relation %q does not exist", name, r.table.Name(s.a.tx)))
}

// insert analyzes INSERT.
func (s *scope) insert(st *sql.Insert) (*modification, error) {
	m, r, err := s.openModification("INSERT", st.With, st.Table)
	if err != nil {
		return nil, err
	}
	in := &insertion{target: r, overriding: st.Overriding}
	m.change, s.inserting = in, true
	explicit := len(st.Columns) > 0
	if in.columns, err = s.insertColumns(r, st.Columns); err != nil {
		return nil, err
	}
	s.building = true // the source does not see the target
	if err := s.insertSource(in, st, explicit); err != nil {
		return nil, err
	}
	s.building = false
	s.insertDefaults(in)
	s.names = r.columns
	if st.OnConflict != nil {
		if err := s.onConflict(in, st.OnConflict, r); err != nil {
			return nil, err
		}
	}
	err = m.close(s, st.Returning)
	return m, err
}

func (s *scope) insertColumns(r *relation, list []sql.ColumnTarget) ([]int, error) {
	if len(list) == 0 {
		return r.fields, nil
	}
	var columns []int
	for _, c := range list {
		if len(c.Path) > 0 {
			return nil, unsupported("INSERT into a part of a column")
		}
		i, err := s.columnNamed(r, c.Name, c.Offset())
		if err != nil {
			return nil, err
		}
		if slices.Contains(columns, i) {
			return nil, s.a.fail(c.Offset(), "42701", fmt.Sprintf("column %q specified more than once", c.Name))
		}
		columns = append(columns, i)
	}
	return columns, nil
}

func (s *scope) insertSource(in *insertion, st *sql.Insert, explicit bool) error {
	if st.Source == nil {
		in.columns = nil
		in.values = [][]evaluator{nil}
		return nil
	}
	if v, ok := st.Source.Body.(*sql.Values); ok && plainValues(st.Source) {
		return s.insertValues(in, v, explicit)
	}
	level := s.sibling()
	q, err := level.open(st.Source)
	if err != nil {
		return err
	}
	if err := s.fitColumns(in, len(q.columns), explicit, q.placeOf(len(in.columns), st.Source.Offset())); err != nil {
		return err
	}
	for i, c := range in.columns {
		col := &in.target.def.Columns[c]
		if err := s.mayWrite(in, col, false); err != nil {
			return err
		}
		if err := level.assignTarget(q, i, col); err != nil {
			return err
		}
	}
	if err := level.seal(q); err != nil {
		return err
	}
	s.adopt(level)
	in.source = q
	return nil
}

// assignTarget converts a column of the source for the table's.
func (s *scope) assignTarget(q *query, i int, col *store.Column) error {
	if q.nodes != nil && q.pending != nil && !q.pending.fixed {
		n, err := s.a.assign(q.nodes[i], col.Name, col.Type, col.Mod)
		if err == nil {
			q.nodes[i] = n
		}
		return err
	}
	c := q.columns[i]
	n, err := s.a.assign(&columnNode{typed: typed{t: c.typ, mod: c.mod}}, col.Name, col.Type, col.Mod)
	if err != nil {
		return err
	}
	if _, plain := n.(*columnNode); !plain {
		q.setConvert(i, n.compile())
	}
	return nil
}

func plainValues(q *sql.Select) bool {
	return q.With == nil && len(q.OrderBy) == 0 && q.Limit == nil && q.Skip == nil
}

func (s *scope) fitColumns(in *insertion, n int, explicit bool, at int) error {
	if n > len(in.columns) {
		return s.a.fail(at, "42601", "INSERT has more expressions than target columns")
	}
	if n < len(in.columns) {
		if explicit {
			return s.a.fail(at, "42601", "INSERT has more target columns than expressions")
		}
		in.columns = in.columns[:n]
	}
	return nil
}

// insertValues analyzes VALUES, where DEFAULT may stand, each value for its column.
func (s *scope) insertValues(in *insertion, v *sql.Values, explicit bool) error {
	width := len(v.Rows[0].Exprs)
	at := v.Rows[0].Offset()
	if width > len(in.columns) {
		at = v.Rows[0].Exprs[len(in.columns)].Offset()
	} else if width > 0 {
		at = v.Rows[0].Exprs[width-1].Offset()
	}
	level := s.sibling()
	level.noAggs, level.noWindows, level.clause = true, true, "VALUES"
	for _, row := range v.Rows {
		if len(row.Exprs) != width {
			return s.a.fail(row.Offset(), "42601", "VALUES lists must all be the same length")
		}
	}
	if err := s.fitColumns(in, width, explicit, at); err != nil {
		return err
	}
	nodes, err := s.readValues(level, in, v)
	if err != nil {
		return err
	}
	for _, row := range nodes {
		list, err := s.fitValues(in, row)
		if err != nil {
			return err
		}
		in.values = append(in.values, list)
	}
	s.adopt(level)
	return nil
}

// readValues reads all values before any is converted: a parameter in two places has no
// type yet in the second. The node of a DEFAULT is nil.
func (s *scope) readValues(level *scope, in *insertion, v *sql.Values) ([][]node, error) {
	nodes := make([][]node, len(v.Rows))
	for r, row := range v.Rows {
		nodes[r] = make([]node, len(row.Exprs))
		for i, e := range row.Exprs {
			_, byDefault := e.(*sql.Default)
			if err := s.mayWrite(in, &in.target.def.Columns[in.columns[i]], byDefault); err != nil {
				return nil, err
			}
			if byDefault {
				continue
			}
			var err error
			if nodes[r][i], err = level.expr(e); err != nil {
				return nil, err
			}
		}
	}
	return nodes, nil
}

func (s *scope) fitValues(in *insertion, row []node) ([]evaluator, error) {
	list := make([]evaluator, len(row))
	for i, n := range row {
		if n == nil {
			continue
		}
		col := &in.target.def.Columns[in.columns[i]]
		n, err := s.a.assign(n, col.Name, col.Type, col.Mod)
		if err != nil {
			return nil, err
		}
		list[i] = n.compile()
	}
	return list, nil
}

// mayWrite refuses values for generated columns and identities GENERATED ALWAYS.
func (s *scope) mayWrite(in *insertion, col *store.Column, byDefault bool) error {
	if byDefault {
		return nil
	}
	if col.Generated != nil {
		e := refusal("428C9", fmt.Sprintf("cannot insert a non-DEFAULT value into column %q", col.Name))
		e.Detail = fmt.Sprintf("Column %q is a generated column.", col.Name)
		return e
	}
	if col.Identity == store.IdentityAlways && in.overriding == sql.OverridingNone {
		e := refusal("428C9", fmt.Sprintf("cannot insert a non-DEFAULT value into column %q", col.Name))
		e.Detail = fmt.Sprintf("Column %q is an identity column defined as GENERATED ALWAYS.", col.Name)
		e.Hint = "Use OVERRIDING SYSTEM VALUE to override."
		return e
	}
	return nil
}

// insertDefaults finds how the columns that get no value are filled.
func (s *scope) insertDefaults(in *insertion) {
	in.defaults = defaultsOf(in.target.def)
	for i, c := range in.target.def.Columns {
		if src, ok := c.Generated.(*exprSource); ok && !c.Dropped {
			in.generated = append(in.generated, assignment{column: i, eval: src.eval})
		}
		if c.Identity != store.NoIdentity && in.overriding == sql.OverridingUser {
			in.ignore = append(in.ignore, i)
		}
	}
}

// defaultsOf returns an evaluator per column, nil where the default is NULL.
func defaultsOf(def *store.Definition) []evaluator {
	list := make([]evaluator, len(def.Columns))
	for i, c := range def.Columns {
		if src, ok := c.Default.(*exprSource); ok && !c.Dropped {
			list[i] = src.eval
		} else if c.Identity != store.NoIdentity && c.Sequence != nil {
			q := c.Sequence
			list[i] = func(f *frame) (value.Value, error) { return f.x.nextval(q) }
		}
	}
	return list
}

// onConflict analyzes ON CONFLICT: the arbiter indexes and what DO UPDATE does.
func (s *scope) onConflict(in *insertion, c *sql.OnConflict, r *relation) error {
	in.conflict = true
	var err error
	if in.arbiters, err = s.arbiters(c, r); err != nil {
		return err
	}
	if !c.DoUpdate {
		return nil
	}
	if len(c.Elements) == 0 && c.Constraint == "" {
		e := func() *value.Error {
			target := &value.Error{}
			_ = errors.As(s.a.fail(c.Offset(), "42601", "ON CONFLICT DO UPDATE requires inference specification or constraint name"), &target)
			return target
		}()
		e.Hint = "For example, ON CONFLICT (column_name)."
		return e
	}
	columns := make([]column, len(r.def.Columns))
	for i, col := range r.def.Columns {
		columns[i] = column{name: col.Name, typ: col.Type, mod: col.Mod}
		if col.Dropped {
			columns[i].name = ""
		}
	}
	excluded := s.addRows(columns, "excluded", nil)
	in.excluded = excluded.rel
	s.noAggs, s.noWindows, s.clause = true, true, "ON CONFLICT DO UPDATE"
	target := s.names
	s.names = append(slices.Clone(target), excluded.columns...) // a name alone is ambiguous
	defer func() { s.names = target }()
	if in.set, err = s.assignments(r, c.Set); err != nil {
		return err
	}
	if c.Where != nil {
		n, err := s.boolean(c.Where, "WHERE")
		if err != nil {
			return err
		}
		in.where = n.compile()
	}
	excluded.hidden = true // RETURNING does not see it
	in.update = true
	in.lock = r.table.UpdateLock(s.a.tx, assigned(in.set))
	return nil
}

func assigned(list []assignment) []int {
	var columns []int
	for _, a := range list {
		columns = append(columns, a.column)
	}
	return columns
}

// arbiters infers the unique indexes that ON CONFLICT means: those over exactly the columns
// written, whose predicate, if any, was written too.
func (s *scope) arbiters(c *sql.OnConflict, r *relation) ([]*store.Index, error) {
	if c.Constraint != "" {
		for _, ix := range r.def.Indexes {
			if ix.Name == c.Constraint && ix.Constraint {
				return []*store.Index{ix}, nil
			}
		}
		return nil, s.a.fail(c.Offset(), "42704", fmt.Sprintf("constraint %q for table %q does not exist", c.Constraint, r.table.Name(s.a.tx)))
	}
	if len(c.Elements) == 0 {
		return nil, nil
	}
	names := s.names
	s.names = r.columns
	defer func() { s.names = names }()
	var keys []node
	for _, e := range c.Elements {
		n, err := s.indexElement(e, r)
		if err != nil {
			return nil, err
		}
		keys = append(keys, n)
	}
	var where []node
	if c.TargetWhere != nil {
		n, err := s.boolean(c.TargetWhere, "WHERE")
		if err != nil {
			return nil, err
		}
		where = conjuncts(n)
	}
	var found []*store.Index
	for _, ix := range r.def.Indexes {
		if ix.Unique && infers(ix, keys, where, r.rel) {
			found = append(found, ix)
		}
	}
	if len(found) == 0 { // found out by the planner, when all has been analyzed
		s.a.late = refusal("42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
	return found, nil
}

func (s *scope) indexElement(e sql.IndexElement, r *relation) (node, error) {
	if e.Column != "" {
		i, err := s.columnNamed(r, e.Column, e.Offset())
		if err != nil {
			return nil, s.a.fail(e.Offset(), "42703", fmt.Sprintf("column %q does not exist", e.Column))
		}
		col := &r.def.Columns[i]
		return &columnNode{typed: typed{t: col.Type, mod: col.Mod, at: e.Offset()}, rel: r.rel, col: i, name: e.Column, table: r}, nil
	}
	return s.expr(e.Value)
}

func infers(ix *store.Index, keys, where []node, rel int) bool {
	for _, part := range predicateOf(ix) {
		if implies(where, part, rel) == nil {
			return false
		}
	}
	for _, key := range ix.Keys {
		found := false
		for _, n := range keys {
			found = found || keyIs(n, key, rel)
		}
		if !found {
			return false
		}
	}
	for _, n := range keys {
		found := false
		for _, key := range ix.Keys {
			found = found || keyIs(n, key, rel)
		}
		if !found {
			return false
		}
	}
	return true
}

// assignments analyzes SET.
func (s *scope) assignments(r *relation, list []sql.Assignment) ([]assignment, error) {
	var out []assignment
	for _, a := range list {
		var err error
		if out, err = s.assignment(r, a, out); err != nil {
			return nil, err
		}
	}
	for i := range out {
		if out[i].node == nil {
			continue
		}
		col := &r.def.Columns[out[i].column]
		t := col.Type
		if out[i].elem != nil {
			t = out[i].elem
		}
		n, err := s.a.assign(out[i].node, col.Name, t, col.Mod)
		if err != nil {
			return nil, err
		}
		out[i].node, out[i].eval = nil, n.compile()
	}
	return out, nil
}

func (s *scope) assignment(r *relation, a sql.Assignment, out []assignment) ([]assignment, error) {
	if !a.Multi {
		one, err := s.assignOne(r, a.Targets[0], a.Value, out)
		if err != nil {
			return nil, err
		}
		return append(out, one), nil
	}
	switch v := a.Value.(type) {
	case *sql.Row:
		if len(v.Fields) != len(a.Targets) {
			return nil, s.a.fail(v.Offset(), "42601", "number of columns does not match number of values")
		}
		for i, t := range a.Targets {
			one, err := s.assignOne(r, t, v.Fields[i], out)
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		return out, nil
	case *sql.ScalarSubquery:
		return s.assignQuery(r, a.Targets, v, out)
	}
	return nil, s.a.fail(a.Value.Offset(), "0A000", "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
}

func (s *scope) assignTargetColumn(r *relation, t sql.ColumnTarget, before []assignment) (int, *store.Column, error) {
	i, err := s.columnNamed(r, t.Name, t.Offset())
	if err != nil {
		return 0, nil, err
	}
	if len(t.Path) == 0 {
		for _, a := range before {
			if a.column == i {
				return 0, nil, s.a.fail(t.Offset(), "42601", fmt.Sprintf("multiple assignments to same column %q", t.Name))
			}
		}
	}
	return i, &r.def.Columns[i], nil
}

func (s *scope) assignOne(r *relation, t sql.ColumnTarget, e sql.Expr, before []assignment) (assignment, error) {
	i, col, err := s.assignTargetColumn(r, t, before)
	if err != nil {
		return assignment{}, err
	}
	if _, ok := e.(*sql.Default); ok {
		eval := defaultsOf(r.def)[i]
		if col.Generated != nil {
			eval = nil
		}
		if eval == nil {
			eval = func(*frame) (value.Value, error) { return value.Value{}, nil }
		}
		return assignment{column: i, eval: eval}, nil
	}
	if col.Generated != nil || col.Identity == store.IdentityAlways {
		e := refusal("428C9", fmt.Sprintf("column %q can only be updated to DEFAULT", col.Name))
		e.Detail = fmt.Sprintf("Column %q is a generated column.", col.Name)
		if col.Generated == nil {
			e.Detail = fmt.Sprintf("Column %q is an identity column defined as GENERATED ALWAYS.", col.Name)
		}
		return assignment{}, e
	}
	n, err := s.expr(e)
	if err != nil {
		return assignment{}, err
	}
	if len(t.Path) > 0 {
		return s.assignElement(i, col, t, n)
	}
	return assignment{column: i, node: n}, nil
}

// assignElement is SET a[i] = v.
func (s *scope) assignElement(i int, col *store.Column, t sql.ColumnTarget, n node) (assignment, error) {
	if col.Type.Elem == nil {
		return assignment{}, unsupported("assignment to a part of a column of type " + col.Type.Display)
	}
	a := assignment{column: i, elem: col.Type.Elem}
	for _, step := range t.Path {
		if step.Field != "" || step.Index.Slice {
			return a, unsupported("assignment to a slice or field")
		}
		at, err := s.bound(step.Index.Lower)
		if err != nil {
			return a, err
		}
		a.path = append(a.path, at.compile())
	}
	a.node = n
	return a, nil
}

func (s *scope) assignQuery(r *relation, targets []sql.ColumnTarget, v *sql.ScalarSubquery, out []assignment) ([]assignment, error) {
	inner := s.a.newScope(s)
	q, err := inner.open(v.Query)
	if err != nil {
		return nil, err
	}
	if len(q.columns) != len(targets) {
		return nil, s.a.fail(v.Offset(), "42601", "number of columns does not match number of values")
	}
	n := &subqueryNode{typed: typeAt(value.Record, v.Offset()), query: q, correlated: inner.correlated, uses: inner.uses, slot: s.a.once}
	s.a.once++
	for i, t := range targets {
		at, col, err := s.assignTargetColumn(r, t, out)
		if err != nil {
			return nil, err
		}
		if err := inner.assignTarget(q, i, col); err != nil {
			return nil, err
		}
		out = append(out, assignment{column: at, multi: n, field: i})
	}
	return out, inner.seal(q)
}

// update analyzes UPDATE.
func (s *scope) update(st *sql.Update) (*modification, error) {
	m, r, err := s.openModification("UPDATE", st.With, st.Table)
	if err != nil {
		return nil, err
	}
	up := &updating{}
	m.change = up
	if up.source, err = s.modifySource(r, st.From, st.Where); err != nil {
		return nil, err
	}
	s.noAggs, s.noWindows, s.clause = true, true, "UPDATE"
	if up.set, err = s.assignments(r, st.Set); err != nil {
		return nil, err
	}
	for i, c := range r.def.Columns {
		if src, ok := c.Generated.(*exprSource); ok && !c.Dropped {
			up.generated = append(up.generated, assignment{column: i, eval: src.eval})
		}
	}
	err = m.close(s, st.Returning)
	return m, err
}

// modifySource plans how the rows to change are found.
func (s *scope) modifySource(r *relation, from []sql.TableExpr, where sql.Expr) (source, error) {
	target := &fromItem{rel: r, mask: 1 << r.rel}
	s.names = append(s.names, r.columns...)
	open := closeOff([]*relation{r}, lateralTarget)
	items, err := s.from(from, nil)
	open()
	if err != nil {
		return nil, err
	}
	var conditions []node
	if where != nil {
		n, err := s.clauseExpr(where, "WHERE", true)
		if err != nil {
			return nil, err
		}
		conditions = conjuncts(n)
	}
	reduceOuterJoins(items, conditions)
	plan := &planner{s: s}
	return plan.source(append([]*fromItem{target}, items...), conditions, 0), nil
}

// delete analyzes DELETE.
func (s *scope) delete(st *sql.Delete) (*modification, error) {
	m, r, err := s.openModification("DELETE", st.With, st.Table)
	if err != nil {
		return nil, err
	}
	d := &deleting{}
	m.change = d
	if d.source, err = s.modifySource(r, st.Using, st.Where); err != nil {
		return nil, err
	}
	err = m.close(s, st.Returning)
	return m, err
}
