package conform

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// FuzzStats are the figures of a run: without them a fuzzer that finds nothing may only have
// tried nothing.
type FuzzStats struct {
	Scripts, Steps int
	Blocked        int            // scripts in which a session waited for a lock
	Codes          map[string]int // answers by SQLSTATE
	Kinds          map[string]int // statements by kind

	ExcusedSerialization int // read/write 40001 on one arm only
	ExcusedVictim        int // another victim of a deadlock
	ExcusedRace          int // several woken at once
	ExcusedDoubled       int // a snapshot with two rows of one key
}

// Add adds the figures of another run.
func (f *FuzzStats) Add(g FuzzStats) {
	f.Scripts += g.Scripts
	f.Steps += g.Steps
	f.Blocked += g.Blocked
	f.ExcusedSerialization += g.ExcusedSerialization
	f.ExcusedVictim += g.ExcusedVictim
	f.ExcusedRace += g.ExcusedRace
	f.ExcusedDoubled += g.ExcusedDoubled
	f.Codes, f.Kinds = addCounts(f.Codes, g.Codes), addCounts(f.Kinds, g.Kinds)
}

func addCounts(a, b map[string]int) map[string]int {
	if a == nil {
		a = map[string]int{}
	}
	for key, n := range b {
		a[key] += n
	}
	return a
}

// Missing returns the kinds of statements that never ran.
func (f *FuzzStats) Missing() []string {
	return slices.DeleteFunc(postgresStatements.kinds(), func(kind string) bool { return f.Kinds[kind] > 0 })
}

func (f *FuzzStats) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d scripts, %d steps; %d scripts blocked (%d %%); %d times 40001, %d times 40P01\n",
		f.Scripts, f.Steps, f.Blocked, 100*f.Blocked/max(f.Scripts, 1), f.Codes["40001"], f.Codes["40P01"])
	fmt.Fprintf(&text, "excused: %d serialization failures, %d other victims, %d races, %d doubled keys\n",
		f.ExcusedSerialization, f.ExcusedVictim, f.ExcusedRace, f.ExcusedDoubled)
	fmt.Fprintf(&text, "answers: %s\nkinds:   %s", counts(f.Codes), counts(f.Kinds))
	return text.String()
}

func counts(m map[string]int) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d", key, m[key]))
	}
	return strings.Join(parts, ", ")
}

// count counts the answers of a step.
func (s *lockstepScript) count(actual standing) {
	if s.stats.Codes == nil {
		s.stats.Codes = map[string]int{}
	}
	for _, name := range actual.returned {
		line := s.arms[0].sessions[name].got.tail[0]
		code := "OK"
		if refused(s.arms[0].sessions[name].got) {
			code = strings.Fields(line + " ?")[1]
		}
		s.stats.Codes[code]++
	}
}
