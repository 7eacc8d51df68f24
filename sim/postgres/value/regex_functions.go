package value

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// regexOf compiles the pattern in args[1] with the flags in args[flagsAt], if there.
func regexOf(c *Context, a []Value, flagsAt int) (*regexp.Regexp, regexFlags, error) {
	var f regexFlags
	if len(a) > flagsAt {
		flags, err := parseRegexFlags(a[flagsAt].S)
		if err != nil {
			return nil, f, err
		}
		f = flags
	}
	re, err := c.compileGroups(a[1].S, f)
	return re, f, err
}

func globalNotSupported(name string) error {
	err := newError(CodeInvalidParameter, name, ` does not support the "global" option`)
	if name == "regexp_match()" {
		err.Hint = "Use the regexp_matches function instead."
	}
	return err
}

func regexReplace(c *Context, a []Value) (Value, error) {
	if len(a) == 4 && a[3].S != "" && isDigit(a[3].S[0]) {
		err := newError(CodeInvalidParameter, `invalid regular expression option: "`, a[3].S[:1], `"`)
		err.Hint = "If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly."
		return Value{}, err
	}
	re, f, err := regexOf(c, a, 3)
	if err != nil {
		return Value{}, err
	}
	limit := 1
	if f.global {
		limit = -1
	}
	s := a[0].S
	var b []byte
	last := 0
	for _, m := range re.FindAllStringSubmatchIndex(s, limit) {
		b = append(b, s[last:m[0]]...)
		b = appendReplacement(b, a[2].S, s, m)
		last = m[1]
	}
	return textOf(string(append(b, s[last:]...)))
}

// appendReplacement expands \1 to \9, \& and \\.
func appendReplacement(b []byte, with, s string, m []int) []byte {
	for i := 0; i < len(with); i++ {
		if with[i] != '\\' || i+1 == len(with) {
			b = append(b, with[i])
			continue
		}
		i++
		var group int
		switch c := with[i]; {
		case c == '&':
			group = 0
		case c >= '1' && c <= '9':
			group = int(c - '0')
		case c == '\\':
			b = append(b, '\\')
			continue
		default:
			b = append(b, '\\', c)
			continue
		}
		if 2*group+1 < len(m) && m[2*group] >= 0 {
			b = append(b, s[m[2*group]:m[2*group+1]]...)
		}
	}
	return b
}

// groupsOf is a match's parenthesised parts, or the whole match where there are none.
func groupsOf(s string, m []int) Value {
	if len(m) > 2 {
		m = m[2:]
	}
	values := make([]Value, len(m)/2)
	for i := range values {
		if m[2*i] >= 0 {
			values[i] = OfText(s[m[2*i]:m[2*i+1]])
		}
	}
	return OfArray(NewArray(Text, values))
}

func regexFind(c *Context, a []Value) (Value, error) {
	re, f, err := regexOf(c, a, 2)
	if err != nil {
		return Value{}, err
	}
	if f.global {
		return Value{}, globalNotSupported("regexp_match()")
	}
	m := re.FindStringSubmatchIndex(a[0].S)
	if m == nil {
		return Value{}, nil
	}
	return groupsOf(a[0].S, m), nil
}

func regexMatches([]*Type) setEval {
	return func(c *Context, a []Value) ([]Value, error) {
		re, f, err := regexOf(c, a, 2)
		if err != nil {
			return nil, err
		}
		limit := 1
		if f.global {
			limit = -1
		}
		var rows []Value
		for _, m := range re.FindAllStringSubmatchIndex(a[0].S, limit) {
			rows = append(rows, groupsOf(a[0].S, m))
		}
		return rows, nil
	}
}

func regexLike(c *Context, a []Value) (Value, error) {
	re, f, err := regexOf(c, a, 2)
	if err != nil {
		return Value{}, err
	}
	if f.global {
		return Value{}, globalNotSupported("regexp_like()")
	}
	return OfBool(re.MatchString(a[0].S)), nil
}

func regexCount(c *Context, a []Value) (Value, error) {
	if len(a) > 2 && a[2].N < 1 {
		return Value{}, newError(CodeInvalidParameter, `invalid value for parameter "start": `, strconv.FormatInt(a[2].N, 10))
	}
	re, f, err := regexOf(c, a, 3)
	if err != nil {
		return Value{}, err
	}
	if f.global {
		return Value{}, globalNotSupported("regexp_count()")
	}
	s := a[0].S
	if len(a) > 2 && a[2].N > 1 {
		if strings.ContainsAny(a[1].S, `^\`) {
			return Value{}, &Unsupported{Construct: "regexp_count with a start and an anchored pattern"}
		}
		if a[2].N-1 > int64(utf8.RuneCountInString(s)) {
			return OfInt(0), nil
		}
		s = runeSuffix(s, int(a[2].N)-1)
	}
	return intOf(len(re.FindAllStringIndex(s, -1)))
}

func regexSubstring(c *Context, a []Value) (Value, error) {
	re, err := c.compileGroups(a[1].S, regexFlags{})
	if err != nil {
		return Value{}, err
	}
	m := re.FindStringSubmatchIndex(a[0].S)
	if m == nil {
		return Value{}, nil
	}
	if len(m) > 2 && m[2] < 0 {
		return Value{}, nil
	}
	if len(m) > 2 {
		m = m[2:]
	}
	return textOf(a[0].S[m[0]:m[1]])
}

// regexPieces splits at matches; an empty match splits between characters, but not at the ends.
func regexPieces(c *Context, a []Value, name string) ([]Value, error) {
	re, f, err := regexOf(c, a, 2)
	if err != nil {
		return nil, err
	}
	if f.global {
		return nil, globalNotSupported(name)
	}
	s := a[0].S
	var pieces []Value
	last := 0
	for _, m := range re.FindAllStringIndex(s, -1) {
		if m[0] == m[1] && (m[0] == 0 || m[0] == len(s) || m[0] <= last && last > 0) {
			continue
		}
		pieces = append(pieces, OfText(s[last:m[0]]))
		last = m[1]
	}
	return append(pieces, OfText(s[last:])), nil
}

func regexSplitArray(c *Context, a []Value) (Value, error) {
	pieces, err := regexPieces(c, a, "regexp_split_to_array()")
	if err != nil {
		return Value{}, err
	}
	return OfArray(NewArray(Text, pieces)), nil
}

func regexSplitTable([]*Type) setEval {
	return func(c *Context, a []Value) ([]Value, error) { return regexPieces(c, a, "regexp_split_to_table()") }
}

// similarPattern turns a SIMILAR TO pattern into a regular expression (manual, 9.7.2).
func similarPattern(_ *Context, a []Value) (Value, error) {
	p, escape := a[0].S, `\`
	if len(a) == 2 {
		if escape = a[1].S; utf8.RuneCountInString(escape) > 1 {
			err := newError(CodeInvalidEscape, "invalid escape string")
			err.Hint = "Escape string must be empty or one character."
			return Value{}, err
		}
	}
	b := []byte("^(?:")
	inClass := false
	for p != "" {
		_, size := utf8.DecodeRuneInString(p)
		c := p[:size]
		p = p[size:]
		switch {
		case c == escape && p == "":
			// dropped, as the server does
		case c == escape:
			_, size = utf8.DecodeRuneInString(p)
			if p[:size] == `"` {
				return Value{}, &Unsupported{Construct: `SIMILAR TO with escape-double-quote`}
			}
			b = append(append(b, '\\'), p[:size]...)
			p = p[size:]
		case inClass:
			if inClass = c != "]"; c == `\` {
				b = append(b, '\\')
			}
			b = append(b, c...)
		case c == "[":
			inClass = true
			b = append(b, c...)
		case c == "%":
			b = append(b, ".*"...)
		case c == "_":
			b = append(b, '.')
		case c == "(":
			b = append(b, "(?:"...)
		case c == `\` || c == "." || c == "^" || c == "$":
			b = append(append(b, '\\'), c...)
		default:
			b = append(b, c...)
		}
	}
	return textOf(string(append(b, ")$"...)))
}
