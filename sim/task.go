package sim

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/squallhq/squall/system/port"
)

// ErrCrashed is what every port answers to a task whose node has crashed: only
// deferred calls of a dying task see it. Nothing was done.
var ErrCrashed = errors.New("the node has crashed")

// Task is a coroutine of a node.
type Task struct {
	world  *World
	node   *Node
	epoch  int
	name   string
	co     *coroutine
	due    *event // the pending resumption, if any
	parked bool
	begun  bool // the job has started to run
	asleep bool // due is the end of a sleep and not yet a wake-up
	dead   bool
	ending bool    // deferred calls run
	err    error   // what Park will return
	op     port.Op // of the last call that had one
	ghosts int
}

// Node returns the node that the task runs on.
func (t *Task) Node() *Node { return t.node }

// Name returns the task's name.
func (t *Task) Name() string { return t.name }

// Current returns the task that runs now, or nil in an event.
func (w *World) Current() *Task { return w.current }

// Park blocks the current task until Wake, returning nil, or until ctx ends, returning
// its error. If the node crashes meanwhile it does not return.
func (w *World) Park(ctx context.Context) error {
	t := w.task()
	if t.dead {
		return t.ghost()
	}
	return t.park(ctx)
}

// Sleep lets d of virtual time pass, or ends with ctx and returns its error.
func (w *World) Sleep(ctx context.Context, d time.Duration) error {
	t := w.task()
	if t.dead {
		return t.ghost()
	}
	if ended := contextOf(ctx); ended != nil && ended.err != nil {
		return ended.err
	}
	t.due, t.asleep = w.agenda.add(w.now+max(d, 0), t, nil), true
	return t.park(ctx)
}

// task returns the current task. A port that is called by anybody else, such as a goroutine
// that service code has started, ends the program: the world is no longer deterministic, and
// the caller cannot be stopped.
func (w *World) task() *Task {
	t := w.current
	if t == nil {
		w.outsider()
		return t
	}
	// A goroutine that is no task may come at any moment, also when the task has just ended.
	if co := t.co; co == nil || w.options.CheckTasks && co.goroutine != goroutine() {
		w.outsider()
	}
	return t
}

func (w *World) outsider() {
	report := fmt.Sprintf("seed 0x%016x: a port was called by a goroutine that is no task, after step %d, at %v\n%s",
		w.seed, w.steps, w.now, debug.Stack())
	if w.options.Stuck == nil {
		panic("sim: " + report)
	}
	w.options.Stuck(report)
}

// goroutine returns the number of the calling goroutine. It takes about a microsecond.
func goroutine() uint64 {
	var buffer [32]byte
	text := buffer[:runtime.Stack(buffer[:], false)]
	var n uint64
	for _, c := range text[len("goroutine "):] {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}

func (t *Task) park(ctx context.Context) error {
	waiting := contextOf(ctx)
	if waiting != nil {
		if waiting.err != nil {
			return waiting.err
		}
		waiting.waiters = append(waiting.waiters, t)
	}
	t.yield()
	if waiting != nil {
		waiting.leave(t)
	}
	err := t.err
	t.err = nil
	return err
}

// yield gives control to the kernel and returns when the task is resumed.
func (t *Task) yield() {
	t.parked = true
	if !t.co.yield(struct{}{}) || t.dead {
		t.dead = true
		runtime.Goexit()
	}
}

// Wake makes a parked task ready at the current instant. Waking a task that is not
// parked, or was woken already, does nothing.
func (t *Task) Wake() { t.wake(nil) }

func (t *Task) wake(err error) {
	if !t.parked || t.dead || t.due != nil && !t.asleep {
		return
	}
	if t.asleep {
		t.world.agenda.remove(t.due)
		t.asleep = false
	}
	t.err = err
	t.due = t.world.agenda.add(t.world.now, t, nil)
}

// ghost answers a port call of a task whose node is gone.
func (t *Task) ghost() error {
	if t.ghosts++; t.ghosts > 10_000 {
		t.world.Fail(fmt.Errorf("task %s of %s keeps calling ports after its node crashed", t.name, t.node.Name))
		runtime.Goexit()
	}
	return ErrCrashed
}

// spawn starts run as a task of node at the current instant.
func (w *World) spawn(node *Node, name string, run func()) *Task {
	t := &Task{world: w, node: node, epoch: node.epoch, name: name, parked: true}
	t.op = port.Op{Name: name}
	t.co = w.pool.take(w.options.CheckTasks)
	t.co.job = func() { t.top(run) }
	node.tasks = append(node.tasks, t)
	t.due = w.agenda.add(w.now, t, nil)
	return t
}

// top is the bottom of a task's stack: a panic is caught here.
func (t *Task) top(run func()) {
	defer func() {
		if cause := recover(); cause != nil {
			t.world.Fail(&PanicError{Node: t.node.Name, Task: t.name, Cause: cause, Stack: string(debug.Stack())})
		}
	}()
	run()
}

// PanicError is a panic in a task. It fails the world.
type PanicError struct {
	Node, Task string
	Cause      any
	Stack      string
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("panic in task %s of %s: %v\n%s", e.Task, e.Node, e.Cause, e.Stack)
}

// resume runs a task until it yields or ends.
func (w *World) resume(t *Task) {
	t.due, t.asleep, t.parked, t.begun = nil, false, false, true
	w.current = t
	t.co.next()
	w.current = nil
	if t.co.job == nil {
		t.node.forget(t)
		w.pool.give(t.co)
		t.co = nil
		return
	}
	if t.dead {
		w.destroy(t)
	}
}

// destroy ends a parked task: its deferred calls run, its port calls do nothing.
func (w *World) destroy(t *Task) {
	if t.co == nil {
		return
	}
	if t.due != nil {
		w.agenda.remove(t.due)
		t.due = nil
	}
	t.dead, t.ending = true, true
	if t.begun {
		before := w.current
		w.current = t
		t.co.destroy()
		w.current = before
	} else {
		t.co.job = nil
		w.pool.give(t.co)
	}
	t.co = nil
	t.node.forget(t)
}

// coroutine runs one job after another. It is an iterator that is pulled.
type coroutine struct {
	next      func() (struct{}, bool)
	yield     func(struct{}) bool
	job       func()
	goroutine uint64 // that it runs on, if that is to be checked
}

func newCoroutine(checked bool) *coroutine {
	c := new(coroutine)
	c.next, _ = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		if checked {
			c.goroutine = goroutine()
		}
		growStack(0)
		for {
			c.job()
			c.job = nil
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return c
}

// growStack makes room for a handler's calls at once. Growing step by step would copy, and
// adjust, ever deeper stacks: two parts in a hundred of a run.
//
//go:noinline
func growStack(i int) byte {
	var room [9 << 10]byte
	return room[i]
}

// destroy resumes a coroutine whose task will call Goexit, which iter.Pull passes on to
// the goroutine that pulls: so one is spent on it.
func (c *coroutine) destroy() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.next()
	}()
	<-done
}

// Pool keeps coroutines that have no task, so that worlds run one after another can
// share them. It belongs to one goroutine.
type Pool struct{ idle []*coroutine }

// take returns an idle coroutine or a new one; checked says whether its goroutine must be known.
func (p *Pool) take(checked bool) *coroutine {
	if n := len(p.idle); n > 0 && (!checked || p.idle[n-1].goroutine != 0) {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return c
	}
	return newCoroutine(checked)
}

func (p *Pool) give(c *coroutine) { p.idle = append(p.idle, c) }
