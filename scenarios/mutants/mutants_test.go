package mutants_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/scenarios/mutants"
)

// root is the module's root.
const root = "../.."

const header = "# id: X1\n# source: somebody\n# mechanism: something\n# breaks: NothingLost, HandledOnce\n"

// poem is the file that the tests' patches change.
const poem = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n"

// setup writes files into a new folder and returns it.
func setup(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestShipped: the patches of this folder fit the sources, and there are bugs and controls
// among them.
func TestShipped(t *testing.T) {
	patches, err := mutants.ReadPatches(".")
	if err != nil {
		t.Fatal(err)
	}
	controls := 0
	for _, patch := range patches {
		if patch.Source == "" || patch.Mechanism == "" || filepath.Base(patch.Path) != patch.ID+".patch" {
			t.Errorf("%s: id %q, source %q, mechanism %q", patch.Path, patch.ID, patch.Source, patch.Mechanism)
		}
		if patch.Control {
			controls++
		}
		overlay, err := patch.Apply(root)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, path := range overlay.Paths() {
			was, err := os.ReadFile(filepath.Join(root, path))
			if now, _ := overlay.Read(path); err != nil || bytes.Equal(now, was) {
				t.Errorf("%s: %s is not changed, %v", patch.Path, path, err)
			}
		}
	}
	if controls < 2 || len(patches)-controls < 6 {
		t.Errorf("%d patches, %d of them controls", len(patches), controls)
	}
}

func TestParsePatch(t *testing.T) {
	const diff = "--- a/poem.txt\n+++ b/poem.txt\n@@ -2,2 +2,2 @@\n-two\n+zwei\n three\n"
	t.Run("OK", func(t *testing.T) {
		patch, err := mutants.ParsePatch("Some words, as git format-patch has them.\n" + header + "diff --git a/x b/x\nindex 1..2\n" + diff)
		if err != nil {
			t.Fatal(err)
		}
		if patch.ID != "X1" || patch.Source != "somebody" || patch.Mechanism != "something" || patch.Control ||
			strings.Join(patch.Breaks, "+") != "NothingLost+HandledOnce" || len(patch.Files) != 1 || len(patch.Files[0].Hunks) != 1 {
			t.Errorf("read %+v", patch)
		}
	})
	t.Run("OKControl", func(t *testing.T) {
		patch, err := mutants.ParsePatch("# id: C1\n# control: true\n" + diff)
		if err != nil || !patch.Control {
			t.Errorf("read %+v, %v", patch, err)
		}
	})
	for name, bad := range map[string]struct{ text, want string }{
		"ErrEmpty":           {"", "there is no line `# id: B12`"},
		"ErrNoID":            {"# breaks: NothingLost\n" + diff, "there is no line `# id: B12`"},
		"ErrBadID":           {"# id: ../x\n# breaks: NothingLost\n" + diff, `id "../x" cannot be the name of a folder`},
		"ErrNoBreaks":        {"# id: X1\n" + diff, "no line `# breaks: NothingLost`"},
		"ErrUnknownBreaks":   {"# id: X1\n# breaks: NothingLots\n" + diff, `there is no invariant "NothingLots"`},
		"ErrControl":         {"# id: X1\n# control: yes\n" + diff, `control is "yes"`},
		"ErrControlBreaks":   {"# id: X1\n# control: true\n# breaks: NothingLost\n" + diff, "a control breaks nothing"},
		"ErrNoDiff":          {header, "there is no diff"},
		"ErrNoPlus":          {header + "--- a/poem.txt\n@@ -1 +1 @@\n", "line 6: want `+++ b/FILE`"},
		"ErrNoHunk":          {header + "--- a/poem.txt\n+++ b/poem.txt\n", "line 7: poem.txt: no hunk follows"},
		"ErrTitle":           {header + "--- a/poem.txt\n+++ b/poem.txt\n@@ here @@\n", "poem.txt: hunk 1: line 7: want `@@ -LINE,COUNT"},
		"ErrCut":             {header + strings.TrimSuffix(diff, " three\n"), "poem.txt: hunk 1: line 10: the diff ends within a hunk"},
		"ErrTooLong":         {header + "--- a/poem.txt\n+++ b/poem.txt\n@@ -1,1 +1,2 @@\n-one\n-two\n+eins\n+zwei\n", "line 9: more lines than the hunk's title promises"},
		"ErrForeignLine":     {header + "--- a/poem.txt\n+++ b/poem.txt\n@@ -1,2 +1,2 @@\n-one\nzwei\n", `a hunk's line begins with "z"`},
		"ErrTrailingHunk":    {header + diff + "nonsense\n@@ -9 +9 @@\n", "line 12: no `--- a/FILE` before this"},
		"ErrOutside":         {header + "--- a/../poem.txt\n+++ b/../poem.txt\n", `"../poem.txt" does not lie in the module`},
		"ErrAbsolute":        {header + "--- /etc/passwd\n+++ /etc/passwd\n", `"/etc/passwd" does not lie in the module`},
		"ErrNothingWithNone": {header + "--- /dev/null\n+++ /dev/null\n", "no file with no file"},
	} {
		t.Run(name, func(t *testing.T) {
			patch, err := mutants.ParsePatch(bad.text)
			if err == nil {
				t.Fatalf("read %+v", patch)
			}
			if !strings.Contains(err.Error(), bad.want) {
				t.Errorf("the error is %q, without %q", err, bad.want)
			}
		})
	}
}

func TestApply(t *testing.T) {
	for name, c := range map[string]struct{ was, hunks, want, err string }{
		"OK":            {was: poem, hunks: "@@ -2,2 +2,3 @@\n-two\n+zwei\n+zwo\n three\n", want: strings.Replace(poem, "two", "zwei\nzwo", 1)},
		"OKMoved":       {was: "zero\nzero\n" + poem, hunks: "@@ -2,2 +2,2 @@\n-two\n+zwei\n three\n", want: "zero\nzero\n" + strings.Replace(poem, "two", "zwei", 1)},
		"OKBothMoved":   {was: "zero\n" + poem, hunks: "@@ -1 +1,2 @@\n-one\n+eins\n+und\n@@ -8 +9 @@\n-eight\n+acht\n", want: "zero\neins\nund" + strings.Replace(poem[3:], "eight", "acht", 1)},
		"OKNearest":     {was: "a\nb\na\nb\na\nb\n", hunks: "@@ -3,2 +3,2 @@\n-a\n+A\n b\n", want: "a\nb\nA\nb\na\nb\n"},
		"OKAdded":       {was: "a\nb\n", hunks: "@@ -1,0 +2 @@\n+x\n", want: "a\nx\nb\n"},
		"OKAddedFirst":  {was: "a\nb\n", hunks: "@@ -0,0 +1 @@\n+x\n", want: "x\na\nb\n"},
		"OKNoNewline":   {was: "a\nb", hunks: "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n", want: "a\nc"},
		"OKNewlineMade": {was: "a\nb", hunks: "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n", want: "a\nb\n"},
		"OKBlankCut":    {was: "a\n\nb\n", hunks: "@@ -1,3 +1,3 @@\n-a\n+A\n\n b\n", want: "A\n\nb\n"},
		"ErrMisfit":     {was: poem, hunks: "@@ -2,2 +2,2 @@\n-two\n+zwei\n drei\n", err: `X1.patch: poem.txt: hunk 1 (@@ -2,2 +2,2 @@) does not fit: line 3 is "three", the patch has "drei"`},
		"ErrSecond":     {was: poem, hunks: "@@ -1 +1 @@\n-one\n+eins\n@@ -3 +3 @@\n-drei\n+tri\n", err: "hunk 2 (@@ -3 +3 @@) does not fit"},
		"ErrBackwards":  {was: poem, hunks: "@@ -5 +5 @@\n-five\n+cinq\n@@ -2 +2 @@\n-two\n+zwei\n", err: "its place is taken"},
		"ErrEnd":        {was: "one\n", hunks: "@@ -1,2 +1,2 @@\n one\n-two\n+zwei\n", err: "the file ends before line 2"},
		"ErrMissing":    {hunks: "@@ -1 +1 @@\n-one\n+eins\n", err: "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"X1.patch": header + "--- a/poem.txt\t2026-01-01\n+++ b/poem.txt\n" + c.hunks}
			if c.was != "" {
				files["poem.txt"] = c.was
			}
			dir := setup(t, files)
			got, err := applied(t, dir, "poem.txt")
			switch {
			case c.err == "" && (err != nil || got != c.want):
				t.Errorf("%q, %v, want %q", got, err, c.want)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("%q, %v, want an error with %q", got, err, c.err)
			}
			if now, _ := os.ReadFile(filepath.Join(dir, "poem.txt")); string(now) != c.was {
				t.Errorf("the file itself is changed: %q", now)
			}
		})
	}
}

func TestApplyNewAndGone(t *testing.T) {
	const diff = header + "--- /dev/null\n+++ b/new/verse.txt\n@@ -0,0 +1,2 @@\n+nine\n+ten\n" + "--- a/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n"
	t.Run("OK", func(t *testing.T) {
		dir := setup(t, map[string]string{"X1.patch": diff, "old.txt": "old\n"})
		if got, err := applied(t, dir, "new/verse.txt"); err != nil || got != "nine\nten\n" {
			t.Errorf("%q, %v", got, err)
		}
		if _, err := applied(t, dir, "old.txt"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the old file is still there: %v", err)
		}
	})
	t.Run("ErrThere", func(t *testing.T) {
		dir := setup(t, map[string]string{"X1.patch": diff, "old.txt": "old\n", "new/verse.txt": "eleven\n"})
		if _, err := applied(t, dir, "old.txt"); err == nil || !strings.Contains(err.Error(), "there already") {
			t.Errorf("error %v", err)
		}
	})
}

// applied applies the patch in dir to dir and returns a file under the overlay.
func applied(t *testing.T, dir, file string) (string, error) {
	t.Helper()
	patches, err := mutants.ReadPatches(dir)
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := patches[0].Apply(dir)
	if err != nil {
		return "", err
	}
	text, err := overlay.Read(file)
	return string(text), err
}

// TestApplyLikeGit: what git diff writes about two texts leads from one to the other.
func TestApplyLikeGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	dir := t.TempDir()
	text := rapid.Custom(func(t *rapid.T) string {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "c\n", "\n", "-- x\n", "+y\n"}), 1, 40).Draw(t, "lines")
		return strings.TrimSuffix(strings.Join(lines, ""), rapid.SampledFrom([]string{"", "\n"}).Draw(t, "end"))
	})
	rapid.Check(t, func(t *rapid.T) {
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		for name, text := range map[string]string{"a": before, "b": after} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		diff := exec.Command("git", "diff", "--no-index", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "a", "b")
		diff.Dir = dir
		output, _ := diff.Output() // it exits with 1 for a difference
		if before == after {
			t.Skip("no difference")
		}
		written := strings.Replace(string(output), "+++ b/b", "+++ b/a", 1)
		patch, err := mutants.ParsePatch(header + written)
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		overlay, err := patch.Apply(dir)
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		if got, err := overlay.Read("a"); err != nil || string(got) != after {
			t.Errorf("%q, %v, want %q\n%s", got, err, after, output)
		}
	})
}

func TestReadPatches(t *testing.T) {
	good := header + "--- a/p\n+++ b/p\n@@ -1 +1 @@\n-a\n+b\n"
	t.Run("ErrNoFolder", func(t *testing.T) {
		if _, err := mutants.ReadPatches(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "none") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("ErrNoPatches", func(t *testing.T) {
		dir := setup(t, map[string]string{"README": "nothing"})
		if _, err := mutants.ReadPatches(dir); err == nil || !strings.Contains(err.Error(), "no *.patch files in "+dir) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("ErrTwice", func(t *testing.T) {
		if _, err := mutants.ReadPatches(setup(t, map[string]string{"a.patch": good, "b.patch": good})); err == nil || !strings.Contains(err.Error(), "id X1 is that of") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("ErrMalformed", func(t *testing.T) {
		if _, err := mutants.ReadPatches(setup(t, map[string]string{"a.patch": "hello"})); err == nil || !strings.Contains(err.Error(), "a.patch: header") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("ErrUnknownID", func(t *testing.T) {
		patches, err := mutants.ReadPatches(setup(t, map[string]string{"a.patch": good}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := mutants.Select(patches, "X2"); err == nil || !strings.Contains(err.Error(), `no mutant "X2"; there are X1`) {
			t.Errorf("error %v", err)
		}
	})
}

func TestFindModule(t *testing.T) {
	want, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{".", root, filepath.Join(root, "sim", "simsafe", "rules")} {
		if got, err := mutants.FindModule(from); err != nil || got != want {
			t.Errorf("from %s: %s, %v, want %s", from, got, err, want)
		}
	}
	other := setup(t, map[string]string{"go.mod": "module example.com/other\n", "sub/x": ""})
	if _, err := mutants.FindModule(filepath.Join(other, "sub")); err == nil || !strings.Contains(err.Error(), "module example.com/other in "+other) {
		t.Errorf("in another module: %v", err)
	}
	if _, err := mutants.FindModule(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no go.mod at all") {
		t.Errorf("in no module: %v", err)
	}
}

// TestBuild builds a small program under an overlay that changes its code and what it embeds,
// adds a file and takes one away.
func TestBuild(t *testing.T) {
	module := map[string]string{
		"go.mod":  "module example.com/small\n\ngo 1.26\n",
		"main.go": "package main\n\nimport _ \"embed\"\n\n//go:embed text.sql\nvar text string\n\nfunc main() { print(text, word) }\n",
		"word.go": "package main\n\nconst word = \"clean\"\n", "text.sql": "SELECT 1; ",
	}
	dir := setup(t, module)
	overlay := mutants.NewOverlay(dir)
	overlay.Set("text.sql", []byte("SELECT 2; "))
	overlay.Set("other.go", []byte("package main\n\nconst word = \"mutant\"\n"))
	overlay.Remove("word.go")
	keep := t.TempDir()
	if err := overlay.Write(keep); err != nil {
		t.Fatal(err)
	}
	for list, want := range map[string]string{"": "SELECT 1; clean", filepath.Join(keep, mutants.OverlayFile): "SELECT 2; mutant"} {
		program, err := mutants.Build(t.Context(), dir, list, t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		outcome, err := program.Run(t.Context(), dir)
		if err != nil || outcome.Output != want || outcome.ExitCode != 0 {
			t.Errorf("under %q: %+v, %v, want %q", list, outcome, err, want)
		}
	}
	for name, text := range module {
		if now, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(now) != text {
			t.Errorf("%s is touched: %q, %v", name, now, err)
		}
	}
	overlay.Set("other.go", []byte("package main\n"))
	if err := overlay.Write(keep); err != nil {
		t.Fatal(err)
	}
	var broken *mutants.BuildError
	if _, err := mutants.Build(t.Context(), dir, filepath.Join(keep, mutants.OverlayFile), t.TempDir(), ""); !errors.As(err, &broken) || !strings.Contains(err.Error(), "undefined: word") {
		t.Errorf("what does not build gives %v", err)
	}
}
