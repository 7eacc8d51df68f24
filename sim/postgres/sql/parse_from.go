package sql

// tableExprs reads the items of FROM.
func (p *parser) tableExprs() []TableExpr {
	list := []TableExpr{p.tableExpr()}
	for p.accept(',') {
		list = append(list, p.tableExpr())
	}
	return list
}

// tableExpr reads an item with the joins behind it (table_ref).
func (p *parser) tableExpr() TableExpr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	outer := p.openChain()
	defer p.closeChain(outer)
	return p.joins(p.tablePrimary())
}

// joins reads joins as long as there are any. The condition of a join inside another's right side
// comes first: a JOIN b JOIN c ON 1 ON 2 nests to the right.
func (p *parser) joins(left TableExpr) TableExpr {
	for p.err == nil {
		j := &Join{At: p.here(), Left: left}
		if !p.joinWords(j) {
			return left
		}
		if j.Kind == CrossJoin || j.Natural {
			j.Right = p.tablePrimary()
		} else {
			j.Right = p.tableExpr()
			p.joinCondition(j)
		}
		p.grow()
		left = j
	}
	return left
}

func isJoinWord(kw keyword) bool {
	switch kw {
	case kwJoin, kwCross, kwNatural, kwInner, kwLeft, kwRight, kwFull:
		return true
	}
	return false
}

// joinWords reads the words up to JOIN; false when no join begins here.
func (p *parser) joinWords(j *Join) bool {
	if p.acceptKw(kwCross) {
		j.Kind = CrossJoin
		p.expectKw(kwJoin)
		return true
	}
	j.Natural = p.acceptKw(kwNatural)
	j.Kind = InnerJoin
	switch {
	case p.acceptKw(kwJoin):
		return true
	case p.acceptKw(kwInner):
		p.expectKw(kwJoin)
		return true
	case p.acceptKw(kwLeft):
		j.Kind = LeftJoin
	case p.acceptKw(kwRight):
		j.Kind = RightJoin
	case p.acceptKw(kwFull):
		j.Kind = FullJoin
	default:
		if j.Natural {
			p.syntaxError()
		}
		return false
	}
	p.acceptKw(kwOuter)
	p.expectKw(kwJoin)
	return true
}

func (p *parser) joinCondition(j *Join) {
	if p.acceptKw(kwOn) {
		j.On = p.expr()
		return
	}
	p.expectKw(kwUsing)
	j.Using = p.parenIdents()
	if p.acceptKw(kwAs) {
		j.UsingAlias = p.colID()
	}
}

// tablePrimary reads one item without joins.
func (p *parser) tablePrimary() TableExpr {
	switch {
	case p.is('('):
		return p.parenTable()
	case p.isKw(kwLateral):
		p.refuse("LATERAL", p.here())
		return nil
	case p.isKw(kwRows) && p.peek().kw == kwFrom:
		p.refuse("ROWS FROM", p.here())
		return nil
	case p.isKw(kwXmltable):
		p.refuse("XMLTABLE", p.here())
		return nil
	case p.startsFunction():
		return p.functionTable()
	}
	t := p.relation()
	t.Alias = p.alias()
	if p.isKw(kwTablesample) {
		p.refuse("TABLESAMPLE", p.here())
	}
	return &t
}

// startsFunction reports whether a function call begins here rather than a table's name.
func (p *parser) startsFunction() bool {
	switch {
	case p.isKw(kwOnly):
		return false
	case p.is(tokKeyword) && p.startsSpecialCall():
		return !p.isKw(kwExists) && !p.isKw(kwRow)
	case !isLabel(&p.tok):
		return false
	}
	if !isColID(&p.tok) {
		return isFunctionName(&p.tok) // a call, or an error behind the name
	}
	switch p.peek().kind {
	case '(':
		return isFunctionName(&p.tok)
	case '.':
		return p.dottedFunction()
	}
	return false
}

// dottedFunction looks behind the dots of a qualified name for a parenthesis, on a copy of the
// lexer. A name has few parts; more than four are an error anyway.
func (p *parser) dottedFunction() bool {
	probe := p.lex
	probe.pos = int(p.tok.end)
	for range 4 {
		if t := probe.next(); t.kind != '.' {
			return t.kind == '('
		}
		if t := probe.next(); !isLabel(&t) {
			return false
		}
	}
	return false
}

// relation reads [ONLY] name [*].
func (p *parser) relation() Table {
	t := Table{At: p.here()}
	if p.acceptKw(kwOnly) {
		t.Only = true
		if p.accept('(') {
			t.Name = p.relationName()
			p.expect(')')
			return t
		}
		t.Name = p.relationName()
		return t
	}
	t.Name = p.relationName()
	p.accept('*')
	return t
}

// alias reads [AS] name [(columns)], nil when there is none.
func (p *parser) alias() *Alias {
	at := p.here()
	if !p.acceptKw(kwAs) && !isColID(&p.tok) {
		return nil
	}
	a := &Alias{At: at, Name: p.colID()}
	if p.is('(') {
		a.Columns = p.parenIdents()
	}
	return a
}

// functionTable reads call [WITH ORDINALITY] [alias].
func (p *parser) functionTable() TableExpr {
	f := &FunctionTable{At: p.here(), Call: p.functionExpr(false)}
	if p.acceptKws(kwWith, kwOrdinality) {
		f.WithOrdinality = true
	}
	at := p.here()
	as := p.acceptKw(kwAs)
	switch {
	case as && p.is('('):
		f.ColumnDefs = p.columnDefList()
	case as || isColID(&p.tok):
		f.Alias = &Alias{At: at, Name: p.colID()}
		p.aliasColumns(f)
	}
	return f
}

// aliasColumns reads (name, ...) or (name type, ...) behind the alias.
func (p *parser) aliasColumns(f *FunctionTable) {
	if !p.is('(') {
		return
	}
	if after := p.peek2().kind; after == ',' || after == ')' {
		f.Alias.Columns = p.parenIdents()
		return
	}
	f.ColumnDefs = p.columnDefList()
}

func (p *parser) columnDefList() []ColumnDef {
	p.expect('(')
	list := []ColumnDef{p.functionColumn()}
	for p.accept(',') {
		list = append(list, p.functionColumn())
	}
	p.expect(')')
	return list
}

func (p *parser) functionColumn() ColumnDef {
	c := ColumnDef{At: p.here(), Name: p.colID(), Type: p.typeName()}
	if p.acceptKw(kwCollate) {
		name := p.qualifiedName()
		c.Collation = &name
	}
	return c
}

// parenTable reads what begins with a parenthesis: a subquery, or joined tables.
func (p *parser) parenTable() TableExpr {
	at := p.here()
	query, table := p.parenQueryOrJoin()
	if query != nil {
		return p.subqueryTable(at, query)
	}
	j, ok := table.(*Join)
	if !ok {
		return table
	}
	if alias := p.alias(); alias != nil {
		j.Alias = alias
	}
	return j
}

// subqueryTable reads the alias behind a subquery, which PostgreSQL 15 insists on.
func (p *parser) subqueryTable(at At, query *Select) TableExpr {
	s := &SubqueryTable{At: at, Query: query, Alias: p.alias()}
	if s.Alias == nil && p.err == nil {
		what, example := "subquery", "SELECT"
		if _, ok := query.Body.(*Values); ok {
			what, example = "VALUES", "VALUES"
		}
		p.stop(&Error{
			Code: CodeSyntaxError, Message: what + " in FROM must have an alias",
			Hint:     "For example, FROM (" + example + " ...) [AS] foo.",
			Position: p.position(at),
		})
	}
	return s
}

// parenQueryOrJoin reads ( ... ) and gives either the query or the join inside. Nested
// parentheses need no second look: the inner ones say what they held, and what follows them
// decides (a set operation makes a query, an alias or join makes a table).
func (p *parser) parenQueryOrJoin() (query *Select, table TableExpr) {
	if !p.enter() {
		return nil, nil
	}
	defer p.leave()
	p.expect('(')
	inner := p.here()
	switch {
	case p.startsParenQuery():
		query = p.query()
	case p.is('('):
		query, table = p.parenQueryOrJoin()
		query, table = p.afterInner(inner, query, table)
	default:
		table = p.tableExpr()
	}
	if _, ok := table.(*Join); query == nil && !ok {
		p.syntaxError()
	}
	p.expect(')')
	return query, table
}

// afterInner goes on behind the inner parentheses.
func (p *parser) afterInner(at At, query *Select, table TableExpr) (*Select, TableExpr) {
	outer := p.openChain()
	defer p.closeChain(outer)
	if query == nil {
		return nil, p.joinsBehindParen(table)
	}
	switch {
	case p.is(')') || p.continuesQuery():
		return p.queryTail(p.setOperations(query, 0), nil), nil
	case !p.isKw(kwAs) && !isColID(&p.tok) && !isJoinWord(p.tok.kw):
		p.syntaxError()
		return nil, nil
	}
	return nil, p.joins(p.subqueryTable(at, query))
}

// joinsBehindParen reads (a JOIN b) [alias] with further joins; an alias alone is not enough for
// the parentheses around it.
func (p *parser) joinsBehindParen(table TableExpr) TableExpr {
	inner, ok := table.(*Join)
	if ok {
		inner.Alias = p.alias()
	}
	all := p.joins(table)
	if ok && all == table && inner.Alias != nil {
		p.syntaxError()
	}
	return all
}

// continuesQuery reports that the token behind a query in parentheses belongs to a larger query.
func (p *parser) continuesQuery() bool {
	switch p.tok.kw {
	case kwUnion, kwIntersect, kwExcept, kwOrder, kwLimit, kwOffset, kwFetch, kwFor:
		return true
	}
	return false
}
