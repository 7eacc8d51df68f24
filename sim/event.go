package sim

import "time"

// event is something that will happen: a function to call, or a task to resume.
type event struct {
	at    time.Duration
	seq   uint64
	index int // in the heap, -1 outside
	run   func()
	task  *Task
}

// agenda is a binary heap of events by (at, seq).
type agenda struct {
	heap []*event
	seq  uint64
	free []*event
}

func (a *agenda) add(at time.Duration, task *Task, run func()) *event {
	e := a.take()
	a.seq++
	e.at, e.seq, e.task, e.run = at, a.seq, task, run
	e.index = len(a.heap)
	a.heap = append(a.heap, e)
	a.up(e.index)
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
	e.task, e.run = nil, nil
	a.free = append(a.free, e)
}

func (a *agenda) pop() *event {
	e := a.heap[0]
	a.detach(e)
	return e
}

// remove takes a pending event out; one that has happened already is left alone.
func (a *agenda) remove(e *event) {
	if e.index < 0 || e.index >= len(a.heap) || a.heap[e.index] != e {
		return
	}
	a.detach(e)
	a.recycle(e)
}

func (a *agenda) detach(e *event) {
	i, last := e.index, len(a.heap)-1
	a.swap(i, last)
	a.heap[last] = nil
	a.heap = a.heap[:last]
	e.index = -1
	if i < last {
		a.down(i)
		a.up(i)
	}
}

func (a *agenda) less(i, j int) bool {
	x, y := a.heap[i], a.heap[j]
	return x.at < y.at || x.at == y.at && x.seq < y.seq
}

func (a *agenda) swap(i, j int) {
	a.heap[i], a.heap[j] = a.heap[j], a.heap[i]
	a.heap[i].index, a.heap[j].index = i, j
}

func (a *agenda) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !a.less(i, parent) {
			return
		}
		a.swap(i, parent)
		i = parent
	}
}

func (a *agenda) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(a.heap) {
			return
		}
		if right := child + 1; right < len(a.heap) && a.less(right, child) {
			child = right
		}
		if !a.less(child, i) {
			return
		}
		a.swap(i, child)
		i = child
	}
}
