package mutants

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/squallhq/squall/reports"
)

// Program is a squall command built under an overlay.
type Program struct {
	Path string // of the executable
	// Progress is where its progress lines go; nil for nowhere.
	Progress io.Writer
}

// BuildError says that the sources under an overlay do not build, and what go said.
type BuildError struct {
	Output string
	Cause  error
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("go build: %v\n%s", e.Cause, strings.TrimRight(e.Output, "\n"))
}

func (e *BuildError) Unwrap() error { return e.Cause }

// Build builds the squall command of the module at root under an overlay (the path of its
// OverlayFile, or empty for the sources as they are) into a folder. Go's build cache makes
// this a matter of relinking. The program says that it was built from commit, if that is not
// empty: there is none with what is planted.
func Build(ctx context.Context, root, overlay, dir, commit string) (*Program, error) {
	path := filepath.Join(dir, "squall")
	args := []string{"build", "-buildvcs=false", "-o", path}
	if commit != "" {
		args = append(args, "-ldflags", "-X main.plantedInto="+commit)
	}
	if overlay != "" {
		absolute, err := filepath.Abs(overlay)
		if err != nil {
			return nil, fmt.Errorf("build: %w", err)
		}
		args = append(args, "-overlay", absolute)
	}
	build := exec.CommandContext(ctx, "go", append(args, ".")...)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return nil, &BuildError{string(output), err}
	}
	return &Program{Path: path}, nil
}

// Outcome is what one run of a program came to.
type Outcome struct {
	ExitCode int
	Output   string
	CPU      time.Duration // of all threads, user and system
}

// Run runs the program in a folder. A program that could not be run, or was ended by a
// signal, is an error; an exit code is not.
func (p *Program) Run(ctx context.Context, dir string, args ...string) (Outcome, error) {
	var output bytes.Buffer
	command := exec.CommandContext(ctx, p.Path, args...)
	command.Dir, command.Stdout, command.Stderr = dir, &output, &output
	if p.Progress != nil {
		command.Stderr = io.MultiWriter(&output, p.Progress)
	}
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() < 0) {
		return Outcome{}, fmt.Errorf("run %s: %w\n%s", strings.Join(args, " "), err, tail(output.String()))
	}
	state := command.ProcessState
	return Outcome{state.ExitCode(), output.String(), state.UserTime() + state.SystemTime()}, nil
}

// Sim runs `squall sim` with further arguments; its plans go into dir. A campaign that came
// to no summary is an error.
func (p *Program) Sim(ctx context.Context, dir string, args ...string) (*reports.Summary, Outcome, error) {
	summary := new(reports.Summary)
	outcome, err := p.runFor(ctx, dir, summary, append([]string{"sim", "--report", dir}, args...))
	return summary, outcome, err
}

// Replay runs `squall replay` with a plan.
func (p *Program) Replay(ctx context.Context, dir, plan string) (*reports.Replay, Outcome, error) {
	replay := new(reports.Replay)
	outcome, err := p.runFor(ctx, dir, replay, []string{"replay", plan})
	return replay, outcome, err
}

// runFor runs the program and reads the JSON that it writes.
func (p *Program) runFor(ctx context.Context, dir string, result any, args []string) (Outcome, error) {
	path := filepath.Join(dir, "result.json")
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Outcome{}, err
	}
	outcome, err := p.Run(ctx, dir, append(args, "--json", path)...)
	if err != nil {
		return outcome, err
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, result)
	}
	if err != nil {
		return outcome, fmt.Errorf("%s: exit code %d and no result: %w\n%s", args[0], outcome.ExitCode, err, tail(outcome.Output))
	}
	return outcome, nil
}

// tail returns the last lines of an output.
func tail(output string) string {
	const most = 2000
	output = strings.TrimSpace(output)
	if len(output) > most {
		output = "... " + output[len(output)-most:]
	}
	return output
}
