package value

import "math/big"

func decimalOf(d *Decimal, err error) (Value, error) {
	if err != nil {
		return Value{}, err
	}
	if d.form == finite && d.scale < 0 {
		d = d.round(0)
	}
	return OfDecimal(d), nil
}

// numeric2 lifts an operation that cannot fail.
func numeric2(op func(d, e *Decimal) *Decimal) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		return decimalOf(checkMagnitude(op(a[0].Decimal(), a[1].Decimal())))
	}
}

func numeric2e(op func(d, e *Decimal) (*Decimal, error)) Eval {
	return func(_ *Context, a []Value) (Value, error) { return decimalOf(op(a[0].Decimal(), a[1].Decimal())) }
}

func numeric1(op func(d *Decimal) *Decimal) Eval {
	return func(_ *Context, a []Value) (Value, error) { return OfDecimal(op(a[0].Decimal())), nil }
}

// checkMagnitude refuses what has too many digits for a numeric.
func checkMagnitude(d *Decimal) (*Decimal, error) {
	if d.big != nil && d.big.BitLen() > 400000 && d.digitsBefore() > numericDigitsMax {
		return nil, newError(CodeOutOfRange, "value overflows numeric format")
	}
	return d, nil
}

func numericSign(_ *Context, a []Value) (Value, error) {
	if a[0].Decimal().isNaN() {
		return a[0], nil
	}
	return OfDecimal(NewDecimal(int64(a[0].Decimal().sign()), 0)), nil
}

func numericRound(_ *Context, a []Value) (Value, error) {
	return OfDecimal(a[0].Decimal().round(scaleOf(a))), nil
}

func numericTruncate(_ *Context, a []Value) (Value, error) {
	return OfDecimal(a[0].Decimal().truncate(scaleOf(a))), nil
}

func scaleOf(a []Value) int32 {
	if len(a) == 1 {
		return 0
	}
	return int32(min(max(a[1].N, -numericDigitsMax), numericScaleMax))
}

func numericScale(_ *Context, a []Value) (Value, error) {
	if a[0].Decimal().form != finite {
		return Value{}, nil
	}
	return OfInt(int64(a[0].Decimal().scale)), nil
}

// trimmed has no zeros at the end of its fraction.
func (d *Decimal) trimmed() *Decimal {
	if d.form != finite || d.scale == 0 {
		return d
	}
	n, ten := new(big.Int).Set(d.coefficient()), big.NewInt(10)
	scale := d.scale
	for q, r := new(big.Int), new(big.Int); scale > 0; scale-- {
		if q.QuoRem(n, ten, r); r.Sign() != 0 {
			break
		}
		n.Set(q)
	}
	return newBigDecimal(n, scale)
}

func numericMinScale(_ *Context, a []Value) (Value, error) {
	if a[0].Decimal().form != finite {
		return Value{}, nil
	}
	return OfInt(int64(a[0].Decimal().trimmed().scale)), nil
}

func numericGCD(d, e *Decimal) (*Decimal, error) {
	if d.form != finite || e.form != finite {
		return &Decimal{form: notANumber}, nil
	}
	scale := max(d.scale, e.scale)
	x, y := new(big.Int).Abs(d.scaled(scale)), new(big.Int).Abs(e.scaled(scale))
	return newBigDecimal(new(big.Int).GCD(nil, nil, x, y), scale), nil
}

func numericLCM(d, e *Decimal) (*Decimal, error) {
	if d.form != finite || e.form != finite {
		return &Decimal{form: notANumber}, nil
	}
	scale := max(d.scale, e.scale)
	if d.sign() == 0 || e.sign() == 0 {
		return NewDecimal(0, scale), nil
	}
	divisor, _ := numericGCD(d, e)
	q := new(big.Int).Quo(d.scaled(scale), divisor.coefficient())
	return newBigDecimal(q.Abs(q.Mul(q, e.scaled(scale))), scale), nil
}

// numericSqrt is the root rounded at the scale that numeric_sqrt chooses.
func numericSqrt(_ *Context, a []Value) (Value, error) {
	d := a[0].Decimal()
	switch {
	case d.isNaN(), d.form == positiveInfinity:
		return a[0], nil
	case d.sign() < 0:
		return Value{}, newError(CodeInvalidArgPower, "cannot take square root of a negative number")
	}
	weight, _ := d.firstGroup()
	scale := min(max(significantMin-rootWeight(weight), d.scale, 0), 1000)
	n := new(big.Int).Mul(d.coefficient(), powerOfTen(2*scale+2-d.scale))
	n.Sqrt(n) // one digit more than wanted
	return OfDecimal(newBigDecimal(n, scale+1).round(scale)), nil
}

// rootWeight is the assumed number of digits before the point of a root, from its operand's weight.
func rootWeight(weight int32) int32 {
	if weight >= 0 {
		return weight*groupDigits/2 + 1
	}
	return -((-weight*groupDigits+1)/2 - 1)
}

func numericFactorial(_ *Context, a []Value) (Value, error) {
	n := a[0].N
	switch {
	case n < 0:
		return Value{}, newError(CodeOutOfRange, "factorial of a negative number is undefined")
	case n > 32177:
		return Value{}, newError(CodeOutOfRange, "value overflows numeric format")
	}
	return OfDecimal(newBigDecimal(new(big.Int).MulRange(1, max(n, 1)), 0)), nil
}

// numericPower is exact for whole exponents; others are not simulated.
func numericPower(_ *Context, a []Value) (Value, error) {
	d, e := a[0].Decimal(), a[1].Decimal()
	n, ok := e.toInt()
	if d.form != finite || e.form != finite || !ok || NewDecimal(n, 0).Compare(e) != 0 || n > 10000 || n < -10000 {
		return Value{}, &Unsupported{Construct: "power(numeric, numeric) beyond whole exponents up to 10000"}
	}
	if d.sign() == 0 && n < 0 {
		return Value{}, newError(CodeInvalidArgPower, "zero raised to a negative power is undefined")
	}
	scale := min(max(significantMin, d.scale), 1000)
	power := new(big.Int).Exp(d.coefficient(), big.NewInt(max(n, -n)), nil)
	exact := int32(max(n, -n)) * d.scale
	if n >= 0 {
		return OfDecimal(newBigDecimal(power, exact).round(scale)), nil
	}
	one := new(big.Int).Set(powerOfTen(exact + scale))
	return OfDecimal(newBigDecimal(divideRounded(one, power), scale)), nil
}

func intToNumeric(_ *Context, a []Value) (Value, error) { return OfDecimal(NewDecimal(a[0].N, 0)), nil }

func numericToInt(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		d := a[0].Decimal()
		switch {
		case d.isNaN():
			return Value{}, newError(CodeFeatureNotSupported, "cannot convert NaN to ", w.name)
		case d.form != finite:
			return Value{}, newError(CodeFeatureNotSupported, "cannot convert infinity to ", w.name)
		}
		return w.checked(d.toInt())
	}
}

var numericEvals = map[string]Eval{
	"numeric_add": numeric2((*Decimal).add), "numeric_sub": numeric2((*Decimal).subtract), "numeric_mul": numeric2((*Decimal).multiply),
	"numeric_div": numeric2e((*Decimal).divide), "numeric_mod": numeric2e((*Decimal).modulo), "numeric_div_trunc": numeric2e((*Decimal).integerQuotient),
	"numeric_uminus": numeric1((*Decimal).negate), "numeric_uplus": numeric1(func(d *Decimal) *Decimal { return d }), "numeric_abs": numeric1((*Decimal).abs),
	"numeric_ceil": numeric1(func(d *Decimal) *Decimal { return d.floor(true) }), "numeric_floor": numeric1(func(d *Decimal) *Decimal { return d.floor(false) }),
	"numeric_sign": numericSign, "numeric_round": numericRound, "round(numeric)": numericRound, "numeric_trunc": numericTruncate, "trunc(numeric)": numericTruncate,
	"numeric_scale": numericScale, "numeric_min_scale": numericMinScale, "numeric_trim_scale": numeric1((*Decimal).trimmed),
	"numeric_gcd": numeric2e(numericGCD), "numeric_lcm": numeric2e(numericLCM), "numeric_sqrt": numericSqrt, "numeric_fac": numericFactorial, "numeric_power": numericPower,
	"int2_numeric": intToNumeric, "int4_numeric": intToNumeric, "int8_numeric": intToNumeric,
	"numeric_int2": numericToInt(width2), "numeric_int4": numericToInt(width4), "numeric_int8": numericToInt(width8),
}
