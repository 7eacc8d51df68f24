package rabbitmq

// fifo is a first-in first-out queue in one slice.
type fifo[T any] struct {
	items []T
	head  int
}

func (f *fifo[T]) len() int { return len(f.items) - f.head }

// all returns what is in the fifo, oldest first.
func (f *fifo[T]) all() []T { return f.items[f.head:] }

// first returns the oldest item, or the zero value of an empty fifo.
func (f *fifo[T]) first() T {
	if f.head == len(f.items) {
		var none T
		return none
	}
	return f.items[f.head]
}

func (f *fifo[T]) push(item T) {
	if f.head > 32 && f.head > len(f.items)/2 {
		n := copy(f.items, f.items[f.head:])
		clear(f.items[n:])
		f.items, f.head = f.items[:n], 0
	}
	f.items = append(f.items, item)
}

func (f *fifo[T]) pop() T {
	var none T
	item := f.items[f.head]
	f.items[f.head] = none
	f.head++
	if f.head == len(f.items) {
		f.items, f.head = f.items[:0], 0
	}
	return item
}

// insert puts an entry before the first one with a higher seq.
func insert(f *fifo[*entry], e *entry) {
	f.push(e)
	for i := len(f.items) - 1; i > f.head && f.items[i-1].seq > e.seq; i-- {
		f.items[i], f.items[i-1] = f.items[i-1], f.items[i]
	}
}
