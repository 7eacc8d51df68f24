package value

import (
	"cmp"
	"math/big"
	"strings"
)

// Decimal is a numeric: coefficient × 10^-scale, exactly, or NaN or an infinity. The scale is the
// number of digits behind the point that it prints with. It is never changed once made.
type Decimal struct {
	form  decimalForm
	scale int32
	small int64    // the coefficient, if big is nil
	big   *big.Int // the coefficient, if it does not fit into small
}

// decimalForm orders the forms: -Infinity, finite numbers, Infinity, NaN.
type decimalForm int8

const (
	negativeInfinity decimalForm = iota - 1
	finite
	positiveInfinity
	notANumber
)

// NewDecimal makes unscaled × 10^-scale; scale is not negative.
func NewDecimal(unscaled int64, scale int32) *Decimal {
	return &Decimal{small: unscaled, scale: scale}
}

// newBigDecimal makes n × 10^-scale. It keeps n.
func newBigDecimal(n *big.Int, scale int32) *Decimal {
	if n.IsInt64() {
		return &Decimal{small: n.Int64(), scale: scale}
	}
	return &Decimal{big: n, scale: scale}
}

func (d *Decimal) isNaN() bool { return d.form == notANumber }

// coefficient is the unscaled value; it must not be changed.
func (d *Decimal) coefficient() *big.Int {
	if d.big != nil {
		return d.big
	}
	return big.NewInt(d.small)
}

func (d *Decimal) sign() int {
	switch {
	case d.form == negativeInfinity:
		return -1
	case d.form == positiveInfinity:
		return 1
	case d.big != nil:
		return d.big.Sign()
	}
	return cmp.Compare(d.small, 0)
}

// Compare orders by value, whatever the scales; NaN equals itself and is greatest.
func (d *Decimal) Compare(e *Decimal) int {
	if d.form != finite || e.form != finite {
		return cmp.Compare(d.form, e.form)
	}
	if d.scale == e.scale && d.big == nil && e.big == nil {
		return cmp.Compare(d.small, e.small)
	}
	if s, t := d.sign(), e.sign(); s != t {
		return cmp.Compare(s, t)
	}
	scale := max(d.scale, e.scale)
	return d.scaled(scale).Cmp(e.scaled(scale))
}

// scaled is the coefficient at a scale not less than d's.
func (d *Decimal) scaled(scale int32) *big.Int {
	if scale == d.scale {
		return d.coefficient()
	}
	return new(big.Int).Mul(d.coefficient(), powerOfTen(scale-d.scale))
}

// powerOfTen is 10^n, n >= 0.
func powerOfTen(n int32) *big.Int {
	if n < int32(len(smallPowers)) {
		return big.NewInt(smallPowers[n])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// smallPowers are the powers of ten within 64 bits.
var smallPowers = [...]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// hash is equal for equal numbers of different scales: it leaves out trailing zeros.
func (d *Decimal) hash(h uint64) uint64 {
	if d.form != finite {
		return hashWord(h, uint64(int64(d.form)))
	}
	if d.big == nil {
		n, scale := d.small, d.scale
		for n != 0 && n%10 == 0 {
			n, scale = n/10, scale-1
		}
		if n == 0 {
			return hashWord(h, 0)
		}
		return hashWord(hashWord(h, uint64(n)), uint64(int64(scale)))
	}
	digits := d.big.String()
	kept := strings.TrimRight(digits, "0")
	scale := d.scale - int32(len(digits)-len(kept))
	if n, ok := new(big.Int).SetString(kept, 10); ok && n.IsInt64() {
		return hashWord(hashWord(h, uint64(n.Int64())), uint64(int64(scale)))
	}
	return hashWord(hashString(h, kept), uint64(int64(scale)))
}
