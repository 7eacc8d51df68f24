package sql

import (
	"unicode/utf8"
)

// escapeString reads E'...' with backslash escapes (manual, section 4.1.2.2).
func (l *lexer) escapeString(at int) token {
	buf := make([]byte, 0, 32)
	i := at + 2
	for {
		var ok bool
		if buf, i, ok = l.escapePart(buf, at, i); !ok {
			return l.failed()
		}
		next, more := l.continued(i)
		if !more {
			break
		}
		i = next
	}
	if bad := invalidUTF8(string(buf)); bad != nil {
		l.err = bad
		return l.failed()
	}
	return l.takeText(tokString, at, i, string(buf))
}

// escapePart reads to behind the closing quote.
func (l *lexer) escapePart(buf []byte, at, i int) ([]byte, int, bool) {
	for i < len(l.text) {
		c := l.text[i]
		switch {
		case c == '\'' && l.byteAt(i+1) == '\'':
			buf = append(buf, c)
			i += 2
		case c == '\'':
			return buf, i + 1, true
		case c == '\\' && i+1 < len(l.text):
			var ok bool
			if buf, i, ok = l.escape(buf, i); !ok {
				return nil, 0, false
			}
		default:
			buf = append(buf, c)
			i++
		}
	}
	l.fail("unterminated quoted string", at, len(l.text))
	return nil, 0, false
}

// escape reads the escape sequence at i.
func (l *lexer) escape(buf []byte, i int) ([]byte, int, bool) {
	c := l.text[i+1]
	switch c {
	case 'b':
		return append(buf, '\b'), i + 2, true
	case 'f':
		return append(buf, '\f'), i + 2, true
	case 'n':
		return append(buf, '\n'), i + 2, true
	case 'r':
		return append(buf, '\r'), i + 2, true
	case 't':
		return append(buf, '\t'), i + 2, true
	case 'u':
		return l.unicodeEscape(buf, i, 4)
	case 'U':
		return l.unicodeEscape(buf, i, 8)
	case 'x':
		if value, end := l.hexByte(i + 2); end > i+2 {
			return append(buf, value), end, true
		}
	}
	if c >= '0' && c <= '7' {
		value, end := l.octalByte(i + 1)
		return append(buf, value), end, true
	}
	_, size := utf8.DecodeRuneInString(l.text[i+1:])
	return append(buf, l.text[i+1:i+1+size]...), i + 1 + size, true
}

// hexByte reads one or two hexadecimal digits.
func (l *lexer) hexByte(i int) (value byte, end int) {
	for end = i; end < i+2 && hexDigit(l.byteAt(end)) >= 0; end++ {
		value = value<<4 | byte(hexDigit(l.byteAt(end)))
	}
	return value, end
}

// octalByte reads one to three octal digits; higher bits are lost.
func (l *lexer) octalByte(i int) (value byte, end int) {
	for end = i; end < i+3 && l.byteAt(end) >= '0' && l.byteAt(end) <= '7'; end++ {
		value = value<<3 | (l.byteAt(end) - '0')
	}
	return value, end
}

// hexDigit is the value of a hexadecimal digit, -1 for anything else.
func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// unicodeEscape reads \uXXXX or \UXXXXXXXX, and the second half of a surrogate pair.
func (l *lexer) unicodeEscape(buf []byte, i, digits int) ([]byte, int, bool) {
	r, ok := l.codePoint(i, digits)
	if !ok {
		return l.badEscape(i)
	}
	end := i + 2 + digits
	if r >= 0xD800 && r <= 0xDFFF {
		low, size, ok := l.lowSurrogate(end)
		if r >= 0xDC00 || !ok {
			l.badSurrogate(r, i, end)
			return nil, 0, false
		}
		r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
		end += size
	}
	if r == 0 || r > utf8.MaxRune {
		l.fail("invalid Unicode escape value", i, end)
		return nil, 0, false
	}
	return utf8.AppendRune(buf, rune(r)), end, true
}

// badSurrogate points at a second half without a first, or at what stands where the second should.
func (l *lexer) badSurrogate(r uint32, i, end int) {
	if r < 0xDC00 {
		i = end
		_, size := utf8.DecodeRuneInString(l.text[i:])
		end += size
	}
	l.fail("invalid Unicode surrogate pair", i, end)
}

// codePoint reads the digits of the escape at i; false when some are missing.
func (l *lexer) codePoint(i, digits int) (uint32, bool) {
	var r uint32
	for k := i + 2; k < i+2+digits; k++ {
		d := hexDigit(l.byteAt(k))
		if d < 0 {
			return 0, false
		}
		r = r<<4 | uint32(d)
	}
	return r, true
}

// lowSurrogate reads the escape that must follow a high surrogate.
func (l *lexer) lowSurrogate(i int) (low uint32, size int, ok bool) {
	if l.byteAt(i) != '\\' {
		return 0, 0, false
	}
	digits := 4
	if l.byteAt(i+1) == 'U' {
		digits = 8
	} else if l.byteAt(i+1) != 'u' {
		return 0, 0, false
	}
	low, ok = l.codePoint(i, digits)
	return low, digits + 2, ok && low >= 0xDC00 && low <= 0xDFFF
}

func (l *lexer) badEscape(i int) ([]byte, int, bool) {
	l.err = &Error{
		Code: CodeInvalidEscape, Message: "invalid Unicode escape",
		Hint:     `Unicode escapes must be \uXXXX or \UXXXXXXXX.`,
		Position: CharPosition(l.text, i),
	}
	return nil, 0, false
}

// invalidUTF8 finds the first byte sequence that the server would refuse; nil when there is none.
// A NUL is refused as well.
func invalidUTF8(text string) *Error {
	for i := 0; i < len(text); {
		if c := text[i]; c != 0 && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if text[i] == 0 || r == utf8.RuneError && size <= 1 {
			return &Error{
				Code:    CodeUntranslatable,
				Message: `invalid byte sequence for encoding "UTF8": ` + hexBytes(text[i:], leadLength(text[i])),
			}
		}
		i += size
	}
	return nil
}

// leadLength is the length that a sequence's first byte announces.
func leadLength(c byte) int {
	switch {
	case c&0xE0 == 0xC0:
		return 2
	case c&0xF0 == 0xE0:
		return 3
	case c&0xF8 == 0xF0:
		return 4
	}
	return 1
}

func hexBytes(text string, n int) string {
	const digits = "0123456789abcdef"
	var b []byte
	for i := 0; i < n && i < len(text); i++ {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, '0', 'x', digits[text[i]>>4], digits[text[i]&15])
	}
	return string(b)
}
