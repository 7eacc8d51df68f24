package postgres

import (
	"fmt"

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
