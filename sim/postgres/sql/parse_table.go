package sql

// createTable reads CREATE TABLE.
func (p *parser) createTable(at At, kind Persistence) Statement {
	t := &CreateTable{At: at, Persistence: kind}
	p.advance()
	t.IfNotExists = p.ifNotExists()
	t.Name = p.relationName()
	switch {
	case p.isKw(kwOf):
		p.refuse("CREATE TABLE OF", at)
	case p.isKw(kwPartition):
		p.refuse("partitioning", at)
	case p.isKw(kwAs), p.isKw(kwUsing), p.isKw(kwWith), p.isKw(kwWithout), p.isKw(kwTablespace):
		p.refuse("CREATE TABLE AS", at)
	case p.acceptKw(kwOn):
		p.expectKw(kwCommit)
		p.refuse("CREATE TABLE AS", at)
	case p.is('(') && p.createsFromQuery():
		p.refuseFromQuery(at)
	}
	p.expect('(')
	if !p.is(')') {
		p.tableElements(t)
	}
	p.expect(')')
	p.tableTail(t, at)
	return t
}

// createsFromQuery tells CREATE TABLE t (a, b) AS from a definition, which has types.
func (p *parser) createsFromQuery() bool {
	return isColID(p.peek()) && (p.peek2().kind == ',' || p.peek2().kind == ')')
}

// refuseFromQuery refuses CREATE TABLE t (a, b) ... AS; without the query it is an error.
func (p *parser) refuseFromQuery(at At) {
	p.parenIdents()
	switch p.tok.kw {
	case kwAs, kwUsing, kwWith, kwWithout, kwOn, kwTablespace:
		p.refuse("CREATE TABLE AS", at)
	}
	p.syntaxError()
}

func (p *parser) tableElements(t *CreateTable) {
	for ok := true; ok; ok = p.accept(',') {
		switch {
		case p.isKw(kwLike):
			p.refuse("CREATE TABLE ... LIKE", p.here())
		case p.startsTableConstraint():
			t.Constraints = append(t.Constraints, p.tableConstraint())
		default:
			t.Columns = append(t.Columns, p.columnDef())
		}
	}
}

// tableTail reads what may stand behind the definition.
func (p *parser) tableTail(t *CreateTable, at At) {
	if p.isKw(kwInherits) {
		p.refuse("INHERITS", p.here())
	}
	if p.isKw(kwPartition) {
		p.refuse("partitioning", p.here())
	}
	if p.isKw(kwUsing) {
		p.refuse("table access methods", p.here())
	}
	switch {
	case p.isKw(kwWith):
		p.advance()
		t.Options = p.options()
	case p.isKw(kwWithout):
		p.advance()
		p.expectKw(kwOids)
	}
	if p.acceptKw(kwOn) {
		p.expectKw(kwCommit)
		t.OnCommit = p.onCommit()
	}
	t.Tablespace = p.tablespace()
	if p.isKw(kwAs) {
		p.refuse("CREATE TABLE AS", at)
	}
}

func (p *parser) onCommit() OnCommit {
	switch {
	case p.acceptKw(kwDrop):
		return OnCommitDrop
	case p.acceptKw(kwPreserve):
		p.expectKw(kwRows)
		return OnCommitPreserveRows
	}
	p.expectKws(kwDelete, kwRows)
	return OnCommitDeleteRows
}

func (p *parser) tablespace() string {
	if p.acceptKw(kwTablespace) {
		return p.colID()
	}
	return ""
}

// options reads (name [= value], ...).
func (p *parser) options() []Option {
	p.expect('(')
	list := []Option{p.option()}
	for p.accept(',') {
		list = append(list, p.option())
	}
	p.expect(')')
	return list
}

func (p *parser) option() Option {
	o := Option{At: p.here(), Name: p.label()}
	if p.accept('.') {
		o.Name += "." + p.label()
	}
	if p.accept('=') {
		o.Value = p.optionValue()
	}
	return o
}

// optionValue reads a number, a string, or a word, which counts as a string (def_arg).
func (p *parser) optionValue() Expr {
	switch p.tok.kind {
	case tokInteger, tokNumber:
		return p.signedNumber()
	case '-', '+':
		if next := p.peek().kind; next == tokInteger || next == tokNumber {
			return p.signedNumber()
		}
	}
	at := p.here()
	switch {
	case p.is(tokString):
		return &StringLiteral{At: at, Value: p.stringValue()}
	case p.tok.text != "" && !isLabel(&p.tok) && !p.is(tokParam):
		return &StringLiteral{At: at, Value: p.symbol().Name}
	}
	typeWord := isFunctionName(&p.tok)
	word := []byte(p.takeName(isLabel(&p.tok) && !p.onlyColumnWord()))
	for typeWord && p.accept('.') {
		word = append(append(word, '.'), p.label()...)
	}
	return &StringLiteral{At: at, Value: string(word)}
}

// onlyColumnWord reports a keyword that names neither a type nor a function, nor is reserved.
func (p *parser) onlyColumnWord() bool {
	switch p.tok.kw {
	case noKeyword, kwNone, kwBigint, kwBit, kwBoolean, kwChar, kwCharacter, kwDec, kwDecimal, kwFloat,
		kwInt, kwInteger, kwInterval, kwNchar, kwNumeric, kwReal, kwSmallint, kwTime, kwTimestamp, kwVarchar:
		return false
	}
	return p.tok.kw.category() == columnName
}

// startsTableConstraint tells a constraint from a column.
func (p *parser) startsTableConstraint() bool {
	switch p.tok.kw {
	case kwConstraint, kwCheck, kwUnique, kwPrimary, kwForeign:
		return true
	case kwExclude:
		return p.peek().kw == kwUsing || p.peek().kind == '('
	}
	return false
}

// columnDef reads name type [constraints].
func (p *parser) columnDef() ColumnDef {
	c := ColumnDef{At: p.here(), Name: p.colID(), Type: p.typeName()}
	if p.isKw(kwCompression) {
		p.refuse("column compression", p.here())
	}
	if p.isKw(kwOptions) {
		p.refuse("foreign tables", p.here())
	}
	for p.columnConstraint(&c) {
	}
	return c
}

// columnConstraint reads one constraint, COLLATE or deferrability of a column; false at the end.
func (p *parser) columnConstraint(c *ColumnDef) bool {
	if p.isKw(kwCollate) {
		p.columnCollation(c)
		return p.err == nil
	}
	if p.deferrability(c) {
		return p.err == nil
	}
	k := Constraint{At: p.here()}
	named := p.acceptKw(kwConstraint)
	if named {
		k.Name = p.colID()
	}
	if !p.columnConstraintKind(&k) {
		if named {
			p.syntaxError()
		}
		return false
	}
	c.Constraints = append(c.Constraints, k)
	return p.err == nil
}

func (p *parser) columnCollation(c *ColumnDef) {
	at := p.here()
	p.advance()
	name := p.qualifiedName()
	if c.Collation != nil {
		p.fail(CodeSyntaxError, "multiple COLLATE clauses not allowed", at)
	}
	c.Collation = &name
}

// columnConstraintKind reads what kind of constraint it is; false when none is here.
func (p *parser) columnConstraintKind(k *Constraint) bool {
	switch {
	case p.isKw(kwNot) && p.peek().kw != kwDeferrable:
		p.advance()
		p.expectKw(kwNull)
		k.Kind = ConstraintNotNull
	case p.acceptKw(kwNull):
		k.Kind = ConstraintNull
	case p.acceptKw(kwDefault):
		k.Kind = ConstraintDefault
		k.Expr = p.restrictedExpr()
	case p.acceptKw(kwCheck):
		p.check(k)
		if k.NoInherit = p.acceptKw(kwNo); k.NoInherit {
			p.expectKw(kwInherit)
		}
	case p.acceptKw(kwPrimary):
		p.expectKw(kwKey)
		k.Kind = ConstraintPrimary
		p.indexParameters(k)
	case p.acceptKw(kwUnique):
		k.Kind = ConstraintUnique
		p.nullsNotDistinct(&k.NullsNotDistinct)
		p.indexParameters(k)
	case p.isKw(kwReferences):
		k.Kind = ConstraintForeign
		k.Foreign = p.references()
	case p.acceptKw(kwGenerated):
		p.generated(k)
	default:
		return false
	}
	return true
}

func (p *parser) check(k *Constraint) {
	k.Kind = ConstraintCheck
	p.expect('(')
	k.Expr = p.expr()
	p.expect(')')
}

// nullsNotDistinct reads NULLS [NOT] DISTINCT.
func (p *parser) nullsNotDistinct(flag *bool) {
	if !p.isKw(kwNulls) {
		return
	}
	p.advance()
	*flag = p.acceptKw(kwNot)
	p.expectKw(kwDistinct)
}

// indexParameters reads WITH (...) and USING INDEX TABLESPACE behind a key.
func (p *parser) indexParameters(k *Constraint) {
	if p.acceptKw(kwWith) {
		k.Options = p.options()
	}
	if p.acceptKw(kwUsing) {
		p.expectKws(kwIndex, kwTablespace)
		k.Tablespace = p.colID()
	}
}

// generated reads GENERATED's two forms: a computed value, or an identity.
func (p *parser) generated(k *Constraint) {
	place := p.here()
	always := p.generatedWhen()
	p.expectKw(kwAs)
	if p.acceptKw(kwIdentity) {
		k.Kind, k.IdentityAlways = ConstraintIdentity, always
		k.Sequence = p.parenSequenceOptions()
		return
	}
	k.Kind = ConstraintGenerated
	p.expect('(')
	k.Expr = p.expr()
	p.expect(')')
	p.expectKw(kwStored)
	if !always {
		p.fail(CodeSyntaxError, "for a generated column, GENERATED ALWAYS must be specified", place)
	}
}

// generatedWhen reads ALWAYS, or BY DEFAULT.
func (p *parser) generatedWhen() bool {
	if p.acceptKw(kwAlways) {
		return true
	}
	p.expectKws(kwBy, kwDefault)
	return false
}

// references reads REFERENCES table [(columns)] [MATCH] [ON ...].
func (p *parser) references() *ForeignKey {
	f := &ForeignKey{At: p.here()}
	p.expectKw(kwReferences)
	f.Table = p.relationName()
	if p.is('(') {
		f.Columns = p.parenIdents()
	}
	p.matchKind(f)
	onDelete, onUpdate := false, false
	for p.isKw(kwOn) && p.err == nil {
		at := p.here()
		p.advance()
		switch {
		case !onDelete && p.acceptKw(kwDelete):
			onDelete = true
			f.OnDelete = p.referentialAction(&f.SetColumns)
		case !onUpdate && p.acceptKw(kwUpdate):
			onUpdate = true
			p.updateAction(f, at)
		default:
			p.syntaxError()
		}
	}
	return f
}

func (p *parser) matchKind(f *ForeignKey) {
	if !p.acceptKw(kwMatch) {
		return
	}
	at := p.here()
	switch {
	case p.acceptKw(kwFull):
		f.MatchFull = true
	case p.acceptKw(kwPartial):
		p.fail(CodeNotSupported, "MATCH PARTIAL not yet implemented", at-At(len("MATCH ")))
	default:
		p.expectKw(kwSimple)
	}
}

func (p *parser) updateAction(f *ForeignKey, at At) {
	var columns []Ident
	f.OnUpdate = p.referentialAction(&columns)
	if columns != nil {
		action := "SET NULL"
		if f.OnUpdate == SetDefaultAction {
			action = "SET DEFAULT"
		}
		p.fail(CodeNotSupported,
			"a column list with "+action+" is only supported for ON DELETE actions", at)
	}
}

func (p *parser) referentialAction(columns *[]Ident) ReferentialAction {
	switch {
	case p.acceptKw(kwCascade):
		return CascadeAction
	case p.acceptKw(kwRestrict):
		return RestrictAction
	case p.acceptKw(kwNo):
		p.expectKw(kwAction)
		return NoAction
	}
	p.expectKw(kwSet)
	action := SetNullAction
	if !p.acceptKw(kwNull) {
		p.expectKw(kwDefault)
		action = SetDefaultAction
	}
	if p.is('(') {
		*columns = p.parenIdents()
	}
	return action
}

// tableConstraint reads [CONSTRAINT name] and a constraint over columns.
func (p *parser) tableConstraint() Constraint {
	k := Constraint{At: p.here()}
	if p.acceptKw(kwConstraint) {
		k.Name = p.colID()
	}
	switch {
	case p.acceptKw(kwCheck):
		p.check(&k)
	case p.acceptKw(kwPrimary):
		p.expectKw(kwKey)
		k.Kind = ConstraintPrimary
		p.keyColumns(&k)
	case p.acceptKw(kwUnique):
		k.Kind = ConstraintUnique
		p.nullsNotDistinct(&k.NullsNotDistinct)
		p.keyColumns(&k)
	case p.acceptKw(kwForeign):
		p.expectKw(kwKey)
		k.Kind = ConstraintForeign
		k.Columns = p.parenIdents()
		k.Foreign = p.references()
	case p.isKw(kwExclude):
		p.refuse("EXCLUDE constraints", p.here())
	default:
		p.syntaxError()
	}
	p.constraintAttributes(&k)
	return k
}

// keyColumns reads the columns of a key, or USING INDEX name.
func (p *parser) keyColumns(k *Constraint) {
	if p.acceptKw(kwUsing) {
		p.expectKw(kwIndex)
		k.UsingIndex = p.colID()
		return
	}
	k.Columns = p.parenIdents()
	if p.acceptKw(kwInclude) {
		k.Include = p.parenIdents()
	}
	p.indexParameters(k)
}
