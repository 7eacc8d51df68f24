package sim

import (
	"context"
	"slices"
	"time"
)

// simContext is a context whose end is an event. Its Done channel is for code that looks
// at it; tasks that wait are woken by the kernel.
type simContext struct {
	context.Context
	world    *World
	parent   *simContext
	children []*simContext
	waiters  []*Task
	first    [1]*Task // room for the one waiter that there mostly is
	after    []*afterFunc
	deadline time.Duration // of virtual time, negative for none
	wall     time.Time     // the deadline as the node's clock shows it
	timer    *event
	done     chan struct{}
	err      error
}

type afterFunc struct{ run func() }

type contextKey struct{}

// contextOf returns the simContext that ends ctx, or nil if nothing does.
func contextOf(ctx context.Context) *simContext {
	c, _ := ctx.Value(contextKey{}).(*simContext)
	if c == nil || ctx == context.Context(c) || ctx.Done() != nil {
		return c
	}
	return nil // context.WithoutCancel stands in between
}

func (w *World) newContext(parent context.Context, timeout time.Duration, wall time.Time) *simContext {
	c := &simContext{Context: parent, world: w, parent: contextOf(parent), deadline: -1}
	c.waiters = c.first[:0]
	if c.parent != nil {
		c.parent.children = append(c.parent.children, c)
		if c.parent.err != nil {
			c.end(c.parent.err)
			return c
		}
	}
	if timeout <= 0 {
		c.end(context.DeadlineExceeded)
	} else if at := w.now + timeout; timeout < 1<<62 && at > 0 {
		c.deadline, c.wall = at, wall
		c.timer = w.agenda.add(at, nil, nil)
		c.timer.deadline = c
	}
	return c
}

// expire ends the context at its deadline.
func (c *simContext) expire() {
	c.timer = nil
	c.end(context.DeadlineExceeded)
}

// end ends the context and everything below it, once.
func (c *simContext) end(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	if c.timer != nil {
		c.world.agenda.remove(c.timer)
		c.timer = nil
	}
	if c.done != nil {
		close(c.done)
	}
	if c.parent != nil && c.parent.err == nil {
		c.parent.drop(c)
	}
	for _, t := range c.waiters {
		t.wake(err)
	}
	for _, f := range c.after {
		f.run()
	}
	for _, child := range c.children {
		child.end(err)
	}
	c.children, c.after = nil, nil
}

func (c *simContext) drop(child *simContext) {
	if i := slices.Index(c.children, child); i >= 0 {
		c.children = slices.Delete(c.children, i, i+1)
	}
}

func (c *simContext) leave(t *Task) {
	if i := slices.Index(c.waiters, t); i >= 0 {
		c.waiters = slices.Delete(c.waiters, i, i+1)
	}
}

// Deadline returns the end of the context as the node's wall clock showed it when the
// context was made.
func (c *simContext) Deadline() (time.Time, bool) {
	if c.deadline >= 0 {
		return c.wall, true
	}
	return c.Context.Deadline()
}

// Done returns a channel that is closed when the context has ended.
func (c *simContext) Done() <-chan struct{} {
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		}
	}
	return c.done
}

// Err returns why the context has ended, or nil.
func (c *simContext) Err() error { return c.err }

// Value returns the context itself to the kernel, otherwise the parent's value.
func (c *simContext) Value(key any) any {
	if _, ok := key.(contextKey); ok {
		return c
	}
	return c.Context.Value(key)
}

// AfterFunc makes contexts that package context derives from this one end with it,
// without a goroutine of their own (see context.AfterFunc, "afterFuncer").
func (c *simContext) AfterFunc(run func()) (stop func() bool) {
	if c.err != nil {
		run()
		return func() bool { return false }
	}
	f := &afterFunc{run}
	c.after = append(c.after, f)
	return func() bool {
		i := slices.Index(c.after, f)
		if i < 0 {
			return false
		}
		c.after = slices.Delete(c.after, i, i+1)
		return true
	}
}
