package value

import (
	"math"
	"strconv"
	"strings"
)

// AppendText appends the value as the type's output function prints it. NULL appends nothing. Settings
// are the defaults: DateStyle ISO, IntervalStyle postgres, bytea_output hex; the time zone is c's.
func (t *Type) AppendText(c *Context, dst []byte, v Value) []byte {
	switch v.Kind {
	case KindText, KindChar, KindJSON:
		return append(dst, v.S...)
	case KindEnum:
		return append(dst, t.label(v)...)
	case KindInt:
		return t.appendInt(dst, v)
	case KindBool:
		return append(dst, "ft"[v.N])
	case KindUUID:
		return appendUUID(dst, v.S)
	case KindFloat:
		return appendFloat(dst, v.Float(), t == Float4)
	case KindBytes:
		return appendHex(append(dst, `\x`...), v.S)
	case KindTimestamp:
		return appendTimestamp(dst, v.N, t == Timestamptz, c.zone())
	case KindDate:
		return appendDate(dst, v.N)
	case KindTime:
		return appendTimeOfDay(dst, v.N)
	}
	return t.appendBoxed(c, dst, v)
}

func (t *Type) appendBoxed(c *Context, dst []byte, v Value) []byte {
	switch v.Kind {
	case KindNumeric:
		return v.Decimal().Append(dst)
	case KindInterval:
		return appendInterval(dst, v.Span())
	case KindJSONB:
		return v.Doc().Append(dst)
	case KindArray:
		return appendArray(c, dst, t.relabelled(v.Array()))
	case KindRecord:
		return appendRecord(c, dst, v.Record())
	case KindSnapshot:
		return appendSnapshot(dst, v.Snapshot())
	}
	return dst
}

// Text is AppendText as a string.
func (t *Type) Text(c *Context, v Value) string {
	if v.Kind == KindText {
		return v.S
	}
	return string(t.AppendText(c, nil, v))
}

func (t *Type) appendInt(dst []byte, v Value) []byte {
	switch {
	case t == RegClass && v.S != "":
		return append(dst, v.S...)
	case t == RegType:
		return append(dst, regTypeName(v)...)
	case t == XID8:
		return strconv.AppendUint(dst, uint64(v.N), 10)
	}
	return strconv.AppendInt(dst, v.N, 10)
}

func regTypeName(v Value) string {
	if v.S != "" {
		return v.S
	}
	if t := TypeByOID(uint32(v.N)); t != nil {
		return t.Display
	}
	return strconv.FormatInt(v.N, 10)
}

const hexDigits = "0123456789abcdef"

func appendHex(dst []byte, s string) []byte {
	for i := range len(s) {
		dst = append(dst, hexDigits[s[i]>>4], hexDigits[s[i]&15])
	}
	return dst
}

func appendUUID(dst []byte, s string) []byte {
	for i := range len(s) {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[s[i]>>4], hexDigits[s[i]&15])
	}
	return dst
}

// appendFloat prints the shortest digits that read back the same (extra_float_digits 1), in
// scientific notation from 15 digits on (float4: 6).
func appendFloat(dst []byte, f float64, single bool) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	bits, digits := 64, 15
	if single {
		bits, digits = 32, 6
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, bits)
	text := string(dst[start:])
	at := strings.LastIndexByte(text, 'e')
	if exponent, _ := strconv.Atoi(text[at+1:]); exponent < -4 || exponent >= digits {
		return dst
	}
	return strconv.AppendFloat(dst[:start], f, 'f', -1, bits)
}

func appendSnapshot(dst []byte, s *SnapshotData) []byte {
	dst = append(strconv.AppendUint(dst, s.Xmin, 10), ':')
	dst = append(strconv.AppendUint(dst, s.Xmax, 10), ':')
	for i, x := range s.Running {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, x, 10)
	}
	return dst
}
