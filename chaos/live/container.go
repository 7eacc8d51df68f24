package live

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	docker "github.com/ory/dockertest/v3/docker"
)

// container is a container of the run, and the state that it should have.
type container struct {
	name string
	id   string
	port docker.Port // the one published that readiness asks

	// ready asks whether the container does its work. An error says why not.
	ready func(ctx context.Context) error

	// disk is the volume with the server's data, or nil.
	disk *disk

	group *sync.RWMutex // held for reading by faults of one of a service's containers
	turn  sync.Mutex    // held by the fault that the container suffers
}

// spec says how a container is to be created.
type spec struct {
	name    string
	image   string
	env     []string
	command []string
	ports   []docker.Port
	binds   []string
	files   map[string]string // contents, by absolute path
	entry   []string
	user    string
}

// create creates and starts a container. It uses the engine's client rather than dockertest's
// RunWithOptions, which publishes every port on all interfaces, replaces the image's stop
// signal and gives no name on the network. A container that cannot be started is removed,
// so that its name can be given again.
func (e *Environment) create(ctx context.Context, s spec) (string, error) {
	if err := e.engine.ensureImage(ctx, s.image, e.config.Progress); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, closeMax)
	defer cancel()
	created, err := e.engine.client.CreateContainer(e.options(ctx, s))
	if err != nil {
		e.doubt(ctx)
		return "", fmt.Errorf("create container %s: %w", s.name, err)
	}
	if err := e.start(ctx, created.ID, s); err != nil {
		return "", errors.Join(err, e.discard(ctx, created.ID, s))
	}
	return created.ID, nil
}

// start starts a container that has been created.
func (e *Environment) start(ctx context.Context, id string, s spec) error {
	if err := e.engine.putFiles(ctx, id, s.files); err != nil {
		return fmt.Errorf("files of container %s: %w", s.name, err)
	}
	if err := e.engine.client.StartContainerWithContext(id, nil, ctx); err != nil {
		return fmt.Errorf("start container %s: %w", s.name, err)
	}
	return nil
}

// discard removes a container that could not be started, also when the caller has given up.
func (e *Environment) discard(ctx context.Context, id string, s spec) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callMax)
	defer cancel()
	return e.engine.remove(ctx, []leftover{{what: "container", name: s.name, id: id}})
}

// options are what the engine is told about a container to be created.
func (e *Environment) options(ctx context.Context, s spec) docker.CreateContainerOptions {
	exposed := make(map[docker.Port]struct{})
	published := make(map[docker.Port][]docker.PortBinding)
	for _, port := range s.ports {
		exposed[port] = struct{}{}
		published[port] = []docker.PortBinding{{HostIP: "127.0.0.1"}}
	}
	memory := int64(e.config.MemoryMiB) << 20
	return docker.CreateContainerOptions{
		Name: "squall-" + e.config.Name + "-" + s.name,
		Config: &docker.Config{
			Image: s.image, Hostname: s.name, Env: s.env, Cmd: s.command, Entrypoint: s.entry, User: s.user,
			ExposedPorts: exposed, Labels: e.labels(s.name),
			// The image's own check would run inside faults and answer to nobody.
			Healthcheck: &docker.HealthConfig{Test: []string{"NONE"}},
		},
		HostConfig: &docker.HostConfig{
			PortBindings: published, Binds: s.binds, ExtraHosts: e.extraHosts(),
			Memory: memory, MemorySwap: memory, ShmSize: 128 << 20,
		},
		NetworkingConfig: &docker.NetworkingConfig{
			EndpointsConfig: map[string]*docker.EndpointConfig{e.network.Name: {Aliases: []string{s.name}}},
		},
		Context: ctx,
	}
}

func (e *Environment) extraHosts() []string {
	if e.dial == hostName {
		return []string{hostName + ":host-gateway"}
	}
	return nil
}

// errNotPublished means that a container has no published port now: it is down or off its
// network.
var errNotPublished = errors.New("publishes no port now")

// address returns where on the loopback a container's port is published now.
func (e *Environment) address(ctx context.Context, c *container, port docker.Port) (string, error) {
	state, err := e.engine.inspect(ctx, c.id)
	if err != nil {
		return "", fmt.Errorf("%s: %w", c.name, err)
	}
	if state.NetworkSettings != nil {
		for _, binding := range state.NetworkSettings.Ports[port] {
			if binding.HostPort != "" {
				return net.JoinHostPort(binding.HostIP, binding.HostPort), nil
			}
		}
	}
	return "", fmt.Errorf("%s: %w", c.name, errNotPublished)
}

func tcp(port int) docker.Port { return docker.Port(strconv.Itoa(port) + "/tcp") }

// putFiles writes files into a container that has not been started, with the folders that they
// need. Everybody in it may read them: its user has no name there.
func (e engine) putFiles(ctx context.Context, id string, files map[string]string) error {
	if len(files) == 0 {
		return nil
	}
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{Name: strings.TrimPrefix(name, "/"), Mode: 0o444, Size: int64(len(files[name])), Typeflag: tar.TypeReg}
		if err := writer.WriteHeader(header); err != nil {
			return err
		}
		if _, err := writer.Write([]byte(files[name])); err != nil {
			return err
		}
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return e.client.UploadToContainer(id, docker.UploadToContainerOptions{InputStream: &archive, Path: "/", Context: ctx})
}

// ContainerAt returns the name of the container that has an address on the run's network now.
func (e *Environment) ContainerAt(ctx context.Context, ip string) (string, error) {
	for _, c := range e.all() {
		state, err := e.engine.inspect(ctx, c.id)
		if err != nil {
			return "", fmt.Errorf("%s: %w", c.name, err)
		}
		if state.NetworkSettings != nil && state.NetworkSettings.Networks[e.network.Name].IPAddress == ip {
			return c.name, nil
		}
	}
	return "", fmt.Errorf("no container has the address %s", ip)
}
