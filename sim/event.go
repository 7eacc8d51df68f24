package sim

import "time"

// event is something that will happen: a task to resume, a context to end, or a function to
// call. If conn is set, the call is an arrival at the end that receives in direction.
type event struct {
	at        time.Duration
	index     int // in the heap, -1 outside
	task      *Task
	deadline  *simContext
	run       func()
	conn      *Conn
	direction Direction
}

// agenda is a binary heap of events by (at, seq). What is compared lies in the heap itself.
type agenda struct {
	heap []entry
	seq  uint64
	free []*event
}

// entry is an event's place in the heap.
type entry struct {
	at    time.Duration
	seq   uint64
	event *event
}

func (a *agenda) add(at time.Duration, task *Task, run func()) *event {
	e := a.take()
	a.seq++
	e.at, e.task, e.run = at, task, run
	a.heap = append(a.heap, entry{})
	a.up(len(a.heap)-1, entry{at, a.seq, e})
	return e
}

func (a *agenda) take() *event {
	if n := len(a.free); n > 0 {
		e := a.free[n-1]
		a.free = a.free[:n-1]
		return e
	}
	return new(event)
}

// recycle gives an event back. Whoever held it must have let go.
func (a *agenda) recycle(e *event) {
	e.task, e.deadline, e.run, e.conn = nil, nil, nil, nil
	a.free = append(a.free, e)
}

func (a *agenda) pop() *event {
	e := a.heap[0].event
	a.detach(e)
	return e
}

// remove takes a pending event out; one that has happened already is left alone.
func (a *agenda) remove(e *event) {
	if e.index < 0 || e.index >= len(a.heap) || a.heap[e.index].event != e {
		return
	}
	a.detach(e)
	a.recycle(e)
}

// detach fills the event's place with the last entry, which moves to where it belongs.
func (a *agenda) detach(e *event) {
	i, end := e.index, len(a.heap)-1
	last := a.heap[end]
	a.heap[end] = entry{}
	a.heap = a.heap[:end]
	e.index = -1
	if i == end {
		return
	}
	if i > 0 && last.before(&a.heap[(i-1)/2]) {
		a.up(i, last)
	} else {
		a.down(i, last)
	}
}

func (e *entry) before(other *entry) bool {
	return e.at < other.at || e.at == other.at && e.seq < other.seq
}

func (a *agenda) put(i int, e entry) {
	a.heap[i] = e
	e.event.index = i
}

// up puts e at the free place i or above it.
func (a *agenda) up(i int, e entry) {
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&a.heap[parent]) {
			break
		}
		a.put(i, a.heap[parent])
		i = parent
	}
	a.put(i, e)
}

// down puts e at the free place i or below it.
func (a *agenda) down(i int, e entry) {
	for {
		child := 2*i + 1
		if child >= len(a.heap) {
			break
		}
		if right := child + 1; right < len(a.heap) && a.heap[right].before(&a.heap[child]) {
			child = right
		}
		if !a.heap[child].before(&e) {
			break
		}
		a.put(i, a.heap[child])
		i = child
	}
	a.put(i, e)
}
