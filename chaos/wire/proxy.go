package wire

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Protocol is what a proxy understands.
type Protocol uint8

// The two protocols.
const (
	PostgreSQL Protocol = iota + 1 // version 3.0 of the frontend/backend protocol
	AMQP                           // AMQP 0-9-1
)

// Direction is one of a connection's two.
type Direction uint8

// The two directions.
const (
	ToServer Direction = iota
	ToClient
)

// String returns to server or to client.
func (d Direction) String() string {
	if d == ToServer {
		return "to server"
	}
	return "to client"
}

// Config says between whom a proxy stands.
type Config struct {
	Protocol Protocol
	Service  string // Where of the identities: payment

	// Listen is the address to listen on, host:port; empty means a free port of the
	// loopback.
	Listen string

	// Upstream returns the server's address, host:port. It is asked for every connection,
	// so that a server may come back elsewhere.
	Upstream func(ctx context.Context) (string, error)

	// Book is shared by all proxies of a run.
	Book *Book

	// GiveUp is how long a connection that has been silenced stays; zero means a
	// minute, as in the simulator.
	GiveUp time.Duration
}

const (
	defaultGiveUp = time.Minute
	dialTimeout   = 5 * time.Second
	errorsMax     = 100
)

// Proxy passes connections of one service to one server on. It is safe for concurrent use.
type Proxy struct {
	config   Config
	listener net.Listener
	cancel   context.CancelFunc
	running  sync.WaitGroup
	stats    counters
	cuts     [2]cut
	traps    traps

	mutex    sync.Mutex
	closed   bool
	sessions map[*session]bool
	errors   []error
	garbage  []error
}

// Open listens. An error is about the configuration or the address.
func Open(ctx context.Context, config Config) (*Proxy, error) {
	switch {
	case config.Upstream == nil || config.Book == nil:
		return nil, errors.New("wire: a proxy needs an upstream and a book")
	case config.Protocol != PostgreSQL && config.Protocol != AMQP:
		return nil, errors.New("wire: a proxy speaks PostgreSQL or AMQP")
	case config.Service == "":
		return nil, errors.New("wire: a proxy belongs to a service")
	}
	if config.Listen == "" {
		config.Listen = "127.0.0.1:0"
	}
	if config.GiveUp <= 0 {
		config.GiveUp = defaultGiveUp
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &Proxy{config: config, listener: listener, cancel: cancel, sessions: map[*session]bool{}}
	p.running.Go(func() { p.accept(life) })
	return p, nil
}

// Addr is the address that the proxy listens on, host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Protocol is what the proxy understands.
func (p *Proxy) Protocol() Protocol { return p.config.Protocol }

// Close stops listening, resets every connection, and returns when all is over. It may be
// called more than once.
func (p *Proxy) Close() {
	p.mutex.Lock()
	p.closed = true
	p.mutex.Unlock()
	p.cancel()
	_ = p.listener.Close() // a second time it has been closed already
	for _, s := range p.all() {
		s.kill()
	}
	p.running.Wait()
}

// Reset resets all connections, both sides, and returns how many there were.
func (p *Proxy) Reset() int {
	all := p.all()
	for _, s := range all {
		s.reset()
	}
	return len(all)
}

func (p *Proxy) all() []*session {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Collect(maps.Keys(p.sessions))
}

// Stats are figures of a proxy since it was opened.
type Stats struct {
	Sessions      int64 // connections accepted
	Open          int64 // of them now
	Encrypted     int64 // of them passed through blindly
	Failed        int64 // of them without a server, or ended by an error of the protocol
	Resets        int64 // of them reset by the proxy, for a fate, a trap or Reset
	BytesToServer int64
	BytesToClient int64
}

type counters struct {
	sessions, open, encrypted, failed, resets atomic.Int64
	carried                                   [2]atomic.Int64
}

// Stats returns the figures so far.
func (p *Proxy) Stats() Stats {
	c := &p.stats
	return Stats{
		Sessions: c.sessions.Load(), Open: c.open.Load(), Encrypted: c.encrypted.Load(),
		Failed: c.failed.Load(), Resets: c.resets.Load(),
		BytesToServer: c.carried[ToServer].Load(), BytesToClient: c.carried[ToClient].Load(),
	}
}

// Errors returns what went wrong, the latest hundred: bytes that are not the protocol, a
// server that was not to be reached. Faults are not errors.
func (p *Proxy) Errors() []error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]error(nil), p.errors...)
}

// Garbage returns those of the errors that are bytes which are not the protocol, the latest
// hundred: faults bring none about, so each is a bug of a client, a server or the proxy.
func (p *Proxy) Garbage() []error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]error(nil), p.garbage...)
}

func (p *Proxy) fail(err error) {
	p.stats.failed.Add(1)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.errors = keep(p.errors, err)
}

func (p *Proxy) garbled(err error) {
	p.fail(err)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.garbage = keep(p.garbage, err)
}

// keep appends an error and lets go of the oldest if there are many.
func keep(errors []error, err error) []error {
	if len(errors) == errorsMax {
		errors = errors[1:]
	}
	return append(errors, err)
}

// acceptPause is how long to wait when the process has no file descriptors left.
const acceptPause = 10 * time.Millisecond

func (p *Proxy) accept(ctx context.Context) {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			p.fail(fmt.Errorf("wire: accept: %w", err))
			time.Sleep(acceptPause)
			continue
		}
		p.running.Go(func() { p.serve(ctx, client) })
	}
}

// serve carries one connection from its beginning to its end.
func (p *Proxy) serve(ctx context.Context, client net.Conn) {
	p.stats.sessions.Add(1)
	p.stats.open.Add(1)
	defer p.stats.open.Add(-1)
	server, err := p.dial(ctx)
	if err != nil {
		p.fail(fmt.Errorf("wire: %s from %s: %w", p.config.Service, client.RemoteAddr(), err))
		resetConn(client)
		return
	}
	s := newSession(p, client, server)
	if !p.enter(s) {
		s.reset()
	}
	s.run()
	p.leave(s)
}

func (p *Proxy) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	address, err := p.config.Upstream(ctx)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

func (p *Proxy) enter(s *session) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.closed {
		return false
	}
	p.sessions[s] = true
	return true
}

func (p *Proxy) leave(s *session) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.sessions, s)
}
