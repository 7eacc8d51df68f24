package value

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// translateRegex writes PostgreSQL's advanced regular expression (manual, 9.7.3) in Go's syntax.
// Where the two mean the same it copies; what Go cannot do, or does by another rule (back
// references, lookaround, non-greedy preference, embedded options), is *Unsupported.
func translateRegex(text string) (translated string, shortest bool, err error) {
	t := regexTranslator{text: text}
	if strings.HasPrefix(text, "***") || strings.HasPrefix(text, "(?") && !strings.HasPrefix(text, "(?:") {
		return "", false, t.refuse()
	}
	for t.at < len(text) && t.err == nil {
		t.step()
	}
	if t.err == nil && t.depth > 0 {
		t.err = badRegex("parentheses () not balanced")
	}
	if t.err == nil && t.alternates && t.shortest {
		t.err = t.refuse()
	}
	return t.out.String(), t.shortest, t.err
}

type regexTranslator struct {
	text       string
	at         int
	out        strings.Builder
	depth      int
	atom       bool // something stands before that a quantifier can apply to
	alternates bool // there is a |, of which Go takes the first match and PostgreSQL the longest
	shortest   bool // its one quantifier asks for the shortest match
	err        error
}

func badRegex(detail string) error {
	return newError(CodeInvalidRegexp, "invalid regular expression: ", detail)
}

func (t *regexTranslator) refuse() error {
	return &Unsupported{Construct: "regular expression " + strconv.Quote(t.text)}
}

func (t *regexTranslator) step() {
	c := t.text[t.at]
	switch c {
	case '\\':
		t.escape()
	case '[':
		t.bracket()
	case '(':
		t.open()
	case ')':
		t.close()
	case '*', '+', '?':
		t.quantifier(1)
	case '{':
		t.brace()
	case '|':
		t.alternates = true
		t.copy(1, false)
	case '^', '$':
		t.anchor(c)
	default:
		_, size := utf8.DecodeRuneInString(t.text[t.at:])
		t.copy(size, true)
	}
}

func (t *regexTranslator) copy(n int, atom bool) {
	t.out.WriteString(t.text[t.at : t.at+n])
	t.at += n
	t.atom = atom
}

// anchor: a quantifier may not follow ^ or $.
func (t *regexTranslator) anchor(byte) { t.copy(1, false) }

func (t *regexTranslator) open() {
	if strings.HasPrefix(t.text[t.at:], "(?") {
		if !strings.HasPrefix(t.text[t.at:], "(?:") {
			t.err = t.refuse()
			return
		}
		t.depth++
		t.copy(3, false)
		return
	}
	t.depth++
	t.copy(1, false)
}

func (t *regexTranslator) close() {
	if t.depth == 0 {
		t.err = badRegex("parentheses () not balanced")
		return
	}
	t.depth--
	t.copy(1, true)
}

// quantifier copies n bytes of one; a ? behind it asks for the shortest match, whose preference
// spreads over the whole expression in PostgreSQL.
func (t *regexTranslator) quantifier(n int) {
	if !t.atom {
		t.err = badRegex("quantifier operand invalid")
		return
	}
	t.copy(n, false)
	if t.at < len(t.text) && t.text[t.at] == '?' {
		t.shortest = true
		if strings.ContainsAny(t.text[t.at+1:], "*+?{|") || strings.ContainsAny(t.text[:t.at-n], "*+?{|") {
			t.err = t.refuse()
			return
		}
		t.copy(1, false)
	}
}

// brace is a bound {m}, {m,} or {m,n}; before anything but a digit it is the character itself.
func (t *regexTranslator) brace() {
	if t.at+1 >= len(t.text) || !isDigit(t.text[t.at+1]) {
		t.out.WriteString(`\{`)
		t.at++
		t.atom = true
		return
	}
	end := strings.IndexByte(t.text[t.at:], '}')
	if end < 0 {
		t.err = badRegex("braces {} not balanced")
		return
	}
	low, high, ranged := strings.Cut(t.text[t.at+1:t.at+end], ",")
	m, err1 := strconv.Atoi(low)
	n, err2 := strconv.Atoi(high)
	if !ranged || high == "" {
		n, err2 = m, nil
	}
	if err1 != nil || err2 != nil || m > 255 || n > 255 || n < m {
		t.err = badRegex("invalid repetition count(s)")
		return
	}
	t.quantifier(end + 1)
}

// escape is a class shorthand, a constraint, a character entry, or a quoted character.
func (t *regexTranslator) escape() {
	if t.at+1 >= len(t.text) {
		t.err = badRegex(`invalid escape \ sequence`)
		return
	}
	c := t.text[t.at+1]
	replacement, known := regexEscapes[c]
	switch {
	case known:
		t.out.WriteString(replacement)
		t.at += 2
		t.atom = !strings.HasPrefix(replacement, `\b`) && replacement != `\A` && replacement != `\z` && replacement != `\B`
	case isLetter(c) || isDigit(c):
		t.err = t.refuse()
	default:
		_, size := utf8.DecodeRuneInString(t.text[t.at+1:])
		if c < utf8.RuneSelf {
			t.copy(2, true)
			return
		}
		t.out.WriteString(t.text[t.at+1 : t.at+1+size])
		t.at += 1 + size
		t.atom = true
	}
}

// regexEscapes are those that mean one thing in both, by what Go calls them.
var regexEscapes = map[byte]string{
	'd': `[0-9]`, 'D': `[^0-9]`, 'w': `[[:word:]]`, 'W': `[^[:word:]]`, 's': `[[:space:]]`, 'S': `[^[:space:]]`,
	'y': `\b`, 'Y': `\B`, 'A': `\A`, 'Z': `\z`, 'n': `\n`, 't': `\t`, 'r': `\r`, 'f': `\f`, 'v': `\v`, 'a': `\a`,
	'e': `\x1b`, 'B': `\\`,
}

// bracket copies a bracket expression; within it a backslash escapes as in Go, and [ needs one.
func (t *regexTranslator) bracket() {
	i := t.at + 1
	t.out.WriteByte('[')
	if i < len(t.text) && t.text[i] == '^' {
		t.out.WriteByte('^')
		i++
	}
	for first := true; i < len(t.text); first = false {
		rest := t.text[i:]
		switch {
		case rest[0] == ']' && !first:
			t.out.WriteByte(']')
			t.at, t.atom = i+1, true
			return
		case strings.HasPrefix(rest, "[:"):
			end := strings.Index(rest, ":]")
			if end < 0 {
				t.err = badRegex("brackets [] not balanced")
				return
			}
			t.out.WriteString(rest[:end+2])
			i += end + 2
		case strings.HasPrefix(rest, "[.") || strings.HasPrefix(rest, "[="):
			t.err = t.refuse()
			return
		case rest[0] == '\\':
			if len(rest) < 2 || isLetter(rest[1]) && !strings.ContainsRune("dswntrfv", rune(rest[1])) || isDigit(rest[1]) {
				t.err = t.refuse()
				return
			}
			t.out.WriteString(bracketEscape(rest[:2]))
			i += 2
		case rest[0] == '[' || rest[0] == ']':
			t.out.WriteString(`\` + rest[:1])
			i++
		default:
			_, size := utf8.DecodeRuneInString(rest)
			t.out.WriteString(rest[:size])
			i += size
		}
	}
	t.err = badRegex("brackets [] not balanced")
}

func bracketEscape(s string) string {
	switch s[1] {
	case 'd':
		return "0-9"
	case 's':
		return "[:space:]"
	case 'w':
		return "[:word:]"
	}
	return s
}

// alternativesDiffer says whether alternatives, if there are any, are plain words none of which is
// the beginning of another: then only one of them can match, and groups are the same by every rule.
func alternativesDiffer(text string) bool {
	if !strings.Contains(text, "|") {
		return true
	}
	begin := []int{0} // where the alternatives of each open group begin
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '[':
			if strings.ContainsAny(bracketOf(text[i:]), "()|[") {
				return false
			}
		case '(':
			begin = append(begin, i+1)
		case ')':
			if !distinctWords(text[begin[len(begin)-1]:i]) || len(begin) == 1 {
				return false
			}
			begin = begin[:len(begin)-1]
		}
	}
	return distinctWords(text)
}

// bracketOf is what stands in the bracket expression at the beginning.
func bracketOf(text string) string {
	inner, _, _ := strings.Cut(text[1:], "]")
	return inner
}

// distinctWords judges one group's text.
func distinctWords(group string) bool {
	words := strings.Split(group, "|")
	if len(words) == 1 || strings.Contains(group, "(") && !strings.Contains(outside(group), "|") {
		return true
	}
	for i, word := range words {
		for j, other := range words {
			if strings.ContainsAny(word, "(){}[]*+?.^$\\") || i != j && strings.HasPrefix(other, word) {
				return false
			}
		}
	}
	return true
}

// outside is a text without its groups.
func outside(text string) string {
	depth := 0
	return strings.Map(func(r rune) rune {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case depth == 0:
			return r
		}
		return -1
	}, text)
}
