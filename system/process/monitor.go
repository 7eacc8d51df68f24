package process

import (
	"context"

	"github.com/squallhq/squall/system/port"
)

// NewMonitor returns an unheld monitor.
func (p *Process) NewMonitor() port.Monitor {
	return &monitor{held: make(chan struct{}, 1), woken: make(chan struct{})}
}

// monitor is port.Monitor. Whoever has put a token into held holds it. woken is
// replaced under the monitor, so a waiter that reads it before giving the monitor up
// misses no Notify.
type monitor struct {
	held  chan struct{}
	woken chan struct{}
}

func (m *monitor) Enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case m.held <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *monitor) Exit() {
	select {
	case <-m.held:
	default:
		panic("process: Exit of a monitor that is not held")
	}
}

func (m *monitor) Wait(ctx context.Context) error {
	woken := m.woken
	m.Exit()
	err := awaitEither(ctx, woken)
	m.held <- struct{}{}
	return err
}

func awaitEither(ctx context.Context, woken <-chan struct{}) error {
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *monitor) Notify() {
	close(m.woken)
	m.woken = make(chan struct{})
}
