package sql

// exprs appends expressions with commas between them.
func (p *printer) exprs(list []Expr) {
	p.list(len(list), func(i int) { p.expr(list[i]) })
}

// operand appends an expression in parentheses unless it holds together by itself.
func (p *printer) operand(e Expr) {
	if standsAlone(e) {
		p.expr(e)
		return
	}
	p.put("(")
	p.expr(e)
	p.put(")")
}

// standsAlone reports expressions that need no parentheses as an operand.
func standsAlone(e Expr) bool {
	switch e := e.(type) {
	case *IntegerLiteral:
		return e.Value >= 0
	case *NumericLiteral:
		return e.Text[0] != '-'
	case *StringLiteral, *BoolLiteral, *NullLiteral, *Param, *ColumnRef, *Star, *ScalarSubquery,
		*ArraySubquery, *ArrayLiteral, *Row, *Case, *Coalesce, *MinMax, *NullIf, *SQLValue,
		*FuncCall, *Exists, *Subscript, *FieldSelect, *Default:
		return true
	}
	return false
}

// expr appends an expression.
func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *IntegerLiteral:
		p.int(e.Value)
	case *NumericLiteral:
		p.put(e.Text)
	case *StringLiteral:
		p.string(e.Value)
	case *BoolLiteral:
		p.put(either(e.Value, "TRUE", "FALSE"))
	case *NullLiteral:
		p.put("NULL")
	case *Default:
		p.put("DEFAULT")
	case *Param:
		p.put("$")
		p.int(int64(e.Number))
	case *ColumnRef:
		p.dotted(e.Catalog, e.Schema, e.Table, e.Name)
	case *Star:
		p.dotted(e.Catalog, e.Schema, e.Table)
		p.putIf(e.Table != "", ".")
		p.put("*")
	case *EmptyGroupingSet:
		p.put("()")
	default:
		p.operation(e)
	}
}

// operation appends an operator with its operands.
func (p *printer) operation(e Expr) {
	switch e := e.(type) {
	case *Unary:
		p.unary(e)
	case *Binary:
		p.operand(e.Left)
		p.operator(e.Op)
		p.operand(e.Right)
	case *Logical:
		p.logical(e)
	case *Not:
		p.put("NOT ")
		p.operand(e.Operand)
	case *IsNull:
		p.operand(e.Operand)
		p.put(" IS ", not(e.Not), "NULL")
	case *IsTruth:
		p.operand(e.Operand)
		p.put(" IS ", not(e.Not), [...]string{"", "TRUE", "FALSE", "UNKNOWN"}[e.Test])
	case *IsDistinct:
		p.operand(e.Left)
		p.put(" IS ", not(e.Not), "DISTINCT FROM ")
		p.operand(e.Right)
	case *Between:
		p.between(e)
	case *LikeMatch:
		p.like(e)
	case *Collate:
		p.operand(e.Operand)
		p.put(" COLLATE ")
		p.qualified(e.Collation)
	case *Cast:
		p.operand(e.Operand)
		p.put("::")
		p.typeName(e.Type)
	default:
		p.membership(e)
	}
}

func not(yes bool) string {
	if yes {
		return "NOT "
	}
	return ""
}

// operator appends an infix operator.
func (p *printer) operator(op Operator) {
	p.put(" ")
	p.symbol(op)
	p.put(" ")
}

func (p *printer) symbol(op Operator) {
	if op.Schema == "" {
		p.put(op.Name)
		return
	}
	p.put("OPERATOR(")
	p.name(op.Schema)
	p.put(".", op.Name, ")")
}

// unary appends a prefix operator. A plain minus would melt into a number.
func (p *printer) unary(e *Unary) {
	if e.Op == (Operator{Name: "-"}) && negate(e.Operand, 0) != nil {
		p.put("OPERATOR(-)")
	} else {
		p.symbol(e.Op)
	}
	p.put(" ")
	p.operand(e.Operand)
}

func (p *printer) logical(e *Logical) {
	for i, term := range e.Terms {
		if i > 0 {
			p.put(either(e.Or, " OR ", " AND "))
		}
		p.operand(term)
	}
}

func (p *printer) between(e *Between) {
	p.operand(e.Operand)
	p.put(" ", not(e.Not), "BETWEEN ")
	p.putIf(e.Symmetric, "SYMMETRIC ")
	p.operand(e.Low)
	p.put(" AND ")
	p.operand(e.High)
}

func (p *printer) like(e *LikeMatch) {
	p.operand(e.Operand)
	p.put(" ", not(e.Not), [...]string{"", "LIKE ", "ILIKE ", "SIMILAR TO "}[e.Kind])
	p.operand(e.Pattern)
	if e.Escape != nil {
		p.put(" ESCAPE ")
		p.operand(e.Escape)
	}
}

// membership appends IN, ANY, ALL and EXISTS.
func (p *printer) membership(e Expr) {
	switch e := e.(type) {
	case *InList:
		p.operand(e.Operand)
		p.put(" ", not(e.Not), "IN (")
		p.exprs(e.List)
		p.put(")")
	case *InSubquery:
		p.operand(e.Operand)
		p.put(" ", not(e.Not), "IN ")
		p.parenQuery(e.Query)
	case *QuantifiedArray:
		p.operand(e.Operand)
		p.quantifier(e.Op, e.All)
		p.put("(")
		p.expr(e.Array)
		p.put(")")
	case *QuantifiedSubquery:
		p.operand(e.Operand)
		p.quantifier(e.Op, e.All)
		p.parenQuery(e.Query)
	case *Exists:
		p.put("EXISTS ")
		p.parenQuery(e.Query)
	case *ScalarSubquery:
		p.parenQuery(e.Query)
	case *ArraySubquery:
		p.put("ARRAY")
		p.parenQuery(e.Query)
	default:
		p.construct(e)
	}
}

func (p *printer) quantifier(op Operator, all bool) {
	p.operator(op)
	p.put(either(all, "ALL ", "ANY "))
}

// construct appends what reads like a function call or a bracket.
func (p *printer) construct(e Expr) {
	switch e := e.(type) {
	case *ArrayLiteral:
		p.put("ARRAY[")
		p.exprs(e.Elements)
		p.put("]")
	case *Row:
		p.putIf(e.Explicit, "ROW")
		p.put("(")
		p.exprs(e.Fields)
		p.put(")")
	case *FieldSelect:
		p.put("(")
		p.expr(e.Operand)
		p.put(").")
		if e.All {
			p.put("*")
		} else {
			p.name(e.Field)
		}
	case *Subscript:
		p.subscript(e)
	case *Case:
		p.caseExpr(e)
	case *Coalesce:
		p.callOf("COALESCE", e.Args)
	case *MinMax:
		p.callOf(either(e.Least, "LEAST", "GREATEST"), e.Args)
	case *NullIf:
		p.callOf("NULLIF", []Expr{e.Left, e.Right})
	case *SQLValue:
		p.sqlValue(e)
	case *FuncCall:
		p.call(e)
	}
}

func (p *printer) callOf(name string, args []Expr) {
	p.put(name, "(")
	p.exprs(args)
	p.put(")")
}

func (p *printer) subscript(e *Subscript) {
	switch e.Operand.(type) {
	case *ColumnRef, *Param:
		p.expr(e.Operand)
	default:
		p.put("(")
		p.expr(e.Operand)
		p.put(")")
	}
	for i := range e.Indices {
		p.index(&e.Indices[i])
	}
}

func (p *printer) index(ix *Index) {
	p.put("[")
	if ix.Lower != nil {
		p.expr(ix.Lower)
	}
	p.putIf(ix.Slice, " : ")
	if ix.Upper != nil {
		p.expr(ix.Upper)
	}
	p.put("]")
}

func (p *printer) caseExpr(e *Case) {
	p.put("CASE")
	if e.Operand != nil {
		p.put(" ")
		p.expr(e.Operand)
	}
	for i := range e.Whens {
		p.put(" WHEN ")
		p.expr(e.Whens[i].Condition)
		p.put(" THEN ")
		p.expr(e.Whens[i].Result)
	}
	if e.Else != nil {
		p.put(" ELSE ")
		p.expr(e.Else)
	}
	p.put(" END")
}

func (p *printer) sqlValue(e *SQLValue) {
	p.put([...]string{
		"", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP",
		"CURRENT_ROLE", "CURRENT_USER", "USER", "SESSION_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA",
	}[e.Kind])
	if e.Precision >= 0 {
		p.put("(")
		p.int(int64(e.Precision))
		p.put(")")
	}
}

// call appends a function call with its clauses.
func (p *printer) call(f *FuncCall) {
	p.qualified(f.Name)
	p.put("(")
	p.putIf(f.Star, "*")
	p.putIf(f.Distinct, "DISTINCT ")
	p.list(len(f.Args), func(i int) { p.argument(f, i) })
	if len(f.OrderBy) > 0 {
		p.put(" ")
		p.orderBy(f.OrderBy)
	}
	p.put(")")
	if len(f.WithinGroup) > 0 {
		p.put(" WITHIN GROUP (")
		p.orderBy(f.WithinGroup)
		p.put(")")
	}
	if f.Filter != nil {
		p.put(" FILTER (WHERE ")
		p.expr(f.Filter)
		p.put(")")
	}
	if f.Over != nil {
		p.put(" OVER ")
		p.window(f.Over)
	}
}

func (p *printer) argument(f *FuncCall, i int) {
	p.putIf(f.Variadic && i == len(f.Args)-1, "VARIADIC ")
	if len(f.ArgNames) > 0 && f.ArgNames[i] != "" {
		p.name(f.ArgNames[i])
		p.put(" => ")
	}
	p.expr(f.Args[i])
}

// window appends a window's name, or its definition in parentheses.
func (p *printer) window(w *Window) {
	if w.Name != "" {
		p.name(w.Name)
		return
	}
	p.put("(")
	gap := ""
	if w.Base != "" {
		p.name(w.Base)
		gap = " "
	}
	if len(w.PartitionBy) > 0 {
		p.put(gap, "PARTITION BY ")
		p.exprs(w.PartitionBy)
		gap = " "
	}
	if len(w.OrderBy) > 0 {
		p.put(gap)
		p.orderBy(w.OrderBy)
		gap = " "
	}
	if w.Frame != nil {
		p.put(gap)
		p.frame(w.Frame)
	}
	p.put(")")
}

func (p *printer) frame(f *Frame) {
	p.put([...]string{"", "RANGE", "ROWS", "GROUPS"}[f.Mode], " BETWEEN ")
	p.frameBound(&f.Start)
	p.put(" AND ")
	p.frameBound(&f.End)
	p.put([...]string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"}[f.Exclude])
}

func (p *printer) frameBound(b *FrameBound) {
	if b.Amount != nil {
		p.operand(b.Amount)
		p.put(" ")
	}
	p.put([...]string{
		"", "UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING",
	}[b.Kind])
}
