package live

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	docker "github.com/ory/dockertest/v3/docker"
)

// closeMax bounds the removal of a run's containers, networks and volumes.
const closeMax = 2 * time.Minute

// userName is the user of database and broker. The password is the run's own.
const userName = "squall"

// Environment is a run's containers. Its methods may be called from several goroutines.
type Environment struct {
	config   Config
	engine   engine
	lock     *runLock
	network  *docker.Network
	password string
	listen   string // where proxies of this process listen
	dial     string // under which name containers reach them

	mutex      sync.Mutex
	containers []*container
	services   map[string]*service
	databases  []string
}

// Open finds the local engine, removes what dead runs have left, and creates the run's
// network. Its error matches ErrNotLocal if the engine configured is another machine's, and
// ErrNoEngine if none answers; then nothing was changed.
func Open(ctx context.Context, config Config) (*Environment, error) {
	config = config.complete()
	if config.Name == "" {
		config.Name = strings.ToLower(rand.Text()[:10])
	}
	engine, err := openEngine(ctx)
	if err != nil {
		return nil, err
	}
	config.PostgresImage = engine.atHand(ctx, config.PostgresImage, officialPostgres, builtPostgres)
	config.RabbitMQImage = engine.atHand(ctx, config.RabbitMQImage, officialRabbitMQ, builtRabbitMQ)
	if err := engine.sweep(ctx, config.Progress); err != nil {
		return nil, fmt.Errorf("remove what earlier runs left: %w", err)
	}
	lock, err := newRunLock(config.Name)
	if err != nil {
		return nil, err
	}
	e := &Environment{
		config: config, engine: engine, lock: lock, password: rand.Text(), services: make(map[string]*service),
	}
	if err := e.openNetwork(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// Name returns the run's name, which the label squall carries.
func (e *Environment) Name() string { return e.config.Name }

func (e *Environment) openNetwork(ctx context.Context) error {
	network, err := e.engine.client.CreateNetwork(docker.CreateNetworkOptions{
		Name: "squall-" + e.config.Name, Driver: "bridge", Labels: e.labels(""), CheckDuplicate: true, Context: ctx,
	})
	if err == nil {
		err = bounded(ctx, func() (err error) {
			network, err = e.engine.client.NetworkInfo(network.ID)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("create network: %w", err)
	}
	e.network = network
	e.listen, e.dial = hostAddresses(network)
	return nil
}

// hostAddresses returns where this process listens for containers of the network, and the
// name under which they find it. Where the engine runs on this kernel, both are the
// network's gateway. Where it runs in a virtual machine, the engine forwards a name of its
// own to this machine's loopback.
func hostAddresses(network *docker.Network) (listen, dial string) {
	if len(network.IPAM.Config) > 0 && runtime.GOOS == "linux" {
		gateway := network.IPAM.Config[0].Gateway
		if isLocalAddress(gateway) {
			return gateway, gateway
		}
	}
	return "127.0.0.1", hostName
}

// hostName is what every container can call this machine.
const hostName = "host.docker.internal"

func isLocalAddress(ip string) bool {
	addresses, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(addresses, func(a net.Addr) bool {
		network, ok := a.(*net.IPNet)
		return ok && network.IP.String() == ip
	})
}

// ListenHost returns the IP address at which this process must listen to be reached from the
// containers. It is no address that other machines reach.
func (e *Environment) ListenHost() string { return e.listen }

// DialHost returns the name or address under which containers reach what listens at
// ListenHost.
func (e *Environment) DialHost() string { return e.dial }

// User returns the name and the password of the user of database and broker.
func (e *Environment) User() (name, password string) { return userName, e.password }

// labels returns the labels of something of this run; name is a container's name or empty.
func (e *Environment) labels(name string) map[string]string {
	labels := map[string]string{labelRun: e.config.Name, labelLock: e.lock.path}
	if name != "" {
		labels[labelName] = name
	}
	return labels
}

// Close removes the run's containers, networks and volumes. It takes no context because it
// must work after the caller's has ended; it takes two minutes at most. Its error says what
// is still there: the next Open removes it.
func (e *Environment) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeMax)
	defer cancel()
	err := e.removeAll(ctx)
	return errors.Join(err, e.lock.release())
}

func (e *Environment) removeAll(ctx context.Context) error {
	label := labelRun + "=" + e.config.Name
	all, err := e.engine.list(ctx, label)
	if err != nil {
		return err
	}
	e.config.Progress(fmt.Sprintf("remove %d containers, networks and volumes", len(all)))
	failures := e.engine.remove(ctx, all)
	left, err := e.engine.list(ctx, label)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("still there: %s", strings.Join(names(left), ", "))
	}
	return errors.Join(failures, err)
}

// add makes a container known to the environment.
func (e *Environment) add(c *container) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.containers = append(e.containers, c)
}

// all returns the containers that there are now, in the order of their start.
func (e *Environment) all() []*container {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return slices.Clone(e.containers)
}

// find returns the container with a name: broker, database, order-1. "database order" is
// the database server too if it has a database order, as plans of the simulator call it.
func (e *Environment) find(name string) (*container, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	wanted := name
	if database, ok := strings.CutPrefix(name, databaseName+" "); ok && slices.Contains(e.databases, database) {
		wanted = databaseName
	}
	var known []string
	for _, c := range e.containers {
		if c.name == wanted {
			return c, nil
		}
		known = append(known, c.name)
	}
	return nil, fmt.Errorf("there is no container %q; there are %q", name, known)
}
