package value

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Floating point is PostgreSQL's own where a column is float4 or float8. Every function here does one
// IEEE operation, so that no compiler can fuse two.

func overflowFloat() error  { return newError(CodeOutOfRange, "value out of range: overflow") }
func underflowFloat() error { return newError(CodeOutOfRange, "value out of range: underflow") }

// checkFloat refuses an infinity or a zero that the operands do not explain.
func checkFloat(f float64, infinite, zero bool) (Value, error) {
	switch {
	case math.IsInf(f, 0) && !infinite:
		return Value{}, overflowFloat()
	case math.Float64bits(f)<<1 == 0 && !zero:
		return Value{}, underflowFloat()
	}
	return OfFloat(f), nil
}

func infinite(a []Value) bool { return math.IsInf(a[0].Float(), 0) || math.IsInf(a[1].Float(), 0) }
func zeroFloat(v Value) bool  { return v.N<<1 == 0 }

// rounded is the result as float4, if single.
func roundedFloat(f float64, single bool) float64 {
	if single {
		return float64(float32(f))
	}
	return f
}

func floatAdd(single bool) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		f := a[0].Float() + a[1].Float() //simsafe:allow PostgreSQL's float8
		return checkFloat(roundedFloat(f, single), infinite(a), true)
	}
}

func floatSubtract(single bool) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		f := a[0].Float() - a[1].Float() //simsafe:allow PostgreSQL's float8
		return checkFloat(roundedFloat(f, single), infinite(a), true)
	}
}

func floatMultiply(single bool) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		f := a[0].Float() * a[1].Float() //simsafe:allow PostgreSQL's float8
		return checkFloat(roundedFloat(f, single), infinite(a), zeroFloat(a[0]) || zeroFloat(a[1]))
	}
}

func floatDivide(single bool) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		if zeroFloat(a[1]) && !math.IsNaN(a[0].Float()) {
			return Value{}, divisionByZero()
		}
		f := a[0].Float() / a[1].Float() //simsafe:allow PostgreSQL's float8
		return checkFloat(roundedFloat(f, single), math.IsInf(a[0].Float(), 0), zeroFloat(a[0]) || math.IsInf(a[1].Float(), 0))
	}
}

func floatNegate(_ *Context, a []Value) (Value, error) {
	return OfFloat(math.Float64frombits(uint64(a[0].N) ^ 1<<63)), nil
}

func floatAbs(_ *Context, a []Value) (Value, error) {
	return OfFloat(math.Float64frombits(uint64(a[0].N) &^ (1 << 63))), nil
}

// float1 lifts a function of package math that is exact or correctly rounded.
func float1(f func(float64) float64) Eval {
	return func(_ *Context, a []Value) (Value, error) { return OfFloat(f(a[0].Float())), nil }
}

func floatSign(_ *Context, a []Value) (Value, error) {
	switch {
	case math.IsNaN(a[0].Float()), zeroFloat(a[0]):
		return OfFloat(0), nil
	case a[0].N < 0:
		return OfFloat(-1), nil
	}
	return OfFloat(1), nil
}

func floatSqrt(_ *Context, a []Value) (Value, error) {
	if a[0].N < 0 && !zeroFloat(a[0]) && !math.IsNaN(a[0].Float()) {
		return Value{}, newError(CodeInvalidArgPower, "cannot take square root of a negative number")
	}
	return OfFloat(math.Sqrt(a[0].Float())), nil //simsafe:allow correctly rounded everywhere
}

// floatToInt rounds half to even and checks the range.
func floatToInt(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		f := math.RoundToEven(a[0].Float()) //simsafe:allow exact
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return Value{}, w.overflow()
		}
		i, accuracy := new(big.Float).SetFloat64(f).Int64()
		return w.checked(i, accuracy == big.Exact)
	}
}

func intToFloat(single bool) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		if single {
			return OfFloat(float64(float32(a[0].N))), nil
		}
		return OfFloat(float64(a[0].N)), nil
	}
}

func floatToSingle(_ *Context, a []Value) (Value, error) {
	f := float64(float32(a[0].Float()))
	return checkFloat(f, math.IsInf(a[0].Float(), 0), zeroFloat(a[0]))
}

// floatToNumeric keeps 15 digits of a float8 and 6 of a float4, as the server does.
func floatToNumeric(digits int) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		f := a[0].Float()
		switch {
		case math.IsNaN(f):
			return OfDecimal(&Decimal{form: notANumber}), nil
		case math.IsInf(f, 1):
			return OfDecimal(&Decimal{form: positiveInfinity}), nil
		case math.IsInf(f, -1):
			return OfDecimal(&Decimal{form: negativeInfinity}), nil
		}
		return decimalOf(ParseDecimal(shortG(f, digits)))
	}
}

// shortG is C's %.*g: a number of significant digits, without zeros at the end.
func shortG(f float64, digits int) string {
	text := strconv.FormatFloat(f, 'e', digits-1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	return mantissa + "e" + exponent
}

func numericToFloat8(_ *Context, a []Value) (Value, error) {
	return Float8.parseFloat(a[0].Decimal().String())
}

func numericToFloat4(_ *Context, a []Value) (Value, error) {
	return Float4.parseFloat(a[0].Decimal().String())
}

func spanTimes(span, factor int) Eval {
	return func(_ *Context, a []Value) (Value, error) { return spanOf(a[span].Span().scale(a[factor].Float())) }
}

func spanDivide(_ *Context, a []Value) (Value, error) {
	if zeroFloat(a[1]) {
		return Value{}, divisionByZero()
	}
	return spanOf(a[0].Span().divide(a[1].Float()))
}

func randomFloat(c *Context, _ []Value) (Value, error) {
	if c.Random == nil {
		return Value{}, &Unsupported{Construct: "function random() here"}
	}
	return OfFloat(float64(c.Random()>>11) / (1 << 53)), nil //simsafe:allow exact: a division by a power of two
}

var floatEvals = map[string]Eval{
	"float4pl": floatAdd(true), "float8pl": floatAdd(false), "float48pl": floatAdd(false), "float84pl": floatAdd(false),
	"float4mi": floatSubtract(true), "float8mi": floatSubtract(false), "float48mi": floatSubtract(false), "float84mi": floatSubtract(false),
	"float4mul": floatMultiply(true), "float8mul": floatMultiply(false), "float48mul": floatMultiply(false), "float84mul": floatMultiply(false),
	"float4div": floatDivide(true), "float8div": floatDivide(false), "float48div": floatDivide(false), "float84div": floatDivide(false),
	"float4um": floatNegate, "float8um": floatNegate, "float4up": same, "float8up": same, "float4abs": floatAbs, "float8abs": floatAbs,
	"dceil": float1(math.Ceil), "dfloor": float1(math.Floor), "dround": float1(math.RoundToEven), "dtrunc": float1(math.Trunc), //simsafe:allow exact
	"dsign": floatSign, "dsqrt": floatSqrt, "drandom": randomFloat,
	"ftod": same, "dtof": floatToSingle, "i2tof": intToFloat(true), "i4tof": intToFloat(true), "i8tof": intToFloat(true),
	"i2tod": intToFloat(false), "i4tod": intToFloat(false), "i8tod": intToFloat(false),
	"ftoi2": floatToInt(width2), "ftoi4": floatToInt(width4), "ftoi8": floatToInt(width8),
	"dtoi2": floatToInt(width2), "dtoi4": floatToInt(width4), "dtoi8": floatToInt(width8),
	"float8_numeric": floatToNumeric(15), "float4_numeric": floatToNumeric(6), "numeric_float8": numericToFloat8, "numeric_float4": numericToFloat4,
	"interval_mul": spanTimes(0, 1), "mul_d_interval": spanTimes(1, 0), "interval_div": spanDivide,
}
