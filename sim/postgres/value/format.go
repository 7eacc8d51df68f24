package value

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// concatenated is concat and, with a separator in front, concat_ws: NULLs are left out.
func concatenated(withSeparator bool) maker {
	return func(args []*Type, _ *Type) Eval {
		return func(c *Context, a []Value) (Value, error) {
			first, separator := 0, ""
			if withSeparator {
				if a[0].IsNull() {
					return Value{}, nil
				}
				first, separator = 1, a[0].S
			}
			var b []byte
			some := false
			for i := first; i < len(a); i++ {
				if a[i].IsNull() {
					continue
				}
				if some {
					b = append(b, separator...)
				}
				some = true
				b = args[i].AppendText(c, b, a[i])
			}
			return textOf(string(b))
		}
	}
}

// anyConcat is || of text and something else.
func anyConcat(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		return textOf(castText(c, args[0], a[0]) + castText(c, args[1], a[1]))
	}
}

// castText is the text of a cast, which for bool and character(n) is not the output's.
func castText(c *Context, t *Type, v Value) string {
	switch v.Kind {
	case KindBool:
		return strconv.FormatBool(v.True())
	case KindChar:
		return strings.TrimRight(v.S, " ")
	}
	return t.Text(c, v)
}

// formatDirective is one %[position][flags][width]type of format (manual, 9.4.1).
type formatDirective struct {
	position int // of the argument, from 1; 0: the next
	left     bool
	width    int
	widthArg int // position of the width's argument; -1 none, 0 the next
	verb     byte
}

// formatter runs format().
type formatter struct {
	context *Context
	types   []*Type
	args    []Value
	next    int // index of the next argument
	out     []byte
}

func formatText(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		if a[0].IsNull() {
			return Value{}, nil
		}
		f := formatter{context: c, types: args, args: a, next: 1}
		if err := f.run(a[0].S); err != nil {
			return Value{}, err
		}
		return textOf(string(f.out))
	}
}

func unterminatedFormat() error {
	err := newError(CodeInvalidParameter, "unterminated format() type specifier")
	err.Hint = `For a single "%" use "%%".`
	return err
}

func (f *formatter) run(s string) error {
	for s != "" {
		at := strings.IndexByte(s, '%')
		if at < 0 {
			f.out = append(f.out, s...)
			return nil
		}
		f.out = append(f.out, s[:at]...)
		s = s[at+1:]
		if strings.HasPrefix(s, "%") {
			f.out = append(f.out, '%')
			s = s[1:]
			continue
		}
		d, rest, err := readDirective(s)
		if err == nil {
			err = f.emit(d)
		}
		if err != nil {
			return err
		}
		s = rest
	}
	return nil
}

func readDirective(s string) (d formatDirective, rest string, err error) {
	d.widthArg = -1
	n, after := leadingNumber(s)
	if strings.HasPrefix(after, "$") && after != s {
		if n == 0 {
			return d, "", newError(CodeInvalidParameter, "format specifies argument 0, but arguments are numbered from 1")
		}
		d.position, s = n, after[1:]
	}
	for strings.HasPrefix(s, "-") {
		d.left, s = true, s[1:]
	}
	if strings.HasPrefix(s, "*") {
		d.widthArg, s = 0, s[1:]
		if n, after = leadingNumber(s); after != s {
			if !strings.HasPrefix(after, "$") {
				return d, "", newError(CodeInvalidParameter, `width argument position must be ended by "$"`)
			}
			if n == 0 {
				return d, "", newError(CodeInvalidParameter, "format specifies argument 0, but arguments are numbered from 1")
			}
			d.widthArg, s = n, after[1:]
		}
	} else {
		d.width, s = leadingNumber(s)
	}
	if s == "" {
		return d, "", unterminatedFormat()
	}
	d.verb = s[0]
	if strings.IndexByte("sIL", d.verb) < 0 {
		_, size := utf8.DecodeRuneInString(s)
		err := newError(CodeInvalidParameter, `unrecognized format() type specifier "`, s[:size], `"`)
		err.Hint = `For a single "%" use "%%".`
		return d, "", err
	}
	return d, s[1:], nil
}

func leadingNumber(s string) (int, string) {
	end := 0
	for end < len(s) && end < 9 && isDigit(s[end]) {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n, s[end:]
}

// take is the argument at a position, or the next.
func (f *formatter) take(position int) (*Type, Value, error) {
	if position == 0 {
		position = f.next
	}
	f.next = position + 1
	if position >= len(f.args) {
		return nil, Value{}, newError(CodeInvalidParameter, "too few arguments for format()")
	}
	return f.types[position], f.args[position], nil
}

func (f *formatter) emit(d formatDirective) error {
	width := d.width
	if d.widthArg >= 0 {
		t, v, err := f.take(d.widthArg)
		if err != nil {
			return err
		}
		if v.Kind != KindInt && !v.IsNull() {
			if v, err = Int4.ParseText(f.context, t.Text(f.context, v)); err != nil {
				return err
			}
		}
		width = int(v.N)
	}
	t, v, err := f.take(d.position)
	if err != nil {
		return err
	}
	text, err := f.text(d.verb, t, v)
	if err != nil {
		return err
	}
	f.pad(text, width, d.left)
	return nil
}

func (f *formatter) text(verb byte, t *Type, v Value) (string, error) {
	if v.IsNull() {
		switch verb {
		case 'I':
			return "", newError(CodeNullNotAllowed, "null values cannot be formatted as an SQL identifier")
		case 'L':
			return "NULL", nil
		}
		return "", nil
	}
	text := t.Text(f.context, v)
	switch verb {
	case 'I':
		return QuoteIdent(text), nil
	case 'L':
		return QuoteLiteral(text), nil
	}
	return text, nil
}

func (f *formatter) pad(text string, width int, left bool) {
	if width < 0 {
		width, left = -width, true
	}
	blanks := strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0))
	if left {
		f.out = append(append(f.out, text...), blanks...)
		return
	}
	f.out = append(append(f.out, blanks...), text...)
}

func quoteIdent(_ *Context, a []Value) (Value, error)   { return textOf(QuoteIdent(a[0].S)) }
func quoteLiteral(_ *Context, a []Value) (Value, error) { return textOf(QuoteLiteral(a[0].S)) }

func quoteNullable(_ *Context, a []Value) (Value, error) {
	if a[0].IsNull() {
		return textOf("NULL")
	}
	return textOf(QuoteLiteral(a[0].S))
}

func quoteAny(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		if a[0].IsNull() {
			return textOf("NULL")
		}
		return textOf(QuoteLiteral(castText(c, args[0], a[0])))
	}
}

// countNulls is num_nulls and num_nonnulls.
func countNulls(null bool) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		n := 0
		for i := range a {
			if a[i].IsNull() == null {
				n++
			}
		}
		return intOf(n)
	}
}

// typeOf is pg_typeof.
func typeOf(args []*Type, _ *Type) Eval {
	v := Value{Kind: KindInt, N: int64(args[0].OID), S: args[0].Display}
	return func(*Context, []Value) (Value, error) { return v, nil }
}

func formatType(_ *Context, a []Value) (Value, error) {
	if a[0].IsNull() {
		return Value{}, nil
	}
	t := TypeByOID(uint32(a[0].N))
	if t == nil {
		return Value{}, &Unsupported{Construct: "format_type of a type made at run time"}
	}
	mod := NoMod
	if !a[1].IsNull() {
		mod = int32(a[1].N)
	}
	return textOf(t.Format(mod))
}

var formatEvals = map[string]Eval{
	"quote_ident": quoteIdent, "quote_literal": quoteLiteral, "quote_nullable": quoteNullable,
	"pg_num_nulls": countNulls(true), "pg_num_nonnulls": countNulls(false), "format_type": formatType,
}

var formatMakers = map[string]maker{
	"text_concat": concatenated(false), "text_concat_ws": concatenated(true), "text_format": formatText, "text_format_nv": formatText,
	"textanycat(text,anynonarray)": anyConcat, "anytextcat(anynonarray,text)": anyConcat,
	"quote_literal(anyelement)": quoteAny, "quote_nullable(anyelement)": quoteAny, "pg_typeof": typeOf,
}
