package sql

// insert reads INSERT behind its WITH list.
func (p *parser) insert(with *With) *Insert {
	s := &Insert{At: p.statementAt(with), With: with}
	p.expectKws(kwInsert, kwInto)
	place := p.here()
	s.Table = Table{At: place, Name: p.relationName()}
	if at := p.here(); p.acceptKw(kwAs) {
		s.Table.Alias = &Alias{At: at, Name: p.colID()}
	}
	p.insertSource(s)
	if p.isKw(kwOn) {
		s.OnConflict = p.onConflict()
	}
	s.Returning = p.returning()
	return s
}

// statementAt is where a statement begins, its WITH list included.
func (p *parser) statementAt(with *With) At {
	if with != nil {
		return with.At
	}
	return p.here()
}

// insertSource reads [(columns)] [OVERRIDING ...] and the rows.
func (p *parser) insertSource(s *Insert) {
	if p.acceptKw(kwDefault) {
		p.expectKw(kwValues)
		return
	}
	if p.is('(') && !p.parenStartsQuery() {
		p.advance()
		s.Columns = p.columnTargets()
		p.expect(')')
	}
	if p.acceptKw(kwOverriding) {
		s.Overriding = OverridingUser
		if !p.acceptKw(kwUser) {
			p.expectKw(kwSystem)
			s.Overriding = OverridingSystem
		}
		p.expectKw(kwValue)
	}
	s.Source = p.query()
}

// parenStartsQuery tells (SELECT ...) from a list of columns: a column's name is no reserved word,
// and of the words that begin a query only VALUES is none; (VALUES (...)) has a parenthesis behind it.
func (p *parser) parenStartsQuery() bool {
	next := p.peek()
	if next.kw == kwValues {
		return p.peek2().kind == '('
	}
	return next.kind == '(' || startsSelect(next)
}

// columnTargets reads the columns that a command writes.
func (p *parser) columnTargets() []ColumnTarget {
	list := []ColumnTarget{p.columnTarget()}
	for p.accept(',') {
		list = append(list, p.columnTarget())
	}
	return list
}

func (p *parser) columnTarget() ColumnTarget {
	t := ColumnTarget{At: p.here(), Name: p.colID()}
	for p.err == nil {
		step := Indirection{At: p.here()}
		switch {
		case p.is('['):
			step.Index = p.index()
		case !p.accept('.'):
			return t
		case p.accept('*'):
			p.nothingBehindStar()
			step.All = true
		default:
			step.Field = p.label()
		}
		t.Path = append(t.Path, step)
	}
	return t
}

// onConflict reads ON CONFLICT [target] DO ... .
func (p *parser) onConflict() *OnConflict {
	c := &OnConflict{At: p.here()}
	p.expectKws(kwOn, kwConflict)
	switch {
	case p.accept('('):
		c.Elements = p.indexElements()
		p.expect(')')
		if p.acceptKw(kwWhere) {
			c.TargetWhere = p.expr()
		}
	case p.acceptKw(kwOn):
		p.expectKw(kwConstraint)
		c.Constraint = p.colID()
	}
	p.expectKw(kwDo)
	if p.acceptKw(kwNothing) {
		return c
	}
	p.expectKws(kwUpdate, kwSet)
	c.DoUpdate = true
	c.Set = p.assignments()
	if p.acceptKw(kwWhere) {
		c.Where = p.expr()
	}
	return c
}

// assignments reads the items of SET.
func (p *parser) assignments() []Assignment {
	list := []Assignment{p.assignment()}
	for p.accept(',') {
		list = append(list, p.assignment())
	}
	return list
}

func (p *parser) assignment() Assignment {
	a := Assignment{At: p.here()}
	if p.accept('(') {
		a.Multi = true
		a.Targets = p.columnTargets()
		p.expect(')')
	} else {
		a.Targets = []ColumnTarget{p.columnTarget()}
	}
	p.expect('=')
	a.Value = p.expr()
	return a
}

// update reads UPDATE behind its WITH list.
func (p *parser) update(with *With) *Update {
	s := &Update{At: p.statementAt(with), With: with}
	p.expectKw(kwUpdate)
	s.Table = p.writtenTable()
	p.expectKw(kwSet)
	s.Set = p.assignments()
	if p.acceptKw(kwFrom) {
		s.From = p.tableExprs()
	}
	s.Where = p.where()
	s.Returning = p.returning()
	return s
}

// delete reads DELETE FROM behind its WITH list.
func (p *parser) delete(with *With) *Delete {
	s := &Delete{At: p.statementAt(with), With: with}
	p.expectKws(kwDelete, kwFrom)
	s.Table = p.writtenTable()
	if p.acceptKw(kwUsing) {
		s.Using = p.tableExprs()
	}
	s.Where = p.where()
	s.Returning = p.returning()
	return s
}

// writtenTable reads the table that a command changes, with an alias. SET goes on with the command,
// although it may be a name elsewhere.
func (p *parser) writtenTable() Table {
	t := p.relation()
	at := p.here()
	if p.acceptKw(kwAs) || isColID(&p.tok) && !p.isKw(kwSet) {
		t.Alias = &Alias{At: at, Name: p.colID()}
	}
	return t
}

// where reads an optional WHERE.
func (p *parser) where() Expr {
	if !p.acceptKw(kwWhere) {
		return nil
	}
	if p.isKw(kwCurrent) && p.peek().kw == kwOf {
		p.refuse("cursors (WHERE CURRENT OF)", p.here())
		return nil
	}
	return p.expr()
}

// returning reads an optional RETURNING.
func (p *parser) returning() []Target {
	if !p.acceptKw(kwReturning) {
		return nil
	}
	return p.targets()
}
