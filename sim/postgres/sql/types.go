package sql

import "strconv"

// The bits of an interval's field mask, the first modifier of an interval type; IntervalFull
// stands for no restriction.
const (
	IntervalMonth  = 1 << 1
	IntervalYear   = 1 << 2
	IntervalDay    = 1 << 3
	IntervalHour   = 1 << 10
	IntervalMinute = 1 << 11
	IntervalSecond = 1 << 12
	IntervalFull   = 0x7FFF
)

// systemType is a type of pg_catalog.
func systemType(name string, at At, modifiers ...Expr) *TypeName {
	return &TypeName{
		At: at, Name: QualifiedName{At: at, Schema: "pg_catalog", Name: name}, Modifiers: modifiers,
	}
}

// typeName reads a type with SETOF and array bounds (Typename).
func (p *parser) typeName() *TypeName {
	at := p.here()
	setOf := p.acceptKw(kwSetof)
	t := p.simpleType()
	t.At, t.SetOf = at, setOf
	if p.acceptKw(kwArray) {
		t.ArrayDims = 1
		if p.accept('[') {
			p.iconst()
			p.expect(']')
		}
		return t
	}
	for p.accept('[') {
		t.ArrayDims++
		if !p.is(']') {
			p.iconst()
		}
		p.expect(']')
	}
	return t
}

// iconst reads a whole number of at most 32 bits.
func (p *parser) iconst() int32 {
	if !p.is(tokInteger) {
		p.syntaxError()
		return 0
	}
	n, _ := strconv.ParseInt(p.tok.text, 10, 32)
	p.advance()
	return int32(n)
}

// signedInteger reads an iconst with an optional sign.
func (p *parser) signedInteger() int32 {
	if p.accept('-') {
		return -p.iconst()
	}
	p.accept('+')
	return p.iconst()
}

// simpleType reads a type without array bounds (SimpleTypename).
func (p *parser) simpleType() *TypeName {
	if t := p.keywordType(); t != nil {
		return t
	}
	if p.isKw(kwInterval) {
		return p.intervalType()
	}
	at := p.here()
	t := &TypeName{At: at, Name: QualifiedName{At: at, Name: p.takeName(isFunctionName(&p.tok))}}
	if p.is('.') {
		t.Name = p.nameTail(at, t.Name.Name)
	}
	if p.accept('(') {
		t.Modifiers = p.exprList()
		p.expect(')')
	}
	return t
}

// keywordType reads the types with words of their own, except interval; nil when none is here.
func (p *parser) keywordType() *TypeName {
	at := p.here()
	switch p.tok.kw {
	case kwInt, kwInteger:
		return p.plainType("int4", at)
	case kwSmallint:
		return p.plainType("int2", at)
	case kwBigint:
		return p.plainType("int8", at)
	case kwReal:
		return p.plainType("float4", at)
	case kwBoolean:
		return p.plainType("bool", at)
	case kwFloat:
		return p.floatType(at)
	case kwDouble:
		if p.peek().kw == kwPrecision {
			p.advance()
			return p.plainType("float8", at)
		}
	case kwDecimal, kwDec, kwNumeric:
		p.advance()
		return systemType("numeric", at, p.modifiers()...)
	case kwBit:
		return p.bitType(at)
	case kwCharacter, kwChar, kwNchar, kwNational, kwVarchar:
		return p.characterType(at)
	case kwTimestamp:
		return p.timeType("timestamp", at)
	case kwTime:
		return p.timeType("time", at)
	}
	return nil
}

func (p *parser) plainType(name string, at At) *TypeName {
	p.advance()
	return systemType(name, at)
}

// modifiers reads an optional (expr, ...).
func (p *parser) modifiers() []Expr {
	if !p.accept('(') {
		return nil
	}
	list := p.exprList()
	p.expect(')')
	return list
}

// floatType reads FLOAT [(bits)].
func (p *parser) floatType(at At) *TypeName {
	p.advance()
	if !p.accept('(') {
		return systemType("float8", at)
	}
	place, bits := p.here(), p.iconst()
	p.expect(')')
	switch {
	case bits < 1:
		p.fail(CodeInvalidParameter, "precision for type float must be at least 1 bit", place)
	case bits <= 24:
		return systemType("float4", at)
	case bits > 53:
		p.fail(CodeInvalidParameter, "precision for type float must be less than 54 bits", place)
	}
	return systemType("float8", at)
}

// bitType reads BIT [VARYING] [(length)]; bit alone has length 1.
func (p *parser) bitType(at At) *TypeName {
	p.advance()
	if p.acceptKw(kwVarying) {
		return systemType("varbit", at, p.modifiers()...)
	}
	if p.is('(') {
		return systemType("bit", at, p.modifiers()...)
	}
	return systemType("bit", at, &IntegerLiteral{At: at, Value: 1})
}

// characterType reads CHARACTER [VARYING], CHAR, VARCHAR, NATIONAL CHARACTER and NCHAR with an
// optional length; character alone has length 1.
func (p *parser) characterType(at At) *TypeName {
	varying := p.isKw(kwVarchar)
	if p.acceptKw(kwNational) && !p.isKw(kwCharacter) && !p.isKw(kwChar) {
		p.syntaxError()
	}
	p.advance()
	if !varying {
		varying = p.acceptKw(kwVarying)
	}
	t := systemType("varchar", at)
	if !varying {
		t.Name.Name = "bpchar"
	}
	if p.accept('(') {
		place := p.here()
		t.Modifiers = []Expr{&IntegerLiteral{At: place, Value: int64(p.iconst())}}
		p.expect(')')
	} else if !varying {
		t.Modifiers = []Expr{&IntegerLiteral{At: at, Value: 1}}
	}
	return t
}

// timeType reads TIME or TIMESTAMP [(precision)] [WITH|WITHOUT TIME ZONE].
func (p *parser) timeType(name string, at At) *TypeName {
	p.advance()
	t := systemType(name, at)
	if p.accept('(') {
		place := p.here()
		t.Modifiers = []Expr{&IntegerLiteral{At: place, Value: int64(p.iconst())}}
		p.expect(')')
	}
	if p.acceptKws(kwWith, kwTime) {
		p.expectKw(kwZone)
		t.Name.Name += "tz"
	} else if p.acceptKw(kwWithout) {
		p.expectKws(kwTime, kwZone)
	}
	return t
}

// intervalType reads INTERVAL [fields] or INTERVAL (precision).
func (p *parser) intervalType() *TypeName {
	at := p.here()
	p.advance()
	t := systemType("interval", at)
	if p.accept('(') {
		t.Modifiers = p.intervalPrecision(at)
		p.expect(')')
		return t
	}
	t.Modifiers = p.intervalFields()
	return t
}

func (p *parser) intervalPrecision(at At) []Expr {
	place := p.here()
	return []Expr{
		&IntegerLiteral{At: at, Value: IntervalFull},
		&IntegerLiteral{At: place, Value: int64(p.iconst())},
	}
}

func isIntervalField(kw keyword) bool { return intervalField(kw) != 0 }

func intervalField(kw keyword) int64 {
	switch kw {
	case kwYear:
		return IntervalYear
	case kwMonth:
		return IntervalMonth
	case kwDay:
		return IntervalDay
	case kwHour:
		return IntervalHour
	case kwMinute:
		return IntervalMinute
	case kwSecond:
		return IntervalSecond
	}
	return 0
}

// intervalFields reads YEAR, DAY TO SECOND(3) and the like; nil when there is none.
func (p *parser) intervalFields() []Expr {
	at, first := p.here(), p.tok.kw
	mask := intervalField(first)
	if mask == 0 {
		return nil
	}
	last := first
	p.advance()
	if p.isKw(kwTo) && first != kwMonth && first != kwSecond {
		p.advance()
		last = p.tok.kw
		if !validInterval(first, last) {
			p.syntaxError()
			return nil
		}
		p.advance()
		mask = intervalRange(intervalField(first), intervalField(last))
	}
	list := []Expr{&IntegerLiteral{At: at, Value: mask}}
	if last == kwSecond && p.accept('(') {
		place := p.here()
		list = append(list, &IntegerLiteral{At: place, Value: int64(p.iconst())})
		p.expect(')')
	}
	return list
}

// validInterval: YEAR TO MONTH, and from DAY, HOUR or MINUTE to something finer down to SECOND.
func validInterval(first, last keyword) bool {
	if first == kwYear {
		return last == kwMonth
	}
	return intervalField(last) > intervalField(first)
}

// intervalRange is the mask of all fields from one to another.
func intervalRange(first, last int64) int64 {
	if first == IntervalYear {
		return IntervalYear | IntervalMonth
	}
	mask := first
	for _, f := range [...]int64{IntervalHour, IntervalMinute, IntervalSecond} {
		if f > first && f <= last {
			mask |= f
		}
	}
	return mask
}

// constantType reads the type of a constant such as timestamp '...' or interval '...'. Most type
// words may also be column names: nil, and nothing read, unless what follows makes it a constant.
func (p *parser) constantType() *TypeName {
	next := p.peek()
	switch p.tok.kw {
	case kwDouble:
		if next.kw != kwPrecision {
			return nil
		}
	case kwInt, kwInteger, kwSmallint, kwBigint, kwReal, kwBoolean:
		if next.kind != tokString {
			return nil
		}
	case kwFloat, kwDecimal, kwDec, kwNumeric, kwVarchar, kwInterval:
		if next.kind != tokString && next.kind != '(' {
			return nil
		}
	case kwBit, kwCharacter, kwChar, kwNchar:
		if next.kind != tokString && next.kind != '(' && next.kw != kwVarying {
			return nil
		}
	case kwNational:
		if next.kw != kwCharacter && next.kw != kwChar {
			return nil
		}
	case kwTimestamp, kwTime:
		zoned := next.kw == kwWithout || next.kw == kwWith && p.peek2().kw == kwTime
		if next.kind != tokString && next.kind != '(' && !zoned {
			return nil
		}
	default:
		return nil
	}
	if p.isKw(kwInterval) {
		return p.constantInterval()
	}
	return p.keywordType()
}

// constantInterval reads INTERVAL [(precision)] of a constant; its fields stand behind the string.
func (p *parser) constantInterval() *TypeName {
	at := p.here()
	p.advance()
	t := systemType("interval", at)
	if p.accept('(') {
		t.Modifiers = p.intervalPrecision(at)
		p.expect(')')
	}
	return t
}

// typedConstant reads the string behind a constant's type.
func (p *parser) typedConstant(at At, t *TypeName) Expr {
	e := p.typedString(at, t)
	if t.Name.Name == "interval" && t.Modifiers == nil {
		t.Modifiers = p.intervalFields()
	}
	return e
}
