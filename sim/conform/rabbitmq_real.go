package conform

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/process"
	"github.com/squallhq/squall/system/rabbitmq"
)

// RealRabbit is the arm of a real broker, reached by the adapter that services use.
type RealRabbit struct {
	// Operator controls the broker, for cases about alarms and restarts. Without one, or
	// with one to which the broker does not belong, these are skipped.
	Operator *servers.RabbitMQServer

	url     string
	profile string
}

// NewRealRabbit returns the arm of the broker at an amqp URL. Its profile is that of the
// version the broker tells.
func NewRealRabbit(ctx context.Context, address string) (*RealRabbit, error) {
	broker, err := rabbitmq.New(rabbitmq.Config{URL: address})
	if err != nil {
		return nil, err
	}
	version, err := broker.Version(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the broker for its version: %w", err)
	}
	profile, err := rabbitProfileOf(version)
	if err != nil {
		return nil, err
	}
	return &RealRabbit{url: address, profile: profile}, nil
}

func rabbitProfileOf(version string) (string, error) {
	for _, known := range []struct{ prefix, profile string }{
		{"3.10.", "3.10"}, {"3.11.", "3.10"}, {"3.12.", "3.13"}, {"3.13.", "3.13"},
		{"4.0.", "4.0"}, {"4.1.", "4.0"}, {"4.2.", "4.0"}, {"4.3.", "4.3"},
	} {
		if strings.HasPrefix(version, known.prefix) {
			return known.profile, nil
		}
	}
	return "", fmt.Errorf("no profile for RabbitMQ %q", version)
}

// Profile is that of the broker's version.
func (a *RealRabbit) Profile() string { return a.profile }

// Open makes a world with names of its own on the shared broker.
func (a *RealRabbit) Open(t testing.TB) RabbitWorld {
	world, err := a.open()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		world.wires.closeAll()
	})
	world.ctx = ctx
	return world
}

func (a *RealRabbit) open() (*realRabbitWorld, error) {
	parsed, err := url.Parse(a.url)
	if err != nil {
		return nil, err
	}
	direct, err := rabbitmq.New(rabbitmq.Config{URL: a.url})
	if err != nil {
		return nil, err
	}
	return &realRabbitWorld{url: parsed, direct: direct, operator: a.Operator, wires: &wires{listeners: map[string]*wire{}}}, nil
}

type realRabbitWorld struct {
	ctx      context.Context
	url      *url.URL
	direct   port.Broker
	wires    *wires
	operator *servers.RabbitMQServer
}

// Run calls script: the task is this one.
func (w *realRabbitWorld) Run(script func(context.Context, RabbitClient) error) error {
	defer w.wires.closeAll()
	runtime := process.New(slog.Default())
	return script(w.ctx, RabbitClient{
		Broker: wiredBroker{w}, Direct: w.direct, Clock: runtime,
		Prefix:  "conform-" + rand.Text()[:8] + ".",
		Cut:     func(_ context.Context, connection string) error { return w.wires.cut(connection) },
		Alarm:   w.alarm,
		Restart: w.restart, AckTimeout: w.ackTimeout,
	})
}

// alarm moves the mark above which the broker's memory is too high: 0 raises the alarm
// at once (RabbitMQ documentation, Memory Threshold and Limit, "Disabling All Publishing").
func (w *realRabbitWorld) alarm(ctx context.Context, on bool) error {
	mark := "0.4"
	if on {
		mark = "0"
	}
	if w.operator == nil {
		return errNoOperator
	}
	_, err := w.operator.Ctl(ctx, "set_vm_memory_high_watermark", mark)
	return operated(err)
}

// restart kills the broker and starts it again on its data.
func (w *realRabbitWorld) restart(ctx context.Context) error {
	if w.operator == nil {
		return errNoOperator
	}
	return operated(w.operator.Restart(ctx, true))
}

// ackTimeout sets what channels read when they are opened (rabbit_channel, get_consumer_timeout and
// init_tick_timer), in milliseconds.
func (w *realRabbitWorld) ackTimeout(ctx context.Context, timeout, tick time.Duration) error {
	if w.operator == nil {
		return errNoOperator
	}
	_, err := w.operator.Ctl(ctx, "eval", fmt.Sprintf(
		"application:set_env(rabbit, consumer_timeout, %d), application:set_env(rabbit, channel_tick_interval, %d).",
		timeout.Milliseconds(), tick.Milliseconds()))
	return operated(err)
}

func operated(err error) error {
	if errors.Is(err, servers.ErrNotOurs) {
		return errNoOperator
	}
	return err
}

// wiredBroker reaches the broker through a wire that can be cut, one per connection.
type wiredBroker struct{ world *realRabbitWorld }

func (b wiredBroker) Connect(ctx context.Context, name string) (port.Connection, error) {
	address := *b.world.url
	if address.Scheme == "amqp" { // a certificate would not fit a wire's address
		wired, err := b.world.wires.listen(b.world.ctx, name, brokerAddress(b.world.url))
		if err != nil {
			return nil, err
		}
		address.Host = wired
	}
	broker, err := rabbitmq.New(rabbitmq.Config{URL: address.String()})
	if err != nil {
		return nil, err
	}
	return broker.Connect(ctx, name)
}

func brokerAddress(parsed *url.URL) string {
	if parsed.Port() == "" {
		return net.JoinHostPort(parsed.Hostname(), "5672")
	}
	return parsed.Host
}

// wires are TCP forwarders by the name of the connection that they carry.
type wires struct {
	mutex     sync.Mutex
	listeners map[string]*wire
}

type wire struct {
	listener net.Listener
	target   string
	mutex    sync.Mutex
	ends     []net.Conn
	broken   bool
}

func (w *wires) listen(ctx context.Context, name, target string) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	added := &wire{listener: listener, target: target}
	w.mutex.Lock()
	w.listeners[name] = added
	w.mutex.Unlock()
	go added.serve(ctx)
	return listener.Addr().String(), nil
}

func (w *wires) cut(name string) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	found, is := w.listeners[name]
	if !is {
		return fmt.Errorf("no wire under connection %q", name)
	}
	found.cut()
	return nil
}

func (w *wires) closeAll() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, each := range w.listeners {
		each.cut()
	}
}

func (w *wire) serve(ctx context.Context) {
	near, err := w.listener.Accept()
	if err != nil {
		return
	}
	far, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.target)
	if err != nil {
		_ = near.Close()
		return
	}
	if !w.keep(near, far) {
		return
	}
	go w.copy(near, far)
	w.copy(far, near)
}

func (w *wire) keep(ends ...net.Conn) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.ends = append(w.ends, ends...)
	if w.broken {
		closeByReset(w.ends)
	}
	return !w.broken
}

func (w *wire) copy(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}

func (w *wire) cut() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.broken = true
	_ = w.listener.Close()
	closeByReset(w.ends)
}

func closeByReset(ends []net.Conn) {
	for _, end := range ends {
		if tcp, is := end.(*net.TCPConn); is {
			_ = tcp.SetLinger(0)
		}
		_ = end.Close()
	}
}
