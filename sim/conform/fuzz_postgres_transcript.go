package conform

import (
	"fmt"
	"slices"
	"strings"
)

// transcript returns the script as a case for testdata/postgres/found.txt: the outcomes are the real
// server's, and comments say how the simulated one differs. Its name, rule and source are
// for whoever finds them.
func (s *lockstepScript) transcript(remark string) string {
	var text strings.Builder
	text.WriteString("== found by the fuzzer\nrule: not known yet\nsource: not known yet\n\n")
	text.WriteString(s.text.String())
	for line := range strings.Lines(remark + "\n" + s.why) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			text.WriteString("# " + line + "\n")
		}
	}
	return text.String()
}

// call returns the name that a session has in the transcript.
func (s *lockstepScript) call(name string) string {
	if called := s.called[name]; called != "" {
		return called
	}
	return name
}

// write adds a step's outcome on the real server to the transcript.
func (s *lockstepScript) write(name string, actual standing) {
	victim, survivor := s.deadlocked(name, actual)
	switch {
	case victim != "":
		other := victim
		if name == victim {
			other = survivor
		}
		fmt.Fprintf(&s.text, "deadlock with %s\n\n", s.call(other))
		s.called = map[string]string{victim: "victim", survivor: "survivor"}
	case slices.Contains(actual.returned, name):
		fmt.Fprintf(&s.text, "%s\n\n", s.outcome(name))
	default:
		fmt.Fprintf(&s.text, "blocks\n\n# %s waits for %v\n", s.call(name), actual.waits[name])
	}
	for _, woken := range actual.returned {
		if woken != victim && (woken != name || victim != "") {
			fmt.Fprintf(&s.text, "%s resumes\n%s\n\n", s.call(woken), s.outcome(woken))
		}
	}
}

func (s *lockstepScript) outcome(name string) string {
	return strings.Join(s.arms[0].sessions[name].got.lines(nil), "\n")
}

// deadlocked returns the victim of a deadlock that the step has closed, and who waited for it.
// In a case either may be the victim, so that from then on the two are called by their
// roles.
func (s *lockstepScript) deadlocked(name string, actual standing) (victim, survivor string) {
	for _, returned := range actual.returned {
		if s.code(0, actual, returned) == "40P01" {
			victim = returned
		}
	}
	switch {
	case victim == "":
		return "", ""
	case victim != name:
		return victim, name
	}
	for _, waiter := range sortedKeys(s.waiting) {
		if slices.Contains(s.waiting[waiter], victim) {
			return victim, waiter
		}
	}
	return "", ""
}

// diverged ends the script. Where it is played for its transcript the real arm first ends alone
// what is open: in a case, everybody who waits resumes.
func (s *lockstepScript) diverged(why string, actual standing) {
	if s.conclude {
		s.concludeAlone(actual)
	}
	panic(divergence(why))
}

func (s *lockstepScript) concludeAlone(actual standing) {
	side := s.arms[0]
	for tries := 0; tries < len(s.names) && len(actual.waits) > 0; tries++ {
		for _, name := range s.names {
			if _, waits := actual.waits[name]; waits || side.session(name).tx == nil {
				continue
			}
			fmt.Fprintf(&s.text, "%s> ROLLBACK\n", s.call(name))
			side.start(name, &step{kind: stepQuery, session: name, sql: "ROLLBACK"})
			s.waiting = actual.waits
			actual = side.arm.quiet(append(sortedKeys(actual.waits), name))
			s.write(name, actual)
		}
	}
}
