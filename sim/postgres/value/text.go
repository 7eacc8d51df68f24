package value

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Functions on text count characters, not bytes (manual, 9.4).

func textOf(s string) (Value, error) { return OfText(s), nil }

func intOf(n int) (Value, error) { return OfInt(int64(n)), nil }

func textConcat(_ *Context, a []Value) (Value, error) { return textOf(a[0].S + a[1].S) }

func textLength(_ *Context, a []Value) (Value, error) { return intOf(utf8.RuneCountInString(a[0].S)) }

func charLength(_ *Context, a []Value) (Value, error) {
	return intOf(utf8.RuneCountInString(strings.TrimRight(a[0].S, " ")))
}

func octetLength(_ *Context, a []Value) (Value, error) { return intOf(len(a[0].S)) }
func bitLength(_ *Context, a []Value) (Value, error)   { return intOf(8 * len(a[0].S)) }

// With collation C, case is ASCII's.
func lower(_ *Context, a []Value) (Value, error) { return textOf(asciiLower(a[0].S)) }

func asciiLower(s string) string { return mapASCII(s, 'A', 'Z') }
func asciiUpper(s string) string { return mapASCII(s, 'a', 'z') }

// mapASCII flips the case of the letters between low and high.
func mapASCII(s string, low, high byte) string {
	for i := range len(s) {
		if s[i] >= low && s[i] <= high {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= low && b[i] <= high {
					b[i] ^= 0x20
				}
			}
			return string(b)
		}
	}
	return s
}

func upper(_ *Context, a []Value) (Value, error) { return textOf(asciiUpper(a[0].S)) }

// initcap capitalises each run of letters and digits.
func initcap(_ *Context, a []Value) (Value, error) {
	b := []byte(asciiLower(a[0].S))
	inWord := false
	for i, c := range b {
		if !inWord && c >= 'a' && c <= 'z' {
			b[i] = c &^ 0x20
		}
		inWord = isLetter(c) || isDigit(c)
	}
	return textOf(string(b))
}

// runeSlice is the characters from..to-1, counted from 0.
func runeSlice(s string, from, to int) string {
	rest := runeSuffix(s, from)
	return runePrefix(rest, to-from)
}

// runeSuffix leaves out the first n characters.
func runeSuffix(s string, n int) string {
	for i := range s {
		if n <= 0 {
			return s[i:]
		}
		n--
	}
	return ""
}

// substr is substring(s, from, for) with from counted from 1; what lies before 1 counts too.
func substr(s string, from, length int64) string {
	end := from + length
	if from < 1 {
		from = 1
	}
	if end <= from {
		return ""
	}
	return runeSlice(s, int(min(from-1, 1<<31)), int(min(end-1, 1<<31)))
}

func negativeSubstring() error {
	return newError(CodeSubstring, "negative substring length not allowed")
}

func textSubstr(_ *Context, a []Value) (Value, error) {
	if a[2].N < 0 {
		return Value{}, negativeSubstring()
	}
	return textOf(substr(a[0].S, a[1].N, a[2].N))
}

func textSubstrFrom(_ *Context, a []Value) (Value, error) {
	return textOf(substr(a[0].S, a[1].N, 1<<32))
}

func byteSubstr(s string, from, length int64) Value {
	low, high := max(from, 1)-1, min(from-1+length, int64(len(s)))
	if low >= high {
		return Value{Kind: KindBytes}
	}
	return Value{Kind: KindBytes, S: s[low:high]}
}

func bytesSubstr(_ *Context, a []Value) (Value, error) {
	if a[2].N < 0 {
		return Value{}, negativeSubstring()
	}
	return byteSubstr(a[0].S, a[1].N, a[2].N), nil
}

func bytesSubstrFrom(_ *Context, a []Value) (Value, error) {
	return byteSubstr(a[0].S, a[1].N, 1<<32), nil
}

func overlay(_ *Context, a []Value) (Value, error) {
	s, with, from := a[0].S, a[1].S, a[2].N
	length := int64(utf8.RuneCountInString(with))
	if len(a) == 4 {
		length = a[3].N
	}
	if from <= 0 {
		return Value{}, negativeSubstring()
	}
	if from+length > math.MaxInt32 {
		return Value{}, width4.overflow()
	}
	return textOf(substr(s, 1, from-1) + with + substr(s, from+length, 1<<32))
}

func strpos(_ *Context, a []Value) (Value, error) {
	at := strings.Index(a[0].S, a[1].S)
	if at < 0 {
		return intOf(0)
	}
	return intOf(utf8.RuneCountInString(a[0].S[:at]) + 1)
}

func bytesPos(_ *Context, a []Value) (Value, error) { return intOf(strings.Index(a[0].S, a[1].S) + 1) }

func trimSet(a []Value) string {
	if len(a) == 1 {
		return " "
	}
	return a[1].S
}

func trimBoth(_ *Context, a []Value) (Value, error) { return textOf(strings.Trim(a[0].S, trimSet(a))) }
func trimLeft(_ *Context, a []Value) (Value, error) {
	return textOf(strings.TrimLeft(a[0].S, trimSet(a)))
}
func trimRight(_ *Context, a []Value) (Value, error) {
	return textOf(strings.TrimRight(a[0].S, trimSet(a)))
}

func charToText(_ *Context, a []Value) (Value, error) { return textOf(strings.TrimRight(a[0].S, " ")) }

func toName(_ *Context, a []Value) (Value, error) {
	return textOf(truncateName(strings.TrimRight(a[0].S, " ")))
}

func textToName(_ *Context, a []Value) (Value, error) { return textOf(truncateName(a[0].S)) }

func nameToChar(_ *Context, a []Value) (Value, error) { return Value{Kind: KindChar, S: a[0].S}, nil }

func left(_ *Context, a []Value) (Value, error) {
	n := int(a[1].N)
	if n < 0 {
		n = max(utf8.RuneCountInString(a[0].S)+n, 0)
	}
	return textOf(runePrefix(a[0].S, n))
}

func right(_ *Context, a []Value) (Value, error) {
	n := int(a[1].N)
	length := utf8.RuneCountInString(a[0].S)
	if n == math.MinInt32 {
		return a[0], nil // whose negation does not fit into the server's int
	}
	if n < 0 {
		return textOf(runeSuffix(a[0].S, -n))
	}
	return textOf(runeSuffix(a[0].S, max(length-n, 0)))
}

// textBytesMax is the server's limit for one value.
const textBytesMax = 1 << 30

func tooLarge() error { return newError(CodeProgramLimit, "requested length too large") }

// padding is what fills a text up to length characters.
func padding(a []Value) (text, fill string, missing int, err error) {
	fill = " "
	if len(a) == 3 {
		fill = a[2].S
	}
	n := int(max(a[1].N, 0))
	if n > textBytesMax/4 {
		return "", "", 0, tooLarge()
	}
	text = runePrefix(a[0].S, n)
	if missing = n - utf8.RuneCountInString(text); fill == "" {
		missing = 0
	}
	return text, fill, missing, nil
}

func repeatTo(fill string, n int) string {
	if n <= 0 {
		return ""
	}
	return runePrefix(strings.Repeat(fill, n/utf8.RuneCountInString(fill)+1), n)
}

func lpad(_ *Context, a []Value) (Value, error) {
	text, fill, missing, err := padding(a)
	if err != nil {
		return Value{}, err
	}
	return textOf(repeatTo(fill, missing) + text)
}

func rpad(_ *Context, a []Value) (Value, error) {
	text, fill, missing, err := padding(a)
	if err != nil {
		return Value{}, err
	}
	return textOf(text + repeatTo(fill, missing))
}

func repeat(_ *Context, a []Value) (Value, error) {
	n := max(a[1].N, 0)
	if n*int64(len(a[0].S)) >= textBytesMax {
		return Value{}, tooLarge()
	}
	return textOf(strings.Repeat(a[0].S, int(n)))
}

func replace(_ *Context, a []Value) (Value, error) {
	if a[1].S == "" {
		return a[0], nil
	}
	return textOf(strings.ReplaceAll(a[0].S, a[1].S, a[2].S))
}

func reverse(_ *Context, a []Value) (Value, error) {
	b := make([]byte, 0, len(a[0].S))
	for rest := a[0].S; rest != ""; {
		r, size := utf8.DecodeLastRuneInString(rest)
		b = utf8.AppendRune(b, r)
		rest = rest[:len(rest)-size]
	}
	return textOf(string(b))
}

func splitPart(_ *Context, a []Value) (Value, error) {
	s, mark, n := a[0].S, a[1].S, a[2].N
	if n == 0 {
		return Value{}, newError(CodeInvalidParameter, "field position must not be zero")
	}
	parts := []string{s}
	if mark != "" {
		parts = strings.Split(s, mark)
	}
	if s == "" {
		return textOf("")
	}
	if n < 0 {
		n += int64(len(parts)) + 1
	}
	if n < 1 || n > int64(len(parts)) {
		return textOf("")
	}
	return textOf(parts[n-1])
}

func startsWith(_ *Context, a []Value) (Value, error) {
	return OfBool(strings.HasPrefix(a[0].S, a[1].S)), nil
}

func translate(_ *Context, a []Value) (Value, error) {
	from, to := []rune(a[1].S), []rune(a[2].S)
	return textOf(strings.Map(func(r rune) rune {
		for i, f := range from {
			if f == r && i < len(to) {
				return to[i]
			}
			if f == r {
				return -1
			}
		}
		return r
	}, a[0].S))
}

func ascii(_ *Context, a []Value) (Value, error) {
	if a[0].S == "" {
		return OfInt(0), nil
	}
	r, _ := utf8.DecodeRuneInString(a[0].S)
	return OfInt(int64(r)), nil
}

func chr(_ *Context, a []Value) (Value, error) {
	n := a[0].N
	switch {
	case n == 0:
		return Value{}, newError(CodeProgramLimit, "null character not permitted")
	case n < 0:
		return Value{}, newError(CodeInvalidParameter, "character number must be positive")
	case n > utf8.MaxRune:
		return Value{}, newError(CodeProgramLimit, "requested character too large for encoding: ", strconv.FormatInt(n, 10))
	case !utf8.ValidRune(rune(n)):
		return Value{}, newError(CodeProgramLimit, "requested character not valid for encoding: ", strconv.FormatInt(n, 10))
	}
	return textOf(string(rune(n)))
}

func bytesTrim(cut func(s, set string) string) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		return Value{Kind: KindBytes, S: cut(a[0].S, a[1].S)}, nil
	}
}

func bytesConcat(_ *Context, a []Value) (Value, error) {
	return Value{Kind: KindBytes, S: a[0].S + a[1].S}, nil
}

// pattern order is byte order here, as the collation is C.
func textOrder(accept func(int) bool) Eval {
	return func(_ *Context, a []Value) (Value, error) { return OfBool(accept(Compare(a[0], a[1]))), nil }
}

var textEvals = map[string]Eval{
	"textcat": textConcat, "textlen": textLength, "bpcharlen": charLength, "textoctetlen": octetLength, "bpcharoctetlen": octetLength,
	"byteaoctetlen": octetLength, "bit_length(text)": bitLength, "bit_length(bytea)": bitLength,
	"lower": lower, "upper": upper, "initcap": initcap,
	"text_substr": textSubstr, "text_substr_no_len": textSubstrFrom, "bytea_substr": bytesSubstr, "bytea_substr_no_len": bytesSubstrFrom,
	"textoverlay": overlay, "textoverlay_no_len": overlay, "textpos": strpos, "byteapos": bytesPos,
	"btrim": trimBoth, "btrim1": trimBoth, "ltrim": trimLeft, "ltrim1": trimLeft, "rtrim": trimRight, "rtrim1": charToText,
	"text_left": left, "text_right": right, "lpad": lpad, "lpad(text,int4)": lpad, "rpad": rpad, "rpad(text,int4)": rpad,
	"repeat": repeat, "replace_text": replace, "text_reverse": reverse, "split_part": splitPart, "text_starts_with": startsWith,
	"translate": translate, "ascii": ascii, "chr": chr, "byteacat": bytesConcat,
	"bpchar_name": toName, "text_name": textToName, "name_text": same, "name_bpchar": nameToChar,
	"text_pattern_lt": textOrder(func(n int) bool { return n < 0 }), "text_pattern_le": textOrder(func(n int) bool { return n <= 0 }),
	"text_pattern_gt": textOrder(func(n int) bool { return n > 0 }), "text_pattern_ge": textOrder(func(n int) bool { return n >= 0 }),
	"byteatrim": bytesTrim(strings.Trim), "bytealtrim": bytesTrim(strings.TrimLeft), "byteartrim": bytesTrim(strings.TrimRight),
}
