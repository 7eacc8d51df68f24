package sql

// statement reads one statement by its first word.
func (p *parser) statement() Statement {
	switch p.tok.kw {
	case kwSelect, kwValues, kwTable, kwWith, kwInsert, kwUpdate, kwDelete:
		return p.preparable()
	case kwCreate:
		return p.create()
	case kwAlter:
		return p.alter()
	case kwDrop:
		return p.drop()
	case kwTruncate:
		return p.truncate()
	case kwComment:
		return p.comment()
	}
	if s, ok := p.sessionStatement(); ok {
		return s
	}
	if p.is('(') {
		return p.preparable()
	}
	if name := refusedStatement(p.tok.kw); name != "" {
		p.refuse(name, p.here())
		return nil
	}
	p.syntaxError()
	return nil
}

// refusedStatement names the statements that PostgreSQL has and the simulation leaves out.
func refusedStatement(kw keyword) string {
	switch kw {
	case kwMerge:
		return "MERGE"
	case kwDo:
		return "PL/pgSQL (DO)"
	case kwCall:
		return "CALL"
	case kwCopy:
		return "COPY"
	case kwDeclare, kwFetch, kwMove, kwClose:
		return "cursors"
	case kwExplain:
		return "EXPLAIN"
	case kwPrepare:
		return "PREPARE"
	case kwExecute:
		return "EXECUTE"
	case kwGrant:
		return "GRANT"
	case kwRevoke:
		return "REVOKE"
	case kwReindex:
		return "REINDEX"
	case kwCluster:
		return "CLUSTER"
	case kwCheckpoint:
		return "CHECKPOINT"
	case kwRefresh:
		return "materialized views"
	case kwLoad:
		return "LOAD"
	case kwReassign:
		return "REASSIGN OWNED"
	case kwSecurity:
		return "SECURITY LABEL"
	case kwImport:
		return "IMPORT FOREIGN SCHEMA"
	}
	return ""
}

// create reads CREATE with what follows.
func (p *parser) create() Statement {
	at := p.here()
	p.advance()
	switch p.tok.kw {
	case kwTable:
		return p.createTable(at, Permanent)
	case kwTemporary, kwTemp, kwLocal, kwGlobal, kwUnlogged:
		return p.createPersistent(at)
	case kwUnique, kwIndex:
		return p.createIndex(at)
	case kwSequence:
		return p.createSequence(at, Permanent)
	case kwSchema:
		return p.createSchema(at)
	case kwType:
		return p.createType(at)
	case kwExtension:
		return p.createExtension(at)
	}
	return p.refuseObject("CREATE", at)
}

// createPersistent reads [LOCAL|GLOBAL] TEMPORARY|TEMP or UNLOGGED before TABLE or SEQUENCE.
func (p *parser) createPersistent(at At) Statement {
	kind := Temporary
	if p.acceptKw(kwUnlogged) {
		kind = Unlogged
	} else {
		if !p.acceptKw(kwLocal) {
			p.acceptKw(kwGlobal)
		}
		if !p.acceptKw(kwTemporary) {
			p.expectKw(kwTemp)
		}
	}
	switch p.tok.kw {
	case kwTable:
		return p.createTable(at, kind)
	case kwSequence:
		return p.createSequence(at, kind)
	case kwView, kwRecursive:
		p.refuse("CREATE VIEW", at)
	}
	p.syntaxError()
	return nil
}

// refuseObject names an object behind CREATE, ALTER, DROP or COMMENT ON that is not simulated, or
// reports that there is no such object.
func (p *parser) refuseObject(verb string, at At) Statement {
	name := ""
	switch p.tok.kw {
	case kwView, kwRecursive:
		name = "VIEW"
	case kwMaterialized:
		name = "MATERIALIZED VIEW"
	case kwFunction:
		name = "FUNCTION"
	case kwProcedure, kwRoutine, kwAggregate, kwTrigger, kwRule, kwPolicy, kwDomain, kwCast,
		kwCollation, kwConversion, kwDatabase, kwOperator, kwPublication, kwRole, kwServer,
		kwStatistics, kwSubscription, kwSystem, kwTablespace, kwTransform, kwUser, kwGroup, kwIndex,
		kwTable, kwColumn, kwType, kwExtension:
		name = upper(p.nameText())
	case kwConstraint:
		name = "CONSTRAINT TRIGGER"
	case kwEvent:
		name = "EVENT TRIGGER"
	case kwForeign:
		name = "FOREIGN " + p.upperPeek()
	case kwText:
		name = "TEXT SEARCH"
	case kwAccess:
		name = "ACCESS METHOD"
	case kwLarge:
		name = "LARGE OBJECT"
	case kwDefault:
		name = "DEFAULT PRIVILEGES"
	case kwOwned:
		name = "OWNED"
	case kwTrusted, kwProcedural, kwLanguage:
		name = "LANGUAGE"
	case kwOr:
		if verb == "CREATE" {
			name = p.orReplace()
		}
	}
	if name == "" {
		p.syntaxError()
		return nil
	}
	p.refuse(verb+" "+name, at)
	return nil
}

// orReplace names what stands behind CREATE OR REPLACE.
func (p *parser) orReplace() string {
	p.advance()
	p.expectKw(kwReplace)
	switch p.tok.kw {
	case kwTemp, kwTemporary, kwLocal, kwGlobal, kwRecursive, kwView:
		return "VIEW"
	case kwTrusted, kwProcedural, kwLanguage:
		return "LANGUAGE"
	case kwConstraint, kwTrigger:
		return "TRIGGER"
	case kwFunction, kwProcedure, kwAggregate, kwRule, kwTransform:
		return upper(p.nameText())
	}
	p.syntaxError()
	return ""
}

func (p *parser) upperPeek() string {
	if p.peek().kw == kwTable {
		return "TABLE"
	}
	return "DATA WRAPPER"
}

// upper raises ASCII letters, for the words in messages.
func upper(word string) string {
	b := []byte(word)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - ('a' - 'A')
		}
	}
	return string(b)
}

// ifNotExists and ifExists read those words when they are there.
func (p *parser) ifNotExists() bool {
	if !p.isKw(kwIf) || p.peek().kw != kwNot {
		return false
	}
	p.expectKws(kwIf, kwNot, kwExists)
	return true
}

func (p *parser) ifExists() bool { return p.acceptKws(kwIf, kwExists) }

// mustIfExists is ifExists where IF cannot be a name.
func (p *parser) mustIfExists() bool {
	found := p.acceptKw(kwIf)
	if found {
		p.expectKw(kwExists)
	}
	return found
}

// behavior reads an optional CASCADE or RESTRICT.
func (p *parser) behavior() Behavior {
	switch {
	case p.acceptKw(kwCascade):
		return Cascade
	case p.acceptKw(kwRestrict):
		return Restrict
	}
	return BehaviorDefault
}

// objectKind reads the word for an object; zero when the simulation has no such object.
func (p *parser) objectKind() ObjectKind {
	var kind ObjectKind
	switch p.tok.kw {
	case kwTable:
		kind = ObjectTable
	case kwIndex:
		kind = ObjectIndex
	case kwSequence:
		kind = ObjectSequence
	case kwSchema:
		kind = ObjectSchema
	case kwType:
		kind = ObjectType
	case kwExtension:
		kind = ObjectExtension
	default:
		return 0
	}
	p.advance()
	return kind
}

// drop reads DROP.
func (p *parser) drop() Statement {
	d := &Drop{At: p.here()}
	p.advance()
	if d.Kind = p.objectKind(); d.Kind == 0 {
		return p.refuseObject("DROP", d.At)
	}
	if d.Kind == ObjectIndex {
		d.Concurrently = p.acceptKw(kwConcurrently)
	}
	d.IfExists = p.ifExists()
	if d.Kind == ObjectSchema || d.Kind == ObjectExtension {
		for _, name := range p.identList() {
			d.Names = append(d.Names, QualifiedName{At: name.At, Name: name.Name})
		}
	} else {
		for ok := true; ok; ok = p.accept(',') {
			d.Names = append(d.Names, p.objectName(d.Kind))
		}
	}
	d.Behavior = p.behavior()
	return d
}

// objectName reads a qualified name; that of a type may be written like a type (int, "T"[]).
func (p *parser) objectName(kind ObjectKind) QualifiedName {
	if kind == ObjectType {
		return p.typeName().Name
	}
	return p.qualifiedName()
}

// truncate reads TRUNCATE [TABLE].
func (p *parser) truncate() Statement {
	t := &Truncate{At: p.here()}
	p.advance()
	p.acceptKw(kwTable)
	t.Tables = p.relations()
	switch {
	case p.acceptKw(kwRestart):
		p.expectKw(kwIdentity)
		t.RestartIdentity = true
	case p.acceptKw(kwContinue):
		p.expectKw(kwIdentity)
	}
	t.Behavior = p.behavior()
	return t
}

// relations reads tables separated by commas.
func (p *parser) relations() []Table {
	list := []Table{p.relation()}
	for p.accept(',') {
		list = append(list, p.relation())
	}
	return list
}

// comment reads COMMENT ON.
func (p *parser) comment() Statement {
	c := &Comment{At: p.here()}
	p.advance()
	p.expectKw(kwOn)
	switch {
	case p.acceptKw(kwColumn):
		c.Kind = ObjectColumn
		p.commentColumn(c)
	case p.acceptKw(kwConstraint):
		c.Kind = ObjectConstraint
		c.Part = p.colID()
		p.expectKw(kwOn)
		if p.isKw(kwDomain) {
			p.refuse("COMMENT ON DOMAIN", c.At)
		}
		c.Name = p.qualifiedName()
	case p.acceptKw(kwDatabase):
		c.Kind = ObjectDatabase
		c.Name = p.simpleName()
	default:
		p.commentObject(c)
	}
	p.expectKw(kwIs)
	if p.acceptKw(kwNull) {
		c.Null = true
	} else {
		c.Text = p.stringValue()
	}
	return c
}

func (p *parser) commentObject(c *Comment) {
	if c.Kind = p.objectKind(); c.Kind == 0 {
		p.refuseObject("COMMENT ON", c.At)
		return
	}
	if c.Kind == ObjectSchema || c.Kind == ObjectExtension {
		c.Name = p.simpleName()
	} else {
		c.Name = p.objectName(c.Kind)
	}
}

// simpleName reads a name that cannot be qualified.
func (p *parser) simpleName() QualifiedName {
	at := p.here()
	return QualifiedName{At: at, Name: p.colID()}
}

// commentColumn reads table.column, whose last part is the column.
func (p *parser) commentColumn(c *Comment) {
	at := p.here()
	parts := []string{p.colID()}
	for p.accept('.') {
		parts = append(parts, p.label())
	}
	switch n := len(parts); {
	case n < 2:
		p.failLate(CodeSyntaxError, "column name must be qualified", nowhere)
	case n > 4:
		p.fail(CodeSyntaxError, "improper qualified name (too many dotted names)", at)
	default:
		var names [4]string
		copy(names[4-n:], parts)
		c.Name = QualifiedName{At: at, Catalog: names[0], Schema: names[1], Name: names[2]}
		c.Part = names[3]
	}
}
