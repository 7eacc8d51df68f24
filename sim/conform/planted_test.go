package conform_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/squallhq/squall/scenarios/mutants"
)

// moduleRoot is the module's root, which the faults' diffs start from.
const moduleRoot = "../.."

// fault is a bug planted in a simulated server: a patch of testdata/planted, whose first line says
// what is wrong. A case of the suite must turn red.
type fault struct {
	name, wrong string
	patch       mutants.Patch
}

// namedFaults are those that any suite of this kind must notice; without them the others say little.
var namedFaults = []string{
	"postgres-update-not-rechecked", "postgres-sequence-rolled-back", "postgres-do-nothing-does-not-wait",
	"postgres-skip-locked-counts-for-limit", "postgres-skip-locked-loses-order",
	"rabbitmq-ttl-not-head-of-line", "rabbitmq-requeue-at-the-back", "rabbitmq-tags-not-per-channel",
	"rabbitmq-delivery-limit-off-by-one",
}

func readFaults(t *testing.T) []fault {
	t.Helper()
	paths, err := filepath.Glob("testdata/planted/*.patch")
	if err != nil {
		t.Fatal(err)
	}
	faults := make([]fault, len(paths))
	for i, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		wrong, _, _ := strings.Cut(string(text), "\n")
		files, err := mutants.ParseDiff(string(text))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		faults[i] = fault{strings.TrimSuffix(filepath.Base(path), ".patch"), wrong, mutants.Patch{Path: path, Files: files}}
	}
	return faults
}

// TestPlantedFaultsFit holds the faults to the sources: each still applies, changes the server that
// it names and nothing else, and differs from the others.
func TestPlantedFaultsFit(t *testing.T) {
	faults := readFaults(t)
	said, has := map[string]bool{}, map[string]bool{}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			server, _, _ := strings.Cut(f.name, "-")
			if f.wrong == "" || said[f.wrong] {
				t.Errorf("its first line says nothing new: %q", f.wrong)
			}
			said[f.wrong], has[f.name] = true, true
			fits(t, f, "sim/"+server+"/")
		})
	}
	for _, name := range namedFaults {
		if !has[name] {
			t.Errorf("%s is missing", name)
		}
	}
	if len(faults) < 30 {
		t.Errorf("only %d faults", len(faults))
	}
}

func fits(t *testing.T, f fault, below string) {
	t.Helper()
	overlay, err := f.patch.Apply(moduleRoot)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range overlay.Paths() {
		was, err := os.ReadFile(filepath.Join(moduleRoot, path))
		now, _ := overlay.Read(path)
		if err != nil || bytes.Equal(now, was) || !strings.HasPrefix(path, below) {
			t.Errorf("%s is not changed, or not of %s: %v", path, below, err)
		}
	}
}

// reds returns what has failed in the output of a test program: the innermost tests, or the panic
// (also a hang, which ends in one).
func reds(output string) []string {
	found := map[string]bool{}
	for line := range strings.Lines(output) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " (")
		name, failed := strings.CutPrefix(line, "--- FAIL: ")
		if failed && strings.Count(name, "/") >= 2 || strings.HasPrefix(line, "panic:") {
			found[strings.TrimSpace(name)] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestReds(t *testing.T) {
	got := reds("--- FAIL: TestA (0.1s)\n    --- FAIL: TestA/queues (0.1s)\n        --- FAIL: TestA/queues/a_case (0.1s)\n" +
		"    --- PASS: TestA/queues/other (0.1s)\npanic: test timed out after 2m0s\n")
	if want := []string{"TestA/queues/a_case", "panic: test timed out after 2m0s"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
