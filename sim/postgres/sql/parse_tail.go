package sql

// queryTail reads ORDER BY, LIMIT, OFFSET and the locking clauses. They join those that q has
// already from its own parentheses, but none may come twice.
func (p *parser) queryTail(q *Select, with *With) *Select {
	if q == nil {
		return nil
	}
	p.addWith(q, with)
	p.addOrder(q)
	if p.isKw(kwFor) {
		p.addLocking(q)
		p.addLimits(q)
	} else {
		p.addLimits(q)
		p.addLocking(q)
	}
	p.checkTies(q)
	return q
}

func (p *parser) addWith(q *Select, with *With) {
	if with == nil {
		return
	}
	if q.With != nil {
		p.fail(CodeSyntaxError, "multiple WITH clauses not allowed", with.At)
	}
	q.With = with
	q.At = with.At
}

func (p *parser) addOrder(q *Select) {
	if !p.isKw(kwOrder) {
		return
	}
	order := p.orderBy()
	if len(q.OrderBy) > 0 && p.err == nil {
		p.fail(CodeSyntaxError, "multiple ORDER BY clauses not allowed", Start(order[0].Value))
	}
	q.OrderBy = order
}

// addLimits reads LIMIT or FETCH, and OFFSET, in either order, each once.
func (p *parser) addLimits(q *Select) {
	limit, offset := false, false
	for p.err == nil {
		at := p.here()
		switch {
		case !limit && (p.isKw(kwLimit) || p.isKw(kwFetch)):
			limit = true
			p.addLimit(q, at)
		case !offset && p.isKw(kwOffset):
			offset = true
			p.addOffset(q)
		default:
			return
		}
	}
}

func (p *parser) addLimit(q *Select, at At) {
	twice := q.Limit != nil
	if p.acceptKw(kwFetch) {
		p.fetch(q, at)
	} else {
		p.limit(q, at)
	}
	if twice && p.err == nil {
		p.fail(CodeSyntaxError, "multiple LIMIT clauses not allowed", Start(q.Limit))
	}
}

func (p *parser) limit(q *Select, at At) {
	p.expectKw(kwLimit)
	all := p.here()
	if p.acceptKw(kwAll) {
		q.Limit = &NullLiteral{At: all}
	} else {
		q.Limit = p.expr()
	}
	if p.is(',') {
		p.refuseComma(at)
	}
}

// refuseComma answers MySQL's LIMIT n, m.
func (p *parser) refuseComma(at At) {
	p.advance()
	p.expr()
	if p.err == nil {
		p.stop(&Error{
			Code: CodeSyntaxError, Message: "LIMIT #,# syntax is not supported",
			Hint: "Use separate LIMIT and OFFSET clauses.", Position: p.position(at),
		})
	}
}

// fetch reads FIRST|NEXT [n] ROW|ROWS ONLY|WITH TIES behind FETCH.
func (p *parser) fetch(q *Select, at At) {
	if !p.acceptKw(kwFirst) {
		p.expectKw(kwNext)
	}
	q.Limit = &IntegerLiteral{At: at, Value: 1}
	if next := p.peek().kw; !p.isRowWord() || next == kwRow || next == kwRows {
		q.Limit = p.fetchCount() // also of a column called rows
	}
	p.rowOrRows()
	if p.acceptKw(kwOnly) {
		return
	}
	p.expectKws(kwWith, kwTies)
	q.WithTies = true
}

// fetchCount is a simple expression or a signed number.
func (p *parser) fetchCount() Expr {
	if p.is('+') || p.is('-') {
		return p.signedNumber()
	}
	return p.primary()
}

func (p *parser) isRowWord() bool { return p.isKw(kwRow) || p.isKw(kwRows) }

func (p *parser) rowOrRows() {
	if !p.acceptKw(kwRow) {
		p.expectKw(kwRows)
	}
}

func (p *parser) addOffset(q *Select) {
	p.expectKw(kwOffset)
	twice, paren := q.Skip != nil, p.is('(')
	q.Skip = p.expr()
	if twice && p.err == nil {
		p.fail(CodeSyntaxError, "multiple OFFSET clauses not allowed", Start(q.Skip))
	}
	if simple := paren || standsAlone(q.Skip) || negate(q.Skip, 0) != nil; simple && !p.acceptKw(kwRow) {
		p.acceptKw(kwRows)
	}
}

// checkTies: FETCH ... WITH TIES needs an order, and does not go with SKIP LOCKED.
func (p *parser) checkTies(q *Select) {
	if !q.WithTies {
		return
	}
	if len(q.OrderBy) == 0 {
		p.fail(CodeSyntaxError, "WITH TIES cannot be specified without ORDER BY clause", nowhere)
	}
	for i := range q.Locking {
		if q.Locking[i].Wait == LockSkip {
			p.fail(CodeSyntaxError, "SKIP LOCKED and WITH TIES options cannot be used together", nowhere)
		}
	}
}

// addLocking reads FOR UPDATE and the like; FOR READ ONLY says nothing.
func (p *parser) addLocking(q *Select) {
	for p.isKw(kwFor) {
		at := p.here()
		p.advance()
		if p.acceptKw(kwRead) {
			p.expectKw(kwOnly)
			return
		}
		lock := Locking{At: at, Strength: p.lockStrength()}
		if p.acceptKw(kwOf) {
			lock.Of = p.relationNames()
		}
		switch {
		case p.acceptKw(kwNowait):
			lock.Wait = LockError
		case p.acceptKw(kwSkip):
			p.expectKw(kwLocked)
			lock.Wait = LockSkip
		}
		q.Locking = append(q.Locking, lock)
	}
}

func (p *parser) lockStrength() LockStrength {
	switch {
	case p.acceptKw(kwUpdate):
		return ForUpdate
	case p.acceptKw(kwShare):
		return ForShare
	case p.acceptKw(kwNo):
		p.expectKws(kwKey, kwUpdate)
		return ForNoKeyUpdate
	}
	p.expectKws(kwKey, kwShare)
	return ForKeyShare
}
