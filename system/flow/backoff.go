package flow

import (
	"context"
	"time"

	"github.com/squallhq/squall/system/port"
)

const (
	backoffBase = 100 * time.Millisecond
	backoffMax  = 5 * time.Second
)

// Backoff sleeps before the attempt after the given one, counted from 1: a random time up
// to a limit that doubles each time to backoffMax ("full jitter"). Its error is ctx's.
func Backoff(ctx context.Context, runtime port.Runtime, attempt int) error {
	limit := BackoffLimit(attempt)
	jitter := time.Duration(runtime.Random(ctx, "backoff jitter") % uint64(limit))
	return runtime.Sleep(ctx, limit/4+jitter*3/4)
}

// BackoffLimit is the longest wait after a failed attempt, counted from 1.
func BackoffLimit(attempt int) time.Duration {
	limit := backoffBase
	for ; attempt > 1 && limit < backoffMax; attempt-- {
		limit *= 2
	}
	return min(limit, backoffMax)
}
