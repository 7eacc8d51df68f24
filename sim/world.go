package sim

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/squallhq/squall/chaos"
)

// Epoch is the wall clock time at which every world begins.
var epoch = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

// Options are what a world needs besides its seed.
type Options struct {
	Storm     Storm         // decides which crossings fail; nil for calm
	KeepTrace bool          // keep the trace as text too
	Pool      *Pool         // coroutines to share with the worlds before and after; nil for none
	Limit     time.Duration // of virtual time, after which Run gives up; 0 for one hour
	// CheckTasks looks at every port call whether a task makes it, which costs a
	// microsecond each time. Without it only calls between two tasks are noticed.
	CheckTasks bool
	// Stuck ends the program with a report of what cannot be undone: a task that never
	// calls a port, or a port call by a goroutine that is no task.
	Stuck func(report string)
}

// World is one simulated run. It belongs to one goroutine.
type World struct {
	seed     uint64
	options  Options
	now      time.Duration
	agenda   agenda
	current  *Task
	doomed   []*Task
	nodes    []*Node
	attempts map[uint64]int
	trace    *Trace
	pool     *Pool
	storm    Storm
	stopped  bool
	err      error

	steps        int
	stepsInstant int
	fired        []chaos.Fault
	marks        map[string]int
	progress     atomic.Uint64
}

// NewWorld returns an empty world at virtual time 0.
func NewWorld(seed uint64, options Options) *World {
	pool := options.Pool
	if pool == nil {
		pool = new(Pool)
	}
	if options.Limit == 0 {
		options.Limit = time.Hour
	}
	return &World{
		seed: seed, options: options, pool: pool, storm: options.Storm,
		attempts: make(map[uint64]int, 1024),
		trace:    newTrace(options.KeepTrace),
		marks:    make(map[string]int),
	}
}

// Seed returns the seed.
func (w *World) Seed() uint64 { return w.seed }

// Now returns the virtual time since the start of the world.
func (w *World) Now() time.Duration { return w.now }

// Trace returns the world's trace.
func (w *World) Trace() *Trace { return w.trace }

// Steps counts the port calls so far.
func (w *World) Steps() int { return w.steps }

// Fired returns the faults that struck, in order.
func (w *World) Fired() []chaos.Fault { return w.fired }

// Mark notes that something worth reaching was reached.
func (w *World) Mark(name string) { w.marks[name]++ }

// Marks returns how often each mark was reached.
func (w *World) Marks() map[string]int { return w.marks }

// Draw returns random bits for a purpose that depend only on the seed and key.
func (w *World) Draw(purpose chaos.Purpose, key uint64) uint64 {
	return chaos.Draw(w.seed, purpose, key)
}

// After calls run at a time d from now, outside any task. It must not block.
func (w *World) After(d time.Duration, run func()) Timer {
	return Timer{w, w.agenda.add(w.now+max(d, 0), nil, run)}
}

// Timer is a call to come.
type Timer struct {
	world *World
	event *event
}

// Stop prevents the call. The timer must not be stopped after the call has happened,
// nor twice.
func (t Timer) Stop() { t.world.agenda.remove(t.event) }

// Fail ends the world with an error that is not a verdict: a broken promise of the
// simulator or of the code in it. The first one counts.
func (w *World) Fail(err error) {
	if w.err == nil {
		w.err = err
	}
	w.stopped = true
}

// Stop ends the world in order.
func (w *World) Stop() { w.stopped = true }

// ErrLimit is returned by Run when the world had not stopped by its limit.
var ErrLimit = errors.New("the world did not come to an end within its limit of virtual time")

// Run lets the world happen until Stop, Fail, its limit, or until nothing is left to
// happen. It returns Fail's error or ErrLimit. Afterwards all tasks have ended.
func (w *World) Run() error {
	defer w.tearDown()
	stop := w.watch()
	defer stop()
	for !w.stopped && len(w.agenda.heap) > 0 {
		w.step()
		if w.now > w.options.Limit {
			w.Fail(ErrLimit)
		}
	}
	return w.err
}

func (w *World) step() {
	e := w.agenda.pop()
	if e.at > w.now {
		w.now = e.at
		w.stepsInstant = 0
	}
	w.progress.Add(1)
	now := *e
	w.agenda.recycle(e)
	switch {
	case now.task != nil:
		w.trace.Begin(w.now, "run")
		w.trace.String(now.task.node.Name)
		w.trace.String(now.task.name)
		w.resume(now.task)
	case now.deadline != nil:
		now.deadline.expire()
	case now.conn == nil || now.conn.receives(now.direction):
		now.run()
	}
	w.bury()
}

// bury ends the tasks of crashed nodes. Their deferred calls may doom more.
func (w *World) bury() {
	for len(w.doomed) > 0 {
		t := w.doomed[0]
		w.doomed = w.doomed[1:]
		w.destroy(t)
	}
}

func (w *World) tearDown() {
	for _, n := range w.nodes {
		for len(n.tasks) > 0 {
			w.destroy(n.tasks[len(n.tasks)-1])
		}
	}
	w.agenda = agenda{}
}

const (
	spinLimit = 200_000 // port calls at one virtual instant
	stuckWall = 10 * time.Second
)

// count counts a port call, and ends a world that spins.
func (w *World) count(t *Task) {
	w.steps++
	if w.stepsInstant++; w.stepsInstant > spinLimit {
		w.Fail(fmt.Errorf("task %s of %s spins: %d port calls at the instant %v", t.name, t.node.Name, spinLimit, w.now))
		t.yield()
	}
}

// watch reports a task that has not called a port for stuckWall of real time. The real
// clock has no influence on the run: a stuck task ends the program.
func (w *World) watch() (stop func()) {
	if w.options.Stuck == nil {
		return func() {}
	}
	seen := w.progress.Load()
	var timer *time.Timer
	timer = time.AfterFunc(stuckWall, func() {
		if now := w.progress.Load(); now != seen {
			seen = now
			timer.Reset(stuckWall)
			return
		}
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		w.options.Stuck(fmt.Sprintf("seed 0x%016x: a task made no port call for %v of real time\n%s", w.seed, stuckWall, stacks))
	})
	return func() { timer.Stop() }
}
