package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/scenarios/mutants"
)

// squall is the command, built from the sources as they are.
var squall *mutants.Program

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "squall-test-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		squall, err = mutants.Build(context.Background(), ".", "", dir, "")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// run runs the command in a folder.
func run(t *testing.T, dir string, args ...string) mutants.Outcome {
	t.Helper()
	outcome, err := squall.Run(t.Context(), dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// write writes a file into a new folder and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBadInput: what cannot be understood is exit code 2, with a message that names it.
func TestBadInput(t *testing.T) {
	plan := func(text string) string { return write(t, "plan.json", text) }
	part := func(first string, seeds int, rest string) string {
		return write(t, "part.json", fmt.Sprintf(`{"scenario": "checkout", "first_seed": %q, "seeds": %d, "seeds_wanted": %d,
			"trace_hash": %q, %s}`, first, seeds, seeds, strings.Repeat("0", 32), rest))
	}
	const (
		head  = `{"version": 1, "scenario": "checkout", "seed": "0x1", `
		good  = `"swarm": {"replicas": 2, "prefetch": 4, "workers": 2, "pool": 4}`
		patch = "# id: X1\n# breaks: NothingLost\n"
	)
	taken := filepath.Dir(write(t, "run.json", "{}"))
	for name, c := range map[string]struct {
		args []string
		want []string // all of it in the output
	}{
		"NoCommand":         {nil, []string{"expected one of"}},
		"UnknownCommand":    {[]string{"dance"}, []string{"dance"}},
		"UnknownFlag":       {[]string{"sim", "--sedes", "3"}, []string{"--sedes"}},
		"FlagWithoutValue":  {[]string{"sim", "--seeds"}, []string{"--seeds"}},
		"SeedsNoNumber":     {[]string{"sim", "--seeds", "many"}, []string{"--seeds", "many"}},
		"SeedsZero":         {[]string{"sim", "--seeds", "0"}, []string{"--seeds must be at least 1"}},
		"SeedsNegative":     {[]string{"sim", "--seeds=-3"}, []string{"--seeds must be at least 1"}},
		"ParallelNegative":  {[]string{"sim", "--parallel=-1"}, []string{"--parallel"}},
		"SeedNoNumber":      {[]string{"sim", "--seed", "first"}, []string{"--seed", `"first"`}},
		"SeedTooLarge":      {[]string{"sim", "--seed", "0x10000000000000000"}, []string{"--seed", "64 bits"}},
		"BudgetNoTime":      {[]string{"sim", "--budget", "long"}, []string{"--budget", "long"}},
		"BudgetNegative":    {[]string{"sim", "--budget=-5m"}, []string{"--budget"}},
		"UnknownScenario":   {[]string{"sim", "--scenario", "siesta"}, []string{`no scenario "siesta"`, "checkout"}},
		"JSONNowhere":       {[]string{"sim", "--seeds", "1000000", "--json", "no/such/folder/s.json"}, []string{"no/such/folder/s.json"}},
		"ReportOnAFile":     {[]string{"sim", "--seeds", "1000000", "--report", plan("")}, []string{"report"}},
		"PlanAndSeed":       {[]string{"sim", "--plan", "p.json", "--seed", "1"}, []string{"--plan", "--json"}},
		"PlanNotThere":      {[]string{"sim", "--plan", "no-such-plan.json"}, []string{"no-such-plan.json", "no such file"}},
		"FirstSeedNoNumber": {[]string{"sim", "--first-seed", "one"}, []string{"--first-seed", `"one"`}},
		"FirstSeedAndSeed":  {[]string{"sim", "--first-seed", "1", "--seed", "1"}, []string{"--seed", "--first-seed"}},
		"PartAndSeed":       {[]string{"sim", "--part", "1", "--seed", "1"}, []string{"--seed", "--part"}},
		"PartAndBudget":     {[]string{"sim", "--part", "1", "--budget", "1s"}, []string{"--part", "--budget"}},
		"PartNegative":      {[]string{"sim", "--part=-1"}, []string{"--part"}},
		"PartTooFar":        {[]string{"sim", "--part", "9223372036854775807", "--seeds", "3"}, []string{"--part", "64 bits"}},
		"SeedsTooFar":       {[]string{"sim", "--first-seed", "0xffffffffffffffff", "--seeds", "2"}, []string{"--first-seed", "64 bits"}},
		"SeedAndSeeds":      {[]string{"sim", "--seed", "7", "--seeds", "5"}, []string{"--seed ", "--seeds"}},
		"BudgetAndSeeds":    {[]string{"sim", "--budget", "1s", "--seeds", "5"}, []string{"--budget", "--seeds"}},
		"PlanAndSeeds":      {[]string{"sim", "--plan", "p.json", "--seeds", "5"}, []string{"--plan", "--json"}},
		"PlanAndScenario":   {[]string{"sim", "--plan", "p.json", "--scenario", "checkout"}, []string{"--plan", "--json"}},
		"PlanAndStopAt":     {[]string{"sim", "--plan", "p.json", "--stop-at", "1"}, []string{"--plan", "--json"}},
		"StrayArgument":     {[]string{"sim", "checkout"}, []string{"checkout"}},

		"NoPlan":              {[]string{"replay"}, []string{"plan"}},
		"PlanMissing":         {[]string{"replay", "no-such-plan.json"}, []string{"no-such-plan.json", "no such file"}},
		"PlanFolder":          {[]string{"replay", "."}, []string{"read plan"}},
		"PlanForeign":         {[]string{"replay", plan(`{"name": "left-pad"}`)}, []string{"plan.json", "no version"}},
		"PlanNoJSON":          {[]string{"replay", plan("seed: 7")}, []string{"plan.json", "not a plan"}},
		"PlanNewer":           {[]string{"replay", plan(`{"version": 99}`)}, []string{"plan.json", "version 99"}},
		"PlanUnknownField":    {[]string{"replay", plan(head + `"weather": "fine"}`)}, []string{"plan.json", `"weather"`}},
		"PlanUnknownScenario": {[]string{"replay", plan(`{"version": 1, "scenario": "siesta", "seed": "1"}`)}, []string{"plan.json", `no scenario "siesta"`}},
		"PlanNoSeed":          {[]string{"replay", plan(`{"version": 1, "scenario": "checkout", ` + good + `, "workload": {}}`)}, []string{"plan.json", "no seed is named"}},
		"PlanBadFault":        {[]string{"replay", plan(head + good + `, "workload": {}, "faults": ["melt broker"]}`)}, []string{"plan.json", `"melt broker"`}},
		"PlanNoWorkload":      {[]string{"replay", plan(head + good + `}`)}, []string{"plan.json", "workload"}},
		"PlanBadQuantity":     {[]string{"replay", plan(head + good + `, "workload": {"articles": [{"sku": "a", "quantity": -5, "price_cents": 1}], "purchases": [{}]}}`)}, []string{"plan.json", `article "a"`, "-5"}},
		"PlanBadWorkload":     {[]string{"replay", plan(head + good + `, "workload": {"articles": 3}}`)}, []string{"plan.json", "workload"}},
		"PlanNoSwarm":         {[]string{"replay", plan(head + `"workload": {}}`)}, []string{"plan.json", "swarm", "replicas"}},
		"PlanUnknownServer":   {[]string{"replay", plan(head + good + `, "workload": {}, "faults": ["restart fridge at 3s for 1s"]}`)}, []string{"plan.json", `"fridge"`}},

		"ChaosPlanAndSeed":     {[]string{"chaos", "--plan", "p.json", "--seed", "1"}, []string{"--plan", "--seed"}},
		"ChaosPlanAndScenario": {[]string{"chaos", "--plan", "p.json", "--scenario", "checkout"}, []string{"--plan", "--scenario"}},
		"ChaosPlanAndDuration": {[]string{"chaos", "--plan", "p.json", "--duration", "2m"}, []string{"--plan", "--duration"}},
		"ChaosPlanAndReplicas": {[]string{"chaos", "--plan", "p.json", "--replicas", "3"}, []string{"--plan", "--replicas"}},
		"ChaosDurationZero":    {[]string{"chaos", "--duration", "0"}, []string{"--duration must be at least 30s"}},
		"ChaosPlanForeign":     {[]string{"chaos", "--plan", plan(`{"name": "left-pad"}`)}, []string{"plan.json", "no version"}},
		"ChaosUnknownScenario": {[]string{"chaos", "--scenario", "siesta"}, []string{`no scenario "siesta"`}},
		"ChaosTooShort":        {[]string{"chaos", "--duration", "5s"}, []string{"--duration must be at least 30s"}},
		"ChaosRateZero":        {[]string{"chaos", "--rate", "0"}, []string{"--rate"}},
		"ChaosRateNaN":         {[]string{"chaos", "--rate", "NaN"}, []string{"--rate from 1 to 1000"}},
		"ChaosNoFaults":        {[]string{"chaos", "--every", "10m"}, []string{"--every", "half of --duration"}},
		"ChaosPlanNobody":      {[]string{"chaos", "--plan", plan(head + good + `, "workload": {}}`)}, []string{"plan.json", "nobody purchases"}},
		"ChaosPlanCrowd":       {[]string{"chaos", "--plan", plan(head + `"swarm": {"replicas": 500, "prefetch": 4, "workers": 2, "pool": 4}, "workload": {}}`)}, []string{"plan.json", "replicas", "500"}},
		"ChaosPlanNoRequests":  {[]string{"chaos", "--plan", plan(head + `"swarm": {"replicas": 2, "prefetch": 4, "workers": 2, "pool": 4, "requests": 0}, "workload": {}}`)}, []string{"plan.json", "requests", "0"}},
		"ChaosPlanFridge":      {[]string{"chaos", "--plan", plan(head + good + `, "workload": {}, "faults": ["restart fridge at 3s for 1s"]}`)}, []string{"plan.json", `no server "fridge"`}},
		"ChaosPlanNoReplica":   {[]string{"chaos", "--plan", plan(head + good + `, "workload": {}, "faults": ["kill container nobody-7 at 3s for 1s"]}`)}, []string{"plan.json", `no container "nobody-7"`}},
		"ChaosPlanScale":       {[]string{"chaos", "--plan", plan(head + good + `, "workload": {}, "faults": ["scale order to 5000 at 3s for 1s"]}`)}, []string{"plan.json", "at most 10 replicas"}},
		"ChaosPlanNoService":   {[]string{"chaos", "--plan", plan(head + good + `, "workload": {}, "faults": ["cut answers to order-1 at 3s for 1s"]}`)}, []string{"plan.json", `no service "order-1"`}},
		"ChaosPlanNextMonth":   {[]string{"chaos", "--plan", plan(head + good + `, "workload": {}, "faults": ["pause container broker at 1000h for 1s"]}`)}, []string{"plan.json", "after the last customer"}},
		"ReproduceControl":     {[]string{"reproduce", "--only", "C05"}, []string{"C05 is a control"}},
		"ChaosReportTaken":     {[]string{"chaos", "--report", taken}, []string{"a run is kept there", taken}},
		"ChaosReplicas":        {[]string{"chaos", "--replicas", "99"}, []string{"--replicas from 1 to 10"}},
		"ChaosJSONNowhere":     {[]string{"chaos", "--json", "no/such/folder/s.json"}, []string{"no/such/folder/s.json"}},
		"ReportNoFolder":       {[]string{"report", "no-such-run"}, []string{"no-such-run", "no such file"}},
		"ReportForeign":        {[]string{"report", filepath.Dir(write(t, "run.json", "7"))}, []string{"run.json"}},

		"ReportTwoRuns":        {[]string{"report", "a", "b"}, []string{"one folder", "--merge"}},
		"ReportSeeds":          {[]string{"report", "a", "--seeds", "3"}, []string{"--seeds", "--merge"}},
		"MergeNothing":         {[]string{"report", "--merge"}, []string{"rundir"}},
		"MergeMissing":         {[]string{"report", "--merge", "no-such-part.json"}, []string{"no-such-part.json", "no such file"}},
		"MergeEmptyFolder":     {[]string{"report", "--merge", filepath.Dir(plan(""))}, []string{"no file named *summary.json"}},
		"MergeForeign":         {[]string{"report", "--merge", plan(`{"name": "left-pad"}`)}, []string{"plan.json", "not a summary"}},
		"MergeNoJSON":          {[]string{"report", "--merge", plan("seeds: 7")}, []string{"plan.json", "not a summary"}},
		"MergeLostCount":       {[]string{"report", "--merge", part("1", 3, `"passed": 2`)}, []string{"part.json", "3 seeds, but 2 passed"}},
		"MergeUnknownScenario": {[]string{"report", "--merge", part("1", 3, `"passed": 3, "scenario": "siesta"`)}, []string{"part.json", `no scenario "siesta"`}},
		"MergeOverlap":         {[]string{"report", "--merge", part("1", 3, `"passed": 3`), part("3", 1, `"passed": 1`)}, []string{"seed 0x0000000000000003 was run twice", "part.json"}},
		"MergeCommits":         {[]string{"report", "--merge", part("1", 3, `"passed": 3`), part("4", 1, `"passed": 1, "commit": "abc"`)}, []string{"different commits", "part.json"}},

		"MutantsNoFolder":    {[]string{"mutants", "--dir", "no-such-folder"}, []string{"no-such-folder"}},
		"MutantsEmptyFolder": {[]string{"mutants", "--dir", filepath.Dir(plan(""))}, []string{"no *.patch files"}},
		"MutantsUnknownID":   {[]string{"mutants", "--only", "B99"}, []string{`no mutant "B99"`, "B12, B14"}},
		"MutantsSeedsZero":   {[]string{"mutants", "--seeds", "0"}, []string{"--seeds must be at least 1"}},
		"MutantsMalformed":   {[]string{"mutants", "--dir", filepath.Dir(write(t, "x.patch", patch+"hello"))}, []string{"x.patch", "there is no diff"}},
		"MutantsMisfit": {
			[]string{"mutants", "--dir", filepath.Dir(write(t, "x.patch", patch+"--- a/go.mod\n+++ b/go.mod\n@@ -1 +1 @@\n-module nothing\n+module something\n"))},
			[]string{"x.patch", "go.mod", "hunk 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			outcome := run(t, ".", c.args...)
			if outcome.ExitCode != 2 {
				t.Errorf("exit code %d, want 2:\n%s", outcome.ExitCode, outcome.Output)
			}
			for _, want := range c.want {
				if !strings.Contains(outcome.Output, want) {
					t.Errorf("%q is not in the output:\n%s", want, outcome.Output)
				}
			}
			if strings.Contains(outcome.Output, "goroutine ") {
				t.Errorf("a stack for a user:\n%s", outcome.Output)
			}
		})
	}
	t.Run("MutantsOutsideTheModule", func(t *testing.T) {
		outcome := run(t, t.TempDir(), "mutants")
		if outcome.ExitCode != 2 || !strings.Contains(outcome.Output, "is not in the sources of github.com/squallhq/squall") {
			t.Errorf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
		}
	})
}

// TestSim: a few seeds pass, and the summary is where it was wanted.
func TestSim(t *testing.T) {
	dir := t.TempDir()
	outcome := run(t, dir, "sim", "--seeds", "3", "--json", "s.json", "--report", "kept")
	if outcome.ExitCode != 0 {
		t.Fatalf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
	}
	for _, name := range []string{"s.json", "kept/checkout-summary.json"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		var summary struct {
			Seeds  int `json:"seeds"`
			Passed int `json:"passed"`
			Steps  int `json:"steps"`
		}
		if err == nil {
			err = json.Unmarshal(text, &summary)
		}
		if err != nil || summary.Seeds != 3 || summary.Passed != 3 || summary.Steps < 3000 {
			t.Errorf("%s: %+v, %v", name, summary, err)
		}
		if strings.Contains(string(text), "null") {
			t.Errorf("%s: a list without elements is not null:\n%s", name, text)
		}
	}
}

// TestReplay: a plan is run again; what it planned and did not happen is red.
func TestReplay(t *testing.T) {
	const plan = "scenarios/testdata/b22-killed-before-commit.json"
	t.Run("OK", func(t *testing.T) {
		outcome := run(t, ".", "replay", plan, "--trace")
		if outcome.ExitCode != 0 || !strings.Contains(outcome.Output, ": pass; 1 of 1 planned faults struck") || strings.Count(outcome.Output, "\n") < 100 {
			t.Errorf("exit code %d:\n%.3000s", outcome.ExitCode, outcome.Output)
		}
	})
	t.Run("ErrRestartDidNotHappen", func(t *testing.T) {
		text, err := os.ReadFile(plan)
		if err != nil {
			t.Fatal(err)
		}
		changed := write(t, "plan.json", strings.Replace(string(text), `"faults": [`, `"faults": ["restart broker at 10h for 1s", `, 1))
		outcome := run(t, t.TempDir(), "replay", changed)
		if outcome.ExitCode != 1 || !strings.Contains(outcome.Output, "DID NOT HAPPEN") || !strings.Contains(outcome.Output, "restart broker at 10h") {
			t.Errorf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
		}
	})
	t.Run("ErrNothingCarried", func(t *testing.T) {
		kept, err := chaos.ReadPlan(plan)
		if err != nil {
			t.Fatal(err)
		}
		kept.Faults = []chaos.Sentence{{Fault: chaos.PauseContainer{Target: "broker", At: time.Second, For: time.Second}}}
		text, err := kept.Encode()
		if err != nil {
			t.Fatal(err)
		}
		outcome := run(t, t.TempDir(), "sim", "--plan", write(t, "plan.json", string(text)))
		if outcome.ExitCode != 1 || !strings.Contains(outcome.Output, ": unknown; 0 of 0 planned faults struck") {
			t.Errorf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
		}
	})
	t.Run("ErrDidNotHappen", func(t *testing.T) {
		text, err := os.ReadFile(plan)
		if err != nil {
			t.Fatal(err)
		}
		changed := write(t, "plan.json", strings.Replace(string(text), "attempt 1 for", "attempt 77 for", 1))
		outcome := run(t, t.TempDir(), "replay", changed, "--json", "r.json")
		if outcome.ExitCode != 1 || !strings.Contains(outcome.Output, "DID NOT HAPPEN") || !strings.Contains(outcome.Output, "attempt 77") {
			t.Errorf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
		}
	})
}

// TestMutants plants one bug and one control.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command twice")
	}
	for _, c := range []struct{ id, invariant string }{{"B22", "NothingLost"}, {"C99", ""}} {
		t.Run(c.id, func(t *testing.T) {
			dir := t.TempDir()
			outcome := run(t, ".", "mutants", "--only", c.id, "--seeds", "30", "--json", filepath.Join(dir, "m.json"))
			if outcome.ExitCode != 0 {
				t.Fatalf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
			}
			text, err := os.ReadFile(filepath.Join(dir, "m.json"))
			if err != nil {
				t.Fatal(err)
			}
			var results struct {
				Mutants []mutants.Result `json:"mutants"`
			}
			if err := json.Unmarshal(text, &results); err != nil || len(results.Mutants) != 1 {
				t.Fatalf("%v\n%s", err, text)
			}
			r := results.Mutants[0]
			if r.Plan != "" {
				checkCommit(t, r.Plan)
			}
			if r.ID != c.id || r.Killed != (c.invariant != "") || r.Control == r.Killed || r.Invariant != c.invariant || r.CPUSeconds <= 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// checkCommit: a plan that killed says into which commit the bug was planted.
func checkCommit(t *testing.T, path string) {
	t.Helper()
	plan, err := chaos.ReadPlan(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "unknown" // as where there is no repository
	if head, err := exec.Command("git", "rev-parse", "HEAD").Output(); err == nil {
		want = strings.TrimSpace(string(head))
	}
	if plan.Commit != want {
		t.Errorf("%s: commit %q, the sources are at %q", path, plan.Commit, want)
	}
}

// TestMutantsSurvive: a control that is called a bug survives, and that is exit code 1.
func TestMutantsSurvive(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command twice")
	}
	control, err := os.ReadFile("scenarios/mutants/C99.patch")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(write(t, "x.patch", strings.Replace(string(control), "# control: true", "# breaks: NothingLost", 1)))
	if outcome := run(t, ".", "mutants", "--dir", dir, "--seeds", "5"); outcome.ExitCode != 1 || !strings.Contains(outcome.Output, "SURVIVED") {
		t.Errorf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
	}
	unbuilt := filepath.Dir(write(t, "x.patch", "# id: X1\n# breaks: NothingLost\n--- /dev/null\n+++ b/broken.go\n@@ -0,0 +1 @@\n+package nonsense\n"))
	if outcome := run(t, ".", "mutants", "--dir", unbuilt, "--seeds", "5"); outcome.ExitCode != 3 || !strings.Contains(outcome.Output, "BROKEN") {
		t.Errorf("exit code %d of what does not build:\n%s", outcome.ExitCode, outcome.Output)
	}
}
