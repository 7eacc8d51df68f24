package value

import (
	"math"
	"time"
)

// Arithmetic on timestamps, dates, times and intervals (timestamp.c, date.c). Months are added
// first, then days, then microseconds; days of timestamptz are days of the session's calendar.

func stampRange() error { return newError(CodeDatetimeOverflow, "timestamp out of range") }
func dateRange() error  { return newError(CodeDatetimeOverflow, "date out of range") }
func spanRange() error  { return newError(CodeDatetimeOverflow, "interval out of range") }

// addMonths moves a day by months, to the month's last day at most.
func addMonths(d civil, months int64) civil {
	total := d.year*monthsPerYear + d.month - 1 + months
	d.year, d.month = floorDiv(total, monthsPerYear), floorMod(total, monthsPerYear)+1
	d.day = min(d.day, monthDays(d.year, d.month))
	return d
}

// addSpan moves a wall clock (a timestamp) by an interval.
func addSpan(stamp int64, s Span) (int64, error) {
	if infiniteStamp(stamp) {
		return stamp, nil
	}
	stamp, ok := addCalendar(stamp, s)
	if !ok {
		return 0, stampRange()
	}
	sum, ok := addInt(stamp, s.Micros)
	if !ok || sum < timestampMin || sum >= timestampEnd {
		return 0, stampRange()
	}
	return sum, nil
}

// addCalendar adds the months and days of an interval.
func addCalendar(stamp int64, s Span) (int64, bool) {
	if s.Months == 0 && s.Days == 0 {
		return stamp, true
	}
	days, micros := split(stamp)
	if s.Months != 0 {
		days = addMonths(civilOf(days), int64(s.Months)).days()
	}
	return stampOf(days+int64(s.Days), micros)
}

// addSpanIn moves an instant by an interval; months and days go by the zone's calendar.
func addSpanIn(zone *time.Location, stamp int64, s Span) (int64, error) {
	if infiniteStamp(stamp) {
		return stamp, nil
	}
	if s.Months != 0 || s.Days != 0 {
		local, ok := addCalendar(toLocal(zone, stamp), Span{Months: s.Months})
		if !ok {
			return 0, stampRange()
		}
		stamp = toInstant(zone, local)
		if s.Days != 0 {
			if local, ok = addCalendar(toLocal(zone, stamp), Span{Days: s.Days}); !ok {
				return 0, stampRange()
			}
			stamp = toInstant(zone, local)
		}
	}
	return addSpan(stamp, Span{Micros: s.Micros})
}

func (s Span) negate() (Span, error) {
	if s.Months == math.MinInt32 || s.Days == math.MinInt32 || s.Micros == math.MinInt64 {
		return Span{}, spanRange()
	}
	return Span{-s.Months, -s.Days, -s.Micros}, nil
}

func (s Span) add(t Span) (Span, error) {
	months, days := int64(s.Months)+int64(t.Months), int64(s.Days)+int64(t.Days)
	micros, ok := addInt(s.Micros, t.Micros)
	if !ok || months != int64(int32(months)) || days != int64(int32(days)) {
		return Span{}, spanRange()
	}
	return Span{int32(months), int32(days), micros}, nil
}

func spanOf(s Span, err error) (Value, error) {
	if err != nil {
		return Value{}, err
	}
	return OfInterval(s), nil
}

func stampValue(n int64, err error) (Value, error) {
	if err != nil {
		return Value{}, err
	}
	return OfTimestamp(n), nil
}

func stampPlusSpan(_ *Context, a []Value) (Value, error) {
	return stampValue(addSpan(a[0].N, a[1].Span()))
}

func spanPlusStamp(_ *Context, a []Value) (Value, error) {
	return stampValue(addSpan(a[1].N, a[0].Span()))
}

func stampMinusSpan(_ *Context, a []Value) (Value, error) {
	s, err := a[1].Span().negate()
	if err != nil {
		return Value{}, err
	}
	return stampValue(addSpan(a[0].N, s))
}

func instantPlusSpan(c *Context, a []Value) (Value, error) {
	return stampValue(addSpanIn(c.zone(), a[0].N, a[1].Span()))
}

func spanPlusInstant(c *Context, a []Value) (Value, error) {
	return stampValue(addSpanIn(c.zone(), a[1].N, a[0].Span()))
}

func instantMinusSpan(c *Context, a []Value) (Value, error) {
	s, err := a[1].Span().negate()
	if err != nil {
		return Value{}, err
	}
	return stampValue(addSpanIn(c.zone(), a[0].N, s))
}

// stampDifference is a - b in days and time, as timestamp_mi gives it (interval_justify_hours).
func stampDifference(_ *Context, a []Value) (Value, error) {
	if infiniteStamp(a[0].N) || infiniteStamp(a[1].N) {
		return Value{}, newError(CodeDatetimeOverflow, "cannot subtract infinite timestamps")
	}
	micros, ok := subtractInt(a[0].N, a[1].N)
	if !ok {
		return Value{}, spanRange()
	}
	return OfInterval(Span{Days: int32(micros / microsPerDay), Micros: micros % microsPerDay}), nil
}

func dateDifference(_ *Context, a []Value) (Value, error) {
	if infiniteDate(a[0].N) || infiniteDate(a[1].N) {
		return Value{}, newError(CodeDatetimeOverflow, "cannot subtract infinite dates")
	}
	return OfInt(a[0].N - a[1].N), nil
}

func dateAdd(date, days int64) (Value, error) {
	if infiniteDate(date) {
		return OfDate(date), nil
	}
	if sum := date + days; sum >= dateMin && sum <= dateMax {
		return OfDate(sum), nil
	}
	return Value{}, dateRange()
}

func datePlusInt(_ *Context, a []Value) (Value, error)  { return dateAdd(a[0].N, a[1].N) }
func intPlusDate(_ *Context, a []Value) (Value, error)  { return dateAdd(a[1].N, a[0].N) }
func dateMinusInt(_ *Context, a []Value) (Value, error) { return dateAdd(a[0].N, -a[1].N) }

// dateStamp is midnight of a date.
func dateStamp(days int64) (int64, error) {
	switch days {
	case datePosInfinity:
		return stampPosInfinity, nil
	case dateNegInfinity:
		return stampNegInfinity, nil
	}
	stamp, ok := stampOf(days, 0)
	if !ok {
		return 0, newError(CodeDatetimeOverflow, "date out of range for timestamp")
	}
	return stamp, nil
}

func dateToStamp(_ *Context, a []Value) (Value, error) { return stampValue(dateStamp(a[0].N)) }

func dateToInstant(c *Context, a []Value) (Value, error) {
	stamp, err := dateStamp(a[0].N)
	if err != nil {
		return Value{}, err
	}
	return OfTimestamp(toInstant(c.zone(), stamp)), nil
}

func dateAndSpan(sign int32, date, span int) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		stamp, err := dateStamp(a[date].N)
		if err != nil {
			return Value{}, err
		}
		s := a[span].Span()
		if sign < 0 {
			if s, err = s.negate(); err != nil {
				return Value{}, err
			}
		}
		return stampValue(addSpan(stamp, s))
	}
}

func dateAndTime(date, clock int) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		stamp, err := dateStamp(a[date].N)
		if err == nil && !infiniteStamp(stamp) {
			stamp += a[clock].N
		}
		return stampValue(stamp, err)
	}
}

func stampDate(stamp int64) Value {
	switch stamp {
	case stampPosInfinity:
		return OfDate(datePosInfinity)
	case stampNegInfinity:
		return OfDate(dateNegInfinity)
	}
	days, _ := split(stamp)
	return OfDate(days)
}

func stampToDate(_ *Context, a []Value) (Value, error) { return stampDate(a[0].N), nil }

func instantToDate(c *Context, a []Value) (Value, error) {
	return stampDate(toLocal(c.zone(), a[0].N)), nil
}

func stampTime(stamp int64) (Value, error) {
	if infiniteStamp(stamp) {
		return Value{}, nil
	}
	_, micros := split(stamp)
	return OfTime(micros), nil
}

func stampToTime(_ *Context, a []Value) (Value, error)   { return stampTime(a[0].N) }
func instantToTime(c *Context, a []Value) (Value, error) { return stampTime(toLocal(c.zone(), a[0].N)) }

func stampToInstant(c *Context, a []Value) (Value, error) {
	return OfTimestamp(toInstant(c.zone(), a[0].N)), nil
}

func instantToStamp(c *Context, a []Value) (Value, error) {
	return OfTimestamp(toLocal(c.zone(), a[0].N)), nil
}

func timePlusSpan(sign int64, clock, span int) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		return OfTime(floorMod(a[clock].N+sign*(a[span].Span().Micros%microsPerDay), microsPerDay)), nil
	}
}

func timeDifference(_ *Context, a []Value) (Value, error) {
	return OfInterval(Span{Micros: a[0].N - a[1].N}), nil
}

func timeToSpan(_ *Context, a []Value) (Value, error) { return OfInterval(Span{Micros: a[0].N}), nil }
func spanToTime(_ *Context, a []Value) (Value, error) {
	return OfTime(floorMod(a[0].Span().Micros, microsPerDay)), nil
}

func spanPlus(_ *Context, a []Value) (Value, error) { return spanOf(a[0].Span().add(a[1].Span())) }

func spanMinus(_ *Context, a []Value) (Value, error) {
	s, err := a[1].Span().negate()
	if err != nil {
		return Value{}, err
	}
	return spanOf(a[0].Span().add(s))
}

func spanNegate(_ *Context, a []Value) (Value, error) { return spanOf(a[0].Span().negate()) }

// compareAcross compares a date, timestamp or timestamptz with another kind of these: both are
// brought to timestamps, or to instants if one is.
func compareAcross(accept func(int) bool, left, right func(*Context, Value) int64) Eval {
	return func(c *Context, a []Value) (Value, error) {
		l, r := left(c, a[0]), right(c, a[1])
		switch {
		case l < r:
			return OfBool(accept(-1)), nil
		case l > r:
			return OfBool(accept(1)), nil
		}
		return OfBool(accept(0)), nil
	}
}

// wall is the timestamp of a date or timestamp; a date beyond the range of timestamps sorts outside it.
func wall(_ *Context, v Value) int64 {
	if v.Kind == KindTimestamp {
		return v.N
	}
	stamp, err := dateStamp(v.N)
	if err != nil && v.N > 0 {
		return timestampEnd
	}
	return stamp
}

func instantOfWall(c *Context, v Value) int64 { return toInstant(c.zone(), wall(c, v)) }
func instant(_ *Context, v Value) int64       { return v.N }

// acrossEval finds the comparison behind names such as date_lt_timestamptz.
func acrossEval(source string) Eval {
	sides := map[string][2]func(*Context, Value) int64{
		"date_timestamp": {wall, wall}, "timestamp_date": {wall, wall},
		"date_timestamptz": {instantOfWall, instant}, "timestamptz_date": {instant, instantOfWall},
		"timestamp_timestamptz": {instantOfWall, instant}, "timestamptz_timestamp": {instant, instantOfWall},
	}
	name, how := splitAcross(source)
	side, ok := sides[name]
	accept := acceptors[how]
	if !ok || accept == nil {
		return nil
	}
	return compareAcross(accept, side[0], side[1])
}

var acceptors = map[string]func(int) bool{
	"lt": func(n int) bool { return n < 0 }, "le": func(n int) bool { return n <= 0 },
	"eq": func(n int) bool { return n == 0 }, "ne": func(n int) bool { return n != 0 },
	"gt": func(n int) bool { return n > 0 }, "ge": func(n int) bool { return n >= 0 },
}

// splitAcross takes date_lt_timestamptz apart into date_timestamptz and lt.
func splitAcross(source string) (name, how string) {
	for _, how := range [...]string{"lt", "le", "eq", "ne", "gt", "ge"} {
		for i := 0; i+4 <= len(source); i++ {
			if source[i:i+4] == "_"+how+"_" {
				return source[:i] + source[i+3:], how
			}
		}
	}
	return source, ""
}

var datetimeEvals = map[string]Eval{
	"timestamp_pl_interval": stampPlusSpan, "timestamp_mi_interval": stampMinusSpan, "interval_pl_timestamp(interval,timestamp)": spanPlusStamp,
	"timestamptz_pl_interval": instantPlusSpan, "timestamptz_mi_interval": instantMinusSpan, "interval_pl_timestamptz(interval,timestamptz)": spanPlusInstant,
	"timestamp_mi": stampDifference, "date_mi": dateDifference, "date_pli": datePlusInt, "date_mii": dateMinusInt, "integer_pl_date(int4,date)": intPlusDate,
	"date_pl_interval": dateAndSpan(1, 0, 1), "date_mi_interval": dateAndSpan(-1, 0, 1), "interval_pl_date(interval,date)": dateAndSpan(1, 1, 0),
	"datetime_timestamp": dateAndTime(0, 1), "timedate_pl(time,date)": dateAndTime(1, 0),
	"time_pl_interval": timePlusSpan(1, 0, 1), "time_mi_interval": timePlusSpan(-1, 0, 1), "interval_pl_time(interval,time)": timePlusSpan(1, 1, 0),
	"time_mi_time": timeDifference, "time_interval": timeToSpan, "interval_time": spanToTime,
	"interval_pl": spanPlus, "interval_mi": spanMinus, "interval_um": spanNegate,
	"date_timestamp": dateToStamp, "date_timestamptz": dateToInstant, "timestamp_date": stampToDate, "timestamptz_date": instantToDate,
	"timestamp_time": stampToTime, "timestamptz_time": instantToTime, "timestamp_timestamptz": stampToInstant, "timestamptz_timestamp": instantToStamp,
}
