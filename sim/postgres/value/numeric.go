package value

import (
	"math/big"
	"strconv"
	"strings"
)

// Arithmetic on numerics: results are exact, or rounded half away from zero at the scale that
// numeric.c would choose.

func (d *Decimal) fits64(e *Decimal) bool {
	return d.big == nil && e.big == nil && d.form == finite && e.form == finite
}

// negate is -d.
func (d *Decimal) negate() *Decimal {
	switch {
	case d.form == notANumber:
		return d
	case d.form != finite:
		return &Decimal{form: -d.form}
	case d.big == nil && -d.small != d.small || d.small == 0 && d.big == nil:
		return NewDecimal(-d.small, d.scale)
	}
	return newBigDecimal(new(big.Int).Neg(d.coefficient()), d.scale)
}

func (d *Decimal) abs() *Decimal {
	if d.sign() < 0 {
		return d.negate()
	}
	return d
}

func (d *Decimal) add(e *Decimal) *Decimal {
	if d.fits64(e) && d.scale == e.scale {
		if sum := d.small + e.small; (sum > d.small) == (e.small > 0) {
			return NewDecimal(sum, d.scale)
		}
	}
	if d.form != finite || e.form != finite {
		return addSpecial(d, e)
	}
	scale := max(d.scale, e.scale)
	return newBigDecimal(new(big.Int).Add(d.scaled(scale), e.scaled(scale)), scale)
}

func addSpecial(d, e *Decimal) *Decimal {
	switch {
	case d.isNaN() || e.isNaN(), d.form == -e.form && d.form != finite:
		return &Decimal{form: notANumber}
	case d.form != finite:
		return d
	}
	return e
}

func (d *Decimal) subtract(e *Decimal) *Decimal { return d.add(e.negate()) }

func (d *Decimal) multiply(e *Decimal) *Decimal {
	if d.form != finite || e.form != finite {
		return multiplySpecial(d, e)
	}
	product := newBigDecimal(new(big.Int).Mul(d.coefficient(), e.coefficient()), d.scale+e.scale)
	if product.scale > numericScaleMax {
		return product.round(numericScaleMax)
	}
	return product
}

func multiplySpecial(d, e *Decimal) *Decimal {
	switch sign := d.sign() * e.sign(); {
	case d.isNaN() || e.isNaN() || sign == 0:
		return &Decimal{form: notANumber}
	case sign < 0:
		return &Decimal{form: negativeInfinity}
	}
	return &Decimal{form: positiveInfinity}
}

func divisionByZero() error { return newError(CodeDivisionByZero, "division by zero") }

// divide is d / e at the scale of select_div_scale.
func (d *Decimal) divide(e *Decimal) (*Decimal, error) {
	if d.isNaN() || e.isNaN() {
		return &Decimal{form: notANumber}, nil
	}
	if e.form == finite && e.sign() == 0 {
		return nil, divisionByZero()
	}
	if d.form != finite || e.form != finite {
		return divideSpecial(d, e), nil
	}
	scale := divisionScale(d, e)
	return quotient(d, e, scale), nil
}

func divideSpecial(d, e *Decimal) *Decimal {
	switch {
	case d.form != finite && e.form != finite:
		return &Decimal{form: notANumber}
	case e.form != finite:
		return NewDecimal(0, 0)
	case d.sign()*e.sign() < 0:
		return &Decimal{form: negativeInfinity}
	}
	return &Decimal{form: positiveInfinity}
}

// quotient is d / e rounded half away from zero at a scale.
func quotient(d, e *Decimal, scale int32) *Decimal {
	shift := scale + e.scale - d.scale
	n, m := new(big.Int).Set(d.coefficient()), new(big.Int).Set(e.coefficient())
	if shift >= 0 {
		n.Mul(n, powerOfTen(shift))
	} else {
		m.Mul(m, powerOfTen(-shift))
	}
	return newBigDecimal(divideRounded(n, m), scale)
}

// divideRounded is n / m rounded half away from zero.
func divideRounded(n, m *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(n, m, new(big.Int))
	r.Abs(r).Lsh(r, 1)
	if r.CmpAbs(m) >= 0 {
		if n.Sign()*m.Sign() < 0 {
			return q.Sub(q, big.NewInt(1))
		}
		return q.Add(q, big.NewInt(1))
	}
	return q
}

// The least number of significant digits of a quotient (NUMERIC_MIN_SIG_DIGITS), and the digits of
// one base-10000 digit of the server's representation.
const (
	significantMin = 16
	groupDigits    = 4
)

// firstGroup is the weight and the value of the first non-zero base-10000 digit.
func (d *Decimal) firstGroup() (weight int32, digit int64) {
	digits := strings.TrimPrefix(d.coefficient().String(), "-")
	if digits == "0" {
		return 0, 0
	}
	// The exponent of the first decimal digit, rounded down to a multiple of four.
	exponent := int32(len(digits)) - 1 - d.scale
	weight = int32(floorDiv(int64(exponent), groupDigits))
	length := int(exponent-weight*groupDigits) + 1
	for len(digits) < length {
		digits += "0"
	}
	digit, _ = strconv.ParseInt(digits[:length], 10, 64)
	return weight, digit
}

// divisionScale is select_div_scale of numeric.c: at least 16 significant digits, at least the
// operands' scales.
func divisionScale(d, e *Decimal) int32 {
	weight1, digit1 := d.firstGroup()
	weight2, digit2 := e.firstGroup()
	weight := weight1 - weight2
	if digit1 <= digit2 {
		weight--
	}
	scale := significantMin - weight*groupDigits
	return min(max(scale, d.scale, e.scale, 0), 1000)
}

// modulo is the remainder of truncating division, with the sign of d.
func (d *Decimal) modulo(e *Decimal) (*Decimal, error) {
	switch {
	case d.isNaN() || e.isNaN():
		return &Decimal{form: notANumber}, nil
	case d.form != finite:
		if e.form == finite && e.sign() == 0 {
			return nil, divisionByZero()
		}
		return &Decimal{form: notANumber}, nil
	case e.form != finite:
		return d, nil
	case e.sign() == 0:
		return nil, divisionByZero()
	}
	scale := max(d.scale, e.scale)
	return newBigDecimal(new(big.Int).Rem(d.scaled(scale), e.scaled(scale)), scale), nil
}

// integerQuotient is d / e truncated to a whole number: div(d, e).
func (d *Decimal) integerQuotient(e *Decimal) (*Decimal, error) {
	if d.isNaN() || e.isNaN() || d.form != finite || e.form != finite {
		return d.divide(e)
	}
	if e.sign() == 0 {
		return nil, divisionByZero()
	}
	scale := max(d.scale, e.scale)
	return newBigDecimal(new(big.Int).Quo(d.scaled(scale), e.scaled(scale)), 0), nil
}

// round is d at a scale, halves away from zero; a negative scale rounds before the point.
func (d *Decimal) round(scale int32) *Decimal { return d.rescale(scale, divideRounded) }

// truncate is d at a scale, cut towards zero.
func (d *Decimal) truncate(scale int32) *Decimal {
	return d.rescale(scale, func(n, m *big.Int) *big.Int { return new(big.Int).Quo(n, m) })
}

func (d *Decimal) rescale(scale int32, divide func(n, m *big.Int) *big.Int) *Decimal {
	scale = min(max(scale, -numericDigitsMax), numericScaleMax)
	switch {
	case d.form != finite || scale == d.scale:
		return d
	case scale > d.scale:
		return newBigDecimal(d.scaled(scale), scale)
	}
	n := divide(d.coefficient(), powerOfTen(d.scale-scale))
	if scale >= 0 {
		return newBigDecimal(n, scale)
	}
	return newBigDecimal(n.Mul(n, powerOfTen(-scale)), 0)
}

// floor is the greatest whole number not above d; up asks for the least not below.
func (d *Decimal) floor(up bool) *Decimal {
	if d.form != finite || d.scale == 0 {
		return d
	}
	whole := d.truncate(0)
	rest := d.Compare(whole)
	switch {
	case up && rest > 0:
		return whole.add(NewDecimal(1, 0))
	case !up && rest < 0:
		return whole.subtract(NewDecimal(1, 0))
	}
	return whole
}

// fit rounds to the scale of numeric(precision, scale) and checks the precision (22003).
func (d *Decimal) fit(mod int32) (*Decimal, error) {
	precision, scale := numericPrecision(mod)
	if d.isNaN() {
		return d, nil
	}
	if d.form != finite {
		return nil, fieldOverflow(precision, scale, "A field with precision "+strconv.Itoa(int(precision))+", scale "+strconv.Itoa(int(scale))+" cannot hold an infinite value.")
	}
	r := d.round(scale)
	limit := precision - scale
	if r.sign() != 0 && r.leadingDigits() > limit {
		less := "10^" + strconv.Itoa(int(limit))
		if limit == 0 {
			less = "1"
		}
		return nil, fieldOverflow(precision, scale, "A field with precision "+strconv.Itoa(int(precision))+", scale "+strconv.Itoa(int(scale))+" must round to an absolute value less than "+less+".")
	}
	return r, nil
}

// leadingDigits is the exponent of ten that the absolute value is below, the least one.
func (d *Decimal) leadingDigits() int32 {
	return int32(len(strings.TrimPrefix(d.coefficient().String(), "-"))) - d.scale
}

func fieldOverflow(_, _ int32, detail string) error {
	err := newError(CodeOutOfRange, "numeric field overflow")
	err.Detail = detail
	return err
}

// toInt is d rounded to a whole number, if it fits into 64 bits.
func (d *Decimal) toInt() (int64, bool) {
	if d.form != finite {
		return 0, false
	}
	r := d.round(0)
	return r.small, r.big == nil
}
