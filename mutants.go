package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/squallhq/squall/scenarios/mutants"
)

type mutantsCommand struct {
	Dir   string `help:"Folder of *.patch files; scenarios/mutants of the module if not given." placeholder:"DIR"`
	Only  string `help:"Try this mutant alone." placeholder:"ID"`
	Seeds int    `default:"300" help:"How many seeds a mutant is given." placeholder:"N"`
	JSON  string `name:"json" help:"Write the results to this file." placeholder:"FILE"`
}

// Run tries the mutants one after another. It exits with 1 if a planted bug survives or a
// control does not, and with 3 if one could not be tried.
func (c *mutantsCommand) Run() error {
	root, patches, err := c.read()
	if err != nil {
		return usageError{err}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	temp, err := os.MkdirTemp("", "squall-mutants-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	lab := &mutants.Lab{
		Root: root, Commit: commit(), Seeds: c.Seeds, Temp: temp, Keep: filepath.Join(plansFolder, "mutants"), Progress: &indenter{out: os.Stderr},
	}
	results, err := try(ctx, lab, patches)
	if err != nil {
		return err
	}
	mutants.WriteTable(os.Stdout, results)
	if err := writeResults(c.JSON, "mutants", results); err != nil {
		return err
	}
	return verdictOn(results)
}

// read finds the module and the patches, and applies each to see that it fits.
func (c *mutantsCommand) read() (root string, patches []*mutants.Patch, err error) {
	if c.Seeds < 1 {
		return "", nil, errors.New("--seeds must be at least 1")
	}
	if root, err = mutants.FindModule("."); err != nil {
		return "", nil, err
	}
	dir := c.Dir
	if dir == "" {
		dir = filepath.Join(root, "scenarios", "mutants")
	}
	if patches, err = mutants.ReadPatches(dir); err != nil {
		return "", nil, err
	}
	if patches, err = mutants.Select(patches, c.Only); err != nil {
		return "", nil, err
	}
	for _, patch := range patches {
		if _, err := patch.Apply(root); err != nil {
			return "", nil, err
		}
	}
	return root, patches, nil
}

func try(ctx context.Context, lab *mutants.Lab, patches []*mutants.Patch) ([]*mutants.Result, error) {
	fmt.Fprintln(os.Stderr, "building the clean program")
	if err := lab.Open(ctx); err != nil {
		return nil, err
	}
	var results []*mutants.Result
	for i, patch := range patches {
		fmt.Fprintf(os.Stderr, "%d of %d: %s: %s\n", i+1, len(patches), patch.ID, patch.Mechanism)
		result, err := lab.Try(ctx, patch)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", patch.ID, err)
		}
		if result.Broken != "" {
			fmt.Fprintf(os.Stderr, "%s: %s\n", patch.ID, result.Broken)
		}
		results = append(results, result)
	}
	return results, nil
}

func verdictOn(results []*mutants.Result) error {
	if slices.ContainsFunc(results, func(r *mutants.Result) bool { return r.Broken != "" }) {
		return exitCode(exitBroken)
	}
	if slices.ContainsFunc(results, func(r *mutants.Result) bool { return !r.OK() }) {
		return exitCode(exitFail)
	}
	return nil
}

// indenter indents lines, each written whole.
type indenter struct{ out io.Writer }

func (i *indenter) Write(p []byte) (int, error) {
	text := strings.ReplaceAll(strings.TrimSuffix(string(p), "\n"), "\n", "\n  ")
	if _, err := fmt.Fprintf(i.out, "  %s\n", text); err != nil {
		return 0, err
	}
	return len(p), nil
}
