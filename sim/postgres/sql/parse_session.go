package sql

// sessionStatement reads a transaction or session command; false when none is here.
func (p *parser) sessionStatement() (Statement, bool) {
	at := p.here()
	switch p.tok.kw {
	case kwBegin, kwStart:
		return p.begin(at), true
	case kwCommit, kwEnd:
		p.advance()
		p.refusePrepared()
		p.workWord()
		return &Commit{At: at, Chain: p.chain()}, true
	case kwRollback, kwAbort:
		return p.rollback(at), true
	case kwSavepoint:
		p.advance()
		return &Savepoint{At: at, Name: p.colID()}, true
	case kwRelease:
		p.advance()
		return &ReleaseSavepoint{At: at, Name: p.savepointName()}, true
	case kwSet:
		return p.set(at), true
	case kwReset:
		return p.reset(at), true
	case kwShow:
		return p.show(at), true
	case kwLock:
		return p.lockTable(at), true
	case kwListen, kwUnlisten, kwNotify:
		return p.notification(at), true
	case kwDiscard:
		return p.discard(at), true
	case kwAnalyze, kwAnalyse, kwVacuum:
		return p.maintenance(at), true
	case kwDeallocate:
		return p.deallocate(at), true
	}
	return nil, false
}

func (p *parser) begin(at At) Statement {
	b := &Begin{At: at, Start: p.isKw(kwStart)}
	p.advance()
	if b.Start {
		p.expectKw(kwTransaction)
	} else {
		p.workWord()
	}
	b.Modes, _ = p.transactionModes()
	return b
}

// workWord reads an optional WORK or TRANSACTION.
func (p *parser) workWord() {
	if !p.acceptKw(kwWork) {
		p.acceptKw(kwTransaction)
	}
}

// refusePrepared names two-phase commit.
func (p *parser) refusePrepared() {
	if p.isKw(kwPrepared) {
		p.refuse("two-phase commit", p.here())
	}
}

// chain reads AND [NO] CHAIN.
func (p *parser) chain() bool {
	if !p.acceptKw(kwAnd) {
		return false
	}
	no := p.acceptKw(kwNo)
	p.expectKw(kwChain)
	return !no
}

func (p *parser) rollback(at At) Statement {
	abort := p.isKw(kwAbort)
	p.advance()
	if !abort {
		p.refusePrepared()
	}
	p.workWord()
	if !abort && p.acceptKw(kwTo) {
		return &RollbackTo{At: at, Name: p.savepointName()}
	}
	return &Rollback{At: at, Chain: p.chain()}
}

// savepointName reads [SAVEPOINT] name; a savepoint may be called savepoint.
func (p *parser) savepointName() string {
	if p.isKw(kwSavepoint) && isColID(p.peek()) {
		p.advance()
	}
	return p.colID()
}

// transactionModes reads the modes, with or without commas; false when there is none.
func (p *parser) transactionModes() (TransactionModes, bool) {
	var m TransactionModes
	for n := 0; ; n++ {
		comma := n > 0 && p.accept(',')
		if !p.transactionMode(&m) {
			if comma {
				p.syntaxError()
			}
			return m, n > 0
		}
	}
}

func (p *parser) transactionMode(m *TransactionModes) bool {
	switch {
	case p.acceptKw(kwIsolation):
		p.expectKw(kwLevel)
		m.Isolation = p.isolation()
	case p.acceptKw(kwRead):
		m.ReadOnly = Yes
		if !p.acceptKw(kwOnly) {
			p.expectKw(kwWrite)
			m.ReadOnly = No
		}
	case p.acceptKw(kwDeferrable):
		m.Deferrable = Yes
	case p.acceptKw(kwNot):
		p.expectKw(kwDeferrable)
		m.Deferrable = No
	default:
		return false
	}
	return true
}

func (p *parser) isolation() Isolation {
	switch {
	case p.acceptKw(kwSerializable):
		return Serializable
	case p.acceptKw(kwRepeatable):
		p.expectKw(kwRead)
		return RepeatableRead
	}
	p.expectKw(kwRead)
	if p.acceptKw(kwUncommitted) {
		return ReadUncommitted
	}
	p.expectKw(kwCommitted)
	return ReadCommitted
}

// set reads SET in all its forms.
func (p *parser) set(at At) Statement {
	p.advance()
	if p.isKw(kwConstraints) && p.scopeFollows() {
		p.advance()
		return p.setConstraints(at)
	}
	v := &SetVariable{At: at}
	switch {
	case p.isKw(kwLocal) && p.scopeFollows():
		p.advance()
		v.Local = true
	case p.isKw(kwSession) && p.scopeFollows() && p.peek().kw != kwAuthorization:
		p.advance()
		if p.acceptKws(kwCharacteristics, kwAs) {
			p.expectKw(kwTransaction)
			return p.setTransaction(&SetTransaction{At: at, Session: true})
		}
	}
	if p.isKw(kwTransaction) && !p.namesSetting() {
		p.advance()
		return p.setTransaction(&SetTransaction{At: at})
	}
	p.setWhat(v)
	return v
}

// namesSetting reports that the current word is the name of a setting, whatever else it means.
func (p *parser) namesSetting() bool {
	next := p.peek()
	return next.kind == '=' || next.kind == '.' || next.kw == kwTo || next.kw == kwFrom
}

// scopeFollows tells SET LOCAL name from a setting called local.
func (p *parser) scopeFollows() bool {
	next := p.peek()
	return isLabel(next) && next.kw != kwTo && next.kw != kwFrom
}

func (p *parser) setTransaction(s *SetTransaction) Statement {
	if !s.Session && p.acceptKw(kwSnapshot) {
		s.HasSnapshot, s.Snapshot = true, p.stringValue()
		return s
	}
	modes, ok := p.transactionModes()
	if !ok {
		p.syntaxError()
	}
	s.Modes = modes
	return s
}

// setWhat reads what is set, with SQL's own phrases for some settings.
func (p *parser) setWhat(v *SetVariable) {
	switch {
	case p.acceptKws(kwTime, kwZone):
		v.Name = "timezone"
		p.zoneValue(v)
	case p.isKw(kwSchema) && p.peek().kind == tokString:
		p.advance()
		v.Name = "search_path"
		p.oneString(v)
	case p.isKw(kwNames) && !p.namesSetting():
		p.advance()
		p.setNames(v)
	case p.isKw(kwRole) && !p.namesSetting():
		p.advance()
		v.Name = "role"
		p.oneWord(v)
	case p.isKw(kwSession) && p.peek().kw == kwAuthorization:
		p.advance()
		p.advance()
		v.Name = "session_authorization"
		if v.ToDefault = p.acceptKw(kwDefault); !v.ToDefault {
			p.oneWord(v)
		}
	case p.isKw(kwXML) && p.peek().kw == kwOption:
		p.refuse("XML", p.here())
	case p.isKw(kwCatalog) && p.peek().kind == tokString:
		p.fail(CodeNotSupported, "current database cannot be changed", At(p.peek().at))
	default:
		p.setNamed(v)
	}
}

func (p *parser) oneString(v *SetVariable) {
	at := p.here()
	v.Values = []Expr{&StringLiteral{At: at, Value: p.stringValue()}}
}

func (p *parser) oneWord(v *SetVariable) {
	at := p.here()
	v.Values = []Expr{&StringLiteral{At: at, Value: p.wordOrString()}}
}

func (p *parser) setNames(v *SetVariable) {
	v.Name = "client_encoding"
	switch {
	case p.acceptKw(kwDefault):
		v.ToDefault = true
	case p.is(tokString):
		p.oneString(v)
	default:
		v.ToDefault = true
	}
}

// setNamed reads name = value, ... or name TO DEFAULT.
func (p *parser) setNamed(v *SetVariable) {
	v.Name = p.settingName()
	if p.acceptKw(kwFrom) {
		p.expectKw(kwCurrent)
		p.refuse("SET ... FROM CURRENT", v.At)
	}
	if !p.accept('=') {
		p.expectKw(kwTo)
	}
	if v.ToDefault = p.acceptKw(kwDefault); v.ToDefault {
		return
	}
	v.Values = append(v.Values, p.settingValue())
	for p.accept(',') {
		v.Values = append(v.Values, p.settingValue())
	}
}

// settingName reads name or prefix.name (var_name); lower case, as settings ignore case.
func (p *parser) settingName() string {
	name := p.colID()
	if !p.is('.') {
		return foldName(name)
	}
	b := []byte(name)
	for p.accept('.') {
		b = append(append(b, '.'), p.colID()...)
	}
	return foldName(string(b))
}

// settingValue reads a number, a string, or a word, TRUE, FALSE and ON among them (var_value).
func (p *parser) settingValue() Expr {
	at := p.here()
	switch p.tok.kind {
	case '-', '+', tokInteger, tokNumber:
		return p.signedNumber()
	case tokString:
		return &StringLiteral{At: at, Value: p.stringValue()}
	}
	word := isNonReserved(&p.tok) || p.isKw(kwTrue) || p.isKw(kwFalse) || p.isKw(kwOn)
	return &StringLiteral{At: at, Value: p.takeName(word)}
}

// zoneValue reads the value of SET TIME ZONE.
func (p *parser) zoneValue(v *SetVariable) {
	at := p.here()
	switch {
	case p.acceptKw(kwDefault), p.acceptKw(kwLocal):
		v.ToDefault = true
	case p.isKw(kwInterval):
		v.Values = []Expr{p.typedConstant(at, p.constantInterval())}
	case p.is(tokString):
		p.oneString(v)
	case p.is('-'), p.is('+'), p.is(tokInteger), p.is(tokNumber):
		v.Values = []Expr{p.signedNumber()}
	default:
		v.Values = []Expr{&StringLiteral{At: at, Value: p.takeName(p.is(tokIdent))}}
	}
}

func (p *parser) setConstraints(at At) Statement {
	s := &SetConstraints{At: at}
	if s.All = p.acceptKw(kwAll); !s.All {
		s.Names = p.relationNames()
	}
	if s.Deferred = p.acceptKw(kwDeferred); !s.Deferred {
		p.expectKw(kwImmediate)
	}
	return s
}

func (p *parser) reset(at At) Statement {
	r := &Reset{At: at}
	p.advance()
	r.Name, r.All = p.settingOrAll()
	return r
}

func (p *parser) show(at At) Statement {
	s := &Show{At: at}
	p.advance()
	s.Name, s.All = p.settingOrAll()
	return s
}

// settingOrAll reads the name behind RESET and SHOW.
func (p *parser) settingOrAll() (name string, all bool) {
	switch {
	case p.acceptKw(kwAll):
		return "", true
	case p.acceptKws(kwTime, kwZone):
		return "timezone", false
	case p.acceptKws(kwTransaction, kwIsolation):
		p.expectKw(kwLevel)
		return "transaction_isolation", false
	case p.acceptKws(kwSession, kwAuthorization):
		return "session_authorization", false
	}
	return p.settingName(), false
}

// lockTable reads LOCK [TABLE].
func (p *parser) lockTable(at At) Statement {
	l := &LockTable{At: at, Mode: AccessExclusiveLock}
	p.advance()
	p.acceptKw(kwTable)
	l.Tables = p.relations()
	if p.acceptKw(kwIn) {
		l.Mode = p.lockMode()
		p.expectKw(kwMode)
	}
	l.NoWait = p.acceptKw(kwNowait)
	return l
}

func (p *parser) lockMode() TableLock {
	switch {
	case p.acceptKw(kwAccess):
		if p.acceptKw(kwShare) {
			return AccessShareLock
		}
		p.expectKw(kwExclusive)
		return AccessExclusiveLock
	case p.acceptKw(kwRow):
		if p.acceptKw(kwShare) {
			return RowShareLock
		}
		p.expectKw(kwExclusive)
		return RowExclusiveLock
	case p.acceptKw(kwExclusive):
		return ExclusiveLock
	}
	p.expectKw(kwShare)
	switch {
	case p.acceptKw(kwUpdate):
		p.expectKw(kwExclusive)
		return ShareUpdateExclusiveLock
	case p.acceptKw(kwRow):
		p.expectKw(kwExclusive)
		return ShareRowExclusiveLock
	}
	return ShareLock
}

// notification reads LISTEN, UNLISTEN and NOTIFY.
func (p *parser) notification(at At) Statement {
	kw := p.tok.kw
	p.advance()
	switch {
	case kw == kwListen:
		return &Listen{At: at, Channel: p.colID()}
	case kw == kwUnlisten && p.accept('*'):
		return &Unlisten{At: at, All: true}
	case kw == kwUnlisten:
		return &Unlisten{At: at, Channel: p.colID()}
	}
	n := &Notify{At: at, Channel: p.colID()}
	if p.accept(',') {
		n.Payload = p.stringValue()
	}
	return n
}

func (p *parser) discard(at At) Statement {
	d := &Discard{At: at}
	p.advance()
	switch {
	case p.acceptKw(kwAll):
		d.Target = DiscardAll
	case p.acceptKw(kwTemp), p.acceptKw(kwTemporary):
		d.Target = DiscardTemp
	case p.acceptKw(kwPlans):
		d.Target = DiscardPlans
	default:
		p.expectKw(kwSequences)
		d.Target = DiscardSequences
	}
	return d
}

func (p *parser) deallocate(at At) Statement {
	d := &Deallocate{At: at}
	p.advance()
	if p.isKw(kwPrepare) && (p.peek().kw == kwAll || isColID(p.peek())) {
		p.advance()
	}
	if d.All = p.acceptKw(kwAll); !d.All {
		d.Name = p.colID()
	}
	return d
}
