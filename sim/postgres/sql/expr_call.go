package sql

// keywordPrimary reads an operand that begins with a keyword.
func (p *parser) keywordPrimary() Expr {
	at := p.here()
	switch p.tok.kw {
	case kwTrue, kwFalse:
		value := p.isKw(kwTrue)
		p.advance()
		return &BoolLiteral{At: at, Value: value}
	case kwNull:
		p.advance()
		return &NullLiteral{At: at}
	case kwCase:
		return p.caseExpr()
	case kwArray:
		return p.arrayExpr()
	case kwUnique:
		p.refuse("UNIQUE predicate", at)
	}
	if p.startsSpecialCall() {
		return p.functionExpr(true)
	}
	if t := p.constantType(); t != nil {
		return p.typedConstant(at, t)
	}
	return p.namePrimary()
}

// valueKind is the function that the keyword calls without parentheses; zero for other words.
func valueKind(kw keyword) SQLValueKind {
	switch kw {
	case kwCurrentDate:
		return CurrentDate
	case kwCurrentTime:
		return CurrentTime
	case kwCurrentTimestamp:
		return CurrentTimestamp
	case kwLocaltime:
		return LocalTime
	case kwLocaltimestamp:
		return LocalTimestamp
	case kwCurrentRole:
		return CurrentRole
	case kwCurrentUser:
		return CurrentUser
	case kwUser:
		return User
	case kwSessionUser:
		return SessionUser
	case kwCurrentCatalog:
		return CurrentCatalog
	case kwCurrentSchema:
		return CurrentSchema
	}
	return 0
}

// startsSpecialCall reports a construct with a syntax of its own that begins with this keyword.
// Most of the words may also name a column, so that the parenthesis decides.
func (p *parser) startsSpecialCall() bool {
	kw := p.tok.kw
	if kw == kwCast || kw == kwCollation && p.peek().kw == kwFor {
		return true
	}
	if valueKind(kw) != 0 {
		next := p.peek().kind
		return kw != kwCurrentSchema || next != '(' && next != tokString
	}
	switch kw {
	case kwExists, kwRow, kwCoalesce, kwGreatest, kwLeast, kwNullif, kwExtract, kwOverlay, kwPosition,
		kwSubstring, kwTrim, kwTreat, kwNormalize, kwGrouping, kwXmlattributes, kwXmlconcat,
		kwXmlelement, kwXmlexists, kwXmlforest, kwXmlparse, kwXmlpi, kwXmlroot, kwXmlserialize:
		return p.peek().kind == '('
	}
	return false
}

// functionExpr reads a function call of any syntax; inExpr admits what FROM does not: EXISTS, ROW
// and the clauses of aggregates and windows.
func (p *parser) functionExpr(inExpr bool) Expr {
	if p.is(tokKeyword) && p.startsSpecialCall() {
		if inExpr && p.isKw(kwExists) {
			at := p.here()
			p.advance()
			return &Exists{At: at, Query: p.parenQuery()}
		}
		if inExpr && p.isKw(kwRow) {
			return p.explicitRow()
		}
		return p.specialCall()
	}
	if !inExpr {
		return p.plainCall()
	}
	return p.namePrimary()
}

// plainCall reads a function call in FROM, which has no clauses behind it.
func (p *parser) plainCall() Expr {
	at := p.here()
	dotted := p.peek().kind == '.' && isColID(&p.tok)
	name := QualifiedName{At: at, Name: p.takeName(dotted || isFunctionName(&p.tok))}
	if dotted {
		name = p.nameTail(at, name.Name)
	}
	f, _ := p.arguments(name)
	return f
}

// specialCall reads the calls of func_expr_common_subexpr.
func (p *parser) specialCall() Expr {
	at, kw := p.here(), p.tok.kw
	if kind := valueKind(kw); kind != 0 {
		return p.sqlValue(at, kind)
	}
	p.advance()
	if kw == kwCollation {
		p.expectKw(kwFor)
	}
	p.expect('(')
	e := p.specialArguments(kw, at)
	p.expect(')')
	return e
}

// specialArguments reads what stands in the parentheses.
func (p *parser) specialArguments(kw keyword, at At) Expr {
	switch kw {
	case kwCast:
		c := &Cast{At: at, Operand: p.expr()}
		p.expectKw(kwAs)
		c.Type = p.typeName()
		return c
	case kwCoalesce:
		return &Coalesce{At: at, Args: p.exprList()}
	case kwGreatest, kwLeast:
		return &MinMax{At: at, Least: kw == kwLeast, Args: p.exprList()}
	case kwNullif:
		n := &NullIf{At: at, Left: p.expr()}
		p.expect(',')
		n.Right = p.expr()
		return n
	case kwCollation:
		return builtin("pg_collation_for", at, p.expr())
	case kwExtract:
		return p.extract(at)
	case kwOverlay:
		return p.overlay(at)
	case kwPosition:
		return p.positionCall(at)
	case kwSubstring:
		return p.substring(at)
	case kwTrim:
		return p.trim(at)
	}
	p.refuseCall(kw, at)
	return nil
}

// refuseCall names the calls that are not simulated.
func (p *parser) refuseCall(kw keyword, at At) {
	switch kw {
	case kwTreat:
		p.refuse("TREAT", at)
	case kwNormalize:
		p.refuse("NORMALIZE", at)
	case kwGrouping:
		p.refuse("grouping sets", at)
	case kwExists, kwRow:
		p.syntaxError()
	}
	p.refuse("XML", at)
}

// sqlValue reads CURRENT_TIMESTAMP and its like with an optional precision.
func (p *parser) sqlValue(at At, kind SQLValueKind) Expr {
	v := &SQLValue{At: at, Kind: kind, Precision: -1}
	p.advance()
	switch kind {
	case CurrentTime, CurrentTimestamp, LocalTime, LocalTimestamp:
		if p.accept('(') {
			v.Precision = int(p.iconst())
			p.expect(')')
		}
	}
	return v
}

func (p *parser) extract(at At) Expr {
	field := &StringLiteral{At: p.here()}
	switch {
	case p.is(tokString):
		field.Value = p.stringValue()
	case p.is(tokIdent), isIntervalField(p.tok.kw):
		field.Value = p.nameText()
		p.advance()
	default:
		p.syntaxError()
	}
	p.expectKw(kwFrom)
	return builtin("extract", at, field, p.expr())
}

func (p *parser) overlay(at At) Expr {
	name := QualifiedName{At: at, Name: "overlay"}
	f := p.argumentsUntil(name, kwPlacing)
	if !p.acceptKw(kwPlacing) {
		return f
	}
	f.Name.Schema = "pg_catalog"
	f.Args = append(f.Args, p.expr())
	p.expectKw(kwFrom)
	f.Args = append(f.Args, p.expr())
	if p.acceptKw(kwFor) {
		f.Args = append(f.Args, p.expr())
	}
	return f
}

func (p *parser) positionCall(at At) Expr {
	part := p.restrictedExpr()
	p.expectKw(kwIn)
	return builtin("position", at, p.restrictedExpr(), part)
}

// substring reads SUBSTRING's forms; FOR alone counts from 1.
func (p *parser) substring(at At) Expr {
	f := p.argumentsUntil(QualifiedName{At: at, Name: "substring"}, kwFrom, kwFor, kwSimilar)
	var from, count Expr
	switch {
	case p.acceptKw(kwFrom):
		from = p.expr()
		if p.acceptKw(kwFor) {
			count = p.expr()
		}
	case p.acceptKw(kwFor):
		count = p.expr()
		if p.acceptKw(kwFrom) {
			from = p.expr()
			break
		}
		from = &IntegerLiteral{At: at, Value: 1}
		count = &Cast{At: at, Operand: count, Type: systemType("int4", at)}
	case p.acceptKw(kwSimilar):
		from = p.expr()
		p.expectKw(kwEscape)
		count = p.expr()
	default:
		return f
	}
	f.Name.Schema = "pg_catalog"
	f.Args = append(f.Args, from)
	if count != nil {
		f.Args = append(f.Args, count)
	}
	return f
}

func (p *parser) trim(at At) Expr {
	name := "btrim"
	switch {
	case p.acceptKw(kwBoth):
	case p.acceptKw(kwLeading):
		name = "ltrim"
	case p.acceptKw(kwTrailing):
		name = "rtrim"
	}
	if p.acceptKw(kwFrom) {
		return builtin(name, at, p.exprList()...)
	}
	first := p.expr()
	if p.acceptKw(kwFrom) {
		return builtin(name, at, append(p.exprList(), first)...)
	}
	args := []Expr{first}
	for p.accept(',') {
		args = append(args, p.expr())
	}
	return builtin(name, at, args...)
}

// argumentsUntil reads the first argument, and the others too unless one of the words follows.
func (p *parser) argumentsUntil(name QualifiedName, words ...keyword) *FuncCall {
	f := &FuncCall{At: name.At, Name: name}
	if p.is(')') {
		return f
	}
	outer := p.similarDepth
	p.similarDepth = p.depth + 1
	p.argument(f)
	p.similarDepth = outer
	for _, kw := range words {
		if p.isKw(kw) && f.ArgNames == nil {
			return f
		}
	}
	for p.accept(',') {
		p.argument(f)
	}
	if !p.is(')') {
		p.syntaxError()
	}
	return f
}

// call reads a function's arguments and the clauses behind them. A string directly behind makes it
// a constant of a type with modifiers: numeric(10,2) '1.5'.
func (p *parser) call(name QualifiedName) Expr {
	f, plain := p.arguments(name)
	if p.is(tokString) {
		if !plain {
			p.syntaxError()
		}
		return p.typeCall(f)
	}
	p.withinGroup(f)
	if p.acceptKw(kwFilter) {
		p.expect('(')
		p.expectKw(kwWhere)
		f.Filter = p.expr()
		p.expect(')')
	}
	if p.acceptKw(kwOver) {
		f.Over = p.over()
	}
	return f
}

// typeCall makes a constant of what looks like a call with a string behind it.
func (p *parser) typeCall(f *FuncCall) Expr {
	for i, name := range f.ArgNames {
		if name != "" {
			p.fail(CodeSyntaxError, "type modifier cannot have parameter name", Start(f.Args[i]))
		}
	}
	if len(f.OrderBy) > 0 {
		p.fail(CodeSyntaxError, "type modifier cannot have ORDER BY", f.At)
	}
	return p.typedString(f.At, &TypeName{At: f.At, Name: f.Name, Modifiers: f.Args})
}

// arguments reads (...) of a function call (func_application). plain tells that they could as well
// be a type's modifiers: there are some, and none of ALL, DISTINCT and VARIADIC.
func (p *parser) arguments(name QualifiedName) (f *FuncCall, plain bool) {
	f = &FuncCall{At: name.At, Name: name}
	p.expect('(')
	all := false
	switch {
	case p.accept(')'):
		return f, false
	case p.accept('*'):
		f.Star = true
		p.expect(')')
		return f, false
	case p.acceptKw(kwDistinct):
		f.Distinct = true
	case p.acceptKw(kwAll):
		all = true
	default:
		f.Variadic = p.acceptKw(kwVariadic)
	}
	p.argument(f)
	for !f.Variadic && p.accept(',') {
		f.Variadic = p.acceptKw(kwVariadic)
		p.argument(f)
	}
	if p.isKw(kwOrder) {
		f.OrderBy = p.orderBy()
	}
	p.expect(')')
	return f, !all && !f.Distinct && !f.Variadic
}

// argument reads value, name => value or name := value.
func (p *parser) argument(f *FuncCall) {
	name := ""
	if isFunctionName(&p.tok) {
		if next := p.peek().kind; next == tokArrow || next == tokColonEquals {
			name = p.nameText()
			p.advance()
			p.advance()
		}
	}
	if name != "" && f.ArgNames == nil {
		f.ArgNames = make([]string, len(f.Args))
	}
	if f.ArgNames != nil {
		f.ArgNames = append(f.ArgNames, name)
	}
	f.Args = append(f.Args, p.expr())
}

// withinGroup reads WITHIN GROUP (ORDER BY ...), which excludes other ways to order.
func (p *parser) withinGroup(f *FuncCall) {
	at := p.here()
	if !p.acceptKw(kwWithin) {
		return
	}
	p.expectKw(kwGroup)
	p.expect('(')
	f.WithinGroup = p.orderBy()
	p.expect(')')
	switch {
	case len(f.OrderBy) > 0:
		p.fail(CodeSyntaxError, "cannot use multiple ORDER BY clauses with WITHIN GROUP", at)
	case f.Distinct:
		p.fail(CodeSyntaxError, "cannot use DISTINCT with WITHIN GROUP", at)
	case f.Variadic:
		p.fail(CodeSyntaxError, "cannot use VARIADIC with WITHIN GROUP", at)
	}
}
