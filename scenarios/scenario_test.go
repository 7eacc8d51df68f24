//simsafe:allow runs worlds side by side and by the clock; nothing of it reaches into them

package scenarios_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios"
	"github.com/squallhq/squall/scenarios/mutants"
)

// newKit returns a kit that ends the tests if a task never calls a port.
func newKit() *scenarios.Kit {
	kit := scenarios.NewKit()
	kit.Stuck = func(report string) { panic(report) }
	return kit
}

// TestScenario runs seeds of each scenario, each as a subtest seed=0x....
func TestScenario(t *testing.T) {
	want := wanted(t)
	for _, scenario := range want.scenarios {
		t.Run(scenario.Name, func(t *testing.T) {
			c := &campaign{settings: want, scenario: scenario, started: time.Now(), facts: make(map[string]int)}
			var workers sync.WaitGroup
			for range runtime.GOMAXPROCS(0) {
				workers.Go(func() { c.work(t) })
			}
			workers.Wait()
			c.checkFacts(t)
		})
	}
}

// campaign hands seeds to several workers.
type campaign struct {
	settings
	scenario scenarios.Scenario
	started  time.Time

	mutex sync.Mutex
	done  uint64
	facts map[string]int
}

func (c *campaign) take() (uint64, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.count > 0 && c.done == c.count || c.budget > 0 && time.Since(c.started) > c.budget {
		return 0, false
	}
	c.done++
	return c.first + c.done - 1, true
}

func (c *campaign) work(t *testing.T) {
	kit := newKit()
	for seed, ok := c.take(); ok; seed, ok = c.take() {
		t.Run("seed="+chaos.Seed(seed).String(), func(t *testing.T) {
			t.Attr("seed", chaos.Seed(seed).String())
			result := c.scenario.RunSeed(kit, seed, false)
			c.note(result)
			if result.Err != nil || result.Verdict != invariants.Pass {
				c.report(t, kit, seed, result)
			}
		})
	}
}

func (c *campaign) note(result *scenarios.Result) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, f := range result.Findings {
		c.facts[f.Invariant] += f.Facts
	}
}

// checkFacts: an invariant that has judged nothing in many seeds has shown nothing.
func (c *campaign) checkFacts(t *testing.T) {
	t.Helper()
	if c.done < defaultSeeds {
		return
	}
	for _, invariant := range invariants.All() {
		if c.facts[invariant.Name] == 0 {
			t.Errorf("%s has judged nothing in %d seeds", invariant.Name, c.done)
		}
	}
}

// report says what a seed has shown, after a second run has shown the same, keeps its plan,
// and prints the lines to paste.
func (c *campaign) report(t *testing.T, kit *scenarios.Kit, seed uint64, result *scenarios.Result) {
	t.Helper()
	if again := c.scenario.RunSeed(kit, seed, false); again.Hash != result.Hash {
		t.Errorf("not deterministic: trace hash %s, then %s", result.Hash, again.Hash)
	}
	if result.Err != nil {
		t.Errorf("the simulator failed: %v", result.Err)
		return
	}
	keeper := scenarios.Campaign{PlanDir: planFolder(t), Commit: commit(), Go: goVersion()}
	path, err := keeper.Keep(result.Plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Attr("plan", path)
	t.Errorf("%s, seed %v: %v after %d faults, trace hash %s\n%s  replay (commit %s, %s):\n"+
		"    go test ./scenarios -run 'TestScenario/%s' -squall.seed %v\n    go run . replay %s\n",
		c.scenario.Name, result.Plan.Seed, result.Verdict, len(result.Plan.Faults), result.Hash,
		violations(result), keeper.Commit, keeper.Go, c.scenario.Name, result.Plan.Seed, path)
}

// violations writes what a run broke.
func violations(result *scenarios.Result) string {
	var out strings.Builder
	for _, f := range result.Findings {
		for _, violation := range f.Violations {
			fmt.Fprintf(&out, "  %s: %s\n", f.Invariant, violation)
		}
	}
	return out.String()
}

// TestRegressions replays the plans in testdata: each showed a bug once, planted or real. Clean
// code passes them, and every fault in them must still find its crossing, or the plan has
// lost its point.
func TestRegressions(t *testing.T) {
	kit := newKit()
	for name, path := range regressions(t) {
		t.Run(name, func(t *testing.T) {
			plan, err := chaos.ReadPlan(path)
			if err != nil {
				t.Fatal(err)
			}
			result := replay(t, kit, plan)
			if result.Err != nil || result.Verdict != invariants.Pass {
				t.Errorf("%v, %v\n%s  replay: go run . replay scenarios/%s", result.Verdict, result.Err, violations(result), path)
			}
			for _, lost := range notFired(plan, result) {
				t.Errorf("this does not happen any more: %v", lost)
			}
		})
	}
}

// regressions returns the paths of the plans in testdata by their names.
func regressions(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("there are no plans in testdata: %v", err)
	}
	named := make(map[string]string)
	for _, path := range paths {
		named[strings.TrimSuffix(filepath.Base(path), ".json")] = path
	}
	return named
}

// TestRegressionsBite: the plans that are named after a planted bug break what it breaks.
func TestRegressionsBite(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command several times")
	}
	root, err := mutants.FindModule(".")
	if err != nil {
		t.Fatal(err)
	}
	plans := regressions(t)
	patches, err := mutants.ReadPatches("mutants")
	if err != nil {
		t.Fatal(err)
	}
	for _, patch := range patches {
		for name, path := range plans {
			if strings.HasPrefix(name, strings.ToLower(patch.ID)+"-") {
				t.Run(name, func(t *testing.T) { bite(t, root, patch, path) })
			}
		}
	}
}

func bite(t *testing.T, root string, patch *mutants.Patch, path string) {
	t.Helper()
	overlay, err := patch.Apply(root)
	if err != nil {
		t.Fatal(err)
	}
	if path, err = filepath.Abs(path); err != nil {
		t.Fatal(err)
	}
	replay, outcome, err := build(t, root, overlay).Replay(t.Context(), t.TempDir(), path)
	if err != nil {
		t.Fatal(err)
	}
	broken := slices.ContainsFunc(replay.Violations, func(v reports.Violation) bool { return slices.Contains(patch.Breaks, v.Invariant) })
	if outcome.ExitCode != 1 || !broken {
		t.Errorf("exit code %d, none of %v is broken:\n%s", outcome.ExitCode, patch.Breaks, outcome.Output)
	}
}

func replay(t *testing.T, kit *scenarios.Kit, plan *chaos.Plan) *scenarios.Result {
	t.Helper()
	scenario, err := scenarios.Find(plan.Scenario)
	if err != nil {
		t.Fatal(err)
	}
	result, err := scenario.RunPlan(kit, plan, false)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// notFired returns the faults of a plan that did not strike.
func notFired(plan *chaos.Plan, result *scenarios.Result) []chaos.Sentence {
	return slices.DeleteFunc(slices.Clone(plan.Faults), func(planned chaos.Sentence) bool {
		return slices.Contains(result.Plan.Faults, planned)
	})
}

// TestPlanReplaysSeed: the plan that a seed makes, written and read, is the same run again.
// Without one of its faults it is another, in which the others still strike if they can.
func TestPlanReplaysSeed(t *testing.T) {
	kit := newKit()
	changed := 0
	for _, scenario := range scenarios.All() {
		for seed := uint64(1); seed <= 8; seed++ {
			drawn := scenario.RunSeed(kit, seed, false)
			text, err := drawn.Plan.Encode()
			if err != nil {
				t.Fatal(err)
			}
			plan, err := chaos.DecodePlan(text)
			if err != nil {
				t.Fatal(err)
			}
			planned := replay(t, kit, plan)
			if planned.Hash != drawn.Hash || planned.Verdict != drawn.Verdict || len(planned.Missed) > 0 {
				t.Errorf("%s, seed %d: %v with trace hash %s, its plan %v with %s, missed %v",
					scenario.Name, seed, drawn.Verdict, drawn.Hash, planned.Verdict, planned.Hash, planned.Missed)
			}
			if len(plan.Faults) == 0 {
				continue
			}
			plan.Faults = plan.Faults[1:]
			if replay(t, kit, plan).Hash != drawn.Hash {
				changed++
			}
		}
	}
	if changed == 0 {
		t.Error("faults left out of plans change nothing")
	}
}

// TestSameTrace: neither other worlds at the same time nor those before in the same kit
// change a run.
func TestSameTrace(t *testing.T) {
	for _, scenario := range scenarios.All() {
		one, two := traces(t, scenario, 1), traces(t, scenario, 2)
		if len(one) < 2 {
			t.Fatalf("%s: %d seeds", scenario.Name, len(one))
		}
		kit := newKit()
		for seed := uint64(len(one)); seed > 0; seed-- {
			backwards := scenario.RunSeed(kit, seed, false).Hash
			if one[seed] == "" || one[seed] != two[seed] || one[seed] != backwards {
				t.Errorf("%s, seed %d: trace hash %s alone, %s beside others, %s in another order",
					scenario.Name, seed, one[seed], two[seed], backwards)
			}
		}
		if one[1] == one[2] {
			t.Errorf("%s: two seeds have the same trace hash", scenario.Name)
		}
	}
}

// traces returns the trace hashes of some seeds by seed.
func traces(t *testing.T, scenario scenarios.Scenario, parallel int) map[uint64]string {
	t.Helper()
	c := scenarios.Campaign{Scenario: scenario, First: 1, Seeds: 12, Parallel: parallel}
	summary, err := c.Run(t.Context(), time.Now)
	if err != nil || summary.Determinism.Mismatches > 0 {
		t.Fatalf("%v, %v", err, summary.Determinism)
	}
	return summary.Hashes
}

// BenchmarkCheckout runs seeds of the checkout scenario one after another on one core, with
// the storm on and the judging included.
func BenchmarkCheckout(b *testing.B) {
	scenario, err := scenarios.Find("checkout")
	if err != nil {
		b.Fatal(err)
	}
	kit := newKit()
	seed, calls := uint64(0), 0
	for b.Loop() {
		seed++
		result := scenario.RunSeed(kit, seed, false)
		if result.Err != nil || result.Verdict != invariants.Pass {
			b.Fatalf("seed %d: %v, %v\n%s", seed, result.Verdict, result.Err, violations(result))
		}
		calls += result.Steps
	}
	seconds := b.Elapsed().Seconds()
	b.ReportMetric(float64(seed)/seconds, "seeds/s")
	b.ReportMetric(float64(calls)/seconds, "port-calls/s")
}

// TestErrContainerFault: a plan with faults that only containers know is refused, and says
// which they are.
func TestErrContainerFault(t *testing.T) {
	scenario, err := scenarios.Find("checkout")
	if err != nil {
		t.Fatal(err)
	}
	fault, err := chaos.Parse("pause container database at 3s for 2s")
	if err != nil {
		t.Fatal(err)
	}
	result := scenario.RunSeed(scenarios.NewKit(), 1, false)
	result.Plan.Faults = append(result.Plan.Faults, chaos.Sentence{Fault: fault})
	_, err = scenario.RunPlan(scenarios.NewKit(), result.Plan, false)
	if err == nil || !strings.Contains(err.Error(), "[pause container database at 3s for 2s]") {
		t.Errorf("the error is %v", err)
	}
}
