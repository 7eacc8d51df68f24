// Package sim is the kernel: it may run goroutines and timers, but not read clocks.
package sim

import (
	"iter"
	"sync"
	"time"
)

var mu sync.Mutex // want `state: package variable mu changes`

func run(seq iter.Seq[int], done chan bool) {
	_, stop := iter.Pull(seq)
	defer stop()
	mu.Lock()
	go func() { done <- true }()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
	_ = time.Now() // want `clock: time.Now`
}
