package value

import (
	"strconv"
	"time"
)

// appendTimestamp prints 2026-11-23 21:44:49.5+00: ISO style, with the offset for timestamptz.
func appendTimestamp(dst []byte, stamp int64, zoned bool, zone *time.Location) []byte {
	switch stamp {
	case stampPosInfinity:
		return append(dst, "infinity"...)
	case stampNegInfinity:
		return append(dst, "-infinity"...)
	}
	offset := int64(0)
	if zoned {
		offset = offsetAt(zone, stamp)
	}
	days, micros := split(stamp + offset*microsPerSecond)
	d := civilOf(days)
	dst = append(appendCivil(dst, d), ' ')
	dst = appendClock(dst, micros)
	if zoned {
		dst = appendOffset(dst, offset)
	}
	return appendEra(dst, d)
}

func appendDate(dst []byte, days int64) []byte {
	switch days {
	case datePosInfinity:
		return append(dst, "infinity"...)
	case dateNegInfinity:
		return append(dst, "-infinity"...)
	}
	d := civilOf(days)
	return appendEra(appendCivil(dst, d), d)
}

func appendCivil(dst []byte, d civil) []byte {
	year := d.year
	if year <= 0 {
		year = 1 - year
	}
	dst = append(appendPadded(dst, year, 4), '-')
	dst = append(appendPadded(dst, d.month, 2), '-')
	return appendPadded(dst, d.day, 2)
}

func appendEra(dst []byte, d civil) []byte {
	if d.year <= 0 {
		return append(dst, " BC"...)
	}
	return dst
}

func appendTimeOfDay(dst []byte, micros int64) []byte { return appendClock(dst, micros) }

// appendClock prints hh:mm:ss with as many digits of the fraction as there are.
func appendClock(dst []byte, micros int64) []byte {
	dst = append(appendPadded(dst, micros/microsPerHour, 2), ':')
	dst = append(appendPadded(dst, micros/microsPerMinute%60, 2), ':')
	return appendSeconds(dst, micros%microsPerMinute, 2)
}

func appendSeconds(dst []byte, micros int64, width int) []byte {
	dst = appendPadded(dst, micros/microsPerSecond, width)
	fraction := micros % microsPerSecond
	if fraction == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), fraction, 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func appendPadded(dst []byte, n int64, width int) []byte {
	for limit := int64(10); width > 1; width-- {
		if n < limit {
			for rest := width - 1; rest > 0; rest-- {
				dst = append(dst, '0')
			}
			break
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, n, 10)
}

// appendOffset prints +hh, with minutes and seconds only if there are some.
func appendOffset(dst []byte, seconds int64) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = appendPadded(append(dst, sign), seconds/3600, 2)
	if seconds%3600 != 0 {
		dst = appendPadded(append(dst, ':'), seconds/60%60, 2)
	}
	if seconds%60 != 0 {
		dst = appendPadded(append(dst, ':'), seconds%60, 2)
	}
	return dst
}

// appendInterval prints in the style postgres: 1 year 2 mons -3 days +04:05:06.7.
func appendInterval(dst []byte, s Span) []byte {
	start := len(dst)
	negative := false
	part := func(n int64, unit string) {
		if n == 0 {
			return
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if negative && n > 0 {
			dst = append(dst, '+')
		}
		dst = append(append(strconv.AppendInt(dst, n, 10), ' '), unit...)
		if n != 1 {
			dst = append(dst, 's')
		}
		negative = n < 0
	}
	part(int64(s.Months/monthsPerYear), "year")
	part(int64(s.Months%monthsPerYear), "mon")
	part(int64(s.Days), "day")
	if s.Micros == 0 && len(dst) > start {
		return dst
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	return appendSpanClock(dst, s.Micros, negative)
}

func appendSpanClock(dst []byte, micros int64, plus bool) []byte {
	if micros < 0 {
		dst = append(dst, '-')
	} else if plus {
		dst = append(dst, '+')
	}
	rest := uint64(micros)
	if micros < 0 {
		rest = -rest
	}
	dst = append(appendPadded(dst, int64(rest/uint64(microsPerHour)), 2), ':')
	dst = append(appendPadded(dst, int64(rest/uint64(microsPerMinute)%60), 2), ':')
	return appendSeconds(dst, int64(rest%uint64(microsPerMinute)), 2)
}
