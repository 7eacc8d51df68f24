package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/squallhq/squall/scenarios/mutants"
	"github.com/squallhq/squall/scenarios/reproduce"
)

type reproduceCommand struct {
	Only     []string      `help:"Reproduce these planted bugs alone." placeholder:"ID,..."`
	Parallel int           `default:"1" help:"Bugs at once, each on containers of its own." placeholder:"P"`
	Rest     time.Duration `default:"90s" help:"How long a run may take to come to rest after the last fault. A lost message never does." placeholder:"D"`
	JSON     string        `name:"json" help:"Write the results to this file." placeholder:"FILE"`
	Report   string        `default:"reports-out/reproduce" help:"Keep everything about the runs in this folder." placeholder:"DIR"`
}

// Run lets each plan of the regressions happen on containers, to the planted bug that it is
// named after and to clean code. It exits with 1 if a bug is not shown, and with 3 if one
// could not be tried.
func (c *reproduceCommand) Run() error {
	root, cases, err := c.cases()
	if err != nil {
		return usageError{err}
	}
	if err := writable(c.JSON, c.Report); err != nil {
		return usageError{err}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	lab := &reproduce.Lab{
		Root: root, Keep: c.Report, Parallel: c.Parallel, Rest: c.Rest,
		Commit: commit(), Go: goVersion(), Progress: tell(time.Now()),
	}
	results, err := lab.Run(ctx, cases)
	if err != nil && ctx.Err() != nil {
		return interruptedError{err}
	}
	if err != nil {
		return err
	}
	reproduce.WriteTable(os.Stdout, results)
	if err := writeResults(c.JSON, "bugs", results); err != nil {
		return err
	}
	if slices.ContainsFunc(results, func(r *reproduce.Result) bool { return r.Error != "" }) {
		return exitCode(exitBroken)
	}
	if slices.ContainsFunc(results, func(r *reproduce.Result) bool { return !r.Shown() }) {
		return exitCode(exitFail)
	}
	return nil
}

func (c *reproduceCommand) cases() (root string, cases []reproduce.Case, err error) {
	if c.Parallel < 1 || c.Rest < 30*time.Second {
		return "", nil, errors.New("--parallel must be at least 1, --rest at least 30s")
	}
	if root, err = mutants.FindModule("."); err != nil {
		return "", nil, err
	}
	patches, err := mutants.ReadPatches(filepath.Join(root, "scenarios", "mutants"))
	if err != nil {
		return "", nil, err
	}
	if patches, err = reproduce.Select(patches, c.Only); err != nil {
		return "", nil, err
	}
	cases, err = reproduce.Cases(patches, filepath.Join(root, "scenarios", "testdata"))
	return root, cases, err
}
