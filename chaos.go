package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios"
	"github.com/squallhq/squall/scenarios/containers"
)

type chaosCommand struct {
	Scenario string         `help:"Name of the scenario (checkout)." placeholder:"NAME"`
	Seed     *chaos.Seed    `help:"Draw load and faults from this seed (1): decimal, or 0x and hexadecimal." placeholder:"S"`
	Plan     string         `help:"Let the workload and the faults of this plan happen." placeholder:"PLAN.json" type:"path"`
	Duration *time.Duration `help:"How long the load lasts (2m)." placeholder:"D"`
	Rate     *float64       `help:"Orders offered a second (25)." placeholder:"N"`
	Every    *time.Duration `help:"Time between faults of containers (10s)." placeholder:"D"`
	Replicas *int           `help:"Replicas of each service (2)." placeholder:"N"`
	Tag      string         `default:"latest" help:"Tag of the services' images, squall-order:TAG and so on (make images)."`
	JSON     string         `name:"json" help:"Write the outcome to this file." placeholder:"FILE"`
	Report   string         `help:"Keep everything about the run in this folder (reports-out/chaos-SEED)." placeholder:"DIR"`
}

// Run starts the containers, lets load and faults happen, judges, and takes everything away.
func (c *chaosCommand) Run() error {
	config, err := c.config()
	if err != nil {
		return usageError{err}
	}
	if err := writable(c.JSON, config.Dir); err != nil {
		return usageError{err}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	outcome, err := containers.Run(ctx, config)
	if outcome == nil {
		if ctx.Err() != nil {
			return interruptedError{err}
		}
		return err
	}
	outcome.Text(os.Stdout)
	fmt.Printf("kept in %s; judge it again: go run . report %s\n", config.Dir, config.Dir)
	if outcome.ExitCode() != exitPass {
		fmt.Printf("once more on containers: %s\n", c.again())
		fmt.Printf("the same faults in the simulator: go run . sim --plan %s\n", filepath.Join(config.Dir, reports.PlanFile))
	}
	verdict := concluded(outcome, c.JSON)
	if err != nil && verdict != nil {
		fmt.Fprintln(os.Stderr, "squall: after the verdict:", err)
		return verdict
	}
	return err
}

// again is the command of this run.
func (c *chaosCommand) again() string {
	if c.Plan != "" {
		return "go run . chaos --plan " + c.Plan
	}
	return fmt.Sprintf("go run . chaos --seed %v --duration %v --rate %v --every %v --replicas %d",
		given(c.Seed, 1), given(c.Duration, 2*time.Minute), given(c.Rate, 25), given(c.Every, 10*time.Second), given(c.Replicas, 2))
}

func (c *chaosCommand) config() (containers.Config, error) {
	config := containers.Config{
		Duration: given(c.Duration, 2*time.Minute), Rate: given(c.Rate, 25), Every: given(c.Every, 10*time.Second),
		Replicas: given(c.Replicas, 2), Tag: c.Tag, Commit: commit(), Go: goVersion(), Progress: tell(time.Now()),
	}
	if _, err := scenarios.Find(cmp.Or(c.Scenario, defaultScenario)); err != nil {
		return config, err
	}
	if config.Duration < 30*time.Second || !(config.Rate >= 1 && config.Rate <= 1000) || config.Replicas < 1 || config.Replicas > 10 {
		return config, errors.New("--duration must be at least 30s, --rate from 1 to 1000, --replicas from 1 to 10")
	}
	if config.Every < time.Second || config.Every > config.Duration/2 {
		return config, errors.New("--every must be at least 1s and at most half of --duration")
	}
	seed := given(c.Seed, 1)
	if c.Plan != "" {
		plan, err := c.plan()
		if err != nil {
			return config, err
		}
		config.Plan, seed = plan, plan.Seed
	}
	config.Seed = uint64(seed)
	var err error
	config.Dir, err = c.folder(seed)
	return config, err
}

// folder is where the run is kept: where no other is. What has failed once may never fail again, and
// its folder is all there is of it.
func (c *chaosCommand) folder(seed chaos.Seed) (string, error) {
	if c.Report != "" {
		if reports.HoldsRun(c.Report) {
			return "", fmt.Errorf("--report %s: a run is kept there; name another folder, or remove it", c.Report)
		}
		return c.Report, nil
	}
	base := filepath.Join(plansFolder, "chaos-"+seed.String())
	dir := base
	for n := 2; reports.HoldsRun(dir); n++ {
		dir = fmt.Sprintf("%s-%d", base, n)
	}
	return dir, nil
}

// plan reads the plan. It says itself what the other flags would say.
func (c *chaosCommand) plan() (*chaos.Plan, error) {
	if c.Scenario != "" || c.Seed != nil || c.Duration != nil || c.Rate != nil || c.Every != nil || c.Replicas != nil {
		return nil, errors.New("--plan says what happens and for how long; it does not go with --scenario, --seed, --duration, --rate, --every or --replicas")
	}
	plan, err := chaos.ReadPlan(c.Plan)
	if err != nil {
		return nil, err
	}
	if _, err := scenarios.Find(plan.Scenario); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Plan, err)
	}
	if err := containers.CheckPlan(plan); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Plan, err)
	}
	return plan, nil
}

// given is what a flag says, or what is so without it.
func given[T any](flag *T, otherwise T) T {
	if flag != nil {
		return *flag
	}
	return otherwise
}

// tell returns a function that writes what goes on to the terminal, with the time.
func tell(started time.Time) func(text string) {
	return func(text string) {
		fmt.Fprintf(os.Stderr, "%6.1f s: %s\n", time.Since(started).Seconds(), text)
	}
}
