package flow

import (
	"context"
	"io/fs"
	"log/slog"
	"time"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
)

// Ports is the world of a service.
type Ports struct {
	Runtime port.Runtime
	DB      port.DB
	Broker  port.Broker
	Log     *slog.Logger
	Count   func(metric string) // counts an occurrence; nil for nobody
}

// Definition is what makes a service different from another.
type Definition struct {
	// Name is the service's name, its queue's, and the source of its messages.
	Name string
	// Migrations holds the service's own migrations/*.sql.
	Migrations fs.FS
	// Handle obeys one message: a command, a fact, a timer. It is called again with
	// the same message until it returns nil, also after it has succeeded, also at
	// once by two replicas: effects belong into Engine.Once. An error matching
	// Permanent goes to the dead letters, any other is tried again.
	Handle func(ctx context.Context, message event.Envelope) error
	// Project updates the read model for a fact just appended, in its transaction.
	Project func(ctx context.Context, unit *Unit, fact event.Envelope, payload event.Payload) error
}

// Settings are the times and sizes of an engine's loops.
type Settings struct {
	PollInterval time.Duration // of relay and timers, when nobody nudges
	CallTimeout  time.Duration // of one unit of work, one batch of confirms, one handling
	Prefetch     int           // unacknowledged deliveries per replica
	Workers      int           // deliveries handled at once per replica
	RelayBatch   int           // outbox rows per transaction
	MaxAttempts  int           // of a handler that fails for its own reasons
	Requests     int           // HTTP requests in progress at once per replica; more are refused
}

// DefaultSettings returns the settings that the services ship with.
func DefaultSettings() Settings {
	return Settings{
		PollInterval: 2 * time.Second,
		CallTimeout:  10 * time.Second,
		Prefetch:     8,
		Workers:      4,
		RelayBatch:   20,
		MaxAttempts:  12,
		Requests:     20, // twice the database connections, which relay, consumer and timers share
	}
}

// Engine runs one replica of a service.
type Engine struct {
	ports      Ports
	definition Definition
	settings   Settings
	nudges     *port.Queue[struct{}]
	publisher  *publisher
	gate       *gate
}

// NewEngine returns an engine that does nothing until Prepare and Run, except Do and Once.
func NewEngine(ports Ports, definition Definition, settings Settings) *Engine {
	if ports.Count == nil {
		ports.Count = func(string) {}
	}
	return &Engine{
		ports: ports, definition: definition, settings: settings,
		nudges:    port.NewQueue[struct{}](ports.Runtime, 1),
		publisher: newPublisher(ports, definition.Name, settings.CallTimeout),
		gate:      newGate(ports.Runtime, settings.Requests),
	}
}

// Count counts an occurrence of metric, if anybody counts.
func (e *Engine) Count(metric string) { e.ports.Count(metric) }

// Prepare migrates the database, trying again until it succeeds or ctx ends, with ctx's
// error. Nothing else must run before.
func (e *Engine) Prepare(ctx context.Context) error {
	ctx = port.WithOp(ctx, port.Op{Name: "migrate"})
	for attempt := 1; ; attempt++ {
		err := e.within(ctx, func(ctx context.Context) error {
			return Migrate(ctx, e.ports.DB, e.definition.Migrations)
		})
		if err == nil {
			return nil
		}
		e.ports.Log.WarnContext(ctx, "migration failed, will try again", "error", err)
		if err := e.backoff(ctx, attempt); err != nil {
			return err
		}
	}
}

// Run runs the relay, the consumer and the timers until ctx ends.
func (e *Engine) Run(ctx context.Context) error {
	group, ctx := port.NewGroup(ctx, e.ports.Runtime)
	group.Go(ctx, "publisher", e.publisher.run)
	group.Go(ctx, "relay", e.relay)
	group.Go(ctx, "consumer", e.consume)
	group.Go(ctx, "timers", e.runTimers)
	return group.Wait(context.WithoutCancel(ctx))
}

// Within runs work under the engine's call time-out, for callers outside the engine's loops.
func (e *Engine) Within(ctx context.Context, work func(context.Context) error) error {
	return e.within(ctx, work)
}

// Enter lets a request in, which Leave follows, unless as many are in progress as the settings
// allow, or ctx ends. What waits for the database would else be given up by its client before
// its turn, and sent again: an engine that was slow for a moment would serve nobody from then
// on. The first of several that are refused one after the other is noted.
func (e *Engine) Enter(ctx context.Context) bool {
	entered, first := e.gate.enter(ctx)
	if !entered {
		e.ports.Count("request_refused")
	}
	if first {
		e.ports.Log.WarnContext(ctx, "requests refused: as many are in progress as there may be", "most", e.settings.Requests)
	}
	return entered
}

// Leave ends a request that Enter has let in.
func (e *Engine) Leave(ctx context.Context) { e.gate.leave(ctx) }

// Failed notes a request that could not be obeyed.
func (e *Engine) Failed(ctx context.Context, operation string, err error) {
	e.ports.Count("request_failed")
	e.ports.Log.WarnContext(ctx, "request failed", "operation", operation, "error", err)
}

// within runs work under the engine's call time-out.
func (e *Engine) within(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := e.ports.Runtime.WithTimeout(ctx, e.settings.CallTimeout)
	defer cancel()
	return work(ctx)
}

// backoff waits before another attempt, counted from 1. Its error is ctx's.
func (e *Engine) backoff(ctx context.Context, attempt int) error {
	return Backoff(ctx, e.ports.Runtime, attempt)
}

// nudge tells the relay that there is something to send. A relay that is busy or was
// nudged already needs no second.
func (e *Engine) nudge(ctx context.Context) {
	_, _ = e.nudges.TryPut(ctx, struct{}{})
}

// pause waits for a nudge, at most for the poll interval. Its error is that of ctx.
func (e *Engine) pause(ctx context.Context) error {
	waiting, cancel := e.ports.Runtime.WithTimeout(ctx, e.settings.PollInterval)
	defer cancel()
	_, _ = e.nudges.Take(waiting)
	return ctx.Err()
}
