package sql

// createIndex reads CREATE [UNIQUE] INDEX.
func (p *parser) createIndex(at At) Statement {
	x := &CreateIndex{At: at}
	x.Unique = p.acceptKw(kwUnique)
	p.expectKw(kwIndex)
	x.Concurrently = p.acceptKw(kwConcurrently)
	if x.IfNotExists = p.ifNotExists(); x.IfNotExists || !p.isKw(kwOn) {
		x.Name = p.colID()
	}
	p.expectKw(kwOn)
	t := p.relation()
	x.Table, x.Only = t.Name, t.Only
	if p.acceptKw(kwUsing) {
		x.Method = p.colID()
	}
	p.expect('(')
	x.Elements = p.indexElements()
	p.expect(')')
	p.indexTail(x)
	return x
}

func (p *parser) indexTail(x *CreateIndex) {
	if p.acceptKw(kwInclude) {
		x.Include = p.includedColumns()
	}
	p.nullsNotDistinct(&x.NullsNotDistinct)
	if p.acceptKw(kwWith) {
		x.Options = p.options()
	}
	x.Tablespace = p.tablespace()
	if p.acceptKw(kwWhere) {
		x.Where = p.expr()
	}
}

// indexElements reads the keys of an index or conflict target.
func (p *parser) indexElements() []IndexElement {
	list := []IndexElement{p.indexElement()}
	for p.accept(',') {
		list = append(list, p.indexElement())
	}
	return list
}

func (p *parser) indexElement() IndexElement {
	e := IndexElement{At: p.here()}
	switch {
	case p.accept('('):
		e.Value = p.expr()
		p.expect(')')
	case p.startsFunction(), isColID(&p.tok) && p.peek().kind == '.':
		e.Value = p.functionExpr(false)
	default:
		e.Column = p.colID()
	}
	if p.acceptKw(kwCollate) {
		name := p.qualifiedName()
		e.Collation = &name
	}
	p.operatorClass(&e)
	e.Order = p.sortOrder()
	e.Nulls = p.nullsOrder()
	return e
}

// operatorClass reads an optional class.
func (p *parser) operatorClass(e *IndexElement) {
	if !isColID(&p.tok) {
		return
	}
	name := p.qualifiedName()
	e.OperatorClass = &name
	if p.is('(') {
		p.refuse("operator class options", p.here())
	}
}

// includedColumns reads the columns of INCLUDE. The grammar takes whole index keys; more than a
// name is an error of its own.
func (p *parser) includedColumns() []Ident {
	p.expect('(')
	elements := p.indexElements()
	p.expect(')')
	list := make([]Ident, len(elements))
	for i, e := range elements {
		list[i] = Ident{At: e.At, Name: e.Column}
		switch what := excessOfKey(&e); {
		case e.Value != nil:
			p.failLate(CodeNotSupported, "expressions are not supported in included columns", nowhere)
		case what != "":
			p.failLate(CodeInvalidObject, "including column does not support "+what, nowhere)
		}
	}
	return list
}

// excessOfKey names what an included column cannot have.
func excessOfKey(e *IndexElement) string {
	switch {
	case e.Collation != nil:
		return "a collation"
	case e.OperatorClass != nil:
		return "an operator class"
	case e.Order != DefaultOrder:
		return "ASC/DESC options"
	case e.Nulls != DefaultNulls:
		return "NULLS FIRST/LAST options"
	}
	return ""
}

// createSequence reads CREATE SEQUENCE.
func (p *parser) createSequence(at At, kind Persistence) Statement {
	s := &CreateSequence{At: at, Persistence: kind}
	p.advance()
	s.IfNotExists = p.ifNotExists()
	s.Name = p.relationName()
	s.Options = p.sequenceOptions()
	return s
}

// alterSequence reads ALTER SEQUENCE.
func (p *parser) alterSequence(at At) Statement {
	exists := p.ifExists()
	name := p.relationName()
	switch {
	case p.isKw(kwRename):
		return p.renameObject(&Rename{At: at, Kind: ObjectSequence, Name: name, IfExists: exists})
	case p.isKw(kwSet) && p.peek().kw == kwSchema:
		return p.setSchema(&SetSchema{At: at, Kind: ObjectSequence, Name: name, IfExists: exists})
	}
	options := p.sequenceOptions()
	if len(options) == 0 {
		return p.alterSequenceTable(at, name, exists)
	}
	return &AlterSequence{At: at, Name: name, IfExists: exists, Options: options}
}

// alterSequenceTable reads the actions of ALTER TABLE behind ALTER SEQUENCE.
func (p *parser) alterSequenceTable(at At, name QualifiedName, exists bool) Statement {
	a := &AlterTable{At: at, Table: name, IfExists: exists}
	for ok := true; ok; ok = p.accept(',') {
		a.Actions = append(a.Actions, p.alterAction())
	}
	for _, action := range a.Actions {
		if _, ok := action.(*OwnerTo); !ok {
			p.refuse("ALTER SEQUENCE with the actions of ALTER TABLE", at)
		}
	}
	return a
}

func (p *parser) sequenceOptions() []SequenceOption {
	var list []SequenceOption
	for p.err == nil {
		option, ok := p.sequenceOption()
		if !ok {
			return list
		}
		list = append(list, option)
	}
	return list
}

// parenSequenceOptions reads an optional (option ...) of an identity column.
func (p *parser) parenSequenceOptions() []SequenceOption {
	if !p.accept('(') {
		return nil
	}
	list := p.sequenceOptions()
	if len(list) == 0 {
		p.syntaxError()
	}
	p.expect(')')
	return list
}

// sequenceOption reads one option; false when none is here.
func (p *parser) sequenceOption() (SequenceOption, bool) {
	o := SequenceOption{At: p.here()}
	switch {
	case p.acceptKw(kwAs):
		o.Kind, o.Type = SequenceAs, p.simpleType()
	case p.acceptKw(kwIncrement):
		p.acceptKw(kwBy)
		o.Kind, o.Value = SequenceIncrement, p.signedNumber()
	case p.acceptKw(kwMinvalue):
		o.Kind, o.Value = SequenceMinValue, p.signedNumber()
	case p.acceptKw(kwMaxvalue):
		o.Kind, o.Value = SequenceMaxValue, p.signedNumber()
	case p.acceptKw(kwStart):
		p.acceptKw(kwWith)
		o.Kind, o.Value = SequenceStart, p.signedNumber()
	case p.acceptKw(kwRestart):
		return p.restartOption(o.At), true
	case p.acceptKw(kwCache):
		o.Kind, o.Value = SequenceCache, p.signedNumber()
	case p.acceptKw(kwCycle):
		o.Kind = SequenceCycle
	case p.acceptKw(kwNo):
		p.noOption(&o)
	case p.acceptKw(kwOwned):
		p.ownedBy(&o)
	case p.acceptKw(kwSequence):
		p.expectKw(kwName)
		o.Kind, o.OwnedBy = SequenceNamed, p.dottedIdents()
	case p.acceptKw(kwLogged):
		o.Kind = SequenceLogged
	case p.acceptKw(kwUnlogged):
		o.Kind, o.None = SequenceLogged, true
	default:
		return o, false
	}
	return o, true
}

// restartOption reads the optional value behind RESTART.
func (p *parser) restartOption(at At) SequenceOption {
	o := SequenceOption{At: at, Kind: SequenceRestart}
	with := p.acceptKw(kwWith)
	if with || p.is('-') || p.is('+') || p.is(tokInteger) || p.is(tokNumber) {
		o.Value = p.signedNumber()
	} else {
		o.None = true
	}
	return o
}

func (p *parser) noOption(o *SequenceOption) {
	o.None = true
	switch {
	case p.acceptKw(kwMinvalue):
		o.Kind = SequenceMinValue
	case p.acceptKw(kwMaxvalue):
		o.Kind = SequenceMaxValue
	default:
		p.expectKw(kwCycle)
		o.Kind = SequenceCycle
	}
}

func (p *parser) ownedBy(o *SequenceOption) {
	p.expectKw(kwBy)
	o.Kind = SequenceOwnedBy
	o.OwnedBy = p.dottedIdents()
	o.None = len(o.OwnedBy) == 1 && o.OwnedBy[0].Name == "none"
}

// dottedIdents reads name.name... (any_name); NONE is such a name too.
func (p *parser) dottedIdents() []Ident {
	list := []Ident{p.ident()}
	for p.accept('.') {
		at := p.here()
		list = append(list, Ident{At: at, Name: p.label()})
	}
	return list
}

// createSchema reads CREATE SCHEMA.
func (p *parser) createSchema(at At) Statement {
	s := &CreateSchema{At: at}
	p.advance()
	s.IfNotExists = p.ifNotExists()
	if !p.isKw(kwAuthorization) {
		s.Name = p.colID()
	}
	if p.acceptKw(kwAuthorization) {
		s.Authorization = p.roleName()
	}
	switch p.tok.kw {
	case kwCreate, kwGrant:
		p.refuse("CREATE SCHEMA with elements", at)
	}
	return s
}

// createType reads CREATE TYPE ... AS ENUM.
func (p *parser) createType(at At) Statement {
	e := &CreateEnum{At: at}
	p.advance()
	e.Name = p.qualifiedName()
	if p.is('(') || p.is(tokEOF) || p.is(';') {
		p.refuse("base types", at)
	}
	p.expectKw(kwAs)
	switch {
	case p.is('('):
		p.refuse("composite types", at)
	case p.isKw(kwRange):
		p.refuse("range types", at)
	}
	p.expectKw(kwEnum)
	p.expect('(')
	if !p.is(')') {
		for ok := true; ok; ok = p.accept(',') {
			e.Labels = append(e.Labels, p.stringValue())
		}
	}
	p.expect(')')
	return e
}

// createExtension reads CREATE EXTENSION.
func (p *parser) createExtension(at At) Statement {
	e := &CreateExtension{At: at}
	p.advance()
	e.IfNotExists = p.ifNotExists()
	e.Name = p.colID()
	p.acceptKw(kwWith)
	for p.err == nil {
		switch {
		case p.acceptKw(kwSchema):
			e.Schema = p.colID()
		case p.acceptKw(kwVersion):
			e.Version = p.wordOrString()
		case p.acceptKw(kwCascade):
			e.Cascade = true
		case p.isKw(kwFrom):
			p.extensionFrom()
		default:
			return e
		}
	}
	return e
}

// extensionFrom answers the FROM that older servers had.
func (p *parser) extensionFrom() {
	at := p.here()
	p.advance()
	p.wordOrString()
	p.fail(CodeNotSupported, "CREATE EXTENSION ... FROM is no longer supported", at)
}

// wordOrString reads a word or a string, which count alike (NonReservedWord_or_Sconst).
func (p *parser) wordOrString() string {
	if p.is(tokString) {
		return p.stringValue()
	}
	return p.nonReserved()
}
