package sql

// startsSelect reports whether a query without a parenthesis begins at the token.
func startsSelect(t *token) bool {
	switch t.kw {
	case kwSelect, kwValues, kwWith, kwTable:
		return true
	}
	return false
}

// startsParenQuery reports whether a query begins behind a parenthesis that may hold something
// else as well, such as a column called values.
func (p *parser) startsParenQuery() bool {
	return startsSelect(&p.tok) && (!p.isKw(kwValues) || p.peek().kind == '(')
}

// query reads a query with or without parentheses around it (SelectStmt).
func (p *parser) query() *Select {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	var with *With
	if p.isKw(kwWith) {
		with = p.with()
	}
	return p.queryBody(with)
}

// queryBody reads what follows WITH.
func (p *parser) queryBody(with *With) *Select {
	outer := p.openChain()
	defer p.closeChain(outer)
	return p.queryTail(p.setOperations(p.selectOperand(), 0), with)
}

// The levels of set operations: INTERSECT binds tighter.
const (
	levelUnion = iota + 1
	levelIntersect
)

func setLevel(kw keyword) (SetOp, int) {
	switch kw {
	case kwUnion:
		return Union, levelUnion
	case kwExcept:
		return Except, levelUnion
	case kwIntersect:
		return Intersect, levelIntersect
	}
	return 0, 0
}

// setOperations reads the operators behind left whose level is above floor.
func (p *parser) setOperations(left *Select, floor int) *Select {
	for p.err == nil && left != nil {
		op, level := setLevel(p.tok.kw)
		if level <= floor {
			return left
		}
		body := &SetOperation{At: p.here(), Op: op, Left: left}
		p.advance()
		body.All = p.acceptKw(kwAll)
		if !body.All {
			p.acceptKw(kwDistinct)
		}
		body.Right = p.setOperations(p.selectOperand(), level)
		p.grow()
		left = &Select{At: left.At, Body: body}
	}
	return left
}

// selectOperand reads one arm: SELECT, VALUES, TABLE or a query in parentheses.
func (p *parser) selectOperand() *Select {
	at := p.here()
	switch {
	case p.is('('):
		return p.parenQuery()
	case p.acceptKw(kwSelect):
		return &Select{At: at, Body: p.selectCore(at)}
	case p.acceptKw(kwValues):
		return &Select{At: at, Body: p.values(at)}
	case p.acceptKw(kwTable):
		return &Select{At: at, Body: p.tableCore(at)}
	}
	p.syntaxError()
	return nil
}

// parenQuery reads (query); the parentheses leave no trace (select_with_parens).
func (p *parser) parenQuery() *Select {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.expect('(')
	q := p.query()
	p.expect(')')
	return q
}

// with reads WITH name [(columns)] AS [[NOT] MATERIALIZED] (statement), ... .
func (p *parser) with() *With {
	w := &With{At: p.here()}
	p.expectKw(kwWith)
	if p.isKw(kwRecursive) {
		p.refuse("WITH RECURSIVE", w.At)
		return w
	}
	w.CTEs = append(w.CTEs, p.cte())
	for p.accept(',') {
		w.CTEs = append(w.CTEs, p.cte())
	}
	return w
}

func (p *parser) cte() CTE {
	c := CTE{At: p.here(), Name: p.colID()}
	if p.is('(') {
		c.Columns = p.parenIdents()
	}
	p.expectKw(kwAs)
	switch {
	case p.acceptKw(kwMaterialized):
		c.Materialize = MaterializeAlways
	case p.acceptKw(kwNot):
		p.expectKw(kwMaterialized)
		c.Materialize = MaterializeNever
	}
	p.expect('(')
	c.Query = p.preparable()
	p.expect(')')
	if p.isKw(kwSearch) || p.isKw(kwCycle) {
		p.refuse("SEARCH and CYCLE of WITH", p.here())
	}
	return c
}

// preparable reads a statement that may stand in a WITH list.
func (p *parser) preparable() Statement {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	var with *With
	if p.isKw(kwWith) {
		with = p.with()
	}
	return p.preparableBody(with)
}

// preparableBody reads the statement behind its WITH list.
func (p *parser) preparableBody(with *With) Statement {
	switch p.tok.kw {
	case kwInsert:
		return p.insert(with)
	case kwUpdate:
		return p.update(with)
	case kwDelete:
		return p.delete(with)
	case kwMerge:
		if with != nil {
			p.refuse("MERGE", p.here())
		}
	}
	return p.queryBody(with)
}

// selectCore reads behind SELECT.
func (p *parser) selectCore(at At) *SelectCore {
	c := &SelectCore{At: at}
	p.distinct(c)
	if c.Distinct || !endsTargets(&p.tok) {
		c.Targets = p.targets()
	}
	if p.isKw(kwInto) {
		p.refuse("SELECT INTO", p.here())
	}
	if p.acceptKw(kwFrom) {
		c.From = p.tableExprs()
	}
	if p.acceptKw(kwWhere) {
		c.Where = p.expr()
	}
	if p.acceptKw(kwGroup) {
		p.expectKw(kwBy)
		p.groupBy(c)
	}
	if p.acceptKw(kwHaving) {
		c.Having = p.expr()
	}
	if p.acceptKw(kwWindow) {
		c.Windows = p.namedWindows()
	}
	return c
}

func (p *parser) distinct(c *SelectCore) {
	if !p.acceptKw(kwDistinct) {
		p.acceptKw(kwAll)
		return
	}
	c.Distinct = true
	if p.acceptKw(kwOn) {
		p.expect('(')
		c.DistinctOn = p.exprList()
		p.expect(')')
	}
}

// endsTargets reports a token that ends the list of targets, which may be empty: SELECT FROM t,
// EXISTS (SELECT).
func endsTargets(t *token) bool {
	switch t.kind {
	case tokEOF, ';', ')':
		return true
	}
	switch t.kw {
	case kwFrom, kwWhere, kwGroup, kwHaving, kwWindow, kwUnion, kwIntersect, kwExcept,
		kwOrder, kwLimit, kwOffset, kwFetch, kwFor, kwInto, kwOn, kwReturning:
		return true
	}
	return false
}

// targets reads the output columns of SELECT or RETURNING.
func (p *parser) targets() []Target {
	list := make([]Target, 1, 4)
	list[0] = p.target()
	for p.accept(',') {
		list = append(list, p.target())
	}
	return list
}

func (p *parser) target() Target {
	t := Target{At: p.here()}
	if p.accept('*') {
		t.Value = &Star{At: t.At}
		return t
	}
	t.Value = p.targetExpr()
	if p.acceptKw(kwAs) {
		t.Alias = p.label()
	} else if isBareLabel(&p.tok) {
		t.Alias = p.nameText()
		p.advance()
	}
	return t
}

// tableCore reads TABLE t.
func (p *parser) tableCore(at At) *SelectCore {
	t := p.relation()
	return &SelectCore{
		At:      at,
		Targets: []Target{{At: at, Value: &Star{At: at}}},
		From:    []TableExpr{&t},
	}
}

// values reads the rows behind VALUES.
func (p *parser) values(at At) *Values {
	v := &Values{At: at, Rows: []ValuesRow{p.valuesRow()}}
	for p.accept(',') {
		v.Rows = append(v.Rows, p.valuesRow())
	}
	return v
}

func (p *parser) valuesRow() ValuesRow {
	row := ValuesRow{At: p.here()}
	p.expect('(')
	row.Exprs = p.exprList()
	p.expect(')')
	return row
}

func (p *parser) groupBy(c *SelectCore) {
	if p.acceptKw(kwDistinct) {
		c.GroupDistinct = true
	} else {
		p.acceptKw(kwAll)
	}
	c.GroupBy = append(c.GroupBy, p.groupItem())
	for p.accept(',') {
		c.GroupBy = append(c.GroupBy, p.groupItem())
	}
}

func (p *parser) groupItem() Expr {
	at := p.here()
	switch {
	case p.is('(') && p.peek().kind == ')':
		p.advance()
		p.advance()
		return &EmptyGroupingSet{At: at}
	case (p.isKw(kwCube) || p.isKw(kwRollup)) && p.peek().kind == '(',
		p.isKw(kwGrouping) && p.peek().kw == kwSets:
		p.refuse("grouping sets", at)
	}
	return p.expr()
}

// orderBy reads ORDER BY with its keys.
func (p *parser) orderBy() []OrderItem {
	p.expectKw(kwOrder)
	p.expectKw(kwBy)
	list := []OrderItem{p.orderItem()}
	for p.accept(',') {
		list = append(list, p.orderItem())
	}
	return list
}

func (p *parser) orderItem() OrderItem {
	o := OrderItem{At: p.here(), Value: p.expr()}
	switch {
	case p.acceptKw(kwUsing):
		o.Order = UsingOperator
		o.Using = p.operator()
	default:
		o.Order = p.sortOrder()
	}
	o.Nulls = p.nullsOrder()
	return o
}

func (p *parser) sortOrder() SortOrder {
	switch {
	case p.acceptKw(kwAsc):
		return Ascending
	case p.acceptKw(kwDesc):
		return Descending
	}
	return DefaultOrder
}

func (p *parser) nullsOrder() NullsOrder {
	switch {
	case !p.accept(tokNulls):
		return DefaultNulls
	case p.acceptKw(kwFirst):
		return NullsFirst
	}
	p.expectKw(kwLast)
	return NullsLast
}
