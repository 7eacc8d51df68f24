package reports_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
)

// campaign is the summary of seeds that all passed.
func campaign(first chaos.Seed, seeds int) *reports.Summary {
	var sum reports.HashSum
	for i := range seeds {
		sum = sum.Add(uint64(first)+uint64(i), "00ff")
	}
	return &reports.Summary{
		Scenario: "checkout", Commit: "abc", Go: "go1.26 amd64", FirstSeed: first, Seeds: seeds, SeedsWanted: seeds, Passed: seeds,
		Orders: 10 * seeds, Completed: 7 * seeds, Steps: 3000 * seeds, MedianSteps: new(3000), MedianFaults: new(9),
		VirtualSeconds: 0.1 * float64(seeds), WallSeconds: float64(seeds), SeedsPerSecond: 20, StepsPerSecond: 60_000, Parallel: 2,
		FaultsFired: map[string]int{"kill": seeds}, Sometimes: map[string]int{"inbox_duplicate": 2 * seeds}, NeverReached: []string{},
		Facts: map[string]int{"NothingLost": 3 * seeds}, Determinism: reports.Determinism{Checked: seeds}, TraceHash: sum.String(),
		Failures: []reports.Failure{}, Broken: []string{},
	}
}

// failed makes the last seed of a campaign a failure.
func failed(s *reports.Summary) *reports.Summary {
	s.Passed--
	s.Failed++
	s.Failures = []reports.Failure{{
		Seed: (s.FirstSeed + chaos.Seed(s.Seeds) - 1).String(), Verdict: "fail", Invariant: "NothingLost",
		Message: "order has not sent OrderPlaced m1", Signature: "NothingLost checkout: order has not sent OrderPlaced",
	}}
	return s
}

// parts names summaries as files a, b and so on.
func parts(summaries ...*reports.Summary) []reports.Part {
	var all []reports.Part
	for i, s := range summaries {
		all = append(all, reports.Part{Path: string(rune('a' + i)), Summary: s})
	}
	return all
}

func merge(t *testing.T, summaries ...*reports.Summary) *reports.Summary {
	t.Helper()
	merged, err := reports.Merge(parts(summaries...))
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

// TestMerge: whatever the order of the parts and the sizes, they add up to the whole.
func TestMerge(t *testing.T) {
	want := campaign(1, 60)
	want.MedianSteps, want.MedianFaults, want.Parts = nil, nil, 3
	want.WallSeconds, want.SeedsPerSecond, want.StepsPerSecond, want.Parallel = 40, 60, 180_000, 6
	for _, order := range [][]*reports.Summary{
		{campaign(1, 5), campaign(6, 15), campaign(21, 40)},
		{campaign(21, 40), campaign(1, 5), campaign(6, 15)},
	} {
		if got := merge(t, order...); !reflect.DeepEqual(got, want) {
			t.Errorf("merged:\n%+v\nwant:\n%+v", got, want)
		}
	}
	twice := merge(t, merge(t, campaign(1, 5), campaign(21, 40)), campaign(6, 15))
	if !reflect.DeepEqual(twice, want) {
		t.Errorf("merged twice:\n%+v\nwant:\n%+v", twice, want)
	}
}

// TestMergeRed: what is red in a part is red in the whole.
func TestMergeRed(t *testing.T) {
	broken := campaign(21, 10)
	broken.Passed, broken.Broken = 9, []string{"seed 0x0000000000000015: unsupported construct"}
	differing := campaign(31, 10)
	differing.Determinism.Mismatches, differing.Determinism.First = 1, []string{"step 7"}
	short := campaign(41, 10)
	short.SeedsWanted = 20
	got := merge(t, short, differing, failed(campaign(11, 10)), broken, failed(campaign(1, 10)))
	if len(got.Failures) != 2 || got.Failures[0].Seed != chaos.Seed(10).String() || got.Failures[1].Seed != chaos.Seed(20).String() {
		t.Errorf("failures: %+v", got.Failures)
	}
	if got.Seeds != 50 || got.SeedsWanted != 60 || got.Passed != 47 || len(got.Broken) != 1 ||
		got.Determinism.Mismatches != 1 || !slices.Equal(got.Determinism.First, []string{"step 7"}) || got.ExitCode() != 3 {
		t.Errorf("%+v", got)
	}
}

// TestMergeWithGaps: the summary says which seeds were run, and the text says so too.
func TestMergeWithGaps(t *testing.T) {
	got := merge(t, campaign(1001, 10), campaign(1, 5), campaign(6, 5))
	want := []reports.SeedRange{{First: 1, Seeds: 10}, {First: 1001, Seeds: 10}}
	if got.FirstSeed != 1 || got.Seeds != 20 || !slices.Equal(got.Ranges, want) {
		t.Errorf("from %v on %d seeds: %+v", got.FirstSeed, got.Seeds, got.Ranges)
	}
	var text strings.Builder
	got.Text(&text)
	for _, line := range []string{"10 seeds from 0x0000000000000001 on\n10 seeds from 0x00000000000003e9 on\n", "merged from 3 summaries", "60.0 seeds/s, 180000 port calls/s\n"} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("%q is not in\n%s", line, text.String())
		}
	}
	again := merge(t, got, campaign(11, 5))
	if again.Parts != 4 || again.Seeds != 25 || again.Ranges[0].Seeds != 15 {
		t.Errorf("%+v", again)
	}
}

func TestMergeErrors(t *testing.T) {
	other := func(change func(*reports.Summary)) *reports.Summary {
		s := campaign(11, 10)
		change(s)
		return s
	}
	gaps := merge(t, campaign(1, 5), campaign(100, 5))
	for name, c := range map[string]struct {
		parts []reports.Part
		want  string
	}{
		"Nothing":      {nil, "nothing to merge"},
		"Scenario":     {parts(campaign(1, 10), other(func(s *reports.Summary) { s.Scenario = "siesta" })), "different scenarios: a of checkout, b of siesta"},
		"Commit":       {parts(campaign(1, 10), other(func(s *reports.Summary) { s.Commit = "def" })), "different commits: a of abc, b of def"},
		"Twice":        {parts(campaign(1, 10), campaign(1, 10)), "seed 0x0000000000000001 was run twice: in a and in b"},
		"Overlap":      {parts(campaign(10, 10), campaign(1, 10)), "seed 0x000000000000000a was run twice: in b and in a"},
		"Within":       {parts(campaign(1, 100), campaign(50, 1)), "seed 0x0000000000000032 was run twice"},
		"InASecond":    {parts(gaps, campaign(102, 1)), "seed 0x0000000000000066 was run twice"},
		"BehindTheTop": {parts(campaign(1<<63, 10), campaign(1<<63+9, 10)), "seed 0x8000000000000009 was run twice"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := reports.Merge(c.parts); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestReadPart: a summary is read back as it was written; what is none, or has lost a count,
// is refused.
func TestReadPart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "summary.json")
	keep := func(text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := failed(campaign(1, 10)).JSON()
	if err != nil {
		t.Fatal(err)
	}
	keep(text)
	part, err := reports.ReadPart(path)
	if err != nil || part.Path != path || part.FirstSeed != 1 || part.Seeds != 10 || len(part.Problems) != 1 {
		t.Errorf("%+v, %v", part, err)
	}
	for name, c := range map[string][3]string{
		"NoJSON":     {string(text), "", "is not a summary"},
		"CutOff":     {`"broken"`, `"`, "is not a summary"},
		"Older":      {`"first_seed"`, `"last_seed"`, "no first_seed"},
		"WrongType":  {`"seeds": 10`, `"seeds": "ten"`, "is not a summary"},
		"Lost":       {`"passed": 9`, `"passed": 8`, "10 seeds, but 8 passed, 1 failed"},
		"NoFailure":  {`"failed": 1`, `"failed": 0, "unknown": 2`, "but 9 passed"},
		"FailedOnly": {`"failures": [`, `"failures": [], "x": [`, "but 0 failures"},
		"Wanted":     {`"seeds_wanted": 10`, `"seeds_wanted": 9`, "only 9 wanted"},
		"Hash":       {part.TraceHash, "00ff", "trace hash"},
		"Ranges":     {`"problems"`, `"ranges": [{"first_seed": "1", "seeds": 3}], "problems"`, "10 seeds, but 3 in its ranges"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(string(text), c[0], c[1], 1)
			if changed == string(text) {
				t.Fatalf("%q is not in the summary", c[0])
			}
			keep([]byte(changed))
			if _, err := reports.ReadPart(path); err == nil || !strings.Contains(err.Error(), c[2]) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %q", err, c[2])
			}
		})
	}
}

func TestSignature(t *testing.T) {
	for want, c := range map[string][2]string{
		"ChargedAtMostOnce checkout: order has payments at the gateway": {"ChargedAtMostOnce", "order 0b0c252f-20c7-5b0b-9846-e844bdaffe2a has 2 payments at the gateway"},
		"NothingLost checkout: order has not sent OrderPlaced":          {"NothingLost", "order has not sent OrderPlaced m1"},
		"red checkout: kill container at for not proven":                {"red", "kill container order-1 at 4s for 2s: not proven"},
		"X checkout: a b c d e f g h":                                   {"X", "a b c\nd e f g h i j"},
		"ViewsAgree checkout: order shows as its facts say":             {"ViewsAgree", `order shows o-1 as "[{1", its facts say "{2}"`},
		"unknown checkout": {"unknown", ""},
	} {
		if got := reports.Signature(c[0], "checkout", c[1]); got != want {
			t.Errorf("signature of %q is %q, want %q", c[1], got, want)
		}
	}
}

// TestProblems: all that is red is there once for each signature, with what to paste.
func TestProblems(t *testing.T) {
	s := merge(t, failed(campaign(1, 10)), failed(campaign(11, 10)))
	s.Broken = []string{"seed 0x0000000000000003: unsupported construct: x", "seed 0x0000000000000004: unsupported construct: x"}
	s.Determinism = reports.Determinism{Mismatches: 2, First: []string{"step 7"}}
	s.NeverReached = []string{"late_success_undone"}
	want := map[string]int{
		"NothingLost checkout: order has not sent OrderPlaced": 2, "broken checkout: unsupported construct: x": 2,
		"indeterminate checkout": 1, "never reached checkout: late_success_undone": 1,
	}
	got := make(map[string]int)
	for _, p := range written(t, s) {
		got[p.Signature] = p.Count
		if !strings.Contains(p.Detail, "commit abc") {
			t.Errorf("%s does not say at which commit:\n%s", p.Signature, p.Detail)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("problems %v, want %v", got, want)
	}
	if p := written(t, s)[0]; !strings.Contains(p.Detail, "-squall.seed 0x000000000000000a") {
		t.Errorf("no line to paste:\n%s", p.Detail)
	}
	if clean := written(t, campaign(1, 10)); len(clean) > 0 {
		t.Errorf("problems of a pass: %v", clean)
	}
}

// written returns the problems as they are in the summary's file.
func written(t *testing.T, s *reports.Summary) []reports.Problem {
	t.Helper()
	path := filepath.Join(t.TempDir(), "summary.json")
	text, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"problems": [`) {
		t.Errorf("a list without elements is not null:\n%s", text)
	}
	// Read as it is: some of these summaries do not add up, and need not.
	return decode(t, text).Problems
}

func decode(t *testing.T, text []byte) *reports.Summary {
	t.Helper()
	s := new(reports.Summary)
	if err := json.Unmarshal(text, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestContainersProblems: a violation on containers has the signature that it would have in
// the simulator.
func TestContainersProblems(t *testing.T) {
	e, h := evidence(), history()
	h.Messages = append(h.Messages, invariants.Message{Service: "order", Type: "OrderPlaced", ID: "m77"})
	e.LeftUndone = []string{"an odd frame"}
	got := make(map[string]int)
	for _, p := range reports.JudgeContainers(e, h).Problems {
		got[p.Signature] = p.Count
	}
	for _, want := range []string{"NothingLost checkout: order has not sent OrderPlaced", "red checkout: an odd frame"} {
		if got[want] != 1 {
			t.Errorf("%q is there %d times: %v", want, got[want], got)
		}
	}
}
