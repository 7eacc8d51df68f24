package value

import (
	"math"
	"math/big"
)

// Powers and logarithms of float8 are computed with 192 bits and rounded once: the same result on
// every machine, and the server's wherever its C library rounds correctly, as it nearly always does (not
// for cube roots and angles, which are left out).

const bigPrecision = 192

func newBig() *big.Float { return new(big.Float).SetPrec(bigPrecision) }

func bigOf(f float64) *big.Float { return newBig().SetFloat64(f) }

// bigAtanh is the series z + z³/3 + z⁵/5 ..., for |z| ≤ 1/3.
func bigAtanh(z *big.Float) *big.Float {
	square := newBig().Mul(z, z)
	power, sum := newBig().Set(z), newBig().Set(z)
	for k := int64(3); k < 130; k += 2 {
		power.Mul(power, square)
		sum.Add(sum, newBig().Quo(power, newBig().SetInt64(k)))
	}
	return sum
}

// bigLn2 is ln 2 = 2 atanh(1/3).
func bigLn2() *big.Float {
	third := newBig().Quo(bigOf(1), bigOf(3))
	return newBig().Mul(bigOf(2), bigAtanh(third))
}

// bigLn is the natural logarithm of x > 0: of its mantissa, brought near 1, and of its exponent.
func bigLn(x *big.Float) *big.Float {
	mantissa := newBig()
	exponent := x.MantExp(mantissa)
	if mantissa.Cmp(bigOf(0.75)) < 0 {
		mantissa.SetMantExp(mantissa, 1)
		exponent--
	}
	one := bigOf(1)
	z := newBig().Quo(newBig().Sub(mantissa, one), newBig().Add(mantissa, one))
	ln := newBig().Mul(bigOf(2), bigAtanh(z))
	return ln.Add(ln, newBig().Mul(bigLn2(), newBig().SetInt64(int64(exponent))))
}

// bigExp is e to the y, for |y| below a few thousand.
func bigExp(y *big.Float) *big.Float {
	ln2 := bigLn2()
	quotient, _ := newBig().Quo(y, ln2).Int64()
	rest := newBig().Sub(y, newBig().Mul(ln2, newBig().SetInt64(quotient)))
	rest.SetMantExp(rest, -8)
	term, sum := bigOf(1), bigOf(1)
	for k := int64(1); k < 40; k++ {
		term.Mul(term, rest)
		term.Quo(term, newBig().SetInt64(k))
		sum.Add(sum, term)
	}
	for range 8 {
		sum.Mul(sum, sum)
	}
	return sum.SetMantExp(sum, int(quotient))
}

// exponentMax bounds the argument of bigExp: beyond it a float8 over- or underflows.
const exponentMax = 800

// expOf is e to the y as a float8 (22003 beyond its range).
func expOf(y *big.Float, negative bool) (Value, error) {
	if newBig().Abs(y).Cmp(bigOf(exponentMax)) > 0 {
		if y.Sign() > 0 {
			return Value{}, overflowFloat()
		}
		return Value{}, underflowFloat()
	}
	f, _ := bigExp(y).Float64()
	if negative {
		f = -f
	}
	return checkFloat(f, false, false)
}

func floatExp(_ *Context, a []Value) (Value, error) {
	f := a[0].Float()
	switch {
	case math.IsNaN(f), math.IsInf(f, 1):
		return a[0], nil
	case math.IsInf(f, -1):
		return OfFloat(0), nil
	}
	return expOf(bigOf(f), false)
}

// floatLog is the logarithm to a base; 0 stands for e.
func floatLog(base int64) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		f := a[0].Float()
		switch {
		case zeroFloat(a[0]):
			return Value{}, newError(CodeInvalidArgLog, "cannot take logarithm of zero")
		case math.IsNaN(f), math.IsInf(f, 1):
			return a[0], nil
		case a[0].N < 0:
			return Value{}, newError(CodeInvalidArgLog, "cannot take logarithm of a negative number")
		}
		ln := bigLn(bigOf(f))
		if base != 0 {
			ln.Quo(ln, bigLn(newBig().SetInt64(base)))
		}
		result, _ := ln.Float64()
		return OfFloat(result), nil
	}
}

// floatPower is dpow of float.c.
func floatPower(_ *Context, a []Value) (Value, error) {
	x, y := a[0].Float(), a[1].Float()
	whole := math.IsInf(y, 0) || !math.IsNaN(y) && bigOf(y).IsInt()
	switch {
	case math.IsNaN(x) || math.IsNaN(y):
		return powerNaN(a)
	case zeroFloat(a[0]) && a[1].N < 0 && !zeroFloat(a[1]):
		return Value{}, newError(CodeInvalidArgPower, "zero raised to a negative power is undefined")
	case a[0].N < 0 && !zeroFloat(a[0]) && !whole:
		return Value{}, newError(CodeInvalidArgPower, "a negative number raised to a non-integer power yields a complex result")
	case math.IsInf(x, 0) || math.IsInf(y, 0) || zeroFloat(a[0]) || zeroFloat(a[1]):
		return OfFloat(math.Pow(x, y)), nil //simsafe:allow exact for these
	}
	odd := false
	if n, accuracy := bigOf(y).Int64(); accuracy == big.Exact {
		odd = n%2 != 0
	}
	negative := a[0].N < 0
	magnitude := newBig().Abs(bigOf(x))
	return expOf(newBig().Mul(bigOf(y), bigLn(magnitude)), negative && odd)
}

// powerNaN: a NaN makes the result NaN, but 1 to any power and anything to the power 0 are 1.
func powerNaN(a []Value) (Value, error) {
	if zeroFloat(a[1]) || a[0].N == OfFloat(1).N {
		return OfFloat(1), nil
	}
	return Value{Kind: KindFloat, N: floatNaN}, nil
}

func pi(*Context, []Value) (Value, error) { return OfFloat(math.Pi), nil }

func degrees(_ *Context, a []Value) (Value, error) {
	f := a[0].Float() / (math.Pi / 180) //simsafe:allow one division
	return checkFloat(f, math.IsInf(a[0].Float(), 0), zeroFloat(a[0]))
}

func radians(_ *Context, a []Value) (Value, error) {
	f := a[0].Float() * (math.Pi / 180) //simsafe:allow one multiplication
	return OfFloat(f), nil
}

var powerEvals = map[string]Eval{
	"dpow": floatPower, "dexp": floatExp, "dlog1": floatLog(0), "dlog10": floatLog(10),
	"dpi": pi, "degrees": degrees, "radians": radians,
}
