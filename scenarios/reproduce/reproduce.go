package reproduce

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/live"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios/containers"
	"github.com/squallhq/squall/scenarios/mutants"
)

// Result is what became of one planted bug under one plan.
type Result struct {
	ID     string   `json:"id"`
	Breaks []string `json:"breaks"` // what the bug's header names
	Plan   string   `json:"plan"`
	Faults []string `json:"faults"` // of the plan
	Bug    Side     `json:"bug"`    // with the bug
	Clean  Side     `json:"clean"`  // without
	// Error says what prevented a verdict.
	Error string `json:"error,omitempty"`
}

// Side is one run on containers. Without one its verdict is empty.
type Side struct {
	Verdict     string   `json:"verdict"`
	Broken      []string `json:"broken"`       // the invariants that broke
	NotHappened []string `json:"not_happened"` // faults of the plan that were missed or could not be carried over
	Red         []string `json:"red"`          // what else was wrong
	Seconds     float64  `json:"seconds"`      // from the end of load and faults until all was at rest, or given up
	Dir         string   `json:"dir"`
}

// Invariant returns the invariant that broke with the bug and that its header names, or
// nothing.
func (r *Result) Invariant() string {
	for _, name := range r.Breaks {
		if slices.Contains(r.Bug.Broken, name) {
			return name
		}
	}
	return ""
}

// Shown says whether the bug was shown.
func (r *Result) Shown() bool {
	return r.Error == "" && r.Invariant() != "" && r.Clean.passed()
}

func (s Side) passed() bool {
	return s.Verdict == invariants.Pass.String() && len(s.NotHappened) == 0 && len(s.Red) == 0
}

// Lab runs bugs on containers.
type Lab struct {
	Root     string        // of the module
	Keep     string        // folder for overlays and runs
	Parallel int           // bugs at once
	Rest     time.Duration // how long the system may take to come to rest
	Commit   string
	Go       string
	Progress func(text string)

	endpoint string     // of the engine of this machine
	building sync.Mutex // images are built one after the other
}

// Case is a planted bug and a plan that is named after it.
type Case struct {
	Patch *mutants.Patch
	Path  string
	Plan  *chaos.Plan
}

// Select returns the patches with the ids, in that order, each once; all if there are no ids. It
// is an error to ask for a control: it breaks nothing, so there would be nothing to show.
func Select(patches []*mutants.Patch, ids []string) ([]*mutants.Patch, error) {
	if len(ids) == 0 {
		return patches, nil
	}
	var chosen []*mutants.Patch
	for _, id := range ids {
		if id == "" { // which would be all of them
			return nil, errors.New("an empty id names no bug")
		}
		one, err := mutants.Select(patches, id)
		if err != nil {
			return nil, err
		}
		for _, patch := range one {
			if patch.Control {
				return nil, fmt.Errorf("%s is a control: it breaks nothing, so there is nothing to show", patch.ID)
			}
			if !slices.Contains(chosen, patch) {
				chosen = append(chosen, patch)
			}
		}
	}
	return chosen, nil
}

// Cases finds the plans in a folder that are named after the patches: b22-*.json after B22.
// Controls have none. It is an error if a bug has no plan.
func Cases(patches []*mutants.Patch, dir string) ([]Case, error) {
	var cases []Case
	for _, patch := range patches {
		if patch.Control {
			continue
		}
		paths, err := filepath.Glob(filepath.Join(dir, strings.ToLower(patch.ID)+"-*.json"))
		if err != nil {
			return nil, fmt.Errorf("plans of %s: %w", patch.ID, err)
		}
		if len(paths) == 0 {
			return nil, fmt.Errorf("no plan %s-*.json in %s", strings.ToLower(patch.ID), dir)
		}
		for _, path := range paths {
			plan, err := chaos.ReadPlan(path)
			if err != nil {
				return nil, err
			}
			cases = append(cases, Case{patch, path, plan})
		}
	}
	return cases, nil
}

// cleanTag is the tag of the images of the working tree as it is.
const cleanTag = "clean"

// Run runs the cases and returns their results in the same order. The error says what ended
// the whole work; it matches live.ErrNotLocal if the engine configured is another machine's, and
// then nothing was asked of it. The images that it builds are removed.
func (l *Lab) Run(ctx context.Context, cases []Case) (_ []*Result, err error) {
	if l.endpoint, err = live.LocalEndpoint(); err != nil {
		return nil, err
	}
	if err := l.build(ctx, cleanTag); err != nil {
		return nil, fmt.Errorf("images of the sources as they are: %w", err)
	}
	defer func() { err = errors.Join(err, l.remove(cleanTag)) }()
	results := make([]*Result, len(cases))
	slots := make(chan struct{}, max(l.Parallel, 1))
	var all sync.WaitGroup
	for i, c := range cases {
		slots <- struct{}{} // in the order of the cases
		all.Go(func() {
			defer func() { <-slots }()
			results[i] = l.try(ctx, c)
		})
	}
	all.Wait()
	return results, ctx.Err()
}

// try runs one case.
func (l *Lab) try(ctx context.Context, c Case) *Result {
	r := &Result{ID: c.Patch.ID, Breaks: c.Patch.Breaks, Plan: filepath.Base(c.Path)}
	for _, fault := range c.Plan.Faults {
		r.Faults = append(r.Faults, fault.String())
	}
	if err := l.bothSides(ctx, c, r); err != nil {
		r.Error = err.Error()
	}
	l.progress(r.ID, r.line())
	return r
}

func (l *Lab) bothSides(ctx context.Context, c Case, r *Result) (err error) {
	dir := filepath.Join(l.Keep, c.Patch.ID)
	overlay, err := c.Patch.Apply(l.Root)
	if err == nil {
		err = overlay.Write(dir)
	}
	if err != nil {
		return err
	}
	tag := "planted-" + strings.ToLower(c.Patch.ID)
	if err := l.plant(ctx, tag, dir, overlay); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.remove(tag)) }()
	name := strings.TrimSuffix(r.Plan, ".json")
	if r.Bug, err = l.run(ctx, c, tag, filepath.Join(dir, name+"-planted")); err != nil {
		return fmt.Errorf("with the bug: %w", err)
	}
	if r.Clean, err = l.run(ctx, c, cleanTag, filepath.Join(dir, name+"-clean")); err != nil {
		return fmt.Errorf("clean code: %w", err)
	}
	return nil
}

// run runs a plan on the images with a tag.
func (l *Lab) run(ctx context.Context, c Case, tag, dir string) (Side, error) {
	if err := os.RemoveAll(dir); err != nil { // what an earlier run has left
		return Side{}, err
	}
	outcome, err := containers.Run(ctx, containers.Config{
		Plan: c.Plan, Replicas: 1, Tag: tag, Dir: dir, Rest: l.Rest, Commit: l.Commit, Go: l.Go,
		Progress: func(text string) { l.progress(c.Patch.ID+" "+tag, text) },
	})
	if err != nil {
		return Side{}, err
	}
	return sideOf(outcome, dir), nil
}

func sideOf(outcome *reports.Containers, dir string) Side {
	s := Side{
		Verdict: outcome.Verdict, Broken: []string{}, NotHappened: slices.Concat(outcome.NotHappened, outcome.NotCarried),
		Red: outcome.Red, Seconds: outcome.Drain.Seconds(), Dir: dir,
	}
	for _, f := range outcome.Findings {
		if f.Verdict == invariants.Fail.String() {
			s.Broken = append(s.Broken, f.Invariant)
		}
	}
	return s
}

func (l *Lab) progress(who, text string) {
	if l.Progress != nil {
		l.Progress(who + ": " + text)
	}
}
