package sql

// Deferrability behind constraints. The grammar lets the words stand in any order and number;
// which go together, and with which constraint, is checked afterwards, as in the server.

// attribute is a word behind a constraint.
type attribute uint8

const (
	attributeDeferrable attribute = 1 << iota
	attributeNotDeferrable
	attributeInitiallyDeferred
	attributeInitiallyImmediate
	attributeNotValid
	attributeNoInherit
)

// attribute reads one such word, zero when none is here.
func (p *parser) attribute() attribute {
	switch {
	case p.acceptKw(kwDeferrable):
		return attributeDeferrable
	case p.acceptKws(kwNot, kwDeferrable):
		return attributeNotDeferrable
	case !p.acceptKw(kwInitially):
		return 0
	case p.acceptKw(kwDeferred):
		return attributeInitiallyDeferred
	}
	p.expectKw(kwImmediate)
	return attributeInitiallyImmediate
}

// tableAttribute also reads those that only table constraints have.
func (p *parser) tableAttribute() attribute {
	switch {
	case p.acceptKw(kwNo):
		p.expectKw(kwInherit)
		return attributeNoInherit
	case !p.acceptKw(kwNot):
		return p.attribute()
	case p.acceptKw(kwValid):
		return attributeNotValid
	}
	p.expectKw(kwDeferrable)
	return attributeNotDeferrable
}

// constraintAttributes reads the attributes of a table constraint (ConstraintAttributeSpec).
func (p *parser) constraintAttributes(k *Constraint) {
	seen := attribute(0)
	for p.err == nil {
		at := p.here()
		a := p.tableAttribute()
		if a == 0 {
			break
		}
		seen |= a
		if message := attributeConflict(seen); message != "" {
			p.fail(CodeSyntaxError, message, at)
		}
	}
	p.checkAttributes(k, seen)
	setAttributes(k, seen)
}

// checkAttributes reports attributes that the kind of constraint cannot have.
func (p *parser) checkAttributes(k *Constraint, seen attribute) {
	if name := refusedAttribute(k.Kind, seen); name != "" {
		p.fail(CodeNotSupported, constraintWord(k.Kind)+" constraints cannot be marked "+name, nowhere)
	}
}

func setAttributes(k *Constraint, seen attribute) {
	k.InitiallyDeferred = seen&attributeInitiallyDeferred != 0
	k.Deferrable = k.InitiallyDeferred || seen&attributeDeferrable != 0
	k.NotValid = seen&attributeNotValid != 0
	k.NoInherit = k.NoInherit || seen&attributeNoInherit != 0
}

// attributeConflict words a contradiction among the attributes of a table constraint.
func attributeConflict(seen attribute) string {
	const late = attributeNotDeferrable | attributeInitiallyDeferred
	switch {
	case seen&late == late:
		return "constraint declared INITIALLY DEFERRED must be DEFERRABLE"
	case conflictingAttributes(seen):
		return "conflicting constraint properties"
	}
	return ""
}

func conflictingAttributes(seen attribute) bool {
	both := func(a attribute) bool { return seen&a == a }
	return both(attributeNotDeferrable|attributeInitiallyDeferred) ||
		both(attributeDeferrable|attributeNotDeferrable) ||
		both(attributeInitiallyDeferred|attributeInitiallyImmediate)
}

// refusedAttribute names the attribute that the kind of constraint cannot have.
func refusedAttribute(kind ConstraintKind, seen attribute) string {
	deferring := seen&(attributeDeferrable|attributeInitiallyDeferred) != 0
	switch {
	case kind == ConstraintCheck && deferring:
		return "DEFERRABLE"
	case kind != ConstraintCheck && kind != ConstraintForeign && seen&attributeNotValid != 0:
		return "NOT VALID"
	case kind != ConstraintCheck && seen&attributeNoInherit != 0:
		return "NO INHERIT"
	}
	return ""
}

func constraintWord(kind ConstraintKind) string {
	switch kind {
	case ConstraintPrimary:
		return "PRIMARY KEY"
	case ConstraintUnique:
		return "UNIQUE"
	case ConstraintForeign:
		return "FOREIGN KEY"
	}
	return "CHECK"
}

// deferrability reads a column's attribute, which belongs to the constraint before it.
func (p *parser) deferrability(c *ColumnDef) bool {
	at := p.here()
	a := p.attribute()
	if a == 0 {
		return false
	}
	k := lastDeferrable(c)
	if k == nil {
		p.failLate(CodeSyntaxError, "misplaced "+attributeWord(a)+" clause", at)
		return true
	}
	before := attributesOf(k)
	if conflictingAttributes(before | a) {
		p.failLate(CodeSyntaxError, conflictMessage(before|a), at)
	}
	setAttributes(k, before|a)
	return true
}

// lastDeferrable is the constraint that an attribute would belong to.
func lastDeferrable(c *ColumnDef) *Constraint {
	if len(c.Constraints) == 0 {
		return nil
	}
	k := &c.Constraints[len(c.Constraints)-1]
	switch k.Kind {
	case ConstraintPrimary, ConstraintUnique, ConstraintForeign:
		return k
	}
	return nil
}

// attributesOf is what a constraint has already.
func attributesOf(k *Constraint) attribute {
	a := attribute(0)
	if k.Deferrable {
		a |= attributeDeferrable
	}
	if k.InitiallyDeferred {
		a |= attributeInitiallyDeferred
	}
	return a
}

func attributeWord(a attribute) string {
	switch a {
	case attributeDeferrable:
		return "DEFERRABLE"
	case attributeNotDeferrable:
		return "NOT DEFERRABLE"
	case attributeInitiallyDeferred:
		return "INITIALLY DEFERRED"
	}
	return "INITIALLY IMMEDIATE"
}

func conflictMessage(seen attribute) string {
	if seen&attributeInitiallyImmediate != 0 {
		return "multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed"
	}
	return "multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed"
}
