package reproduce_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/squallhq/squall/scenarios/mutants"
	"github.com/squallhq/squall/scenarios/reproduce"
)

// TestShippedCases: every planted bug has a plan, and every plan that is named after a bug is
// some bug's.
func TestShippedCases(t *testing.T) {
	patches, err := mutants.ReadPatches("../mutants")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := reproduce.Cases(patches, "../testdata")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, c := range cases {
		used[filepath.Base(c.Path)] = true
		if c.Patch.Control || len(c.Plan.Faults) == 0 {
			t.Errorf("%s, %s: a control, or no faults", c.Patch.ID, c.Path)
		}
	}
	named, err := filepath.Glob("../testdata/b[0-9]*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range named {
		if !used[filepath.Base(path)] {
			t.Errorf("%s belongs to no planted bug", path)
		}
	}
}

func TestCases(t *testing.T) {
	bug, control := &mutants.Patch{ID: "B99"}, &mutants.Patch{ID: "C1", Control: true}
	setup := func(t *testing.T, name, text string) string {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	t.Run("ErrNoPlan", func(t *testing.T) {
		_, err := reproduce.Cases([]*mutants.Patch{bug}, setup(t, "b9-other.json", "{}"))
		if err == nil || !strings.Contains(err.Error(), "no plan b99-*.json") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("ErrBadPlan", func(t *testing.T) {
		if cases, err := reproduce.Cases([]*mutants.Patch{bug}, setup(t, "b99-some.json", "{")); err == nil {
			t.Errorf("read %v", cases)
		}
	})
	t.Run("OKControl", func(t *testing.T) {
		if cases, err := reproduce.Cases([]*mutants.Patch{control}, t.TempDir()); err != nil || len(cases) > 0 {
			t.Errorf("%v, %v", cases, err)
		}
	})
}

// TestShown: a bug is shown by the invariant that it names, and only if clean code passes with
// nothing left to ask.
func TestShown(t *testing.T) {
	failed := reproduce.Side{Verdict: "fail", Broken: []string{"EverySagaEnds", "NothingLost"}}
	passed := reproduce.Side{Verdict: "pass", Seconds: 3}
	with := func(bug, clean reproduce.Side) reproduce.Result {
		return reproduce.Result{ID: "B99", Breaks: []string{"NothingLost"}, Plan: "b99-some.json", Faults: []string{"one", "two"}, Bug: bug, Clean: clean}
	}
	broken := with(failed, passed)
	broken.Error = "no engine\nat all"
	for name, c := range map[string]struct {
		result reproduce.Result
		shown  bool
		row    string
	}{
		"OK":               {with(failed, passed), true, "| B99 | b99-some.json | one; two | fail: NothingLost | pass, at rest after 3 s |"},
		"ErrSurvived":      {with(passed, passed), false, "pass: none of NothingLost broke, but []"},
		"ErrOther":         {with(reproduce.Side{Verdict: "fail", Broken: []string{"StockConserved"}}, passed), false, "fail: none of NothingLost broke, but [StockConserved]"},
		"ErrCleanFails":    {with(failed, failed), false, "fail; broken [EverySagaEnds NothingLost], not happened [], red []"},
		"ErrMissed":        {with(failed, reproduce.Side{Verdict: "pass", NotHappened: []string{"two"}}), false, "not happened [two]"},
		"ErrRed":           {with(failed, reproduce.Side{Verdict: "pass", Red: []string{"no order was judged"}}), false, "red [no order was judged]"},
		"ErrUnknown":       {with(failed, reproduce.Side{Verdict: "unknown"}), false, "unknown; broken []"},
		"ErrNoVerdict":     {with(failed, reproduce.Side{}), false, "| no verdict: "},
		"ErrWithAnError":   {broken, false, "fail: NothingLost"},
		"ErrNothingAtAll":  {reproduce.Result{ID: "B99"}, false, "no verdict"},
		"ErrNamesNothing":  {reproduce.Result{ID: "B99", Bug: failed, Clean: passed}, false, "but [EverySagaEnds NothingLost]"},
		"ErrCleanVerdict0": {with(reproduce.Side{}, passed), false, "no verdict"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.result.Shown() != c.shown {
				t.Errorf("shown: %v, want %v", !c.shown, c.shown)
			}
			var out strings.Builder
			reproduce.WriteTable(&out, []*reproduce.Result{&c.result})
			if lines := strings.Split(out.String(), "\n"); len(lines) != 4 || !strings.Contains(lines[2], c.row) {
				t.Errorf("the table is\n%swithout %q", out.String(), c.row)
			}
		})
	}
}
