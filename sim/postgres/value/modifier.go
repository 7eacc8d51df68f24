package value

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// modHeader is what the server adds to lengths in a type modifier (VARHDRSZ).
const modHeader = 4

// Modifier packs the arguments in parentheses behind a type's name, as in numeric(10, 2), into a
// type modifier (pg_attribute.atttypmod). For interval they are the field mask and the precision.
// Errors: 22023, 42601.
func (t *Type) Modifier(args []int64) (int32, error) {
	if t.Elem != nil {
		return t.Elem.Modifier(args)
	}
	switch t {
	case Varchar, BPChar:
		return lengthModifier(t, args)
	case Numeric:
		return numericModifier(args)
	case Timestamp, Timestamptz, Time:
		return precisionModifier(t, args)
	case Interval:
		return intervalModifier(args)
	}
	return NoMod, newError(CodeSyntax, `type modifier is not allowed for type "`, t.Name, `"`)
}

func lengthModifier(t *Type, args []int64) (int32, error) {
	name := "varchar"
	if t == BPChar {
		name = "char"
	}
	switch {
	case len(args) != 1:
		return NoMod, newError(CodeInvalidParameter, "invalid type modifier")
	case args[0] < 1:
		return NoMod, newError(CodeInvalidParameter, "length for type ", name, " must be at least 1")
	case args[0] > 10485760:
		return NoMod, newError(CodeInvalidParameter, "length for type ", name, " cannot exceed 10485760")
	}
	return int32(args[0]) + modHeader, nil
}

func numericModifier(args []int64) (int32, error) {
	if len(args) == 0 || len(args) > 2 {
		return NoMod, newError(CodeInvalidParameter, "invalid NUMERIC type modifier")
	}
	precision, scale := args[0], int64(0)
	if precision < 1 || precision > 1000 {
		return NoMod, newError(CodeInvalidParameter, "NUMERIC precision ", strconv.FormatInt(precision, 10), " must be between 1 and 1000")
	}
	if len(args) == 2 {
		scale = args[1]
	}
	if scale < -1000 || scale > 1000 {
		return NoMod, newError(CodeInvalidParameter, "NUMERIC scale ", strconv.FormatInt(scale, 10), " must be between -1000 and 1000")
	}
	return int32(precision<<16|scale&0x7ff) + modHeader, nil
}

// numericPrecision unpacks a numeric's modifier.
func numericPrecision(mod int32) (precision, scale int32) {
	packed := mod - modHeader
	return packed >> 16 & 0xffff, (packed&0x7ff ^ 1024) - 1024
}

func precisionModifier(t *Type, args []int64) (int32, error) {
	if len(args) != 1 {
		return NoMod, newError(CodeInvalidParameter, "invalid type modifier")
	}
	if args[0] < 0 {
		name := map[*Type]string{Timestamp: "TIMESTAMP", Timestamptz: "TIMESTAMP", Time: "TIME"}[t]
		zone := ""
		if t == Timestamptz {
			zone = " WITH TIME ZONE"
		}
		return NoMod, newError(CodeInvalidParameter, name, "(", strconv.FormatInt(args[0], 10), ")", zone, " precision must not be negative")
	}
	return int32(min(args[0], 6)), nil
}

// The field masks of interval (INTERVAL_MASK in timestamp.h), as the server packs them.
const (
	intervalFull      = 0x7fff
	intervalPrecision = 0xffff
)

func intervalModifier(args []int64) (int32, error) {
	if len(args) == 0 || len(args) > 2 {
		return NoMod, newError(CodeInvalidParameter, "invalid INTERVAL type modifier")
	}
	precision := int64(intervalPrecision)
	if len(args) == 2 {
		if precision = min(args[1], 6); precision < 0 {
			return NoMod, newError(CodeInvalidParameter, "INTERVAL(", strconv.FormatInt(args[1], 10), ") precision must not be negative")
		}
	}
	if args[0] == intervalFull && len(args) == 1 {
		return NoMod, nil
	}
	return int32((args[0]&0x7fff)<<16 | precision&0xffff), nil
}

// Format prints the type with a modifier as format_type does: character varying(10).
func (t *Type) Format(mod int32) string {
	if mod < 0 {
		return t.Display
	}
	if t.Elem != nil {
		return t.Elem.Format(mod) + "[]"
	}
	number := func(n int32) string { return strconv.FormatInt(int64(n), 10) }
	switch t {
	case Varchar, BPChar:
		return t.Display + "(" + number(mod-modHeader) + ")"
	case Numeric:
		precision, scale := numericPrecision(mod)
		return "numeric(" + number(precision) + "," + number(scale) + ")"
	case Timestamp, Timestamptz, Time:
		word, rest, _ := strings.Cut(t.Display, " ")
		return word + "(" + number(mod) + ") " + rest
	case Interval:
		if p := mod & 0xffff; p != intervalPrecision {
			return "interval(" + number(p) + ")"
		}
	}
	return t.Display
}

// Coerce fits a value of the type to a modifier: it rounds numbers and times, pads character(n), and
// of a string that is too long cuts blanks always, characters only if the cast is Explicit (22001,
// 22003).
func (t *Type) Coerce(mod int32, v Value, context CastContext) (Value, error) {
	if mod < 0 || v.Kind == KindNull {
		return v, nil
	}
	switch v.Kind {
	case KindText:
		return fitText(v, int(mod-modHeader), context)
	case KindChar:
		return fitChar(v, int(mod-modHeader), context)
	case KindNumeric:
		d, err := v.Decimal().fit(mod)
		return OfDecimal(d), err
	case KindTimestamp, KindTime:
		v.N = roundMicros(v.N, mod)
		return v, nil
	case KindInterval:
		return fitInterval(v, mod)
	case KindArray:
		return v.Array().convert(t.Elem, func(e Value) (Value, error) { return t.Elem.Coerce(mod, e, context) })
	}
	return v, nil
}

func tooLong(name string, limit int) error {
	return newError(CodeStringTruncation, "value too long for type ", name, "(", strconv.Itoa(limit), ")")
}

func fitText(v Value, limit int, context CastContext) (Value, error) {
	if len(v.S) <= limit || utf8.RuneCountInString(v.S) <= limit {
		return v, nil
	}
	cut := runePrefix(v.S, limit)
	if context != Explicit && strings.TrimLeft(v.S[len(cut):], " ") != "" {
		return Value{}, tooLong("character varying", limit)
	}
	return OfText(cut), nil
}

func fitChar(v Value, limit int, context CastContext) (Value, error) {
	n := utf8.RuneCountInString(v.S)
	if n <= limit {
		return Value{Kind: KindChar, S: v.S + strings.Repeat(" ", limit-n)}, nil
	}
	cut := runePrefix(v.S, limit)
	if context != Explicit && strings.TrimLeft(v.S[len(cut):], " ") != "" {
		return Value{}, tooLong("character", limit)
	}
	return Value{Kind: KindChar, S: cut}, nil
}

// runePrefix is the first n characters.
func runePrefix(s string, n int) string {
	if n >= len(s) {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// roundMicros rounds to a number of digits behind the second, halves away from zero.
func roundMicros(n int64, digits int32) int64 {
	if digits >= 6 || infiniteStamp(n) {
		return n
	}
	unit := smallPowers[6-digits]
	if n >= 0 {
		return (n + unit/2) / unit * unit
	}
	return -((-n + unit/2) / unit * unit)
}

// fitInterval cuts an interval to its fields and precision (AdjustIntervalForTypmod).
func fitInterval(v Value, mod int32) (Value, error) {
	s := v.Span()
	if mask := mod >> 16 & 0x7fff; mask != intervalFull {
		cut, ok := cutInterval(s, mask)
		if !ok {
			return Value{}, &Unsupported{Construct: "interval with these fields"}
		}
		s = cut
	}
	if p := mod & 0xffff; p != intervalPrecision {
		s.Micros = roundMicros(s.Micros, p)
	}
	return OfInterval(s), nil
}

// Bits of an interval's fields.
const (
	maskMonth  = 1 << 1
	maskYear   = 1 << 2
	maskDay    = 1 << 3
	maskHour   = 1 << 10
	maskMinute = 1 << 11
	maskSecond = 1 << 12
)

func cutInterval(s Span, mask int32) (Span, bool) {
	switch {
	case mask&maskSecond != 0:
		return s, true
	case mask&maskMinute != 0:
		return Span{s.Months, s.Days, s.Micros / microsPerMinute * microsPerMinute}, true
	case mask&maskHour != 0:
		return Span{s.Months, s.Days, s.Micros / microsPerHour * microsPerHour}, true
	case mask&maskDay != 0:
		return Span{s.Months, s.Days, 0}, true
	case mask&maskMonth != 0:
		return Span{s.Months, 0, 0}, true
	case mask&maskYear != 0:
		return Span{s.Months / monthsPerYear * monthsPerYear, 0, 0}, true
	}
	return s, false
}
