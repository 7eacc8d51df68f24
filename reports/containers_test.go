package reports_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/system/event"
)

// evidence is of a run of ten seconds: the order service was down from 4 s to 6 s, when its lifting
// had taken a quarter of a second.
func evidence() *reports.Evidence {
	const s = time.Second
	e := &reports.Evidence{
		Scenario: "checkout", Seed: "0x1", Load: 10 * s, SagaSeconds: []float64{3, 1, 2},
		Outboxes: []reports.Level{{0, 9}, {s, 1}, {3 * s, 2}, {5 * s, 30}, {6 * s, 20}, {7 * s, 2}, {8 * s, 40}},
		Queues:   []reports.Level{{s, 5}, {3 * s, 0}, {6 * s, 5}, {9 * s, 0}},
		Blows: []reports.Blow{{
			Fault: "kill container order-1 at 4s for 2s", From: 4 * s, Lifting: 5750 * time.Millisecond, Until: 6 * s, Proof: "gone", Recovery: "back",
		}},
	}
	for second := range 10 {
		a := reports.Attempt{Service: event.Order, Route: "POST /orders", Start: time.Duration(second) * time.Second, Took: 500 * time.Millisecond, Status: 202}
		switch second {
		case 4:
			a.Status = 0
		case 5:
			a.Status = 503
		case 6:
			a.Took = 900 * time.Millisecond
		}
		e.Attempts = append(e.Attempts, a, reports.Attempt{Service: event.Payment, Route: "GET /payments/{order_id}", Start: a.Start, Took: 100 * time.Millisecond, Status: 404})
	}
	return e
}

// history is of one order, placed and completed, with nothing else known: enough to be judged.
func history() *invariants.History {
	return &invariants.History{
		Converged: true,
		Orders:    []invariants.Order{{ID: "1", Customer: "ann", Key: "order-1", Completed: true}},
	}
}

func TestJudgeContainers(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		c := reports.JudgeContainers(evidence(), history())
		want := []reports.Availability{
			{Service: event.Order, Served: 8, Failed: 1, Unknown: 1, GapSeconds: 3.4, UnderFaults: 0},
			{Service: event.Payment, Served: 10, GapSeconds: 1, UnderFaults: 2},
		}
		if !reflect.DeepEqual(c.Availability, want) {
			t.Errorf("availability %+v, want %+v", c.Availability, want)
		}
		if want := []reports.Recovery{{Fault: "kill container order-1 at 4s for 2s", Target: 0.25, Asked: true, Seconds: 1.15, Within: 2,
			Outboxes: reports.Drained{Known: true, Usual: 9, Peak: 30, Seconds: 1.25},
			Queues:   reports.Drained{Known: true, Usual: 5, Peak: 5, Seconds: 0.25},
		}}; !reflect.DeepEqual(c.Recoveries, want) {
			t.Errorf("recoveries %+v, want %+v", c.Recoveries, want)
		}
		if want := (reports.Quantiles{Count: 3, P50: 2, P99: 3, Max: 3}); c.Sagas != want {
			t.Errorf("sagas %+v, want %+v", c.Sagas, want)
		}
		if c.Orders != 1 || c.Completed != 1 || len(c.Red) > 0 {
			t.Errorf("%d orders, %d completed, red: %v", c.Orders, c.Completed, c.Red)
		}
	})
	for name, spoil := range map[string]struct {
		how  func(*reports.Evidence, *invariants.History)
		want string
	}{
		"ErrNotAtRest":     {func(_ *reports.Evidence, h *invariants.History) { h.Converged, h.Pending = false, []string{"a mail"} }, "did not come to rest: 1 things pending, first: a mail"},
		"ErrNothingJudged": {func(_ *reports.Evidence, h *invariants.History) { h.Orders = nil }, "no order was judged"},
		"ErrFault":         {func(e *reports.Evidence, _ *invariants.History) { e.Blows[0].Error = "not proven" }, "kill container order-1 at 4s for 2s: not proven"},
		"ErrNoRecovery": {func(e *reports.Evidence, _ *invariants.History) {
			for i := range e.Attempts {
				if e.Attempts[i].Service == event.Order && e.Attempts[i].Start > 4*time.Second {
					e.Attempts[i].Status = 503
				}
			}
		}, "order did not serve again after kill container order-1"},
		"ErrOutboxesNotDrained": {func(e *reports.Evidence, _ *invariants.History) { e.Outboxes = e.Outboxes[:5] }, "the outboxes were not drained after kill container order-1"},
		"ErrQueuesNotDrained":   {func(e *reports.Evidence, _ *invariants.History) { e.Queues[0].At, e.Queues = 0, e.Queues[1:3] }, "the queues were not drained after kill container order-1"},
		"ErrLevelsNotRead":      {func(e *reports.Evidence, _ *invariants.History) { e.Drawn, e.Queues = true, nil }, "how much was in the outboxes and queues was not read"},
		"ErrRefused":            {func(e *reports.Evidence, _ *invariants.History) { e.Purchases = 3 }, "2 of 3 purchases did not become an order"},
		"ErrNothingCarried": {func(e *reports.Evidence, _ *invariants.History) {
			e.Blows, e.NotCarried = nil, []string{"stop the clock", "melt broker"}
		}, "none of the 2 faults planned can be carried over"},
		"ErrServedTooLate": {func(e *reports.Evidence, _ *invariants.History) {
			e.Blows, e.Load = nil, 15*time.Second
			for i := range e.Attempts {
				if e.Attempts[i].Start > 4*time.Second {
					e.Attempts[i].Status = 0
				}
			}
			e.Attempts = append(e.Attempts, reports.Attempt{Service: event.Payment, Start: 16 * time.Second, Took: time.Second, Status: 200})
		}, "payment served nothing in the last 10s of the load"},
		"ErrGaveUp":        {func(e *reports.Evidence, _ *invariants.History) { e.GaveUp = []string{"ann/order-1"} }, "the customer of ann/order-1 never had an answer"},
		"ErrNotHappened":   {func(e *reports.Evidence, _ *invariants.History) { e.NotHappened = []string{"melt broker"} }, "did not happen: melt broker"},
		"ErrDrawnNoBlow":   {func(e *reports.Evidence, _ *invariants.History) { e.Drawn = true }, "no fault of a container happened"},
		"ErrDrawnNoStrike": {func(e *reports.Evidence, _ *invariants.History) { e.Drawn = true }, "no fault struck on the wire"},
		"ErrDrawnNoFacts":  {func(e *reports.Evidence, _ *invariants.History) { e.Drawn = true }, "NothingLost has judged nothing"},
		"ErrSilentAtTheEnd": {func(e *reports.Evidence, _ *invariants.History) {
			e.Blows, e.Load = nil, 15*time.Second
			for i := range e.Attempts {
				if e.Attempts[i].Start > 4*time.Second {
					e.Attempts[i].Status = 0
				}
			}
		}, "payment served nothing in the last 10s of the load"},
		"ErrLeftUndone": {func(e *reports.Evidence, _ *invariants.History) { e.LeftUndone = []string{"an odd frame"} }, "an odd frame"},
	} {
		t.Run(name, func(t *testing.T) {
			e, h := evidence(), history()
			spoil.how(e, h)
			c := reports.JudgeContainers(e, h)
			if c.ExitCode() != 1 || !strings.Contains(strings.Join(c.Red, "\n"), spoil.want) {
				t.Errorf("exit code %d, red %q, want %q", c.ExitCode(), c.Red, spoil.want)
			}
		})
	}
}

// TestDrained: what is usual is read before the first fault of all, and faults in between are counted.
func TestDrained(t *testing.T) {
	const s = time.Second
	e, h := evidence(), history()
	e.Blows = append(e.Blows,
		reports.Blow{Fault: "pause container broker at 6.5s for 1s", From: 6500 * time.Millisecond, Lifting: 7500 * time.Millisecond, Until: 8 * s, Proof: "frozen", Recovery: "back"},
		reports.Blow{Fault: "stop container broker at 9s for 1s", From: 9 * s, Error: "not over"})
	e.Outboxes = []reports.Level{{s, 1}, {5 * s, 30}, {6 * s, 20}, {7 * s, 2}, {8 * s, 40}, {9 * s, 1}, {10 * s, 0}}
	e.Queues = nil
	var got []reports.Drained
	for _, r := range reports.JudgeContainers(e, h).Recoveries {
		got = append(got, r.Outboxes)
	}
	want := []reports.Drained{
		{Known: true, Usual: 1, Peak: 40, Seconds: 3.25, Meanwhile: 1},
		{Known: true, Usual: 1, Peak: 40, Seconds: 1.5},
		{},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestRunInAFolder: a run that was saved is judged again as it was.
func TestRunInAFolder(t *testing.T) {
	dir := t.TempDir()
	e, h := evidence(), history()
	if err := reports.SaveRun(dir, e, h); err != nil {
		t.Fatal(err)
	}
	first := reports.JudgeContainers(e, h)
	if err := reports.SaveOutcome(dir, first); err != nil {
		t.Fatal(err)
	}
	e, h, err := reports.LoadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	var once, again bytes.Buffer
	first.Text(&once)
	reports.JudgeContainers(e, h).Text(&again)
	if once.String() != again.String() || !strings.Contains(again.String(), "outboxes +1.2 s (at most 30), queues +0.2 s (at most 5)") {
		t.Errorf("first:\n%s\nagain:\n%s", once.String(), again.String())
	}
	if err := os.WriteFile(filepath.Join(dir, "attempts.jsonl"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := reports.LoadRun(dir); err == nil || !strings.Contains(err.Error(), "has 0 requests, the run had 20") {
		t.Errorf("a run without its requests is read: %v", err)
	}
}
