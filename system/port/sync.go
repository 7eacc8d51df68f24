package port

import (
	"context"
	"errors"
)

// Lock is a mutual exclusion lock.
type Lock struct{ monitor Monitor }

// NewLock returns an unheld lock.
func NewLock(tasks Tasks) *Lock { return &Lock{tasks.NewMonitor()} }

// Lock blocks until the caller holds the lock or ctx ends; then it returns ctx's
// error and the caller does not hold it.
func (l *Lock) Lock(ctx context.Context) error { return l.monitor.Enter(ctx) }

// Unlock releases the lock, which the caller must hold.
func (l *Lock) Unlock() { l.monitor.Exit() }

// ErrQueueClosed is returned by a closed queue: by Put at once, by Take when the
// queue is empty.
var ErrQueueClosed = errors.New("queue closed")

// Queue is a bounded first-in first-out queue between tasks of one process.
type Queue[T any] struct {
	monitor Monitor
	items   []T
	limit   int
	closed  bool
}

// NewQueue returns an open queue that holds at most limit items; limit is at least 1.
func NewQueue[T any](tasks Tasks, limit int) *Queue[T] {
	return &Queue[T]{monitor: tasks.NewMonitor(), limit: max(limit, 1)}
}

// Put appends item, waiting for room. On an error nothing was appended.
func (q *Queue[T]) Put(ctx context.Context, item T) error {
	if err := q.monitor.Enter(ctx); err != nil {
		return err
	}
	defer q.monitor.Exit()
	for len(q.items) >= q.limit && !q.closed {
		if err := q.monitor.Wait(ctx); err != nil {
			return err
		}
	}
	if q.closed {
		return ErrQueueClosed
	}
	q.items = append(q.items, item)
	q.monitor.Notify()
	return nil
}

// TryPut appends item if there is room and says whether it did.
func (q *Queue[T]) TryPut(ctx context.Context, item T) (bool, error) {
	if err := q.monitor.Enter(ctx); err != nil {
		return false, err
	}
	defer q.monitor.Exit()
	if q.closed {
		return false, ErrQueueClosed
	}
	if len(q.items) >= q.limit {
		return false, nil
	}
	q.items = append(q.items, item)
	q.monitor.Notify()
	return true, nil
}

// Take removes and returns the oldest item, waiting for one. On an error nothing
// was removed.
func (q *Queue[T]) Take(ctx context.Context) (T, error) {
	var none T
	if err := q.monitor.Enter(ctx); err != nil {
		return none, err
	}
	defer q.monitor.Exit()
	for len(q.items) == 0 && !q.closed {
		if err := q.monitor.Wait(ctx); err != nil {
			return none, err
		}
	}
	if len(q.items) == 0 {
		return none, ErrQueueClosed
	}
	item := q.items[0]
	q.items[0] = none
	q.items = q.items[1:]
	q.monitor.Notify()
	return item, nil
}

// Close lets takers drain the queue and refuses further items. Closing twice is
// allowed.
func (q *Queue[T]) Close(ctx context.Context) error {
	if err := q.monitor.Enter(ctx); err != nil {
		return err
	}
	defer q.monitor.Exit()
	q.closed = true
	q.monitor.Notify()
	return nil
}

// Group runs tasks that end together: the first error cancels the context of all.
type Group struct {
	tasks   Tasks
	monitor Monitor
	cancel  context.CancelFunc
	running int
	err     error
}

// NewGroup returns an empty group and the context its tasks share. The group
// cancels that context at the first error and when Wait returns.
func NewGroup(ctx context.Context, runtime Runtime) (*Group, context.Context) {
	shared, cancel := runtime.WithTimeout(ctx, Forever)
	return &Group{tasks: runtime, monitor: runtime.NewMonitor(), cancel: cancel}, shared
}

// Go starts run as a task of the group. Pass the group's context.
func (g *Group) Go(ctx context.Context, name string, run func(context.Context) error) {
	background := context.WithoutCancel(ctx)
	if g.monitor.Enter(background) != nil {
		return
	}
	g.running++
	g.monitor.Exit()
	g.tasks.Go(ctx, name, func(ctx context.Context) {
		g.finish(background, run(ctx))
	})
}

func (g *Group) finish(ctx context.Context, err error) {
	if g.monitor.Enter(ctx) != nil {
		return
	}
	defer g.monitor.Exit()
	g.running--
	if err != nil && g.err == nil {
		g.err = err
		g.cancel()
	}
	g.monitor.Notify()
}

// Wait blocks until every task of the group has ended and returns the first error,
// or until ctx ends and returns its error while tasks may still run. It cancels
// the group's context in both cases.
func (g *Group) Wait(ctx context.Context) error {
	defer g.cancel()
	if err := g.monitor.Enter(ctx); err != nil {
		return err
	}
	defer g.monitor.Exit()
	for g.running > 0 {
		if err := g.monitor.Wait(ctx); err != nil {
			return err
		}
	}
	return g.err
}
