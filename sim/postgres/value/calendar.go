package value

import "math"

// The proleptic Gregorian calendar in integers. Year 0 is 1 BC.

// Days of the ends of the ranges, counted from 2000-01-01 (manual, table 8.9).
const (
	dateMin          = int64(-2451545)      // 4713-11-24 BC
	dateMax          = int64(2145031948)    // 5874897-12-31
	timestampMin     = -211813488000000000  // 4713-11-24 BC 00:00
	timestampEnd     = 9223371331200000000  // 294277-01-01 00:00, the first beyond
	datePosInfinity  = int64(math.MaxInt32) // 'infinity'
	dateNegInfinity  = int64(math.MinInt32)
	stampPosInfinity = int64(math.MaxInt64)
	stampNegInfinity = int64(math.MinInt64)
)

// unixEpochDays are the days from 1970-01-01 to 2000-01-01.
const unixEpochDays = 10957

func infiniteDate(n int64) bool  { return n == datePosInfinity || n == dateNegInfinity }
func infiniteStamp(n int64) bool { return n == stampPosInfinity || n == stampNegInfinity }

// civil is a date's year, month (1-12) and day.
type civil struct{ year, month, day int64 }

// days counts from 2000-01-01. March begins the year of the computation, so that a leap day ends it.
func (d civil) days() int64 {
	year, month := d.year, d.month
	if month <= 2 {
		year, month = year-1, month+12
	}
	era := floorDiv(year, 400)
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + d.day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*146097 + dayOfEra - 730425
}

// civilOf is the date of days since 2000-01-01.
func civilOf(days int64) civil {
	z := days + 730425
	era := floorDiv(z, 146097)
	dayOfEra := z - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*dayOfYear + 2) / 153
	d := civil{year: yearOfEra + era*400, month: m + 3, day: dayOfYear - (153*m+2)/5 + 1}
	if d.month > 12 {
		d.month, d.year = d.month-12, d.year+1
	}
	return d
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

func leapYear(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// monthDays is the number of days of a month.
func monthDays(year, month int64) int64 {
	switch month {
	case 2:
		if leapYear(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// weekday is 0 for Sunday.
func weekday(days int64) int64 { return floorMod(days+6, 7) }

// isoWeek is the ISO 8601 year and week of a day.
func isoWeek(days int64) (year, week int64) {
	thursday := days - floorMod(weekday(days)+6, 7) + 3
	year = civilOf(thursday).year
	return year, (thursday-civil{year, 1, 1}.days())/7 + 1
}

// isoWeekStart is the Monday of an ISO week.
func isoWeekStart(year, week int64) int64 {
	fourth := civil{year, 1, 4}.days()
	return fourth - floorMod(weekday(fourth)+6, 7) + (week-1)*7
}

// split is a timestamp's day and microseconds within it.
func split(stamp int64) (days, micros int64) {
	days = floorDiv(stamp, microsPerDay)
	return days, stamp - days*microsPerDay
}

// stampOf joins a day and microseconds; ok is false beyond the range of timestamps.
func stampOf(days, micros int64) (stamp int64, ok bool) {
	if days < dateMin-1 || days > timestampEnd/microsPerDay+1 {
		return 0, false
	}
	low, high := int64(timestampMin), int64(timestampEnd)
	// The ends of the range lie close to int64's: compare before adding.
	if days*microsPerDay > 0 && micros > math.MaxInt64-days*microsPerDay {
		return 0, false
	}
	stamp = days*microsPerDay + micros
	return stamp, stamp >= low && stamp < high
}
