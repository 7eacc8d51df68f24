package wire

import "sync"

// Trap is a fault of the wire only, set once and sprung by the first that comes along.
type Trap struct {
	op        string
	direction Direction
	at        int64
	sprung    chan struct{}

	mutex    sync.Mutex
	released bool
	free     func() // lets go what the trap holds
}

// Sprung is closed when the trap has caught something: when the connection is reset, the
// confirm held, the acknowledgement swallowed.
func (t *Trap) Sprung() <-chan struct{} { return t.sprung }

// Release lets a held confirm go on its way; other traps hold nothing. A trap that has not
// sprung catches nothing any more only in so far as what it catches is released at once.
func (t *Trap) Release() {
	t.mutex.Lock()
	free := t.free
	t.free, t.released = nil, true
	t.mutex.Unlock()
	if free != nil {
		free()
	}
}

// spring notes that the trap has caught something, which free lets go.
func (t *Trap) spring(free func()) {
	t.mutex.Lock()
	released := t.released
	if !released {
		t.free = free
	}
	t.mutex.Unlock()
	close(t.sprung)
	if released && free != nil {
		free()
	}
}

// traps are those that have not sprung.
type traps struct {
	mutex    sync.Mutex
	resets   []*Trap
	confirms []*Trap
	acks     []*Trap
}

// ResetAt resets, at both sides, the first connection that has carried n bytes in a
// direction since it was opened; exactly n bytes are forwarded.
func (p *Proxy) ResetAt(d Direction, n int64) *Trap {
	return p.traps.set(&p.traps.resets, &Trap{direction: d, at: n})
}

// HoldConfirm keeps the next confirm of a message with this op, type{correlation id}, or
// of any if op is empty, until Release or the end of its connection. Later confirms pass.
func (p *Proxy) HoldConfirm(op string) *Trap {
	return p.traps.set(&p.traps.confirms, &Trap{op: op})
}

// SwallowAck lets the next acknowledgement of a message with this op, or of any if op is
// empty, never arrive: the message stays with its consumer until its channel or connection
// ends, and is delivered again then. An acknowledgement with `multiple` that covers it is
// split, so that it acknowledges the others only.
func (p *Proxy) SwallowAck(op string) *Trap {
	return p.traps.set(&p.traps.acks, &Trap{op: op})
}

func (t *traps) set(list *[]*Trap, trap *Trap) *Trap {
	trap.sprung = make(chan struct{})
	t.mutex.Lock()
	defer t.mutex.Unlock()
	*list = append(*list, trap)
	return trap
}

// take removes and returns the first trap of the list that matches, or nil.
func (t *traps) take(list *[]*Trap, matches func(*Trap) bool) *Trap {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for i, trap := range *list {
		if matches(trap) {
			*list = append((*list)[:i:i], (*list)[i+1:]...)
			return trap
		}
	}
	return nil
}

func (t *Trap) catches(o op) bool { return t.op == "" || t.op == o.String() }

// resetWithin returns a reset trap that lies within the next n bytes of a direction of
// which carried have gone.
func (t *traps) resetWithin(d Direction, carried int64, n int) *Trap {
	return t.take(&t.resets, func(trap *Trap) bool {
		return trap.direction == d && trap.at >= carried && trap.at <= carried+int64(n)
	})
}

// cut is a direction that may be cut.
type cut struct {
	mutex sync.Mutex
	count int
	open  chan struct{} // closed when no cut is left
}

// Cut lets nothing through in a direction, on present and new connections, until the
// returned function is called; then everything goes on, as after a partition that was shorter
// than TCP's patience. Nobody is told.
func (p *Proxy) Cut(d Direction) (mend func()) {
	c := &p.cuts[d]
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.count == 0 {
		c.open = make(chan struct{})
	}
	c.count++
	return sync.OnceFunc(c.mend)
}

func (c *cut) mend() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.count--; c.count == 0 {
		close(c.open)
		c.open = nil
	}
}

// wait returns when the direction is not cut, or false when done is closed.
func (c *cut) wait(done <-chan struct{}) bool {
	for {
		c.mutex.Lock()
		open := c.open
		c.mutex.Unlock()
		if open == nil {
			return true
		}
		select {
		case <-open:
		case <-done:
			return false
		}
	}
}
