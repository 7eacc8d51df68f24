package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// startTimeout bounds the start of a server. RabbitMQ takes about 8 s on two busy cores.
const startTimeout = 90 * time.Second

// ErrNotFound is matched when there is no server and nothing to start one from.
var ErrNotFound = errors.New("server not found")

// ErrNotOurs is returned when asked to control a server that this package did not start.
var ErrNotOurs = errors.New("the server comes from the environment and is not ours to control")

// Postgres returns the URL of a fresh, empty database on the PostgreSQL that the tests
// of this process share. The user is a superuser, unless the server comes from the
// environment. The database is dropped when the test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	server := SharedPostgres(t)
	url, err := server.NewDatabase(t.Context())
	if err != nil {
		t.Fatalf("servers: new database: %v", err)
	}
	t.Cleanup(func() { _ = server.DropDatabase(context.Background(), url) })
	return url
}

// SharedPostgres returns the PostgreSQL that the tests of this process share.
func SharedPostgres(t testing.TB) *PostgresServer {
	t.Helper()
	server, err := sharedPostgres.get(NewPostgres)
	require(t, err)
	return server
}

// RabbitMQ returns the AMQP URL of the broker that the tests of this process share.
// Tests choose names for exchanges and queues that no other test uses, or ask for
// ExclusiveRabbitMQ.
func RabbitMQ(t testing.TB) string {
	t.Helper()
	return SharedRabbitMQ(t).URL()
}

// SharedRabbitMQ returns the broker that the tests of this process share.
func SharedRabbitMQ(t testing.TB) *RabbitMQServer {
	t.Helper()
	server, err := sharedRabbitMQ.get(NewRabbitMQ)
	require(t, err)
	return server
}

// Main runs the tests of a package and stops the shared servers in order. Without it
// they are killed at the end of the process.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is Main for those who have something of their own to clean up: it returns the exit
// code.
func Run(m *testing.M) int {
	code := m.Run()
	sharedPostgres.stop()
	sharedRabbitMQ.stop()
	return code
}

// Require fails or skips the test for an error of NewPostgres or NewRabbitMQ, as the
// package documentation says.
func Require(t testing.TB, err error) {
	t.Helper()
	require(t, err)
}

func require(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrNotFound) && !required():
		t.Skipf("SKIPPED: %v", err)
	default:
		t.Fatalf("servers: %v", err)
	}
}

func required() bool {
	return os.Getenv("SQUALL_REQUIRE_SERVERS") == "1" || os.Getenv("CI") == "true"
}

// notFound tells what was tried and what would help.
func notFound(product, variable string, tried ...string) error {
	return fmt.Errorf("no %s found (tried %s); set %s: %w",
		product, strings.Join(tried, ", "), variable, ErrNotFound)
}

var (
	sharedPostgres shared[*PostgresServer]
	sharedRabbitMQ shared[*RabbitMQServer]
)

// shared starts a server at most once in a process.
type shared[S interface{ Stop() }] struct {
	mutex   sync.Mutex
	started bool
	server  S
	err     error
}

func (s *shared[S]) get(start func(context.Context) (S, error)) (S, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !s.started {
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		defer cancel()
		s.started = true
		s.server, s.err = start(ctx)
	}
	return s.server, s.err
}

func (s *shared[S]) stop() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.started && s.err == nil {
		s.server.Stop()
	}
}
