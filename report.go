package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios"
)

type reportCommand struct {
	Paths []string `arg:"" name:"rundir" help:"The folder of a run on containers; with --merge summaries of squall sim, or folders with files named *summary.json." type:"path"`
	Merge bool     `help:"Make one summary of those of many squall sim processes, and judge it."`
	Seeds int      `help:"With --merge: how many seeds there must be. Fewer, and a part is missing: exit code 1." placeholder:"N"`
	JSON  string   `name:"json" help:"Write the outcome to this file." placeholder:"FILE"`
}

// Run judges an old run again, from what it left behind, or many campaigns as one.
func (c *reportCommand) Run() error {
	if !c.Merge && (len(c.Paths) != 1 || c.Seeds != 0) || c.Seeds < 0 {
		return usageError{errors.New("one folder of a run is wanted; several, and --seeds N, go with --merge")}
	}
	if c.Merge {
		return c.merge()
	}
	evidence, history, err := reports.LoadRun(c.Paths[0])
	if err != nil {
		return usageError{err}
	}
	outcome := reports.JudgeContainers(evidence, history)
	outcome.Text(os.Stdout)
	return concluded(outcome, c.JSON)
}

// merge reads all parts before it takes any: a part that cannot be read is not left out.
func (c *reportCommand) merge() error {
	var parts []reports.Part
	for _, path := range c.Paths {
		files, err := summaries(path)
		if err != nil {
			return usageError{err}
		}
		for _, file := range files {
			part, err := reports.ReadPart(file)
			if err != nil {
				return usageError{err}
			}
			parts = append(parts, part)
		}
	}
	merged, err := scenarios.Merge(parts, c.Seeds)
	if err != nil {
		return usageError{err}
	}
	merged.Text(os.Stdout)
	return concluded(merged, c.JSON)
}

// summaries returns the file, or of a folder all files below it that are named as summaries.
func summaries(path string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && (file == path || strings.HasSuffix(file, "summary.json")) {
			files = append(files, file)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is no file named *summary.json in %s", path)
	}
	if err != nil {
		return nil, fmt.Errorf("find summaries: %w", err)
	}
	return files, nil
}

// conclusion is what a command has come to.
type conclusion interface {
	Text(out io.Writer)
	JSON() ([]byte, error)
	ExitCode() int
}

// concluded writes the outcome where the flag says and turns it into an exit code.
func concluded(outcome conclusion, path string) error {
	if path != "" {
		text, err := outcome.JSON()
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return usageError{fmt.Errorf("write outcome: %w", err)}
		}
	}
	if code := outcome.ExitCode(); code != exitPass {
		return exitCode(code)
	}
	return nil
}
