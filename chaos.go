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
	"github.com/squallhq/squall/scenarios"
	"github.com/squallhq/squall/scenarios/containers"
)

type chaosCommand struct {
	Scenario string        `help:"Name of the scenario (checkout)." placeholder:"NAME"`
	Seed     *chaos.Seed   `help:"Draw load and faults from this seed (1): decimal, or 0x and hexadecimal." placeholder:"S"`
	Plan     string        `help:"Let the workload and the faults of this plan happen." placeholder:"PLAN.json" type:"path"`
	Duration time.Duration `default:"2m" help:"How long the load lasts, without a plan." placeholder:"D"`
	Rate     float64       `default:"25" help:"Orders offered a second, without a plan."`
	Every    time.Duration `default:"10s" help:"Time between faults of containers, without a plan." placeholder:"D"`
	Replicas int           `default:"2" help:"Replicas of each service, without a plan."`
	Tag      string        `default:"latest" help:"Tag of the services' images, squall-order:TAG and so on (make images)."`
	JSON     string        `name:"json" help:"Write the outcome to this file." placeholder:"FILE"`
	Report   string        `help:"Keep everything about the run in this folder (reports-out/chaos-SEED)." placeholder:"DIR"`
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
	if err != nil && ctx.Err() != nil {
		return interruptedError{err}
	}
	if err != nil {
		return err
	}
	outcome.Text(os.Stdout)
	fmt.Printf("kept in %s; judge it again: go run . report %s\n", config.Dir, config.Dir)
	if outcome.ExitCode() != exitPass {
		fmt.Printf("the same faults in the simulator: go run . sim --plan %s\n", filepath.Join(config.Dir, "plan.json"))
	}
	return concluded(outcome, c.JSON)
}

func (c *chaosCommand) config() (containers.Config, error) {
	seed := chaos.Seed(1)
	config := containers.Config{
		Duration: c.Duration, Rate: c.Rate, Every: c.Every, Replicas: c.Replicas, Tag: c.Tag,
		Commit: commit(), Go: goVersion(), Progress: tell(time.Now()),
	}
	if c.Plan != "" && (c.Seed != nil || c.Scenario != "") {
		return config, errors.New("--plan has a scenario and a seed of its own; it does not go with --scenario or --seed")
	}
	if _, err := scenarios.Find(cmp.Or(c.Scenario, defaultScenario)); err != nil {
		return config, err
	}
	if c.Duration < 30*time.Second || !(c.Rate >= 1 && c.Rate <= 1000) || c.Replicas < 1 || c.Replicas > 10 {
		return config, errors.New("--duration must be at least 30s, --rate from 1 to 1000, --replicas from 1 to 10")
	}
	if c.Every < time.Second || c.Every > c.Duration/2 {
		return config, errors.New("--every must be at least 1s and at most half of --duration")
	}
	if c.Seed != nil {
		seed = *c.Seed
	}
	if c.Plan != "" {
		plan, err := chaos.ReadPlan(c.Plan)
		if err != nil {
			return config, err
		}
		if _, err := scenarios.Find(plan.Scenario); err != nil {
			return config, fmt.Errorf("%s: %w", c.Plan, err)
		}
		if err := containers.CheckPlan(plan); err != nil {
			return config, fmt.Errorf("%s: %w", c.Plan, err)
		}
		config.Plan, seed = plan, plan.Seed
	}
	config.Seed, config.Dir = uint64(seed), c.Report
	if config.Dir == "" {
		config.Dir = filepath.Join(plansFolder, "chaos-"+seed.String())
	}
	return config, nil
}

// tell returns a function that writes what goes on to the terminal, with the time.
func tell(started time.Time) func(text string) {
	return func(text string) {
		fmt.Fprintf(os.Stderr, "%6.1f s: %s\n", time.Since(started).Seconds(), text)
	}
}
