package value

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// ParseLiteral reads a literal of the type with its modifier at hand. Of an interval's literal the fields
// decide what a number without a unit counts (PostgreSQL source, coerce_type, DecodeInterval).
func (t *Type) ParseLiteral(c *Context, s string, mod int32) (Value, error) {
	if t.Kind == KindInterval && mod != NoMod {
		return parseInterval(s, mod>>16&intervalFull)
	}
	return t.ParseText(c, s)
}

// parseInterval reads the forms of the manual's 8.5.4: quantities with units, a clock, SQL's
// year-month, and ISO 8601. mask holds the fields that the type is restricted to.
func parseInterval(s string, mask int32) (Value, error) {
	r := spanReader{text: s, mask: mask}
	ok := r.read()
	switch {
	case r.months:
		return Value{}, newError(CodeDatetimeOverflow, "interval out of range")
	case r.overflow:
		return Value{}, newError(CodeIntervalOverflow, `interval field value out of range: "`, s, `"`)
	case !ok:
		return Value{}, newError(CodeInvalidDatetime, `invalid input syntax for type interval: "`, s, `"`)
	}
	return OfInterval(r.span), nil
}

// spanReader takes an interval's text apart.
type spanReader struct {
	text     string
	mask     int32
	seen     []string // units
	span     Span
	fields   int
	overflow bool
	months   bool // overflow
}

func (r *spanReader) read() bool {
	text := trimSpace(r.text)
	if text != "" && (text[0] == 'P' || text[0] == 'p') && len(text) > 1 {
		return r.iso(text[1:])
	}
	words := spanWords(strings.ToLower(text))
	if n := len(words); n > 0 && words[n-1] == "ago" {
		words = words[:n-1]
		if !r.words(words) {
			return false
		}
		r.span = Span{-r.span.Months, -r.span.Days, -r.span.Micros}
		return r.fields > 0
	}
	return r.words(words) && r.fields > 0 && !r.overflow
}

// spanWords splits a text into numbers (with sign, point, colons) and words.
func spanWords(text string) []string {
	var words []string
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case strings.IndexByte(" \t\n\r,@", c) >= 0:
			i++
		case isLetter(c):
			start := i
			for i < len(text) && isLetter(text[i]) {
				i++
			}
			words = append(words, text[start:i])
		default:
			start := i
			for i++; i < len(text) && (isDigit(text[i]) || strings.IndexByte(".:", text[i]) >= 0 || text[i] == '-' && isDigit(text[i-1])); i++ {
			}
			words = append(words, text[start:i])
		}
	}
	return words
}

func (r *spanReader) words(words []string) bool {
	for i := 0; i < len(words); i++ {
		word := words[i]
		if isLetter(word[0]) {
			return false
		}
		r.fields++
		switch {
		case strings.Contains(word, ":"):
			if !r.once("hour", "minute", "second", "millisecond", "microsecond") || !r.clock(word) {
				return false
			}
		case strings.Contains(word[1:], "-"):
			if !r.once("month") || !r.yearMonth(word) {
				return false
			}
		default:
			unit := r.unit(words[i+1:])
			if !r.once(finerUnits(word, unit)...) || !r.add(word, unit) {
				return false
			}
		}
		if i+1 < len(words) && isLetter(words[i+1][0]) {
			i++
			if _, ok := spanUnits[unitNamed(words[i])]; !ok {
				return false
			}
		}
	}
	return true
}

// unit is what a number counts: what stands behind it, days if that is a clock or a number of hours, else what
// the type's fields say.
func (r *spanReader) unit(behind []string) string {
	switch {
	case len(behind) == 0:
		return lastField(r.mask)
	case isLetter(behind[0][0]):
		return unitNamed(behind[0])
	case strings.Contains(behind[0], ":"):
		return "day"
	case strings.Contains(behind[0][1:], "-"):
		return "month"
	}
	if next := r.unit(behind[1:]); next != "hour" {
		return next
	}
	return "day"
}

// finerUnits are the units that a quantity fills: a fraction of a second counts in all below it.
func finerUnits(word, unit string) []string {
	if _, fraction, _ := strings.Cut(word, "."); unit == "second" && strings.Trim(fraction, "0") != "" {
		return []string{unit, "millisecond", "microsecond"}
	}
	return []string{unit}
}

// once notes that units are there; false if one was before.
func (r *spanReader) once(units ...string) bool {
	for _, unit := range units {
		if slices.Contains(r.seen, unit) {
			return false
		}
	}
	r.seen = append(r.seen, units...)
	return true
}

// lastField is the unit of a number that has none.
func lastField(mask int32) string {
	switch {
	case mask == intervalFull || mask&maskSecond != 0:
		return "second"
	case mask&maskMinute != 0:
		return "minute"
	case mask&maskHour != 0:
		return "hour"
	case mask&maskDay != 0:
		return "day"
	case mask&maskMonth != 0:
		return "month"
	case mask&maskYear != 0:
		return "year"
	}
	return "second"
}

// clock is [-]h:mm[:ss[.fff]], or m:ss for MINUTE TO SECOND.
func (r *spanReader) clock(word string) bool {
	negative := word[0] == '-'
	parts := strings.Split(strings.TrimLeft(word, "+-"), ":")
	if len(parts) == 2 && strings.Contains(parts[1], ".") {
		parts = append([]string{"0"}, parts...) // mm:ss.fff
	}
	if len(parts) == 2 && r.mask == maskMinute|maskSecond {
		parts = append([]string{"0"}, parts...)
	}
	if len(parts) == 2 {
		parts = append(parts, "0")
	}
	if len(parts) != 3 {
		return false
	}
	h, err1 := strconv.ParseInt(parts[0], 10, 64)
	m, err2 := strconv.ParseInt(parts[1], 10, 64)
	whole, fraction, _ := strings.Cut(parts[2], ".")
	s, err3 := strconv.ParseInt(whole, 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || !allDigits(fraction) {
		return false
	}
	if m > 59 || s > 60 || h > math.MaxInt64/microsPerHour {
		r.overflow = true
		return true
	}
	micros := h*microsPerHour + m*microsPerMinute + s*microsPerSecond + fractionMicros(fraction)
	if negative {
		micros = -micros
	}
	r.span.Micros += micros
	return true
}

func (r *spanReader) yearMonth(word string) bool {
	negative := word[0] == '-'
	year, month, _ := strings.Cut(strings.TrimLeft(word, "+-"), "-")
	y, err1 := strconv.ParseInt(year, 10, 31)
	m, err2 := strconv.ParseInt(month, 10, 31)
	if err1 != nil || err2 != nil {
		return false
	}
	if m >= monthsPerYear {
		r.overflow = true
		return true
	}
	total := y*monthsPerYear + m
	if negative {
		total = -total
	}
	r.addMonths(total)
	return true
}

func (r *spanReader) addMonths(n int64) {
	sum := int64(r.span.Months) + n
	if sum < math.MinInt32 || sum > math.MaxInt32 {
		r.months = true
		return
	}
	r.span.Months = int32(sum)
}

func (r *spanReader) addDays(n int64) {
	sum := int64(r.span.Days) + n
	if sum < math.MinInt32 || sum > math.MaxInt32 {
		r.overflow = true
		return
	}
	r.span.Days = int32(sum)
}

// spanUnits gives each unit's size in months, days or microseconds.
var spanUnits = map[string]struct {
	months, days, micros int64
}{
	"microsecond": {0, 0, 1}, "millisecond": {0, 0, 1000}, "second": {0, 0, microsPerSecond},
	"minute": {0, 0, microsPerMinute}, "hour": {0, 0, microsPerHour}, "day": {0, 1, 0}, "week": {0, 7, 0},
	"month": {1, 0, 0}, "year": {12, 0, 0}, "decade": {120, 0, 0}, "century": {1200, 0, 0}, "millennium": {12000, 0, 0},
}

// unitNames maps the other spellings of units (deltatktbl in datetime.c).
var unitNames = map[string]string{
	"us": "microsecond", "usec": "microsecond", "usecs": "microsecond", "useconds": "microsecond", "microsecon": "microsecond", "microseconds": "microsecond",
	"ms": "millisecond", "msec": "millisecond", "msecs": "millisecond", "mseconds": "millisecond", "millisecon": "millisecond", "milliseconds": "millisecond",
	"s": "second", "sec": "second", "secs": "second", "seconds": "second",
	"m": "minute", "min": "minute", "mins": "minute", "minutes": "minute",
	"h": "hour", "hr": "hour", "hrs": "hour", "hours": "hour",
	"d": "day", "days": "day", "w": "week", "weeks": "week",
	"mon": "month", "mons": "month", "months": "month",
	"y": "year", "yr": "year", "yrs": "year", "years": "year",
	"dec": "decade", "decs": "decade", "decades": "decade",
	"c": "century", "cent": "century", "centuries": "century",
	"mil": "millennium", "mils": "millennium", "millennia": "millennium",
}

// unitNamed is the canonical name of a unit.
func unitNamed(word string) string {
	if name, ok := unitNames[word]; ok {
		return name
	}
	return word
}

// add adds a quantity; the fraction of a month becomes days (30), that of a day time (24 h).
func (r *spanReader) add(quantity, unit string) bool {
	size, ok := spanUnits[unitNamed(unit)]
	if !ok {
		return false
	}
	negative := quantity[0] == '-'
	whole, fraction, _ := strings.Cut(strings.TrimLeft(quantity, "+-"), ".")
	if !allDigits(whole) || !allDigits(fraction) || whole+fraction == "" {
		return false
	}
	n, err := strconv.ParseInt("0"+whole, 10, 64)
	billionths, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if err != nil || n > math.MaxInt64/max(size.micros, 1) {
		r.overflow = true
		return true
	}
	if negative {
		n, billionths = -n, -billionths
	}
	r.addScaled(n, billionths, size.months, size.days, size.micros)
	return true
}

const billion = 1_000_000_000

func (r *spanReader) addScaled(n, billionths, months, days, micros int64) {
	switch {
	case months >= monthsPerYear: // the fraction of a year counts in whole months, rounded
		r.addMonths(n*months + roundDiv(billionths*months, billion))
	case months > 0:
		dayPart := billionths * months * daysPerMonth
		r.addMonths(n * months)
		r.addDays(dayPart / billion)
		r.addMicros(mulDiv(dayPart%billion, microsPerDay))
	case days > 0:
		rest := billionths * days
		r.addDays(n*days + rest/billion)
		r.addMicros(mulDiv(rest%billion, microsPerDay))
	default:
		r.addMicros(n*micros + mulDiv(billionths, micros))
	}
}

// mulDiv is a billionth-part of micros, rounded.
func mulDiv(billionths, micros int64) int64 {
	high, low := billionths/1000, billionths%1000 // keeps the product within 64 bits
	return roundDiv(high*(micros/1000)*1000+high*(micros%1000)+low*micros/1000, billion/1000)
}

func roundDiv(a, b int64) int64 {
	if a < 0 {
		return -roundDiv(-a, b)
	}
	return (a + b/2) / b
}

func (r *spanReader) addMicros(n int64) {
	sum := r.span.Micros + n
	if (sum > r.span.Micros) != (n > 0) && n != 0 {
		r.overflow = true
		return
	}
	r.span.Micros = sum
}

// iso reads P1Y2M3DT4H5M6S behind its P.
func (r *spanReader) iso(text string) bool {
	inTime := false
	for i := 0; i < len(text); {
		if text[i] == 'T' || text[i] == 't' {
			inTime = true
			i++
			continue
		}
		start := i
		for i < len(text) && (isDigit(text[i]) || strings.IndexByte("+-.", text[i]) >= 0) {
			i++
		}
		if start == i || i == len(text) {
			return false
		}
		unit := isoUnit(text[i], inTime)
		if unit == "" || !r.add(text[start:i], unit) {
			return false
		}
		r.fields++
		i++
	}
	return r.fields > 0
}

func isoUnit(c byte, inTime bool) string {
	if inTime {
		return map[byte]string{'h': "hour", 'm': "minute", 's': "second"}[c|0x20]
	}
	return map[byte]string{'y': "year", 'm': "month", 'w': "week", 'd': "day"}[c|0x20]
}
