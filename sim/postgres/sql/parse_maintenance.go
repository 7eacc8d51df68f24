package sql

// maintenance reads ANALYZE and VACUUM.
func (p *parser) maintenance(at At) Statement {
	vacuum := p.isKw(kwVacuum)
	p.advance()
	v := &Vacuum{At: at}
	if p.is('(') {
		p.maintenanceOptions(v)
	} else {
		p.maintenanceWords(v, vacuum)
	}
	if !p.is(tokEOF) && !p.is(';') {
		for ok := true; ok; ok = p.accept(',') {
			v.Targets = append(v.Targets, p.maintenanceTarget())
		}
	}
	if vacuum {
		return v
	}
	return &Analyze{At: at, Targets: v.Targets}
}

// maintenanceWords reads the old form: VACUUM FULL FREEZE VERBOSE ANALYZE, in this order.
func (p *parser) maintenanceWords(v *Vacuum, vacuum bool) {
	if vacuum {
		v.Full = p.acceptKw(kwFull)
		v.Freeze = p.acceptKw(kwFreeze)
	}
	p.acceptKw(kwVerbose)
	if vacuum {
		v.Analyze = p.acceptKw(kwAnalyze) || p.acceptKw(kwAnalyse)
	}
}

// maintenanceOptions reads (name [value], ...).
func (p *parser) maintenanceOptions(v *Vacuum) {
	p.expect('(')
	for ok := true; ok; ok = p.accept(',') {
		analyze := p.isKw(kwAnalyze) || p.isKw(kwAnalyse)
		name := p.takeName(isNonReserved(&p.tok) || analyze)
		on := p.maintenanceFlag()
		switch {
		case analyze:
			v.Analyze = on
		case name == "full":
			v.Full = on
		case name == "freeze":
			v.Freeze = on
		}
	}
	p.expect(')')
}

// maintenanceFlag reads an option's value; without one it is on.
func (p *parser) maintenanceFlag() bool {
	switch {
	case p.is(',') || p.is(')'):
		return true
	case p.is(tokInteger), p.is(tokNumber), p.is('-'), p.is('+'):
		n, ok := p.signedNumber().(*IntegerLiteral)
		return ok && n.Value != 0
	case p.is(tokString):
		return isOn(p.stringValue())
	}
	word := isNonReserved(&p.tok) || p.isKw(kwTrue) || p.isKw(kwFalse) || p.isKw(kwOn)
	return isOn(p.takeName(word))
}

// isOn reads a boolean word.
func isOn(word string) bool {
	word = foldName(word)
	return word == "true" || word == "on"
}

// maintenanceTarget reads table [(columns)].
func (p *parser) maintenanceTarget() MaintenanceTarget {
	t := MaintenanceTarget{At: p.here(), Table: p.relationName()}
	if p.is('(') {
		t.Columns = p.parenIdents()
	}
	return t
}
