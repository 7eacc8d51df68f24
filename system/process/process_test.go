package process_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/process"
)

func setup(t *testing.T) (context.Context, *process.Process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx, process.New(slog.Default())
}

func TestClock(t *testing.T) {
	ctx, runtime := setup(t)
	t.Run("WallIsUTCWithoutMonotonic", func(t *testing.T) {
		now := runtime.Wall()
		if now.Location() != time.UTC || strings.Contains(now.String(), "m=") {
			t.Errorf("%v", now)
		}
		if d := time.Since(now); d < 0 || d > time.Minute {
			t.Errorf("off by %v", d)
		}
	})
	t.Run("SleepTakesItsTime", func(t *testing.T) {
		before := runtime.Elapsed()
		if err := runtime.Sleep(ctx, 30*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if took := runtime.Elapsed() - before; took < 30*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
	t.Run("SleepEndsWithItsContext", func(t *testing.T) {
		short, cancel := runtime.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		if err := runtime.Sleep(short, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if err := runtime.Sleep(short, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("zero: %v", err)
		}
	})
	t.Run("ForeverEndsByCancelOnly", func(t *testing.T) {
		forever, cancel := runtime.WithTimeout(ctx, port.Forever)
		if forever.Err() != nil {
			t.Fatal(forever.Err())
		}
		cancel()
		if !errors.Is(forever.Err(), context.Canceled) {
			t.Errorf("%v", forever.Err())
		}
	})
}

func TestRandomDiffers(t *testing.T) {
	ctx, runtime := setup(t)
	seen, ones := map[uint64]bool{}, uint64(0)
	for range 1000 {
		drawn := runtime.Random(ctx, "test")
		seen[drawn] = true
		ones |= drawn
	}
	if len(seen) != 1000 || ones != 1<<64-1 {
		t.Errorf("%d different values, bits %x", len(seen), ones)
	}
}

// A lock is held by one, and a plain variable under it loses no update.
func TestLockExcludes(t *testing.T) {
	ctx, runtime := setup(t)
	lock := port.NewLock(runtime)
	group, shared := port.NewGroup(ctx, runtime)
	const tasks, rounds = 8, 2000
	counter, inside := 0, atomic.Int32{}
	for i := range tasks {
		group.Go(shared, fmt.Sprint("task", i), func(ctx context.Context) error {
			for range rounds {
				if err := lock.Lock(ctx); err != nil {
					return err
				}
				if inside.Add(1) != 1 {
					return errors.New("two hold the lock")
				}
				counter++
				inside.Add(-1)
				lock.Unlock()
			}
			return nil
		})
	}
	if err := group.Wait(ctx); err != nil || counter != tasks*rounds {
		t.Errorf("counter %d, %v", counter, err)
	}
}

func TestLockEndsWithItsContext(t *testing.T) {
	ctx, runtime := setup(t)
	lock := port.NewLock(runtime)
	if err := lock.Lock(ctx); err != nil {
		t.Fatal(err)
	}
	short, cancel := runtime.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if err := lock.Lock(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	lock.Unlock()
	if err := lock.Lock(short); err == nil {
		t.Error("an ended context took a free lock")
	}
	if err := lock.Lock(ctx); err != nil {
		t.Errorf("the lock was lost: %v", err)
	}
}

// Wait holds the monitor when it returns, woken or not.
func TestWaitHoldsTheMonitorAgain(t *testing.T) {
	ctx, runtime := setup(t)
	monitor := runtime.NewMonitor()
	if err := monitor.Enter(ctx); err != nil {
		t.Fatal(err)
	}
	short, cancel := runtime.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if err := monitor.Wait(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	other, cancelOther := runtime.WithTimeout(ctx, 10*time.Millisecond)
	defer cancelOther()
	if err := monitor.Enter(other); err == nil {
		t.Error("the monitor was free after Wait")
	}
	runtime.Go(ctx, "notifier", func(ctx context.Context) {
		if monitor.Enter(ctx) == nil {
			monitor.Notify()
			monitor.Exit()
		}
	})
	if err := monitor.Wait(ctx); err != nil {
		t.Errorf("notified: %v", err)
	}
	monitor.Exit()
}

// Every item arrives once, each producer's in its order, and never more than the bound are
// inside: the naive model is one slice per producer.
func TestQueueAgainstItsModel(t *testing.T) {
	ctx, runtime := setup(t)
	const producers, consumers, each, limit = 4, 3, 1000, 5
	type item struct{ producer, number int }
	queue := port.NewQueue[item](runtime, limit)
	inside, taken := atomic.Int32{}, make([][]item, consumers)
	makers, shared := port.NewGroup(ctx, runtime)
	for p := range producers {
		makers.Go(shared, fmt.Sprint("producer", p), func(ctx context.Context) error {
			for n := range each {
				if err := queue.Put(ctx, item{p, n}); err != nil {
					return err
				}
				inside.Add(1)
			}
			return nil
		})
	}
	takers, sharedTakers := port.NewGroup(ctx, runtime)
	for c := range consumers {
		takers.Go(sharedTakers, fmt.Sprint("consumer", c), func(ctx context.Context) error {
			for {
				got, err := queue.Take(ctx)
				if errors.Is(err, port.ErrQueueClosed) {
					return nil
				}
				if err != nil {
					return err
				}
				if inside.Add(-1) >= limit+consumers { // takers may be counted late
					return errors.New("more items inside than the bound")
				}
				taken[c] = append(taken[c], got)
			}
		})
	}
	if err := makers.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if err := queue.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := takers.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	seen := make([][]int, producers)
	for _, items := range taken {
		last := make([]int, producers)
		for _, got := range items {
			if got.number < last[got.producer] {
				t.Fatalf("%v after number %d", got, last[got.producer])
			}
			last[got.producer] = got.number
			seen[got.producer] = append(seen[got.producer], got.number)
		}
	}
	for p, numbers := range seen {
		slices.Sort(numbers)
		if len(numbers) != each || numbers[0] != 0 || len(slices.Compact(numbers)) != each {
			t.Errorf("producer %d: %d items", p, len(numbers))
		}
	}
}

func TestQueueEnds(t *testing.T) {
	ctx, runtime := setup(t)
	queue := port.NewQueue[int](runtime, 1)
	if err := queue.Put(ctx, 1); err != nil {
		t.Fatal(err)
	}
	short, cancel := runtime.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if err := queue.Put(short, 2); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("full: %v", err)
	}
	if put, err := queue.TryPut(ctx, 2); put || err != nil {
		t.Errorf("full: %v, %v", put, err)
	}
	if err := queue.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := queue.Put(ctx, 3); !errors.Is(err, port.ErrQueueClosed) {
		t.Errorf("closed: %v", err)
	}
	if item, err := queue.Take(ctx); item != 1 || err != nil {
		t.Errorf("what was in it: %d, %v", item, err)
	}
	if _, err := queue.Take(ctx); !errors.Is(err, port.ErrQueueClosed) {
		t.Errorf("drained: %v", err)
	}
}

func TestGroupEndsTogether(t *testing.T) {
	ctx, runtime := setup(t)
	group, shared := port.NewGroup(ctx, runtime)
	failure := errors.New("failure")
	ended := atomic.Int32{}
	for range 5 {
		group.Go(shared, "waits", func(ctx context.Context) error {
			err := runtime.Sleep(ctx, time.Hour)
			ended.Add(1)
			return err
		})
	}
	group.Go(shared, "fails", func(context.Context) error { return failure })
	if err := group.Wait(ctx); !errors.Is(err, failure) || ended.Load() != 5 {
		t.Errorf("%v, %d ended", err, ended.Load())
	}
}

// A panic in a task ends the process, after a line with the stack.
func TestPanicEndsTheProcess(t *testing.T) {
	if os.Getenv("SQUALL_TEST_PANIC") == "1" {
		runtime := process.New(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
		ctx := port.WithOp(context.Background(), port.Op{Name: "CapturePayment", Key: "ann/7"})
		runtime.Go(ctx, "consumer", func(context.Context) { panicInTask() })
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	command := exec.Command(os.Args[0], "-test.run=^TestPanicEndsTheProcess$")
	command.Env = append(os.Environ(), "SQUALL_TEST_PANIC=1")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	err := command.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("ended with %v", err)
	}
	for _, want := range []string{`"task":"consumer"`, `CapturePayment{ann/7}`, "the stock is negative", "panicInTask"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %s in %s", want, stderr.String())
		}
	}
}

func panicInTask() { panic("the stock is negative") }
