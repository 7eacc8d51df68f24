package sim

import (
	"context"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/system/port"
)

// Crossing is one passage over a boundary, and what the storm has decided about it.
type Crossing struct {
	// Fault is the fate that whoever carries the crossing out must bring about:
	// NoFault or one of those it allowed, never a crash.
	Fault chaos.Kind
	// By is how much later than otherwise the crossing happens.
	By time.Duration

	world *World
	where string
	what  string
	op    port.Op
	n     int
	hash  uint64
}

// Identity names the crossing.
func (c *Crossing) Identity() chaos.Identity {
	return chaos.Identity{Where: c.where, What: c.what, Op: c.op.String(), N: c.n}
}

// Keyed says whether the crossing belongs to a business key, so that it can be struck.
func (c *Crossing) Keyed() bool { return c.op.Key != "" }

// Hash is the key of the crossing's draws.
func (c *Crossing) Hash() uint64 { return c.hash }

// Draw returns random bits of the crossing for a purpose.
func (c *Crossing) Draw(purpose chaos.Purpose) uint64 {
	return chaos.Draw(c.world.seed, purpose, c.hash)
}

// Latency draws how long something of this crossing takes on the network one way:
// mostly a fraction of a millisecond, in one case of 64 up to ten.
func (c *Crossing) Latency(purpose chaos.Purpose) time.Duration {
	draw := c.Draw(purpose)
	spread := uint64(400 * time.Microsecond)
	if draw&63 == 0 {
		spread = uint64(10 * time.Millisecond)
	}
	return 100*time.Microsecond + time.Duration(chaos.Below(chaos.Mix(draw, 1), spread))
}

// Cross announces that the current task crosses a boundary: it counts and traces the port
// call, and asks the storm. If the node crashes here it does not return. The error is
// ErrCrashed, for a task that is already dying, or ctx's; nothing must be done then.
func (w *World) Cross(ctx context.Context, what string, allowed chaos.KindSet) (Crossing, error) {
	t := w.task()
	if t.dead {
		return Crossing{}, t.ghost()
	}
	w.count(t)
	if waiting := contextOf(ctx); waiting != nil && waiting.err != nil {
		return Crossing{}, waiting.err
	}
	if op := port.OpOf(ctx); op.Name != "" {
		t.op = op
	}
	c := w.crossing(t.node.Service, what, t.op)
	w.traceCrossing(t.node.Name, &c)
	w.strike(&c, allowed|chaos.Crashes)
	if c.Fault == chaos.KindKill || c.Fault == chaos.KindLoseMachine {
		t.node.Crash(c.Fault, c.By)
	}
	return c, nil
}

// CrossAt announces a crossing that a server makes by itself: a delivery, a confirm.
func (w *World) CrossAt(where, what string, op port.Op, allowed chaos.KindSet) Crossing {
	c := w.crossing(where, what, op)
	w.traceCrossing(where, &c)
	w.strike(&c, allowed)
	return c
}

func (w *World) crossing(where, what string, op port.Op) Crossing {
	c := Crossing{world: w, where: where, what: what, op: op, n: 1}
	parts := chaos.HashIdentity(where, what, op.Name, op.Key)
	if op.Key == "" {
		c.hash = chaos.Mix(parts, uint64(w.now))
		return c
	}
	c.n = w.attempts[parts] + 1
	w.attempts[parts] = c.n
	c.hash = chaos.WithAttempt(parts, c.n)
	return c
}

func (w *World) strike(c *Crossing, allowed chaos.KindSet) {
	if w.storm == nil || !c.Keyed() {
		return
	}
	kind, d := w.storm.Strike(w.seed, c.hash, allowed)
	if kind == chaos.NoFault || !allowed.Has(kind) {
		return
	}
	c.Fault = kind
	c.By = d
	fault := chaos.NewStrike(kind, c.Identity(), d)
	w.fired = append(w.fired, fault)
	w.trace.Begin(w.now, "fault")
	w.trace.String(fault.String())
}

func (w *World) traceCrossing(who string, c *Crossing) {
	w.trace.Begin(w.now, "call")
	w.trace.String(who)
	w.trace.String(c.what)
	w.trace.String(c.op.Name)
	w.trace.String(c.op.Key)
	w.trace.Int(int64(c.n))
}

// local is the crossing of a port call that stays within the process: it can only end the
// node. It returns false to a dying task.
func (w *World) local(what string) bool {
	t := w.task()
	if t.dead {
		_ = t.ghost()
		return false
	}
	w.count(t)
	if t.op.Key == "" { // nothing can strike, and nothing is drawn
		w.traceCrossing(t.node.Name, &Crossing{what: what, op: t.op, n: 1})
		return true
	}
	c := w.crossing(t.node.Service, what, t.op)
	w.traceCrossing(t.node.Name, &c)
	w.strike(&c, chaos.Crashes)
	if c.Fault != chaos.NoFault {
		t.node.Crash(c.Fault, c.By)
	}
	return true
}
