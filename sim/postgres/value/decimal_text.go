package value

import (
	"math/big"
	"strconv"
	"strings"
)

// Limits of numeric (manual, 8.1.2): digits before and behind the point.
const (
	numericScaleMax  = 16383
	numericDigitsMax = 131072
)

// ParseDecimal reads a numeric: digits with a point, an exponent, NaN or Infinity (22P02, 22003).
func ParseDecimal(s string) (*Decimal, error) {
	text := trimSpace(s)
	if d := specialDecimal(text); d != nil {
		return d, nil
	}
	sign, body := "", text
	if body != "" && (body[0] == '-' || body[0] == '+') {
		sign, body = body[:1], body[1:]
	}
	mantissa, exponent, ok := splitExponent(body)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if !ok || whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return nil, invalidText(Numeric, s)
	}
	if exponent > numericDigitsMax*2 || exponent < -numericDigitsMax*2 {
		return nil, newError(CodeOutOfRange, "value overflows numeric format")
	}
	d := makeDecimal(sign == "-", whole+fraction, int64(len(fraction))-exponent)
	if d.scale > numericScaleMax || d.digitsBefore() > numericDigitsMax {
		return nil, newError(CodeOutOfRange, "value overflows numeric format")
	}
	return d, nil
}

func specialDecimal(text string) *Decimal {
	switch strings.ToLower(text) {
	case "nan":
		return &Decimal{form: notANumber}
	case "inf", "infinity", "+inf", "+infinity":
		return &Decimal{form: positiveInfinity}
	case "-inf", "-infinity":
		return &Decimal{form: negativeInfinity}
	}
	return nil
}

func splitExponent(body string) (mantissa string, exponent int64, ok bool) {
	at := strings.IndexAny(body, "eE")
	if at < 0 {
		return body, 0, true
	}
	exponent, err := strconv.ParseInt(body[at+1:], 10, 32)
	return body[:at], exponent, err == nil && !strings.Contains(body[at+1:], "_")
}

// makeDecimal is digits × 10^-scale; a negative scale becomes zeros.
func makeDecimal(negative bool, digits string, scale int64) *Decimal {
	if scale < 0 {
		digits, scale = digits+strings.Repeat("0", int(-scale)), 0
	}
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		if negative {
			n = -n
		}
		return NewDecimal(n, int32(scale))
	}
	n, _ := new(big.Int).SetString(digits, 10)
	if negative {
		n.Neg(n)
	}
	return newBigDecimal(n, int32(scale))
}

// digitsBefore is the number of digits before the point, leading zeros left out.
func (d *Decimal) digitsBefore() int {
	digits := len(strings.TrimLeft(strings.TrimPrefix(d.coefficient().String(), "-"), "0"))
	return max(digits-int(d.scale), 0)
}

// Append appends the number as numeric_out prints it, with all digits of its scale.
func (d *Decimal) Append(dst []byte) []byte {
	switch d.form {
	case notANumber:
		return append(dst, "NaN"...)
	case positiveInfinity:
		return append(dst, "Infinity"...)
	case negativeInfinity:
		return append(dst, "-Infinity"...)
	}
	start := len(dst)
	if d.big != nil {
		dst = d.big.Append(dst, 10)
	} else {
		dst = strconv.AppendInt(dst, d.small, 10)
	}
	if d.scale == 0 {
		return dst
	}
	return placePoint(dst, start, int(d.scale))
}

// placePoint puts the point into the digits from start on.
func placePoint(dst []byte, start, scale int) []byte {
	if dst[start] == '-' {
		start++
	}
	for len(dst)-start <= scale {
		dst = append(dst, 0)
		copy(dst[start+1:], dst[start:])
		dst[start] = '0'
	}
	at := len(dst) - scale
	dst = append(dst, 0)
	copy(dst[at+1:], dst[at:])
	dst[at] = '.'
	return dst
}

// String is the number as numeric_out prints it.
func (d *Decimal) String() string { return string(d.Append(nil)) }
