package e2e_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/scenarios/collect"
	"github.com/squallhq/squall/scenarios/outside"
	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/notification"
	"github.com/squallhq/squall/system/order"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/postgres"
	"github.com/squallhq/squall/system/process"
	"github.com/squallhq/squall/system/rabbitmq"
)

const (
	secret  = "sk_test_squall"
	restMax = 90 * time.Second // for everything to come to rest
)

// shop is the world around the services of one test: its databases, the broker, those
// outside, and what the clients have seen.
type shop struct {
	t          *testing.T
	databases  map[string]string // URLs, by service
	pools      map[string]port.DB
	server     *servers.RabbitMQServer
	broker     *rabbitmq.Broker
	runtime    *process.Process
	gateway    *outside.StripeServer
	secretFile string
	mails      *outside.SMTPSink
	mailAddr   string

	gatewayServer *httptest.Server

	mutex    sync.Mutex
	client   *http.Client
	requests []invariants.Request
	fate     func(context.Context, outside.GatewayCall) outside.Fate
	mailFate func(notification.Mail) outside.Fate
	replicas map[string][]replica
	next     int
}

// replica is a running replica of a service.
type replica interface {
	// base is the base URL of its HTTP interface.
	base() string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{
		t: t, databases: make(map[string]string), pools: make(map[string]port.DB),
		runtime: process.New(slog.New(slog.DiscardHandler)), replicas: make(map[string][]replica),
		client: &http.Client{Timeout: 20 * time.Second, Transport: new(http.Transport)},
	}
	t.Cleanup(s.client.CloseIdleConnections)
	s.server = servers.ExclusiveRabbitMQ(t)
	s.openBroker()
	for _, service := range event.Services() {
		s.databases[service] = servers.Postgres(t)
		pool, err := postgres.Open(t.Context(), postgres.Config{URL: s.databases[service], MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		s.pools[service] = pool
	}
	s.openGateway()
	s.openMail()
	return s
}

// openBroker connects, and sees to it that nothing is there of an earlier test.
func (s *shop) openBroker() {
	broker, err := rabbitmq.New(rabbitmq.Config{URL: s.server.URL()})
	if err != nil {
		s.t.Fatal(err)
	}
	s.broker = broker
	s.clearBroker(s.t.Context())
	s.t.Cleanup(func() { s.clearBroker(context.Background()) })
}

func (s *shop) clearBroker(ctx context.Context) {
	s.t.Helper()
	connection, err := s.broker.Connect(ctx, "end-to-end tests")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = connection.Close(ctx) }()
	channel, err := connection.OpenChannel(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	methods := flow.Fabric()
	for _, service := range event.Services() {
		methods = append(methods, flow.RetryTiers(service)...)
	}
	for _, method := range methods {
		switch m := method.(type) {
		case port.DeclareQueue:
			_, err = channel.Do(ctx, port.DeleteQueue{Name: m.Name})
		case port.DeclareExchange:
			_, err = channel.Do(ctx, port.DeleteExchange{Name: m.Name})
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *shop) openGateway() {
	s.gateway = outside.NewStripeServer(outside.NewGateway(), secret, func(ctx context.Context, call outside.GatewayCall) outside.Fate {
		s.mutex.Lock()
		fate := s.fate
		s.mutex.Unlock()
		if fate == nil {
			return outside.Serve
		}
		return fate(ctx, call)
	})
	s.gatewayServer = httptest.NewServer(s.gateway.Handler())
	s.t.Cleanup(s.gatewayServer.Close)
	s.secretFile = filepath.Join(s.t.TempDir(), "secret")
	if err := os.WriteFile(s.secretFile, []byte(secret+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) openMail() {
	s.mails = outside.NewSMTPSink(outside.NewMailbox(), func(mail notification.Mail) outside.Fate {
		s.mutex.Lock()
		fate := s.mailFate
		s.mutex.Unlock()
		if fate == nil {
			return outside.Serve
		}
		return fate(mail)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	server := s.mails.Server()
	go func() { _ = server.Serve(listener) }()
	s.t.Cleanup(func() { _ = server.Close() })
	s.mailAddr = listener.Addr().String()
}

// setFate decides what becomes of calls to the gateway from now on.
func (s *shop) setFate(fate func(context.Context, outside.GatewayCall) outside.Fate) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.fate = fate
}

// setMailFate decides what becomes of mails from now on.
func (s *shop) setMailFate(fate func(notification.Mail) outside.Fate) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.mailFate = fate
}

// hold stops the calls to the gateway that are about to do what for an order, before they
// have an effect. met is closed when the first is there; release lets all go on to fate.
func (s *shop) hold(what, orderID string, fate outside.Fate) (met <-chan struct{}, release func()) {
	there, released := make(chan struct{}), make(chan struct{})
	var first, last sync.Once
	s.setFate(func(_ context.Context, call outside.GatewayCall) outside.Fate {
		if call.Key != what+"/"+orderID {
			return outside.Serve
		}
		select {
		case <-released:
			return outside.Serve // one that comes later
		default:
		}
		first.Do(func() { close(there) })
		<-released
		return fate
	})
	release = func() { last.Do(func() { close(released) }) }
	s.t.Cleanup(release)
	return there, release
}

// await waits for something to have happened.
func (s *shop) await(happened <-chan struct{}) {
	s.t.Helper()
	select {
	case <-happened:
	case <-time.After(30 * time.Second):
		s.t.Fatal("it did not happen within 30 s")
	}
}

// door leads to the replicas of a service in turn.
func (s *shop) door(service string) *outside.HTTPDoor {
	return &outside.HTTPDoor{Client: s.client, Address: func() string {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.next++
		all := s.replicas[service]
		if len(all) == 0 {
			return "http://127.0.0.1:1" // nobody listens there
		}
		return all[s.next%len(all)].base()
	}}
}

func (s *shop) add(service string, r replica) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.replicas[service] = append(s.replicas[service], r)
}

func (s *shop) remove(service string, r replica) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for i, other := range s.replicas[service] {
		if other == r {
			s.replicas[service] = append(s.replicas[service][:i:i], s.replicas[service][i+1:]...)
			return
		}
	}
}

// stock puts an article on sale.
func (s *shop) stock(sku string, quantity, price int64) {
	s.t.Helper()
	ctx := s.t.Context()
	s.must(event.Order, outside.NewRequest(ctx, http.MethodPut, "/prices/"+sku, "", map[string]any{"price_cents": price}))
	s.must(event.Inventory, outside.NewRequest(ctx, http.MethodPost, "/stock/"+sku+"/receipts", "opening-"+sku, map[string]any{"quantity": quantity}))
}

func (s *shop) must(service string, request *http.Request) {
	s.t.Helper()
	answer, err := s.door(service).Do(s.t.Context(), request)
	if err != nil || answer.Status >= 300 {
		s.t.Fatalf("%s %s: %d %s %v", request.Method, request.URL.Path, answer.Status, answer.Body, err)
	}
}

// buy lets a client buy, and returns the order's id when the client has its answers.
func (s *shop) buy(p outside.Purchase) string {
	client := &outside.Client{Runtime: s.runtime, Orders: s.door(event.Order), Done: func(r invariants.Request) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.requests = append(s.requests, r)
	}}
	client.Buy(s.t.Context(), p)
	return order.ID(p.Customer, p.Key)
}

func purchase(customer, key, sku string, quantity int64) outside.Purchase {
	return outside.Purchase{Customer: customer, Key: key, Lines: []event.Line{{SKU: sku, Quantity: quantity}}}
}

// shows waits until a service's answer to a query holds text.
func (s *shop) shows(service, path, text string) {
	s.t.Helper()
	var last string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		answer, err := s.door(service).Do(s.t.Context(), outside.NewRequest(s.t.Context(), http.MethodGet, path, "", nil))
		if last = fmt.Sprintf("%d %s %v", answer.Status, answer.Body, err); strings.Contains(string(answer.Body), text) {
			return
		}
	}
	s.t.Fatalf("%s of %s never showed %s; last %s", path, service, text, last)
}

// rest waits until nothing is under way and returns the history, which need not have
// converged if that takes longer than restMax.
func (s *shop) rest() *invariants.History {
	s.t.Helper()
	ctx := s.t.Context()
	for end := time.Now().Add(restMax); ; time.Sleep(100 * time.Millisecond) {
		history, err := s.look(ctx)
		switch late := time.Now().After(end); {
		case err == nil && history != nil && history.Converged:
			return history
		case late && err != nil:
			s.t.Fatal(err)
		case late && history != nil:
			queues, _ := s.server.Ctl(ctx, "list_queues", "name", "messages_ready", "messages_unacknowledged", "consumers")
			s.t.Logf("not at rest; the queues:\n%s", queues)
			return history
		}
	}
}

// look returns the history as it is now. The world outside is read last: when the databases
// are at rest, nothing more will come to it.
func (s *shop) look(ctx context.Context) (*invariants.History, error) {
	history, err := collect.Collect(ctx, collect.Sources{Databases: s.pools, Broker: s.broker})
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	history.Requests = append(history.Requests, s.requests...)
	history.Charges, history.Mails = s.gateway.Ledger(), s.mails.Mails()
	return history, nil
}

// judge waits for rest and holds what is then against all invariants. It returns how many
// facts each judged.
func (s *shop) judge() (*invariants.History, map[string]int) {
	s.t.Helper()
	history := s.rest()
	findings, verdict := invariants.JudgeAll(history)
	facts := make(map[string]int)
	for _, finding := range findings {
		facts[finding.Invariant] = finding.Facts
		for _, violation := range finding.Violations {
			s.t.Errorf("%s: %s", finding.Invariant, violation)
		}
	}
	if verdict != invariants.Pass {
		s.t.Errorf("the verdict is %s, not pass", verdict)
	}
	return history, facts
}

// outcome returns how an order ended: completed, or the reason why it was cancelled.
func outcome(history *invariants.History, orderID string) string {
	for _, o := range history.Orders {
		switch {
		case o.ID != orderID:
		case o.Completed && !o.Cancelled:
			return "completed"
		case o.Cancelled && !o.Completed:
			return string(o.Reason)
		}
	}
	return "open"
}
