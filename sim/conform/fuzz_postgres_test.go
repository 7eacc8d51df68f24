package conform_test

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/sim/conform"
	"github.com/squallhq/squall/sim/conform/servers"
)

// fuzzLanes is how many scripts run at once: a lane sleeps while its sessions wait.
const fuzzLanes = 4

// TestPostgresFuzz plays random scripts in lockstep: 500 that are always the same, so that red means a
// change for the worse, or SQUALL_FUZZ_SCRIPTS new ones. A divergence is printed as a case, with
// the smallest script that shows it; -rapid.seed repeats a run.
func TestPostgresFuzz(t *testing.T) {
	servers.SharedPostgres(t)
	scripts, lanes := fuzzNumber(t, "SQUALL_FUZZ_SCRIPTS", 500), fuzzNumber(t, "SQUALL_FUZZ_LANES", fuzzLanes)
	seed := flag.Lookup("rapid.seed").Value.String()
	switch {
	case seed != "0":
	case os.Getenv("SQUALL_FUZZ_SCRIPTS") == "":
		seed = "20261123"
	default:
		seed = strconv.FormatInt(time.Now().UnixNano(), 10)
	}
	settings := map[string]string{"rapid.checks": strconv.Itoa((scripts + lanes - 1) / lanes), "rapid.nofailfile": "true", "rapid.seed": seed}
	for name, value := range settings {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("-rapid.seed=%s, %d lanes", seed, lanes)
	stats := fuzzInLanes(t, lanes)
	t.Log(stats)
	if t.Failed() {
		return
	}
	if scripts >= 500 && (100*stats.Blocked < 30*stats.Scripts || stats.Codes["40001"] == 0 || stats.Codes["40P01"] == 0 || len(stats.Missing()) > 0) {
		t.Errorf("the scripts do not reach enough; kinds never tried: %v", stats.Missing())
	}
}

// TestPostgresFuzzTranscript holds what the fuzzer prints to what it is for: it is a case as it stands, and
// the simulated server passes it.
func TestPostgresFuzzTranscript(t *testing.T) {
	servers.SharedPostgres(t)
	fuzz := conform.NewPostgresFuzz(t)
	arm := conform.FuzzSimulatedPostgres(nil)
	arm.DeadlockTimeout = 20 * time.Microsecond // the last to wait is the victim, as in the script
	scripts := rapid.Custom(fuzz.Transcript)
	played := 0
	for seed := range 20 {
		text := scripts.Example(seed)
		if text == "" {
			continue
		}
		played++
		cases, err := conform.ParsePostgresCases("found.txt", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if err := cases[0].Check(arm.Open(t, 1)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
	if played < 14 {
		t.Errorf("only %d of 20 scripts have a transcript", played)
	}
}

// fuzzInLanes plays in lanes that do not wait for each other, however few processors there are.
func fuzzInLanes(t *testing.T, lanes int) *conform.FuzzStats {
	var group sync.WaitGroup
	var mutex sync.Mutex
	stats := &conform.FuzzStats{}
	for lane := range lanes {
		group.Go(func() {
			t.Run(fmt.Sprint("lane", lane+1), func(t *testing.T) {
				fuzz := conform.NewPostgresFuzz(t)
				fuzz.Lane = lane
				fuzz.Report = func(transcript string) {
					fmt.Printf("\n%s\n", transcript) // not by t.Log, which would indent it
					t.Error("the simulated server diverges: see the case above")
				}
				defer func() {
					mutex.Lock()
					defer mutex.Unlock()
					stats.Add(fuzz.Stats)
				}()
				rapid.Check(t, fuzz.Script)
			})
		})
	}
	group.Wait()
	return stats
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
