package scenarios

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/scenarios/outside"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres"
	"github.com/squallhq/squall/sim/rabbitmq"
	"github.com/squallhq/squall/system"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/port"
)

// Kit is what worlds that run one after another on one goroutine can share, because it
// holds nothing of them: descriptions, parsed statements, idle coroutines.
type Kit struct {
	apis  *system.APIs
	cache *postgres.Cache
	pool  sim.Pool
	// Stuck ends the program with a report when a task never calls a port, or when a
	// goroutine calls one that is no task.
	Stuck func(report string)
	// CheckTasks looks at every port call whether a task makes it.
	CheckTasks bool
}

// NewKit returns an empty kit.
func NewKit() *Kit { return &Kit{apis: system.NewAPIs(), cache: postgres.NewCache()} }

// city is the whole of one world: servers, services, and those outside.
type city struct {
	*sim.World
	kit       *Kit
	swarm     Swarm
	databases map[string]*postgres.Server
	broker    *rabbitmq.Server
	servers   map[string]*sim.Node // databases and broker, by name
	doors     map[string]*outside.SimDoor
	gateway   *outside.SimGateway
	mailer    *outside.SimMailer
	requests  []invariants.Request
}

// build puts all nodes into the world and boots them.
func build(w *sim.World, kit *Kit, swarm Swarm) *city {
	c := &city{
		World: w, kit: kit, swarm: swarm,
		databases: make(map[string]*postgres.Server), servers: make(map[string]*sim.Node),
		doors: make(map[string]*outside.SimDoor),
	}
	c.addServers()
	for _, service := range event.Services() {
		c.doors[service] = new(outside.SimDoor)
		for n := range swarm[replicas] {
			c.addReplica(service, int(n)+1)
		}
	}
	for _, node := range w.Nodes() {
		node.Start()
	}
	return c
}

func (c *city) addServers() {
	node := c.AddNode(brokerName, brokerName)
	c.servers[brokerName] = node
	c.broker = rabbitmq.NewServer(c.World, node, rabbitmq.V313)
	for _, service := range event.Services() {
		name := databaseName(service)
		node := c.AddNode(name, name)
		c.servers[name] = node
		c.databases[service] = postgres.NewServer(c.World, node, postgres.Options{Database: service, Cache: c.kit.cache})
	}
	c.gateway = &outside.SimGateway{Node: c.AddNode("gateway", "gateway"), Core: outside.NewGateway()}
	c.mailer = &outside.SimMailer{Node: c.AddNode("mail server", "mail server"), Core: outside.NewMailbox()}
}

// addReplica adds a node that runs the service's own code on simulated ports.
func (c *city) addReplica(service string, number int) {
	node := c.AddNode(fmt.Sprintf("%s-%d", service, number), service)
	replica := &outside.Replica{Node: node}
	c.doors[service].Replicas = append(c.doors[service].Replicas, replica)
	node.Boot = func(ctx context.Context) {
		replica.Handler = nil
		assembled, err := system.Assemble(service, c.kit.apis, c.ports(node, service),
			system.Outside{Gateway: c.gateway, Mailer: c.mailer}, c.settings())
		if err != nil {
			c.Fail(err)
			return
		}
		if assembled.Prepare(ctx) != nil {
			return
		}
		replica.Handler = assembled.Handler
		_ = assembled.Run(ctx)
	}
}

func (c *city) ports(node *sim.Node, service string) flow.Ports {
	return flow.Ports{
		Runtime: node.Runtime(),
		DB: c.databases[service].Open(node, postgres.PoolConfig{
			MaxConns: int(c.swarm[pool]), IdleInTransactionTimeout: time.Minute,
		}),
		Broker: c.broker.Open(node),
		Log:    slog.New(slog.DiscardHandler),
		Count:  c.Mark,
	}
}

func (c *city) settings() flow.Settings {
	s := flow.DefaultSettings()
	s.Prefetch, s.Workers = int(c.swarm[prefetch]), int(c.swarm[workers])
	if most, set := c.swarm[requests]; set {
		s.Requests = int(most)
	}
	return s
}

// open puts the articles on sale, before the storm.
func (c *city) open(ctx context.Context, runtime port.Runtime, articles []Article) error {
	for _, a := range articles {
		price := map[string]any{"price_cents": a.Price}
		if err := c.operate(ctx, runtime, event.Order, http.MethodPut, "/prices/"+a.SKU, "", price); err != nil {
			return err
		}
		goods := map[string]any{"quantity": a.Quantity}
		if err := c.operate(ctx, runtime, event.Inventory, http.MethodPost, "/stock/"+a.SKU+"/receipts", "opening-"+a.SKU, goods); err != nil {
			return err
		}
	}
	return nil
}

// operate sends an operator's request until it is obeyed.
func (c *city) operate(ctx context.Context, runtime port.Runtime, service, method, path, key string, body any) error {
	ctx = port.WithOp(ctx, port.Op{Name: "operate"})
	for range 100 {
		answer, err := c.doors[service].Do(ctx, outside.NewRequest(ctx, method, path, key, body))
		if err == nil && answer.Status < 300 {
			return nil
		}
		if err == nil && answer.Status < 500 {
			return fmt.Errorf("%s %s: answered %d: %s", method, path, answer.Status, answer.Body)
		}
		if err := runtime.Sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s %s: no answer", method, path)
}

// shop lets the clients do what they mean to and returns when they have finished.
func (c *city) shop(ctx context.Context, runtime port.Runtime, purchases []outside.Purchase) error {
	group, ctx := port.NewGroup(ctx, runtime)
	client := &outside.Client{
		Runtime: runtime, Orders: c.doors[event.Order],
		Done: func(r invariants.Request) { c.requests = append(c.requests, r) },
	}
	for _, p := range purchases {
		group.Go(ctx, "customer of "+p.Key, func(ctx context.Context) error {
			client.Buy(ctx, p)
			return nil
		})
	}
	return group.Wait(ctx)
}
