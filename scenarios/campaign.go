package scenarios

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
)

// Campaign is many seeds of one scenario.
type Campaign struct {
	Scenario Scenario
	First    uint64 // the first seed; the others follow it
	Seeds    int    // how many, or 0 for as many as the context allows
	Parallel int    // worlds at once
	CheckAll bool   // run every seed twice, not only a share
	StopAt   int    // failures after which to stop; 0 for never
	PlanDir  string // where plans of failures are kept; empty for nowhere
	Commit   string
	Go       string
	Stuck    func(report string)
	// Progress, if set, is told now and then how many seeds are done and have failed.
	Progress func(done, failed int)
}

// repeatedShare is how many seeds there are for each that is run a second time.
const repeatedShare = 50

// outcome is what a campaign keeps of one seed: the rest of the result is large.
type outcome struct {
	seed     uint64
	hash     string
	steps    int
	faults   int
	mismatch []string
}

// Run runs the campaign until its seeds or ctx end. The error says what prevented it.
func (c *Campaign) Run(ctx context.Context, now func() time.Time) (*reports.Summary, error) {
	started := now()
	t := &tally{campaign: c, next: c.First, summary: reports.Summary{
		Scenario: c.Scenario.Name, Commit: c.Commit, Go: c.Go, Parallel: c.Parallel,
		FaultsFired: make(map[string]int), Sometimes: make(map[string]int), Facts: make(map[string]int),
		NeverReached: []string{}, Failures: []reports.Failure{}, Broken: []string{},
	}}
	var workers sync.WaitGroup //simsafe:allow outside the worlds, which run side by side
	for range c.Parallel {
		workers.Go(func() { t.work(ctx) })
	}
	workers.Wait()
	return t.finish(now().Sub(started)), t.err
}

// tally is shared by the workers of a campaign.
type tally struct {
	campaign *Campaign

	mutex    sync.Mutex //simsafe:allow outside the worlds, which run side by side
	next     uint64
	outcomes []outcome
	summary  reports.Summary
	virtual  time.Duration
	err      error
}

func (t *tally) take(ctx context.Context) (uint64, bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	c := t.campaign
	done := int(t.next - c.First)
	stop := c.StopAt > 0 && len(t.summary.Failures) >= c.StopAt
	if ctx.Err() != nil || t.err != nil || stop || c.Seeds > 0 && done >= c.Seeds {
		return 0, false
	}
	t.next++
	return t.next - 1, true
}

func (t *tally) work(ctx context.Context) {
	defer func() {
		if cause := recover(); cause != nil {
			t.panicked(cause)
		}
	}()
	kit, second := NewKit(), NewKit()
	kit.Stuck, second.Stuck = t.campaign.Stuck, t.campaign.Stuck
	kit.CheckTasks, second.CheckTasks = t.campaign.CheckAll, true
	for {
		seed, ok := t.take(ctx)
		if !ok {
			return
		}
		result := t.campaign.Scenario.RunSeed(kit, seed, t.campaign.CheckAll)
		o := outcome{seed: seed, hash: result.Hash, steps: result.Steps, faults: len(result.Plan.Faults)}
		checked := t.campaign.CheckAll || seed%repeatedShare == 0 || result.Verdict != invariants.Pass
		if checked {
			o.mismatch = t.campaign.repeat(second, result)
		}
		t.add(o, result, checked)
	}
}

// panicked turns a panic of the simulator itself into the campaign's error.
func (t *tally) panicked(cause any) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.err = fmt.Errorf("the simulator panicked: %v\n%s", cause, debug.Stack())
}

// repeat runs a seed again, in a kit of its own, and returns the first difference. If all
// seeds are repeated both runs have kept their traces: what survives worlds may make the
// first run differ from all later ones.
func (c *Campaign) repeat(kit *Kit, result *Result) []string {
	again := c.Scenario.RunSeed(kit, uint64(result.Plan.Seed), c.CheckAll)
	if again.Hash == result.Hash {
		return nil
	}
	first, second := result, again
	if !c.CheckAll {
		first = c.Scenario.RunSeed(kit, uint64(result.Plan.Seed), true)
		second = c.Scenario.RunSeed(kit, uint64(result.Plan.Seed), true)
	}
	return append([]string{fmt.Sprintf("seed %v: trace hash %s, then %s", result.Plan.Seed, result.Hash, again.Hash)},
		Difference(first.Lines, second.Lines)...)
}

// Difference returns the first step at which two traces differ, from both sides.
func Difference(a, b []string) []string {
	for i := range max(len(a), len(b)) {
		left, right := lineAt(a, i), lineAt(b, i)
		if left != right {
			return []string{fmt.Sprintf("step %d, one run:   %s", i+1, left), fmt.Sprintf("step %d, the other: %s", i+1, right)}
		}
	}
	return []string{"two further runs with their traces kept did not differ"}
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(ended)"
}

func (t *tally) add(o outcome, r *Result, checked bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	s := &t.summary
	if r.Err != nil {
		s.Broken = append(s.Broken, fmt.Sprintf("seed %v: %v", r.Plan.Seed, r.Err))
	}
	switch {
	case r.Err != nil:
	case r.Verdict == invariants.Pass:
		s.Passed++
	case r.Verdict == invariants.Fail:
		s.Failed++
	default:
		s.Unknown++
	}
	if r.Err == nil && r.Verdict != invariants.Pass {
		s.Failures = append(s.Failures, t.failure(r))
	}
	if checked {
		s.Determinism.Checked++
	}
	if o.mismatch != nil {
		s.Determinism.Mismatches++
		if s.Determinism.First == nil {
			s.Determinism.First = o.mismatch
		}
	}
	t.count(r)
	t.outcomes = append(t.outcomes, o)
	if t.campaign.Progress != nil {
		t.campaign.Progress(len(t.outcomes), len(s.Failures))
	}
}

func (t *tally) count(r *Result) {
	s := &t.summary
	s.Orders += r.Orders
	s.Completed += r.Completed
	s.Steps += r.Steps
	t.virtual += r.Virtual
	for _, fault := range r.Plan.Faults {
		s.FaultsFired[fault.Kind().String()]++
	}
	for name, n := range r.Marks {
		s.Sometimes[name] += n
	}
	for _, f := range r.Findings {
		s.Facts[f.Invariant] += f.Facts
	}
}

// failure keeps the plan of a failed run.
func (t *tally) failure(r *Result) reports.Failure {
	f := reports.Failure{Seed: r.Plan.Seed.String(), Verdict: r.Verdict.String(), Faults: len(r.Plan.Faults)}
	if first := r.First(); first != nil {
		f.Invariant, f.Message = first.Invariant, first.Violations[0]
	}
	f.Signature = reports.Signature(cmp.Or(f.Invariant, f.Verdict), r.Plan.Scenario, f.Message)
	if t.campaign.PlanDir != "" {
		path, err := t.campaign.Keep(r.Plan)
		if err != nil && t.err == nil {
			t.err = err
		}
		f.Plan = path
	}
	return f
}

// Keep writes a plan into the campaign's folder and returns the file's path.
func (c *Campaign) Keep(plan *chaos.Plan) (string, error) {
	plan.Commit, plan.Go = c.Commit, c.Go
	text, err := plan.Encode()
	if err != nil {
		return "", err
	}
	path := filepath.Join(c.PlanDir, plan.Scenario+"-"+plan.Seed.String()+".json")
	if err := os.MkdirAll(c.PlanDir, 0o755); err != nil {
		return "", fmt.Errorf("keep plan: %w", err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return "", fmt.Errorf("keep plan: %w", err)
	}
	return path, nil
}

func (t *tally) finish(wall time.Duration) *reports.Summary {
	s := &t.summary
	s.FirstSeed, s.Seeds = chaos.Seed(t.campaign.First), len(t.outcomes)
	s.SeedsWanted = t.campaign.wanted(s)
	s.VirtualSeconds, s.WallSeconds = t.virtual.Seconds(), wall.Seconds()
	s.SeedsPerSecond = float64(s.Seeds) / wall.Seconds() //simsafe:allow for the report
	s.StepsPerSecond = float64(s.Steps) / wall.Seconds() //simsafe:allow for the report
	slices.SortFunc(s.Failures, func(a, b reports.Failure) int { return compareSeeds(a.Seed, b.Seed) })
	var sum reports.HashSum
	s.Hashes = make(map[uint64]string, len(t.outcomes))
	var steps, faults []int
	for _, o := range t.outcomes {
		sum = sum.Add(o.seed, o.hash)
		s.Hashes[o.seed] = o.hash
		steps, faults = append(steps, o.steps), append(faults, o.faults)
	}
	s.TraceHash = sum.String()
	s.MedianSteps, s.MedianFaults = median(steps), median(faults)
	s.NeverReached = t.campaign.Scenario.NeverReached(s)
	return s
}

// wanted is how many seeds should have been run: all that were asked for, unless enough have
// failed; without a number of them as many as there was time for, but at least one.
func (c *Campaign) wanted(s *reports.Summary) int {
	switch {
	case c.StopAt > 0 && len(s.Failures) >= c.StopAt:
		return s.Seeds
	case c.Seeds > 0:
		return c.Seeds
	default:
		return max(s.Seeds, 1)
	}
}

func compareSeeds(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return slices.Compare([]byte(a), []byte(b))
}

// median returns nil if there is nothing to take it of.
func median(numbers []int) *int {
	if len(numbers) == 0 {
		return nil
	}
	slices.Sort(numbers)
	return &numbers[len(numbers)/2]
}
