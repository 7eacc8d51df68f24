package value

import "math"

// An interval times a number cascades fractions downwards: of a month into days (30), of a day
// into time (interval_mul and interval_div in timestamp.c).

func (s Span) scale(factor float64) (Span, error) {
	return cascade(
		float64(s.Months)*factor, //simsafe:allow PostgreSQL's float8
		float64(s.Days)*factor,   //simsafe:allow PostgreSQL's float8
		float64(s.Micros)*factor) //simsafe:allow PostgreSQL's float8
}

func (s Span) divide(by float64) (Span, error) {
	return cascade(
		float64(s.Months)/by, //simsafe:allow PostgreSQL's float8
		float64(s.Days)/by,   //simsafe:allow PostgreSQL's float8
		float64(s.Micros)/by) //simsafe:allow PostgreSQL's float8
}

func cascade(months, days, micros float64) (Span, error) {
	m, months, ok1 := wholePart(months)
	d, days, ok2 := wholePart(days)
	if !ok1 || !ok2 {
		return Span{}, spanRange()
	}
	rest := roundTo(months*daysPerMonth, 6)                   //simsafe:allow PostgreSQL's float8
	seconds := roundTo((days+rest-math.Trunc(rest))*86400, 6) //simsafe:allow PostgreSQL's float8
	wholeRest := int64(rest)                                  // days out of months
	if math.Abs(seconds) >= 86400 {                           //simsafe:allow PostgreSQL's float8
		wholeRest += int64(seconds) / 86400
		seconds -= float64(int64(seconds) / 86400 * 86400) //simsafe:allow PostgreSQL's float8
	}
	total := math.RoundToEven(micros + float64(seconds*1000000)) //simsafe:allow PostgreSQL's float8
	sumDays := d + wholeRest
	if math.IsNaN(total) || math.Abs(total) >= math.MaxInt64 || sumDays != int64(int32(sumDays)) { //simsafe:allow PostgreSQL's float8
		return Span{}, spanRange()
	}
	return Span{int32(m), int32(sumDays), int64(total)}, nil
}

// wholePart splits a number that must fit into 32 bits.
func wholePart(f float64) (int64, float64, bool) {
	if math.IsNaN(f) || math.Abs(f) > math.MaxInt32 { //simsafe:allow PostgreSQL's float8
		return 0, 0, false
	}
	return int64(f), f - math.Trunc(f), true //simsafe:allow PostgreSQL's float8
}

// roundTo rounds to decimal digits (TSROUND).
func roundTo(f float64, digits int) float64 {
	unit := float64(smallPowers[digits])
	return math.RoundToEven(f*unit) / unit //simsafe:allow PostgreSQL's float8
}
