package value

// extractable is a date, time or interval taken apart for EXTRACT and date_part.
type extractable struct {
	typ    *Type
	date   civil
	days   int64 // since 2000-01-01
	micros int64 // of the day, or of an interval's time
	offset int64 // seconds east of UTC, of timestamptz
	stamp  int64
	span   Span
}

// extractUnits are the units by their names; some have others (datetktbl, deltatktbl).
var extractAliases = map[string]string{
	"us": "microseconds", "usec": "microseconds", "usecs": "microseconds", "microsecond": "microseconds", "useconds": "microseconds", "usecond": "microseconds",
	"ms": "milliseconds", "msec": "milliseconds", "msecs": "milliseconds", "millisecond": "milliseconds", "mseconds": "milliseconds", "msecond": "milliseconds",
	"s": "second", "sec": "second", "secs": "second", "seconds": "second",
	"m": "minute", "min": "minute", "mins": "minute", "minutes": "minute",
	"h": "hour", "hr": "hour", "hrs": "hour", "hours": "hour", "d": "day", "days": "day",
	"w": "week", "weeks": "week", "mon": "month", "mons": "month", "months": "month", "qtr": "quarter",
	"y": "year", "yr": "year", "yrs": "year", "years": "year", "dec": "decade", "decs": "decade", "decades": "decade",
	"c": "century", "cent": "century", "centuries": "century", "mil": "millennium", "mils": "millennium", "millennia": "millennium",
	"timezone_h": "timezone_hour", "timezone_m": "timezone_minute", "j": "julian", "jd": "julian",
}

// unitOf is the canonical name of a unit, in lower case.
func unitOf(text string) string {
	unit := asciiLower(text)
	if name, ok := extractAliases[unit]; ok {
		return name
	}
	return unit
}

// knownUnit says whether some date/time type has the unit.
func knownUnit(unit string) bool {
	switch unit {
	case "microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade",
		"century", "millennium", "epoch", "dow", "isodow", "doy", "isoyear", "julian", "timezone", "timezone_hour",
		"timezone_minute":
		return true
	}
	return false
}

func unitError(t *Type, text string) *Error {
	if knownUnit(unitOf(text)) {
		return newError(CodeFeatureNotSupported, `unit "`, asciiLower(text), `" not supported for type `, t.Display)
	}
	return newError(CodeInvalidParameter, `unit "`, asciiLower(text), `" not recognized for type `, t.Display)
}

// part is the unit's value; ok is false if the type does not have it.
func (x *extractable) part(unit string) (d *Decimal, ok bool) {
	whole := func(n int64) (*Decimal, bool) { return NewDecimal(n, 0), true }
	if x.typ != Date {
		second := x.micros % microsPerMinute
		switch unit {
		case "microseconds":
			return whole(second)
		case "milliseconds":
			return NewDecimal(second, 3), true
		case "second":
			return NewDecimal(second, 6), true
		case "minute":
			return whole(x.micros / microsPerMinute % 60)
		case "hour":
			return whole(x.micros / microsPerHour)
		case "epoch":
			if x.typ == Time {
				return NewDecimal(x.micros, 6), true
			}
		}
	}
	switch x.typ {
	case Time:
		return nil, false
	case Interval:
		return x.spanPart(unit)
	}
	return x.datePart(unit)
}

func (x *extractable) datePart(unit string) (*Decimal, bool) {
	year := x.date.year
	shown := year // there is no year 0: 1 BC is -1
	if shown <= 0 {
		shown--
	}
	isoYear, isoWeekNumber := isoWeek(x.days)
	var n int64
	switch unit {
	case "day":
		n = x.date.day
	case "month":
		n = x.date.month
	case "quarter":
		n = (x.date.month-1)/3 + 1
	case "week":
		n = isoWeekNumber
	case "year":
		n = shown
	case "decade":
		n = floorDiv(year, 10)
	case "century":
		n = eraOf(year, 100)
	case "millennium":
		n = eraOf(year, 1000)
	case "isoyear":
		if n = isoYear; n <= 0 {
			n--
		}
	case "dow":
		n = weekday(x.days)
	case "isodow":
		n = floorMod(weekday(x.days)+6, 7) + 1
	case "doy":
		n = x.days - civil{year, 1, 1}.days() + 1
	case "epoch":
		return x.epoch(), true
	case "julian":
		return x.julian(), true
	default:
		return x.zonePart(unit)
	}
	return NewDecimal(n, 0), true
}

// eraOf is the century or millennium: the first is years 1 to 100, the one before it -1.
func eraOf(year, length int64) int64 {
	if year > 0 {
		return (year + length - 1) / length
	}
	return -((length - 1 - (year - 1)) / length)
}

func (x *extractable) epoch() *Decimal {
	if x.typ == Date {
		return NewDecimal((x.days+unixEpochDays)*86400, 0)
	}
	return NewDecimal(x.stamp, 6).add(NewDecimal(unixEpochDays*86400*microsPerSecond, 6))
}

// julian counts days from 4714-11-24 BC, the day's part as a fraction.
func (x *extractable) julian() *Decimal {
	day := NewDecimal(x.days+2451545, 0)
	if x.typ == Date {
		return day
	}
	fraction, _ := NewDecimal(x.micros, 0).divide(NewDecimal(microsPerDay, 0))
	return day.add(fraction)
}

func (x *extractable) zonePart(unit string) (*Decimal, bool) {
	if x.typ != Timestamptz {
		return nil, false
	}
	switch unit {
	case "timezone":
		return NewDecimal(x.offset, 0), true
	case "timezone_hour":
		return NewDecimal(x.offset/3600, 0), true
	case "timezone_minute":
		return NewDecimal(x.offset%3600/60, 0), true
	}
	return nil, false
}

func (x *extractable) spanPart(unit string) (*Decimal, bool) {
	s := x.span
	years := int64(s.Months / monthsPerYear)
	var n int64
	switch unit {
	case "day":
		n = int64(s.Days)
	case "month":
		n = int64(s.Months % monthsPerYear)
	case "quarter":
		n = int64(s.Months%monthsPerYear)/3 + 1
	case "year":
		n = years
	case "decade":
		n = years / 10
	case "century":
		n = years / 100
	case "millennium":
		n = years / 1000
	case "epoch":
		// A year counts 365.25 days here, a month 30.
		seconds := years*31557600 + (int64(s.Months%monthsPerYear)*daysPerMonth+int64(s.Days))*86400
		return NewDecimal(seconds, 0).multiply(NewDecimal(microsPerSecond*1000000, 12)).add(NewDecimal(s.Micros, 6)).rescaled6(), true
	default:
		return nil, false
	}
	return NewDecimal(n, 0), true
}

func (d *Decimal) rescaled6() *Decimal { return d.round(6) }

// takeApart makes a value of a date/time type ready for part.
func takeApart(c *Context, t *Type, v Value) extractable {
	x := extractable{typ: t}
	switch t {
	case Interval:
		x.span = v.Span()
		x.micros = x.span.Micros
		return x
	case Time:
		x.micros = v.N
		return x
	case Date:
		x.days = v.N
	case Timestamptz:
		x.offset = offsetAt(c.zone(), v.N)
		x.stamp = v.N
		x.days, x.micros = split(v.N + x.offset*microsPerSecond)
	default:
		x.stamp = v.N
		x.days, x.micros = split(v.N)
	}
	x.date = civilOf(x.days)
	return x
}

// infinitePart is the part of an infinite date or timestamp: infinite for what only grows, else NULL.
func infinitePart(t *Type, text string, positive bool) (Value, error) {
	unit := unitOf(text)
	switch unit {
	case "year", "decade", "century", "millennium", "isoyear", "julian", "epoch":
		if positive {
			return OfDecimal(&Decimal{form: positiveInfinity}), nil
		}
		return OfDecimal(&Decimal{form: negativeInfinity}), nil
	}
	x := extractable{typ: t}
	if _, ok := x.part(unit); !ok {
		return Value{}, unitError(t, text)
	}
	return Value{}, nil
}

// extract is EXTRACT(unit FROM value).
func extract(t *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		v := a[1]
		if t == Date && infiniteDate(v.N) || v.Kind == KindTimestamp && infiniteStamp(v.N) {
			return infinitePart(t, a[0].S, v.N > 0)
		}
		x := takeApart(c, t, v)
		d, ok := x.part(unitOf(a[0].S))
		if !ok {
			return Value{}, unitError(t, a[0].S)
		}
		return OfDecimal(d), nil
	}
}

// datePart is date_part: extract as a float8.
func datePart(t *Type) Eval {
	exact := extract(t)
	return func(c *Context, a []Value) (Value, error) {
		v, err := exact(c, a)
		if err != nil || v.IsNull() {
			return Value{}, err
		}
		return Float8.parseFloat(v.Decimal().String())
	}
}

// datePartOfDate is date_part of a date, which counts as a timestamp.
func datePartOfDate(c *Context, a []Value) (Value, error) {
	stamp, err := dateStamp(a[1].N)
	if err != nil {
		return Value{}, err
	}
	return datePart(Timestamp)(c, []Value{a[0], OfTimestamp(stamp)})
}
