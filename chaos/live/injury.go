package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	docker "github.com/ory/dockertest/v3/docker"

	"github.com/squallhq/squall/chaos"
)

// injuryOf returns the fault at work on its target, or an error that names what there is not.
func (e *Environment) injuryOf(fault chaos.ContainerFault) (Injury, error) {
	if other := e.config.Other(fault); other != nil {
		return other, nil
	}
	if scale, ok := fault.(chaos.Scale); ok {
		s, err := e.serviceOf(scale.Service)
		return &scaling{environment: e, service: s, to: scale.Replicas}, err
	}
	c, err := e.find(fault.On())
	if err != nil {
		return nil, err
	}
	base := wound{environment: e, target: c}
	switch fault.(type) {
	case chaos.Restart, chaos.KillContainer:
		return &killing{base}, nil
	case chaos.StopContainer:
		return &stopping{base}, nil
	case chaos.RestartContainer:
		return &restarting{base}, nil
	case chaos.PauseContainer:
		return &pausing{base}, nil
	case chaos.CutContainer:
		return &cutting{base}, nil
	case chaos.FillDisk:
		if c.disk == nil {
			return nil, fmt.Errorf("%s has no disk of its own to fill", c.name)
		}
		return &filling{base}, nil
	case chaos.SqueezeMemory:
		return &squeezing{wound: base}, nil
	default:
		return nil, fmt.Errorf("containers know no fault of kind %v", fault.Kind())
	}
}

// wound is what all injuries of one container share.
type wound struct {
	*environment
	target  *container
	before  *docker.Container // as it was before the fault
	address string            // where it was published before the fault
}

type environment = Environment

func (w *wound) Claim() func() {
	w.target.group.RLock()
	w.target.turn.Lock()
	return func() {
		w.target.turn.Unlock()
		w.target.group.RUnlock()
	}
}

// SetUp demands a target that works: a fault of a dead one would prove nothing.
func (w *wound) SetUp(ctx context.Context) error {
	var err error
	if w.before, err = w.engine.inspect(ctx, w.target.id); err != nil {
		return err
	}
	if !w.before.State.Running || w.before.State.Paused {
		return fmt.Errorf("%s does not run: it is %s", w.target.name, w.before.State.Status)
	}
	err = poll(ctx, setUpMax, func(ctx context.Context) error { return w.ping(ctx, w.target) })
	if err != nil {
		return fmt.Errorf("%s is not ready: %w", w.target.name, err)
	}
	w.address, err = w.environment.address(ctx, w.target, w.target.port)
	return err
}

func (w *wound) Recover(ctx context.Context) error { return w.restore(ctx, w.target) }

// ProveRecovery asks the target for what it is there for.
func (w *wound) ProveRecovery(ctx context.Context) (string, error) {
	now, err := w.engine.inspect(ctx, w.target.id)
	if err != nil {
		return "", err
	}
	if !now.State.Running || now.State.Paused || !w.onNetwork(now) || now.HostConfig.Memory != w.memoryLimit() {
		return "", fmt.Errorf("%s is %s", w.target.name, now.State.Status)
	}
	if err := w.ping(ctx, w.target); err != nil {
		return "", err
	}
	process := "the same process"
	if now.State.Pid != w.before.State.Pid {
		process = fmt.Sprintf("a new process (%d after %d)", now.State.Pid, w.before.State.Pid)
	}
	return w.target.name + " is ready, " + process, nil
}

// ended returns how the target's process ended, or an error if it runs.
func (w *wound) ended(ctx context.Context) (docker.State, error) {
	now, err := w.engine.inspect(ctx, w.target.id)
	if err == nil && now.State.Running {
		err = fmt.Errorf("%s runs", w.target.name)
	}
	if err != nil {
		return docker.State{}, err
	}
	return now.State, nil
}

var errAccepts = errors.New("connections are still accepted")

// refused proves that nothing accepts connections where the target was published.
func (w *wound) refused(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", w.address)
	if err == nil {
		_ = conn.Close()
		return "", fmt.Errorf("%s: %w", w.address, errAccepts)
	}
	if ctx.Err() != nil {
		return w.address + " does not answer", nil
	}
	return w.address + " refuses connections", nil
}

// silent proves that the target does not answer within a second.
func (w *wound) silent(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := w.target.ready(ctx); err == nil {
		return fmt.Errorf("%s answers", w.target.name)
	}
	return nil
}
