package sim

import (
	"context"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/system/port"
)

// Runtime returns the port.Runtime of the node's current life. It must be asked for in
// Boot: the next life has another.
func (n *Node) Runtime() port.Runtime { return &runtimePort{n} }

type runtimePort struct{ node *Node }

func (r *runtimePort) Wall() time.Time {
	r.node.world.local("wall")
	return r.node.Wall()
}

func (r *runtimePort) Elapsed() time.Duration {
	r.node.world.local("elapsed")
	return r.node.world.now - r.node.bootedAt
}

func (r *runtimePort) Sleep(ctx context.Context, d time.Duration) error {
	if !r.node.world.local("sleep") {
		return ErrCrashed
	}
	return r.node.world.Sleep(ctx, d)
}

func (r *runtimePort) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	r.node.world.local("with timeout")
	c := r.node.world.newContext(ctx, d, r.node.Wall().Add(d))
	return c, func() { c.end(context.Canceled) }
}

func (r *runtimePort) Random(ctx context.Context, purpose string) uint64 {
	w := r.node.world
	crossing, err := w.Cross(context.WithoutCancel(ctx), purpose, 0)
	if err != nil {
		return 0
	}
	return crossing.Draw(chaos.PurposeOf(purpose))
}

func (r *runtimePort) Go(ctx context.Context, name string, run func(context.Context)) {
	if !r.node.world.local("go") {
		return
	}
	r.node.Go(ctx, name, run)
}

func (r *runtimePort) NewMonitor() port.Monitor { return &monitor{world: r.node.world} }

// monitor is port.Monitor: the order of entry is first come, first served.
type monitor struct {
	world    *World
	held     bool
	entering []*Task
	waiting  []*Task
}

func (m *monitor) Enter(ctx context.Context) error {
	if !m.world.local("enter") {
		return ErrCrashed
	}
	return m.enter(ctx)
}

func (m *monitor) enter(ctx context.Context) error {
	for m.held {
		t := m.world.current
		m.entering = append(m.entering, t)
		err := m.world.Park(ctx)
		m.entering = without(m.entering, t)
		if err != nil {
			return err
		}
	}
	m.held = true
	return nil
}

func (m *monitor) Exit() {
	if m.world.current.dead {
		return
	}
	m.held = false
	if len(m.entering) > 0 {
		m.entering[0].Wake()
	}
}

func (m *monitor) Wait(ctx context.Context) error {
	if !m.world.local("wait") {
		return ErrCrashed
	}
	m.Exit()
	t := m.world.current
	m.waiting = append(m.waiting, t)
	err := m.world.Park(ctx)
	m.waiting = without(m.waiting, t)
	if again := m.enter(context.WithoutCancel(ctx)); again != nil {
		return again
	}
	return err
}

func (m *monitor) Notify() {
	if m.world.current.dead {
		return
	}
	for _, t := range m.waiting {
		t.Wake()
	}
}

func without(tasks []*Task, t *Task) []*Task {
	for i, other := range tasks {
		if other == t {
			return append(tasks[:i], tasks[i+1:]...)
		}
	}
	return tasks
}
