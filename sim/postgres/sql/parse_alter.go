package sql

// alter reads ALTER.
func (p *parser) alter() Statement {
	at := p.here()
	p.advance()
	switch p.tok.kw {
	case kwTable:
		p.advance()
		if p.isKw(kwAll) {
			p.refuse("ALTER TABLE ALL IN TABLESPACE", at)
		}
		return p.alterTable(at)
	case kwIndex:
		p.advance()
		return p.alterNamed(at, ObjectIndex)
	case kwSequence:
		p.advance()
		return p.alterSequence(at)
	case kwSchema:
		p.advance()
		return p.alterSchema(at)
	case kwType:
		p.advance()
		return p.alterType(at)
	}
	return p.refuseObject("ALTER", at)
}

// alterTable reads ALTER TABLE.
func (p *parser) alterTable(at At) Statement {
	exists := p.ifExists()
	t := p.relation()
	switch {
	case p.isKw(kwRename):
		return p.renameInTable(&Rename{At: at, Kind: ObjectTable, Name: t.Name, IfExists: exists, Only: t.Only})
	case p.isKw(kwSet) && p.peek().kw == kwSchema:
		return p.setSchema(&SetSchema{At: at, Kind: ObjectTable, Name: t.Name, IfExists: exists, Only: t.Only})
	case (p.isKw(kwAttach) || p.isKw(kwDetach)) && p.peek().kw == kwPartition:
		p.refuse("partitioning", p.here())
	}
	a := &AlterTable{At: at, Table: t.Name, IfExists: exists, Only: t.Only}
	for ok := true; ok; ok = p.accept(',') {
		a.Actions = append(a.Actions, p.alterAction())
	}
	return a
}

// renameInTable reads RENAME TO, RENAME [COLUMN] a TO b, RENAME CONSTRAINT a TO b.
func (p *parser) renameInTable(r *Rename) Statement {
	p.expectKw(kwRename)
	switch {
	case p.isKw(kwTo):
	case p.acceptKw(kwConstraint):
		r.Part = ObjectConstraint
		r.PartName = p.colID()
	default:
		p.acceptKw(kwColumn)
		r.Part = ObjectColumn
		r.PartName = p.colID()
	}
	p.expectKw(kwTo)
	r.NewName = p.colID()
	return r
}

func (p *parser) setSchema(s *SetSchema) Statement {
	p.expectKws(kwSet, kwSchema)
	s.Schema = p.colID()
	return s
}

// alterAction reads one action of ALTER TABLE.
func (p *parser) alterAction() AlterAction {
	at := p.here()
	switch {
	case p.acceptKw(kwAdd):
		return p.addAction(at)
	case p.acceptKw(kwDrop):
		return p.dropAction(at)
	case p.acceptKw(kwAlter):
		return p.alterPart(at)
	case p.acceptKw(kwValidate):
		p.expectKw(kwConstraint)
		return &ValidateConstraint{At: at, Name: p.colID()}
	case p.acceptKw(kwOwner):
		p.expectKw(kwTo)
		return &OwnerTo{At: at, Role: p.roleName()}
	case p.acceptKw(kwSet):
		return p.setAction(at)
	case p.acceptKw(kwReset):
		return &SetOptions{At: at, Reset: true, Options: p.options()}
	}
	p.refuseAction(at)
	return nil
}

// refuseAction names the actions that are not simulated.
func (p *parser) refuseAction(at At) {
	var name string
	switch p.tok.kw {
	case kwEnable, kwDisable:
		name = "triggers, rules and row security"
	case kwForce, kwNo:
		name = "row security and inheritance"
	case kwInherit:
		name = "INHERITS"
	case kwNot:
		p.advance()
		p.expectKw(kwOf)
		name = "typed tables"
	case kwOf:
		name = "typed tables"
	case kwCluster:
		name = "CLUSTER"
	case kwReplica:
		name = "REPLICA IDENTITY"
	case kwOptions:
		name = "foreign tables"
	default:
		p.syntaxError()
		return
	}
	p.refuse("ALTER TABLE: "+name, at)
}

func (p *parser) addAction(at At) AlterAction {
	if p.startsTableConstraint() {
		return &AddConstraint{At: at, Constraint: p.tableConstraint()}
	}
	p.acceptKw(kwColumn)
	a := &AddColumn{At: at, IfNotExists: p.ifNotExists()}
	a.Column = p.columnDef()
	return a
}

func (p *parser) dropAction(at At) AlterAction {
	if p.acceptKw(kwConstraint) {
		d := &DropConstraint{At: at, IfExists: p.ifExists()}
		d.Name = p.colID()
		d.Behavior = p.behavior()
		return d
	}
	p.acceptKw(kwColumn)
	d := &DropColumn{At: at, IfExists: p.ifExists()}
	d.Name = p.colID()
	d.Behavior = p.behavior()
	return d
}

// setAction reads SET (options), SET LOGGED and SET UNLOGGED.
func (p *parser) setAction(at At) AlterAction {
	switch {
	case p.is('('):
		return &SetOptions{At: at, Options: p.options()}
	case p.acceptKw(kwLogged):
		return &SetLogged{At: at}
	case p.acceptKw(kwUnlogged):
		return &SetLogged{At: at, Unlogged: true}
	case p.isKw(kwWithout), p.isKw(kwTablespace), p.isKw(kwAccess):
		p.refuse("ALTER TABLE SET "+upper(p.nameText()), at)
	}
	p.syntaxError()
	return nil
}

// alterPart reads ALTER [COLUMN] name ... and ALTER CONSTRAINT name ... .
func (p *parser) alterPart(at At) AlterAction {
	if p.acceptKw(kwConstraint) {
		k := Constraint{Kind: ConstraintForeign, Name: p.colID()}
		p.constraintAttributes(&k)
		if k.NotValid {
			p.fail(CodeNotSupported, "FOREIGN KEY constraints cannot be marked NOT VALID", nowhere)
		}
		return &AlterConstraint{
			At: at, Name: k.Name, Deferrable: k.Deferrable, InitiallyDeferred: k.InitiallyDeferred,
		}
	}
	p.acceptKw(kwColumn)
	if p.is(tokInteger) {
		p.refuse("ALTER COLUMN by number", at)
	}
	return p.alterColumn(at, p.colID())
}

func (p *parser) alterColumn(at At, name string) AlterAction {
	switch {
	case p.acceptKw(kwSet):
		return p.setColumn(at, name)
	case p.acceptKw(kwDrop):
		return p.dropFromColumn(at, name)
	case p.acceptKw(kwType):
		return p.columnType(at, name)
	case p.acceptKw(kwAdd):
		p.expectKw(kwGenerated)
		a := &AddIdentity{At: at, Name: name, Always: p.generatedWhen()}
		p.expectKws(kwAs, kwIdentity)
		a.Sequence = p.parenSequenceOptions()
		return a
	case p.acceptKw(kwReset):
		return &SetOptions{At: at, Column: name, Reset: true, Options: p.options()}
	case p.acceptKw(kwRestart):
		return p.setIdentityFrom(&SetIdentity{At: at, Name: name}, p.restartOption(at))
	}
	p.syntaxError()
	return nil
}

// setColumn reads behind ALTER COLUMN name SET.
func (p *parser) setColumn(at At, name string) AlterAction {
	switch {
	case p.acceptKw(kwDefault):
		return &AlterColumnDefault{At: at, Name: name, Value: p.expr()}
	case p.acceptKw(kwNot):
		p.expectKw(kwNull)
		return &AlterColumnNotNull{At: at, Name: name}
	case p.acceptKw(kwData):
		p.expectKw(kwType)
		return p.columnType(at, name)
	case p.acceptKw(kwStatistics):
		return &SetStatistics{At: at, Column: name, Target: p.signedInteger()}
	case p.is('('):
		return &SetOptions{At: at, Column: name, Options: p.options()}
	case p.isKw(kwStorage), p.isKw(kwCompression):
		p.refuse("ALTER COLUMN SET "+upper(p.nameText()), at)
	}
	return p.setIdentity(at, name)
}

// setIdentity reads SET GENERATED ... and SET sequence-option, the first SET being read already.
func (p *parser) setIdentity(at At, name string) AlterAction {
	s := &SetIdentity{At: at, Name: name}
	if p.acceptKw(kwGenerated) {
		s.SetGenerated, s.Always = true, p.generatedWhen()
		return p.moreIdentity(s)
	}
	return p.setIdentityFrom(s, p.identityOption())
}

// identityOption reads a sequence option that an identity column may change.
func (p *parser) identityOption() SequenceOption {
	option, ok := p.sequenceOption()
	if !ok {
		p.syntaxError()
	}
	name := ""
	switch option.Kind {
	case SequenceAs:
		name = "as"
	case SequenceRestart:
		name = "restart"
	case SequenceOwnedBy:
		name = "owned_by"
	}
	if name != "" {
		p.fail(CodeSyntaxError, `sequence option "`+name+`" not supported here`, option.At)
	}
	return option
}

func (p *parser) setIdentityFrom(s *SetIdentity, option SequenceOption) AlterAction {
	s.Sequence = append(s.Sequence, option)
	return p.moreIdentity(s)
}

func (p *parser) moreIdentity(s *SetIdentity) AlterAction {
	for p.err == nil {
		at := p.here()
		switch {
		case p.acceptKw(kwRestart):
			s.Sequence = append(s.Sequence, p.restartOption(at))
		case p.acceptKws(kwSet, kwGenerated):
			s.SetGenerated, s.Always = true, p.generatedWhen()
		case p.acceptKw(kwSet):
			s.Sequence = append(s.Sequence, p.identityOption())
		default:
			return s
		}
	}
	return s
}

// dropFromColumn reads behind ALTER COLUMN name DROP.
func (p *parser) dropFromColumn(at At, name string) AlterAction {
	switch {
	case p.acceptKw(kwDefault):
		return &AlterColumnDefault{At: at, Name: name}
	case p.acceptKw(kwNot):
		p.expectKw(kwNull)
		return &AlterColumnNotNull{At: at, Name: name, Drop: true}
	case p.acceptKw(kwExpression):
		return &DropExpression{At: at, Name: name, IfExists: p.mustIfExists()}
	}
	p.expectKw(kwIdentity)
	return &DropIdentity{At: at, Name: name, IfExists: p.mustIfExists()}
}

func (p *parser) columnType(at At, name string) AlterAction {
	a := &AlterColumnType{At: at, Name: name, Type: p.typeName()}
	if p.acceptKw(kwCollate) {
		collation := p.qualifiedName()
		a.Collation = &collation
	}
	if p.acceptKw(kwUsing) {
		a.Using = p.expr()
	}
	return a
}

// alterNamed reads ALTER INDEX, of which renaming and storage options are simulated.
func (p *parser) alterNamed(at At, kind ObjectKind) Statement {
	if p.isKw(kwAll) {
		p.refuse("ALTER INDEX ALL IN TABLESPACE", at)
	}
	exists := p.ifExists()
	name := p.relationName()
	switch p.tok.kw {
	case kwRename:
		return p.renameObject(&Rename{At: at, Kind: kind, Name: name, IfExists: exists})
	case kwAttach, kwDepends:
		p.refuse("ALTER INDEX "+upper(p.nameText()), at)
	}
	p.alterAction()
	p.refuse("ALTER INDEX with the actions of ALTER TABLE", at)
	return nil
}

// renameObject reads RENAME TO.
func (p *parser) renameObject(r *Rename) Statement {
	p.expectKws(kwRename, kwTo)
	r.NewName = p.colID()
	return r
}

func (p *parser) alterSchema(at At) Statement {
	name := p.simpleName()
	if p.isKw(kwOwner) {
		return p.alterOwner(&AlterOwner{At: at, Kind: ObjectSchema, Name: name})
	}
	return p.renameObject(&Rename{At: at, Kind: ObjectSchema, Name: name})
}

func (p *parser) alterOwner(o *AlterOwner) Statement {
	p.expectKws(kwOwner, kwTo)
	o.Role = p.roleName()
	return o
}

// alterType reads ALTER TYPE for enums.
func (p *parser) alterType(at At) Statement {
	name := p.qualifiedName()
	switch {
	case p.isKw(kwAdd) && p.peek().kw == kwValue:
		return p.addEnumValue(at, name)
	case p.isKw(kwRename) && p.peek().kw == kwValue:
		p.expectKws(kwRename, kwValue)
		r := &AlterEnumRename{At: at, Name: name, Old: p.stringValue()}
		p.expectKw(kwTo)
		r.New = p.stringValue()
		return r
	case p.isKw(kwRename) && p.peek().kw == kwTo:
		return p.renameObject(&Rename{At: at, Kind: ObjectType, Name: name})
	case p.isKw(kwSet) && p.peek().kw == kwSchema:
		return p.setSchema(&SetSchema{At: at, Kind: ObjectType, Name: name})
	case p.isKw(kwOwner):
		return p.alterOwner(&AlterOwner{At: at, Kind: ObjectType, Name: name})
	case p.isKw(kwAdd), p.isKw(kwDrop), p.isKw(kwAlter), p.isKw(kwRename), p.isKw(kwSet):
		p.refuse("composite types", at)
	}
	p.syntaxError()
	return nil
}

func (p *parser) addEnumValue(at At, name QualifiedName) Statement {
	p.expectKws(kwAdd, kwValue)
	a := &AlterEnumAdd{At: at, Name: name, IfNotExists: p.acceptKw(kwIf)}
	if a.IfNotExists {
		p.expectKws(kwNot, kwExists)
	}
	a.Value = p.stringValue()
	switch {
	case p.acceptKw(kwBefore):
		a.HasNeighbor, a.Before = true, true
	case p.acceptKw(kwAfter):
		a.HasNeighbor = true
	default:
		return a
	}
	a.Neighbor = p.stringValue()
	return a
}
