package flow_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/port"
)

func TestBackoffLimit(t *testing.T) {
	for attempt, want := range map[int]time.Duration{
		math.MinInt: 100 * time.Millisecond, -1: 100 * time.Millisecond, 0: 100 * time.Millisecond,
		1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 3: 400 * time.Millisecond, 6: 3200 * time.Millisecond,
		7: 5 * time.Second, 8: 5 * time.Second, 64: 5 * time.Second, 65: 5 * time.Second, math.MaxInt: 5 * time.Second,
	} {
		if got := flow.BackoffLimit(attempt); got != want {
			t.Errorf("after attempt %d at most %v, want %v", attempt, got, want)
		}
	}
	for attempt := -3; attempt < 200; attempt++ {
		if now, next := flow.BackoffLimit(attempt), flow.BackoffLimit(attempt+1); now <= 0 || next < now {
			t.Errorf("after attempt %d %v, after the next %v", attempt, now, next)
		}
	}
}

// dice is a runtime that draws a given number and notes how long it was asked to sleep.
type dice struct {
	port.Runtime
	drawn uint64
	slept time.Duration
}

func (d *dice) Random(context.Context, string) uint64 { return d.drawn }

func (d *dice) Sleep(ctx context.Context, length time.Duration) error {
	d.slept = length
	return ctx.Err()
}

// Whatever is drawn, the wait is between a quarter of the limit and the limit.
func TestBackoff(t *testing.T) {
	for _, attempt := range []int{math.MinInt, 0, 1, 5, 7, math.MaxInt} {
		limit := flow.BackoffLimit(attempt)
		for _, c := range []struct {
			name  string
			drawn uint64
			want  time.Duration
		}{
			{"Least", 0, limit / 4},
			{"Half", uint64(limit / 2), limit/4 + limit/2*3/4},
			{"Most", uint64(limit - 1), limit - 1},
			{"WrapsAround", uint64(limit), limit / 4},
		} {
			runtime := &dice{drawn: c.drawn}
			if err := flow.Backoff(t.Context(), runtime, attempt); err != nil || runtime.slept != c.want {
				t.Errorf("attempt %d, %s: %v, slept %v, want %v", attempt, c.name, err, runtime.slept, c.want)
			}
		}
		runtime := &dice{drawn: math.MaxUint64}
		if _ = flow.Backoff(t.Context(), runtime, attempt); runtime.slept < limit/4 || runtime.slept >= limit {
			t.Errorf("attempt %d: slept %v of at most %v", attempt, runtime.slept, limit)
		}
	}
	t.Run("ErrContext", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := flow.Backoff(ctx, &dice{}, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}
