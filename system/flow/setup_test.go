package flow_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/postgres"
	"github.com/squallhq/squall/system/process"
	"github.com/squallhq/squall/system/rabbitmq"
)

func TestMain(m *testing.M) { servers.Main(m) }

// rig is a broker without messages, and the engines that a test runs on it.
type rig struct {
	t      *testing.T
	server *servers.RabbitMQServer
	broker *rabbitmq.Broker

	mutex  sync.Mutex
	counts map[string]int
}

func setup(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, server: servers.ExclusiveRabbitMQ(t), counts: make(map[string]int)}
	broker, err := rabbitmq.New(rabbitmq.Config{URL: r.server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	r.broker = broker
	r.clear(t.Context())
	t.Cleanup(func() { r.clear(context.Background()) })
	return r
}

// clear deletes what the services declare.
func (r *rig) clear(ctx context.Context) {
	r.t.Helper()
	methods := flow.Fabric()
	for _, service := range event.Services() {
		methods = append(methods, flow.RetryTiers(service)...)
	}
	r.onChannel(ctx, func(channel port.Channel) (err error) {
		for _, method := range methods {
			switch m := method.(type) {
			case port.DeclareQueue:
				_, err = channel.Do(ctx, port.DeleteQueue{Name: m.Name})
			case port.DeclareExchange:
				_, err = channel.Do(ctx, port.DeleteExchange{Name: m.Name})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *rig) onChannel(ctx context.Context, work func(port.Channel) error) {
	r.t.Helper()
	connection, err := r.broker.Connect(ctx, "test of flow")
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = connection.Close(ctx) }()
	channel, err := connection.OpenChannel(ctx)
	if err == nil {
		err = work(channel)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// count counts what engines count.
func (r *rig) count(metric string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.counts[metric]++
}

func (r *rig) counted(metric string) int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.counts[metric]
}

// quick are settings for tests: as shipped, but that nobody waits for a poll.
func quick() flow.Settings {
	s := flow.DefaultSettings()
	s.PollInterval = 100 * time.Millisecond
	return s
}

// database opens a fresh database.
func (r *rig) database() port.DB {
	r.t.Helper()
	db, err := postgres.Open(r.t.Context(), postgres.Config{URL: servers.Postgres(r.t)})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(db.Close)
	return db
}

type handler func(context.Context, *flow.Engine, event.Envelope) error

// start runs a replica of a service that handles messages so, until the test ends.
func (r *rig) start(service string, db port.DB, settings flow.Settings, handle handler) *flow.Engine {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.DiscardHandler)
	var engine *flow.Engine
	engine = flow.NewEngine(flow.Ports{
		Runtime: process.New(log), DB: db, Broker: r.broker, Log: log, Count: r.count,
	}, flow.Definition{
		Name: service, Migrations: fstest.MapFS{},
		Handle: func(ctx context.Context, message event.Envelope) error { return handle(ctx, engine, message) },
	}, settings)
	if err := engine.Prepare(ctx); err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				r.t.Errorf("Run of %s: %v", service, err)
			}
		case <-time.After(15 * time.Second):
			r.t.Errorf("Run of %s does not end", service)
		}
	})
	return engine
}

// eventually waits until something is so.
func (r *rig) eventually(what string, so func() bool) {
	r.t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("never: %s", what)
		}
	}
}

// command is the n-th message of a test.
func command(n int) event.VoidPayment { return event.VoidPayment{OrderID: orderID(n)} }

func orderID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// send sends the commands from first to last in units of their own.
func (r *rig) send(engine *flow.Engine, first, last int) {
	r.t.Helper()
	for n := first; n <= last; n++ {
		err := engine.Do(r.t.Context(), event.Envelope{ID: "test", Correlation: "test"}, func(ctx context.Context, unit *flow.Unit) error {
			return unit.Send(ctx, fmt.Sprintf("test/%d", n), orderID(n), command(n))
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// nobody is the handler of an engine that gets nothing.
func nobody(context.Context, *flow.Engine, event.Envelope) error {
	return errors.New("an unexpected message")
}

// ledger counts how often each message had its effect.
type ledger struct {
	db    port.DB
	mutex sync.Mutex
	calls map[string]int
}

func newLedger(db port.DB) *ledger { return &ledger{db: db, calls: make(map[string]int)} }

// record appends a fact for the message, once.
func (l *ledger) record(ctx context.Context, engine *flow.Engine, message event.Envelope) error {
	l.mutex.Lock()
	l.calls[message.ID]++
	l.mutex.Unlock()
	return engine.Once(ctx, message, func(ctx context.Context, unit *flow.Unit) error {
		stream := "effect/" + message.Subject
		version, err := flow.Load(ctx, unit, stream, func(event.Payload) {})
		if err != nil {
			return err
		}
		return unit.Append(ctx, stream, message.Subject, version, event.VoidRequested{OrderID: message.Subject})
	})
}

// effects returns how many effects the n-th message had.
func (l *ledger) effects(t *testing.T, n int) int {
	t.Helper()
	version, err := flow.Load(t.Context(), l.db, "effect/"+orderID(n), func(event.Payload) {})
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// once waits until each message from first to last has had its effect, and fails if one
// had it twice.
func (l *ledger) once(r *rig, first, last int) {
	r.t.Helper()
	for n := first; n <= last; n++ {
		r.eventually(fmt.Sprintf("message %d is handled", n), func() bool { return l.effects(r.t, n) > 0 })
	}
	for n := first; n <= last; n++ {
		if effects := l.effects(r.t, n); effects != 1 {
			r.t.Errorf("message %d had %d effects", n, effects)
		}
	}
}
