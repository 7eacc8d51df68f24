package conform_test

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/sim/conform"
	"github.com/squallhq/squall/sim/conform/servers"
)

// fuzzLanes is how many scripts run at once: a lane sleeps while its sessions wait.
const fuzzLanes = 4

// TestPostgresFuzz plays random scripts in lockstep: 500 that are always the same, so that red means a
// change for the worse, or SQUALL_FUZZ_SCRIPTS new ones. A failure prints the shrunk script;
// -rapid.seed repeats a run.
func TestPostgresFuzz(t *testing.T) {
	servers.SharedPostgres(t)
	scripts, lanes := fuzzNumber(t, "SQUALL_FUZZ_SCRIPTS", 500), fuzzNumber(t, "SQUALL_FUZZ_LANES", fuzzLanes)
	settings := map[string]string{"rapid.checks": strconv.Itoa((scripts + lanes - 1) / lanes), "rapid.nofailfile": "true"}
	if os.Getenv("SQUALL_FUZZ_SCRIPTS") == "" && flag.Lookup("rapid.seed").Value.String() == "0" {
		settings["rapid.seed"] = "20261123"
	}
	for name, value := range settings {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	var mutex sync.Mutex
	var stats conform.FuzzStats
	t.Run("scripts", func(t *testing.T) {
		for lane := range lanes {
			t.Run(fmt.Sprint("lane", lane+1), func(t *testing.T) {
				t.Parallel()
				fuzz := conform.NewPostgresFuzz(t)
				fuzz.Lane = lane
				defer func() {
					mutex.Lock()
					defer mutex.Unlock()
					stats.Add(fuzz.Stats)
				}()
				rapid.Check(t, fuzz.Script)
			})
		}
	})
	t.Log(&stats)
	if t.Failed() {
		return
	}
	if scripts >= 500 && (100*stats.Blocked < 30*stats.Scripts || stats.Codes["40001"] == 0 || stats.Codes["40P01"] == 0 || len(stats.Missing()) > 0) {
		t.Errorf("the scripts do not reach enough; kinds never tried: %v", stats.Missing())
	}
}

func fuzzNumber(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is not a number of at least 1", variable, text)
	}
	return n
}
