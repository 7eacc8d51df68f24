package value

import (
	"strconv"
	"strings"
)

// appendArray prints {1,NULL,"a b"}, with bounds in front where a lower bound is not 1.
func appendArray(c *Context, dst []byte, a *ArrayData) []byte {
	if len(a.Values) == 0 {
		return append(dst, "{}"...)
	}
	dst = appendBounds(dst, a.Bounds)
	index := 0
	return appendDimension(c, dst, a, 0, &index)
}

func appendBounds(dst []byte, bounds []Bound) []byte {
	plain := true
	for _, b := range bounds {
		plain = plain && b.Lower == 1
	}
	if plain {
		return dst
	}
	for _, b := range bounds {
		dst = append(strconv.AppendInt(append(dst, '['), int64(b.Lower), 10), ':')
		dst = append(strconv.AppendInt(dst, int64(b.Lower+b.Length-1), 10), ']')
	}
	return append(dst, '=')
}

func appendDimension(c *Context, dst []byte, a *ArrayData, depth int, index *int) []byte {
	dst = append(dst, '{')
	for i := range int(a.Bounds[depth].Length) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if depth+1 < len(a.Bounds) {
			dst = appendDimension(c, dst, a, depth+1, index)
			continue
		}
		dst = appendElement(c, dst, a.Elem, a.Values[*index])
		*index++
	}
	return append(dst, '}')
}

func appendElement(c *Context, dst []byte, elem *Type, v Value) []byte {
	if v.IsNull() {
		return append(dst, "NULL"...)
	}
	text := elem.Text(c, v)
	if text != "" && !strings.EqualFold(text, "NULL") && !strings.ContainsAny(text, "{}\",\\ \t\n\r\v\f") {
		return append(dst, text...)
	}
	return appendQuoted(dst, text, '\\')
}

// appendQuoted quotes with double quotes; quote is put before quotes and backslashes within.
func appendQuoted(dst []byte, text string, quote byte) []byte {
	dst = append(dst, '"')
	for i := range len(text) {
		switch text[i] {
		case '\\':
			dst = append(dst, '\\')
		case '"':
			dst = append(dst, quote)
		}
		dst = append(dst, text[i])
	}
	return append(dst, '"')
}

// arrayReader reads an array literal (manual, 8.15.2).
type arrayReader struct {
	context *Context
	elem    *Type
	whole   string
	at      int
	lengths []int // of each depth, once its first list has ended
	depth   int
	values  []Value
	err     error
}

func malformedArray(s, detail string) error {
	err := newError(CodeInvalidText, `malformed array literal: "`, s, `"`)
	err.Detail = detail
	return err
}

func parseArray(c *Context, t *Type, s string) (Value, error) {
	r := &arrayReader{context: c, elem: t.Elem, whole: s}
	lowers, err := r.bounds()
	if err != nil {
		return Value{}, err
	}
	r.skip()
	if r.at >= len(s) || s[r.at] != '{' {
		return Value{}, malformedArray(s, `Array value must start with "{" or dimension information.`)
	}
	r.list(0)
	r.skip()
	if r.err == nil && r.at < len(s) {
		r.err = malformedArray(s, "Junk after closing right brace.")
	}
	if r.err != nil {
		return Value{}, r.err
	}
	return r.finish(lowers)
}

// bounds reads [l:u][l:u]= in front of an array.
func (r *arrayReader) bounds() ([]Bound, error) {
	r.skip()
	if r.at >= len(r.whole) || r.whole[r.at] != '[' {
		return nil, nil
	}
	end := strings.IndexByte(r.whole, '=')
	if end < 0 {
		return nil, malformedArray(r.whole, `Missing "=" after array dimensions.`)
	}
	var bounds []Bound
	for part := range strings.SplitSeq(strings.TrimSuffix(trimSpace(r.whole[r.at+1:end]), "]"), "][") {
		low, high, ok := strings.Cut(part, ":")
		if !ok {
			low, high = "1", part
		}
		l, err1 := strconv.ParseInt(low, 10, 32)
		h, err2 := strconv.ParseInt(high, 10, 32)
		if err1 != nil || err2 != nil {
			return nil, malformedArray(r.whole, `"[" must introduce explicitly-specified array dimensions.`)
		}
		if h < l {
			return nil, newError(CodeArraySubscript, "upper bound cannot be less than lower bound")
		}
		bounds = append(bounds, Bound{Length: int32(h - l + 1), Lower: int32(l)})
	}
	r.at = end + 1
	return bounds, nil
}

func (r *arrayReader) skip() {
	for r.at < len(r.whole) && strings.IndexByte(" \t\n\r\v\f", r.whole[r.at]) >= 0 {
		r.at++
	}
}

func (r *arrayReader) fail(detail string) {
	if r.err == nil {
		r.err = malformedArray(r.whole, detail)
	}
}

// list reads {...} at a depth.
func (r *arrayReader) list(depth int) {
	if depth >= 6 {
		if r.err == nil {
			r.err = newError(CodeProgramLimit, "number of array dimensions (7) exceeds the maximum allowed (6)")
		}
		return
	}
	r.at++
	n := 0
	for r.err == nil {
		r.skip()
		if r.at >= len(r.whole) {
			r.fail("Unexpected end of input.")
			return
		}
		if r.whole[r.at] == '}' && n == 0 {
			r.at++
			break
		}
		r.item(depth)
		n++
		r.skip()
		if r.err != nil || r.at < len(r.whole) && r.whole[r.at] == '}' {
			r.at++
			break
		}
		if r.at >= len(r.whole) {
			r.fail("Unexpected end of input.")
			return
		}
		if r.whole[r.at] != ',' {
			r.fail("Unexpected array element.")
			return
		}
		r.at++
	}
	r.closed(depth, n)
}

// closed checks that all lists of one depth are equally long.
func (r *arrayReader) closed(depth, n int) {
	for len(r.lengths) <= depth {
		r.lengths = append(r.lengths, -1)
	}
	if r.lengths[depth] == -1 {
		r.lengths[depth] = n
	}
	if r.lengths[depth] != n {
		r.fail("Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
}

func (r *arrayReader) item(depth int) {
	switch r.whole[r.at] {
	case '{':
		r.enter(depth + 1)
		r.list(depth + 1)
		return
	case ',', '}':
		r.fail(`Unexpected "` + r.whole[r.at:r.at+1] + `" character.`)
		return
	}
	r.enter(depth)
	text, quoted, ok := r.scalar()
	if !ok {
		r.fail("Unexpected end of input.")
		return
	}
	if !quoted && strings.EqualFold(text, "NULL") {
		r.values = append(r.values, Value{})
		return
	}
	v, err := r.elem.ParseText(r.context, text)
	if err != nil && r.err == nil {
		r.err = err
	}
	r.values = append(r.values, v)
}

// enter checks that scalars stand at the deepest level only.
func (r *arrayReader) enter(depth int) {
	if r.depth > depth && len(r.values) > 0 && r.whole[r.at] != '{' {
		r.fail("Unexpected array element.")
	}
	if depth > r.depth && len(r.values) > 0 {
		r.fail(`Unexpected "{" character.`)
	}
	r.depth = max(r.depth, depth)
}

// scalar reads an element, quoted or bare.
func (r *arrayReader) scalar() (text string, quoted, ok bool) {
	var b []byte
	kept := 0 // bytes that trailing blanks must not be cut from
	for r.at < len(r.whole) {
		c := r.whole[r.at]
		switch {
		case c == '"':
			quoted = true
			if b, ok = r.quoted(b); !ok {
				return "", false, false
			}
			kept = len(b)
			continue
		case c == '\\' && r.at+1 < len(r.whole):
			r.at++
			b = append(b, r.whole[r.at])
			kept = len(b)
		case c == ',' || c == '}' || c == '{':
			return string(b[:kept]), quoted, true
		default:
			b = append(b, c)
			if strings.IndexByte(" \t\n\r\v\f", c) < 0 {
				kept = len(b)
			}
		}
		r.at++
	}
	return "", false, false
}

func (r *arrayReader) quoted(b []byte) ([]byte, bool) {
	for r.at++; r.at < len(r.whole); r.at++ {
		switch c := r.whole[r.at]; {
		case c == '"':
			r.at++
			return b, true
		case c == '\\' && r.at+1 < len(r.whole):
			r.at++
			b = append(b, r.whole[r.at])
		default:
			b = append(b, c)
		}
	}
	return b, false
}

func (r *arrayReader) finish(lowers []Bound) (Value, error) {
	a := &ArrayData{Elem: r.elem, Values: r.values}
	if len(r.values) == 0 {
		return OfArray(a), nil
	}
	for _, n := range r.lengths {
		a.Bounds = append(a.Bounds, Bound{Length: int32(n), Lower: 1})
	}
	if lowers == nil {
		return OfArray(a), nil
	}
	if len(lowers) != len(a.Bounds) {
		return Value{}, malformedArray(r.whole, "Specified array dimensions do not match array contents.")
	}
	for i := range lowers {
		if lowers[i].Length != a.Bounds[i].Length {
			return Value{}, malformedArray(r.whole, "Specified array dimensions do not match array contents.")
		}
	}
	a.Bounds = lowers
	return OfArray(a), nil
}
