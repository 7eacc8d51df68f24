package flow

import (
	"context"

	"github.com/squallhq/squall/system/port"
)

// gate lets in so many at once, and nobody waits before it.
type gate struct {
	most int

	lock     *port.Lock
	inside   int
	refusing bool // the last that came was refused
}

func newGate(tasks port.Tasks, most int) *gate {
	return &gate{most: most, lock: port.NewLock(tasks)}
}

// enter says whether there was room, and else whether this is the first refused since there was.
func (g *gate) enter(ctx context.Context) (entered, firstRefused bool) {
	if g.lock.Lock(ctx) != nil {
		return false, false
	}
	defer g.lock.Unlock()
	if g.inside >= g.most {
		firstRefused = !g.refusing
		g.refusing = true
		return false, firstRefused
	}
	g.inside++
	g.refusing = false
	return true, false
}

// leave makes room, whatever has become of ctx.
func (g *gate) leave(ctx context.Context) {
	if g.lock.Lock(context.WithoutCancel(ctx)) != nil {
		return // this process is gone, and its gate with it
	}
	defer g.lock.Unlock()
	g.inside--
}
