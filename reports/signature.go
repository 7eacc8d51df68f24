package reports

import (
	"fmt"
	"slices"
	"strings"
)

// signatureWords is how many words of a message a signature takes.
const signatureWords = 8

// Signature names the kind of a failure, so that tonight's and yesterday's can be known for
// the same: the invariant, the scenario, and the first words of the message without those
// that name one order, one message or one number. It is one line.
func Signature(invariant, scenario, message string) string {
	var words []string
	for word := range strings.FieldsSeq(message) {
		if len(words) < signatureWords && !strings.ContainsAny(word, "0123456789\"[]{}/") {
			words = append(words, word)
		}
	}
	return strings.TrimSuffix(invariant+" "+scenario+": "+strings.Join(words, " "), ": ")
}

// Problem is all that went wrong in one way. Who reports problems, one issue for each, needs
// to read nothing else.
type Problem struct {
	Signature string `json:"signature"`
	Count     int    `json:"count"`
	Detail    string `json:"detail"` // of the first, for people, with the lines to paste
}

// problems are gathered in the order in which they come.
type problems []Problem

func (p *problems) add(signature, detail string) {
	i := slices.IndexFunc(*p, func(known Problem) bool { return known.Signature == signature })
	if i < 0 {
		*p = append(*p, Problem{signature, 1, strings.TrimSpace(detail)})
		return
	}
	(*p)[i].Count++
}

// problems returns what is red in the summary, by signature.
func (s *Summary) problems() problems {
	found := problems{}
	for _, f := range s.Failures {
		var detail strings.Builder
		f.text(&detail, s)
		found.add(f.Signature, detail.String())
	}
	for _, broken := range s.Broken {
		_, cause, _ := strings.Cut(broken, ": ")
		first, _, _ := strings.Cut(cause, "\n")
		found.add(Signature("broken", s.Scenario, first), s.at(broken))
	}
	if s.Determinism.Mismatches > 0 {
		found.add(Signature("indeterminate", s.Scenario, ""), s.at(strings.Join(s.Determinism.First, "\n")))
	}
	for _, never := range s.NeverReached {
		found.add(Signature("never reached", s.Scenario, never), s.at(never))
	}
	return found
}

// at adds to a text where it was found.
func (s *Summary) at(text string) string {
	return fmt.Sprintf("%s\n%d seeds of %s from %v on, commit %s, %s", text, s.Seeds, s.Scenario, s.FirstSeed, s.Commit, s.Go)
}

// problems returns what is red in the outcome, by signature. A violation has the signature
// that it would have in the simulator: it is the same bug.
func (c *Containers) problems() problems {
	found := problems{}
	where := fmt.Sprintf("%s on containers, seed %s, %d replicas, %.0f orders/s offered for %.0f s, commit %s, %s",
		c.Scenario, c.Seed, c.Replicas, c.Rate, c.Load.Seconds(), c.Commit, c.Go)
	for _, f := range c.Findings {
		for _, violation := range f.Violations {
			found.add(Signature(f.Invariant, c.Scenario, violation), fmt.Sprintf("FAIL %s: %s\n%s", f.Invariant, violation, where))
		}
	}
	for _, red := range c.Red {
		found.add(Signature("red", c.Scenario, red), fmt.Sprintf("RED: %s\n%s", red, where))
	}
	return found
}
