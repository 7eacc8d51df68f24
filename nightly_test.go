package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/squallhq/squall/reports"
)

// TestMerge: several processes, each with seeds of its own, come to what one process comes to
// that runs all of them; but for how long it took, and the medians.
func TestMerge(t *testing.T) {
	dir := t.TempDir()
	for part, args := range [][]string{
		{"--first-seed", "1", "--seeds", "12"},
		{"--first-seed", "0xd", "--seeds", "8"},
		{"--part", "2", "--seeds", "10"},
	} {
		folder := filepath.Join("parts", string(rune('a'+part)))
		if outcome := run(t, dir, append([]string{"sim", "--report", folder}, args...)...); outcome.ExitCode != 0 {
			t.Fatalf("%v: exit code %d:\n%s", args, outcome.ExitCode, outcome.Output)
		}
	}
	outcome := run(t, dir, "report", "--merge", "parts", "--json", "merged.json", "--seeds", "30")
	if outcome.ExitCode != 0 || !strings.Contains(outcome.Output, "30 seeds from 0x0000000000000001 on\nmerged from 3 summaries") {
		t.Errorf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
	}
	if outcome := run(t, dir, "sim", "--seeds", "30", "--json", "whole.json"); outcome.ExitCode != 0 {
		t.Fatalf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
	}
	merged, whole := readSummary(t, dir, "merged.json"), readSummary(t, dir, "whole.json")
	if whole.MedianSteps == nil || merged.MedianSteps != nil || whole.Facts["NothingLost"] == 0 || whole.Determinism.Checked != 0 {
		t.Errorf("%+v", whole)
	}
	whole.MedianSteps, whole.MedianFaults, whole.Parts = nil, nil, 3
	for _, s := range []*reports.Summary{merged, whole} {
		s.WallSeconds, s.SeedsPerSecond, s.StepsPerSecond, s.Parallel = 0, 0, 0, 0
	}
	if !reflect.DeepEqual(merged, whole) {
		t.Errorf("merged:\n%+v\nwhole:\n%+v", merged, whole)
	}
	t.Run("ErrPartMissing", func(t *testing.T) {
		outcome := run(t, dir, "report", "--merge", "parts/a", "parts/b/checkout-summary.json", "--seeds", "30")
		if outcome.ExitCode != 1 || !strings.Contains(outcome.Output, "NEVER REACHED: the end: 20 of 30 seeds were run") {
			t.Errorf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
		}
	})
}

func readSummary(t *testing.T, dir, name string) *reports.Summary {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("null")) {
		t.Errorf("%s: a list without elements is not null:\n%s", name, text)
	}
	summary := new(reports.Summary)
	if err := json.Unmarshal(text, summary); err != nil {
		t.Fatal(err)
	}
	return summary
}
