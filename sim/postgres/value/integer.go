package value

import (
	"math"
	"math/bits"
	"strconv"
)

// Arithmetic on int2, int4 and int8: exact, or 22003. A mixed pair works in the wider type.

// intWidth is a type's range and its name in errors.
type intWidth struct {
	low, high int64
	name      string
}

var (
	width2 = intWidth{math.MinInt16, math.MaxInt16, "smallint"}
	width4 = intWidth{math.MinInt32, math.MaxInt32, "integer"}
	width8 = intWidth{math.MinInt64, math.MaxInt64, "bigint"}
)

func (w intWidth) overflow() error { return newError(CodeOutOfRange, w.name, " out of range") }

// checked is n as a value of the width; ok is whether 64 bits held it.
func (w intWidth) checked(n int64, ok bool) (Value, error) {
	if !ok || n < w.low || n > w.high {
		return Value{}, w.overflow()
	}
	return OfInt(n), nil
}

func addInt(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0) || b == 0
}

func subtractInt(a, b int64) (int64, bool) {
	difference := a - b
	return difference, (difference < a) == (b > 0) || b == 0
}

func multiplyInt(a, b int64) (int64, bool) {
	high, low := bits.Mul64(absInt(a), absInt(b))
	negative := (a < 0) != (b < 0)
	limit := uint64(math.MaxInt64)
	if negative {
		limit++
	}
	if high != 0 || low > limit {
		return 0, false
	}
	if negative {
		return int64(-low), true
	}
	return int64(low), true
}

func absInt(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func intAdd(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) { return w.checked(addInt(a[0].N, a[1].N)) }
}

func intSubtract(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) { return w.checked(subtractInt(a[0].N, a[1].N)) }
}

func intMultiply(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) { return w.checked(multiplyInt(a[0].N, a[1].N)) }
}

func intDivide(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		switch a[1].N {
		case 0:
			return Value{}, divisionByZero()
		case -1:
			return w.checked(subtractInt(0, a[0].N))
		}
		return OfInt(a[0].N / a[1].N), nil
	}
}

func intModulo(_ *Context, a []Value) (Value, error) {
	switch a[1].N {
	case 0:
		return Value{}, divisionByZero()
	case -1:
		return OfInt(0), nil
	}
	return OfInt(a[0].N % a[1].N), nil
}

func intNegate(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) { return w.checked(subtractInt(0, a[0].N)) }
}

func intAbs(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		if a[0].N >= 0 {
			return a[0], nil
		}
		return w.checked(subtractInt(0, a[0].N))
	}
}

func intNarrow(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) { return w.checked(a[0].N, true) }
}

func same(_ *Context, a []Value) (Value, error) {
	return Value{Kind: a[0].Kind, N: a[0].N, S: a[0].S, P: a[0].P}, nil
}

func plainInt(_ *Context, a []Value) (Value, error) { return OfInt(a[0].N), nil }

func intToOID(_ *Context, a []Value) (Value, error) {
	if a[0].N < 0 || a[0].N > math.MaxUint32 {
		return Value{}, newError(CodeOutOfRange, "OID out of range")
	}
	return OfInt(a[0].N), nil
}

// shift counts modulo the width, as the machines PostgreSQL runs on do.
func shiftLeft(size uint) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		n := a[0].N << (uint64(a[1].N) & uint64(max(size, 32)-1))
		return OfInt(n << (64 - size) >> (64 - size)), nil
	}
}

func shiftRight(size uint) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		return OfInt(a[0].N >> (uint64(a[1].N) & uint64(max(size, 32)-1))), nil
	}
}

func intAnd(_ *Context, a []Value) (Value, error) { return OfInt(a[0].N & a[1].N), nil }
func intOr(_ *Context, a []Value) (Value, error)  { return OfInt(a[0].N | a[1].N), nil }
func intXor(_ *Context, a []Value) (Value, error) { return OfInt(a[0].N ^ a[1].N), nil }
func intNot(_ *Context, a []Value) (Value, error) { return OfInt(^a[0].N), nil }

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func intGCD(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		n := gcd(absInt(a[0].N), absInt(a[1].N))
		return w.checked(int64(n), n <= math.MaxInt64)
	}
}

func intLCM(w intWidth) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		if a[0].N == 0 || a[1].N == 0 {
			return OfInt(0), nil
		}
		high, n := bits.Mul64(absInt(a[0].N)/gcd(absInt(a[0].N), absInt(a[1].N)), absInt(a[1].N))
		return w.checked(int64(n), high == 0 && n <= math.MaxInt64)
	}
}

func toHex(mask uint64) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		return OfText(strconv.FormatUint(uint64(a[0].N)&mask, 16)), nil
	}
}

func xidEqual(_ *Context, a []Value) (Value, error) {
	return OfBool(uint32(a[0].N) == uint32(a[1].N)), nil
}

func boolToInt(_ *Context, a []Value) (Value, error) { return OfInt(a[0].N), nil }
func intToBool(_ *Context, a []Value) (Value, error) { return OfBool(a[0].N != 0), nil }

func boolToText(_ *Context, a []Value) (Value, error) {
	if a[0].N != 0 {
		return OfText("true"), nil
	}
	return OfText("false"), nil
}

var integerEvals = map[string]Eval{
	"int2pl": intAdd(width2), "int4pl": intAdd(width4), "int8pl": intAdd(width8),
	"int24pl": intAdd(width4), "int42pl": intAdd(width4), "int28pl": intAdd(width8), "int82pl": intAdd(width8), "int48pl": intAdd(width8), "int84pl": intAdd(width8),
	"int2mi": intSubtract(width2), "int4mi": intSubtract(width4), "int8mi": intSubtract(width8),
	"int24mi": intSubtract(width4), "int42mi": intSubtract(width4), "int28mi": intSubtract(width8), "int82mi": intSubtract(width8), "int48mi": intSubtract(width8), "int84mi": intSubtract(width8),
	"int2mul": intMultiply(width2), "int4mul": intMultiply(width4), "int8mul": intMultiply(width8),
	"int24mul": intMultiply(width4), "int42mul": intMultiply(width4), "int28mul": intMultiply(width8), "int82mul": intMultiply(width8), "int48mul": intMultiply(width8), "int84mul": intMultiply(width8),
	"int2div": intDivide(width2), "int4div": intDivide(width4), "int8div": intDivide(width8),
	"int24div": intDivide(width4), "int42div": intDivide(width4), "int28div": intDivide(width8), "int82div": intDivide(width8), "int48div": intDivide(width8), "int84div": intDivide(width8),
	"int2mod": intModulo, "int4mod": intModulo, "int8mod": intModulo,
	"int2um": intNegate(width2), "int4um": intNegate(width4), "int8um": intNegate(width8),
	"int2up": same, "int4up": same, "int8up": same,
	"int2abs": intAbs(width2), "int4abs": intAbs(width4), "int8abs": intAbs(width8),
	"int2and": intAnd, "int4and": intAnd, "int8and": intAnd, "int2or": intOr, "int4or": intOr, "int8or": intOr,
	"int2xor": intXor, "int4xor": intXor, "int8xor": intXor, "int2not": intNot, "int4not": intNot, "int8not": intNot,
	"int2shl": shiftLeft(16), "int4shl": shiftLeft(32), "int8shl": shiftLeft(64),
	"int2shr": shiftRight(16), "int4shr": shiftRight(32), "int8shr": shiftRight(64),
	"i2toi4": plainInt, "int28": plainInt, "int48": plainInt, "oidtoi8": plainInt, "xid8toxid": xidOf,
	"i4toi2": intNarrow(width2), "int82": intNarrow(width2), "int84": intNarrow(width4), "i8tooid": intToOID, "text_regclass": textToRegClass,
	"int4gcd": intGCD(width4), "int8gcd": intGCD(width8), "int4lcm": intLCM(width4), "int8lcm": intLCM(width8),
	"to_hex32": toHex(math.MaxUint32), "to_hex64": toHex(math.MaxUint64),
	"xideq": xidEqual, "bool_int4": boolToInt, "int4_bool": intToBool, "booltext": boolToText,
}

func xidOf(_ *Context, a []Value) (Value, error) { return OfInt(int64(uint32(a[0].N))), nil }

func textToRegClass(c *Context, a []Value) (Value, error) { return parseRegClass(c, a[0].S) }
