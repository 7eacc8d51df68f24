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

// doubtMax is how long a creation that was given up may go on in the engine unseen.
const doubtMax = 3 * time.Second

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
	inDoubt    bool // a creation was given up: what it makes may be yet to come
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
		e.doubt(ctx)
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
	removing, stop := context.WithTimeout(ctx, closeMax-callMax)
	defer stop()
	failures := e.removeAll(removing)
	return errors.Join(failures, e.nothingLeft(ctx), e.lock.release())
}

// removeAll removes what the run has in the engine until nothing is left or ctx ends: the
// engine may refuse for a while, and finishes creations that nobody waits for any more. What it
// could not remove is for nothingLeft to name; its error says why. An engine that does not
// answer is not asked again.
func (e *Environment) removeAll(ctx context.Context) error {
	var failures error
	quiet, told := time.Now(), 0
	for {
		all, err := e.engine.list(ctx, e.label())
		if err != nil {
			return failures // nothingLeft will say why
		}
		if len(all) == 0 && time.Since(quiet) >= e.patience() {
			return nil
		}
		if len(all) > told {
			e.config.Progress(fmt.Sprintf("remove %d containers, networks and volumes", len(all)))
			told = len(all)
		}
		if len(all) > 0 {
			failures = e.engine.remove(ctx, all)
			quiet = time.Now()
		}
		select {
		case <-ctx.Done():
			return failures
		case <-time.After(pollPause):
		}
	}
}

// nothingLeft returns an error that names what the engine still has of the run.
func (e *Environment) nothingLeft(ctx context.Context) error {
	left, err := e.engine.list(ctx, e.label())
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("still there: %s", strings.Join(names(left), ", "))
	}
	return err
}

// label is the label of everything of this run.
func (e *Environment) label() string { return labelRun + "=" + e.config.Name }

// doubt notes that a creation failed: if because ctx ended, the engine may finish it all the
// same.
func (e *Environment) doubt(ctx context.Context) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.inDoubt = e.inDoubt || ctx.Err() != nil
}

// patience returns how long nothing of the run must be seen until nothing is to come.
func (e *Environment) patience() time.Duration {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.inDoubt {
		return doubtMax
	}
	return 0
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
