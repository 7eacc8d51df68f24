package sql

func (p *printer) parenQuery(s *Select) {
	p.put("(")
	p.query(s)
	p.put(")")
}

// query appends a query.
func (p *printer) query(s *Select) {
	p.with(s.With)
	switch body := s.Body.(type) {
	case *SelectCore:
		p.selectCore(body)
	case *Values:
		p.put("VALUES ")
		p.list(len(body.Rows), func(i int) {
			p.put("(")
			p.exprs(body.Rows[i].Exprs)
			p.put(")")
		})
	case *SetOperation:
		p.arm(body.Left)
		p.put([...]string{"", " UNION ", " INTERSECT ", " EXCEPT "}[body.Op])
		p.putIf(body.All, "ALL ")
		p.arm(body.Right)
	}
	if len(s.OrderBy) > 0 {
		p.put(" ")
		p.orderBy(s.OrderBy)
	}
	p.limits(s)
	for i := range s.Locking {
		p.locking(&s.Locking[i])
	}
}

// arm appends one side of a set operation, in parentheses unless it is a plain SELECT or VALUES.
func (p *printer) arm(s *Select) {
	_, nested := s.Body.(*SetOperation)
	if nested || s.With != nil || len(s.OrderBy) > 0 || s.Limit != nil || s.Skip != nil || len(s.Locking) > 0 {
		p.parenQuery(s)
		return
	}
	p.query(s)
}

func (p *printer) limits(s *Select) {
	if s.Skip != nil {
		p.put(" OFFSET ")
		p.expr(s.Skip)
	}
	switch {
	case s.Limit == nil:
	case s.WithTies:
		p.put(" FETCH FIRST (")
		p.expr(s.Limit)
		p.put(") ROWS WITH TIES")
	default:
		p.put(" LIMIT ")
		p.expr(s.Limit)
	}
}

func (p *printer) locking(l *Locking) {
	p.put([...]string{"", " FOR KEY SHARE", " FOR SHARE", " FOR NO KEY UPDATE", " FOR UPDATE"}[l.Strength])
	if len(l.Of) > 0 {
		p.put(" OF ")
		p.names(l.Of)
	}
	p.put([...]string{"", " SKIP LOCKED", " NOWAIT"}[l.Wait])
}

func (p *printer) with(w *With) {
	if w == nil {
		return
	}
	p.put("WITH ")
	p.list(len(w.CTEs), func(i int) {
		c := &w.CTEs[i]
		p.name(c.Name)
		if len(c.Columns) > 0 {
			p.put(" ")
			p.idents(c.Columns)
		}
		p.put(" AS ", [...]string{"", "MATERIALIZED ", "NOT MATERIALIZED "}[c.Materialize], "(")
		p.statement(c.Query)
		p.put(")")
	})
	p.put(" ")
}

func (p *printer) selectCore(c *SelectCore) {
	p.put("SELECT")
	p.putIf(c.Distinct, " DISTINCT")
	if len(c.DistinctOn) > 0 {
		p.put(" ON (")
		p.exprs(c.DistinctOn)
		p.put(")")
	}
	if len(c.Targets) > 0 {
		p.put(" ")
		p.targets(c.Targets)
	}
	p.from(" FROM ", c.From)
	p.where(c.Where)
	if len(c.GroupBy) > 0 {
		p.put(" GROUP BY ")
		p.putIf(c.GroupDistinct, "DISTINCT ")
		p.exprs(c.GroupBy)
	}
	if c.Having != nil {
		p.put(" HAVING ")
		p.expr(c.Having)
	}
	if len(c.Windows) > 0 {
		p.put(" WINDOW ")
		p.list(len(c.Windows), func(i int) {
			p.name(c.Windows[i].Name)
			p.put(" AS ")
			p.window(c.Windows[i].Window)
		})
	}
}

func (p *printer) targets(list []Target) {
	p.list(len(list), func(i int) {
		p.expr(list[i].Value)
		if list[i].Alias != "" {
			p.put(" AS ")
			p.name(list[i].Alias)
		}
	})
}

func (p *printer) orderBy(list []OrderItem) {
	p.put("ORDER BY ")
	p.list(len(list), func(i int) {
		o := &list[i]
		p.expr(o.Value)
		if o.Order == UsingOperator {
			p.put(" USING ")
			p.symbol(o.Using)
		}
		p.sortOrder(o.Order, o.Nulls)
	})
}

func (p *printer) sortOrder(order SortOrder, nulls NullsOrder) {
	p.put([...]string{"", " ASC", " DESC", ""}[order])
	p.put([...]string{"", " NULLS FIRST", " NULLS LAST"}[nulls])
}

func (p *printer) where(e Expr) {
	if e != nil {
		p.put(" WHERE ")
		p.expr(e)
	}
}

func (p *printer) from(word string, list []TableExpr) {
	if len(list) > 0 {
		p.put(word)
		p.list(len(list), func(i int) { p.tableExpr(list[i]) })
	}
}

// tableExpr appends an item of FROM.
func (p *printer) tableExpr(t TableExpr) {
	switch t := t.(type) {
	case *Table:
		p.table(t)
	case *SubqueryTable:
		p.parenQuery(t.Query)
		p.alias(t.Alias)
	case *FunctionTable:
		p.functionTable(t)
	case *Join:
		p.join(t)
	}
}

func (p *printer) table(t *Table) {
	p.putIf(t.Only, "ONLY ")
	p.qualified(t.Name)
	p.alias(t.Alias)
}

func (p *printer) alias(a *Alias) {
	if a == nil {
		return
	}
	p.put(" AS ")
	p.name(a.Name)
	if len(a.Columns) > 0 {
		p.put(" ")
		p.idents(a.Columns)
	}
}

func (p *printer) functionTable(t *FunctionTable) {
	if c, ok := t.Call.(*Cast); ok {
		p.put("CAST(")
		p.expr(c.Operand)
		p.put(" AS ")
		p.typeName(c.Type)
		p.put(")")
	} else {
		p.expr(t.Call)
	}
	p.putIf(t.WithOrdinality, " WITH ORDINALITY")
	p.alias(t.Alias)
	if len(t.ColumnDefs) == 0 {
		return
	}
	p.put(either(t.Alias == nil, " AS (", " ("))
	p.list(len(t.ColumnDefs), func(i int) { p.columnDef(&t.ColumnDefs[i]) })
	p.put(")")
}

// join appends a join; a join on the right, or one with an alias, stands in parentheses.
func (p *printer) join(j *Join) {
	p.putIf(j.Alias != nil, "(")
	p.joinSide(j.Left)
	p.putIf(j.Natural, " NATURAL")
	p.put([...]string{"", " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", " CROSS JOIN "}[j.Kind])
	p.joinSide(j.Right)
	if j.On != nil {
		p.put(" ON ")
		p.expr(j.On)
	}
	if len(j.Using) > 0 {
		p.put(" USING ")
		p.idents(j.Using)
	}
	if j.UsingAlias != "" {
		p.put(" AS ")
		p.name(j.UsingAlias)
	}
	if j.Alias != nil {
		p.put(")")
		p.alias(j.Alias)
	}
}

func (p *printer) joinSide(t TableExpr) {
	j, ok := t.(*Join)
	paren := ok && j.Alias == nil
	p.putIf(paren, "(")
	p.tableExpr(t)
	p.putIf(paren, ")")
}

func (p *printer) columnTargets(list []ColumnTarget) {
	p.list(len(list), func(i int) {
		p.name(list[i].Name)
		for k := range list[i].Path {
			p.indirection(&list[i].Path[k])
		}
	})
}

func (p *printer) indirection(step *Indirection) {
	switch {
	case step.All:
		p.put(".*")
	case step.Field != "":
		p.put(".")
		p.name(step.Field)
	default:
		p.index(&step.Index)
	}
}

func (p *printer) insert(s *Insert) {
	p.with(s.With)
	p.put("INSERT INTO ")
	p.table(&s.Table)
	if len(s.Columns) > 0 {
		p.put(" (")
		p.columnTargets(s.Columns)
		p.put(")")
	}
	p.put([...]string{"", " OVERRIDING USER VALUE", " OVERRIDING SYSTEM VALUE"}[s.Overriding], " ")
	if s.Source == nil {
		p.put("DEFAULT VALUES")
	} else {
		p.query(s.Source)
	}
	if s.OnConflict != nil {
		p.onConflict(s.OnConflict)
	}
	p.returning(s.Returning)
}

func (p *printer) onConflict(c *OnConflict) {
	p.put(" ON CONFLICT")
	if len(c.Elements) > 0 {
		p.put(" ")
		p.indexElements(c.Elements)
		p.where(c.TargetWhere)
	}
	if c.Constraint != "" {
		p.put(" ON CONSTRAINT ")
		p.name(c.Constraint)
	}
	if !c.DoUpdate {
		p.put(" DO NOTHING")
		return
	}
	p.put(" DO UPDATE SET ")
	p.assignments(c.Set)
	p.where(c.Where)
}

func (p *printer) assignments(list []Assignment) {
	p.list(len(list), func(i int) {
		a := &list[i]
		p.putIf(a.Multi, "(")
		p.columnTargets(a.Targets)
		p.putIf(a.Multi, ")")
		p.put(" = ")
		p.expr(a.Value)
	})
}

func (p *printer) update(s *Update) {
	p.with(s.With)
	p.put("UPDATE ")
	p.table(&s.Table)
	p.put(" SET ")
	p.assignments(s.Set)
	p.from(" FROM ", s.From)
	p.where(s.Where)
	p.returning(s.Returning)
}

func (p *printer) delete(s *Delete) {
	p.with(s.With)
	p.put("DELETE FROM ")
	p.table(&s.Table)
	p.from(" USING ", s.Using)
	p.where(s.Where)
	p.returning(s.Returning)
}

func (p *printer) returning(list []Target) {
	if len(list) > 0 {
		p.put(" RETURNING ")
		p.targets(list)
	}
}
