package postgres

import (
	"errors"
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

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
		sets, err := s.insertValues(in, v, explicit)
		if err != nil || !sets {
			return err
		}
		return s.insertQuery(in, selectOf(v.Rows[0]), explicit)
	}
	return s.insertQuery(in, st.Source, explicit)
}

// selectOf is VALUES of one row as PostgreSQL means it.
func selectOf(row sql.ValuesRow) *sql.Select {
	core := &sql.SelectCore{At: row.At}
	for _, e := range row.Exprs {
		core.Targets = append(core.Targets, sql.Target{At: sql.At(e.Offset()), Value: e})
	}
	return &sql.Select{At: row.At, Body: core}
}

func (s *scope) insertQuery(in *insertion, source *sql.Select, explicit bool) error {
	level := s.sibling()
	q, err := level.open(source)
	if err != nil {
		return err
	}
	if err := s.fitColumns(in, len(q.columns), explicit, q.placeOf(len(in.columns), source.Offset())); err != nil {
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

// insertValues analyzes VALUES, where DEFAULT may stand, each value for its column. If there are set-returning
// functions in the only row, it has done nothing.
func (s *scope) insertValues(in *insertion, v *sql.Values, explicit bool) (sets bool, err error) {
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
			return false, s.a.fail(row.Offset(), "42601", "VALUES lists must all be the same length")
		}
	}
	if err := s.fitColumns(in, width, explicit, at); err != nil {
		return false, err
	}
	level.allowSets = len(v.Rows) == 1
	nodes, err := s.readValues(level, in, v)
	if err != nil {
		return false, err
	}
	if len(level.sets) > 0 {
		if slices.Contains(nodes[0], nil) {
			return true, unsupported("DEFAULT beside a set-returning function in VALUES")
		}
		return true, nil
	}
	for _, row := range nodes {
		list, err := s.fitValues(in, row)
		if err != nil {
			return false, err
		}
		in.values = append(in.values, list)
	}
	s.adopt(level)
	return false, nil
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

// withoutIndex says whether a constraint is a check or a foreign key.
func withoutIndex(def *store.Definition, name string) bool {
	return slices.ContainsFunc(def.Checks, func(c *store.Check) bool { return c.Name == name }) ||
		slices.ContainsFunc(def.ForeignKeys, func(fk *store.ForeignKey) bool { return fk.Name == name })
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
		if withoutIndex(r.def, c.Constraint) {
			return nil, refusal("42809", "constraint in ON CONFLICT clause has no associated index")
		}
		return nil, refusal("42704", fmt.Sprintf("constraint %q for table %q does not exist", c.Constraint, r.table.Name(s.a.tx)))
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
