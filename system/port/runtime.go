package port

import (
	"context"
	"time"
)

// Runtime is the process that a service runs in: its clocks, its entropy, its tasks.
type Runtime interface {
	Clock
	Entropy
	Tasks
}

// Clock tells time and lets it pass.
type Clock interface {
	// Wall is the node's wall clock. It may jump and drift and differ between
	// nodes: record it, never subtract it. The location is UTC.
	Wall() time.Time

	// Elapsed is the time since the process started, on a clock that never goes
	// back. Durations and deadlines are measured with it.
	Elapsed() time.Duration

	// Sleep blocks for d or until ctx ends; then it returns ctx's error.
	Sleep(ctx context.Context, d time.Duration) error

	// WithTimeout returns a context that ends after d of Elapsed time with
	// context.DeadlineExceeded, or when cancel is called with context.Canceled, or
	// with its parent. With Forever only cancel and the parent end it.
	WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
}

// Forever as a timeout means none.
const Forever time.Duration = 1<<63 - 1

// Entropy is randomness that a simulator can draw from its seed.
type Entropy interface {
	// Random returns 64 uniformly distributed bits. The draw belongs to the Op in
	// ctx; purpose names what it is for ("backoff jitter").
	Random(ctx context.Context, purpose string) uint64
}

// Tasks runs the concurrent activities of one process. Tasks share memory only
// through what is built on Monitor: Lock, Queue and Group.
type Tasks interface {
	// Go starts run as a task of its own. It ends when run returns. A panic in a
	// task ends the process.
	Go(ctx context.Context, name string, run func(context.Context))

	// NewMonitor returns an unheld monitor.
	NewMonitor() Monitor
}

// Monitor is a mutual exclusion lock with one condition, the primitive under Lock,
// Queue and Group (C. A. R. Hoare, Monitors, CACM 1974; with signal-and-continue).
type Monitor interface {
	// Enter blocks until the caller holds the monitor. On an error, which is
	// ctx's, it does not.
	Enter(ctx context.Context) error

	// Exit gives the monitor up. The caller must hold it.
	Exit()

	// Wait gives the monitor up, blocks until Notify or the end of ctx, and holds
	// the monitor again when it returns, whatever it returns. Wake-ups may be
	// spurious: wait in a loop.
	Wait(ctx context.Context) error

	// Notify wakes every waiter. The caller must hold the monitor.
	Notify()
}
