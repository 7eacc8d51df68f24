package conform

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres"
	"github.com/squallhq/squall/system/port"
)

// SimulatedPostgres is the arm of the simulated server.
type SimulatedPostgres struct {
	Cache           *postgres.Cache
	DeadlockTimeout time.Duration // one second if zero
	Timeouts        PostgresTimeouts
}

// PostgresTimeouts are those of a session. The zero value stands for those that system/postgres asks for.
type PostgresTimeouts struct{ Statement, Lock, IdleInTransaction time.Duration }

var productionTimeouts = PostgresTimeouts{Statement: 30 * time.Second, Lock: 10 * time.Second, IdleInTransaction: time.Minute}

// Open makes a world with a server in a goroutine of its own. The world and the runner
// take turns: while the runner looks at results, virtual time stands still.
func (a SimulatedPostgres) Open(t testing.TB, poolSize int) PostgresWorld {
	t.Helper()
	if a.Timeouts == (PostgresTimeouts{}) {
		a.Timeouts = productionTimeouts
	}
	w := &simulatedWorld{
		t: t, poolSize: poolSize, deadlockTimeout: a.DeadlockTimeout, timeouts: a.Timeouts, clients: map[string]*simulatedClient{}, running: map[Session]*bool{},
		orders: make(chan func() bool), done: make(chan bool), ended: make(chan error, 1),
	}
	w.world = sim.NewWorld(1, sim.Options{})
	node := w.world.AddNode("database", "database")
	w.server = postgres.NewServer(w.world, node, postgres.Options{Cache: a.Cache, Refuse: postgres.AsError})
	node.Start()
	w.world.After(0, w.obey)
	go func() { w.ended <- w.world.Run() }()
	t.Cleanup(w.end)
	return w
}

type simulatedWorld struct {
	t        testing.TB
	world    *sim.World
	server   *postgres.Server
	poolSize int

	deadlockTimeout time.Duration
	timeouts        PostgresTimeouts

	clients map[string]*simulatedClient
	running map[Session]*bool

	orders chan func() bool // what the runner waits for; nil ends the world
	done   chan bool
	ended  chan error
	until  func() bool
	limit  time.Duration
}

type simulatedClient struct {
	node *sim.Node
	db   port.DB
}

// simulatedPoll is how much virtual time passes between two looks at a condition: less
// than the shortest way through the network.
const simulatedPoll = 50 * time.Microsecond

// obey runs in the world: it waits for the runner's next order, then looks again and again
// until the condition holds or patience is over.
func (w *simulatedWorld) obey() {
	if w.until == nil {
		order, open := <-w.orders
		if !open {
			w.world.Stop()
			return
		}
		w.until, w.limit = order, w.world.Now()+patience
	}
	if held := w.until(); held || w.world.Now() > w.limit {
		w.until = nil
		w.done <- held
	}
	w.world.After(simulatedPoll, w.obey)
}

// pass lets time pass until the condition holds; false if it never does.
func (w *simulatedWorld) pass(until func() bool) bool {
	w.t.Helper()
	select {
	case w.orders <- until:
	case err := <-w.ended:
		w.ended <- err
		w.t.Fatalf("the world has ended: %v", err)
	}
	select {
	case held := <-w.done:
		return held
	case err := <-w.ended:
		w.ended <- err
		w.t.Fatalf("the world has ended: %v", err)
		return false
	}
}

func (w *simulatedWorld) Start(session Session, work Work) {
	w.t.Helper()
	if w.running[session] != nil {
		w.t.Fatalf("%v started work while at work", session)
	}
	returned := new(bool)
	w.running[session] = returned
	w.pass(func() bool {
		client := w.client(session.Client)
		client.node.Go(client.node.Context(), "session "+session.Task, func(ctx context.Context) {
			work(ctx, client.db, client.node.Runtime())
			*returned = true
		})
		return true
	})
}

func (w *simulatedWorld) client(name string) *simulatedClient {
	if c := w.clients[name]; c != nil {
		return c
	}
	node := w.world.AddNode(name, name)
	node.Start()
	c := &simulatedClient{node, w.server.Open(node, postgres.PoolConfig{
		MaxConns: w.poolSize, ApplicationName: name, DeadlockTimeout: w.deadlockTimeout,
		StatementTimeout: w.timeouts.Statement, LockTimeout: w.timeouts.Lock, IdleInTransactionTimeout: w.timeouts.IdleInTransaction,
	})}
	w.clients[name] = c
	return c
}

func (w *simulatedWorld) Settle(session Session) bool {
	w.t.Helper()
	returned := w.running[session]
	ok := w.pass(func() bool {
		return *returned || slices.Contains(w.server.LockWaits(), session.Client)
	})
	if !ok {
		w.t.Fatalf("%v neither returns nor waits for a lock within %v", session, patience)
	}
	if *returned {
		delete(w.running, session)
	}
	return *returned
}

func (w *simulatedWorld) Await(sessions ...Session) (Session, bool) {
	var first Session
	ok := w.pass(func() bool {
		for _, session := range sessions {
			if *w.running[session] {
				first = session
				return true
			}
		}
		return false
	})
	if ok {
		delete(w.running, first)
	}
	return first, ok
}

// Refused returns the construct that the server refused by name, if it did: what is left
// out on purpose is no divergence.
func (w *simulatedWorld) Refused() error {
	if u := w.server.Refused(); u != nil {
		return u
	}
	return nil
}

func (w *simulatedWorld) end() {
	close(w.orders)
	if err := <-w.ended; err != nil {
		w.t.Errorf("the world failed: %v", err)
	}
}
