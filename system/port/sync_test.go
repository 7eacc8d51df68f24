package port_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/process"
)

var errBroken = errors.New("broken")

func setup(t *testing.T) (context.Context, port.Runtime) {
	t.Helper()
	runtime := process.New(slog.New(slog.DiscardHandler))
	ctx, cancel := runtime.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx, runtime
}

// ended returns a context that has ended, with context.Canceled.
func ended(ctx context.Context, runtime port.Runtime) context.Context {
	ctx, cancel := runtime.WithTimeout(ctx, port.Forever)
	cancel()
	return ctx
}

func fill(ctx context.Context, t *testing.T, q *port.Queue[int], items ...int) {
	t.Helper()
	for _, item := range items {
		if err := q.Put(ctx, item); err != nil {
			t.Fatal(err)
		}
	}
}

// drain takes until the queue refuses and returns what came and the refusal.
func drain(ctx context.Context, q *port.Queue[int]) (items []int, err error) {
	for {
		item, err := q.Take(ctx)
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
}

func TestQueue(t *testing.T) {
	ctx, runtime := setup(t)
	t.Run("FirstInFirstOutThenClosed", func(t *testing.T) {
		q := port.NewQueue[int](runtime, 3)
		fill(ctx, t, q, 1, 2, 3)
		if err := errors.Join(q.Close(ctx), q.Close(ctx)); err != nil {
			t.Fatal(err)
		}
		if items, err := drain(ctx, q); !slices.Equal(items, []int{1, 2, 3}) || !errors.Is(err, port.ErrQueueClosed) {
			t.Errorf("%v, %v", items, err)
		}
	})
	t.Run("TryPutWantsRoom", func(t *testing.T) {
		q := port.NewQueue[int](runtime, 1)
		for _, want := range []bool{true, false, false} {
			if put, err := q.TryPut(ctx, 1); put != want || err != nil {
				t.Errorf("%t, %v, want %t", put, err, want)
			}
		}
	})
	t.Run("LimitIsAtLeastOne", func(t *testing.T) {
		for _, limit := range []int{-1, 0} {
			q := port.NewQueue[int](runtime, limit)
			first, err1 := q.TryPut(ctx, 1)
			second, err2 := q.TryPut(ctx, 2)
			if !first || second || err1 != nil || err2 != nil {
				t.Errorf("limit %d: %t, %t", limit, first, second)
			}
		}
	})
	t.Run("ErrClosed", func(t *testing.T) {
		q := port.NewQueue[int](runtime, 1)
		if err := q.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if put, err := q.TryPut(ctx, 1); put || !errors.Is(err, port.ErrQueueClosed) {
			t.Errorf("TryPut: %t, %v", put, err)
		}
		if err := q.Put(ctx, 1); !errors.Is(err, port.ErrQueueClosed) {
			t.Errorf("Put: %v", err)
		}
	})
	t.Run("ErrContextChangesNothing", func(t *testing.T) {
		q := port.NewQueue[int](runtime, 1)
		if _, err := q.Take(ended(ctx, runtime)); !errors.Is(err, context.Canceled) {
			t.Errorf("Take: %v", err)
		}
		fill(ctx, t, q, 1)
		if err := q.Put(ended(ctx, runtime), 2); !errors.Is(err, context.Canceled) {
			t.Errorf("Put: %v", err)
		}
		if err := q.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if items, _ := drain(ctx, q); !slices.Equal(items, []int{1}) {
			t.Errorf("%v", items)
		}
	})
}

// Whoever waits at a queue is woken by what it waits for.
func TestQueueWakes(t *testing.T) {
	for _, c := range []struct {
		name string
		fill []int
		wait func(context.Context, *port.Queue[int]) error
		wake func(context.Context, *port.Queue[int]) error
		want error
	}{
		{"TakerByPut", nil, takeOne, func(ctx context.Context, q *port.Queue[int]) error { return q.Put(ctx, 1) }, nil},
		{"TakerByTryPut", nil, takeOne, func(ctx context.Context, q *port.Queue[int]) error { _, err := q.TryPut(ctx, 1); return err }, nil},
		{"TakerByClose", nil, takeOne, closeIt, port.ErrQueueClosed},
		{"PutterByTake", []int{1}, putOne, takeOne, nil},
		{"PutterByClose", []int{1}, putOne, closeIt, port.ErrQueueClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, runtime := setup(t)
			ctx, cancel := runtime.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			q := port.NewQueue[int](runtime, 1)
			fill(ctx, t, q, c.fill...)
			group, shared := port.NewGroup(ctx, runtime)
			var got error
			group.Go(shared, "waits", func(ctx context.Context) error { got = c.wait(ctx, q); return nil })
			if err := runtime.Sleep(ctx, 20*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(c.wake(ctx, q), group.Wait(ctx)); err != nil || !errors.Is(got, c.want) {
				t.Errorf("%v, %v, want %v", err, got, c.want)
			}
		})
	}
}

func takeOne(ctx context.Context, q *port.Queue[int]) error { _, err := q.Take(ctx); return err }
func closeIt(ctx context.Context, q *port.Queue[int]) error { return q.Close(ctx) }
func putOne(ctx context.Context, q *port.Queue[int]) error  { return q.Put(ctx, 2) }

func TestGroup(t *testing.T) {
	t.Run("Empty", func(t *testing.T) {
		ctx, runtime := setup(t)
		group, shared := port.NewGroup(ctx, runtime)
		if err := group.Wait(ctx); err != nil || !errors.Is(shared.Err(), context.Canceled) {
			t.Errorf("%v, shared %v", err, shared.Err())
		}
	})
	t.Run("WaitsForAll", func(t *testing.T) {
		ctx, runtime := setup(t)
		group, shared := port.NewGroup(ctx, runtime)
		finished := make([]bool, 4)
		for i := range finished {
			group.Go(shared, "task", func(ctx context.Context) error {
				err := runtime.Sleep(ctx, time.Duration(i)*5*time.Millisecond)
				finished[i] = err == nil
				return err
			})
		}
		if err := group.Wait(ctx); err != nil || slices.Contains(finished, false) {
			t.Errorf("%v, %v", err, finished)
		}
	})
	t.Run("FirstErrorCancelsAll", func(t *testing.T) {
		ctx, runtime := setup(t)
		group, shared := port.NewGroup(ctx, runtime)
		var other error
		group.Go(shared, "sleeps", func(ctx context.Context) error {
			other = runtime.Sleep(ctx, time.Hour)
			return other
		})
		group.Go(shared, "breaks", func(context.Context) error { return errBroken })
		if err := group.Wait(ctx); !errors.Is(err, errBroken) || !errors.Is(other, context.Canceled) {
			t.Errorf("%v, the other %v", err, other)
		}
	})
	t.Run("ErrContextOfWait", func(t *testing.T) {
		ctx, runtime := setup(t)
		group, shared := port.NewGroup(ctx, runtime)
		group.Go(shared, "sleeps", func(ctx context.Context) error { return runtime.Sleep(ctx, time.Hour) })
		short, cancel := runtime.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		if err := group.Wait(short); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(shared.Err(), context.Canceled) {
			t.Errorf("%v, shared %v", err, shared.Err())
		}
	})
}
