package value

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// truncateCivil is a wall clock cut to a unit; ok is false if there is no such unit.
func truncateCivil(stamp int64, unit string) (int64, bool) {
	days, micros := split(stamp)
	d := civilOf(days)
	cut := int64(0)
	switch unit {
	case "microseconds":
		return stamp, true
	case "milliseconds":
		cut = 1000
	case "second":
		cut = microsPerSecond
	case "minute":
		cut = microsPerMinute
	case "hour":
		cut = microsPerHour
	}
	if cut > 0 {
		return days*microsPerDay + micros/cut*cut, true
	}
	switch unit {
	case "day":
	case "week":
		year, week := isoWeek(days)
		return isoWeekStart(year, week) * microsPerDay, true
	case "month":
		d.day = 1
	case "quarter":
		d.month, d.day = (d.month-1)/3*3+1, 1
	case "year":
		d.month, d.day = 1, 1
	case "decade":
		d = civil{floorDiv(d.year, 10) * 10, 1, 1}
	case "century":
		d = civil{eraStart(d.year, 100), 1, 1}
	case "millennium":
		d = civil{eraStart(d.year, 1000), 1, 1}
	default:
		return 0, false
	}
	return d.days() * microsPerDay, true
}

// eraStart is the first year of the century or millennium: 2001, not 2000.
func eraStart(year, length int64) int64 {
	if year > 0 {
		return (year-1)/length*length + 1
	}
	return -((length-1-(year-1))/length)*length + 1
}

// checkTruncUnit refuses a unit that date_trunc does not take.
func checkTruncUnit(t *Type, text string) error {
	if _, ok := truncateCivil(0, unitOf(text)); ok {
		return nil
	}
	if strings.HasPrefix(unitOf(text), "timezone") {
		return unitError(t, text)
	}
	return newError(CodeInvalidParameter, `unit "`, asciiLower(text), `" not recognized for type `, t.Display)
}

func truncateStamp(_ *Context, a []Value) (Value, error) {
	if infiniteStamp(a[1].N) {
		return a[1], nil
	}
	if err := checkTruncUnit(Timestamp, a[0].S); err != nil {
		return Value{}, err
	}
	stamp, _ := truncateCivil(a[1].N, unitOf(a[0].S))
	return OfTimestamp(stamp), nil
}

// truncateInstant cuts by the calendar of a time zone: the session's, or the third argument's.
func truncateInstant(c *Context, a []Value) (Value, error) {
	if infiniteStamp(a[1].N) {
		return a[1], nil
	}
	zone := c.zone()
	if len(a) == 3 {
		named, err := c.zoneNamed(a[2].S)
		if err != nil {
			return Value{}, err
		}
		zone = named
	}
	if err := checkTruncUnit(Timestamptz, a[0].S); err != nil {
		return Value{}, err
	}
	unit := unitOf(a[0].S)
	offset := offsetAt(zone, a[1].N) * microsPerSecond
	local, _ := truncateCivil(a[1].N+offset, unit)
	switch unit {
	case "microseconds", "milliseconds", "second", "minute", "hour":
		return OfTimestamp(local - offset), nil
	}
	return OfTimestamp(toInstant(zone, local)), nil
}

func truncateSpan(_ *Context, a []Value) (Value, error) {
	s := a[1].Span()
	months := func(n int32) (Value, error) { return OfInterval(Span{Months: s.Months / n * n}), nil }
	micros := func(n int64) (Value, error) {
		return OfInterval(Span{s.Months, s.Days, s.Micros / n * n}), nil
	}
	switch unitOf(a[0].S) {
	case "microseconds":
		return a[1], nil
	case "milliseconds":
		return micros(1000)
	case "second":
		return micros(microsPerSecond)
	case "minute":
		return micros(microsPerMinute)
	case "hour":
		return micros(microsPerHour)
	case "day":
		return OfInterval(Span{s.Months, s.Days, 0}), nil
	case "month":
		return months(1)
	case "quarter":
		return months(3)
	case "year":
		return months(12)
	case "decade":
		return months(120)
	case "century":
		return months(1200)
	case "millennium":
		return months(12000)
	}
	err := unitError(Interval, a[0].S)
	if unitOf(a[0].S) == "week" {
		err.Detail = "Months usually have fractional weeks."
	}
	return Value{}, err
}

// ageOf is the difference in years, months, days and time (timestamp_age).
func ageOf(from, to int64) Span {
	sign := int64(1)
	if from < to {
		sign, from, to = -1, to, from
	}
	days1, micros1 := split(from)
	days2, micros2 := split(to)
	d1, d2 := civilOf(days1), civilOf(days2)
	months := (d1.year-d2.year)*monthsPerYear + d1.month - d2.month
	days, micros := d1.day-d2.day, micros1-micros2
	if micros < 0 {
		micros, days = micros+microsPerDay, days-1
	}
	// Days are borrowed from the earlier month, of the later one if the arguments were swapped.
	lender := d2
	for days < 0 {
		days, months = days+monthDays(lender.year, lender.month), months-1
	}
	return Span{int32(sign * months), int32(sign * days), sign * micros}
}

func ageStamps(_ *Context, a []Value) (Value, error) {
	if a[0].N == stampNegInfinity || a[1].N == stampNegInfinity {
		return Value{}, stampRange()
	}
	return OfInterval(ageOf(a[0].N, a[1].N)), nil
}

func ageInstants(c *Context, a []Value) (Value, error) {
	if a[0].N == stampNegInfinity || a[1].N == stampNegInfinity {
		return Value{}, stampRange()
	}
	return OfInterval(ageOf(toLocal(c.zone(), a[0].N), toLocal(c.zone(), a[1].N))), nil
}

// ageToday is age of one argument: from today's midnight.
func ageToday(of Eval) Eval {
	return func(c *Context, a []Value) (Value, error) {
		today, _ := split(toLocal(c.zone(), c.Now))
		return of(c, []Value{OfTimestamp(today * microsPerDay), a[0]})
	}
}

func ageTodayInstant(c *Context, a []Value) (Value, error) {
	today, _ := split(toLocal(c.zone(), c.Now))
	return ageInstants(c, []Value{OfTimestamp(toInstant(c.zone(), today*microsPerDay)), a[0]})
}

func justifyHours(s Span) (Span, error) {
	days := s.Micros / microsPerDay
	s.Micros -= days * microsPerDay
	days += int64(s.Days)
	switch {
	case days > 0 && s.Micros < 0:
		s.Micros, days = s.Micros+microsPerDay, days-1
	case days < 0 && s.Micros > 0:
		s.Micros, days = s.Micros-microsPerDay, days+1
	}
	if days != int64(int32(days)) {
		return s, spanRange()
	}
	s.Days = int32(days)
	return s, nil
}

func justifyDays(s Span) (Span, error) {
	months := int64(s.Days / daysPerMonth)
	s.Days -= int32(months) * daysPerMonth
	months += int64(s.Months)
	switch {
	case months > 0 && s.Days < 0:
		s.Days, months = s.Days+daysPerMonth, months-1
	case months < 0 && s.Days > 0:
		s.Days, months = s.Days-daysPerMonth, months+1
	}
	if months != int64(int32(months)) {
		return s, spanRange()
	}
	s.Months = int32(months)
	return s, nil
}

// justifyInterval makes all parts of one sign, each within its bounds.
func justifyInterval(s Span) (Span, error) {
	s, err := justifyHours(s)
	if err == nil {
		s, err = justifyDays(s)
	}
	if err != nil {
		return s, err
	}
	switch {
	case s.Months > 0 && (s.Days < 0 || s.Days == 0 && s.Micros < 0):
		s.Days, s.Months = s.Days+daysPerMonth, s.Months-1
	case s.Months < 0 && (s.Days > 0 || s.Days == 0 && s.Micros > 0):
		s.Days, s.Months = s.Days-daysPerMonth, s.Months+1
	}
	switch {
	case s.Days > 0 && s.Micros < 0:
		s.Micros, s.Days = s.Micros+microsPerDay, s.Days-1
	case s.Days < 0 && s.Micros > 0:
		s.Micros, s.Days = s.Micros-microsPerDay, s.Days+1
	}
	return s, nil
}

func span1(f func(Span) (Span, error)) Eval {
	return func(_ *Context, a []Value) (Value, error) { return spanOf(f(a[0].Span())) }
}

// secondsMicros is a number of seconds as microseconds, rounded half to even.
func secondsMicros(f float64) (int64, bool) {
	f = math.RoundToEven(f * 1000000)                              //simsafe:allow PostgreSQL's float8
	return int64(f), math.Abs(f) < math.MaxInt64 && !math.IsNaN(f) //simsafe:allow PostgreSQL's float8
}

// makeInterval counts months and days in 32 bits that wrap around, as version 15 does.
func makeInterval(_ *Context, a []Value) (Value, error) {
	if f := a[6].Float(); math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}, spanRange()
	}
	seconds, ok := secondsMicros(a[6].Float())
	if !ok {
		return Value{}, &Unsupported{Construct: "make_interval with so many seconds"}
	}
	months := int32(a[0].N*monthsPerYear + a[1].N)
	days := int32(a[2].N*7 + a[3].N)
	return OfInterval(Span{months, days, a[4].N*microsPerHour + a[5].N*microsPerMinute + seconds}), nil
}

// pad2 prints at least two digits.
func pad2(n int64) string {
	if n >= 0 && n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// makeDay is the day of a year, month and day; shift says that a year BC stands in the error as
// the server counts it inside, one less.
func makeDay(a []Value, shift bool) (int64, error) {
	d := civil{a[0].N, a[1].N, a[2].N}
	year := d.year
	if d.year < 0 {
		d.year++
		if shift {
			year++
		}
	}
	shown := newError(CodeDatetimeOverflow, "date field value out of range: ", strconv.FormatInt(year, 10), "-", pad2(d.month), "-", pad2(d.day))
	if a[0].N == 0 {
		return 0, shown
	}
	if d.month < 1 || d.month > 12 || d.day < 1 || d.day > monthDays(d.year, d.month) {
		return 0, shown
	}
	days := d.days()
	if days < dateMin || days > dateMax {
		return 0, newError(CodeDatetimeOverflow, "date out of range: ", strconv.FormatInt(a[0].N, 10), "-", pad2(d.month), "-", pad2(d.day))
	}
	return days, nil
}

func makeClock(a []Value) (int64, error) {
	seconds, ok := secondsMicros(a[2].Float())
	h, m := a[0].N, a[1].N
	total := h*microsPerHour + m*microsPerMinute + seconds
	if !ok || h < 0 || h > 24 || m < 0 || m > 59 || seconds < 0 || seconds > microsPerMinute || total > microsPerDay {
		return 0, newError(CodeDatetimeOverflow, "time field value out of range: ", strconv.FormatInt(h, 10), ":", pad2(m), ":", shortSeconds(a[2].Float()))
	}
	return total, nil
}

// shortSeconds prints as C's %02g does.
func shortSeconds(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return string(appendFloat(nil, f, false))
	}
	text := strconv.FormatFloat(f, 'g', 6, 64)
	if len(text) == 1 {
		return "0" + text
	}
	return text
}

func makeDate(_ *Context, a []Value) (Value, error) {
	days, err := makeDay(a, true)
	return OfDate(days), err
}

func makeTime(_ *Context, a []Value) (Value, error) {
	micros, err := makeClock(a)
	return OfTime(micros), err
}

func makeWall(a []Value) (int64, error) {
	days, err := makeDay(a, false)
	if err != nil {
		return 0, err
	}
	micros, err := makeClock(a[3:])
	if err != nil {
		return 0, err
	}
	stamp, ok := stampOf(days, micros)
	if !ok {
		return 0, stampRange()
	}
	return stamp, nil
}

func makeStamp(_ *Context, a []Value) (Value, error) { return stampValue(makeWall(a)) }

func makeInstant(c *Context, a []Value) (Value, error) {
	stamp, err := makeWall(a)
	if err != nil {
		return Value{}, err
	}
	zone := c.zone()
	if len(a) == 7 {
		if zone, err = c.namedOrOffset(a[6].S); err != nil {
			return Value{}, err
		}
	}
	return OfTimestamp(toInstant(zone, stamp)), nil
}

// namedOrOffset is a zone by name or by an offset whose positive sign is east.
func (c *Context) namedOrOffset(text string) (*time.Location, error) {
	if text == "" || !isDigit(text[0]) && text[0] != '+' && text[0] != '-' {
		return c.zoneNamed(text)
	}
	if isDigit(text[0]) {
		err := newError(CodeInvalidParameter, `invalid input syntax for type numeric time zone: "`, text, `"`)
		err.Hint = `Numeric time zones must have "-" or "+" as first character.`
		return nil, err
	}
	seconds, ok := offsetSeconds(text[1:])
	if !ok || seconds >= 16*3600 {
		return nil, newError(CodeInvalidParameter, `numeric time zone "`, text, `" out of range`)
	}
	if text[0] == '-' {
		seconds = -seconds
	}
	return fixedZone(seconds), nil
}

// unixToInstant is to_timestamp(float8).
func unixToInstant(_ *Context, a []Value) (Value, error) {
	f := a[0].Float()
	switch {
	case math.IsNaN(f):
		return Value{}, newError(CodeDatetimeOverflow, "timestamp cannot be NaN")
	case math.IsInf(f, 1):
		return OfTimestamp(stampPosInfinity), nil
	case math.IsInf(f, -1):
		return OfTimestamp(stampNegInfinity), nil
	}
	micros, ok := secondsMicros(f - unixEpochDays*86400) //simsafe:allow PostgreSQL's float8
	if !ok || micros < timestampMin || micros >= timestampEnd {
		return Value{}, newError(CodeDatetimeOverflow, `timestamp out of range: "`, strconv.FormatFloat(f, 'g', 6, 64), `"`)
	}
	return OfTimestamp(micros), nil
}

// AT TIME ZONE: timestamptz to the zone's wall clock, timestamp to the instant.
func atZone(shift func(*time.Location, int64) int64) Eval {
	return func(c *Context, a []Value) (Value, error) {
		if infiniteStamp(a[1].N) {
			return a[1], nil
		}
		zone, err := c.zoneNamed(a[0].S)
		if err != nil {
			return Value{}, err
		}
		return OfTimestamp(shift(zone, a[1].N)), nil
	}
}

func atOffset(sign int64) Eval {
	return func(c *Context, a []Value) (Value, error) {
		if infiniteStamp(a[1].N) {
			return a[1], nil
		}
		s := a[0].Span()
		if s.Months != 0 || s.Days != 0 {
			return Value{}, newError(CodeInvalidParameter, `interval time zone "`, Interval.Text(c, a[0]), `" must not include months or days`)
		}
		return OfTimestamp(a[1].N + sign*(s.Micros/microsPerSecond*microsPerSecond)), nil
	}
}

// binStamp is date_bin: the start of the stride-long bin, counted from an origin.
func binStamp(_ *Context, a []Value) (Value, error) {
	s, stamp, origin := a[0].Span(), a[1].N, a[2].N
	switch {
	case infiniteStamp(stamp):
		return a[1], nil
	case infiniteStamp(origin):
		return Value{}, newError(CodeDatetimeOverflow, "origin out of range")
	case s.Months != 0:
		return Value{}, newError(CodeFeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
	}
	stride := int64(s.Days)*microsPerDay + s.Micros
	if stride <= 0 {
		return Value{}, newError(CodeDatetimeOverflow, "stride must be greater than zero")
	}
	return OfTimestamp(origin + floorDiv(stamp-origin, stride)*stride), nil
}

var datetimeFunctions = map[string]Eval{
	"extract_date": extract(Date), "extract_time": extract(Time), "extract_timestamp": extract(Timestamp), "extract_timestamptz": extract(Timestamptz), "extract_interval": extract(Interval),
	"time_part": datePart(Time), "timestamp_part": datePart(Timestamp), "timestamptz_part": datePart(Timestamptz), "interval_part": datePart(Interval), "date_part(text,date)": datePartOfDate,
	"timestamp_trunc": truncateStamp, "timestamptz_trunc": truncateInstant, "timestamptz_trunc_zone": truncateInstant, "interval_trunc": truncateSpan,
	"timestamp_age": ageStamps, "timestamptz_age": ageInstants, "age(timestamp)": ageToday(ageStamps), "age(timestamptz)": ageTodayInstant,
	"interval_justify_hours": span1(justifyHours), "interval_justify_days": span1(justifyDays), "interval_justify_interval": span1(justifyInterval),
	"make_interval": makeInterval, "make_date": makeDate, "make_time": makeTime, "make_timestamp": makeStamp, "make_timestamptz": makeInstant, "make_timestamptz_at_timezone": makeInstant,
	"float8_timestamptz": unixToInstant, "timestamptz_zone": atZone(toLocal), "timestamp_zone": atZone(toInstant), "timestamptz_izone": atOffset(1), "timestamp_izone": atOffset(-1),
	"timestamp_bin": binStamp, "timestamptz_bin": binStamp, "overlaps_timestamp": overlaps, "overlaps_time": overlaps, "timestamptz(date,time)": dateTimeToInstant,
}

func dateTimeToInstant(c *Context, a []Value) (Value, error) {
	v, err := dateAndTime(0, 1)(c, a)
	if err != nil {
		return Value{}, err
	}
	return OfTimestamp(toInstant(c.zone(), v.N)), nil
}
