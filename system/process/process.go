package process

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/squallhq/squall/system/port"
)

// exitPanic is the exit code after a panic, the same that Go's own crash has.
const exitPanic = 2

// Process is the port.Runtime of this process.
type Process struct {
	started time.Time // with its monotonic part
	log     *slog.Logger
}

var _ port.Runtime = (*Process)(nil)

// New returns the runtime of this process, whose Elapsed begins now. A panic in a task
// is written to log.
func New(log *slog.Logger) *Process {
	return &Process{started: time.Now(), log: log}
}

// Wall returns the wall clock's time in UTC.
func (p *Process) Wall() time.Time { return time.Now().UTC().Round(0) }

// Elapsed returns the time since New.
func (p *Process) Elapsed() time.Duration { return time.Since(p.started) }

// Sleep blocks for d or until ctx ends; then it returns ctx's error.
func (p *Process) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WithTimeout returns a context that ends after d. Go measures it on the monotonic
// clock, which is that of Elapsed.
func (p *Process) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d == port.Forever {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

// Random returns 64 bits of the operating system's entropy.
func (p *Process) Random(context.Context, string) uint64 {
	var bits [8]byte
	_, _ = rand.Read(bits[:]) // never fails (crypto/rand)
	return binary.NativeEndian.Uint64(bits[:])
}

// Go starts run as a goroutine. If it panics, the panic and its stack are logged and
// the process exits with code 2: memory that a task left in the middle of a change is
// not to be trusted, and what was promised is in the database.
func (p *Process) Go(ctx context.Context, name string, run func(context.Context)) {
	go func() {
		defer func() {
			if cause := recover(); cause != nil {
				p.die(ctx, name, cause)
			}
		}()
		run(ctx)
	}()
}

func (p *Process) die(ctx context.Context, name string, cause any) {
	p.log.ErrorContext(ctx, "task panicked, the process ends", "task", name, "op", port.OpOf(ctx).String(),
		"panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
	os.Exit(exitPanic)
}
