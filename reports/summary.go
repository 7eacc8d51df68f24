// Package reports writes what campaigns have shown: a summary as JSON for programs, as text
// for people, with the lines to paste after a failure.
package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/squallhq/squall/chaos"
)

// Summary is the outcome of a campaign. Its JSON is a contract: other tools parse it.
type Summary struct {
	Scenario       string         `json:"scenario"`
	Commit         string         `json:"commit"`
	Go             string         `json:"go"`
	FirstSeed      chaos.Seed     `json:"first_seed"`
	Seeds          int            `json:"seeds"`        // that were run: the first, and those that follow it
	SeedsWanted    int            `json:"seeds_wanted"` // that should have been
	Passed         int            `json:"passed"`
	Failed         int            `json:"failed"`
	Unknown        int            `json:"unknown"`
	Orders         int            `json:"orders"`
	Completed      int            `json:"completed"`
	Steps          int            `json:"steps"`                   // port calls
	MedianSteps    *int           `json:"median_steps,omitempty"`  // of a seed; nil if not known
	MedianFaults   *int           `json:"median_faults,omitempty"` // the same
	VirtualSeconds float64        `json:"virtual_seconds"`
	WallSeconds    float64        `json:"wall_seconds"`
	SeedsPerSecond float64        `json:"seeds_per_second"`
	StepsPerSecond float64        `json:"steps_per_second"`
	Parallel       int            `json:"parallel"`
	FaultsFired    map[string]int `json:"faults_fired"`
	Sometimes      map[string]int `json:"sometimes"`
	NeverReached   []string       `json:"never_reached"` // what a campaign of this size must reach and did not
	Facts          map[string]int `json:"facts"`
	Determinism    Determinism    `json:"determinism"`
	TraceHash      string         `json:"trace_hash"` // the HashSum of all seeds
	Failures       []Failure      `json:"failures"`
	Broken         []string       `json:"broken"`           // runs that came to no verdict because the simulator failed
	Problems       []Problem      `json:"problems"`         // all that is red, by signature; JSON fills it in
	Parts          int            `json:"parts,omitempty"`  // of how many summaries this one was merged; 0 if it was not
	Ranges         []SeedRange    `json:"ranges,omitempty"` // the seeds, if not all follow the first: the parts have gaps between them

	// Hashes are the trace hashes by seed.
	Hashes map[uint64]string `json:"-"`
}

// Determinism counts the runs that were repeated, and those that differed.
type Determinism struct {
	Checked    int      `json:"checked"`
	Mismatches int      `json:"mismatches"`
	First      []string `json:"first,omitempty"` // the first step that differs, from both sides
}

// Failure is a seed whose verdict is not Pass.
type Failure struct {
	Seed      string `json:"seed"`
	Verdict   string `json:"verdict"`
	Invariant string `json:"invariant"`
	Message   string `json:"message"`
	Signature string `json:"signature"` // see Signature
	Faults    int    `json:"faults"`
	Plan      string `json:"plan"` // the file that it is kept in
}

// ExitCode is the program's exit code for the summary: 3 for a broken or indeterminate
// simulator, 1 for a failure, an unknown verdict or something never reached, 0 otherwise.
func (s *Summary) ExitCode() int {
	switch {
	case s.Determinism.Mismatches > 0 || len(s.Broken) > 0:
		return 3
	case s.Failed > 0 || s.Unknown > 0 || len(s.NeverReached) > 0:
		return 1
	default:
		return 0
	}
}

// JSON writes the summary as indented JSON.
func (s *Summary) JSON() ([]byte, error) {
	written := *s
	written.Problems = s.problems()
	text, err := json.MarshalIndent(written, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write summary: %w", err)
	}
	return append(text, '\n'), nil
}

// Text writes the summary for people.
func (s *Summary) Text(out io.Writer) {
	fmt.Fprintf(out, "%s: %d seeds, %d passed, %d failed, %d unknown; %d of %d orders completed\n",
		s.Scenario, s.Seeds, s.Passed, s.Failed, s.Unknown, s.Completed, s.Orders)
	for _, r := range s.ranges() {
		fmt.Fprintf(out, "%d seeds from %v on\n", r.Seeds, r.First)
	}
	if s.Parts > 0 {
		fmt.Fprintf(out, "merged from %d summaries: the time is the longest of them, speeds are added, a median is not known\n", s.Parts)
	}
	fmt.Fprintf(out, "%.0f virtual seconds in %.1f s on %d workers: %.1f seeds/s, %.0f port calls/s",
		s.VirtualSeconds, s.WallSeconds, s.Parallel, s.SeedsPerSecond, s.StepsPerSecond)
	if s.MedianSteps != nil && s.MedianFaults != nil {
		fmt.Fprintf(out, "; median seed: %d port calls, %d faults", *s.MedianSteps, *s.MedianFaults)
	}
	fmt.Fprintln(out)
	writeCounts(out, "faults fired", s.FaultsFired)
	writeCounts(out, "reached", s.Sometimes)
	writeCounts(out, "facts judged", s.Facts)
	fmt.Fprintf(out, "determinism: %d runs repeated, %d differed; trace hash %s\n", s.Determinism.Checked, s.Determinism.Mismatches, s.TraceHash)
	for _, line := range s.Determinism.First {
		fmt.Fprintf(out, "  %s\n", line)
	}
	for _, name := range s.NeverReached {
		fmt.Fprintf(out, "NEVER REACHED: %s\n", name)
	}
	for _, text := range s.Broken {
		fmt.Fprintf(out, "BROKEN: %s\n", text)
	}
	for _, f := range s.Failures {
		f.text(out, s)
	}
}

func (f *Failure) text(out io.Writer, s *Summary) {
	fmt.Fprintf(out, "\n%s %s: seed %s after %d faults\n  %s\n", strings.ToUpper(f.Verdict), f.Invariant, f.Seed, f.Faults, f.Message)
	fmt.Fprintf(out, "  replay (commit %s, %s):\n", s.Commit, s.Go)
	fmt.Fprintf(out, "    go test ./scenarios -run 'TestScenario/%s' -squall.seed %s\n", s.Scenario, f.Seed)
	if f.Plan != "" {
		fmt.Fprintf(out, "    go run . replay %s\n", f.Plan)
	}
}

func writeCounts(out io.Writer, title string, counts map[string]int) {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprintf(out, "%s:\n", title)
	for _, name := range names {
		fmt.Fprintf(out, "  %8d  %s\n", counts[name], name)
	}
}
