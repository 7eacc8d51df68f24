// Command squall runs the services of Squall through simulated storms and judges them.
//
//	squall sim        run many seeds of a scenario
//	squall replay     run a kept plan again
//	squall mutants    plant bugs and see them found
//	squall chaos      the same storm on containers with real servers
//	squall report     judge an old run on containers again; --merge: many sim summaries as one
//	squall reproduce  show planted bugs on containers by the simulator's plans
//
// Exit codes: 0 pass; 1 an invariant failed or a verdict is unknown (also when a run on containers
// is interrupted); 2 usage; 3 the simulator itself is broken: a harness error, an unsupported construct, or non-determinism.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
)

// The exit codes.
const (
	exitPass   = 0
	exitFail   = 1
	exitUsage  = 2
	exitBroken = 3
)

// usageError is bad input: a flag, a file, a name.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// interruptedError is the end of a run that was told to end: it has no verdict.
type interruptedError struct{ error }

func (e interruptedError) Unwrap() error { return e.error }

// exitCode is an error that has been reported already.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

type commands struct {
	Sim       simCommand       `cmd:"" help:"Run many seeds of a scenario and judge each."`
	Replay    replayCommand    `cmd:"" help:"Run a kept plan again and judge it."`
	Mutants   mutantsCommand   `cmd:"" help:"Plant bugs into the services and see the invariants find them."`
	Chaos     chaosCommand     `cmd:"" help:"Run the services' images on containers under load and faults, and judge."`
	Report    reportCommand    `cmd:"" help:"Judge an old run on containers again, or merge summaries of sim."`
	Reproduce reproduceCommand `cmd:"" help:"Show planted bugs on containers by the simulator's plans."`
	Hash      hashCommand      `cmd:"" hidden:"" help:"Print the trace hash of one seed."`
}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	// Worlds make much short-lived garbage and little that lasts.
	debug.SetGCPercent(1000)
	var c commands
	parser, err := kong.New(&c, kong.Name("squall"), kong.UsageOnError(),
		kong.Description("Deterministic storms for event-driven services."), kong.Exit(os.Exit))
	if err != nil {
		fmt.Fprintln(os.Stderr, "squall:", err)
		return exitBroken
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "squall:", err)
		return exitUsage
	}
	return codeOf(parsed.Run())
}

func codeOf(err error) int {
	var code exitCode
	var usage usageError
	var interrupted interruptedError
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &interrupted):
		fmt.Fprintln(os.Stderr, "squall: interrupted, so there is no verdict:", err)
		return exitFail
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "squall:", err)
		return exitUsage
	default:
		fmt.Fprintln(os.Stderr, "squall:", err)
		return exitBroken
	}
}

// writeResults writes results under a key into a JSON file, if one is wanted.
func writeResults(path, key string, results any) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(map[string]any{key: results}, "", "  ")
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return usageError{fmt.Errorf("write results: %w", err)}
	}
	return nil
}

// stuck ends the program: a task that never calls a port cannot be stopped.
func stuck(report string) {
	fmt.Fprintln(os.Stderr, "squall: "+report)
	os.Exit(exitBroken)
}

// plantedInto is the commit of the sources that a bug was planted into, if it was: the linker
// sets it (package mutants). Such a program knows no commit of its own.
var plantedInto string

// commit returns the commit that the program was built from, or that the working folder is
// at, or "unknown".
func commit() string {
	if plantedInto != "" {
		return plantedInto
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				return setting.Value
			}
		}
	}
	if head, err := exec.Command("git", "rev-parse", "HEAD").Output(); err == nil {
		return strings.TrimSpace(string(head))
	}
	return "unknown"
}

func goVersion() string { return runtime.Version() + " " + runtime.GOARCH }
