package live_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/squallhq/squall/chaos/live"
)

// orphanVariable turns the test binary into a run, of that name, that waits to be killed.
const orphanVariable = "SQUALL_TEST_ORPHAN"

func TestMain(m *testing.M) {
	if name := os.Getenv(orphanVariable); name != "" {
		orphan(name)
	}
	code := m.Run()
	if shared.environment != nil {
		if err := shared.environment.Close(); err != nil {
			fmt.Println("FAIL: close:", err)
			code = 1
		}
		if left := docker("ps", "--all", "--quiet", "--filter", "label=squall="+shared.environment.Name()); left != "" {
			fmt.Println("FAIL: containers are left:", left)
			code = 1
		}
	}
	os.Exit(code)
}

// images are those to test with.
type images struct{ postgres, rabbitmq, order string }

// findImages takes the images that the environment names, those that images/build.sh builds,
// or the official ones, as far as they are present. Without them the test is skipped, in CI it
// fails.
func findImages(t *testing.T) images {
	t.Helper()
	if docker("version", "--format", "{{.Server.Version}}") == "" {
		missing(t, "no Docker engine answers")
	}
	return images{
		present(t, os.Getenv("SQUALL_POSTGRES_IMAGE"), "squall-postgres:15", "postgres:15"),
		present(t, os.Getenv("SQUALL_RABBITMQ_IMAGE"), "squall-rabbitmq:3.10", "rabbitmq:3.13-management"),
		present(t, "squall-order:latest"),
	}
}

func present(t *testing.T, candidates ...string) string {
	t.Helper()
	for _, image := range candidates {
		if image != "" && docker("image", "inspect", "--format", "{{.Id}}", image) != "" {
			return image
		}
	}
	missing(t, fmt.Sprintf("none of the images %q is here (make images builds them)", candidates))
	return ""
}

func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("SQUALL_REQUIRE_SERVERS") == "1" || os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip("SKIPPED: " + why)
}

// docker returns what the docker command writes, or nothing if it fails: a second witness
// beside the package's own client.
func docker(args ...string) string {
	output, err := exec.Command("docker", args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(output))
}

// shared is the environment of all tests: a database, a broker and two replicas of order.
var shared struct {
	once        sync.Once
	environment *live.Environment
	err         error
}

func environment(t *testing.T) *live.Environment {
	t.Helper()
	found := findImages(t)
	shared.once.Do(func() {
		shared.environment, shared.err = live.Open(context.Background(), live.Config{
			PostgresImage: found.postgres, RabbitMQImage: found.rabbitmq, DiskMiB: 256, MemoryMiB: 512,
		})
		if shared.err == nil {
			shared.err = startAll(context.Background(), shared.environment, found)
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.environment
}

// startAll starts the servers, and order behind forwarders of this process as a run has its
// proxies.
func startAll(ctx context.Context, e *live.Environment, found images) error {
	if err := e.StartDatabase(ctx, "order", "payment"); err != nil {
		return err
	}
	if err := e.StartBroker(ctx); err != nil {
		return err
	}
	database, err := forward(e, e.DatabaseAddr)
	if err != nil {
		return err
	}
	broker, err := forward(e, e.BrokerAddr)
	if err != nil {
		return err
	}
	return e.StartService(ctx, live.Service{
		Name: "order", Image: found.order, Replicas: 2,
		Env: map[string]string{
			"SQUALL_POSTGRES_URL": e.PostgresURL(database, "order"),
			"SQUALL_RABBITMQ_URL": e.RabbitMQURL(broker),
		},
	})
}
