//go:build fuzzrabbit

package conform_test

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/sim/conform"
	"github.com/squallhq/squall/sim/rabbitmq"
)

// fuzzPatience is how long the real broker may take for what the simulated one did.
const fuzzPatience = 4 * time.Second

// fuzzWorkers play scripts at the same time: a script mostly waits for the broker.
const fuzzWorkers = 4

// TestRabbitMQFuzz plays random scripts on both brokers, as many as
// SQUALL_FUZZ_RABBIT_SCRIPTS says. It is built with the tag fuzzrabbit only: a script has
// been seen to wait for ever for the real broker's answer to a round trip, and why is open.
func TestRabbitMQFuzz(t *testing.T) {
	broker := realRabbit(t)
	simulated := conform.SimulatedRabbit{}
	for _, version := range rabbitmq.Profiles() {
		if version.String() == broker.Profile() {
			simulated.Version = version
		}
	}
	rapidChecks(t, max(fuzzScripts(t)/fuzzWorkers, 1))
	for worker := range fuzzWorkers {
		t.Run(fmt.Sprint("worker=", worker), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				script, err := conform.DrawRabbitPlan(rt).Play(simulated.Open(t))
				if err != nil {
					rt.Fatal(err)
				}
				if err := script.CheckWithin(broker.Open(t), fuzzPatience); err != nil {
					rt.Fatalf("%v\n\n%s", err, script.Transcript())
				}
			})
		})
	}
}

func fuzzScripts(t *testing.T) int {
	text := os.Getenv("SQUALL_FUZZ_RABBIT_SCRIPTS")
	scripts, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("SQUALL_FUZZ_RABBIT_SCRIPTS: %v", err)
	}
	return scripts
}

// rapidChecks sets how many scripts each worker plays.
func rapidChecks(t *testing.T, checks int) {
	before := flag.Lookup("rapid.checks").Value.String()
	if err := flag.Set("rapid.checks", strconv.Itoa(checks)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", before) })
}
