package sql

import "strconv"

// primary reads an operand without operators (c_expr).
func (p *parser) primary() Expr {
	at := p.here()
	switch p.tok.kind {
	case tokIdent:
		return p.namePrimary()
	case tokKeyword:
		return p.keywordPrimary()
	case tokInteger, tokNumber:
		return p.number()
	case tokString:
		return &StringLiteral{At: at, Value: p.stringValue()}
	case tokParam:
		n := paramNumber(p.tok.text)
		p.advance()
		return p.indirection(&Param{At: at, Number: n})
	case '(':
		return p.paren()
	case tokBitString, tokNational, tokUnicode:
		p.refuseString()
	}
	p.syntaxError()
	return nil
}

// paramNumber reads the number of $n; absurd ones become one that the analyzer will refuse.
func paramNumber(digits string) int {
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return 1<<31 - 1
	}
	return int(n)
}

// number reads a numeric constant.
func (p *parser) number() Expr {
	at, text := p.here(), p.tok.text
	p.advance()
	return numberLiteral(at, text)
}

func numberLiteral(at At, text string) Expr {
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		return &IntegerLiteral{At: at, Value: v}
	}
	return &NumericLiteral{At: at, Text: text}
}

// negate gives the constant with the other sign, nil for anything but a number.
func negate(e Expr, at At) Expr {
	switch e := e.(type) {
	case *IntegerLiteral:
		if e.Value == -1<<63 {
			return &NumericLiteral{At: at, Text: "9223372036854775808"}
		}
		return &IntegerLiteral{At: at, Value: -e.Value}
	case *NumericLiteral:
		if e.Text[0] == '-' {
			return numberLiteral(at, e.Text[1:])
		}
		return numberLiteral(at, "-"+e.Text)
	}
	return nil
}

// signedNumber reads a number with an optional sign (NumericOnly).
func (p *parser) signedNumber() Expr {
	at, minus := p.here(), p.is('-')
	if minus || p.is('+') {
		p.advance()
	}
	if !p.is(tokInteger) && !p.is(tokNumber) {
		p.syntaxError()
		return nil
	}
	n := p.number()
	if minus {
		return negate(n, at)
	}
	return n
}

// paren reads what begins with a parenthesis: an expression, a row, or a query.
func (p *parser) paren() Expr {
	at := p.here()
	p.advance()
	query, e := p.inside()
	if query == nil {
		return p.parenRest(at, e)
	}
	p.expect(')')
	return p.indirection(&ScalarSubquery{At: at, Query: query})
}

// inside reads behind an opening parenthesis and gives the query there, or the first expression.
// Nested parentheses are read once: what they hold and what follows them tells
// ((SELECT 1) UNION SELECT 2) from ((SELECT 1) + 2).
func (p *parser) inside() (*Select, Expr) {
	if !p.enter() {
		return nil, nil
	}
	defer p.leave()
	if p.startsParenQuery() {
		return p.query(), nil
	}
	if !p.is('(') {
		return nil, p.expr()
	}
	outer := p.openChain()
	defer p.closeChain(outer)
	at := p.here()
	p.advance()
	query, e := p.inside()
	if query == nil {
		return nil, p.infixes(p.parenRest(at, e), levelNone, false)
	}
	p.expect(')')
	if p.is(')') || p.continuesQuery() {
		return p.queryTail(p.setOperations(query, 0), nil), nil
	}
	e = p.indirection(&ScalarSubquery{At: at, Query: query})
	return nil, p.infixes(e, levelNone, false)
}

// parenRest reads behind the first expression in parentheses: more of them make a row.
func (p *parser) parenRest(at At, first Expr) Expr {
	if !p.is(',') {
		p.expect(')')
		return p.indirection(first)
	}
	row := &Row{At: at, Fields: []Expr{first}}
	for p.accept(',') {
		row.Fields = append(row.Fields, p.expr())
	}
	p.expect(')')
	return p.overlaps(row)
}

// explicitRow reads ROW (...).
func (p *parser) explicitRow() Expr {
	row := &Row{At: p.here(), Explicit: true}
	p.advance()
	p.expect('(')
	if !p.is(')') {
		row.Fields = p.exprList()
	}
	p.expect(')')
	return p.overlaps(row)
}

// overlaps reads OVERLAPS with its second row, if it stands behind the first.
func (p *parser) overlaps(left *Row) Expr {
	if !p.isKw(kwOverlaps) || p.depth == p.labelDepth && p.labelFollows() {
		return left
	}
	at := p.here()
	p.advance()
	right := p.overlapsRight()
	if right == nil {
		p.syntaxError()
		return left
	}
	if len(left.Fields) != 2 {
		p.fail(CodeSyntaxError, "wrong number of parameters on left side of OVERLAPS expression", left.At)
	}
	if len(right.Fields) != 2 {
		p.fail(CodeSyntaxError, "wrong number of parameters on right side of OVERLAPS expression", right.At)
	}
	return builtin("overlaps", at, append(left.Fields, right.Fields...)...)
}

func (p *parser) overlapsRight() *Row {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	row := &Row{At: p.here()}
	row.Explicit = p.acceptKw(kwRow)
	p.expect('(')
	if !row.Explicit || !p.is(')') {
		row.Fields = p.exprList()
	}
	if !row.Explicit && len(row.Fields) == 1 {
		p.expect(',')
	}
	p.expect(')')
	return row
}

// indirection reads subscripts, fields and .* behind an operand.
func (p *parser) indirection(e Expr) Expr {
	for p.err == nil {
		at := p.here()
		switch {
		case p.is('['):
			s := &Subscript{At: at, Operand: e}
			for p.is('[') {
				s.Indices = append(s.Indices, p.index())
			}
			e = s
		case p.accept('.'):
			e = p.field(e, at)
		default:
			return e
		}
		p.grow()
	}
	return e
}

// field reads a name or * behind a dot.
func (p *parser) field(e Expr, at At) Expr {
	if !p.accept('*') {
		return &FieldSelect{At: at, Operand: e, Field: p.label()}
	}
	p.nothingBehindStar()
	return &FieldSelect{At: at, Operand: e, All: true}
}

// nothingBehindStar reports more fields or subscripts behind .*; the server notices behind them all.
func (p *parser) nothingBehindStar() {
	if !p.is('.') && !p.is('[') {
		return
	}
	p.skipIndirection()
	p.nearError(`improper use of "*"`, p.tok)
}

// skipIndirection reads fields and subscripts that an error will follow.
func (p *parser) skipIndirection() {
	for p.err == nil {
		switch {
		case p.is('['):
			p.index()
		case !p.accept('.'):
			return
		case !p.accept('*'):
			p.label()
		}
	}
}

// index reads [i] or [lower:upper].
func (p *parser) index() Index {
	ix := Index{At: p.here()}
	p.expect('[')
	if !p.is(':') {
		ix.Lower = p.expr()
	}
	if p.accept(':') {
		ix.Slice = true
		if !p.is(']') {
			ix.Upper = p.expr()
		}
	}
	p.expect(']')
	return ix
}

// namePrimary reads a column, a function call, or a constant with a type before it.
func (p *parser) namePrimary() Expr {
	first := p.tok
	if !isColID(&first) && !isFunctionName(&first) {
		p.syntaxError()
		return nil
	}
	at, name := p.here(), p.nameText()
	p.advance()
	switch p.tok.kind {
	case '(':
		if isFunctionName(&first) {
			return p.call(QualifiedName{At: at, Name: name})
		}
	case tokString:
		if isFunctionName(&first) {
			return p.typedString(at, &TypeName{At: at, Name: QualifiedName{At: at, Name: name}})
		}
	case '.':
		if isColID(&first) {
			return p.dottedPrimary(at, name)
		}
	}
	if !isColID(&first) {
		p.syntaxError()
		return nil
	}
	return p.indirection(&ColumnRef{At: at, Name: name})
}

// dottedPrimary reads behind the first part of a dotted name.
func (p *parser) dottedPrimary(at At, first string) Expr {
	var names [4]string
	names[3] = first
	for n := 2; p.accept('.'); n++ {
		if p.accept('*') {
			p.nothingBehindStar()
			return &Star{At: at, Catalog: names[1], Schema: names[2], Table: names[3]}
		}
		next := p.label()
		if n > 4 {
			p.failLate(CodeSyntaxError, p.tooManyNames(QualifiedName{
				Catalog: names[0] + "." + names[1], Schema: names[2], Name: names[3],
			}, next), at)
		}
		names = [4]string{names[1], names[2], names[3], next}
	}
	qualified := QualifiedName{At: at, Catalog: names[1], Schema: names[2], Name: names[3]}
	if p.is('(') || p.is(tokString) {
		if names[0] != "" {
			p.failLate(CodeSyntaxError, "improper qualified name (too many dotted names): "+
				names[0]+"."+names[1]+"."+names[2]+"."+names[3], at)
		}
		if p.is('(') {
			return p.call(qualified)
		}
		return p.typedString(at, &TypeName{At: at, Name: qualified})
	}
	c := &ColumnRef{At: at, Catalog: names[0], Schema: names[1], Table: names[2], Name: names[3]}
	return p.indirection(c)
}

// typedString reads the string of type 'string'.
func (p *parser) typedString(at At, t *TypeName) Expr {
	s := &StringLiteral{At: p.here()}
	s.Value = p.stringValue()
	return &Cast{At: at, Operand: s, Type: t}
}

// caseExpr reads CASE ... END.
func (p *parser) caseExpr() Expr {
	c := &Case{At: p.here()}
	p.advance()
	if !p.isKw(kwWhen) {
		c.Operand = p.expr()
	}
	for ok := true; ok; ok = p.isKw(kwWhen) {
		w := When{At: p.here()}
		p.expectKw(kwWhen)
		w.Condition = p.expr()
		p.expectKw(kwThen)
		w.Result = p.expr()
		c.Whens = append(c.Whens, w)
	}
	if p.acceptKw(kwElse) {
		c.Else = p.expr()
	}
	p.expectKw(kwEnd)
	return c
}

// arrayExpr reads ARRAY[...] or ARRAY (query).
func (p *parser) arrayExpr() Expr {
	at := p.here()
	p.advance()
	if p.is('(') {
		return &ArraySubquery{At: at, Query: p.parenQuery()}
	}
	return p.arrayBrackets(at)
}

// arrayBrackets reads [...] with expressions or further brackets in it.
func (p *parser) arrayBrackets(at At) Expr {
	a := &ArrayLiteral{At: at}
	if !p.enter() {
		return a
	}
	defer p.leave()
	p.expect('[')
	switch {
	case p.is(']'):
	case p.is('['):
		a.Elements = append(a.Elements, p.arrayBrackets(p.here()))
		for p.accept(',') {
			a.Elements = append(a.Elements, p.arrayBrackets(p.here()))
		}
	default:
		a.Elements = p.exprList()
	}
	p.expect(']')
	return a
}
