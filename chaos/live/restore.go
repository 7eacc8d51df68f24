package live

import (
	"context"
	"errors"
	"fmt"

	docker "github.com/ory/dockertest/v3/docker"
)

// restore brings a container to the state that it should have, whatever was done to it: not
// paused, with space on its disk, its memory and its network, and running. It does not wait
// until the container is ready.
func (e *Environment) restore(ctx context.Context, c *container) error {
	if c.disk != nil {
		if err := e.free(ctx, c.disk); err != nil {
			return fmt.Errorf("free the disk of %s: %w", c.name, err)
		}
	}
	state, err := e.engine.inspect(ctx, c.id)
	if err != nil {
		return fmt.Errorf("restore %s: %w", c.name, err)
	}
	for _, step := range []func(context.Context, *container, *docker.Container) error{
		e.unpause, e.restoreMemory, e.reconnect, e.startAgain,
	} {
		if err := step(ctx, c, state); err != nil {
			return fmt.Errorf("restore %s: %w", c.name, err)
		}
	}
	return nil
}

// Restore brings every container to the state that it should have, and returns when all are
// ready.
func (e *Environment) Restore(ctx context.Context) error {
	for _, c := range e.all() {
		if !e.shouldRun(c) {
			continue
		}
		if err := e.restore(ctx, c); err != nil {
			return err
		}
	}
	for _, c := range e.all() {
		if !e.shouldRun(c) {
			continue
		}
		if err := e.await(ctx, c, startMax); err != nil {
			return err
		}
	}
	return nil
}

func (e *Environment) unpause(ctx context.Context, c *container, state *docker.Container) error {
	if !state.State.Paused {
		return nil
	}
	return bounded(ctx, func() error { return e.engine.client.UnpauseContainer(c.id) })
}

func (e *Environment) memoryLimit() int64 { return int64(e.config.MemoryMiB) << 20 }

func (e *Environment) restoreMemory(ctx context.Context, c *container, state *docker.Container) error {
	if state.HostConfig.Memory == e.memoryLimit() {
		return nil
	}
	return e.limitMemory(ctx, c, e.memoryLimit())
}

func (e *Environment) limitMemory(ctx context.Context, c *container, limit int64) error {
	return bounded(ctx, func() error {
		return e.engine.client.UpdateContainer(c.id, docker.UpdateContainerOptions{Memory: int(limit), MemorySwap: int(limit)})
	})
}

// onNetwork says whether a container is on the run's network.
func (e *Environment) onNetwork(state *docker.Container) bool {
	if state.NetworkSettings == nil {
		return false
	}
	_, on := state.NetworkSettings.Networks[e.network.Name]
	return on
}

func (e *Environment) reconnect(ctx context.Context, c *container, state *docker.Container) error {
	if e.onNetwork(state) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	return e.engine.client.ConnectNetwork(e.network.ID, docker.NetworkConnectionOptions{
		Container: c.id, EndpointConfig: &docker.EndpointConfig{Aliases: []string{c.name}}, Context: ctx,
	})
}

func (e *Environment) startAgain(ctx context.Context, c *container, state *docker.Container) error {
	if state.State.Running || !e.shouldRun(c) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	err := e.engine.client.StartContainerWithContext(c.id, nil, ctx)
	if _, already := errors.AsType[*docker.ContainerAlreadyRunning](err); already {
		return nil
	}
	return err
}
