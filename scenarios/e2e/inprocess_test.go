package e2e_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/squallhq/squall/system"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/postgres"
	"github.com/squallhq/squall/system/process"
	"github.com/squallhq/squall/system/rabbitmq"
	"github.com/squallhq/squall/system/smtp"
	"github.com/squallhq/squall/system/stripe"
)

// task is a replica that runs within the test.
type task struct {
	service string
	server  *httptest.Server
	cancel  context.CancelFunc
	ended   chan error
	db      *postgres.DB
}

func (r *task) base() string { return r.server.URL }

var apis = system.NewAPIs()

// run starts a replica within the test.
func (s *shop) run(service string) *task {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &task{service: service, cancel: cancel, ended: make(chan error, 1)}
	assembled, err := s.assemble(ctx, r)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := assembled.Prepare(ctx); err != nil {
		s.t.Fatal(err)
	}
	r.server = httptest.NewServer(assembled.Handler)
	go func() { r.ended <- assembled.Run(ctx) }()
	s.add(service, r)
	return r
}

func (s *shop) assemble(ctx context.Context, r *task) (*system.Service, error) {
	log := slog.New(slog.NewTextHandler(testLog{s.t}, nil)).With("service", r.service)
	gateway, err := stripe.New(stripe.Config{URL: s.gatewayServer.URL, SecretFile: s.secretFile})
	if err != nil {
		return nil, err
	}
	mailer, err := smtp.New(smtp.Config{Address: s.mailAddr, From: "orders@shop.example", TLS: "none"})
	if err != nil {
		return nil, err
	}
	broker, err := rabbitmq.New(rabbitmq.Config{URL: s.server.URL()})
	if err != nil {
		return nil, err
	}
	if r.db, err = postgres.Open(ctx, postgres.Config{URL: s.databases[r.service]}); err != nil {
		return nil, err
	}
	ports := flow.Ports{Runtime: process.New(log), DB: r.db, Broker: broker, Log: log}
	return system.Assemble(r.service, apis, ports, system.Outside{Gateway: gateway, Mailer: mailer}, flow.DefaultSettings())
}

// testLog writes to the test's log.
type testLog struct{ t *testing.T }

func (l testLog) Write(line []byte) (int, error) {
	l.t.Log(string(line))
	return len(line), nil
}

var _ io.Writer = testLog{}

// end ends a replica in order and waits until all of it has.
func (s *shop) end(r *task) {
	s.t.Helper()
	s.remove(r.service, r)
	r.server.Close()
	r.cancel()
	select {
	case err := <-r.ended:
		if !errors.Is(err, context.Canceled) {
			s.t.Errorf("Run of %s: %v", r.service, err)
		}
	case <-time.After(stopMax):
		s.t.Fatalf("Run of %s does not end:\n%s", r.service, stacks())
	}
	r.db.Close()
}

func stacks() string {
	text := make([]byte, 1<<20)
	return string(text[:runtime.Stack(text, true)])
}

// TestInProcess runs two replicas of each service within the test, through the four orders,
// and expects nothing to be left running at the end.
func TestInProcess(t *testing.T) {
	s := newShop(t)
	before := runtime.NumGoroutine()
	var replicas []*task
	for _, service := range event.Services() {
		replicas = append(replicas, s.run(service), s.run(service))
	}
	s.fiveOrders()
	for _, r := range replicas {
		s.end(r)
	}
	s.awaitGoroutines(before)
}

// awaitGoroutines waits until no more goroutines run than there were.
func (s *shop) awaitGoroutines(before int) {
	s.t.Helper()
	s.client.CloseIdleConnections()
	s.gatewayServer.CloseClientConnections()
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%d goroutines are left of %d:\n%s", runtime.NumGoroutine(), before, stacks())
		}
	}
}
