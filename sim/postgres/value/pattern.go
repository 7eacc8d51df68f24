package value

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// patternKey names a compiled pattern within a Context.
type patternKey struct {
	text  string
	flags string
}

// pattern is a compiled regular expression, and what compiling it said.
type pattern struct {
	re    *regexp.Regexp
	vague bool // its groups could match other parts than PostgreSQL's
	err   error
}

// like matches s against a LIKE pattern: % any run, _ any one character, \ escapes (manual, 9.7.1).
// fold ignores ASCII case, as collation C does.
func like(s, p string, fold bool) (bool, error) {
	for p != "" {
		if s == "" {
			return strings.Trim(p, "%") == "", nil
		}
		switch p[0] {
		case '%':
			return likeRun(s, strings.TrimLeft(p, "%"), fold)
		case '_':
			_, size := utf8.DecodeRuneInString(s)
			s, p = s[size:], p[1:]
			continue
		case '\\':
			if p = p[1:]; p == "" {
				return false, newError(CodeInvalidEscape, "LIKE pattern must not end with escape character")
			}
		}
		if !sameByte(s[0], p[0], fold) {
			return false, nil
		}
		s, p = s[1:], p[1:]
	}
	return s == "", nil
}

func sameByte(a, b byte, fold bool) bool {
	if a == b {
		return true
	}
	return fold && a^b == 0x20 && isLetter(a)
}

// likeRun matches what follows a %, starting anywhere.
func likeRun(s, p string, fold bool) (bool, error) {
	if p == "" {
		return true, nil
	}
	for i := 0; i <= len(s); i++ {
		if i < len(s) && !utf8.RuneStart(s[i]) {
			continue
		}
		if ok, err := like(s[i:], p, fold); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func likeEval(fold, not bool) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		ok, err := like(a[0].S, a[1].S, fold)
		if err != nil {
			return Value{}, err
		}
		return OfBool(ok != not), nil
	}
}

// likeEscape rewrites a pattern with another escape character to one with a backslash.
func likeEscape(_ *Context, a []Value) (Value, error) {
	p, escape := a[0].S, a[1].S
	if utf8.RuneCountInString(escape) > 1 {
		err := newError(CodeInvalidEscape, "invalid escape string")
		err.Hint = "Escape string must be empty or one character."
		return Value{}, err
	}
	if escape == `\` {
		return a[0], nil
	}
	var b []byte
	for p != "" {
		_, size := utf8.DecodeRuneInString(p)
		switch c := p[:size]; {
		case c == escape && len(p) > size:
			_, next := utf8.DecodeRuneInString(p[size:])
			b = append(append(b, '\\'), p[size:size+next]...)
			size += next
		case c == escape:
			b = append(b, '\\')
		case c == `\`:
			b = append(b, `\\`...)
		default:
			b = append(b, c...)
		}
		p = p[size:]
	}
	return textOf(string(b))
}

// regexFlags are the options of a regular expression (manual, table 9.24).
type regexFlags struct {
	global, fold          bool
	lineAnchors, lineDots bool // ^ and $ at line ends; . and [^...] stop at them
}

// parseRegexFlags reads the flags argument of the regexp functions.
func parseRegexFlags(s string) (regexFlags, error) {
	var f regexFlags
	for _, c := range s {
		switch c {
		case 'g':
			f.global = true
		case 'i':
			f.fold = true
		case 'c':
			f.fold = false
		case 'm', 'n':
			f.lineAnchors, f.lineDots = true, true
		case 'p':
			f.lineAnchors, f.lineDots = false, true
		case 'w':
			f.lineAnchors, f.lineDots = true, false
		case 's':
			f.lineAnchors, f.lineDots = false, false
		case 't':
		case 'x', 'q', 'b', 'e':
			return f, &Unsupported{Construct: "regular expression option " + string(c)}
		default:
			return f, newError(CodeInvalidParameter, `invalid regular expression option: "`, string(c), `"`)
		}
	}
	return f, nil
}

// compile translates and compiles a regular expression; the context keeps it.
func (c *Context) compile(text string, f regexFlags) (*regexp.Regexp, error) {
	key := patternKey{text, f.prefix()}
	if p := c.patterns[key]; p != nil {
		return p.re, p.err
	}
	p := &pattern{}
	p.re, p.err = buildRegex(text, f)
	p.vague = p.err == nil && p.re.NumSubexp() > 0 && !alternativesDiffer(text)
	if c.patterns == nil || len(c.patterns) > 1000 {
		c.patterns = map[patternKey]*pattern{}
	}
	c.patterns[key] = p
	return p.re, p.err
}

// compileGroups is compile for a use that looks at what the groups matched.
func (c *Context) compileGroups(text string, f regexFlags) (*regexp.Regexp, error) {
	re, err := c.compile(text, f)
	if err == nil && c.patterns[patternKey{text, f.prefix()}].vague {
		return nil, &Unsupported{Construct: "groups of the regular expression " + strconv.Quote(text)}
	}
	return re, err
}

// buildRegex compiles to matches that are leftmost and, as PostgreSQL's, longest. Case is ASCII's.
func buildRegex(text string, f regexFlags) (*regexp.Regexp, error) {
	translated, shortest, err := translateRegex(text)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(f.prefix() + translated)
	if err != nil || f.fold && strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return nil, &Unsupported{Construct: "regular expression " + strconv.Quote(text)}
	}
	if !shortest {
		re.Longest()
	}
	return re, nil
}

// prefix is Go's notation of the flags. Without newline-sensitive matching a dot matches line ends.
func (f regexFlags) prefix() string {
	flags := ""
	if f.fold {
		flags += "i"
	}
	if f.lineAnchors {
		flags += "m"
	}
	if !f.lineDots {
		flags += "s"
	}
	if flags == "" {
		return ""
	}
	return "(?" + flags + ")"
}

// regexMatch is the operator ~ and its kin.
func regexMatch(fold, not bool) Eval {
	return func(c *Context, a []Value) (Value, error) {
		re, err := c.compile(a[1].S, regexFlags{fold: fold})
		if err != nil {
			return Value{}, err
		}
		return OfBool(re.MatchString(a[0].S) != not), nil
	}
}

var patternEvals = map[string]Eval{
	"textlike": likeEval(false, false), "textnlike": likeEval(false, true), "texticlike": likeEval(true, false), "texticnlike": likeEval(true, true),
	"namelike": likeEval(false, false), "namenlike": likeEval(false, true), "nameiclike": likeEval(true, false), "nameicnlike": likeEval(true, true),
	"bytealike": likeEval(false, false), "byteanlike": likeEval(false, true), "like_escape": likeEscape,
	"textregexeq": regexMatch(false, false), "textregexne": regexMatch(false, true), "texticregexeq": regexMatch(true, false), "texticregexne": regexMatch(true, true),
	"nameregexeq": regexMatch(false, false), "nameregexne": regexMatch(false, true), "nameicregexeq": regexMatch(true, false), "nameicregexne": regexMatch(true, true),
	"textregexreplace_noopt": regexReplace, "textregexreplace": regexReplace, "regexp_match": regexFind, "regexp_match_no_flags": regexFind,
	"regexp_like": regexLike, "regexp_like_no_flags": regexLike, "regexp_count": regexCount, "regexp_count_no_start": regexCount, "regexp_count_no_flags": regexCount,
	"regexp_substr_no_start": regexSubstring, "textregexsubstr": regexSubstring,
	"regexp_split_to_array": regexSplitArray, "regexp_split_to_array_no_flags": regexSplitArray,
	"similar_to_escape_1": similarPattern, "similar_to_escape_2": similarPattern,
}
