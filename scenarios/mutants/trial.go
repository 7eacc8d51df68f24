package mutants

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
)

// Result is what became of one mutant. Its JSON is a contract: other tools parse it.
type Result struct {
	ID        string `json:"id"`
	Control   bool   `json:"control"`
	Killed    bool   `json:"killed"`    // for a control: it failed
	Invariant string `json:"invariant"` // the one that broke, among those in the header
	// Seeds is the number of the seed that killed, counted from 1, or of all that were run.
	Seeds      int     `json:"seeds"`
	CPUSeconds float64 `json:"cpu_seconds"` // of the simulation, without building
	Faults     int     `json:"faults"`      // in the plan
	Plan       string  `json:"plan"`        // the file with the plan that killed it

	Seed    string `json:"seed,omitempty"`
	Message string `json:"message,omitempty"`
	Overlay string `json:"overlay,omitempty"` // for go build -overlay and go test -overlay
	// Broken says what prevented a verdict: it does not build, or the simulator failed.
	Broken string `json:"broken,omitempty"`
	// Note says what was seen although it did not kill.
	Note string `json:"note,omitempty"`
}

// OK says whether the mutant came to the end it should.
func (r *Result) OK() bool { return r.Broken == "" && r.Killed != r.Control }

// Lab tries mutants. Temp holds what can be thrown away afterwards, Keep the overlays and
// the plans that killed.
type Lab struct {
	Root     string // of the module
	Commit   string // of the sources, or empty if that is not known
	Seeds    int    // to run at most
	Temp     string
	Keep     string
	Progress io.Writer // nil for nowhere
	clean    *Program
}

// Open builds the clean program.
func (l *Lab) Open(ctx context.Context) error {
	dir := filepath.Join(l.Temp, "clean")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("mutants: %w", err)
	}
	var err error
	if l.clean, err = Build(ctx, l.Root, "", dir, l.Commit); err != nil {
		return fmt.Errorf("the sources as they are: %w", err)
	}
	return nil
}

// Try plants a mutant and storms it. What prevents a verdict stands in the result; an error
// ends the whole work.
func (l *Lab) Try(ctx context.Context, patch *Patch) (*Result, error) {
	t := &trial{Lab: l, patch: patch, result: &Result{ID: patch.ID, Control: patch.Control}}
	t.temp, t.keep = filepath.Join(l.Temp, patch.ID), filepath.Join(l.Keep, patch.ID)
	if err := os.MkdirAll(t.temp, 0o755); err != nil {
		return nil, fmt.Errorf("mutants: %w", err)
	}
	overlay, err := patch.Apply(l.Root)
	if err == nil {
		err = os.RemoveAll(t.keep) // what an earlier trial has left
	}
	if err == nil {
		err = overlay.Write(t.keep)
	}
	if err != nil {
		return nil, err
	}
	t.result.Overlay = filepath.Join(t.keep, OverlayFile)
	err = t.run(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		t.result.Broken = err.Error()
	}
	return t.result, nil
}

// trial is one mutant under way.
type trial struct {
	*Lab
	patch      *Patch
	temp, keep string
	mutant     *Program
	cpu        time.Duration
	result     *Result
}

// run storms the mutant until its first failure and, if that was not the one its header
// promises, on to later ones, at last through all seeds.
func (t *trial) run(ctx context.Context) (err error) {
	defer func() { t.result.CPUSeconds = t.cpu.Seconds() }()
	if t.mutant, err = Build(ctx, t.Root, t.result.Overlay, t.temp, t.Commit); err != nil {
		return err
	}
	t.mutant.Progress = t.Progress
	judged := make(map[string]bool)
	for _, failures := range []int{1, 10, 0} {
		ended, err := t.storm(ctx, failures, judged)
		if ended || err != nil {
			return err
		}
	}
	return nil
}

// storm runs the seeds until so many have failed (0: all of them) and looks into the
// failures that were not judged before. It says whether there is nothing more to do.
func (t *trial) storm(ctx context.Context, failures int, judged map[string]bool) (ended bool, err error) {
	summary, outcome, err := t.mutant.Sim(ctx, t.temp, "--seeds", strconv.Itoa(t.Seeds), "--stop-at", strconv.Itoa(failures))
	t.cpu += outcome.CPU
	if err != nil {
		return false, err
	}
	t.result.Seeds = summary.Seeds
	if outcome.ExitCode == 3 {
		return false, brokenBy(summary)
	}
	if t.patch.Control {
		return true, t.control(summary)
	}
	for _, failure := range summary.Failures {
		if judged[failure.Seed] {
			continue
		}
		judged[failure.Seed] = true
		if err := t.judge(ctx, failure); err != nil || t.result.Killed {
			return true, err
		}
	}
	return len(summary.Failures) == 0 || failures == 0, nil
}

func brokenBy(summary *reports.Summary) error {
	lines := slices.Concat(summary.Broken, summary.Determinism.First)
	if len(lines) == 0 {
		lines = []string{"for an unknown reason"}
	}
	return fmt.Errorf("the simulator failed (exit code 3): %s", lines[0])
}

// control takes any failure as the control's end.
func (t *trial) control(summary *reports.Summary) error {
	if len(summary.Failures) == 0 {
		return nil
	}
	failure := summary.Failures[0]
	t.result.Killed = true
	t.result.Invariant = failure.Invariant
	return t.keepPlan(failure, failure.Message)
}

// judge sees whether a failure kills: the mutant breaks one of its invariants under the
// plan, and clean code breaks nothing.
func (t *trial) judge(ctx context.Context, failure reports.Failure) error {
	replay, outcome, err := t.mutant.Replay(ctx, t.temp, failure.Plan)
	t.cpu += outcome.CPU
	if err != nil {
		return err
	}
	if replay.Broken != "" {
		return fmt.Errorf("the simulator failed to replay seed %s: %s", failure.Seed, replay.Broken)
	}
	if replay.TraceHash != replay.KeptHash {
		return fmt.Errorf("the plan of seed %s replays to trace hash %s, the seed had %s", failure.Seed, replay.TraceHash, replay.KeptHash)
	}
	at := slices.IndexFunc(replay.Violations, func(v reports.Violation) bool { return slices.Contains(t.patch.Breaks, v.Invariant) })
	if at < 0 {
		t.note("seed %s breaks %s", failure.Seed, failure.Invariant)
		return nil
	}
	clean, _, err := t.clean.Replay(ctx, t.temp, failure.Plan)
	switch {
	case err != nil:
		return fmt.Errorf("clean code: %w", err)
	case clean.Broken != "":
		return fmt.Errorf("the simulator failed to replay the plan of seed %s with clean code: %s", failure.Seed, clean.Broken)
	case len(clean.Violations) > 0:
		t.note("clean code breaks %s under the plan of seed %s too", clean.Violations[0].Invariant, failure.Seed)
		return nil
	case clean.Verdict != invariants.Pass.String():
		t.note("clean code's verdict under the plan of seed %s is %s", failure.Seed, clean.Verdict)
		return nil
	}
	t.result.Killed = true
	t.result.Invariant = replay.Violations[at].Invariant
	return t.keepPlan(failure, replay.Violations[at].Messages[0])
}

// note keeps the first thing that was seen and did not kill.
func (t *trial) note(format string, args ...any) {
	if t.result.Note == "" {
		t.result.Note = fmt.Sprintf(format, args...)
	}
}

// keepPlan copies the plan to where it stays.
func (t *trial) keepPlan(failure reports.Failure, message string) error {
	r := t.result
	r.Seed, r.Message, r.Faults, r.Note = failure.Seed, message, failure.Faults, ""
	text, err := os.ReadFile(failure.Plan)
	if err != nil {
		return fmt.Errorf("keep plan: %w", err)
	}
	if seed, err := strconv.ParseInt(failure.Seed, 0, 64); err == nil {
		r.Seeds = int(seed)
	}
	r.Plan = filepath.Join(t.keep, "plan.json")
	if err := os.WriteFile(r.Plan, text, 0o644); err != nil {
		return fmt.Errorf("keep plan: %w", err)
	}
	return nil
}
