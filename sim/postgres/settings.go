package postgres

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// settings are a session's parameters. Those that the server acts on stand in fields of
// their own; the text of all of them is kept for SHOW.
type settings struct {
	applicationName          string
	statementTimeout         time.Duration
	lockTimeout              time.Duration
	idleInTransactionTimeout time.Duration
	deadlockTimeout          time.Duration
	isolation                store.Isolation // default_transaction_isolation
	readOnly                 bool            // default_transaction_read_only
	zone                     *time.Location
	path                     []string // search_path without pg_catalog
	paths                    int      // how often search_path has changed: names may mean something else
	config                   PoolConfig

	texts map[string]string // what was set; the rest has its default
}

// settingUndo restores one setting.
type settingUndo struct {
	name  string
	text  string
	was   bool // it had been set
	local bool // SET LOCAL: restored at COMMIT too
}

// settingKind says how a setting's text is read.
type settingKind uint8

const (
	settingText settingKind = iota
	settingBool
	settingInt
	settingMillis
	settingEnum
	settingReal
	settingMemory
	settingOnly  // has the one value that is simulated, however its choices write it
	settingFixed // cannot be changed
)

type settingInfo struct {
	kind    settingKind
	initial string
	shown   string   // its name as SHOW writes it, if not in lower case
	choices []string // of an enum, or what may be said for the one value
}

// known are the settings of the server that clients of this world use. Those that change
// no result here, such as the planner's, are kept and shown only.
var known = map[string]settingInfo{
	"application_name":                    {kind: settingText},
	"statement_timeout":                   {kind: settingMillis, initial: "0"},
	"lock_timeout":                        {kind: settingMillis, initial: "0"},
	"idle_in_transaction_session_timeout": {kind: settingMillis, initial: "0"},
	"idle_session_timeout":                {kind: settingMillis, initial: "0"},
	"deadlock_timeout":                    {kind: settingMillis, initial: "1s"},
	"default_transaction_isolation":       {kind: settingEnum, initial: "read committed", choices: isolationNames},
	"default_transaction_read_only":       {kind: settingBool, initial: "off"},
	"default_transaction_deferrable":      {kind: settingBool, initial: "off"},
	"transaction_isolation":               {kind: settingEnum, initial: "read committed", choices: isolationNames},
	"transaction_read_only":               {kind: settingBool, initial: "off"},
	"transaction_deferrable":              {kind: settingBool, initial: "off"},
	"timezone":                            {kind: settingText, initial: "UTC", shown: "TimeZone"},
	"search_path":                         {kind: settingText, initial: `"$user", public`},
	"client_encoding":                     {kind: settingOnly, initial: "UTF8", choices: []string{"utf8", "utf-8", "unicode"}},
	"client_min_messages":                 {kind: settingText, initial: "notice"},
	"datestyle":                           {kind: settingOnly, initial: "ISO, MDY", shown: "DateStyle", choices: []string{"iso", "iso, mdy", "mdy"}},
	"intervalstyle":                       {kind: settingOnly, initial: "postgres", shown: "IntervalStyle", choices: []string{"postgres"}},
	"standard_conforming_strings":         {kind: settingOnly, initial: "on", choices: []string{"on", "true", "yes", "1"}},
	"synchronous_commit":                  {kind: settingEnum, initial: "on", choices: []string{"local", "remote_write", "remote_apply", "on", "off"}},
	"extra_float_digits":                  {kind: settingInt, initial: "1"},
	"bytea_output":                        {kind: settingOnly, initial: "hex", choices: []string{"hex"}},
	"row_security":                        {kind: settingBool, initial: "on"},
	"check_function_bodies":               {kind: settingBool, initial: "on"},
	"xmloption":                           {kind: settingText, initial: "content"},
	"default_tablespace":                  {kind: settingText},
	"default_table_access_method":         {kind: settingText, initial: "heap"},
	"enable_seqscan":                      {kind: settingBool, initial: "on"},
	"enable_indexscan":                    {kind: settingBool, initial: "on"},
	"enable_bitmapscan":                   {kind: settingBool, initial: "on"},
	"enable_indexonlyscan":                {kind: settingBool, initial: "on"},
	"enable_hashjoin":                     {kind: settingBool, initial: "on"},
	"enable_mergejoin":                    {kind: settingBool, initial: "on"},
	"enable_nestloop":                     {kind: settingBool, initial: "on"},
	"enable_sort":                         {kind: settingBool, initial: "on"},
	"enable_hashagg":                      {kind: settingBool, initial: "on"},
	"enable_material":                     {kind: settingBool, initial: "on"},
	"enable_memoize":                      {kind: settingBool, initial: "on"},
	"enable_incremental_sort":             {kind: settingBool, initial: "on"},
	"random_page_cost":                    {kind: settingReal, initial: "4"},
	"seq_page_cost":                       {kind: settingReal, initial: "1"},
	"cpu_tuple_cost":                      {kind: settingReal, initial: "0.01"},
	"cpu_index_tuple_cost":                {kind: settingReal, initial: "0.005"},
	"cpu_operator_cost":                   {kind: settingReal, initial: "0.0025"},
	"max_parallel_workers":                {kind: settingInt, initial: "8"},
	"max_parallel_workers_per_gather":     {kind: settingInt, initial: "2"},
	"jit":                                 {kind: settingBool, initial: "on"},
	"plan_cache_mode":                     {kind: settingText, initial: "auto"},
	"work_mem":                            {kind: settingMemory, initial: "4MB"},
	"maintenance_work_mem":                {kind: settingMemory, initial: "64MB"},
	"log_statement":                       {kind: settingText, initial: "none"},
	"server_version":                      {kind: settingFixed, initial: "15.14"},
	"server_version_num":                  {kind: settingFixed, initial: "150014"},
	"server_encoding":                     {kind: settingFixed, initial: "UTF8"},
	"integer_datetimes":                   {kind: settingFixed, initial: "on"},
	"max_connections":                     {kind: settingFixed, initial: "100"},
	"wal_level":                           {kind: settingFixed, initial: "replica"},
	"in_hot_standby":                      {kind: settingFixed, initial: "off"},
	"is_superuser":                        {kind: settingFixed, initial: "on"},
	"block_size":                          {kind: settingFixed, initial: "8192"},
	"max_identifier_length":               {kind: settingFixed, initial: "63"},
}

var isolationNames = []string{"serializable", "repeatable read", "read committed", "read uncommitted"}

func newSettings(server *Server, c PoolConfig) settings {
	if c.DeadlockTimeout == 0 {
		c.DeadlockTimeout = time.Second
	}
	return settings{
		config: c, applicationName: c.ApplicationName, statementTimeout: c.StatementTimeout, lockTimeout: c.LockTimeout,
		idleInTransactionTimeout: c.IdleInTransactionTimeout, deadlockTimeout: c.DeadlockTimeout,
		zone: time.UTC, path: []string{server.options.User, "public"},
	}
}

// showSetting is SHOW and current_setting. ok is false for a name that does not exist.
func (s *session) showSetting(name string) (text string, ok bool) {
	name = strings.ToLower(name)
	switch name {
	case "application_name":
		return s.settings.applicationName, true
	case "statement_timeout":
		return millis(s.settings.statementTimeout), true
	case "lock_timeout":
		return millis(s.settings.lockTimeout), true
	case "idle_in_transaction_session_timeout":
		return millis(s.settings.idleInTransactionTimeout), true
	case "deadlock_timeout":
		return millis(s.settings.deadlockTimeout), true
	case "transaction_isolation":
		return isolationText(s.isolation()), true
	case "transaction_read_only":
		return onOff(s.readOnly()), true
	case "session_authorization", "role":
		if name == "role" {
			return "none", true
		}
		return s.server.options.User, true
	}
	if text, ok := s.settings.texts[name]; ok {
		if hours, numeric := zoneHours(text); numeric && name == "timezone" {
			text = fmt.Sprintf("<%+03d>%+03d", hours, -hours)
		}
		return text, true
	}
	info, ok := known[name]
	return info.initial, ok
}

// zoneOf reads a time zone's name, or a number of hours east of Greenwich.
func zoneOf(text string) (*time.Location, error) {
	if hours, ok := zoneHours(text); ok {
		return time.FixedZone("", hours*3600), nil
	}
	return value.LoadZone(text)
}

func zoneHours(text string) (int, bool) {
	hours, err := strconv.Atoi(text)
	return hours, err == nil && hours >= -15 && hours <= 15
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func isolationText(level store.Isolation) string {
	switch level {
	case store.RepeatableRead:
		return "repeatable read"
	case store.Serializable:
		return "serializable"
	case store.ReadUncommitted:
		return "read uncommitted"
	}
	return "read committed"
}

// millis prints a duration as PostgreSQL does: in the largest unit that divides it.
func millis(d time.Duration) string {
	ms := d.Milliseconds()
	units := []struct {
		size int64
		name string
	}{{86_400_000, "d"}, {3_600_000, "h"}, {60_000, "min"}, {1000, "s"}, {1, "ms"}}
	if ms == 0 {
		return "0"
	}
	for _, u := range units {
		if ms%u.size == 0 {
			return strconv.FormatInt(ms/u.size, 10) + u.name
		}
	}
	return ""
}

// setSetting is SET and set_config. A change within a transaction is undone with it, a
// local one also at its end.
func (s *session) setSetting(name, text string, local bool) error {
	name = strings.ToLower(name)
	info, ok := known[name]
	if !ok && !strings.Contains(name, ".") && name != "role" && name != "session_authorization" {
		return noSetting(name)
	}
	if info.kind == settingFixed && ok {
		return refusal("55P02", `parameter "`+name+`" cannot be changed`)
	}
	text, err := canonical(name, info, text)
	if err != nil {
		return err
	}
	if local && !s.block {
		return nil // WARNING: SET LOCAL can only be used in transaction blocks
	}
	old, was := s.settings.texts[name]
	if current, _ := s.showSetting(name); !was {
		old = current
	}
	if err := s.apply(name, text); err != nil {
		return err
	}
	s.undo = append(s.undo, settingUndo{name: name, text: old, was: was, local: local})
	return nil
}

// apply gives a setting a checked value.
func (s *session) apply(name, text string) error {
	switch name {
	case "application_name":
		s.settings.applicationName = text
	case "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "deadlock_timeout":
		d, err := readMillis(name, text)
		if err != nil {
			return err
		}
		s.applyTimeout(name, d)
	case "default_transaction_isolation":
		s.settings.isolation = isolationOf(text)
	case "default_transaction_read_only":
		s.settings.readOnly = text == "on"
	case "transaction_isolation":
		return s.setTransaction(isolationOf(text), s.readOnly())
	case "transaction_read_only":
		return s.setTransaction(s.isolation(), text == "on")
	case "timezone":
		zone, err := zoneOf(text)
		if err != nil {
			return refusal("22023", `invalid value for parameter "TimeZone": "`+text+`"`)
		}
		s.settings.zone = zone
	case "search_path":
		s.settings.path = splitPath(text, s.server.options.User)
		s.settings.paths++
	}
	if s.settings.texts == nil {
		s.settings.texts = make(map[string]string)
	}
	s.settings.texts[name] = text
	return nil
}

func (s *session) applyTimeout(name string, d time.Duration) {
	switch name {
	case "statement_timeout":
		s.settings.statementTimeout = d
	case "lock_timeout":
		s.settings.lockTimeout = d
	case "idle_in_transaction_session_timeout":
		s.settings.idleInTransactionTimeout = d
	case "deadlock_timeout":
		s.settings.deadlockTimeout = d
	}
}

// resetSetting is RESET: back to what the session began with.
func (s *session) resetSetting(name string) error {
	name = strings.ToLower(name)
	info, ok := known[name]
	if !ok && !strings.Contains(name, ".") {
		return noSetting(name)
	}
	text := info.initial
	if given, ok := s.settings.given(name); ok {
		text = given
	}
	return s.setSetting(name, text, false)
}

// given is what the client asked for when it connected.
func (s *settings) given(name string) (string, bool) {
	switch name {
	case "application_name":
		return s.config.ApplicationName, true
	case "statement_timeout":
		return millis(s.config.StatementTimeout), true
	case "lock_timeout":
		return millis(s.config.LockTimeout), true
	case "idle_in_transaction_session_timeout":
		return millis(s.config.IdleInTransactionTimeout), true
	case "deadlock_timeout":
		return millis(s.config.DeadlockTimeout), true
	}
	return "", false
}

func (s *session) resetAll() {
	var names []string
	for name := range s.settings.texts {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if name != "transaction_isolation" && name != "transaction_read_only" {
			_ = s.resetSetting(name)
		}
	}
}

// restore undoes the changes from n on: all of them, or the local ones only.
func (s *session) restore(n int, localOnly bool) {
	for i := len(s.undo) - 1; i >= n; i-- {
		u := s.undo[i]
		if localOnly && !u.local || u.name == "transaction_isolation" || u.name == "transaction_read_only" {
			continue
		}
		_ = s.apply(u.name, u.text)
		if !u.was {
			delete(s.settings.texts, u.name)
		}
	}
	s.undo = s.undo[:n]
}

// canonical checks a value and writes it as SHOW will.
func canonical(name string, info settingInfo, text string) (string, error) {
	switch info.kind {
	case settingBool:
		b, ok := readBool(text)
		if !ok {
			return "", refusal("22023", `parameter "`+name+`" requires a Boolean value`)
		}
		return onOff(b), nil
	case settingInt:
		n, err := strconv.Atoi(text)
		if err != nil {
			return "", invalidSetting(name, text)
		}
		if name == "extra_float_digits" && n < 1 {
			return "", unsupported("extra_float_digits = " + text)
		}
	case settingReal:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return "", invalidSetting(name, text)
		}
		if strings.HasPrefix(text, "-") {
			return "", unsupported(name + " = " + text)
		}
		return strconv.FormatFloat(f, 'g', -1, 64), nil
	case settingMemory:
		return readMemory(name, text)
	case settingOnly:
		if !slices.Contains(info.choices, strings.ToLower(text)) {
			return "", unsupported(name + " = " + text)
		}
		return info.initial, nil
	case settingMillis:
		d, err := readMillis(name, text)
		return millis(d), err
	case settingEnum:
		for _, choice := range info.choices {
			if strings.EqualFold(text, choice) {
				return choice, nil
			}
		}
		e := refusal("22023", `invalid value for parameter "`+name+`": "`+text+`"`)
		e.Hint = "Available values: " + strings.Join(info.choices, ", ") + "."
		return "", e
	}
	return text, nil
}

// memoryUnits are those of postgresql.conf, in kilobytes.
var memoryUnits = []struct {
	name string
	size int
}{{"TB", 1 << 30}, {"GB", 1 << 20}, {"MB", 1 << 10}, {"kB", 1}, {"", 1}}

// readMemory reads an amount of memory, in kilobytes if it has no unit, and prints it in the largest
// unit that divides it.
func readMemory(name, text string) (string, error) {
	digits := strings.TrimRight(text, "kMGTB ")
	n, err := strconv.Atoi(digits)
	for _, u := range memoryUnits {
		if err == nil && u.name == strings.TrimSpace(text[len(digits):]) {
			return printMemory(name, n*u.size)
		}
	}
	if err == nil || strings.Trim(digits, "0123456789.-+eE") == "" && digits != "" {
		return "", unsupported(name + " = " + text) // fractions, bytes
	}
	return "", invalidSetting(name, text)
}

func printMemory(name string, kilobytes int) (string, error) {
	if kilobytes < 1024 || kilobytes >= 1<<31 {
		return "", unsupported(fmt.Sprint(name, " = ", kilobytes, " kB"))
	}
	for _, u := range memoryUnits {
		if kilobytes%u.size == 0 {
			return strconv.Itoa(kilobytes/u.size) + u.name, nil
		}
	}
	return "", nil
}

func invalidSetting(name, text string) error {
	return refusal("22023", `invalid value for parameter "`+name+`": "`+text+`"`)
}

// readBool reads what PostgreSQL takes for a boolean setting: unique prefixes too.
func readBool(text string) (b, ok bool) {
	t := strings.ToLower(text)
	switch {
	case t == "on", t == "1", begins("true", t), begins("yes", t):
		return true, true
	case t == "of", t == "off", t == "0", begins("false", t), begins("no", t):
		return false, true
	}
	return false, false
}

func begins(word, start string) bool { return start != "" && strings.HasPrefix(word, start) }

// readMillis reads a time as postgresql.conf has it: a number that may have a fraction, and a
// unit. It is rounded to milliseconds (guc.c, parse_int).
func readMillis(name, text string) (time.Duration, error) {
	number := strings.TrimSpace(text)
	unit := strings.TrimLeft(number, "-.0123456789")
	n, err := decimalMicros(strings.TrimSpace(number[:len(number)-len(unit)]))
	if err != nil {
		return 0, invalidSetting(name, text)
	}
	size, ok := settingUnit(strings.TrimSpace(unit))
	if !ok {
		e := refusal("22023", `invalid value for parameter "`+name+`": "`+text+`"`)
		e.Hint = `Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`
		return 0, e
	}
	perUnit := int64(size / time.Microsecond)
	if n > math.MaxInt64/perUnit {
		return 0, invalidSetting(name, text)
	}
	d := time.Duration(n * perUnit / 1000).Round(time.Millisecond)
	if ms := d.Milliseconds(); ms < 0 || ms > math.MaxInt32 {
		return 0, refusal("22023", strconv.FormatInt(ms, 10)+` ms is outside the valid range for parameter "`+name+`" (0 .. 2147483647)`)
	}
	return d, nil
}

// decimalMicros reads a decimal number in millionths.
func decimalMicros(text string) (int64, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(whole) > 10 || len(fraction) > 6 {
		return 0, strconv.ErrRange
	}
	return strconv.ParseInt(whole+fraction+"000000"[len(fraction):], 10, 64)
}

func settingUnit(unit string) (size time.Duration, ok bool) {
	switch unit {
	case "", "ms":
		return time.Millisecond, true
	case "us":
		return time.Microsecond, true
	case "s":
		return time.Second, true
	case "min":
		return time.Minute, true
	case "h":
		return time.Hour, true
	case "d":
		return 24 * time.Hour, true
	}
	return 0, false
}

func isolationOf(text string) store.Isolation {
	switch text {
	case "repeatable read":
		return store.RepeatableRead
	case "serializable":
		return store.Serializable
	case "read uncommitted":
		return store.ReadUncommitted
	}
	return store.ReadCommitted
}

func splitPath(text, user string) []string {
	var path []string
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if len(part) >= 2 && part[0] == '"' {
			part = strings.ReplaceAll(part[1:len(part)-1], `""`, `"`)
		} else {
			part = strings.ToLower(part)
		}
		if part == "$user" {
			part = user
		}
		if part != "" {
			path = append(path, part)
		}
	}
	return path
}
