package sim_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/port"
)

// oneNode returns a world with a node that runs boot with its runtime.
func oneNode(seed uint64, options sim.Options, boot func(context.Context, *sim.Node, port.Runtime)) *sim.World {
	w := sim.NewWorld(seed, options)
	n := w.AddNode("order-1", "order")
	n.Boot = func(ctx context.Context) { boot(ctx, n, n.Runtime()) }
	n.Start()
	return w
}

func TestVirtualTime(t *testing.T) {
	var order []string
	w := oneNode(1, sim.Options{}, func(ctx context.Context, n *sim.Node, rt port.Runtime) {
		group, ctx := port.NewGroup(ctx, rt)
		for _, seconds := range []int{3, 1, 2} {
			group.Go(ctx, "sleeper", func(ctx context.Context) error {
				err := rt.Sleep(ctx, time.Duration(seconds)*time.Second)
				order = append(order, fmt.Sprint(seconds, " at ", rt.Elapsed()))
				return err
			})
		}
		if err := group.Wait(ctx); err != nil {
			t.Error(err)
		}
		n.World().Stop()
	})
	if err := w.Run(); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(order), "[1 at 1s 2 at 2s 3 at 3s]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestContexts(t *testing.T) {
	w := oneNode(1, sim.Options{}, func(ctx context.Context, n *sim.Node, rt port.Runtime) {
		defer n.World().Stop()
		outer, cancelOuter := rt.WithTimeout(ctx, 5*time.Second)
		inner, cancelInner := rt.WithTimeout(outer, port.Forever)
		defer cancelInner()
		if err := rt.Sleep(inner, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Sleep under an expired parent: %v", err)
		}
		if rt.Elapsed() != 5*time.Second {
			t.Errorf("the deadline struck at %v", rt.Elapsed())
		}
		cancelOuter()
		parent, cancel := rt.WithTimeout(ctx, port.Forever)
		derived, stop := context.WithCancel(parent)
		defer stop()
		rt.Go(ctx, "canceller", func(context.Context) { cancel() })
		if err := rt.Sleep(parent, time.Minute); !errors.Is(err, context.Canceled) {
			t.Errorf("Sleep under a cancelled context: %v", err)
		}
		if derived.Err() == nil {
			t.Error("a context derived by package context outlived its parent")
		}
	})
	if err := w.Run(); err != nil {
		t.Fatal(err)
	}
}

func TestQueueBetweenTasks(t *testing.T) {
	var got []int
	w := oneNode(1, sim.Options{}, func(ctx context.Context, n *sim.Node, rt port.Runtime) {
		defer n.World().Stop()
		queue := port.NewQueue[int](rt, 2)
		rt.Go(ctx, "producer", func(ctx context.Context) {
			for i := range 10 {
				if err := queue.Put(ctx, i); err != nil {
					t.Error(err)
				}
			}
			_ = queue.Close(ctx)
		})
		for {
			item, err := queue.Take(ctx)
			if err != nil {
				if !errors.Is(err, port.ErrQueueClosed) {
					t.Error(err)
				}
				return
			}
			got = append(got, item)
		}
	})
	if err := w.Run(); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != "[0 1 2 3 4 5 6 7 8 9]" {
		t.Errorf("got %v", got)
	}
}

// A crash ends tasks where they stand, closes nothing, and cannot be recovered from.
func TestCrash(t *testing.T) {
	var log []string
	w := sim.NewWorld(1, sim.Options{})
	n := w.AddNode("order-1", "order")
	n.Boot = func(ctx context.Context) {
		rt := n.Runtime()
		life := n.Boots()
		defer func() {
			if life == 1 {
				if err := rt.Sleep(ctx, time.Second); !errors.Is(err, sim.ErrCrashed) {
					t.Errorf("a deferred call of a dead task got %v", err)
				}
			}
			log = append(log, fmt.Sprintf("life %d ends at %v, recovered %v", life, w.Now(), recover()))
		}()
		rt.Go(ctx, "never starts", func(context.Context) { log = append(log, "a dead task began") })
		if life == 1 {
			n.Crash(chaos.KindKill, 3*time.Second)
			_ = rt.Sleep(ctx, time.Hour)
			log = append(log, "went on after the crash")
		}
		w.Stop()
	}
	n.Start()
	if err := w.Run(); err != nil {
		t.Fatal(err)
	}
	want := "[life 1 ends at 0s, recovered <nil> life 2 ends at 3s, recovered <nil>]"
	if fmt.Sprint(log) != want {
		t.Errorf("got %v, want %s", log, want)
	}
}

func TestPanicFailsTheWorld(t *testing.T) {
	w := oneNode(1, sim.Options{}, func(context.Context, *sim.Node, port.Runtime) { panic("broken promise") })
	var panicked *sim.PanicError
	if err := w.Run(); !errors.As(err, &panicked) || panicked.Cause != "broken promise" {
		t.Fatalf("got %v", err)
	}
}

func TestSpinFailsTheWorld(t *testing.T) {
	w := oneNode(1, sim.Options{}, func(_ context.Context, _ *sim.Node, rt port.Runtime) {
		for rt.Elapsed() >= 0 {
		}
	})
	if err := w.Run(); err == nil {
		t.Fatal("a task that spins at one instant went unnoticed")
	}
}

// TestPlannedTwice: a fault that a plan lists twice strikes once, and once it is missed.
func TestPlannedTwice(t *testing.T) {
	id := chaos.Identity{Where: "client", What: "ask", Op: "Ask{7}", N: 1}
	fault := chaos.Sentence{Fault: chaos.FailBefore{At: id}}
	storm := sim.NewPlannedStorm([]chaos.Sentence{fault, fault})
	if kind, _ := storm.Strike(1, id.Hash(), chaos.Fates); kind != chaos.KindFailBefore {
		t.Errorf("struck with %v", kind)
	}
	if missed := storm.Missed(); len(missed) != 1 || missed[0] != chaos.Strike(chaos.FailBefore{At: id}) {
		t.Errorf("missed %v", missed)
	}
}

// callEachFate lets a client call a server once for each fate and returns what it saw and
// what the server did.
func callWith(t *testing.T, fault chaos.Kind) (answer string, served int, err error) {
	t.Helper()
	id := chaos.Identity{Where: "client", What: "ask", Op: "Ask{7}", N: 1}
	var storm sim.Storm
	if fault != chaos.NoFault {
		storm = sim.NewPlannedStorm([]chaos.Sentence{{Fault: chaos.NewStrike(fault, id, time.Second)}})
	}
	w := sim.NewWorld(1, sim.Options{Storm: storm})
	server := w.AddNode("server", "server")
	server.Start()
	client := w.AddNode("client", "client")
	client.Boot = func(ctx context.Context) {
		ctx, cancel := client.Runtime().WithTimeout(port.WithOp(ctx, port.Op{Name: "Ask", Key: "7"}), 10*time.Second)
		defer cancel()
		answer, err = sim.Call(ctx, server, "ask", func(context.Context) string { served++; return "42" })
		_ = w.Sleep(context.Background(), time.Second)
		w.Stop()
	}
	client.Start()
	if failure := w.Run(); failure != nil {
		t.Fatal(failure)
	}
	if fault != chaos.NoFault && len(w.Fired()) != 1 {
		t.Errorf("fired %v", w.Fired())
	}
	return answer, served, err
}

func TestCallMeetsItsFate(t *testing.T) {
	for _, c := range []struct {
		fault  chaos.Kind
		err    error
		served int
	}{
		{chaos.NoFault, nil, 1},
		{chaos.KindDelay, nil, 1},
		{chaos.KindFailBefore, sim.ErrReset, 0},
		{chaos.KindFailAfter, sim.ErrReset, 1},
		{chaos.KindLoseReply, context.DeadlineExceeded, 1},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			answer, served, err := callWith(t, c.fault)
			if !errors.Is(err, c.err) || served != c.served || (err == nil) != (answer == "42") {
				t.Errorf("answer %q, error %v, served %d times", answer, err, served)
			}
		})
	}
}

func TestSameSeedSameTrace(t *testing.T) {
	run := func(seed uint64) string {
		w := oneNode(seed, sim.Options{}, func(ctx context.Context, n *sim.Node, rt port.Runtime) {
			for range 100 {
				jitter := rt.Random(port.WithOp(ctx, port.Op{Name: "Test", Key: "1"}), "jitter") % 1000
				_ = rt.Sleep(ctx, time.Duration(jitter))
			}
			n.World().Stop()
		})
		if err := w.Run(); err != nil {
			t.Fatal(err)
		}
		return w.Trace().Hash()
	}
	if run(1) != run(1) {
		t.Error("the same seed gave different traces")
	}
	if run(1) == run(2) {
		t.Error("different seeds gave the same trace")
	}
}

func BenchmarkSleep(b *testing.B) {
	w := oneNode(1, sim.Options{Limit: 1 << 62}, func(ctx context.Context, n *sim.Node, rt port.Runtime) {
		for b.Loop() {
			_ = rt.Sleep(ctx, time.Microsecond)
		}
		n.World().Stop()
	})
	if err := w.Run(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkCall(b *testing.B) {
	w := sim.NewWorld(1, sim.Options{Limit: 1 << 62})
	server := w.AddNode("server", "server")
	server.Start()
	client := w.AddNode("client", "client")
	client.Boot = func(ctx context.Context) {
		ctx = port.WithOp(ctx, port.Op{Name: "Ask", Key: "7"})
		for b.Loop() {
			if _, err := sim.Call(ctx, server, "ask", func(context.Context) int { return 42 }); err != nil {
				b.Error(err)
			}
		}
		w.Stop()
	}
	client.Start()
	if err := w.Run(); err != nil {
		b.Fatal(err)
	}
}

// A goroutine that is no task is noticed when it calls a port, also while a task runs.
func TestForeignGoroutine(t *testing.T) {
	var report string
	options := sim.Options{CheckTasks: true, Stuck: func(text string) {
		report = text
		runtime.Goexit()
	}}
	w := oneNode(1, options, func(ctx context.Context, n *sim.Node, rt port.Runtime) {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = rt.Sleep(ctx, time.Second)
			t.Error("the goroutine went on")
		}()
		<-ended
		n.World().Stop()
	})
	if err := w.Run(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(report, "no task") || !strings.Contains(report, "TestForeignGoroutine") {
		t.Errorf("the report does not name the goroutine: %q", report)
	}
}
