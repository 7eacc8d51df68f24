package sim

import (
	"context"
	"slices"
	"time"

	"github.com/squallhq/squall/chaos"
)

// Node is a machine with one process: a replica of a service, or a server. It boots,
// crashes and boots again; each life has its own epoch, tasks and connections.
type Node struct {
	Name    string // order-1, broker, database payment
	Service string // what the replicas of a node have in common: order

	// Boot is the process. It runs as the node's first task; ctx ends with the
	// node. When it returns the process has exited, and is started again after
	// ExitDelay.
	Boot func(ctx context.Context)

	// Crashed, if set, is told when the node goes down: servers drop their state here.
	Crashed func(kind chaos.Kind)

	// ClockOffset is what the node's wall clock shows beyond the world's.
	ClockOffset time.Duration

	world    *World
	up       bool
	epoch    int
	bootedAt time.Duration
	tasks    []*Task
	conns    []*Conn
	root     *simContext
	boots    int
}

// ExitDelay is how long a process that exited by itself stays down.
const ExitDelay = time.Second

// AddNode adds a node that is down. Set its fields, then Start it.
func (w *World) AddNode(name, service string) *Node {
	n := &Node{Name: name, Service: service, world: w}
	w.nodes = append(w.nodes, n)
	return n
}

// Nodes returns all nodes in the order in which they were added.
func (w *World) Nodes() []*Node { return w.nodes }

// World returns the node's world.
func (n *Node) World() *World { return n.world }

// Up says whether the node is running.
func (n *Node) Up() bool { return n.up }

// Boots counts how often the node has booted.
func (n *Node) Boots() int { return n.boots }

// Epoch identifies the current life of the node.
func (n *Node) Epoch() int { return n.epoch }

// Wall returns what the node's wall clock shows.
func (n *Node) Wall() time.Time { return epoch.Add(n.world.now + n.ClockOffset) }

// Start boots a node that is down.
func (n *Node) Start() {
	if n.up {
		return
	}
	n.up = true
	n.epoch++
	n.boots++
	n.bootedAt = n.world.now
	n.root = n.world.newContext(context.Background(), 1<<63-1, time.Time{})
	n.world.note("boot", n.Name)
	if n.Boot == nil {
		return
	}
	lifetime := n.epoch
	n.Go(n.root, "main", func(ctx context.Context) {
		n.Boot(ctx)
		n.exited(lifetime)
	})
}

// exited handles the end of a process that was not crashed from outside.
func (n *Node) exited(lifetime int) {
	n.world.After(0, func() {
		if n.up && n.epoch == lifetime {
			n.Crash(chaos.KindKill, ExitDelay)
		}
	})
}

// Context is the context of the node's present life; the next boot has another.
func (n *Node) Context() context.Context { return n.root }

// Go starts run as a task of the node under ctx.
func (n *Node) Go(ctx context.Context, name string, run func(context.Context)) *Task {
	return n.world.spawn(n, name, func() { run(ctx) })
}

// Crash ends the node's life and boots it again after down. With KindKill the operating
// system closes its connections; with KindLoseMachine nobody is told. Called by a task of
// the node itself it does not return.
func (n *Node) Crash(kind chaos.Kind, down time.Duration) {
	if !n.up {
		return
	}
	n.up = false
	n.epoch++
	n.world.note(kind.String(), n.Name)
	for _, t := range n.tasks {
		t.dead = true
		if t != n.world.current {
			n.world.doomed = append(n.world.doomed, t)
		}
	}
	for _, c := range slices.Clone(n.conns) {
		c.endCrashed(n, kind)
	}
	n.conns = nil
	if n.Crashed != nil {
		n.Crashed(kind)
	}
	n.world.After(down, n.Start)
	if t := n.world.current; t != nil && t.node == n && !t.ending {
		t.yield()
	}
}

func (n *Node) forget(t *Task) {
	if i := slices.Index(n.tasks, t); i >= 0 {
		last := len(n.tasks) - 1
		n.tasks[i] = n.tasks[last]
		n.tasks[last] = nil
		n.tasks = n.tasks[:last]
	}
}

// note puts an event without a task into the trace.
func (w *World) note(what, who string) {
	w.trace.Begin(w.now, what)
	w.trace.String(who)
}
