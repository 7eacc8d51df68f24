package value

import "strings"

// to_char knows the templates in common use (manual, tables 9.27 and 9.30); others are *Unsupported.

// charTokens are the templates of dates and times, longest first among those with equal beginnings.
// An empty action marks one that is not simulated.
var charTokens = []struct{ text, action string }{
	{"HH24", "hour24"}, {"HH12", "hour12"}, {"HH", "hour12"}, {"MI", "minute"}, {"MM", "month"}, {"MS", "millisecond"},
	{"SSSSS", "daySecond"}, {"SSSS", "daySecond"}, {"SS", "second"}, {"US", "microsecond"}, {"YYYY", "year4"}, {"YYY", "year3"}, {"YY", "year2"}, {"Y,YYY", ""}, {"Y", ""},
	{"IYYY", "isoYear"}, {"IYY", ""}, {"IY", ""}, {"IW", "isoWeek"}, {"IDDD", ""}, {"ID", "isoDay"}, {"I", ""},
	{"MONTH", "MONTH"}, {"Month", "Month"}, {"month", "monthLower"}, {"MON", "MON"}, {"Mon", "Mon"}, {"mon", "mon"},
	{"DAY", "DAY"}, {"Day", "Day"}, {"day", "dayLower"}, {"DDD", "dayOfYear"}, {"DD", "day"}, {"DY", "DY"}, {"Dy", "Dy"}, {"dy", "dy"}, {"D", "weekday"},
	{"AM", "AM"}, {"PM", "AM"}, {"am", "am"}, {"pm", "am"}, {"A.M.", ""}, {"P.M.", ""}, {"a.m.", ""}, {"p.m.", ""},
	{"TZH", "zoneHour"}, {"TZM", "zoneMinute"}, {"TZ", ""}, {"tz", ""}, {"OF", "offset"},
	{"WW", "week"}, {"W", "monthWeek"}, {"Q", "quarter"}, {"CC", "century"}, {"J", ""}, {"RM", ""}, {"rm", ""},
	{"BC", ""}, {"AD", ""}, {"bc", ""}, {"ad", ""}, {"B.C.", ""}, {"A.D.", ""}, {"FF", ""}, {"TM", ""}, {"FX", ""}, {"SP", ""}, {"TH", ""}, {"th", ""},
}

// charFormatter runs to_char on a date or time.
type charFormatter struct {
	extractable
	out  []byte
	fill bool // no FM in front
}

func stampToChar(t *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		if a[1].S == "" || infiniteStamp(a[0].N) {
			return Value{}, nil
		}
		f := charFormatter{extractable: takeApart(c, t, a[0])}
		if err := f.run(a[1].S); err != nil {
			return Value{}, err
		}
		return textOf(string(f.out))
	}
}

func (f *charFormatter) run(template string) error {
	for rest := template; rest != ""; {
		if rest[0] == '"' {
			rest = f.quoted(rest[1:])
			continue
		}
		if rest[0] == '\\' && len(rest) > 1 && rest[1] == '"' {
			f.out = append(f.out, '"')
			rest = rest[2:]
			continue
		}
		f.fill = true
		if strings.HasPrefix(rest, "FM") {
			f.fill, rest = false, rest[2:]
		}
		text, action, found := charToken(rest)
		if !found {
			f.out = append(f.out, rest[0])
			rest = rest[1:]
			continue
		}
		if rest = rest[len(text):]; action == "" || strings.HasPrefix(rest, "TH") || strings.HasPrefix(rest, "th") {
			return &Unsupported{Construct: "to_char template " + text + " in '" + template + "'"}
		}
		f.emit(action)
	}
	return nil
}

func (f *charFormatter) quoted(rest string) string {
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && i+1 < len(rest):
			i++
		case rest[i] == '"':
			return rest[i+1:]
		}
		f.out = append(f.out, rest[i])
	}
	return ""
}

// charToken finds the template at the beginning; numeric ones may be in lower case.
func charToken(s string) (text, action string, found bool) {
	for _, token := range charTokens {
		if strings.HasPrefix(s, token.text) {
			return s[:len(token.text)], token.action, true
		}
	}
	for _, token := range charTokens {
		if len(s) >= len(token.text) && numericToken(token.action) && strings.EqualFold(s[:len(token.text)], token.text) {
			return s[:len(token.text)], token.action, true
		}
	}
	return "", "", false
}

func numericToken(action string) bool {
	switch action {
	case "", "MONTH", "Month", "monthLower", "MON", "Mon", "mon", "DAY", "Day", "dayLower", "DY", "Dy", "dy", "AM", "am":
		return false
	}
	return true
}

func (f *charFormatter) number(n int64, width int) {
	if !f.fill {
		width = 1
	}
	if n < 0 {
		f.out, n = append(f.out, '-'), -n
	}
	f.out = appendPadded(f.out, n, width)
}

// name prints a month or day, in fill mode padded to the longest.
func (f *charFormatter) name(name string) {
	f.out = append(f.out, name...)
	for n := len(name); f.fill && n < 9; n++ {
		f.out = append(f.out, ' ')
	}
}

func capital(s string) string { return asciiUpper(s[:1]) + s[1:] }

func (f *charFormatter) emit(action string) {
	hour := f.micros / microsPerHour
	month, day := monthNames[(f.date.month+11)%12], dayNames[weekday(f.days)]
	switch action {
	case "hour24":
		f.number(hour, 2)
	case "hour12":
		f.number((hour+11)%12+1, 2)
	case "minute":
		f.number(f.micros/microsPerMinute%60, 2)
	case "second":
		f.number(f.micros/microsPerSecond%60, 2)
	case "millisecond":
		f.number(f.micros%microsPerSecond/1000, 3)
	case "microsecond":
		f.number(f.micros%microsPerSecond, 6)
	case "daySecond":
		f.number(f.micros/microsPerSecond, 1)
	case "AM":
		f.out = append(f.out, "AP"[hour/12%2], 'M')
	case "am":
		f.out = append(f.out, "ap"[hour/12%2], 'm')
	case "MONTH":
		f.name(asciiUpper(month))
	case "Month":
		f.name(capital(month))
	case "monthLower":
		f.name(month)
	case "MON":
		f.out = append(f.out, asciiUpper(month[:3])...)
	case "Mon":
		f.out = append(f.out, capital(month[:3])...)
	case "mon":
		f.out = append(f.out, month[:3]...)
	case "DAY":
		f.name(asciiUpper(day))
	case "Day":
		f.name(capital(day))
	case "dayLower":
		f.name(day)
	case "DY":
		f.out = append(f.out, asciiUpper(day[:3])...)
	case "Dy":
		f.out = append(f.out, capital(day[:3])...)
	case "dy":
		f.out = append(f.out, day[:3]...)
	default:
		f.emitDate(action)
	}
}

func (f *charFormatter) emitDate(action string) {
	year := f.date.year
	if year <= 0 {
		year = 1 - year
	}
	isoYear, isoWeekNumber := isoWeek(f.days)
	dayOfYear := f.days - civil{f.date.year, 1, 1}.days() + 1
	switch action {
	case "year4":
		f.number(year, 4)
	case "year3":
		f.number(year%1000, 3)
	case "year2":
		f.number(year%100, 2)
	case "isoYear":
		f.number(isoYear, 4)
	case "isoWeek":
		f.number(isoWeekNumber, 2)
	case "isoDay":
		f.number(floorMod(weekday(f.days)+6, 7)+1, 1)
	case "month":
		f.number(f.date.month, 2)
	case "day":
		f.number(f.date.day, 2)
	case "dayOfYear":
		f.number(dayOfYear, 3)
	case "weekday":
		f.number(weekday(f.days)+1, 1)
	case "week":
		f.number((dayOfYear-1)/7+1, 2)
	case "monthWeek":
		f.number((f.date.day-1)/7+1, 1)
	case "quarter":
		f.number((f.date.month-1)/3+1, 1)
	case "century":
		f.number(eraOf(f.date.year, 100), 2)
	case "zoneHour", "zoneMinute", "offset":
		f.emitZone(action)
	}
}

func (f *charFormatter) emitZone(action string) {
	offset, sign := f.offset, byte('+')
	if offset < 0 {
		offset, sign = -offset, '-'
	}
	if action == "zoneMinute" {
		f.out = appendPadded(f.out, offset/60%60, 2)
		return
	}
	f.out = appendPadded(append(f.out, sign), offset/3600, 2)
	if action == "offset" && offset/60%60 != 0 {
		f.out = appendPadded(append(f.out, ':'), offset/60%60, 2)
	}
}

// numberToChar knows 9, 0, a point, commas and FM.
func numberToChar(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		template := a[1].S
		fill := true
		if rest, ok := strings.CutPrefix(template, "FM"); ok {
			fill, template = false, rest
		}
		if template == "" || strings.Trim(template, "90.,") != "" || strings.Count(template, ".") > 1 || args[0].Kind == KindFloat {
			return Value{}, &Unsupported{Construct: "to_char template '" + a[1].S + "'"}
		}
		d, err := ParseDecimal(args[0].Text(c, a[0]))
		if err != nil || d.form != finite {
			return Value{}, &Unsupported{Construct: "to_char of NaN or infinity"}
		}
		return textOf(fillNumber(d, template, fill))
	}
}

// fillNumber lays a number's digits into a template.
func fillNumber(d *Decimal, template string, fill bool) string {
	wholeT, fractionT, point := strings.Cut(template, ".")
	places := strings.Count(wholeT, "9") + strings.Count(wholeT, "0")
	scale := len(strings.ReplaceAll(fractionT, ",", ""))
	r := d.round(int32(scale))
	whole, fraction, _ := strings.Cut(r.abs().String(), ".")
	if whole == "0" && places > 0 && scale > 0 && !strings.Contains(wholeT, "0") {
		whole = ""
	}
	overflow := len(strings.TrimLeft(whole, "0")) > places
	if overflow {
		whole, fraction = strings.Repeat("#", places), strings.Repeat("#", scale)
	}
	body := fillWhole(wholeT, whole, places)
	if point {
		body += "." + fillFraction(fractionT, fraction, fill)
	}
	sign := " "
	if r.sign() < 0 {
		sign = "-"
	}
	trimmed := strings.TrimLeft(body, " ")
	body = strings.Repeat(" ", len(body)-len(trimmed)) + sign + trimmed
	if !fill {
		body = strings.ReplaceAll(body, " ", "")
	}
	return body
}

func fillWhole(template, digits string, places int) string {
	missing := places - len(digits)
	begun := false
	var out []byte
	for _, c := range []byte(template) {
		switch {
		case c == ',':
			if begun {
				out = append(out, ',')
			} else {
				out = append(out, ' ')
			}
			continue
		case missing > 0:
			missing--
			if begun = begun || c == '0'; begun {
				out = append(out, '0')
			} else {
				out = append(out, ' ')
			}
			continue
		}
		begun = true
		out = append(out, digits[0])
		digits = digits[1:]
	}
	return string(out)
}

// fillFraction: with FM zeros at the end go, up to the last 0 of the template.
func fillFraction(template, digits string, fill bool) string {
	if fill {
		return digits
	}
	keep := strings.LastIndexByte(template, '0') + 1
	end := len(digits)
	for end > keep && digits[end-1] == '0' {
		end--
	}
	return digits[:end]
}

var charEvals = map[string]Eval{"timestamp_to_char": stampToChar(Timestamp), "timestamptz_to_char": stampToChar(Timestamptz)}

var charMakers = map[string]maker{"numeric_to_char": numberToChar, "int4_to_char": numberToChar, "int8_to_char": numberToChar}
