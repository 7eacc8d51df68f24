package value

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseText reads a value as the type's input function does: in a literal, a cast from text, or a
// parameter in text format. c may be nil where no time zone, clock or catalog is needed. The error
// is the server's: 22P02, 22003, 22007, 22008 ...
func (t *Type) ParseText(c *Context, s string) (Value, error) {
	switch t.Kind {
	case KindText:
		return t.parseString(s)
	case KindChar:
		return Value{Kind: KindChar, S: s}, nil
	case KindInt:
		return t.parseInt(c, s)
	case KindBool:
		return parseBool(s)
	case KindUUID:
		return parseUUID(s)
	case KindFloat:
		return t.parseFloat(s)
	case KindBytes:
		return parseBytea(s)
	case KindEnum:
		return t.parseEnum(s)
	}
	return t.parseBoxed(c, s)
}

func (t *Type) parseBoxed(c *Context, s string) (Value, error) {
	switch t.Kind {
	case KindNumeric:
		d, err := ParseDecimal(s)
		return OfDecimal(d), err
	case KindTimestamp:
		return parseTimestamp(c, t, s)
	case KindDate:
		return parseDate(c, s)
	case KindTime:
		return parseTime(c, s)
	case KindInterval:
		return parseInterval(s, intervalFull)
	case KindJSON:
		return OfJSON(s), checkJSON(s)
	case KindJSONB:
		d, err := ParseDoc(s)
		return OfJSONB(d), err
	case KindArray:
		return parseArray(c, t, s)
	case KindRecord:
		return parseRecord(c, t, s)
	case KindSnapshot:
		return parseSnapshot(t, s)
	case KindVoid:
		return OfVoid(), nil
	}
	return Value{}, &Unsupported{Construct: "type " + t.Display}
}

func invalidText(t *Type, s string) error {
	return newError(CodeInvalidText, "invalid input syntax for type ", t.Display, `: "`, s, `"`)
}

// nameBytesMax is NAMEDATALEN - 1.
const nameBytesMax = 63

func (t *Type) parseString(s string) (Value, error) {
	if t == Name {
		return OfText(truncateName(s)), nil
	}
	if t.Name == "char" && len(s) > 1 {
		s = s[:1]
	}
	return OfText(s), nil
}

// truncateName cuts an identifier as the server does, at a whole character.
func truncateName(s string) string {
	if len(s) <= nameBytesMax {
		return s
	}
	end := nameBytesMax
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

func trimSpace(s string) string { return strings.Trim(s, " \t\n\v\f\r") }

func (t *Type) parseInt(c *Context, s string) (Value, error) {
	switch t {
	case Int2:
		return parseSigned(t, s, math.MinInt16, math.MaxInt16)
	case Int4:
		return parseSigned(t, s, math.MinInt32, math.MaxInt32)
	case Int8:
		return parseSigned(t, s, math.MinInt64, math.MaxInt64)
	case XID8:
		return OfInt(int64(leadingUint(s))), nil // xid8in checks nothing in version 15
	case RegClass:
		return parseRegClass(c, s)
	case RegType:
		return parseRegType(s)
	}
	return parseUnsigned(t, s)
}

// leadingUint reads what C's strtoull reads with base 0: blanks, a sign, and the digits of a decimal,
// octal or hexadecimal number. What follows is ignored, too much is the greatest number.
func leadingUint(s string) uint64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	n := uint64(0)
	base, s := numberBase(s)
	for i := range len(s) {
		digit := hexDigit(s[i])
		if digit < 0 || uint64(digit) >= base {
			break
		}
		high, low := bits.Mul64(n, base)
		sum, carry := bits.Add64(low, uint64(digit), 0)
		if high != 0 || carry != 0 {
			return math.MaxUint64
		}
		n = sum
	}
	if negative {
		return -n
	}
	return n
}

// numberBase is the base that a number's prefix tells, and what stands behind 0x.
func numberBase(s string) (base uint64, digits string) {
	switch {
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && hexDigit(s[2]) >= 0:
		return 16, s[2:]
	case strings.HasPrefix(s, "0"):
		return 8, s
	}
	return 10, s
}

// parseSigned reads what pg_strtoint reads: blanks, a sign, decimal digits, blanks.
func parseSigned(t *Type, s string, low, high int64) (Value, error) {
	text := trimSpace(s)
	digits := strings.TrimPrefix(strings.TrimPrefix(text, "+"), "-")
	if digits == "" || !allDigits(digits) || len(text)-len(digits) > 1 {
		return Value{}, invalidText(t, s)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		return Value{}, newError(CodeOutOfRange, `value "`, s, `" is out of range for type `, t.Display)
	}
	return OfInt(n), nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// parseUnsigned reads an oid or xid; a negative number wraps around, as strtoul does.
func parseUnsigned(t *Type, s string) (Value, error) {
	n, err := strconv.ParseInt(trimSpace(s), 10, 64)
	if err != nil && !strings.Contains(err.Error(), "range") {
		return Value{}, invalidText(t, s)
	}
	if err != nil || n > math.MaxUint32 || n < math.MinInt32 {
		return Value{}, newError(CodeOutOfRange, `value "`, s, `" is out of range for type `, t.Display)
	}
	return OfInt(int64(uint32(n))), nil
}

func parseRegClass(c *Context, s string) (Value, error) {
	if v, err := parseUnsigned(OID, s); err == nil {
		return v, nil
	}
	if c == nil || c.RegClass == nil {
		return Value{}, &Unsupported{Construct: "regclass literal here"}
	}
	return c.RegClass(s)
}

func parseRegType(s string) (Value, error) {
	if v, err := parseUnsigned(OID, s); err == nil {
		return v, nil
	}
	t := TypeByName(strings.ToLower(trimSpace(s)))
	if t == nil {
		return Value{}, newError(CodeUndefinedObject, `type "`, s, `" does not exist`)
	}
	return Value{Kind: KindInt, N: int64(t.OID), S: t.Display}, nil
}

// parseBool accepts unique beginnings of the words, as parse_bool_with_len does.
func parseBool(s string) (Value, error) {
	word := strings.ToLower(trimSpace(s))
	switch {
	case word == "":
	case word == "1", word == "on", begins(word, "true"), begins(word, "yes"):
		return OfBool(true), nil
	case word == "0", word == "of", word == "off", begins(word, "false"), begins(word, "no"):
		return OfBool(false), nil
	}
	return Value{}, invalidText(Bool, s)
}

// begins says whether text is a word or its beginning.
func begins(text, word string) bool { return strings.HasPrefix(word, text) }

func (t *Type) parseFloat(s string) (Value, error) {
	text := trimSpace(s)
	bits := 64
	if t == Float4 {
		bits = 32
	}
	f, err := strconv.ParseFloat(text, bits)
	if err != nil && strings.Contains(err.Error(), "range") || err == nil && vanished(text, f) {
		return Value{}, newError(CodeOutOfRange, `"`, text, `" is out of range for type `, t.Display)
	}
	if err != nil || strings.Contains(text, "_") {
		return Value{}, invalidText(t, s)
	}
	if math.IsNaN(f) {
		return Value{Kind: KindFloat, N: floatNaN}, nil
	}
	return OfFloat(f), nil
}

// floatNaN is the bit pattern of the server's NaN.
const floatNaN = 0x7ff8 << 48

// vanished says whether a number other than zero became zero.
func vanished(text string, f float64) bool {
	if math.Float64bits(f)<<1 != 0 {
		return false
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	return strings.ContainsAny(mantissa, "123456789")
}

func (t *Type) parseEnum(s string) (Value, error) {
	if v, ok := t.Enum(s); ok {
		return v, nil
	}
	return Value{}, newError(CodeInvalidText, "invalid input value for enum ", t.Display, `: "`, s, `"`)
}

// parseUUID reads 32 hexadecimal digits, perhaps in braces, with hyphens after any group of four.
func parseUUID(s string) (Value, error) {
	text := s
	if strings.HasPrefix(text, "{") {
		if !strings.HasSuffix(text, "}") {
			return Value{}, invalidText(UUID, s)
		}
		text = text[1 : len(text)-1]
	}
	var id [16]byte
	at := 0
	for i := range id {
		if at+2 > len(text) {
			return Value{}, invalidText(UUID, s)
		}
		high, low := hexDigit(text[at]), hexDigit(text[at+1])
		if high < 0 || low < 0 {
			return Value{}, invalidText(UUID, s)
		}
		id[i] = byte(high<<4 | low)
		at += 2
		if i%2 == 1 && i < 15 && at < len(text) && text[at] == '-' {
			at++
		}
	}
	if at != len(text) {
		return Value{}, invalidText(UUID, s)
	}
	return OfUUID(id), nil
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// parseBytea reads the hex format (\x0a0b) or the escape format (manual, 8.4).
func parseBytea(s string) (Value, error) {
	if strings.HasPrefix(s, `\x`) {
		b, err := decodeHex(s[2:])
		return Value{Kind: KindBytes, S: string(b)}, err
	}
	if !strings.Contains(s, `\`) {
		return Value{Kind: KindBytes, S: s}, nil
	}
	b, ok := unescapeBytes(s)
	if !ok {
		return Value{}, newError(CodeInvalidText, "invalid input syntax for type bytea")
	}
	return Value{Kind: KindBytes, S: string(b)}, nil
}

func unescapeBytes(s string) ([]byte, bool) {
	var b []byte
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			b = append(b, s[i])
		case strings.HasPrefix(s[i+1:], `\`):
			b = append(b, '\\')
			i++
		case len(s) >= i+4 && octal(s[i+1:i+4]):
			b = append(b, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		default:
			return nil, false
		}
	}
	return b, true
}

func octal(s string) bool {
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7'
}

// decodeHex reads pairs of hexadecimal digits, blanks between pairs allowed.
func decodeHex(s string) ([]byte, error) {
	b := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); {
		if strings.IndexByte(" \n\t\r", s[i]) >= 0 {
			i++
			continue
		}
		high := hexDigit(s[i])
		if high < 0 {
			return nil, badHexDigit(s[i:])
		}
		if i+1 >= len(s) {
			return nil, newError(CodeInvalidParameter, "invalid hexadecimal data: odd number of digits")
		}
		low := hexDigit(s[i+1])
		if low < 0 {
			return nil, badHexDigit(s[i+1:])
		}
		b = append(b, byte(high<<4|low))
		i += 2
	}
	return b, nil
}

func badHexDigit(s string) error {
	_, size := utf8.DecodeRuneInString(s)
	return newError(CodeInvalidParameter, `invalid hexadecimal digit: "`, s[:size], `"`)
}

// parseSnapshot reads xmin:xmax:xip,xip.
func parseSnapshot(t *Type, s string) (Value, error) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return Value{}, invalidText(t, s)
	}
	xmin, err1 := strconv.ParseUint(parts[0], 10, 64)
	xmax, err2 := strconv.ParseUint(parts[1], 10, 64)
	if err1 != nil || err2 != nil || xmin == 0 || xmax < xmin {
		return Value{}, invalidText(t, s)
	}
	snapshot := &SnapshotData{Xmin: xmin, Xmax: xmax}
	if parts[2] == "" {
		return OfSnapshot(snapshot), nil
	}
	for word := range strings.SplitSeq(parts[2], ",") {
		x, err := strconv.ParseUint(word, 10, 64)
		if n := len(snapshot.Running); err != nil || x < xmin || x >= xmax || n > 0 && x <= snapshot.Running[n-1] {
			return Value{}, invalidText(t, s)
		}
		snapshot.Running = append(snapshot.Running, x)
	}
	return OfSnapshot(snapshot), nil
}
