package value

import (
	"strconv"
	"strings"
	"time"
)

// moment is what a date/time text says. Fields that it leaves out are marked by the has fields.
type moment struct {
	civil
	micros            int64 // of the day
	hasDate, hasClock bool
	zone              *time.Location // nil: none was written
	special           specialMoment
	bc                bool
	year2             bool // the year was written with two digits
}

type specialMoment uint8

const (
	noSpecial specialMoment = iota
	specialNow
	specialEpoch
	specialInfinity
	specialMinusInfinity
	specialToday // and its neighbours: moment.day holds the distance in days
)

// datetimeFault is why a text is not a date: the shape, or a field out of range.
type datetimeFault uint8

const (
	noFault datetimeFault = iota
	badShape
	fieldRange
	monthDayRange
	zoneRange
	unknownZone
	notSimulated
)

func datetimeError(t *Type, s, zone string, fault datetimeFault) error {
	switch fault {
	case fieldRange:
		return newError(CodeDatetimeOverflow, `date/time field value out of range: "`, s, `"`)
	case monthDayRange:
		err := newError(CodeDatetimeOverflow, `date/time field value out of range: "`, s, `"`)
		err.Hint = `Perhaps you need a different "datestyle" setting.`
		return err
	case zoneRange:
		return newError(CodeInvalidDatetimeZone, `time zone displacement out of range: "`, s, `"`)
	case unknownZone:
		return newError(CodeInvalidParameter, `time zone "`, zone, `" not recognized`)
	case notSimulated:
		return &Unsupported{Construct: "the date/time format of '" + s + "'"}
	}
	name := t.Display
	if t == Timestamp || t == Time {
		name = t.Name
	}
	return newError(CodeInvalidDatetime, "invalid input syntax for type ", name, `: "`, s, `"`)
}

// parseTimestamp reads a timestamp or timestamptz.
func parseTimestamp(c *Context, t *Type, s string) (Value, error) {
	if stamp, ok := parseISOStamp(c, t, s); ok {
		return OfTimestamp(stamp), nil
	}
	r := momentReader{context: c, text: s}
	m, fault := r.read()
	if fault == noFault && m.special == noSpecial && !m.hasDate {
		fault = badShape
	}
	if fault != noFault {
		return Value{}, datetimeError(t, s, r.zoneName, fault)
	}
	stamp, ok := m.stamp(c, t == Timestamptz)
	if !ok {
		return Value{}, newError(CodeDatetimeOverflow, `timestamp out of range: "`, s, `"`)
	}
	return OfTimestamp(stamp), nil
}

// parseISOStamp is the short cut for 2026-11-23 21:44:49[.ffffff][Z|+hh[:mm]], also with T.
func parseISOStamp(c *Context, t *Type, s string) (int64, bool) {
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != ' ' && s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	y, ok1 := digits(s[0:4])
	mo, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:10])
	h, ok4 := digits(s[11:13])
	mi, ok5 := digits(s[14:16])
	sec, ok6 := digits(s[17:19])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || y == 0 || mo < 1 || mo > 12 || d < 1 || d > monthDays(y, mo) || h > 23 || mi > 59 || sec > 59 {
		return 0, false
	}
	fraction, rest, ok := isoFraction(s[19:])
	if !ok {
		return 0, false
	}
	stamp := civil{y, mo, d}.days()*microsPerDay + h*microsPerHour + mi*microsPerMinute + sec*microsPerSecond + fraction
	return isoZone(c, t, stamp, rest)
}

func isoFraction(s string) (micros int64, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return 0, s, true
	}
	n := 1
	for ; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
		if n > 6 {
			return 0, "", false
		}
		micros = micros*10 + int64(s[n]-'0')
	}
	for i := n; i <= 6; i++ {
		micros *= 10
	}
	return micros, s[n:], n > 1
}

func isoZone(c *Context, t *Type, stamp int64, rest string) (int64, bool) {
	switch {
	case t == Timestamp && (rest == "" || rest == "Z"):
		return stamp, true
	case t == Timestamp:
		return 0, false
	case rest == "":
		return toInstant(c.zone(), stamp), true
	case rest == "Z", rest == "+00":
		return stamp, true
	}
	return 0, false
}

func digits(s string) (int64, bool) {
	n := int64(0)
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}

// stamp is the timestamp that a moment means; a zone is heeded for timestamptz only.
func (m *moment) stamp(c *Context, zoned bool) (int64, bool) {
	switch m.special {
	case specialInfinity:
		return stampPosInfinity, true
	case specialMinusInfinity:
		return stampNegInfinity, true
	case specialEpoch:
		return -unixEpochDays * microsPerDay, true
	case specialNow:
		if zoned {
			return c.Now, true
		}
		return toLocal(c.zone(), c.Now), true
	}
	days := m.civil.days()
	if m.special == specialToday {
		today, _ := split(toLocal(c.zone(), c.Now))
		days = today + m.day
	}
	stamp, ok := stampOf(days, m.micros)
	if !zoned || !ok {
		return stamp, ok
	}
	zone := m.zone
	if zone == nil {
		zone = c.zone()
	}
	stamp = toInstant(zone, stamp)
	return stamp, stamp >= timestampMin && stamp < timestampEnd
}

// parseDate reads a date; a time of day is dropped.
func parseDate(c *Context, s string) (Value, error) {
	r := momentReader{context: c, text: s}
	m, fault := r.read()
	if fault == noFault && m.special == noSpecial && !m.hasDate {
		fault = badShape
	}
	if fault != noFault {
		return Value{}, datetimeError(Date, s, r.zoneName, fault)
	}
	switch m.special {
	case specialInfinity:
		return OfDate(datePosInfinity), nil
	case specialMinusInfinity:
		return OfDate(dateNegInfinity), nil
	case specialEpoch:
		return OfDate(-unixEpochDays), nil
	case specialNow, specialToday:
		today, _ := split(toLocal(c.zone(), c.Now))
		if m.special == specialToday {
			today += m.day
		}
		return OfDate(today), nil
	}
	days := m.days()
	if days < dateMin || days > dateMax {
		return Value{}, newError(CodeDatetimeOverflow, `date out of range: "`, s, `"`)
	}
	return OfDate(days), nil
}

// parseTime reads a time of day; a date and a zone are dropped.
func parseTime(c *Context, s string) (Value, error) {
	r := momentReader{context: c, text: s, clockOnly: true}
	m, fault := r.read()
	if fault == noFault && m.special == specialNow {
		_, micros := split(toLocal(c.zone(), c.Now))
		return OfTime(micros), nil
	}
	if fault == noFault && !m.hasClock {
		fault = badShape
	}
	if fault != noFault {
		return Value{}, datetimeError(Time, s, r.zoneName, fault)
	}
	return OfTime(m.micros), nil
}

// momentReader takes a date/time text apart (ParseDateTime and DecodeDateTime in datetime.c).
type momentReader struct {
	context   *Context
	text      string
	at        int
	m         moment
	numbers   []string // bare numbers and named months, in order, until the date is complete
	month     int64    // from a name
	hours12   int8     // 1 AM, 2 PM
	clockOnly bool
	zoneName  string
}

func (r *momentReader) read() (moment, datetimeFault) {
	for {
		r.skipBlanks()
		if r.at == len(r.text) {
			break
		}
		if fault := r.field(); fault != noFault {
			return r.m, fault
		}
	}
	return r.m, r.finish()
}

func (r *momentReader) skipBlanks() {
	for r.at < len(r.text) && strings.IndexByte(" \t\n\r\v\f,", r.text[r.at]) >= 0 {
		r.at++
	}
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func (r *momentReader) field() datetimeFault {
	switch c := r.text[r.at]; {
	case isDigit(c):
		return r.number()
	case isLetter(c):
		return r.word()
	case c == '+' || c == '-':
		return r.offsetOrInfinity()
	}
	return badShape
}

// span takes the longest run of bytes that ok allows.
func (r *momentReader) span(ok func(byte) bool) string {
	start := r.at
	for r.at < len(r.text) && ok(r.text[r.at]) {
		r.at++
	}
	return r.text[start:r.at]
}

func (r *momentReader) number() datetimeFault {
	start := r.at
	text := r.span(isDigit)
	if r.at == len(r.text) {
		return r.bareNumber(text)
	}
	switch next := r.text[r.at]; {
	case next == ':':
		r.at = start
		return r.clock(r.span(func(c byte) bool { return isDigit(c) || c == ':' || c == '.' }))
	case (next == '-' || next == '/' || next == '.') && !r.m.hasDate:
		r.at = start
		return r.dashedDate(r.span(func(c byte) bool { return isDigit(c) || isLetter(c) && c|0x20 != 't' || c == next }), next)
	case next == '.' && r.m.hasDate:
		r.at = start
		return r.compactClock(r.span(func(c byte) bool { return isDigit(c) || c == '.' }))
	}
	return r.bareNumber(text)
}

// bareNumber is 20240105, a part of "January 8 1999", or 101112 behind a date.
func (r *momentReader) bareNumber(text string) datetimeFault {
	switch {
	case len(text) == 8 && !r.m.hasDate && r.month == 0 && len(r.numbers) == 0:
		return r.setDate(text[:4], text[4:6], text[6:])
	case (len(text) == 6 || len(text) == 4) && (r.m.hasDate || r.clockOnly) && !r.m.hasClock:
		return r.compactClock(text)
	case len(text) == 6 && !r.m.hasDate && r.month == 0:
		return r.setDate(text[:2], text[2:4], text[4:])
	case r.m.hasDate && r.m.hasClock:
		return badShape
	}
	r.numbers = append(r.numbers, text)
	return noFault
}

func (r *momentReader) compactClock(text string) datetimeFault {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(whole) == 4 {
		whole += "00"
	}
	if len(whole) != 6 {
		return badShape
	}
	return r.clock(whole[:2] + ":" + whole[2:4] + ":" + whole[4:] + "." + fraction)
}

// ordinalDate is a year and the day within it: 2026-001.
func (r *momentReader) ordinalDate(year, day string) datetimeFault {
	y, err := strconv.ParseInt(year, 10, 32)
	n, _ := strconv.ParseInt(day, 10, 32)
	if err != nil || n < 1 || n > 366 {
		return fieldRange
	}
	d := civilOf(civil{y, 1, 1}.days() + n - 1)
	return r.setDate(year, strconv.FormatInt(d.month, 10), strconv.FormatInt(d.day, 10))
}

// dashedDate is 2024-01-05, 1/8/1999, 08-Jan-1999 or 1999.008.
func (r *momentReader) dashedDate(text string, mark byte) datetimeFault {
	parts := strings.Split(text, string(mark))
	if len(parts) == 2 && len(parts[1]) == 3 && allDigits(parts[1]) {
		return r.ordinalDate(parts[0], parts[1])
	}
	if len(parts) != 3 {
		return badShape
	}
	for i, part := range parts {
		if part != "" && isLetter(part[0]) {
			return r.namedDate(parts, i)
		}
		if !allDigits(part) || part == "" {
			return badShape
		}
	}
	if len(parts[0]) > 2 {
		return r.setDate(parts[0], parts[1], parts[2])
	}
	return r.setDate(parts[2], parts[0], parts[1])
}

func (r *momentReader) namedDate(parts []string, at int) datetimeFault {
	month := monthNamed(strings.ToLower(parts[at]))
	if month == 0 {
		return badShape
	}
	year, day := parts[2], parts[0]
	switch {
	case at == 0:
		day = parts[1]
	case len(parts[0]) > 2:
		year, day = parts[0], parts[2]
	}
	return r.setDate(year, strconv.FormatInt(month, 10), day)
}

func (r *momentReader) setDate(year, month, day string) datetimeFault {
	y, err1 := strconv.ParseInt(year, 10, 32)
	m, err2 := strconv.ParseInt(month, 10, 32)
	d, err3 := strconv.ParseInt(day, 10, 32)
	if err1 != nil || err2 != nil || err3 != nil {
		return fieldRange
	}
	if r.m.hasDate {
		return badShape
	}
	r.m.civil, r.m.hasDate, r.m.year2 = civil{y, m, d}, true, len(year) <= 2
	return noFault
}

// clock is hh:mm[:ss[.ffffff]].
func (r *momentReader) clock(text string) datetimeFault {
	if r.m.hasClock {
		return badShape
	}
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return badShape
	}
	if len(parts) == 2 {
		parts = append(parts, "0")
	}
	h, err1 := strconv.ParseInt(parts[0], 10, 32)
	m, err2 := strconv.ParseInt(parts[1], 10, 32)
	whole, fraction, _ := strings.Cut(parts[2], ".")
	s, err3 := strconv.ParseInt(whole, 10, 32)
	if err1 != nil || err2 != nil || err3 != nil || !allDigits(fraction) {
		return badShape
	}
	micros := h*microsPerHour + m*microsPerMinute + s*microsPerSecond + fractionMicros(fraction)
	if m > 59 || s > 60 || h > 24 || micros > microsPerDay {
		return fieldRange
	}
	r.m.micros, r.m.hasClock = micros, true
	return noFault
}

// fractionMicros rounds the digits of a fraction of a second, half to even.
func fractionMicros(text string) int64 {
	padded := text + "0000000"
	micros, _ := strconv.ParseInt(padded[:6], 10, 64)
	rest := strings.TrimRight(text[min(6, len(text)):], "0")
	if rest == "" || rest[0] < '5' || rest == "5" && micros%2 == 0 {
		return micros
	}
	return micros + 1
}

// offsetOrInfinity is +02:30 behind a time, or -infinity.
func (r *momentReader) offsetOrInfinity() datetimeFault {
	negative := r.text[r.at] == '-'
	r.at++
	r.skipBlanks()
	if r.at < len(r.text) && isLetter(r.text[r.at]) {
		word := strings.ToLower(r.span(isLetter))
		if word != "infinity" && word != "inf" {
			return badShape
		}
		r.m.special = specialInfinity
		if negative {
			r.m.special = specialMinusInfinity
		}
		return noFault
	}
	seconds, ok := offsetSeconds(r.span(func(c byte) bool { return isDigit(c) || c == ':' }))
	switch {
	case !r.m.hasClock && !r.m.hasDate || r.m.zone != nil:
		return badShape
	case !ok || seconds >= 16*3600:
		return zoneRange
	}
	if negative {
		seconds = -seconds
	}
	r.m.zone = fixedZone(seconds)
	return noFault
}

func fixedZone(seconds int64) *time.Location {
	if seconds == 0 {
		return time.UTC
	}
	return time.FixedZone("", int(seconds))
}
