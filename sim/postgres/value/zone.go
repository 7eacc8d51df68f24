package value

import (
	"archive/zip"
	_ "embed"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The IANA time zones come with the package, so that every machine has the same; catalog/README.md.
var (
	//go:embed catalog/zoneinfo.zip
	zoneArchive string
	//go:embed catalog/abbreviations.txt
	abbreviationLines string
)

// zoneFiles are the archive's files by their name in lower case.
var zoneFiles = sync.OnceValue(func() map[string]*zip.File {
	archive, err := zip.NewReader(strings.NewReader(zoneArchive), int64(len(zoneArchive)))
	if err != nil {
		panic("value: the time zone archive is damaged: " + err.Error())
	}
	files := make(map[string]*zip.File, len(archive.File))
	for _, f := range archive.File {
		files[strings.ToLower(f.Name)] = f
	}
	return files
})

// abbreviations are the server's default time zone abbreviations with their offsets in seconds.
var abbreviations = sync.OnceValue(func() map[string]int64 {
	table := map[string]int64{}
	for line := range strings.Lines(abbreviationLines) {
		name, offset, _ := strings.Cut(strings.TrimSpace(line), " ")
		table[name], _ = strconv.ParseInt(offset, 10, 64)
	}
	return table
})

// LoadZone finds a time zone as SET TIME ZONE does (22023 if there is none): by hours east of UTC,
// by its IANA name, or by a POSIX one such as UTC+3, in which positive is west.
func LoadZone(name string) (*time.Location, error) {
	if seconds, ok := zoneHours(name); ok {
		return time.FixedZone(hoursName(seconds), int(seconds)), nil
	}
	return findZone(name)
}

// zoneHours reads a number of hours, perhaps with a fraction.
func zoneHours(name string) (seconds int64, ok bool) {
	d, err := ParseDecimal(name)
	if err != nil || d.form != finite {
		return 0, false
	}
	seconds, ok = d.multiply(NewDecimal(3600, 0)).toInt()
	return seconds, ok && seconds > -168*3600 && seconds < 168*3600
}

// hoursName is how SHOW prints such a zone: <+02>-02.
func hoursName(seconds int64) string {
	east := appendOffset(nil, seconds)
	west := appendOffset(nil, -seconds)
	if seconds == 0 {
		return "<+00>-00"
	}
	return "<" + string(east) + ">" + string(west)
}

// findZone finds a zone by name.
func findZone(name string) (*time.Location, error) {
	lower := strings.ToLower(name)
	if lower == "utc" {
		return time.UTC, nil
	}
	if file := zoneFiles()[lower]; file != nil {
		return readZone(file)
	}
	if offset, ok := posixOffset(name); ok {
		return time.FixedZone(name, int(offset)), nil
	}
	return nil, newError(CodeInvalidParameter, `time zone "`, name, `" not recognized`)
}

func readZone(file *zip.File) (*time.Location, error) {
	r, err := file.Open()
	if err != nil {
		return nil, &Unsupported{Construct: "time zone " + file.Name}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, &Unsupported{Construct: "time zone " + file.Name}
	}
	zone, err := time.LoadLocationFromTZData(file.Name, data)
	if err != nil {
		return nil, &Unsupported{Construct: "time zone " + file.Name}
	}
	return zone, nil
}

// posixOffset reads letters and an offset whose sign is the opposite of ISO's.
func posixOffset(name string) (seconds int64, ok bool) {
	at := strings.IndexAny(name, "+-0123456789")
	if at < 0 || strings.Trim(strings.ToLower(name[:at]), "abcdefghijklmnopqrstuvwxyz<>") != "" {
		return 0, false
	}
	text := name[at:]
	sign := int64(-1)
	if text[0] == '-' {
		sign = 1
	}
	seconds, ok = offsetSeconds(strings.TrimLeft(text, "+-"))
	return sign * seconds, ok
}

// offsetSeconds reads h, hh, hhmm, hh:mm or hh:mm:ss.
func offsetSeconds(text string) (int64, bool) {
	parts := strings.Split(text, ":")
	if len(parts) == 1 && len(text) > 2 && len(text) <= 4 {
		parts = []string{text[:len(text)-2], text[len(text)-2:]}
	}
	seconds, unit := int64(0), int64(3600)
	for _, part := range parts {
		n, err := strconv.ParseInt(part, 10, 32)
		if err != nil || n < 0 || unit == 0 || unit < 3600 && n > 59 {
			return 0, false
		}
		seconds += n * unit
		unit /= 60
	}
	return seconds, true
}

// zoneNamed finds a zone as AT TIME ZONE does: abbreviations first. The context keeps what it found.
func (c *Context) zoneNamed(name string) (*time.Location, error) {
	if zone := c.zones[name]; zone != nil {
		return zone, nil
	}
	zone, err := lookupZone(name)
	if err != nil {
		return nil, err
	}
	if c.zones == nil {
		c.zones = map[string]*time.Location{}
	}
	c.zones[name] = zone
	return zone, nil
}

func lookupZone(name string) (*time.Location, error) {
	lower := strings.ToLower(name)
	if lower == "utc" {
		return time.UTC, nil
	}
	if offset, ok := abbreviations()[lower]; ok {
		return time.FixedZone(name, int(offset)), nil
	}
	return findZone(name)
}

// offsetAt is the zone's offset, in seconds east of UTC, at an instant.
func offsetAt(zone *time.Location, stamp int64) int64 {
	if zone == time.UTC {
		return 0
	}
	_, offset := time.Unix(floorDiv(stamp, microsPerSecond)+unixEpochDays*86400, 0).In(zone).Zone()
	return int64(offset)
}

// toLocal is the wall clock of a zone at an instant.
func toLocal(zone *time.Location, stamp int64) int64 {
	if infiniteStamp(stamp) {
		return stamp
	}
	return stamp + offsetAt(zone, stamp)*microsPerSecond
}

// toInstant is the instant of a zone's wall clock. A time skipped by a transition counts with the offset
// before it, a time that occurs twice with the offset after it (DetermineTimeZoneOffset in datetime.c).
func toInstant(zone *time.Location, local int64) int64 {
	if zone == time.UTC || infiniteStamp(local) {
		return local
	}
	before := offsetAt(zone, local-microsPerDay) * microsPerSecond
	after := offsetAt(zone, local+microsPerDay) * microsPerSecond
	if before == after {
		return local - before
	}
	early, late := local-before, local-after
	isEarly := offsetAt(zone, early)*microsPerSecond == before
	isLate := offsetAt(zone, late)*microsPerSecond == after
	switch {
	case isEarly && !isLate, isEarly == isLate && early > late:
		return early
	}
	return late
}
