package postgres

import (
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// fromItem is an analyzed item of FROM: a leaf, or a join of two.
type fromItem struct {
	rel      *relation
	query    *query          // a subquery
	cte      *cte            // a common table expression
	function *value.Function // a function
	args     []node
	zip      []*callNode // set-returning functions side by side
	ordinal  bool        // WITH ORDINALITY
	scalar   node        // an expression used as a function
	join     sql.JoinKind
	left     *fromItem
	right    *fromItem
	on       []node
	mask     uint64 // the relations below
	needs    uint64 // the relations that its arguments refer to
}

// cte is one common table expression.
type cte struct {
	name    string
	columns []column
	slot    int
	query   *query
	modify  *modification
	used    bool
}

func (s *scope) findCTE(name string) *cte {
	for level := s; level != nil; level = level.outer {
		for _, v := range slices.Backward(level.ctes) {
			if v.name == name {
				return v
			}
		}
	}
	return nil
}

// from analyzes a FROM list. Relations become visible when the whole list is read.
func (s *scope) from(list []sql.TableExpr, locking []sql.Locking) ([]*fromItem, error) {
	s.building = true
	defer func() { s.building = false }()
	var items []*fromItem
	for _, e := range list {
		item, names, err := s.tableExpr(e, locking)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		s.names = append(s.names, names...)
	}
	if s.places > 60 {
		return nil, unsupported("more than 60 relations in one query")
	}
	return items, nil
}

func (s *scope) tableExpr(e sql.TableExpr, locking []sql.Locking) (*fromItem, []visible, error) {
	switch e := e.(type) {
	case *sql.Table:
		return s.tableItem(e, locking)
	case *sql.SubqueryTable:
		inner := s.a.newScope(s)
		q, err := inner.query(e.Query)
		if err != nil {
			return nil, nil, err
		}
		return s.leaf(&fromItem{query: q}, q.columns, e.Alias, e.Offset())
	case *sql.FunctionTable:
		return s.functionItem(e)
	case *sql.Join:
		return s.join(e, locking)
	}
	return nil, nil, unsupported(fmt.Sprintf("FROM item %T", e))
}

func (s *scope) leaf(item *fromItem, columns []column, alias *sql.Alias, at int) (*fromItem, []visible, error) {
	name, names := "", []sql.Ident(nil)
	if alias != nil {
		name, names = alias.Name, alias.Columns
		at = alias.Offset()
	}
	if len(names) > len(columns) {
		return nil, nil, s.a.fail(at, "42P10", fmt.Sprintf("table %q has %d columns available but %d columns specified", name, len(columns), len(names)))
	}
	item.rel = s.addRows(columns, name, names)
	item.mask = 1 << item.rel.rel
	return item, item.rel.columns, s.checkAlias(item.rel, at)
}

func (s *scope) tableItem(t *sql.Table, locking []sql.Locking) (*fromItem, []visible, error) {
	if t.Name.Schema == "" {
		if c := s.findCTE(t.Name.Name); c != nil {
			c.used = true
			alias := t.Alias
			if alias == nil {
				alias = &sql.Alias{At: t.At, Name: c.name}
			}
			if c.modify != nil && len(c.columns) == 0 {
				return nil, nil, s.a.fail(t.Offset(), "0A000", fmt.Sprintf("WITH query %q does not have a RETURNING clause", c.name))
			}
			return s.leaf(&fromItem{cte: c}, c.columns, alias, t.Offset())
		}
	}
	name := t.Name.Name
	if t.Alias != nil {
		name = t.Alias.Name
	}
	table, err := s.a.table(t.Name, lockOfTable(name, locking))
	if err != nil {
		return nil, nil, err
	}
	r := s.addTable(table, t.Alias)
	return &fromItem{rel: r, mask: 1 << r.rel}, r.columns, s.checkAlias(r, t.Offset())
}

// lockOfTable returns the lock that SELECT takes on a table: row locks need a stronger one. OF names the tables whose
// rows are locked by what they are called in FROM (PostgreSQL source, isLockedRefname).
func lockOfTable(name string, locking []sql.Locking) store.LockMode {
	for _, l := range locking {
		if len(l.Of) == 0 || slices.ContainsFunc(l.Of, func(of sql.QualifiedName) bool { return of.Name == name }) {
			return store.RowShare
		}
	}
	return store.AccessShare
}

// functionItem is a function in FROM.
func (s *scope) functionItem(e *sql.FunctionTable) (*fromItem, []visible, error) {
	if len(e.ColumnDefs) > 0 {
		return nil, nil, unsupported("a column definition list in FROM")
	}
	s.building = false // its arguments may refer to items before it
	defer func() { s.building = true }()
	clause, noAggs, noWindows := s.clause, s.noAggs, s.noWindows
	s.clause, s.noAggs, s.noWindows = "functions in FROM", true, true
	defer func() { s.clause, s.noAggs, s.noWindows = clause, noAggs, noWindows }()
	allow := s.withoutSets("set-returning functions must appear at top level of FROM")
	defer allow()
	item := &fromItem{ordinal: e.WithOrdinality}
	var name string
	var columns []column
	call, ok := e.Call.(*sql.FuncCall)
	if ok && call.Name.Name == "unnest" && len(call.Args) > 1 {
		return s.unnestItem(e, call, item)
	}
	if ok && value.KindOfFunction(call.Name.Name) == value.PlainFunction && call.Over == nil {
		args, err := s.exprs(call.Args)
		if err != nil {
			return nil, nil, err
		}
		fn, err := value.ResolveFunction(callOf(call, args))
		if err != nil {
			return nil, nil, s.a.at(err, call.Offset())
		}
		applied, err := s.a.apply(fn, args, call.Offset())
		if err != nil {
			return nil, nil, err
		}
		name = call.Name.Name
		item.function, item.args = fn, applied.(*callNode).args
		columns = functionColumns(fn, name, e.Alias)
	} else {
		n, err := s.expr(e.Call)
		if err != nil {
			return nil, nil, err
		}
		item.scalar = n
		name = targetName(e.Call)
		columns = []column{{name: name, typ: n.typ(), mod: n.modifier()}}
		if e.Alias != nil {
			columns[0].name = e.Alias.Name
		}
	}
	if e.WithOrdinality {
		columns = append(columns, column{name: "ordinality", typ: value.Int8, mod: value.NoMod})
	}
	alias := e.Alias
	if alias == nil {
		alias = &sql.Alias{At: sql.At(e.Offset()), Name: name}
	}
	for _, arg := range item.args {
		item.needs |= refs(arg)
	}
	if item.scalar != nil {
		item.needs |= refs(item.scalar)
	}
	leaf, names, err := s.leaf(item, columns, alias, e.Offset())
	if err == nil && len(columns) == 1 && columns[0].typ.Kind != value.KindRecord {
		leaf.rel.scalar = true
	}
	return leaf, names, err
}

// unnestItem is unnest(a, b, ...): the arrays side by side (manual, 7.2.1.4).
func (s *scope) unnestItem(e *sql.FunctionTable, call *sql.FuncCall, item *fromItem) (*fromItem, []visible, error) {
	args, err := s.exprs(call.Args)
	if err != nil {
		return nil, nil, err
	}
	var columns []column
	for _, arg := range args {
		fn, err := value.ResolveFunction(value.FunctionCall{Name: "unnest", Args: []*value.Type{arg.typ()}})
		if err != nil {
			return nil, nil, s.a.at(err, call.Offset())
		}
		applied, err := s.a.apply(fn, []node{arg}, call.Offset())
		if err != nil {
			return nil, nil, err
		}
		item.zip = append(item.zip, applied.(*callNode))
		item.needs |= refs(applied)
		columns = append(columns, column{name: "unnest", typ: fn.Result, mod: value.NoMod})
	}
	if e.WithOrdinality {
		columns = append(columns, column{name: "ordinality", typ: value.Int8, mod: value.NoMod})
	}
	alias := e.Alias
	if alias == nil {
		alias = &sql.Alias{At: sql.At(e.Offset()), Name: "unnest"}
	}
	return s.leaf(item, columns, alias, e.Offset())
}

func functionColumns(fn *value.Function, name string, alias *sql.Alias) []column {
	if len(fn.Columns) > 0 {
		var columns []column
		for _, f := range fn.Columns {
			columns = append(columns, column{name: f.Name, typ: f.Type, mod: f.Mod})
		}
		return columns
	}
	if fn.Result.Kind == value.KindRecord && len(fn.Result.Fields) > 0 {
		var columns []column
		for _, f := range fn.Result.Fields {
			columns = append(columns, column{name: f.Name, typ: f.Type, mod: f.Mod})
		}
		return columns
	}
	if alias != nil {
		name = alias.Name
	}
	return []column{{name: name, typ: fn.Result, mod: value.NoMod}}
}

// join analyzes a join and the names that it shows.
func (s *scope) join(j *sql.Join, locking []sql.Locking) (*fromItem, []visible, error) {
	first := len(s.relations)
	left, leftNames, err := s.tableExpr(j.Left, locking)
	if err != nil {
		return nil, nil, err
	}
	right, rightNames, err := s.rightSide(j, leftNames, s.relations[first:], locking)
	if err != nil {
		return nil, nil, err
	}
	item := &fromItem{join: j.Kind, left: left, right: right, mask: left.mask | right.mask}
	item.needs = (left.needs | right.needs) &^ item.mask
	if j.Kind == sql.CrossJoin {
		item.join = sql.InnerJoin
	}
	using := j.Using
	if j.Natural {
		using = commonNames(leftNames, rightNames)
	}
	var names []visible
	if j.Natural || len(using) > 0 {
		if names, err = s.using(item, using, leftNames, rightNames, j); err != nil {
			return nil, nil, err
		}
	} else {
		names = append(append(names, leftNames...), rightNames...)
		if j.On != nil {
			if item.on, err = s.joinCondition(j.On, names, s.relations[first:]); err != nil {
				return nil, nil, err
			}
		}
	}
	if j.UsingAlias != "" {
		if err := s.aliasUsing(j, names[:len(using)]); err != nil {
			return nil, nil, err
		}
	}
	if j.Alias != nil {
		return s.aliasJoin(item, names, j, first)
	}
	return item, names, nil
}

// rightSide analyzes the right side of a join, whose functions see the left one: an inner join or a left one
// goes through its rows one by one.
func (s *scope) rightSide(j *sql.Join, names []visible, left []*relation, locking []sql.Locking) (*fromItem, []visible, error) {
	before := s.names
	s.names = append(slices.Clip(s.names), names...)
	defer func() { s.names = before }()
	if j.Kind == sql.RightJoin || j.Kind == sql.FullJoin {
		open := closeOff(left, lateralJoin)
		defer open()
	}
	return s.tableExpr(j.Right, locking)
}

// closeOff lets no function in FROM refer to relations, until the function that it returns is called.
func closeOff(relations []*relation, why lateral) (open func()) {
	closed := slices.Clone(relations)
	before := make([]lateral, len(closed))
	for i, r := range closed {
		before[i], r.closed = r.closed, why
	}
	return func() {
		for i, r := range closed {
			r.closed = before[i]
		}
	}
}

// lateral is why a function in FROM may not refer to a relation that it sees.
type lateral uint8

const (
	lateralOpen   lateral = iota
	lateralJoin           // it stands on the left of RIGHT or FULL JOIN
	lateralTarget         // it is what UPDATE or DELETE changes
)

// refuseClosed refuses a reference to a relation that is closed to functions in FROM.
func (s *scope) refuseClosed(n node, at int) error {
	if c, ok := n.(*columnNode); ok && c.table != nil && c.table.closed != lateralOpen {
		return s.closedTo(c.table, at)
	}
	for _, child := range n.children() { // of a merged column
		if err := s.refuseClosed(child, at); err != nil {
			return err
		}
	}
	return nil
}

func (s *scope) closedTo(r *relation, at int) error {
	e := refusal("42P10", `invalid reference to FROM-clause entry for table "`+r.alias+`"`)
	e.Position = sql.CharPosition(s.a.text, at)
	if r.closed == lateralJoin {
		e.Detail = "The combining JOIN type must be INNER or LEFT for a LATERAL reference."
	} else {
		e.Hint = `There is an entry for table "` + r.alias + `", but it cannot be referenced from this part of the query.`
	}
	return e
}

// aliasJoin hides the relations of a join behind one name.
func (s *scope) aliasJoin(item *fromItem, names []visible, j *sql.Join, first int) (*fromItem, []visible, error) {
	for _, r := range s.relations[first:] {
		r.hidden = true
	}
	shape := &relation{alias: j.Alias.Name, shape: true}
	for i, v := range names {
		if i < len(j.Alias.Columns) {
			v.name = j.Alias.Columns[i].Name
		}
		shape.columns = append(shape.columns, v)
	}
	s.relations = append(s.relations, shape)
	return item, shape.columns, nil
}

// joinCondition analyzes ON: it sees the two sides only.
func (s *scope) joinCondition(on sql.Expr, names []visible, relations []*relation) ([]node, error) {
	allNames, allRelations, clause := s.names, s.relations, s.clause
	noAggs, noWindows := s.noAggs, s.noWindows
	s.names, s.relations, s.building, s.clause = names, relations, false, "JOIN conditions"
	s.noAggs, s.noWindows = true, true
	n, err := s.boolean(on, "JOIN/ON")
	s.names, s.relations, s.building, s.clause = allNames, allRelations, true, clause
	s.noAggs, s.noWindows = noAggs, noWindows
	if err != nil {
		return nil, err
	}
	return conjuncts(n), nil
}

func commonNames(left, right []visible) []sql.Ident {
	var common []sql.Ident
	for _, l := range left {
		for _, r := range right {
			if l.name == r.name {
				common = append(common, sql.Ident{Name: l.name})
			}
		}
	}
	return common
}

// using joins by equal columns, each of which is then seen once.
func (s *scope) using(item *fromItem, columns []sql.Ident, left, right []visible, j *sql.Join) ([]visible, error) {
	var names []visible
	merged := make(map[string]bool, len(columns))
	for _, c := range columns {
		l, err := s.usingColumn(c, left, "left")
		if err != nil {
			return nil, err
		}
		r, err := s.usingColumn(c, right, "right")
		if err != nil {
			return nil, err
		}
		equal, err := s.a.binary("=", l, r, c.Offset())
		if err != nil {
			return nil, err
		}
		item.on = append(item.on, equal)
		n, err := s.mergedColumn(j.Kind, l, r)
		if err != nil {
			return nil, err
		}
		names = append(names, visible{c.Name, n})
		merged[c.Name] = true
	}
	for _, side := range [][]visible{left, right} {
		for _, v := range side {
			if !merged[v.name] {
				names = append(names, v)
			}
		}
	}
	return names, nil
}

// aliasUsing gives the merged columns a relation's name.
func (s *scope) aliasUsing(j *sql.Join, merged []visible) error {
	if s.relationNamed(j.UsingAlias) {
		return refusal("42712", `table name "`+j.UsingAlias+`" specified more than once`)
	}
	s.relations = append(s.relations, &relation{alias: j.UsingAlias, shape: true, columns: slices.Clone(merged)})
	return nil
}

func (s *scope) relationNamed(alias string) bool {
	return slices.ContainsFunc(s.relations, func(r *relation) bool { return r.alias == alias })
}

func (s *scope) mergedColumn(kind sql.JoinKind, l, r node) (node, error) {
	switch kind {
	case sql.RightJoin:
		return r, nil
	case sql.FullJoin:
		args := []node{l, r}
		t, err := s.a.common("JOIN/USING", args)
		return &coalesceNode{typeAt(t, l.place()), args}, err
	}
	return l, nil
}

func (s *scope) usingColumn(c sql.Ident, names []visible, side string) (node, error) {
	var found node
	for _, v := range names {
		if v.name != c.Name {
			continue
		}
		if found != nil {
			return nil, s.a.fail(c.Offset(), "42702", fmt.Sprintf("common column name %q appears more than once in %s table", c.Name, side))
		}
		found = v.node
	}
	if found == nil {
		return nil, s.a.fail(c.Offset(), "42703", fmt.Sprintf("column %q specified in USING clause does not exist in %s table", c.Name, side))
	}
	return found, nil
}

// conjuncts splits a condition at its ANDs.
func conjuncts(n node) []node {
	if l, ok := n.(*logicNode); ok && !l.or {
		var list []node
		for _, term := range l.terms {
			list = append(list, conjuncts(term)...)
		}
		return list
	}
	return []node{n}
}

// refs returns which relations of its level a node refers to.
func refs(n node) uint64 {
	var mask uint64
	switch c := n.(type) {
	case *columnNode:
		if c.depth == 0 {
			return 1 << c.rel
		}
		return 0
	case *systemNode:
		if c.depth == 0 {
			return 1 << c.rel
		}
		return 0
	case *wholeRowNode:
		if c.depth == 0 {
			return 1 << c.rel
		}
		return 0
	case *aggregateNode:
		mask = 1 << c.rel
	case *windowNode:
		mask = 1 << c.rel
	case *setNode:
		mask = 1 << c.rel
	case *subqueryNode:
		mask = c.uses
	}
	for _, child := range n.children() {
		mask |= refs(child)
	}
	return mask
}

// volatile says whether a node must be computed anew for every row.
func volatile(n node) bool {
	switch c := n.(type) {
	case *callNode:
		if c.fn.Volatility == value.Volatile {
			return true
		}
	case *opNode:
		if c.op.Volatility == value.Volatile {
			return true
		}
	case *subqueryNode:
		if c.correlated {
			return true
		}
	}
	return slices.ContainsFunc(n.children(), volatile)
}
