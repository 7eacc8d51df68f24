package sql

// tokenKind is the kind of a token. Single characters that are tokens of their own stand for
// themselves, so that a comparison reads p.tok.kind == '('.
type tokenKind uint16

const (
	tokEOF           tokenKind = iota + 256
	tokFailed                  // the lexer or the parser has met an error; nothing matches any more
	tokIdent                   // text: the name, folded or unquoted
	tokKeyword                 // kw: which
	tokInteger                 // text: digits that fit into 32 bits
	tokNumber                  // text: any other number
	tokString                  // text: its value
	tokParam                   // text: the digits
	tokOperator                // text: an operator without a kind of its own
	tokTypecast                // ::
	tokDotDot                  // ..
	tokColonEquals             // :=
	tokArrow                   // =>
	tokLessEquals              // <=
	tokGreaterEquals           // >=
	tokNotEquals               // <> and !=
	tokBitString               // B'...', X'...': refused by name where it could stand
	tokNational                // N'...': likewise
	tokUnicode                 // U&'...', U&"...": likewise
	tokNulls                   // NULLS before FIRST or LAST; no name and no keyword otherwise
	tokNotMatch                // NOT before BETWEEN, IN, LIKE, ILIKE or SIMILAR; likewise
)

// token is one lexical unit; at and end delimit its source text.
type token struct {
	kind    tokenKind
	kw      keyword
	at, end int32
	text    string
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

func isIdentStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func isIdentPart(c byte) bool { return isIdentStart(c) || isDigit(c) || c == '$' }

// isOperatorChar reports a character of which operators are made.
func isOperatorChar(c byte) bool {
	switch c {
	case '~', '!', '@', '#', '^', '&', '|', '`', '?', '+', '-', '*', '/', '%', '<', '>', '=':
		return true
	}
	return false
}

// isFreeOperatorChar reports a character that lets an operator end in + or - (scan.l).
func isFreeOperatorChar(c byte) bool {
	switch c {
	case '~', '!', '@', '#', '^', '&', '|', '`', '?', '%':
		return true
	}
	return false
}

// maxNameBytes is the longest name; longer ones are cut, as the server does with a notice.
const maxNameBytes = 63

// truncateName cuts a name to maxNameBytes without splitting a character.
func truncateName(name string) string {
	if len(name) <= maxNameBytes {
		return name
	}
	n := maxNameBytes
	for n > 0 && name[n]&0xC0 == 0x80 {
		n--
	}
	return name[:n]
}

// foldName lowers ASCII letters; letters beyond ASCII stay, as in a UTF-8 database.
func foldName(word string) string {
	for i := range len(word) {
		if c := word[i]; c >= 'A' && c <= 'Z' {
			return foldFrom(word, i)
		}
	}
	return word
}

func foldFrom(word string, first int) string {
	b := []byte(word)
	for i := first; i < len(b); i++ {
		if c := b[i]; c >= 'A' && c <= 'Z' {
			b[i] = c + ('a' - 'A')
		}
	}
	return string(b)
}
