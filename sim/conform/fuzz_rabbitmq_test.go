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
)

// rabbitFuzzLanes is how many scripts run at once: a script mostly waits for the broker.
const rabbitFuzzLanes = 8

// TestRabbitMQFuzz plays random scripts on both brokers: 100 that are always the same, so
// that red means a change for the worse, or SQUALL_FUZZ_RABBITMQ_SCRIPTS new ones. A failure
// prints the shrunk script; -rapid.seed repeats a run.
func TestRabbitMQFuzz(t *testing.T) {
	broker := realRabbit(t)
	scripts, lanes := fuzzNumber(t, "SQUALL_FUZZ_RABBITMQ_SCRIPTS", 100), fuzzNumber(t, "SQUALL_FUZZ_LANES", rabbitFuzzLanes)
	settings := map[string]string{"rapid.checks": strconv.Itoa((scripts + lanes - 1) / lanes), "rapid.nofailfile": "true", "rapid.shrinktime": "0s"}
	if os.Getenv("SQUALL_FUZZ_RABBITMQ_SCRIPTS") == "" && flag.Lookup("rapid.seed").Value.String() == "0" {
		settings["rapid.seed"] = "20261123"
	}
	setForTest(t, settings)
	var mutex sync.Mutex
	var stats conform.RabbitFuzzStats
	t.Run("scripts", func(t *testing.T) {
		for lane := range lanes {
			t.Run(fmt.Sprint("lane", lane+1), func(t *testing.T) {
				t.Parallel()
				fuzz := conform.NewRabbitFuzz(t, broker)
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
	if missing := stats.Missing(); !t.Failed() && scripts >= 1000 && len(missing) > 0 {
		t.Errorf("the scripts do not reach enough: %q", missing)
	}
}

// setForTest sets flags until the test ends.
func setForTest(t *testing.T, settings map[string]string) {
	t.Helper()
	for name, value := range settings {
		before := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, before) })
	}
}
