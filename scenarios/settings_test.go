//simsafe:allow reads what the person who runs the tests wants

package scenarios_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/scenarios"
)

// The flags of this package's tests. Each can be given as an environment variable too,
// because `go test ./...` refuses flags that not every package knows; a flag wins.
var (
	seedFlag     = flag.String("squall.seed", "", "run this seed alone: decimal, or 0x and hexadecimal (SQUALL_SEED)")
	seedsFlag    = flag.String("squall.seeds", "", "how many seeds to run, from 1 on (SQUALL_SEEDS)")
	budgetFlag   = flag.String("squall.budget", "", "run seeds for this long instead of a number of them (SQUALL_BUDGET)")
	scenarioFlag = flag.String("squall.scenario", "", "run this scenario alone (SQUALL_SCENARIO)")
)

const (
	defaultSeeds = 40
	shortSeeds   = 5
)

// settings is what to run.
type settings struct {
	first     uint64
	count     uint64 // 0 for as many as the budget allows
	budget    time.Duration
	scenarios []scenarios.Scenario
}

// wanted returns what the flags and the environment ask for.
func wanted(t *testing.T) settings {
	t.Helper()
	s, err := parseSettings(
		setting(*seedFlag, "SQUALL_SEED"), setting(*seedsFlag, "SQUALL_SEEDS"),
		setting(*budgetFlag, "SQUALL_BUDGET"), setting(*scenarioFlag, "SQUALL_SCENARIO"), testing.Short())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func setting(flag, variable string) string {
	if flag != "" {
		return flag
	}
	return os.Getenv(variable)
}

func parseSettings(seed, seeds, budget, scenario string, short bool) (settings, error) {
	s := settings{first: 1, count: defaultSeeds, scenarios: scenarios.All()}
	if short {
		s.count = shortSeeds
	}
	if scenario != "" && scenario != "all" {
		found, err := scenarios.Find(scenario)
		if err != nil {
			return s, fmt.Errorf("-squall.scenario or SQUALL_SCENARIO: %w", err)
		}
		s.scenarios = []scenarios.Scenario{found}
	}
	var err error
	switch {
	case seed != "":
		var only chaos.Seed
		err = only.UnmarshalText([]byte(seed))
		s.first, s.count = uint64(only), 1
	case budget != "":
		if s.budget, err = time.ParseDuration(budget); err != nil || s.budget <= 0 {
			err = fmt.Errorf("-squall.budget or SQUALL_BUDGET: %q is not a duration such as 10m", budget)
		}
		s.count = 0
	case seeds != "":
		if s.count, err = strconv.ParseUint(seeds, 10, 32); err != nil || s.count == 0 {
			err = fmt.Errorf("-squall.seeds or SQUALL_SEEDS: %q is not a number from 1", seeds)
		}
	}
	return s, err
}

func TestSettings(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		for name, c := range map[string]struct {
			seed, seeds, budget string
			short               bool
			first, count        uint64
			lasts               time.Duration
		}{
			"default": {first: 1, count: defaultSeeds},
			"short":   {short: true, first: 1, count: shortSeeds},
			"seed":    {seed: "0x00000000000001d6", seeds: "7", first: 0x1d6, count: 1},
			"decimal": {seed: "470", budget: "1m", first: 470, count: 1},
			"seeds":   {seeds: "7", short: true, first: 1, count: 7},
			"budget":  {seeds: "7", budget: "1m30s", first: 1, lasts: 90 * time.Second},
		} {
			s, err := parseSettings(c.seed, c.seeds, c.budget, "", c.short)
			if err != nil || s.first != c.first || s.count != c.count || s.budget != c.lasts || len(s.scenarios) == 0 {
				t.Errorf("%s: %+v, %v", name, s, err)
			}
		}
	})
	for name, bad := range map[string]struct{ seed, seeds, budget, scenario, want string }{
		"ErrSeed":     {seed: "first", want: `seed "first"`},
		"ErrSeeds":    {seeds: "many", want: `"many" is not a number from 1`},
		"ErrNoSeeds":  {seeds: "0", want: `"0" is not a number from 1`},
		"ErrBudget":   {budget: "long", want: `"long" is not a duration`},
		"ErrScenario": {scenario: "siesta", want: `there is no scenario "siesta"; there are [checkout`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseSettings(bad.seed, bad.seeds, bad.budget, bad.scenario, false); err == nil || !strings.Contains(err.Error(), bad.want) {
				t.Errorf("error %v, want one with %q", err, bad.want)
			}
		})
	}
}

// planFolder is where the plan of a failure is kept: with -artifacts among the test's
// artifacts, otherwise in a temporary folder that outlives the test.
func planFolder(t *testing.T) string {
	t.Helper()
	if kept := flag.Lookup("test.artifacts"); kept != nil && kept.Value.String() == "true" {
		return t.ArtifactDir()
	}
	dir := filepath.Join(os.TempDir(), "squall-plans")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// commit returns the commit that the working folder is at, or "unknown".
func commit() string {
	head, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(head))
}

func goVersion() string { return runtime.Version() + " " + runtime.GOARCH }
