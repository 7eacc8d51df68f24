package conform

import (
	"slices"
	"strings"
	"time"
)

// shrinkTime bounds the search for a smaller script.
const shrinkTime = time.Minute

// reproduceTries is how often a script that diverged is played again before it is reported as it was.
const reproduceTries = 3

// shrink leaves out of a script what its divergence does not need, and returns its transcript.
// rapid would take bits out of the stream of draws, of which each changes all statements
// after it; whole statements are fewer, and mean something.
func (f *PostgresFuzz) shrink(found *lockstepScript) string {
	again := f.playAgain(found.setup, found.steps)
	for try := 1; again == nil && try < reproduceTries; try++ {
		again = f.playAgain(found.setup, found.steps)
	}
	if again == nil {
		return found.transcript("It was seen once and not again: whoever reads it looks for a race first.")
	}
	best := again
	deadline := time.Now().Add(shrinkTime)
	for smaller := best; smaller != nil && time.Now().Before(deadline); {
		if smaller = f.withoutSteps(best, deadline); smaller == nil {
			smaller = f.withoutSetup(best, deadline)
		}
		if smaller != nil {
			best = smaller
		}
	}
	return best.transcript("")
}

// withoutSteps tries to do without runs of steps, long ones first.
func (f *PostgresFuzz) withoutSteps(s *lockstepScript, deadline time.Time) *lockstepScript {
	best := s
	for size := max(1, len(s.steps)/2); size > 0; size /= 2 {
		for at := 0; at+size <= len(best.steps) && time.Now().Before(deadline); {
			steps := slices.Delete(slices.Clone(best.steps), at, at+size)
			if smaller := f.playAgain(best.setup, steps); smaller != nil {
				best = smaller
			} else {
				at += size
			}
		}
	}
	if best == s {
		return nil
	}
	return best
}

// withoutSetup tries to do without statements of the setup.
func (f *PostgresFuzz) withoutSetup(s *lockstepScript, deadline time.Time) *lockstepScript {
	best := s
	statements := strings.Split(s.setup, "; ")
	for at := 0; at < len(statements) && time.Now().Before(deadline); {
		left := slices.Delete(slices.Clone(statements), at, at+1)
		if smaller := f.playAgain(strings.Join(left, "; "), best.steps); smaller != nil {
			best, statements = smaller, left
		} else {
			at++
		}
	}
	if best == s {
		return nil
	}
	return best
}

// playAgain plays steps and returns the script if the arms differ. Steps of sessions that
// wait are left out, and so are those after the divergence.
func (f *PostgresFuzz) playAgain(setup string, steps []fuzzStep) *lockstepScript {
	s := f.play(&FuzzStats{Kinds: map[string]int{}}, func(s *lockstepScript) {
		for _, step := range steps {
			if !slices.Contains(s.names, step.session) {
				s.names = append(s.names, step.session)
			}
		}
		slices.Sort(s.names)
		s.conclude = true
		s.prepare(setup)
		for _, step := range steps {
			if s.waiting[step.session] == nil && !s.over {
				s.perform(step.session, step.sql)
			}
		}
	})
	if s.why == "" || !s.ready {
		return nil
	}
	return s
}
