// Package contexts cancels.
//
//simsafe:strict
package contexts

import (
	"context"
	"time"
)

type key struct{}

func bad(ctx context.Context, at time.Time) {
	_, _ = context.WithTimeout(ctx, 1)             // want `contexts: context.WithTimeout: its timer and cancellation escape the scheduler; use port.Clock.WithTimeout`
	_, _ = context.WithTimeoutCause(ctx, 1, nil)   // want `contexts: context.WithTimeoutCause`
	_, _ = context.WithDeadline(ctx, at)           // want `contexts: context.WithDeadline`
	_, _ = context.WithDeadlineCause(ctx, at, nil) // want `contexts: context.WithDeadlineCause`
	_, _ = context.WithCancel(ctx)                 // want `contexts: context.WithCancel`
	_, _ = context.WithCancelCause(ctx)            // want `contexts: context.WithCancelCause`
	_ = context.AfterFunc(ctx, func() {})          // want `contexts: context.AfterFunc: its goroutine`
}

func good(ctx context.Context) error {
	ctx = context.WithValue(context.WithoutCancel(ctx), key{}, 1)
	_ = context.Background()
	return ctx.Err()
}
