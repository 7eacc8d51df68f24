package value

import "strings"

// appendRecord prints (1,"a b",), as record_out does.
func appendRecord(c *Context, dst []byte, r *RecordData) []byte {
	dst = append(dst, '(')
	for i, v := range r.Values {
		if i > 0 {
			dst = append(dst, ',')
		}
		if v.IsNull() {
			continue
		}
		text := r.Type.Fields[i].Type.Text(c, v)
		if text == "" || strings.ContainsAny(text, "\"\\(), \t\n\r\v\f") {
			dst = appendQuoted(dst, text, '"')
			continue
		}
		dst = append(dst, text...)
	}
	return append(dst, ')')
}

func malformedRecord(s, detail string) error {
	err := newError(CodeInvalidText, `malformed record literal: "`, s, `"`)
	err.Detail = detail
	return err
}

// parseRecord reads a composite value's literal (manual, 8.16.6).
func parseRecord(c *Context, t *Type, s string) (Value, error) {
	if t.OID == Record.OID {
		return Value{}, newError(CodeFeatureNotSupported, "input of anonymous composite types is not implemented")
	}
	text := trimSpace(s)
	if !strings.HasPrefix(text, "(") {
		return Value{}, malformedRecord(s, "Missing left parenthesis.")
	}
	record := &RecordData{Type: t, Values: make([]Value, len(t.Fields))}
	rest := text[1:]
	for i, f := range t.Fields {
		if i > 0 {
			if !strings.HasPrefix(rest, ",") {
				return Value{}, malformedRecord(s, "Too few columns.")
			}
			rest = rest[1:]
		}
		item, present, after, ok := recordItem(rest)
		if !ok {
			return Value{}, malformedRecord(s, "Unexpected end of input.")
		}
		if rest = after; !present {
			continue
		}
		v, err := f.Type.ParseText(c, item)
		if err == nil {
			v, err = f.Type.Coerce(f.Mod, v, Assignment)
		}
		if err != nil {
			return Value{}, err
		}
		record.Values[i] = v
	}
	if rest != ")" {
		detail := "Junk after right parenthesis."
		if !strings.HasPrefix(rest, ")") {
			detail = "Too many columns."
		}
		return Value{}, malformedRecord(s, detail)
	}
	return OfRecord(record), nil
}

// recordItem reads one column; one that is empty and unquoted is NULL.
func recordItem(s string) (item string, present bool, rest string, ok bool) {
	var b []byte
	inQuotes, quoted := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b = append(b, s[i])
		case c == '"' && inQuotes && i+1 < len(s) && s[i+1] == '"':
			i++
			b = append(b, '"')
		case c == '"':
			inQuotes, quoted = !inQuotes, true
		case !inQuotes && (c == ',' || c == ')'):
			return string(b), quoted || len(b) > 0, s[i:], true
		default:
			b = append(b, c)
		}
	}
	return "", false, "", false
}
