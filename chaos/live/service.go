package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	docker "github.com/ory/dockertest/v3/docker"
)

// service is a service of the run: its replicas share a lock that a Scale takes alone.
type service struct {
	Service
	group  *sync.RWMutex
	wanted int // replicas that should run
}

// readyMax bounds the time from a replica's start to its readiness.
const readyMax = time.Minute

// StartService starts the replicas of a service and returns when all are ready.
func (e *Environment) StartService(ctx context.Context, s Service) error {
	if s.Port == 0 {
		s.Port = 8080
	}
	s.Ready = first(s.Ready, "/readyz")
	started := &service{Service: s, group: new(sync.RWMutex)}
	e.mutex.Lock()
	_, known := e.services[s.Name]
	e.services[s.Name] = started
	e.mutex.Unlock()
	if known {
		return fmt.Errorf("the service %s has been started already", s.Name)
	}
	return e.scale(ctx, started, s.Replicas)
}

// ServiceURLs returns the base URLs, on the loopback, of the replicas that are published now.
func (e *Environment) ServiceURLs(ctx context.Context, name string) ([]string, error) {
	s, err := e.serviceOf(name)
	if err != nil {
		return nil, err
	}
	var urls []string
	for _, c := range e.replicas(s) {
		address, err := e.address(ctx, c, c.port)
		if errors.Is(err, errNotPublished) {
			continue
		}
		if err != nil {
			return nil, err
		}
		urls = append(urls, "http://"+address)
	}
	return urls, nil
}

func (e *Environment) serviceOf(name string) (*service, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if s := e.services[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("there is no service %q; there are %q", name, slices.Sorted(maps.Keys(e.services)))
}

// replicas returns the containers of a service, in the order of their numbers.
func (e *Environment) replicas(s *service) []*container {
	var found []*container
	for _, c := range e.all() {
		if c.group == s.group {
			found = append(found, c)
		}
	}
	return found
}

// scale makes the number of replicas that run n: it starts the missing ones, new or stopped,
// and tells those above n to end. It returns when that is so.
func (e *Environment) scale(ctx context.Context, s *service, n int) error {
	e.mutex.Lock()
	s.wanted = n
	e.mutex.Unlock()
	replicas := e.replicas(s)
	for i := range n {
		if i < len(replicas) {
			if err := e.restore(ctx, replicas[i]); err != nil {
				return err
			}
		} else if err := e.addReplica(ctx, s, i+1); err != nil {
			return err
		}
	}
	for _, c := range replicas[min(n, len(replicas)):] {
		if err := e.stop(ctx, c); err != nil {
			return err
		}
	}
	for _, c := range e.replicas(s)[:n] {
		if err := e.await(ctx, c, readyMax); err != nil {
			return err
		}
	}
	return nil
}

func (e *Environment) addReplica(ctx context.Context, s *service, number int) error {
	c := &container{name: s.Name + "-" + strconv.Itoa(number), port: tcp(s.Port), group: s.group}
	c.ready = func(ctx context.Context) error { return e.pingHTTP(ctx, c, s.Ready) }
	var env []string
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		env = append(env, name+"="+s.Env[name])
	}
	var err error
	c.id, err = e.create(ctx, spec{name: c.name, image: s.Image, env: env, files: s.Files, ports: []docker.Port{c.port}})
	if err == nil {
		e.add(c)
	}
	return err
}

// shouldRun says whether the container is to run, faults apart.
func (e *Environment) shouldRun(c *container) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	for _, s := range e.services {
		if s.group != c.group {
			continue
		}
		for number := range s.wanted {
			if c.name == s.Name+"-"+strconv.Itoa(number+1) {
				return true
			}
		}
		return false
	}
	return true
}

// graceSeconds is how long a container that is told to end may take until it is killed. A
// service ends within 15 s (system/cmd/internal/deploy).
const graceSeconds = 20

// stop tells the container to end and returns when it has. Stopping one that does not run is
// no error.
func (e *Environment) stop(ctx context.Context, c *container) error {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	err := e.engine.client.StopContainerWithContext(c.id, graceSeconds, ctx)
	var not *docker.ContainerNotRunning
	if err == nil || errors.As(err, &not) {
		return nil
	}
	return fmt.Errorf("stop %s: %w", c.name, err)
}
