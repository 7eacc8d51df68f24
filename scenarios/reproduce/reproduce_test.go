package reproduce_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/squallhq/squall/chaos/live"
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

func TestSelect(t *testing.T) {
	b1, b2, control := &mutants.Patch{ID: "B1"}, &mutants.Patch{ID: "B2"}, &mutants.Patch{ID: "C5", Control: true}
	all := []*mutants.Patch{b1, b2, control}
	for name, c := range map[string]struct {
		ids  []string
		want []*mutants.Patch
		err  string
	}{
		"OKAll":      {nil, all, ""},
		"OKOrder":    {[]string{"B2", "B1"}, []*mutants.Patch{b2, b1}, ""},
		"OKTwice":    {[]string{"B2", "B1", "B2"}, []*mutants.Patch{b2, b1}, ""},
		"ErrControl": {[]string{"B1", "C5"}, nil, "C5 is a control"},
		"ErrUnknown": {[]string{"B3"}, nil, `no mutant "B3"`},
		"ErrEmpty":   {[]string{"B1", ""}, nil, "an empty id"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := reproduce.Select(all, c.ids)
			if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("selected %v, %v", got, err)
			}
		})
	}
}

// witness puts scripts in the place of the docker command and of build.sh, which note the engine
// that they would use, and returns a module's root and a function that reads the notes.
func witness(t *testing.T) (root string, notes func() string) {
	t.Helper()
	root = t.TempDir()
	note := filepath.Join(root, "notes")
	for name, word := range map[string]string{"bin/docker": "docker", "chaos/live/images/build.sh": "build.sh"} {
		path := filepath.Join(root, filepath.FromSlash(name))
		script := fmt.Sprintf("#!/bin/sh\necho %s $1 at $DOCKER_HOST >>'%s'\n", word, note)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", filepath.Join(root, "bin")+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return root, func() string {
		text, err := os.ReadFile(note)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return string(text)
	}
}

// TestRunEngine: whatever uses the engine is told which, and none but this machine's is used.
func TestRunEngine(t *testing.T) {
	for name, c := range map[string]struct{ host, notes string }{
		"OK":        {"unix:///tmp/none.sock", "build.sh services at unix:///tmp/none.sock\ndocker image at unix:///tmp/none.sock\n"},
		"ErrRemote": {"tcp://build.example:2375", ""},
	} {
		t.Run(name, func(t *testing.T) {
			root, notes := witness(t)
			t.Setenv("DOCKER_HOST", c.host)
			_, err := (&reproduce.Lab{Root: root}).Run(t.Context(), nil)
			if remote := c.notes == ""; remote != errors.Is(err, live.ErrNotLocal) || !remote && err != nil {
				t.Errorf("the error is %v", err)
			}
			if got := notes(); got != c.notes {
				t.Errorf("used were\n%swant\n%s", got, c.notes)
			}
		})
	}
	t.Run("OKContext", func(t *testing.T) {
		root, notes := witness(t)
		t.Setenv("DOCKER_HOST", "")
		t.Setenv("DOCKER_CONTEXT", "elsewhere")
		if _, err := (&reproduce.Lab{Root: root}).Run(t.Context(), nil); err != nil {
			t.Error(err)
		}
		endpoint, err := live.LocalEndpoint()
		if got := notes(); err != nil || strings.Count(got, " at "+endpoint+"\n") != 2 {
			t.Errorf("used were\n%swant %s, %v", got, endpoint, err)
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
