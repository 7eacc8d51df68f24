package reports_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/squallhq/squall/reports"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// sampleSummary is a campaign with one failure.
func sampleSummary() *reports.Summary {
	return &reports.Summary{
		Scenario: "checkout", Commit: "abc", Go: "go1.26 amd64", FirstSeed: 1, Seeds: 3, SeedsWanted: 3, Passed: 2, Failed: 1, Orders: 30, Completed: 12,
		Steps: 9000, MedianSteps: new(3000), MedianFaults: new(9), VirtualSeconds: 90.5, WallSeconds: 0.1, SeedsPerSecond: 30, StepsPerSecond: 90_000, Parallel: 2,
		FaultsFired: map[string]int{"kill": 3, "delay": 12}, Sometimes: map[string]int{"inbox_duplicate": 4},
		Facts: map[string]int{"NothingLost": 100, "HandledOnce": 50}, Determinism: reports.Determinism{Checked: 1}, TraceHash: strings.Repeat("00ff", 8),
		Failures: []reports.Failure{{
			Seed: "0x0000000000000002", Verdict: "fail", Invariant: "NothingLost", Message: "order has not sent OrderPlaced m1",
			Signature: "NothingLost checkout: order has not sent OrderPlaced", Faults: 9, Plan: "reports-out/checkout-0x0000000000000002.json",
		}},
	}
}

// sampleReplay is the replay of a plan that failed and fails again.
func sampleReplay() *reports.Replay {
	return &reports.Replay{
		Plan: "plan.json", Scenario: "checkout", Seed: "0x0000000000000002", Verdict: "fail", Steps: 3000, Planned: 2, Fired: 2,
		Violations: []reports.Violation{{Invariant: "NothingLost", Messages: []string{"order has not sent m1", "order has not sent m2"}}},
		TraceHash:  "00ff", KeptInvariant: "NothingLost", KeptHash: "00ff", KeptCommit: "abc",
	}
}

// golden compares a text with the one in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (go test ./reports -update writes it anew):\n%s\nwant:\n%s", name, got, want)
	}
}

func TestText(t *testing.T) {
	var out strings.Builder
	sampleSummary().Text(&out)
	broken := sampleSummary()
	broken.Failures, broken.Failed = nil, 0
	broken.NeverReached = []string{"no fault of kind kill has fired"}
	broken.Broken = []string{"seed 0x0000000000000003: unsupported construct"}
	broken.Determinism = reports.Determinism{Checked: 2, Mismatches: 1, First: []string{"seed 3: trace hash a, then b", "step 7, one run:   x", "step 7, the other: y"}}
	out.WriteString("----\n")
	broken.Text(&out)
	golden(t, "summary.txt", out.String())
}

func TestReplayText(t *testing.T) {
	var out strings.Builder
	for _, change := range []func(*reports.Replay){
		func(*reports.Replay) {},
		func(r *reports.Replay) { r.TraceHash, r.Fired, r.Missed = "0100", 1, []string{"duplicate x"} },
		func(r *reports.Replay) { r.TraceHash, r.Violations[0].Invariant = "0100", "HandledOnce" },
		func(r *reports.Replay) { r.TraceHash, r.Violations, r.Verdict = "0100", nil, "pass" },
		func(r *reports.Replay) {
			r.TraceHash, r.Violations, r.Verdict, r.Fired, r.Missed = "0100", nil, "unknown", 1, []string{"duplicate x"}
		},
		func(r *reports.Replay) { r.KeptInvariant, r.Broken = "", "unsupported construct" },
	} {
		r := sampleReplay()
		change(r)
		r.Text(&out)
		out.WriteString("----\n")
	}
	golden(t, "replay.txt", out.String())
}

// TestJSON: other tools parse these names.
func TestJSON(t *testing.T) {
	text, err := sampleSummary().JSON()
	if err != nil {
		t.Fatal(err)
	}
	var summary map[string]any
	if err := json.Unmarshal(text, &summary); err != nil || text[len(text)-1] != '\n' {
		t.Fatalf("%v\n%s", err, text)
	}
	for name := range strings.FieldsSeq(`scenario seeds passed failed unknown orders steps virtual_seconds wall_seconds
		seeds_per_second faults_fired sometimes facts determinism trace_hash failures`) {
		if summary[name] == nil {
			t.Errorf("the summary has no %s", name)
		}
	}
	determinism, _ := summary["determinism"].(map[string]any)
	if determinism["checked"] != 1.0 || determinism["mismatches"] != 0.0 {
		t.Errorf("determinism is %v", determinism)
	}
	failures, _ := summary["failures"].([]any)
	failure, _ := failures[0].(map[string]any)
	for _, name := range []string{"seed", "invariant", "message", "plan"} {
		if failure[name] == nil || failure[name] == "" {
			t.Errorf("a failure has no %s: %v", name, failure)
		}
	}
	again := new(reports.Summary)
	if err := json.Unmarshal(text, again); err != nil || again.Failures[0] != sampleSummary().Failures[0] {
		t.Errorf("read back: %+v, %v", again, err)
	}
}

func TestExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*reports.Summary)
		want   int
	}{
		"Pass":          {func(*reports.Summary) {}, 0},
		"Fail":          {func(s *reports.Summary) { s.Failed = 1 }, 1},
		"Unknown":       {func(s *reports.Summary) { s.Unknown = 1 }, 1},
		"NeverReached":  {func(s *reports.Summary) { s.NeverReached = []string{"x"} }, 1},
		"Broken":        {func(s *reports.Summary) { s.Broken = []string{"x"} }, 3},
		"Mismatch":      {func(s *reports.Summary) { s.Determinism.Mismatches = 1 }, 3},
		"BrokenAndFail": {func(s *reports.Summary) { s.Broken, s.Failed = []string{"x"}, 1 }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(reports.Summary)
			c.change(s)
			if got := s.ExitCode(); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
	for _, c := range []struct {
		replay reports.Replay
		want   int
	}{
		{reports.Replay{Verdict: "pass"}, 0},
		{reports.Replay{Verdict: "fail"}, 1},
		{reports.Replay{Verdict: "unknown"}, 1},
		{reports.Replay{}, 1},
		{reports.Replay{Verdict: "pass", Broken: "x"}, 3},
	} {
		if got := c.replay.ExitCode(); got != c.want {
			t.Errorf("%+v: exit code %d, want %d", c.replay, got, c.want)
		}
	}
}
