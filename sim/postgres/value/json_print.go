package value

// Append appends a jsonb as jsonb_out prints it: {"a": 1, "b": [true, null]}.
func (d *Doc) Append(dst []byte) []byte {
	switch d.Kind {
	case DocNull:
		return append(dst, "null"...)
	case DocFalse:
		return append(dst, "false"...)
	case DocTrue:
		return append(dst, "true"...)
	case DocString:
		return appendJSONString(dst, d.Text)
	case DocNumber:
		return d.Num.Append(dst)
	case DocArray:
		dst = append(dst, '[')
		for i := range d.Items {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = d.Items[i].Append(dst)
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i := range d.Items {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(appendJSONString(dst, d.Keys[i]), ": "...)
		dst = d.Items[i].Append(dst)
	}
	return append(dst, '}')
}

// String is the jsonb as jsonb_out prints it.
func (d *Doc) String() string { return string(d.Append(nil)) }

// appendJSONString quotes as escape_json does.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			if c < ' ' {
				dst = append(dst, `\u00`...)
				dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
				continue
			}
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
