package value

import (
	"strconv"
	"strings"
)

// monthNamed is the month of a full or abbreviated name in lower case; 0 if it is none.
func monthNamed(word string) int64 {
	if word == "sept" {
		return 9
	}
	for i, name := range monthNames {
		if word == name || word == name[:3] {
			return int64(i + 1)
		}
	}
	return 0
}

var monthNames = [...]string{"january", "february", "march", "april", "may", "june",
	"july", "august", "september", "october", "november", "december"}

var dayNames = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// isDayName: days of the week are read and ignored.
func isDayName(word string) bool {
	switch word {
	case "tues", "wednes", "weds", "thur", "thurs":
		return true
	}
	for _, name := range dayNames {
		if word == name || word == name[:3] {
			return true
		}
	}
	return false
}

// word reads a month, a zone or a special word of a date/time text.
func (r *momentReader) word() datetimeFault {
	start := r.at
	word := strings.ToLower(r.span(isLetter))
	if fault, ok := r.specialWord(word); ok {
		return fault
	}
	if month := monthNamed(word); month != 0 {
		if r.month != 0 || r.m.hasDate {
			return badShape
		}
		r.month = month
		return noFault
	}
	if isDayName(word) {
		return noFault
	}
	r.at = start
	return r.zoneWord()
}

// specialWord reads the words that stand for a moment or modify one.
func (r *momentReader) specialWord(word string) (datetimeFault, bool) {
	switch word {
	case "now":
		return r.special(specialNow), true
	case "epoch":
		return r.special(specialEpoch), true
	case "infinity", "inf":
		return r.special(specialInfinity), true
	case "today", "tomorrow", "yesterday":
		r.m.day = map[string]int64{"tomorrow": 1, "yesterday": -1}[word]
		r.m.hasDate = true
		return r.special(specialToday), true
	case "allballs":
		r.m.hasClock = true
		return noFault, true
	case "am", "pm":
		r.hours12 = int8(strings.Index("ap", word[:1]) + 1)
		return noFault, true
	case "ad", "bc":
		r.m.bc = word == "bc"
		return noFault, true
	case "at", "on":
		return noFault, true
	case "t":
		if r.m.hasDate && r.at < len(r.text) && isDigit(r.text[r.at]) {
			return noFault, true
		}
		if r.clockOnly && !r.m.hasDate {
			return noFault, true
		}
		return badShape, true
	case "j", "jd", "julian", "y", "m", "d", "h", "mm", "s", "dow", "doy", "isodow", "isoyear", "dst", "dt":
		return notSimulated, true
	}
	return noFault, false
}

func (r *momentReader) special(s specialMoment) datetimeFault {
	if r.m.special != noSpecial {
		return badShape
	}
	if s == specialNow || s == specialToday {
		if r.context == nil {
			return notSimulated
		}
	}
	r.m.special = s
	return noFault
}

// zoneWord reads a time zone: an abbreviation, an IANA name, or letters with an offset.
func (r *momentReader) zoneWord() datetimeFault {
	name := r.span(func(c byte) bool { return isLetter(c) || isDigit(c) || strings.IndexByte("/_+-:", c) >= 0 })
	lower := strings.ToLower(name)
	if r.m.zone != nil {
		return badShape
	}
	if lower == "z" || lower == "zulu" || lower == "utc" || lower == "gmt" {
		r.m.zone = fixedZone(0)
		return noFault
	}
	if offset, ok := abbreviations()[lower]; ok {
		r.m.zone = fixedZone(offset)
		return noFault
	}
	if !strings.ContainsAny(name, "/0123456789") && zoneFiles()[lower] == nil {
		return badShape
	}
	zone, err := findZone(name)
	if err != nil {
		r.zoneName = lower
		return unknownZone
	}
	r.m.zone = zone
	return noFault
}

// finish completes the date from its parts and checks its ranges.
func (r *momentReader) finish() datetimeFault {
	if fault := r.looseDate(); fault != noFault {
		return fault
	}
	if fault := r.halfDay(); fault != noFault {
		return fault
	}
	if !r.m.hasDate || r.m.special != noSpecial {
		return noFault
	}
	return r.m.checkDate()
}

// looseDate reads "January 8 1999" and its permutations.
func (r *momentReader) looseDate() datetimeFault {
	if r.month == 0 {
		if len(r.numbers) > 0 {
			return badShape
		}
		return noFault
	}
	if len(r.numbers) != 2 {
		return badShape
	}
	day, year := r.numbers[0], r.numbers[1]
	if len(day) > 2 {
		day, year = year, day
	}
	return r.setDate(year, strconv.FormatInt(r.month, 10), day)
}

func (r *momentReader) halfDay() datetimeFault {
	if r.hours12 == 0 {
		return noFault
	}
	hour := r.m.micros / microsPerHour
	switch {
	case !r.m.hasClock || hour > 12:
		return fieldRange
	case r.hours12 == 1 && hour == 12:
		r.m.micros -= 12 * microsPerHour
	case r.hours12 == 2 && hour != 12:
		r.m.micros += 12 * microsPerHour
	}
	return noFault
}

// checkDate is ValidateDate of datetime.c.
func (m *moment) checkDate() datetimeFault {
	switch {
	case m.bc && m.year <= 0, !m.bc && !m.year2 && m.year <= 0:
		return fieldRange
	case m.bc:
		m.year = 1 - m.year
	case m.year2 && m.year < 70:
		m.year += 2000
	case m.year2:
		m.year += 1900
	}
	switch {
	case m.month < 1 || m.month > 12 || m.day < 1 || m.day > 31:
		return monthDayRange
	case m.day > monthDays(m.year, m.month):
		return fieldRange
	}
	return noFault
}
