package postgres

import (
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// groupBy analyzes GROUP BY: expressions, positions, or names of input columns first and of
// output columns else.
func (s *scope) groupBy(b *sql.SelectCore, p *pendingCore, out *query) error {
	for _, e := range b.GroupBy {
		if _, ok := e.(*sql.EmptyGroupingSet); ok {
			return unsupported("grouping sets")
		}
		n, err := s.groupKey(e, out)
		if err != nil {
			return err
		}
		if !n.typ().Groupable() {
			return s.a.fail(n.place(), "42883", "could not identify an equality operator for type "+n.typ().Display)
		}
		p.group = append(p.group, n)
	}
	return nil
}

// constant says whether an expression is a literal, other than the number of a column.
func constant(e sql.Expr) bool {
	switch e.(type) {
	case *sql.StringLiteral, *sql.NumericLiteral, *sql.BoolLiteral, *sql.NullLiteral:
		return true
	}
	return false
}

func (s *scope) groupKey(e sql.Expr, out *query) (node, error) {
	if constant(e) {
		return nil, s.a.fail(e.Offset(), "42601", "non-integer constant in GROUP BY")
	}
	if i, ok := e.(*sql.IntegerLiteral); ok {
		if i.Value < 1 || i.Value > int64(len(out.nodes)) {
			return nil, s.a.fail(e.Offset(), "42P10", fmt.Sprintf("GROUP BY position %d is not in select list", i.Value))
		}
		return s.pinTarget(out, int(i.Value)-1, "GROUP BY")
	}
	if c, ok := e.(*sql.ColumnRef); ok && c.Table == "" {
		if n, err := s.unqualified(c); err != nil || n != nil {
			return placedOrNil(n, c.Offset()), err
		}
		if i := outputColumn(c, out.columns); i >= 0 {
			return s.pinTarget(out, i, "GROUP BY")
		}
	}
	clause, aggs, windows, sets := s.clause, s.noAggs, s.noWindows, len(s.sets)
	s.clause, s.noAggs, s.noWindows = "GROUP BY", true, true
	n, err := s.expr(e)
	s.clause, s.noAggs, s.noWindows = clause, aggs, windows
	if err != nil {
		return nil, err
	}
	if i := s.targetLike(n, out, sets); i >= 0 {
		return out.nodes[i], nil
	}
	return s.a.known(n)
}

// targetLike finds the target that an expression of a clause repeats; its set-returning functions, those
// behind the first known ones, are the target's then.
func (s *scope) targetLike(n node, out *query, known int) int {
	i := slices.IndexFunc(out.nodes, func(t node) bool { return sameNode(t, n) })
	if i >= 0 {
		s.sets = s.sets[:known]
	}
	return i
}

func placedOrNil(n node, at int) node {
	if n == nil {
		return nil
	}
	return placed(n, at)
}

// pinTarget returns a target that a clause refers to; its type is settled now.
func (s *scope) pinTarget(out *query, i int, clause string) (node, error) {
	if out.nodes[i].typ() == value.Unknown {
		if err := s.retarget(out, i, value.Text); err != nil {
			return nil, err
		}
	}
	if clause == "GROUP BY" && hasAggregate(out.nodes[i]) {
		return nil, s.a.fail(out.nodes[i].place(), "42803", "aggregate functions are not allowed in GROUP BY")
	}
	if clause == "GROUP BY" && hasWindow(out.nodes[i]) {
		return nil, s.a.fail(out.nodes[i].place(), "42P20", "window functions are not allowed in GROUP BY")
	}
	return out.nodes[i], nil
}

func hasWindow(n node) bool {
	if _, ok := n.(*windowNode); ok {
		return true
	}
	return slices.ContainsFunc(n.children(), hasWindow)
}

func hasAggregate(n node) bool {
	switch c := n.(type) {
	case *aggregateNode:
		return true
	case *subqueryNode:
		if slices.ContainsFunc(c.used, hasAggregate) {
			return true
		}
	}
	return slices.ContainsFunc(n.children(), hasAggregate)
}

// orderBy analyzes ORDER BY: positions and output names first, else expressions.
func (s *scope) orderBy(list []sql.OrderItem, p *pendingCore, out *query) error {
	for _, o := range list {
		n, target, err := s.orderItem(o.Value, out, "ORDER BY")
		if err != nil {
			return err
		}
		k, err := s.orderKey(n, o)
		if err != nil {
			return err
		}
		if p.distinct && target < 0 {
			return s.a.fail(o.Offset(), "42P10", "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
		p.order, p.orderIs = append(p.order, k), append(p.orderIs, target)
	}
	return nil
}

// orderItem resolves an item of ORDER BY or DISTINCT ON; target is -1 if it is none.
func (s *scope) orderItem(e sql.Expr, out *query, clause string) (n node, target int, err error) {
	switch item := e.(type) {
	case *sql.IntegerLiteral:
		if item.Value < 1 || item.Value > int64(len(out.nodes)) {
			return nil, 0, s.a.fail(e.Offset(), "42P10", fmt.Sprintf("%s position %d is not in select list", clause, item.Value))
		}
		n, err = s.pinTarget(out, int(item.Value)-1, clause)
		return n, int(item.Value) - 1, err
	case *sql.StringLiteral, *sql.NumericLiteral, *sql.BoolLiteral, *sql.NullLiteral:
		return nil, 0, s.a.fail(e.Offset(), "42601", "non-integer constant in "+clause)
	case *sql.ColumnRef:
		if i, err := s.outputName(item, out, clause); err != nil || i >= 0 {
			if err != nil {
				return nil, 0, err
			}
			n, err = s.pinTarget(out, i, clause)
			return n, i, err
		}
	}
	sets := len(s.sets)
	if n, err = s.expr(e); err != nil {
		return nil, 0, err
	}
	if n, err = s.a.known(n); err != nil {
		return nil, 0, err
	}
	if i := s.targetLike(n, out, sets); i >= 0 {
		return out.nodes[i], i, nil
	}
	return n, -1, nil
}

// outputName finds an output column by name; two that differ are ambiguous.
func (s *scope) outputName(c *sql.ColumnRef, out *query, clause string) (int, error) {
	found := -1
	if c.Table != "" {
		return found, nil
	}
	for i, column := range out.columns {
		if column.name != c.Name {
			continue
		}
		if found >= 0 && !sameNode(out.nodes[found], out.nodes[i]) {
			return 0, s.a.fail(c.Offset(), "42702", fmt.Sprintf("%s %q is ambiguous", clause, c.Name))
		}
		if found < 0 {
			found = i
		}
	}
	return found, nil
}

// distinctOn analyzes DISTINCT ON, whose expressions must begin ORDER BY, in any order.
func (s *scope) distinctOn(b *sql.SelectCore, p *pendingCore, out *query) error {
	for _, e := range b.DistinctOn {
		n, _, err := s.orderItem(e, out, "DISTINCT ON")
		if err != nil {
			return err
		}
		p.on = append(p.on, n)
	}
	for i := 0; i < len(p.on) && i < len(p.order); i++ {
		if !containsNode(p.on, p.order[i].node) {
			return s.a.fail(b.DistinctOn[0].Offset(), "42P10", "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
		}
	}
	if b.Distinct && len(p.on) == 0 {
		for i, n := range out.nodes {
			if n.typ() == value.Unknown {
				if err := s.retarget(out, i, value.Text); err != nil {
					return err
				}
			}
			if !out.nodes[i].typ().Groupable() {
				return s.a.fail(n.place(), "42883", "could not identify an equality operator for type "+n.typ().Display)
			}
		}
	}
	return nil
}

// checkGrouping refuses columns that have no one value in a group: those neither grouped
// by nor dependent on a primary key that is.
func (s *scope) checkGrouping(p *pendingCore, out *query) error {
	list := append([]node{}, out.nodes...)
	list = append(list, p.having...)
	for _, k := range p.order {
		list = append(list, k.node)
	}
	list = append(list, p.on...)
	for _, n := range list {
		if err := s.checkGrouped(n, p.group); err != nil {
			return err
		}
	}
	return nil
}

func (s *scope) checkGrouped(n node, group []node) error {
	if containsNode(group, n) {
		return nil
	}
	switch c := n.(type) {
	case *aggregateNode:
		return nil
	case *columnNode, *systemNode, *wholeRowNode:
		rel, name := ofRelation(n)
		if rel == nil || rel.dependent(group) {
			return nil
		}
		return s.a.fail(n.place(), "42803", fmt.Sprintf("column %q must appear in the GROUP BY clause or be used in an aggregate function", name))
	case *subqueryNode:
		for _, used := range c.used {
			if err := s.checkUsed(used, group); err != nil {
				return err
			}
		}
	}
	for _, child := range n.children() {
		if err := s.checkGrouped(child, group); err != nil {
			return err
		}
	}
	return nil
}

// checkUsed refuses in a subquery what has no one value in a group. Only columns count as grouped by
// there, no other expressions (PostgreSQL source, check_ungrouped_columns_walker).
func (s *scope) checkUsed(n node, group []node) error {
	switch n.(type) {
	case *aggregateNode:
		return nil
	case *columnNode, *systemNode, *wholeRowNode:
		rel, name := ofRelation(n)
		if containsNode(group, n) || rel == nil || rel.dependent(group) {
			return nil
		}
		return s.a.fail(n.place(), "42803", fmt.Sprintf("subquery uses ungrouped column %q from outer query", name))
	}
	for _, child := range n.children() { // of a merged column
		if err := s.checkUsed(child, group); err != nil {
			return err
		}
	}
	return nil
}

// ofRelation returns the relation of this level that a node reads, and what errors call the node.
func ofRelation(n node) (*relation, string) {
	var r *relation
	var name string
	depth := 0
	switch c := n.(type) {
	case *columnNode:
		r, name, depth = c.table, c.name, c.depth
	case *systemNode:
		r, name, depth = c.table, c.name, c.depth
	case *wholeRowNode:
		r, name, depth = c.table, "*", c.depth
	}
	if r == nil || depth > 0 {
		return nil, ""
	}
	if r.alias != "" {
		name = r.alias + "." + name
	}
	return r, name
}

// dependent says whether the relation is a table whose primary key is grouped by.
func (r *relation) dependent(group []node) bool {
	if r.def == nil {
		return false
	}
	for _, ix := range r.def.Indexes {
		if !ix.Primary {
			continue
		}
		for _, key := range ix.Keys {
			if !containsNode(group, &columnNode{rel: r.rel, col: key.Column}) {
				return false
			}
		}
		return true
	}
	return false
}

func lockName(l sql.LockStrength) string {
	return [...]string{sql.ForKeyShare: "FOR KEY SHARE", sql.ForShare: "FOR SHARE", sql.ForNoKeyUpdate: "FOR NO KEY UPDATE", sql.ForUpdate: "FOR UPDATE"}[l]
}

// checkLocking refuses row locks where the result's rows are not rows of tables.
func (s *scope) checkLocking(p *pendingCore, b *sql.SelectCore) error {
	if len(p.locking) == 0 {
		return nil
	}
	name := lockName(p.locking[0].Strength)
	at := p.locking[0].Offset()
	switch {
	case p.distinct || len(p.on) > 0:
		return s.a.fail(at, "0A000", name+" is not allowed with DISTINCT clause")
	case len(b.GroupBy) > 0:
		return s.a.fail(at, "0A000", name+" is not allowed with GROUP BY clause")
	case b.Having != nil:
		return s.a.fail(at, "0A000", name+" is not allowed with HAVING clause")
	case len(s.aggregates) > 0:
		return s.a.fail(at, "0A000", name+" is not allowed with aggregate functions")
	case len(s.windows) > 0:
		return s.a.fail(at, "0A000", name+" is not allowed with window functions")
	case len(s.sets) > 0:
		return s.a.fail(at, "0A000", name+" is not allowed with set-returning functions in the target list")
	}
	return nil
}
