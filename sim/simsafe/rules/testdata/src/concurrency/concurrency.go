// Package concurrency does things at once.
//
//simsafe:strict
package concurrency

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup" // want `concurrency: golang.org/x/sync/errgroup: it blocks or races unseen`
)

type guarded struct {
	mu sync.Mutex   // want `concurrency: sync.Mutex: it blocks or races unseen by the scheduler; use port.Lock, port.Queue or port.Group`
	n  atomic.Int64 // want `concurrency: atomic.Int64`
}

func bad(ctx context.Context, seq iter.Seq[int]) {
	go good(nil)           // want `concurrency: go statement: .* use port.Tasks.Go`
	c := make(chan int, 1) // want `concurrency: channel type: only the scheduler may decide who runs next; use port.Queue`
	c <- 1                 // want `concurrency: channel send`
	_ = <-c                // want `concurrency: channel receive`
	for range c {          // want `concurrency: range over a channel`
	}
	select { // want `concurrency: select: it picks a ready case at random`
	case <-ctx.Done(): // want `concurrency: channel receive`
	default:
	}
	var g guarded
	g.mu.Lock()
	atomic.AddInt64(new(int64), 1) // want `concurrency: atomic.AddInt64`
	var group errgroup.Group
	_ = group.Wait()
	_, stop := iter.Pull(seq) // want `concurrency: iter.Pull: the kernel cannot stop a coroutine inside a task`
	stop()
	runtime.Goexit() // want `concurrency: runtime.Goexit: the kernel alone moves coroutines`
}

type lock struct{}

func (*lock) Lock()   {}
func (*lock) Unlock() {}

func good(l *lock) {
	l.Lock()
	defer l.Unlock()
}
