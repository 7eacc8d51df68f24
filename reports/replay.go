package reports

import (
	"encoding/json"
	"fmt"
	"io"
)

// Replay is the outcome of a plan that was run again.
type Replay struct {
	Plan          string      `json:"plan"`
	Scenario      string      `json:"scenario"`
	Seed          string      `json:"seed"`
	Verdict       string      `json:"verdict"`
	Violations    []Violation `json:"violations"`
	Steps         int         `json:"steps"`
	Planned       int         `json:"planned"` // faults in the plan
	Fired         int         `json:"fired"`   // faults that struck
	Missed        []string    `json:"missed"`  // faults whose crossing did not happen
	TraceHash     string      `json:"trace_hash"`
	NotCarried    []string    `json:"not_carried,omitempty"`    // faults that only another world has
	KeptInvariant string      `json:"kept_invariant,omitempty"` // what the plan showed when it was kept
	KeptHash      string      `json:"kept_trace_hash,omitempty"`
	KeptCommit    string      `json:"kept_commit,omitempty"`
	Broken        string      `json:"broken,omitempty"`
}

// Violation is an invariant that failed, and how.
type Violation struct {
	Invariant string   `json:"invariant"`
	Messages  []string `json:"messages"`
}

// ExitCode is the program's exit code: 0 pass, 1 failed or unknown, 3 broken.
func (r *Replay) ExitCode() int {
	switch {
	case r.Broken != "":
		return 3
	case r.Verdict != "pass":
		return 1
	default:
		return 0
	}
}

// JSON writes the outcome as indented JSON.
func (r *Replay) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write outcome: %w", err)
	}
	return append(text, '\n'), nil
}

// Text writes the outcome for people.
func (r *Replay) Text(out io.Writer) {
	fmt.Fprintf(out, "%s, seed %s: %s; %d of %d planned faults struck, %d port calls, trace hash %s\n",
		r.Scenario, r.Seed, r.Verdict, r.Fired, r.Planned, r.Steps, r.TraceHash)
	for _, v := range r.Violations {
		fmt.Fprintf(out, "FAIL %s\n", v.Invariant)
		for _, message := range v.Messages {
			fmt.Fprintf(out, "  %s\n", message)
		}
	}
	for _, fault := range r.Missed {
		fmt.Fprintf(out, "DID NOT HAPPEN: %s\n", fault)
	}
	for _, fault := range r.NotCarried {
		fmt.Fprintf(out, "NOT IN THE SIMULATOR: %s\n", fault)
	}
	if r.Broken != "" {
		fmt.Fprintf(out, "BROKEN: %s\n", r.Broken)
	}
	if r.KeptInvariant != "" {
		fmt.Fprintf(out, "kept at commit %s for %s, trace hash %s: %s\n", r.KeptCommit, r.KeptInvariant, r.KeptHash, r.compare())
	}
}

func (r *Replay) compare() string {
	switch {
	case r.TraceHash == r.KeptHash:
		return "this is the same run"
	case len(r.Violations) > 0 && r.Violations[0].Invariant == r.KeptInvariant:
		return "the same failure in another run"
	case len(r.Violations) > 0:
		return "another failure"
	case r.Verdict != "pass":
		return "whether it still fails is unknown"
	default:
		return "it does not fail any more"
	}
}
