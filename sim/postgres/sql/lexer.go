package sql

import (
	"strconv"
	"strings"
)

// lexer cuts text into tokens by the rules of scan.l (manual, section 4.1). It reads forward only,
// so its time is linear in the text. After an error it stays at tokFailed.
type lexer struct {
	text string
	pos  int
	err  error

	signsEnd int // up to here operator has seen nothing but signs, each a token of its own
}

// next reads one token.
func (l *lexer) next() token {
	if l.err != nil || !l.skipBlank() {
		return l.failed()
	}
	at := l.pos
	if at >= len(l.text) {
		return token{kind: tokEOF, at: int32(at), end: int32(at)}
	}
	c := l.text[at]
	switch {
	case isIdentStart(c):
		return l.word(at)
	case isDigit(c), c == '.' && isDigit(l.byteAt(at+1)):
		return l.number(at)
	case c == '\'':
		return l.quoted(at)
	case c == '"':
		return l.quotedName(at)
	case c == '$':
		return l.dollar(at)
	case c == ':' || c == '.':
		return l.colonOrDot(at)
	case isOperatorChar(c):
		return l.operator(at)
	}
	return l.other(at)
}

// byteAt is the byte at i, or 0 behind the end.
func (l *lexer) byteAt(i int) byte {
	if i < len(l.text) {
		return l.text[i]
	}
	return 0
}

// take ends a token at end.
func (l *lexer) take(kind tokenKind, at, end int) token {
	l.pos = end
	return token{kind: kind, at: int32(at), end: int32(end)}
}

func (l *lexer) takeText(kind tokenKind, at, end int, text string) token {
	l.pos = end
	return token{kind: kind, at: int32(at), end: int32(end), text: text}
}

func (l *lexer) failed() token {
	return token{kind: tokFailed, at: int32(l.pos), end: int32(l.pos)}
}

// fail reports a lexical error in PostgreSQL's wording, with the text from at to end.
func (l *lexer) fail(message string, at, end int) token {
	l.err = near(l.text, CodeSyntaxError, message, at, end)
	return l.failed()
}

// near words an error as the server's scanner_yyerror does.
func near(text, code, message string, at, end int) *Error {
	if at >= len(text) {
		message += " at end of input"
	} else {
		message += " at or near \"" + text[at:end] + "\""
	}
	return &Error{Code: code, Message: message, Position: CharPosition(text, at)}
}

// skipBlank skips white space and comments; false after an unterminated comment.
func (l *lexer) skipBlank() bool {
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		switch {
		case isSpace(c):
			l.pos++
		case c == '-' && l.byteAt(l.pos+1) == '-':
			l.pos = endOfLine(l.text, l.pos)
		case c == '/' && l.byteAt(l.pos+1) == '*':
			if !l.skipBlockComment() {
				return false
			}
		default:
			return true
		}
	}
	return true
}

// endOfLine is the offset of the first line end at or behind i.
func endOfLine(text string, i int) int {
	for i < len(text) && text[i] != '\n' && text[i] != '\r' {
		i++
	}
	return i
}

// skipBlockComment skips a comment, which may hold others.
func (l *lexer) skipBlockComment() bool {
	start, depth := l.pos, 0
	for i := start; i+1 < len(l.text); {
		switch {
		case l.text[i] == '/' && l.text[i+1] == '*':
			depth++
			i += 2
		case l.text[i] == '*' && l.text[i+1] == '/':
			depth--
			i += 2
		default:
			i++
		}
		if depth == 0 {
			l.pos = i
			return true
		}
	}
	l.fail("unterminated /* comment", start, len(l.text))
	return false
}

// word reads a name or keyword, or a string with a letter before its quote.
func (l *lexer) word(at int) token {
	if t, ok := l.prefixed(at); ok {
		return t
	}
	end := at + 1
	for end < len(l.text) && isIdentPart(l.text[end]) {
		end++
	}
	raw := l.text[at:end]
	if kw := findKeyword(raw); kw != noKeyword {
		l.pos = end
		return token{kind: tokKeyword, kw: kw, at: int32(at), end: int32(end), text: raw}
	}
	return l.takeText(tokIdent, at, end, truncateName(foldName(raw)))
}

// findKeyword looks a word up without regard to case and without allocating.
func findKeyword(raw string) keyword {
	if len(raw) > maxKeyword {
		return noKeyword
	}
	var buf [maxKeyword]byte
	for i := range len(raw) {
		c := raw[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	return lookupKeyword(string(buf[:len(raw)]))
}

// prefixed reads E'...', B'...', X'...', N'...' and U&'...'.
func (l *lexer) prefixed(at int) (token, bool) {
	next := l.byteAt(at + 1)
	if next != '\'' && next != '&' {
		return token{}, false
	}
	switch c := l.text[at] | 0x20; {
	case c == 'e' && next == '\'':
		return l.escapeString(at), true
	case (c == 'b' || c == 'x') && next == '\'':
		return l.bitString(at), true
	case c == 'n' && next == '\'':
		return l.refused(tokNational, at, at+1), true
	case c == 'u' && next == '&' && (l.byteAt(at+2) == '\'' || l.byteAt(at+2) == '"'):
		return l.refused(tokUnicode, at, at+2), true
	}
	return token{}, false
}

// refused reads a quoted token that the parser will refuse; its value does not matter.
func (l *lexer) refused(kind tokenKind, at, quote int) token {
	var t token
	if l.text[quote] == '"' {
		t = l.quotedName(quote)
	} else {
		t = l.quoted(quote)
	}
	if t.kind != tokFailed {
		t.kind = kind
	}
	t.at = int32(at)
	return t
}

// bitString reads B'...' and X'...', in which quotes cannot be doubled.
func (l *lexer) bitString(at int) token {
	end := at + 2
	for {
		i := strings.IndexByte(l.text[end:], '\'')
		if i < 0 {
			kind := "hexadecimal"
			if l.text[at]|0x20 == 'b' {
				kind = "bit"
			}
			return l.fail("unterminated "+kind+" string literal", at, len(l.text))
		}
		end += i + 1
		next, more := l.continued(end)
		if !more {
			return l.take(tokBitString, at, end)
		}
		end = next
	}
}

// quoted reads '...' and its continuations on further lines.
func (l *lexer) quoted(at int) token {
	part, end, ok := l.quotedPart(at + 1)
	if !ok {
		return l.fail("unterminated quoted string", at, len(l.text))
	}
	next, more := l.continued(end)
	if !more {
		return l.takeText(tokString, at, end, part)
	}
	value := []byte(part)
	for ; more; next, more = l.continued(end) {
		if part, end, ok = l.quotedPart(next); !ok {
			return l.fail("unterminated quoted string", at, len(l.text))
		}
		value = append(value, part...)
	}
	return l.takeText(tokString, at, end, string(value))
}

// quotedPart reads from behind a quote to behind the closing one; a doubled quote counts as one.
func (l *lexer) quotedPart(from int) (value string, end int, ok bool) {
	i := strings.IndexByte(l.text[from:], '\'')
	if i < 0 {
		return "", 0, false
	}
	if l.byteAt(from+i+1) != '\'' {
		return l.text[from : from+i], from + i + 1, true
	}
	return l.unescapeQuotes(from, '\'')
}

// unescapeQuotes is quotedPart for text with doubled quotes.
func (l *lexer) unescapeQuotes(from int, quote byte) (value string, end int, ok bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(l.text[from:], quote)
		if i < 0 {
			return "", 0, false
		}
		b.WriteString(l.text[from : from+i])
		from += i + 1
		if l.byteAt(from) != quote {
			return b.String(), from, true
		}
		b.WriteByte(quote)
		from++
	}
}

// continued reports whether another quoted part follows behind white space with a line end in it,
// and where its contents start.
func (l *lexer) continued(end int) (int, bool) {
	newline := false
	for i := end; i < len(l.text); {
		c := l.text[i]
		switch {
		case c == '\n' || c == '\r':
			newline = true
			i++
		case isSpace(c):
			i++
		case c == '-' && l.byteAt(i+1) == '-':
			i = endOfLine(l.text, i)
		default:
			return i + 1, newline && c == '\''
		}
	}
	return 0, false
}

// quotedName reads "...".
func (l *lexer) quotedName(at int) token {
	i := strings.IndexByte(l.text[at+1:], '"')
	name, end, ok := "", at+i+2, i >= 0
	if ok {
		name = l.text[at+1 : at+1+i]
		if l.byteAt(end) == '"' {
			name, end, ok = l.unescapeQuotes(at+1, '"')
		}
	}
	if !ok {
		return l.fail("unterminated quoted identifier", at, len(l.text))
	}
	if name == "" {
		return l.fail("zero-length delimited identifier", at, end)
	}
	return l.takeText(tokIdent, at, end, truncateName(name))
}

// dollar reads a parameter or a dollar-quoted string.
func (l *lexer) dollar(at int) token {
	if isDigit(l.byteAt(at + 1)) {
		end := l.digits(at + 1)
		if isIdentStart(l.byteAt(end)) {
			return l.junk("trailing junk after parameter", at, end)
		}
		return l.takeText(tokParam, at, end, l.text[at+1:end])
	}
	open := at + 1
	if isIdentStart(l.byteAt(open)) {
		for open < len(l.text) && (isIdentStart(l.text[open]) || isDigit(l.text[open])) {
			open++
		}
	}
	if l.byteAt(open) != '$' {
		return l.take('$', at, at+1)
	}
	open++
	i := strings.Index(l.text[open:], l.text[at:open])
	if i < 0 {
		return l.fail("unterminated dollar-quoted string", at, len(l.text))
	}
	return l.takeText(tokString, at, open+i+(open-at), l.text[open:open+i])
}

func (l *lexer) digits(i int) int {
	for i < len(l.text) && isDigit(l.text[i]) {
		i++
	}
	return i
}

// number reads a number, which must not run into a name.
func (l *lexer) number(at int) token {
	end, whole := l.digits(at), true
	if l.byteAt(end) == '.' && l.byteAt(end+1) != '.' {
		end, whole = l.digits(end+1), false
	}
	if e := l.byteAt(end); e == 'e' || e == 'E' {
		exp := end + 1
		if s := l.byteAt(exp); s == '+' || s == '-' {
			exp++
		}
		if !isDigit(l.byteAt(exp)) {
			return l.fail("trailing junk after numeric literal", at, exp)
		}
		end, whole = l.digits(exp), false
	}
	if isIdentStart(l.byteAt(end)) {
		return l.junk("trailing junk after numeric literal", at, end)
	}
	text := l.text[at:end]
	if whole {
		if _, err := strconv.ParseInt(text, 10, 32); err == nil {
			return l.takeText(tokInteger, at, end, text)
		}
	}
	return l.takeText(tokNumber, at, end, text)
}

// junk reports a name directly behind a number, and shows both.
func (l *lexer) junk(message string, at, end int) token {
	for end < len(l.text) && isIdentPart(l.text[end]) {
		end++
	}
	return l.fail(message, at, end)
}

func (l *lexer) colonOrDot(at int) token {
	switch l.text[at : at+min(2, len(l.text)-at)] {
	case "::":
		return l.take(tokTypecast, at, at+2)
	case ":=":
		return l.take(tokColonEquals, at, at+2)
	case "..":
		return l.take(tokDotDot, at, at+2)
	}
	return l.take(tokenKind(l.text[at]), at, at+1)
}

// operator reads the longest run of operator characters, less a comment's start, and less trailing
// signs when the rest could not have one (manual, section 4.1.3).
func (l *lexer) operator(at int) token {
	if at < l.signsEnd {
		return l.operatorToken(at, at+1)
	}
	end, free := at, false
	for end < len(l.text) && isOperatorChar(l.text[end]) && !l.startsComment(end) {
		free = free || isFreeOperatorChar(l.text[end])
		end++
	}
	if !free {
		l.signsEnd = end
		for end > at+1 && (l.text[end-1] == '+' || l.text[end-1] == '-') {
			end--
		}
	}
	if end-at > maxNameBytes {
		return l.fail("operator too long", at, end)
	}
	return l.operatorToken(at, end)
}

func (l *lexer) startsComment(i int) bool {
	next := l.byteAt(i + 1)
	return l.text[i] == '-' && next == '-' || l.text[i] == '/' && next == '*'
}

func (l *lexer) operatorToken(at, end int) token {
	text := l.text[at:end]
	switch text {
	case "+", "-", "*", "/", "%", "^", "<", ">", "=":
		return l.takeText(tokenKind(text[0]), at, end, text)
	case "=>":
		return l.takeText(tokArrow, at, end, text)
	case "<=":
		return l.takeText(tokLessEquals, at, end, text)
	case ">=":
		return l.takeText(tokGreaterEquals, at, end, text)
	case "<>", "!=":
		return l.takeText(tokNotEquals, at, end, "<>")
	}
	return l.takeText(tokOperator, at, end, text)
}

// other reads a character that begins nothing else.
func (l *lexer) other(at int) token {
	return l.take(tokenKind(l.text[at]), at, at+1)
}
