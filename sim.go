package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios"
)

type simCommand struct {
	Scenario         string        `help:"Name of the scenario, or all (checkout)." placeholder:"NAME"`
	Seeds            *int          `help:"How many seeds to run (1000)." placeholder:"N"`
	FirstSeed        *chaos.Seed   `help:"The first of them (1): decimal, or 0x and hexadecimal." placeholder:"S"`
	Part             int           `help:"Of many processes run this one's seeds, counting from 0: part I begins I times --seeds after --first-seed." placeholder:"I"`
	Seed             *chaos.Seed   `help:"Run this seed alone: decimal, or 0x and hexadecimal." placeholder:"S"`
	Plan             string        `help:"Run this plan's workload and those of its faults that the simulator has; the others are listed." placeholder:"PLAN.json" type:"path"`
	Budget           time.Duration `help:"Run seeds for this long instead of a number of them." placeholder:"10m"`
	Parallel         int           `help:"Worlds at once; 0 for one on each core." placeholder:"P"`
	JSON             string        `name:"json" help:"Write the summary to this file." placeholder:"FILE"`
	Report           string        `help:"Keep the summary and the plans of failures in this folder." placeholder:"DIR"`
	CheckDeterminism bool          `help:"Run every seed twice, and some in another process."`
	StopAt           int           `help:"Stop after this many failures; 0 for never." placeholder:"N"`
}

// plansFolder is where the plans of failures go without --report.
const plansFolder = "reports-out"

// Run runs the campaigns and exits with the worst code among them.
func (c *simCommand) Run() error {
	if err := c.check(); err != nil {
		return usageError{err}
	}
	chosen, err := c.scenarios()
	if err != nil {
		return usageError{err}
	}
	if err := writable(c.JSON, c.Report); err != nil {
		return usageError{err}
	}
	if c.Plan != "" {
		return c.plan()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	worst := exitPass
	for _, scenario := range chosen {
		code, err := c.campaign(ctx, scenario, len(chosen) > 1)
		if err != nil {
			return err
		}
		worst = max(worst, code)
	}
	if worst != exitPass {
		return exitCode(worst)
	}
	return nil
}

func (c *simCommand) check() error {
	if c.seeds() < 1 || c.Parallel < 0 || c.Budget < 0 || c.StopAt < 0 || c.Part < 0 {
		return errors.New("--seeds must be at least 1; --parallel, --budget, --stop-at and --part must not be negative")
	}
	if c.Plan != "" && c.choosesSeeds() {
		return errors.New("--plan runs one plan; of the other flags only --json goes with it")
	}
	if c.Seed != nil && (c.Seeds != nil || c.Budget > 0 || c.FirstSeed != nil || c.Part > 0) {
		return errors.New("--seed runs one seed; it does not go with --seeds, --budget, --first-seed or --part")
	}
	if c.Budget > 0 && (c.Seeds != nil || c.Part > 0) {
		return errors.New("--budget runs as many seeds as there is time for; it does not go with --seeds or --part")
	}
	_, err := c.first()
	return err
}

// choosesSeeds says whether a flag is given that has no meaning for a plan.
func (c *simCommand) choosesSeeds() bool {
	return c.Scenario != "" || c.Seeds != nil || c.Seed != nil || c.FirstSeed != nil || c.Part > 0 || c.Budget > 0 ||
		c.Parallel > 0 || c.CheckDeterminism || c.Report != "" || c.StopAt > 0
}

// The defaults of flags that do not go with others: a default must not count as given.
const (
	defaultScenario = "checkout"
	defaultSeeds    = 1000
)

func (c *simCommand) seeds() int {
	if c.Seeds == nil {
		return defaultSeeds
	}
	return *c.Seeds
}

// first returns the first seed to run.
func (c *simCommand) first() (uint64, error) {
	if c.Seed != nil {
		return uint64(*c.Seed), nil
	}
	first := uint64(1)
	if c.FirstSeed != nil {
		first = uint64(*c.FirstSeed)
	}
	over, before := bits.Mul64(uint64(c.Part), uint64(c.seeds()))
	first, carry := bits.Add64(first, before, 0)
	if _, last := bits.Add64(first, uint64(c.seeds())-1, 0); over+carry+last > 0 {
		return 0, errors.New("--first-seed, --part and --seeds reach beyond the last seed of 64 bits")
	}
	return first, nil
}

func (c *simCommand) scenarios() ([]scenarios.Scenario, error) {
	if c.Scenario == "all" {
		return scenarios.All(), nil
	}
	scenario, err := scenarios.Find(cmp.Or(c.Scenario, defaultScenario))
	return []scenarios.Scenario{scenario}, err
}

func (c *simCommand) campaign(ctx context.Context, scenario scenarios.Scenario, several bool) (int, error) {
	first, err := c.first()
	if err != nil {
		return exitUsage, usageError{err}
	}
	campaign := &scenarios.Campaign{
		Scenario: scenario, First: first, Seeds: c.seeds(), Parallel: c.Parallel, CheckAll: c.CheckDeterminism,
		StopAt: c.StopAt, PlanDir: plansFolder, Commit: commit(), Go: goVersion(), Stuck: stuck, Progress: progress(time.Now()),
	}
	if campaign.Parallel == 0 {
		campaign.Parallel = runtime.GOMAXPROCS(0)
	}
	if c.Report != "" {
		campaign.PlanDir = c.Report
	}
	if c.Seed != nil {
		campaign.Seeds = 1
	}
	if c.Budget > 0 {
		limited, cancel := context.WithTimeout(ctx, c.Budget)
		defer cancel()
		ctx, campaign.Seeds = limited, 0
	}
	summary, err := campaign.Run(ctx, time.Now)
	if err != nil {
		return exitBroken, err
	}
	if c.CheckDeterminism {
		if err := elsewhere(scenario, summary); err != nil {
			return exitBroken, err
		}
	}
	summary.Text(os.Stdout)
	return summary.ExitCode(), c.write(summary, several)
}

// plan runs the workload of a plan, and those of its faults that the simulator has.
func (c *simCommand) plan() error {
	return (&replayCommand{Plan: c.Plan, JSON: c.JSON, carry: true}).Run()
}

// writable finds out before the work whether its outcome can be written: a file, a folder,
// each if it is named. An outcome that is there already is not left to be taken for this work's.
func writable(path, dir string) error {
	if path != "" {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
		if err != nil {
			return fmt.Errorf("write outcome: %w", err)
		}
		if err := file.Close(); err != nil {
			return fmt.Errorf("write outcome: %w", err)
		}
	}
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make report folder: %w", err)
		}
	}
	return nil
}

// write writes the summary where the flags say. With several scenarios each has a file of
// its own.
func (c *simCommand) write(summary *reports.Summary, several bool) error {
	text, err := summary.JSON()
	if err != nil {
		return err
	}
	if c.JSON != "" {
		path := c.JSON
		if several {
			path = strings.TrimSuffix(path, ".json") + "-" + summary.Scenario + ".json"
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return usageError{fmt.Errorf("write summary: %w", err)}
		}
	}
	if c.Report == "" {
		return nil
	}
	if err := os.WriteFile(filepath.Join(c.Report, summary.Scenario+"-summary.json"), text, 0o644); err != nil {
		return usageError{fmt.Errorf("write report: %w", err)}
	}
	return nil
}

// elsewhereSeeds is how many seeds of a checked campaign are run in another process too.
const elsewhereSeeds = 5

// elsewhere runs some seeds in another process, the last one first, and adds what differs to
// the summary.
func elsewhere(scenario scenarios.Scenario, summary *reports.Summary) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program to run it again: %w", err)
	}
	seeds := slices.Sorted(maps.Keys(summary.Hashes))
	for i := range min(elsewhereSeeds, len(seeds)) {
		seed := seeds[len(seeds)-1-i*len(seeds)/elsewhereSeeds]
		other, _, err := runElsewhere(self, scenario.Name, seed)
		if err != nil {
			return err
		}
		summary.Determinism.Checked++
		if other == summary.Hashes[seed] {
			continue
		}
		summary.Determinism.Mismatches++
		if summary.Determinism.First != nil {
			continue
		}
		_, lines, err := runElsewhere(self, scenario.Name, seed, "--trace")
		if err != nil {
			return err
		}
		here := scenario.RunSeed(scenarios.NewKit(), seed, true).Lines
		summary.Determinism.First = append(
			[]string{fmt.Sprintf("seed %d: trace hash %s, in another process %s", seed, summary.Hashes[seed], other)},
			scenarios.Difference(here, lines)...)
	}
	return nil
}

// runElsewhere runs a seed in another process and returns its trace hash and, if asked for,
// its trace.
func runElsewhere(self, scenario string, seed uint64, flags ...string) (hash string, lines []string, err error) {
	out, err := exec.Command(self, append([]string{"hash", scenario, fmt.Sprint(seed)}, flags...)...).Output()
	if err != nil {
		return "", nil, fmt.Errorf("run seed %d in another process: %w", seed, err)
	}
	lines = strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	return lines[0], lines[1:], nil
}

// hashCommand prints the trace hash of one seed, for the check in another process.
type hashCommand struct {
	Scenario string `arg:""`
	Seed     uint64 `arg:""`
	Trace    bool   `help:"Print every step as well."`
}

// Run prints the hash, and below it the trace.
func (c *hashCommand) Run() error {
	scenario, err := scenarios.Find(c.Scenario)
	if err != nil {
		return usageError{err}
	}
	result := scenario.RunSeed(scenarios.NewKit(), c.Seed, c.Trace)
	fmt.Println(strings.Join(append([]string{result.Hash}, result.Lines...), "\n"))
	return nil
}

// progress returns a function that writes a line to the terminal every few seconds.
func progress(started time.Time) func(done, failed int) {
	const every = 5 * time.Second
	next := started.Add(every)
	return func(done, failed int) {
		now := time.Now()
		if now.Before(next) {
			return
		}
		next = now.Add(every)
		fmt.Fprintf(os.Stderr, "%6.0f s: %d seeds, %d failed\n", now.Sub(started).Seconds(), done, failed)
	}
}
