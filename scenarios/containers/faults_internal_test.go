package containers

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
)

// TestSchedule: a run of two minutes meets all ten kinds of faults, at the same times for the
// same seed, and none outlasts the load.
func TestSchedule(t *testing.T) {
	for seed := range uint64(20) {
		faults := schedule(seed, 2, 2*time.Minute, 10*time.Second)
		kinds := make(map[chaos.Kind]bool)
		for _, f := range faults {
			kinds[f.Kind()] = true
			if f.Starts()+f.Lasts() > 2*time.Minute {
				t.Errorf("seed %d: %v outlasts the load", seed, f)
			}
			parsed, err := chaos.Parse(f.String())
			if err != nil || parsed != chaos.Fault(f) {
				t.Errorf("seed %d: %v is read as %v, %v", seed, f, parsed, err)
			}
		}
		if len(kinds) < 10 {
			t.Errorf("seed %d: %d kinds of faults: %v", seed, len(kinds), faults)
		}
		if !slices.Equal(faults, schedule(seed, 2, 2*time.Minute, 10*time.Second)) {
			t.Errorf("seed %d draws two schedules", seed)
		}
	}
}

// TestCarried: a plan's faults go to the wire, to the containers in the order of their times, or
// are named with the reason.
func TestCarried(t *testing.T) {
	plan := &chaos.Plan{}
	for _, sentence := range []string{
		"fail before payment: commit of AuthorisePayment{cid/order-9}, attempt 2",
		"restart broker at 12s for 3s",
		"restart database order at 5s for 1s",
		"reorder order: delivery to order of StockReserved{ann/order-1}, attempt 1",
		"pause container order-1 at 1s for 2s",
	} {
		fault, err := chaos.Parse(sentence)
		if err != nil {
			t.Fatal(err)
		}
		plan.Faults = append(plan.Faults, chaos.Sentence{Fault: fault})
	}
	strikes, faults, not := carried(plan, func(f chaos.Fault) error {
		if f.Kind() == chaos.KindReorder {
			return errors.New("not on a wire")
		}
		return nil
	})
	if len(strikes) != 1 || strikes[0].Kind() != chaos.KindFailBefore {
		t.Errorf("on the wire: %v", strikes)
	}
	want := []chaos.ContainerFault{
		chaos.PauseContainer{Target: "order-1", At: time.Second, For: 2 * time.Second},
		chaos.KillContainer{Target: "database", At: 5 * time.Second, Down: time.Second},
		chaos.KillContainer{Target: "broker", At: 12 * time.Second, Down: 3 * time.Second},
	}
	if !slices.Equal(faults, want) {
		t.Errorf("of containers: %v, want %v", faults, want)
	}
	if len(not) != 1 || not[0] != "reorder order: delivery to order of StockReserved{ann/order-1}, attempt 1: not on a wire" {
		t.Errorf("not carried over: %q", not)
	}
}
