//simsafe:allow builds and runs programs; what is planted runs in them

package scenarios_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/squallhq/squall/scenarios/mutants"
)

// edit replaces a piece of a file that stands in it once.
type edit struct{ file, old, new string }

// plants are the ways in which service code can leave the hands of the seed. The simulator
// must notice each, and say at which step.
var plants = map[string][]edit{
	"MapRange": {
		{"system/inventory/store.go", "\t\"slices\"\n\t\"strings\"\n", ""},
		{
			"system/inventory/store.go",
			"\tslices.SortFunc(moves, func(a, b Movement) int { return strings.Compare(a.SKU, b.SKU) })\n\tfor _, m := range moves {\n",
			"\tbyArticle := make(map[string]Movement)\n\tfor _, m := range moves {\n\t\tbyArticle[m.SKU] = m\n\t}\n\tfor _, m := range byArticle {\n",
		},
	},
	"TimeNow": {
		{"system/flow/unit.go", "u.engine.ports.Runtime.Wall().Truncate", "time.Now().Truncate"},
	},
	"Goroutine": { // beside the tasks of the simulator, in real time
		{"system/order/service.go", "\t\"strconv\"\n\t\"time\"\n", "\t\"strconv\"\n\t\"sync/atomic\"\n\t\"time\"\n"},
		{"system/order/service.go", "\tports flow.Ports\n}\n", "\tports flow.Ports\n\trounds atomic.Int64\n}\n"},
		{
			"system/order/service.go", "\ts := &Service{ports: ports}\n",
			"\ts := &Service{ports: ports}\n\tgo func() {\n\t\tfor s.rounds.Add(1) < 10_000 {\n\t\t\ttime.Sleep(20 * time.Microsecond)\n\t\t}\n\t}()\n",
		},
		{"system/order/service.go", "\tvar answer Answer\n", "\tbasket.Email = strconv.FormatInt(s.rounds.Load(), 10) + basket.Email\n\tvar answer Answer\n"},
	},
	"PackageVariableThatCounts": {
		{"system/order/service.go", "// fingerprint tells", "var baskets int\n\n// fingerprint tells"},
		{"system/order/service.go", "\tsum := sha256.Sum256(text)\n", "\tbaskets++\n\tsum := sha256.Sum256(append(text, strconv.Itoa(baskets)...))\n"},
	},
	"PackageVariableThatRemembers": { // all runs after the first are the same
		{"system/order/service.go", "// priced puts", "var prices = make(map[string]event.Cents)\n\n// priced puts"},
		{
			"system/order/service.go",
			"\tprices, err := loadPrices(ctx, unit, skus)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n",
			"\tif prices[skus[0]] == 0 {\n\t\tmore, err := loadPrices(ctx, unit, skus)\n\t\tif err != nil {\n\t\t\treturn nil, err\n\t\t}\n" +
				"\t\tfor sku, price := range more {\n\t\t\tprices[sku] = price\n\t\t}\n\t}\n",
		},
	},
}

// step is how the first diverging step is named, from both sides.
var step = regexp.MustCompile(`step (\d+), one run: +(\S.*)\n.*step (\d+), the other: +(\S.*)\n`)

// TestIndeterminismIsNoticed plants one thing after another and checks the determinism of a
// few seeds: exit code 3, and the step at which two runs part.
func TestIndeterminismIsNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command several times")
	}
	root, err := mutants.FindModule(".")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("Clean", func(t *testing.T) {
		if code, output := checkDeterminism(t, root, mutants.NewOverlay(root)); code != 0 {
			t.Errorf("exit code %d without anything planted:\n%s", code, output)
		}
	})
	for name, edits := range plants {
		t.Run(name, func(t *testing.T) {
			overlay := mutants.NewOverlay(root)
			for _, e := range edits {
				plant(t, overlay, e)
			}
			code, output := checkDeterminism(t, root, overlay)
			if code != 3 {
				t.Errorf("exit code %d, want 3:\n%s", code, output)
			}
			named := step.FindStringSubmatch(output)
			if len(named) != 5 || named[1] != named[3] || named[2] == named[4] {
				t.Errorf("no step is named, from both sides:\n%s", output)
				return
			}
			t.Logf("step %s: %s\n%s", named[1], named[2], named[4])
		})
	}
}

// TestForeignGoroutineIsNoticed plants a goroutine that calls a port: the program ends with
// exit code 3 and says after which step.
func TestForeignGoroutineIsNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command")
	}
	root, err := mutants.FindModule(".")
	if err != nil {
		t.Fatal(err)
	}
	overlay := mutants.NewOverlay(root)
	plant(t, overlay, edit{"system/flow/unit.go", "\t\te.nudge(ctx)\n", "\t\tgo e.nudge(ctx)\n"})
	code, output := checkDeterminism(t, root, overlay)
	if code != 3 || !strings.Contains(output, "no task, after step ") || !strings.Contains(output, "(*Engine).nudge") {
		t.Errorf("exit code %d:\n%s", code, output)
	}
}

func plant(t *testing.T, overlay *mutants.Overlay, e edit) {
	t.Helper()
	text, err := overlay.Read(e.file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), e.old); n != 1 {
		t.Fatalf("%s has %d times what is to be replaced:\n%s", e.file, n, e.old)
	}
	overlay.Set(e.file, []byte(strings.Replace(string(text), e.old, e.new, 1)))
}

// checkDeterminism builds the command under an overlay and lets it check a few seeds.
func checkDeterminism(t *testing.T, root string, overlay *mutants.Overlay) (code int, output string) {
	t.Helper()
	program := build(t, root, overlay)
	outcome, err := program.Run(t.Context(), t.TempDir(), "sim", "--seeds", "6", "--parallel", "1", "--check-determinism")
	if err != nil {
		t.Fatal(err)
	}
	return outcome.ExitCode, outcome.Output
}

func build(t *testing.T, root string, overlay *mutants.Overlay) *mutants.Program {
	t.Helper()
	dir := t.TempDir()
	if err := overlay.Write(dir); err != nil {
		t.Fatal(err)
	}
	program, err := mutants.Build(t.Context(), root, filepath.Join(dir, mutants.OverlayFile), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program.Path); err != nil {
		t.Fatal(err)
	}
	return program
}
