//go:build planted

package conform_test

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/squallhq/squall/scenarios/mutants"
)

// plantedSuite is what must notice: both suites on the simulated servers, in all profiles.
const plantedSuite = "^Test(Postgres|RabbitMQ)Simulated$"

// plantedLimit bounds one run of the suite: a fault may make a server wait for ever.
const plantedLimit = 3 * time.Minute

// TestPlanted judges the suite: each fault planted in a simulated server must turn one of its cases
// red, and the servers as they are none. It builds this package once per fault, which takes minutes,
// so that it is built only with the tag planted (make conform-planted).
func TestPlanted(t *testing.T) {
	if red := playFault(t, fault{name: "none"}); len(red) > 0 {
		t.Fatalf("red without any fault: %q", red)
	}
	faults := readFaults(t)
	var tried, noticed atomic.Int32
	t.Run("faults", func(t *testing.T) {
		for _, f := range faults {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				tried.Add(1)
				red := playFault(t, f)
				if len(red) == 0 {
					t.Fatalf("no case turns red: %s", f.wrong)
				}
				noticed.Add(1)
				t.Logf("%s\n  red: %s", f.wrong, red[0])
			})
		}
	})
	t.Logf("%d of %d red", noticed.Load(), tried.Load())
}

// playFault builds this package's tests with the fault, without touching the sources, and returns
// the case that fails first, if any.
func playFault(t *testing.T, f fault) []string {
	t.Helper()
	dir := t.TempDir()
	overlay, err := f.patch.Apply(moduleRootPath(t))
	if err == nil {
		err = overlay.Write(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "planted.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-ldflags=-s -w", "-overlay", filepath.Join(dir, mutants.OverlayFile), "-o", program, ".")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the fault does not build: %v\n%s", err, output)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*plantedLimit)
	defer cancel()
	output, err := exec.CommandContext(ctx, program, "-test.failfast", "-test.run", plantedSuite, "-test.timeout", plantedLimit.String()).CombinedOutput()
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	red := reds(string(output))
	if !errors.As(err, &exit) || len(red) == 0 {
		t.Fatalf("the suite did not come to a verdict: %v\n%s", err, output)
	}
	return red
}

// moduleRootPath is moduleRoot as go build's overlays want it.
func moduleRootPath(t *testing.T) string {
	t.Helper()
	root, err := mutants.FindModule(moduleRoot)
	if err != nil {
		t.Fatal(err)
	}
	return root
}
