package value

import (
	"cmp"
	"math"
	"strings"
)

// Compare orders two values of one type as that type's btree operator class does: negative, zero or
// positive. Values of different integer types compare too, and those of different float types. Neither is NULL,
// except inside arrays and records, where NULLs are equal to each other and greater than the rest.
// Comparing values of different kinds is a broken promise of the caller, and panics.
func Compare(a, b Value) int {
	if a.Kind != b.Kind {
		return compareKinds(a, b)
	}
	switch a.Kind {
	case KindInt, KindTimestamp, KindDate, KindBool, KindTime, KindEnum:
		return cmp.Compare(a.N, b.N)
	case KindText, KindUUID, KindBytes:
		return strings.Compare(a.S, b.S)
	case KindChar:
		return strings.Compare(strings.TrimRight(a.S, " "), strings.TrimRight(b.S, " "))
	case KindFloat:
		return cmp.Compare(floatKey(a.N), floatKey(b.N))
	}
	return compareBoxed(a, b)
}

// compareBoxed compares the kinds that live behind P.
func compareBoxed(a, b Value) int {
	switch a.Kind {
	case KindNumeric:
		return a.Decimal().Compare(b.Decimal())
	case KindInterval:
		return a.Span().compare(b.Span())
	case KindJSONB:
		return a.Doc().Compare(b.Doc())
	case KindArray:
		return compareArrays(a.Array(), b.Array())
	case KindRecord:
		return compareLists(a.Record().Values, b.Record().Values)
	case KindNull:
		return 0
	}
	panic("value: values of this kind have no order")
}

func compareKinds(a, b Value) int {
	switch {
	case a.Kind == KindNull:
		return 1
	case b.Kind == KindNull:
		return -1
	}
	panic("value: comparing values of different kinds")
}

// Equal says whether Compare is zero.
func Equal(a, b Value) bool {
	if a.Kind != b.Kind {
		return compareKinds(a, b) == 0
	}
	switch a.Kind {
	case KindInt, KindTimestamp, KindDate, KindBool, KindTime, KindEnum:
		return a.N == b.N
	case KindText, KindUUID, KindBytes:
		return a.S == b.S
	}
	return Compare(a, b) == 0
}

// floatKey maps the bits of a float64 to an integer of the same order: PostgreSQL takes NaN as
// greater than all else and equal to itself, and -0 as equal to 0.
func floatKey(bits int64) int64 {
	switch f := math.Float64frombits(uint64(bits)); {
	case math.IsNaN(f):
		return math.MaxInt64
	case bits == math.MinInt64:
		return 0
	case bits < 0:
		return math.MinInt64 - bits
	}
	return bits
}

// A month counts as 30 days and a day as 24 hours where intervals are compared (interval_cmp_value).
const (
	microsPerSecond = int64(1_000_000)
	microsPerMinute = 60 * microsPerSecond
	microsPerHour   = 60 * microsPerMinute
	microsPerDay    = 24 * microsPerHour
	daysPerMonth    = 30
	monthsPerYear   = 12
)

// normal is the interval as whole days and the rest of a day, exactly.
func (s Span) normal() (days, micros int64) {
	days = int64(s.Months)*daysPerMonth + int64(s.Days) + s.Micros/microsPerDay
	micros = s.Micros % microsPerDay
	if micros < 0 {
		return days - 1, micros + microsPerDay
	}
	return days, micros
}

func (s Span) compare(t Span) int {
	days1, micros1 := s.normal()
	days2, micros2 := t.normal()
	return cmp.Or(cmp.Compare(days1, days2), cmp.Compare(micros1, micros2))
}

// compareLists compares element by element; a list that is the other's beginning is less.
func compareLists(a, b []Value) int {
	for i := range min(len(a), len(b)) {
		if order := Compare(a[i], b[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a), len(b))
}

// compareArrays compares elements first, then number of dimensions, lengths and lower bounds
// (array_cmp in arrayfuncs.c).
func compareArrays(a, b *ArrayData) int {
	if order := compareLists(a.Values, b.Values); order != 0 {
		return order
	}
	if order := cmp.Compare(len(a.Bounds), len(b.Bounds)); order != 0 {
		return order
	}
	for i := range a.Bounds {
		if order := cmp.Compare(a.Bounds[i].Length, b.Bounds[i].Length); order != 0 {
			return order
		}
	}
	for i := range a.Bounds {
		if order := cmp.Compare(a.Bounds[i].Lower, b.Bounds[i].Lower); order != 0 {
			return order
		}
	}
	return 0
}
