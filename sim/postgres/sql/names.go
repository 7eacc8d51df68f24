package sql

// nameText is the name that the current token gives when it stands as one.
func (p *parser) nameText() string {
	if p.tok.kind == tokKeyword {
		return foldName(p.tok.text)
	}
	return p.tok.text
}

// Which tokens may be names depends on the place; the functions carry the grammar's terms.

// isColID: a column, table, alias or other ordinary name.
func isColID(t *token) bool {
	return t.kind == tokIdent || t.kind == tokKeyword && t.kw.column()
}

// isFunctionName: an unqualified function or type name (type_function_name).
func isFunctionName(t *token) bool {
	return t.kind == tokIdent || t.kind == tokKeyword && t.kw.function()
}

// isLabel: any word, behind AS or a dot (ColLabel).
func isLabel(t *token) bool { return t.kind == tokIdent || t.kind == tokKeyword }

// isBareLabel: a column alias without AS.
func isBareLabel(t *token) bool {
	return t.kind == tokIdent || t.kind == tokKeyword && t.kw.bareLabel()
}

// isNonReserved: NonReservedWord of the grammar.
func isNonReserved(t *token) bool {
	return t.kind == tokIdent || t.kind == tokKeyword && t.kw.category() != reserved
}

// takeName takes the current token as a name when ok, else reports it.
func (p *parser) takeName(ok bool) string {
	if !ok {
		p.refuseUnicode()
		p.syntaxError()
		return ""
	}
	name := p.nameText()
	p.advance()
	return name
}

func (p *parser) colID() string { return p.takeName(isColID(&p.tok)) }
func (p *parser) label() string { return p.takeName(isLabel(&p.tok)) }

// refuseUnicode names U&"..." where a name was wanted.
func (p *parser) refuseUnicode() {
	if p.is(tokUnicode) {
		p.refuse("U& escapes", p.here())
	}
}

// ident reads a ColId with its place.
func (p *parser) ident() Ident {
	at := p.here()
	return Ident{At: at, Name: p.colID()}
}

// identList reads name, name, ... .
func (p *parser) identList() []Ident {
	list := []Ident{p.ident()}
	for p.accept(',') {
		list = append(list, p.ident())
	}
	return list
}

// parenIdents reads (name, ...).
func (p *parser) parenIdents() []Ident {
	p.expect('(')
	list := p.identList()
	p.expect(')')
	return list
}

// qualifiedName reads name, schema.name or catalog.schema.name.
func (p *parser) qualifiedName() QualifiedName {
	at := p.here()
	return p.nameTail(at, p.colID())
}

// nameTail reads the rest of a qualified name behind its first part.
func (p *parser) nameTail(at At, first string) QualifiedName {
	name := QualifiedName{At: at, Name: first}
	for n := 2; p.accept('.'); n++ {
		name = p.addName(name, p.label(), n)
	}
	return name
}

// addName appends the nth part to a name.
func (p *parser) addName(name QualifiedName, next string, n int) QualifiedName {
	if n > 3 {
		p.fail(CodeSyntaxError, p.tooManyNames(name, next), name.At)
	}
	name.Catalog, name.Schema, name.Name = name.Schema, name.Name, next
	return name
}

// tooManyNames reads the rest of a.b.c.d and words that at most three parts make sense.
func (p *parser) tooManyNames(name QualifiedName, next string) string {
	all := []byte(name.Catalog + "." + name.Schema + "." + name.Name + "." + next)
	for p.accept('.') {
		if p.accept('*') {
			return "improper qualified name (too many dotted names): " + string(all) + ".*"
		}
		all = append(append(all, '.'), p.label()...)
	}
	return "improper qualified name (too many dotted names): " + string(all)
}

// relationName reads the name of a table or the like. The server's grammar takes subscripts and .*
// there too, and rejects them only behind the last (qualified_name).
func (p *parser) relationName() QualifiedName {
	at := p.here()
	name := QualifiedName{At: at, Name: p.colID()}
	for n := 2; p.is('.') || p.is('['); n++ {
		if p.is('[') || p.peek().kind == '*' {
			p.skipIndirection()
			p.syntaxError()
			return name
		}
		p.advance()
		name = p.addName(name, p.label(), n)
	}
	return name
}

// relationNames reads a list of them.
func (p *parser) relationNames() []QualifiedName {
	list := []QualifiedName{p.relationName()}
	for p.accept(',') {
		list = append(list, p.relationName())
	}
	return list
}

// nonReserved reads a word for a language, option value or the like.
func (p *parser) nonReserved() string { return p.takeName(isNonReserved(&p.tok)) }

// roleName reads a role. The name none is taken, for SET ROLE NONE.
func (p *parser) roleName() string {
	at := p.here()
	name := p.takeName(isNonReserved(&p.tok) || p.isRoleWord())
	if name == "none" {
		p.fail(CodeReservedName, `role name "none" is reserved`, at)
	}
	return name
}

// isRoleWord: CURRENT_USER and its like stand for a role.
func (p *parser) isRoleWord() bool {
	return p.isKw(kwCurrentUser) || p.isKw(kwSessionUser) || p.isKw(kwCurrentRole)
}

// stringValue reads a string constant.
func (p *parser) stringValue() string {
	if !p.is(tokString) {
		p.refuseString()
		p.syntaxError()
		return ""
	}
	value := p.tok.text
	p.advance()
	return value
}

// refuseString names the string forms that are not simulated.
func (p *parser) refuseString() {
	switch p.tok.kind {
	case tokBitString:
		p.refuse("bit strings", p.here())
	case tokNational:
		p.refuse("national character strings", p.here())
	case tokUnicode:
		p.refuse("U& escapes", p.here())
	}
}
