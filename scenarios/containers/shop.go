package containers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/squallhq/squall/chaos/live"
	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/scenarios"
	"github.com/squallhq/squall/scenarios/outside"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/postgres"
	"github.com/squallhq/squall/system/process"
	"github.com/squallhq/squall/system/rabbitmq"
)

// shop is all that a run consists of: servers and services in containers, the proxies between
// them, and those outside, who live in this process.
type shop struct {
	environment *live.Environment
	book        *wire.Book
	proxies     map[string][]*wire.Proxy // by service: to its database and to the broker
	gateway     *outside.StripeServer
	mails       *outside.SMTPSink
	webServer   *http.Server
	mailServer  *smtp.Server
	runtime     *process.Process
	doors       map[string]outside.Door
	client      *http.Client
	pools       pools // for the judge
	broker      *rabbitmq.Broker
}

const (
	gatewaySecret = "sk_test_squall"
	secretPath    = "/run/secrets/gateway" // in the payment service's containers
	clientTimeout = 20 * time.Second
)

// What a server's volume must hold: servers as they start, and what each order leaves behind, which
// stays there (measured: 18 KiB in the databases). The volume is in memory, and counts there.
const (
	baseMiB  = 1024
	orderKiB = 32
)

// open starts everything, with room for so many orders. Whatever it returns must be closed.
func open(ctx context.Context, config Config, orders int) (_ *shop, err error) {
	s := &shop{
		book: wire.NewBook(config.Seed), runtime: process.New(slog.New(slog.DiscardHandler)),
		doors: make(map[string]outside.Door), proxies: make(map[string][]*wire.Proxy),
		client: &http.Client{Timeout: clientTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 5 * time.Second}},
	}
	room := baseMiB + orders*orderKiB/1024
	s.environment, err = live.Open(ctx, live.Config{Progress: config.progress, DiskMiB: room, MemoryMiB: room, Other: s.otherInjury})
	if err != nil {
		return s, err
	}
	for _, start := range []func(context.Context, Config) error{s.startServers, s.openOutside, s.openProxiesAndServices} {
		if err := start(ctx, config); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *shop) startServers(ctx context.Context, _ Config) error {
	started := make(chan error, 2)
	go func() { started <- s.environment.StartDatabase(ctx, event.Services()...) }()
	go func() { started <- s.environment.StartBroker(ctx) }()
	return errors.Join(<-started, <-started)
}

// openOutside lets the gateway and the mail server listen where containers reach them.
func (s *shop) openOutside(ctx context.Context, _ Config) error {
	s.gateway = outside.NewStripeServer(outside.NewGateway(), gatewaySecret, nil)
	s.mails = outside.NewSMTPSink(outside.NewMailbox(), nil)
	web, err := s.listen(ctx)
	if err != nil {
		return err
	}
	s.webServer = &http.Server{Handler: s.gateway.Handler(), ReadHeaderTimeout: clientTimeout, Addr: s.fromContainers(web)}
	go func() { _ = s.webServer.Serve(web) }()
	mail, err := s.listen(ctx)
	if err != nil {
		return err
	}
	s.mailServer = s.mails.Server()
	s.mailServer.Addr = s.fromContainers(mail)
	go func() { _ = s.mailServer.Serve(mail) }()
	return nil
}

func (s *shop) listen(ctx context.Context) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(s.environment.ListenHost(), "0"))
	if err != nil {
		return nil, fmt.Errorf("listen for containers: %w", err)
	}
	return listener, nil
}

// fromContainers is the address at which containers reach a listener of this process.
func (s *shop) fromContainers(listener net.Listener) string {
	return s.dialled(listener.Addr().String())
}

func (s *shop) dialled(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return net.JoinHostPort(s.environment.DialHost(), port)
}

// proxy stands between a service and a server and returns its address for containers.
func (s *shop) proxy(ctx context.Context, service string, protocol wire.Protocol, upstream func(context.Context) (string, error)) (string, error) {
	proxy, err := wire.Open(ctx, wire.Config{
		Protocol: protocol, Service: service, Listen: net.JoinHostPort(s.environment.ListenHost(), "0"),
		Upstream: upstream, Book: s.book,
	})
	if err != nil {
		return "", err
	}
	s.proxies[service] = append(s.proxies[service], proxy)
	return s.dialled(proxy.Addr()), nil
}

func (s *shop) openProxiesAndServices(ctx context.Context, config Config) error {
	for _, service := range event.Services() {
		database, err := s.proxy(ctx, service, wire.PostgreSQL, s.environment.DatabaseAddr)
		if err != nil {
			return err
		}
		broker, err := s.proxy(ctx, service, wire.AMQP, s.environment.BrokerAddr)
		if err != nil {
			return err
		}
		if err := s.environment.StartService(ctx, live.Service{
			Name: service, Image: config.image(service), Replicas: config.Replicas,
			Env:   s.env(service, database, broker),
			Files: map[string]string{secretPath: gatewaySecret},
		}); err != nil {
			return err
		}
		s.doors[service] = s.doorTo(service)
	}
	return s.openForJudge(ctx)
}

func (s *shop) env(service, database, broker string) map[string]string {
	return map[string]string{
		"SQUALL_POSTGRES_URL":        s.environment.PostgresURL(database, service),
		"SQUALL_RABBITMQ_URL":        s.environment.RabbitMQURL(broker),
		"SQUALL_GATEWAY_URL":         "http://" + s.webServer.Addr,
		"SQUALL_GATEWAY_SECRET_FILE": secretPath,
		"SQUALL_SMTP_ADDR":           s.mailServer.Addr,
		"SQUALL_SMTP_FROM":           "orders@shop.example",
		"SQUALL_SMTP_TLS":            "none",
	}
}

// doorTo leads to the replicas of a service in turn, as far as they are known: who is down
// refuses, and who comes back elsewhere is known within a moment.
func (s *shop) doorTo(service string) outside.Door {
	return &outside.HTTPDoor{Client: s.client, Address: (&directory{shop: s, service: service}).next}
}

// directory knows where the replicas of a service are published, and asks now and then.
type directory struct {
	shop    *shop
	service string

	mutex sync.Mutex
	asked time.Time
	urls  []string
	turn  int
}

// askEvery is how long an answer of the engine serves.
const askEvery = 500 * time.Millisecond

// nobody is where nobody listens.
const nobody = "http://127.0.0.1:1"

// next returns an address. One caller at a time asks the engine; the others take what is known.
func (d *directory) next() string {
	d.mutex.Lock()
	due := time.Since(d.asked) > askEvery
	if due {
		d.asked = time.Now()
	}
	d.mutex.Unlock()
	if due {
		d.ask()
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if len(d.urls) == 0 {
		return nobody
	}
	d.turn++
	return d.urls[d.turn%len(d.urls)]
}

func (d *directory) ask() {
	ctx, cancel := context.WithTimeout(context.Background(), askEvery)
	defer cancel()
	urls, err := d.shop.environment.ServiceURLs(ctx, d.service)
	if err != nil {
		return
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.urls = urls
}

// openForJudge connects to the servers directly, for collectors.
func (s *shop) openForJudge(ctx context.Context) (err error) {
	if s.pools, err = s.openPools(ctx); err != nil {
		return err
	}
	s.broker, err = s.openBroker(ctx)
	return err
}

// reopen connects to the servers again: a server that was restarted may be elsewhere.
func (s *shop) reopen(ctx context.Context) error {
	s.pools.close()
	return s.openForJudge(ctx)
}

// pools are connections to the databases of all services, around the proxies.
type pools map[string]*postgres.DB

// openPools connects to where the databases are now.
func (s *shop) openPools(ctx context.Context) (pools, error) {
	address, err := s.environment.DatabaseAddr(ctx)
	if err != nil {
		return nil, err
	}
	opened := make(pools)
	for _, service := range event.Services() {
		pool, err := postgres.Open(ctx, postgres.Config{URL: s.environment.PostgresURL(address, service), MaxConns: 2})
		if err != nil {
			opened.close()
			return nil, err
		}
		opened[service] = pool
	}
	return opened, nil
}

func (p pools) close() {
	for _, pool := range p {
		pool.Close()
	}
}

func (p pools) ports() map[string]port.DB {
	all := make(map[string]port.DB, len(p))
	for service, pool := range p {
		all[service] = pool
	}
	return all
}

// openBroker says where the broker is now.
func (s *shop) openBroker(ctx context.Context) (*rabbitmq.Broker, error) {
	address, err := s.environment.BrokerAddr(ctx)
	if err != nil {
		return nil, err
	}
	return rabbitmq.New(rabbitmq.Config{URL: s.environment.RabbitMQURL(address)})
}

// stock puts the articles on sale, before the storm.
func (s *shop) stock(ctx context.Context, articles []scenarios.Article) error {
	for _, a := range articles {
		price := outside.NewRequest(ctx, http.MethodPut, "/prices/"+a.SKU, "", map[string]any{"price_cents": a.Price})
		goods := outside.NewRequest(ctx, http.MethodPost, "/stock/"+a.SKU+"/receipts", "opening-"+a.SKU, map[string]any{"quantity": a.Quantity})
		for service, request := range map[string]*http.Request{event.Order: price, event.Inventory: goods} {
			answer, err := s.doors[service].Do(ctx, request)
			if err != nil {
				return fmt.Errorf("open the shop: %s %s: %w", request.Method, request.URL.Path, err)
			}
			if answer.Status >= 300 {
				return fmt.Errorf("open the shop: %s %s: answered %d %s", request.Method, request.URL.Path, answer.Status, answer.Body)
			}
		}
	}
	return nil
}

// replicaAt returns the container at the other end of a connection.
func (s *shop) replicaAt(ctx context.Context, client net.Addr) (string, error) {
	host, _, err := net.SplitHostPort(client.String())
	if err != nil {
		return "", err
	}
	return s.environment.ContainerAt(ctx, host)
}

// close takes everything away. It works also on a shop that did not open, and when ctx has ended.
func (s *shop) close(logs string) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeMax)
	defer cancel()
	s.pools.close()
	for _, proxy := range s.everyProxy() {
		proxy.Close()
	}
	if s.webServer != nil {
		_ = s.webServer.Close()
	}
	if s.mailServer != nil {
		_ = s.mailServer.Close()
	}
	s.client.CloseIdleConnections()
	if s.environment == nil {
		return nil
	}
	var err error
	if logs != "" {
		err = s.environment.SaveLogs(ctx, logs)
	}
	return errors.Join(err, s.environment.Close())
}

// everyProxy returns the proxies of all services, sorted by service.
func (s *shop) everyProxy() []*wire.Proxy {
	var all []*wire.Proxy
	for _, service := range slices.Sorted(maps.Keys(s.proxies)) {
		all = append(all, s.proxies[service]...)
	}
	return all
}

const closeMax = 2 * time.Minute

// garbage is what the proxies could not understand, in words.
func (s *shop) garbage() []string {
	var all []string
	for _, proxy := range s.everyProxy() {
		for _, err := range proxy.Garbage() {
			all = append(all, err.Error())
		}
	}
	return all
}
