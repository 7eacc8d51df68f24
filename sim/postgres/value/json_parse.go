package value

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// jsonDepthMax bounds nesting; the server stops at its stack depth (54001), which is about as deep.
const jsonDepthMax = 6000

// jsonReader reads JSON as the server's lexer and parser do (jsonapi.c). Without build it only checks.
type jsonReader struct {
	text  string
	at    int
	build bool
	err   error
	depth int
}

// ParseDoc reads a jsonb: keys sorted, of equal keys the last stays, numbers as numeric (22P02).
func ParseDoc(s string) (*Doc, error) {
	r := &jsonReader{text: s, build: true}
	d := r.document()
	return &d, r.err
}

// checkJSON checks a json's text (22P02).
func checkJSON(s string) error {
	r := &jsonReader{text: s}
	r.document()
	return r.err
}

func (r *jsonReader) document() Doc {
	d := r.value()
	r.skip()
	if r.err == nil && r.at < len(r.text) {
		r.unexpected("Expected end of input, but found ")
	}
	return d
}

func (r *jsonReader) skip() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

func (r *jsonReader) fail(detail string) {
	if r.err == nil {
		err := newError(CodeInvalidJSON, "invalid input syntax for type json")
		err.Detail = detail
		r.err = err
	}
}

// token is the text that an error message shows: to the end of the word or character.
func (r *jsonReader) token() string {
	end := r.at
	for end < len(r.text) && inWord(r.text[end]) {
		end++
	}
	if end == r.at {
		end++
	}
	return r.text[r.at:end]
}

// unexpected reports the token at hand.
func (r *jsonReader) unexpected(expected string) {
	if r.at >= len(r.text) {
		r.fail("The input string ended unexpectedly.")
		return
	}
	if token := r.token(); len(token) > 1 || !isJSONMark(token[0]) && !isDigit(token[0]) {
		r.fail(`Token "` + token + `" is invalid.`)
		return
	}
	r.fail(expected + `"` + r.token() + `".`)
}

func isJSONMark(c byte) bool {
	switch c {
	case '{', '}', '[', ']', ',', ':', '"', '-':
		return true
	}
	return false
}

func (r *jsonReader) value() Doc {
	r.skip()
	if r.err != nil || r.at >= len(r.text) {
		r.unexpected("")
		return Doc{}
	}
	switch c := r.text[r.at]; {
	case c == '{':
		return r.nested(r.object)
	case c == '[':
		return r.nested(r.array)
	case c == '"':
		return Doc{Kind: DocString, Text: r.str()}
	case c == '-' || isDigit(c):
		return r.number()
	}
	return r.word()
}

func (r *jsonReader) nested(read func() Doc) Doc {
	if r.depth++; r.depth > jsonDepthMax {
		if r.err == nil {
			r.err = newError("54001", "stack depth limit exceeded")
		}
		return Doc{}
	}
	d := read()
	r.depth--
	return d
}

func (r *jsonReader) word() Doc {
	switch token := r.token(); token {
	case "true", "false", "null":
		r.at += len(token)
		return Doc{Kind: map[string]DocKind{"true": DocTrue, "false": DocFalse, "null": DocNull}[token]}
	}
	r.unexpected("Expected JSON value, but found ")
	return Doc{}
}

func (r *jsonReader) number() Doc {
	start := r.at
	if !r.numeral() || r.at < len(r.text) && inWord(r.text[r.at]) {
		r.badNumber(start)
		return Doc{}
	}
	if !r.build {
		return Doc{Kind: DocNumber}
	}
	text := r.text[start:r.at]
	if len(text) <= 18 {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Doc{Kind: DocNumber, Num: NewDecimal(n, 0)}
		}
	}
	d, err := ParseDecimal(text)
	if err != nil && r.err == nil {
		r.err = err
	}
	return Doc{Kind: DocNumber, Num: d}
}

// numeral moves behind a number; false if it is none (RFC 8259, section 6).
func (r *jsonReader) numeral() bool {
	if r.text[r.at] == '-' {
		r.at++
	}
	whole := r.at
	if !r.digits() || r.text[whole] == '0' && r.at > whole+1 {
		return false
	}
	if r.at < len(r.text) && r.text[r.at] == '.' {
		r.at++
		if !r.digits() {
			return false
		}
	}
	if r.at == len(r.text) || r.text[r.at]|0x20 != 'e' {
		return true
	}
	r.at++
	if r.at < len(r.text) && (r.text[r.at] == '+' || r.text[r.at] == '-') {
		r.at++
	}
	return r.digits()
}

// inWord says whether a byte continues the word or number that an error message shows.
func inWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' || c >= 0x80 }

func (r *jsonReader) digits() bool {
	start := r.at
	for r.at < len(r.text) && isDigit(r.text[r.at]) {
		r.at++
	}
	return r.at > start
}

func (r *jsonReader) badNumber(start int) {
	end := r.at
	for end < len(r.text) && inWord(r.text[end]) {
		end++
	}
	r.fail(`Token "` + r.text[start:end] + `" is invalid.`)
}

// str reads a string; the reader stands on its opening quote.
func (r *jsonReader) str() string {
	r.at++
	start := r.at
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return r.text[start : r.at-1]
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			r.controlCharacter(start)
			return ""
		}
		r.at++
	}
	r.fail(`Token "` + r.text[start-1:] + `" is invalid.`)
	return ""
}

func (r *jsonReader) controlCharacter(int) {
	const hexadecimal = "0123456789abcdef"
	c := r.text[r.at]
	r.fail("Character with value 0x" + string([]byte{hexadecimal[c>>4], hexadecimal[c&15]}) + " must be escaped.")
}

func (r *jsonReader) escaped(start int) string {
	b := []byte(r.text[start:r.at])
	for r.at < len(r.text) && r.err == nil {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return string(b)
		case c == '\\':
			r.at++
			b = r.escape(b)
		case c < ' ':
			r.controlCharacter(start)
		default:
			b = append(b, c)
			r.at++
		}
	}
	r.fail(`Token "` + r.text[start-1:] + `" is invalid.`)
	return ""
}

// escape reads what stands behind a backslash.
func (r *jsonReader) escape(b []byte) []byte {
	if r.at >= len(r.text) {
		return b
	}
	c := r.text[r.at]
	r.at++
	switch c {
	case '"', '\\', '/':
		return append(b, c)
	case 'b':
		return append(b, '\b')
	case 'f':
		return append(b, '\f')
	case 'n':
		return append(b, '\n')
	case 'r':
		return append(b, '\r')
	case 't':
		return append(b, '\t')
	case 'u':
		return r.unicode(b)
	}
	_, size := utf8.DecodeRuneInString(r.text[r.at-1:])
	r.fail(`Escape sequence "\` + r.text[r.at-1:r.at-1+size] + `" is invalid.`)
	return b
}

func (r *jsonReader) unicode(b []byte) []byte {
	unit, ok := r.hex4()
	switch {
	case !ok:
		return b
	case unit == 0 && r.build:
		r.err = unsupportedUnicode(`\u0000 cannot be converted to text.`)
		return b
	case unit >= 0xdc00 && unit <= 0xdfff:
		r.fail("Unicode low surrogate must follow a high surrogate.")
		return b
	case unit < 0xd800 || unit > 0xdbff:
		return utf8.AppendRune(b, unit)
	}
	if r.at+1 >= len(r.text) || r.text[r.at] != '\\' || r.text[r.at+1] != 'u' {
		r.fail("Unicode low surrogate must follow a high surrogate.")
		return b
	}
	r.at += 2
	low, ok := r.hex4()
	if ok && (low < 0xdc00 || low > 0xdfff) {
		r.fail("Unicode low surrogate must follow a high surrogate.")
	}
	return utf8.AppendRune(b, (unit-0xd800)<<10+(low-0xdc00)+0x10000)
}

func unsupportedUnicode(detail string) error {
	err := newError(CodeUntranslatable, "unsupported Unicode escape sequence")
	err.Detail = detail
	return err
}

func (r *jsonReader) hex4() (rune, bool) {
	if r.at+4 > len(r.text) {
		r.at = len(r.text)
		r.fail(`"\u" must be followed by four hexadecimal digits.`)
		return 0, false
	}
	n, err := strconv.ParseUint(r.text[r.at:r.at+4], 16, 32)
	if err != nil {
		r.fail(`"\u" must be followed by four hexadecimal digits.`)
		return 0, false
	}
	r.at += 4
	return rune(n), true
}

func (r *jsonReader) array() Doc {
	d := Doc{Kind: DocArray}
	r.at++
	r.skip()
	if r.at < len(r.text) && r.text[r.at] == ']' {
		r.at++
		return d
	}
	for r.err == nil {
		item := r.value()
		if r.build {
			d.Items = append(d.Items, item)
		}
		if !r.more(']', `Expected "," or "]", but found `) {
			break
		}
	}
	return d
}

// more reads the comma before another item, or the closing mark.
func (r *jsonReader) more(closing byte, expected string) bool {
	r.skip()
	switch {
	case r.err != nil:
		return false
	case r.at < len(r.text) && r.text[r.at] == ',':
		r.at++
		return true
	case r.at < len(r.text) && r.text[r.at] == closing:
		r.at++
		return false
	}
	r.unexpected(expected)
	return false
}

func (r *jsonReader) object() Doc {
	var pairs []docPair
	r.at++
	r.skip()
	if r.at < len(r.text) && r.text[r.at] == '}' {
		r.at++
		return Doc{Kind: DocObject}
	}
	for r.err == nil {
		key, ok := r.key(len(pairs) == 0)
		if !ok {
			break
		}
		pairs = append(pairs, docPair{key, r.value()})
		if !r.more('}', `Expected "," or "}", but found `) {
			break
		}
	}
	if !r.build || r.err != nil {
		return Doc{Kind: DocObject}
	}
	return objectOf(pairs)
}

func (r *jsonReader) key(first bool) (string, bool) {
	r.skip()
	if r.at >= len(r.text) || r.text[r.at] != '"' {
		expected := "Expected string, but found "
		if first {
			expected = `Expected string or "}", but found `
		}
		r.unexpected(expected)
		return "", false
	}
	key := r.str()
	r.skip()
	if r.err == nil && (r.at >= len(r.text) || r.text[r.at] != ':') {
		r.unexpected(`Expected ":", but found `)
	}
	r.at++
	return key, r.err == nil
}

// docPair is one member of an object being built.
type docPair struct {
	key   string
	value Doc
}

// objectOf makes an object from members in any order; of equal keys the last one stays.
func objectOf(pairs []docPair) Doc {
	slices.SortStableFunc(pairs, func(a, b docPair) int { return compareKeys(a.key, b.key) })
	d := Doc{Kind: DocObject, Keys: make([]string, 0, len(pairs)), Items: make([]Doc, 0, len(pairs))}
	for i, p := range pairs {
		if i+1 < len(pairs) && pairs[i+1].key == p.key {
			continue
		}
		d.Keys, d.Items = append(d.Keys, p.key), append(d.Items, p.value)
	}
	return d
}
