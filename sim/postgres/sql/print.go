package sql

import "strconv"

// Format prints a statement as SQL on one line: keywords in upper case, operands of operators in
// parentheses, names quoted where they must be. Parsing the result gives the same tree, but for
// places in the text.
func Format(s Statement) string {
	p := printer{b: make([]byte, 0, 256)}
	p.statement(s)
	return string(p.b)
}

// FormatExpr prints an expression like Format.
func FormatExpr(e Expr) string {
	p := printer{b: make([]byte, 0, 64)}
	p.expr(e)
	return string(p.b)
}

// printer collects the text.
type printer struct{ b []byte }

// put appends pieces of SQL text as they are.
func (p *printer) put(parts ...string) {
	for _, s := range parts {
		p.b = append(p.b, s...)
	}
}

// putIf appends text when the condition holds.
func (p *printer) putIf(condition bool, text string) {
	if condition {
		p.b = append(p.b, text...)
	}
}

// either is one of two texts.
func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func (p *printer) int(n int64) { p.b = strconv.AppendInt(p.b, n, 10) }

// name appends an identifier, in quotes unless it is a plain word that is no keyword.
func (p *printer) name(name string) {
	if isPlainName(name) {
		p.put(name)
		return
	}
	p.quoted(name, '"')
}

func isPlainName(name string) bool {
	if name == "" || !isIdentStart(name[0]) || findKeyword(name) != noKeyword {
		return false
	}
	for i := range len(name) {
		if c := name[i]; !isIdentPart(c) || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// quoted appends text in quotes, doubling those inside.
func (p *printer) quoted(text string, quote byte) {
	p.b = append(p.b, quote)
	for i := range len(text) {
		if text[i] == quote {
			p.b = append(p.b, quote)
		}
		p.b = append(p.b, text[i])
	}
	p.b = append(p.b, quote)
}

// string appends a string constant.
func (p *printer) string(value string) { p.quoted(value, '\'') }

func (p *printer) qualified(n QualifiedName) { p.dotted(n.Catalog, n.Schema, n.Name) }

// dotted appends the names that are there, with dots between them.
func (p *printer) dotted(names ...string) {
	first := true
	for _, name := range names {
		if name == "" {
			continue
		}
		p.putIf(!first, ".")
		p.name(name)
		first = false
	}
}

// list appends n items with commas between them.
func (p *printer) list(n int, item func(i int)) {
	for i := range n {
		p.putIf(i > 0, ", ")
		item(i)
	}
}

func (p *printer) idents(list []Ident) {
	p.put("(")
	p.list(len(list), func(i int) { p.name(list[i].Name) })
	p.put(")")
}

func (p *printer) names(list []QualifiedName) {
	p.list(len(list), func(i int) { p.qualified(list[i]) })
}

// typeName appends a type.
func (p *printer) typeName(t *TypeName) {
	p.putIf(t.SetOf, "SETOF ")
	p.qualified(t.Name)
	if len(t.Modifiers) > 0 {
		p.put("(")
		p.exprs(t.Modifiers)
		p.put(")")
	}
	for range t.ArrayDims {
		p.put("[]")
	}
}

// statement appends a statement of any kind.
func (p *printer) statement(s Statement) {
	switch s := s.(type) {
	case *Empty:
	case *Select:
		p.query(s)
	case *Insert:
		p.insert(s)
	case *Update:
		p.update(s)
	case *Delete:
		p.delete(s)
	default:
		if !p.definition(s) {
			p.session(s)
		}
	}
}
