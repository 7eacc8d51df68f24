package rabbitmq

import (
	"context"
	"sync"
)

// fifo is an unbounded queue with one taker at a time.
type fifo[T any] struct {
	mutex sync.Mutex
	items []T
	wake  chan struct{} // holds a token when there may be something to take
}

func newFifo[T any]() *fifo[T] { return &fifo[T]{wake: make(chan struct{}, 1)} }

func (f *fifo[T]) put(items ...T) {
	f.mutex.Lock()
	f.items = append(f.items, items...)
	f.mutex.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// tryTake removes the oldest item, if there is one.
func (f *fifo[T]) tryTake() (T, bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var none T
	if len(f.items) == 0 {
		return none, false
	}
	item := f.items[0]
	f.items[0] = none
	f.items = f.items[1:]
	return item, true
}

// take waits for an item until ctx ends. What is there is taken even then.
func (f *fifo[T]) take(ctx context.Context) (T, error) {
	for {
		if item, found := f.tryTake(); found {
			return item, nil
		}
		select {
		case <-f.wake:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}
