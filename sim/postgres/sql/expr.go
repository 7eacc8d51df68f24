package sql

// The binding strength of operators, weakest first (gram.y's precedence declarations; manual,
// table 4.2). Operators of levelIs, levelCompare and levelMatch do not chain: a < b < c is an error.
const (
	levelNone = iota
	levelOr
	levelAnd
	levelNot
	levelIs
	levelCompare
	levelMatch // BETWEEN, IN, LIKE, ILIKE, SIMILAR
	levelOther // every operator not named here
	levelAdd
	levelMultiply
	levelPower
	levelAt // AT TIME ZONE
	levelCollate
	levelSign
	levelCast
)

// expr reads a value expression (a_expr).
func (p *parser) expr() Expr { return p.exprAbove(levelNone, false) }

// restrictedExpr reads an expression without the word operators, as in DEFAULT and the lower bound
// of BETWEEN (b_expr).
func (p *parser) restrictedExpr() Expr { return p.exprAbove(levelNone, true) }

// exprList reads expressions separated by commas.
func (p *parser) exprList() []Expr {
	list := make([]Expr, 1, 4)
	list[0] = p.expr()
	for p.accept(',') {
		list = append(list, p.expr())
	}
	return list
}

// targetExpr reads the expression of an output column. Behind it stands a label rather than an
// operator when nothing follows that the operator could act on: SELECT a is FROM t.
func (p *parser) targetExpr() Expr {
	outer := p.labelDepth
	p.labelDepth = p.depth + 1
	e := p.expr()
	p.labelDepth = outer
	return e
}

// exprAbove reads an operand and all operators that bind tighter than floor.
func (p *parser) exprAbove(floor int, restricted bool) Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	outer := p.openChain()
	defer p.closeChain(outer)
	return p.infixes(p.prefix(restricted), floor, restricted)
}

// infixes reads the operators behind left that bind tighter than floor.
func (p *parser) infixes(left Expr, floor int, restricted bool) Expr {
	blocked := levelNone // the level of an operator just read that must not chain
	for p.err == nil {
		level := p.operatorLevel(restricted)
		if level <= floor {
			break
		}
		if level == blocked {
			p.syntaxError()
			break
		}
		if p.is(tokKeyword) && p.depth == p.labelDepth && p.labelFollows() {
			break
		}
		e, open := p.infix(left, level, restricted)
		if e != left { // a chain of AND or OR grows in width
			p.grow()
		}
		left = e
		blocked = levelNone
		if open && level >= levelIs && level <= levelMatch {
			blocked = level
		}
	}
	return left
}

// prefix reads an operand with the prefix operators before it.
func (p *parser) prefix(restricted bool) Expr {
	at := p.here()
	switch p.tok.kind {
	case '-', '+':
		return p.sign(restricted)
	case tokNotMatch:
		if !restricted {
			return p.not() // NOT like('x'): the word may be a function after all
		}
	case tokOperator:
		op := p.operator()
		return &Unary{At: at, Op: op, Operand: p.exprAbove(levelOther, restricted)}
	case tokKeyword:
		if p.isKw(kwDefault) && !restricted {
			p.advance()
			return &Default{At: at}
		}
		if p.isKw(kwNot) && !restricted {
			return p.not()
		}
		if p.isKw(kwOperator) && p.peek().kind == '(' {
			op := p.operator()
			return &Unary{At: at, Op: op, Operand: p.exprAbove(levelOther, restricted)}
		}
	}
	return p.primary()
}

// not reads NOT before its operand.
func (p *parser) not() Expr {
	n := &Not{At: p.here()}
	p.advance()
	n.Operand = p.exprAbove(levelNot-1, false)
	return n
}

// sign reads + or - with its operand; a minus melts into a number.
func (p *parser) sign(restricted bool) Expr {
	at, minus := p.here(), p.is('-')
	p.advance()
	operand := p.exprAbove(levelSign-1, restricted)
	if !minus {
		return &Unary{At: at, Op: Operator{Name: "+"}, Operand: operand}
	}
	if n := negate(operand, at); n != nil {
		return n
	}
	return &Unary{At: at, Op: Operator{Name: "-"}, Operand: operand}
}

// operatorLevel is the level of the operator at the current token; levelNone when it is none.
func (p *parser) operatorLevel(restricted bool) int {
	switch p.tok.kind {
	case '+', '-':
		return levelAdd
	case '*', '/', '%':
		return levelMultiply
	case '^':
		return levelPower
	case '<', '>', '=', tokLessEquals, tokGreaterEquals, tokNotEquals:
		return levelCompare
	case tokOperator:
		return levelOther
	case tokTypecast:
		return levelCast
	case tokNotMatch:
		if !restricted {
			return levelMatch
		}
	case tokKeyword:
		return p.wordLevel(restricted)
	}
	return levelNone
}

// wordLevel is operatorLevel for operators that are words.
func (p *parser) wordLevel(restricted bool) int {
	switch p.tok.kw {
	case kwOperator:
		return levelOther
	case kwIs:
		return levelIs
	case kwAnd, kwOr, kwIsnull, kwNotnull, kwBetween, kwIn, kwLike, kwIlike, kwSimilar, kwAt, kwCollate:
		if !restricted {
			return p.unrestrictedLevel()
		}
	}
	return levelNone
}

func (p *parser) unrestrictedLevel() int {
	switch p.tok.kw {
	case kwOr:
		return levelOr
	case kwAnd:
		return levelAnd
	case kwIsnull, kwNotnull:
		return levelIs
	case kwAt:
		return levelAt
	case kwCollate:
		return levelCollate
	case kwSimilar:
		if p.depth == p.similarDepth && p.peek().kw != kwTo {
			return levelNone
		}
	}
	return levelMatch
}

// labelFollows reports that the word at the current token can only be a column's label.
func (p *parser) labelFollows() bool {
	if !p.tok.kw.bareLabel() {
		return false
	}
	next := p.peek()
	return next.kind == ',' || endsTargets(next)
}

// infix reads one operator behind left. open tells that its text ends in an operand, which is
// what keeps comparisons from chaining.
func (p *parser) infix(left Expr, level int, restricted bool) (e Expr, open bool) {
	switch level {
	case levelOr, levelAnd:
		return p.logical(left, level), true
	case levelIs:
		return p.predicate(left, restricted)
	case levelMatch:
		return p.match(left)
	case levelAt:
		return p.atTimeZone(left), true
	case levelCollate:
		return p.collate(left), false
	case levelCast:
		at := p.here()
		p.advance()
		return &Cast{At: at, Operand: left, Type: p.typeName()}, false
	}
	return p.binary(left, level, restricted)
}

// binary reads a symbol operator with its right side, ANY and ALL included.
func (p *parser) binary(left Expr, level int, restricted bool) (Expr, bool) {
	at := p.here()
	op := p.operator()
	if !restricted && isQuantifier(p.tok.kw) {
		return p.quantified(left, op, at), false
	}
	return &Binary{At: at, Op: op, Left: left, Right: p.exprAbove(level, restricted)}, true
}

// logical flattens a AND b AND c into one node, as the server does.
func (p *parser) logical(left Expr, level int) Expr {
	at, or := p.here(), level == levelOr
	p.advance()
	right := p.exprAbove(level, false)
	if l, ok := left.(*Logical); ok && l.Or == or {
		l.Terms = append(l.Terms, right)
		return l
	}
	return &Logical{At: at, Or: or, Terms: []Expr{left, right}}
}

// operator reads an operator symbol or OPERATOR(schema.symbol).
func (p *parser) operator() Operator {
	if p.isKw(kwOperator) {
		p.advance()
		p.expect('(')
		op := p.anyOperator()
		p.expect(')')
		return op
	}
	return p.symbol()
}

// symbol reads an operator symbol.
func (p *parser) symbol() Operator {
	switch p.tok.kind {
	case tokOperator, '+', '-', '*', '/', '%', '^', '<', '>', '=',
		tokLessEquals, tokGreaterEquals, tokNotEquals:
		op := Operator{Name: p.tok.text}
		p.advance()
		return op
	}
	p.syntaxError()
	return Operator{}
}

// anyOperator reads a symbol with an optional schema before it.
func (p *parser) anyOperator() Operator {
	schema := ""
	for isColID(&p.tok) {
		schema = p.colID()
		p.expect('.')
	}
	op := p.symbol()
	op.Schema = schema
	return op
}

// predicate reads IS ..., ISNULL and NOTNULL.
func (p *parser) predicate(left Expr, restricted bool) (Expr, bool) {
	at := p.here()
	switch {
	case p.acceptKw(kwIsnull):
		return &IsNull{At: at, Operand: left}, false
	case p.acceptKw(kwNotnull):
		return &IsNull{At: at, Operand: left, Not: true}, false
	}
	p.expectKw(kwIs)
	not := p.acceptKw(kwNot)
	if p.acceptKw(kwDistinct) {
		p.expectKw(kwFrom)
		return &IsDistinct{At: at, Left: left, Not: not, Right: p.exprAbove(levelIs, restricted)}, true
	}
	if p.isKw(kwDocument) {
		p.refuse("IS DOCUMENT", at)
	}
	if restricted {
		p.syntaxError()
	}
	return p.isWhat(left, at, not), false
}

func (p *parser) isWhat(left Expr, at At, not bool) Expr {
	switch {
	case p.acceptKw(kwNull):
		return &IsNull{At: at, Operand: left, Not: not}
	case p.acceptKw(kwTrue):
		return &IsTruth{At: at, Operand: left, Test: IsTrue, Not: not}
	case p.acceptKw(kwFalse):
		return &IsTruth{At: at, Operand: left, Test: IsFalse, Not: not}
	case p.acceptKw(kwUnknown):
		return &IsTruth{At: at, Operand: left, Test: IsUnknown, Not: not}
	case p.isKw(kwNormalized), p.isKw(kwNfc), p.isKw(kwNfd), p.isKw(kwNfkc), p.isKw(kwNfkd):
		p.refuse("IS NORMALIZED", at)
	}
	p.syntaxError()
	return nil
}

// match reads [NOT] BETWEEN, IN, LIKE, ILIKE or SIMILAR TO.
func (p *parser) match(left Expr) (Expr, bool) {
	at := p.here()
	not := p.accept(tokNotMatch)
	switch {
	case p.acceptKw(kwBetween):
		return p.between(left, at, not), true
	case p.acceptKw(kwIn):
		return p.in(left, at, not), false
	case p.acceptKw(kwSimilar):
		p.expectKw(kwTo)
		return p.like(&LikeMatch{At: at, Kind: SimilarTo, Not: not, Operand: left}), true
	}
	m := &LikeMatch{At: at, Kind: Like, Not: not, Operand: left}
	if p.acceptKw(kwIlike) {
		m.Kind = ILike
	} else {
		p.expectKw(kwLike)
	}
	if isQuantifier(p.tok.kw) {
		return p.quantified(left, likeOperator(m.Kind, not), at), false
	}
	return p.like(m), true
}

// likeOperator is the operator behind LIKE and its kin.
func likeOperator(kind LikeKind, not bool) Operator {
	switch {
	case kind == Like && not:
		return Operator{Name: "!~~"}
	case kind == Like:
		return Operator{Name: "~~"}
	case not:
		return Operator{Name: "!~~*"}
	}
	return Operator{Name: "~~*"}
}

func (p *parser) like(m *LikeMatch) Expr {
	m.Pattern = p.exprAbove(levelMatch, false)
	if p.acceptKw(kwEscape) {
		m.Escape = p.exprAbove(levelMatch, false)
	}
	return m
}

func (p *parser) between(left Expr, at At, not bool) Expr {
	b := &Between{At: at, Operand: left, Not: not}
	if p.acceptKw(kwSymmetric) {
		b.Symmetric = true
	} else {
		p.acceptKw(kwAsymmetric)
	}
	b.Low = p.restrictedExpr()
	p.expectKw(kwAnd)
	b.High = p.exprAbove(levelMatch, false)
	return b
}

// in reads the list or subquery behind IN.
func (p *parser) in(left Expr, at At, not bool) Expr {
	p.expect('(')
	query, e := p.inside()
	if query != nil {
		p.expect(')')
		return &InSubquery{At: at, Not: not, Operand: left, Query: query}
	}
	list := []Expr{e}
	for p.accept(',') {
		list = append(list, p.expr())
	}
	p.expect(')')
	return &InList{At: at, Not: not, Operand: left, List: list}
}

func isQuantifier(kw keyword) bool { return kw == kwAny || kw == kwSome || kw == kwAll }

// quantified reads ANY, SOME or ALL with its array or subquery.
func (p *parser) quantified(left Expr, op Operator, at At) Expr {
	all := p.isKw(kwAll)
	p.advance()
	p.expect('(')
	query, e := p.inside()
	p.expect(')')
	if query != nil {
		return &QuantifiedSubquery{At: at, Op: op, All: all, Operand: left, Query: query}
	}
	return &QuantifiedArray{At: at, Op: op, All: all, Operand: left, Array: e}
}

func (p *parser) atTimeZone(left Expr) Expr {
	at := p.here()
	p.advance()
	p.expectKws(kwTime, kwZone)
	zone := p.exprAbove(levelAt, false)
	return builtin("timezone", at, zone, left)
}

func (p *parser) collate(left Expr) Expr {
	at := p.here()
	p.advance()
	return &Collate{At: at, Operand: left, Collation: p.qualifiedName()}
}

// builtin is a call of a pg_catalog function that special syntax stands for.
func builtin(name string, at At, args ...Expr) *FuncCall {
	return &FuncCall{At: at, Name: QualifiedName{At: at, Schema: "pg_catalog", Name: name}, Args: args}
}
