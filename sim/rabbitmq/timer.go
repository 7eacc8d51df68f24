package rabbitmq

import "time"

// timed is something that has to be looked at when a time comes.
type timed interface {
	// due is called when a time that was asked for has come. It may be too early: the
	// callee looks for itself, and asks again.
	due(b *broker)
}

type timer struct {
	at     time.Duration
	seq    uint64
	target timed
}

// timers is a binary heap by (at, seq). Nothing is ever taken out of it before its time.
type timers struct {
	heap []timer
	seq  uint64
}

func (t *timers) add(at time.Duration, target timed) {
	t.seq++
	t.heap = append(t.heap, timer{at, t.seq, target})
	for i := len(t.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !t.less(i, parent) {
			return
		}
		t.heap[i], t.heap[parent] = t.heap[parent], t.heap[i]
		i = parent
	}
}

func (t *timers) less(i, j int) bool {
	x, y := &t.heap[i], &t.heap[j]
	return x.at < y.at || x.at == y.at && x.seq < y.seq
}

// next returns the earliest time, or never.
func (t *timers) next() time.Duration {
	if len(t.heap) == 0 {
		return never
	}
	return t.heap[0].at
}

func (t *timers) pop() timed {
	target, last := t.heap[0].target, len(t.heap)-1
	t.heap[0] = t.heap[last]
	t.heap[last] = timer{}
	t.heap = t.heap[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return target
		}
		if right := child + 1; right < last && t.less(right, child) {
			child = right
		}
		if !t.less(child, i) {
			return target
		}
		t.heap[i], t.heap[child] = t.heap[child], t.heap[i]
		i = child
	}
}

// ticksMax is more timers than can be due at one instant, unless one asks to be called
// at once for ever.
const ticksMax = 1_000_000

// tick handles every timer that is due.
func (b *broker) tick() {
	for ticks := 0; b.timers.next() <= b.now; ticks++ {
		if ticks > ticksMax {
			panic("rabbitmq: a timer asks for the present again and again")
		}
		b.timers.pop().due(b)
		b.sendLetters()
	}
}
