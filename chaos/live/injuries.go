package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	docker "github.com/ory/dockertest/v3/docker"
)

// killedCode is the exit code of a process that SIGKILL ended: 128 and the signal's number.
const killedCode = 137

// killing is KillContainer, and Restart of a server: in the simulator it ends without warning
// too.
type killing struct{ wound }

func (k *killing) Inject(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	return k.engine.client.KillContainer(docker.KillContainerOptions{ID: k.target.id, Signal: docker.SIGKILL, Context: ctx})
}

func (k *killing) ProveBite(ctx context.Context) (string, error) {
	state, err := k.ended(ctx)
	if err != nil {
		return "", err
	}
	if state.ExitCode != killedCode {
		return "", fmt.Errorf("%s ended with exit code %d, not by SIGKILL", k.target.name, state.ExitCode)
	}
	refused, err := k.refused(ctx)
	return fmt.Sprintf("process %d is gone (exit code %d), %s", k.before.State.Pid, state.ExitCode, refused), err
}

// stopping is StopContainer.
type stopping struct{ wound }

func (s *stopping) Inject(ctx context.Context) error { return s.stop(ctx, s.target) }

func (s *stopping) ProveBite(ctx context.Context) (string, error) {
	state, err := s.ended(ctx)
	if err != nil {
		return "", err
	}
	if state.ExitCode == killedCode {
		return "", fmt.Errorf("%s did not end by itself in %d s and was killed", s.target.name, graceSeconds)
	}
	refused, err := s.refused(ctx)
	return fmt.Sprintf("process %d ended by itself (exit code %d), %s", s.before.State.Pid, state.ExitCode, refused), err
}

// restarting is RestartContainer.
type restarting struct{ wound }

func (r *restarting) Inject(ctx context.Context) error {
	return bounded(ctx, func() error { return r.engine.client.RestartContainer(r.target.id, graceSeconds) })
}

func (r *restarting) ProveBite(ctx context.Context) (string, error) {
	now, err := r.engine.inspect(ctx, r.target.id)
	if err != nil {
		return "", err
	}
	if !now.State.StartedAt.After(r.before.State.StartedAt) {
		return "", fmt.Errorf("%s has not been started again", r.target.name)
	}
	return fmt.Sprintf("process %d is gone, started again %v after it had ended",
		r.before.State.Pid, now.State.StartedAt.Sub(now.State.FinishedAt).Round(time.Millisecond)), nil
}

// pausing is PauseContainer.
type pausing struct{ wound }

// Inject tries for a while: on a busy machine the kernel may not get hold of a process that
// waits for its disk, and the engine gives up soon.
func (p *pausing) Inject(ctx context.Context) error {
	return poll(ctx, biteMax, func(ctx context.Context) error {
		now, err := p.engine.inspect(ctx, p.target.id)
		if err != nil || now.State.Paused || !now.State.Running {
			return err // if it has ended, the proof will say so
		}
		return bounded(ctx, func() error { return p.engine.client.PauseContainer(p.target.id) })
	})
}

func (p *pausing) ProveBite(ctx context.Context) (string, error) {
	now, err := p.engine.inspect(ctx, p.target.id)
	if err != nil {
		return "", err
	}
	if !now.State.Paused {
		return "", fmt.Errorf("%s is not paused", p.target.name)
	}
	if err := p.silent(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("process %d is frozen, asked at %s it does not answer within a second", p.before.State.Pid, p.address), nil
}

// cutting is CutContainer.
type cutting struct{ wound }

func (c *cutting) Inject(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	return c.engine.client.DisconnectNetwork(c.network.ID, docker.NetworkConnectionOptions{Container: c.target.id, Force: true, Context: ctx})
}

func (c *cutting) ProveBite(ctx context.Context) (string, error) {
	now, err := c.engine.inspect(ctx, c.target.id)
	if err != nil {
		return "", err
	}
	if c.onNetwork(now) || len(now.NetworkSettings.Networks) > 0 {
		return "", fmt.Errorf("%s is still on a network", c.target.name)
	}
	refused, err := c.refused(ctx)
	return fmt.Sprintf("process %d is on no network, %s", now.State.Pid, refused), err
}

// filling is FillDisk.
type filling struct{ wound }

func (f *filling) Inject(ctx context.Context) error { return f.fill(ctx, f.target.disk) }

// ProveBite writes where the server writes. What the server has freed meanwhile is filled too.
func (f *filling) ProveBite(ctx context.Context) (string, error) {
	proof, err := f.tryWriting(ctx)
	if errors.Is(err, errNotFull) {
		err = errors.Join(err, f.fill(ctx, f.target.disk))
	}
	return proof, err
}

// tryWriting writes in the server's container; if that has ended because of it, beside it.
func (f *filling) tryWriting(ctx context.Context) (string, error) {
	now, err := f.engine.inspect(ctx, f.target.id)
	if err != nil {
		return "", err
	}
	if now.State.Running {
		return f.proveFull(ctx, f.target.id)
	}
	proof, err := f.proveFull(ctx, f.target.disk.keeper)
	return fmt.Sprintf("%s ended with exit code %d, %s", f.target.name, now.State.ExitCode, proof), err
}

func (f *filling) ProveRecovery(ctx context.Context) (string, error) {
	if _, err := f.proveFull(ctx, f.target.disk.keeper); !errors.Is(err, errNotFull) {
		return "", errors.Join(errors.New("the disk is still full"), err)
	}
	ready, err := f.wound.ProveRecovery(ctx)
	return "the disk takes data, " + ready, err
}

// scaling is Scale.
type scaling struct {
	*environment
	service *service
	to      int
	before  int
}

func (s *scaling) Claim() func() {
	s.service.group.Lock()
	return s.service.group.Unlock
}

func (s *scaling) SetUp(ctx context.Context) error {
	s.environment.mutex.Lock()
	s.before = s.service.wanted
	s.environment.mutex.Unlock()
	if s.to == s.before {
		return fmt.Errorf("%s has %d replicas already", s.service.Name, s.to)
	}
	return poll(ctx, setUpMax, func(ctx context.Context) error {
		_, err := s.prove(ctx, s.before)
		return err
	})
}

func (s *scaling) Inject(ctx context.Context) error { return s.scale(ctx, s.service, s.to) }

func (s *scaling) Recover(ctx context.Context) error { return s.scale(ctx, s.service, s.before) }

func (s *scaling) ProveBite(ctx context.Context) (string, error) { return s.prove(ctx, s.to) }

func (s *scaling) ProveRecovery(ctx context.Context) (string, error) { return s.prove(ctx, s.before) }

// prove proves that exactly the first n replicas run and are ready.
func (s *scaling) prove(ctx context.Context, n int) (string, error) {
	var running []string
	for i, c := range s.replicas(s.service) {
		state, err := s.engine.inspect(ctx, c.id)
		if err != nil {
			return "", err
		}
		if state.State.Running != (i < n) {
			return "", fmt.Errorf("%s is %s", c.name, state.State.Status)
		}
		if !state.State.Running {
			continue
		}
		if err := s.ping(ctx, c); err != nil {
			return "", fmt.Errorf("%s is not ready: %w", c.name, err)
		}
		running = append(running, c.name)
	}
	if len(running) != n {
		return "", fmt.Errorf("%d replicas of %s run, not %d", len(running), s.service.Name, n)
	}
	if n == 0 {
		return "no replica runs", nil
	}
	slices.Sort(running)
	return fmt.Sprintf("%q run and are ready, no other", running), nil
}
