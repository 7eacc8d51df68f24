package chaos_test

import (
	"slices"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
)

// TestWorlds: every kind has a world, and both worlds have kinds of their own.
func TestWorlds(t *testing.T) {
	for _, kind := range chaos.Kinds() {
		if !kind.In(chaos.Simulator) && !kind.In(chaos.Containers) {
			t.Errorf("%v can happen nowhere", kind)
		}
		if kind.In(chaos.Simulator) != slices.Contains(chaos.KindsIn(chaos.Simulator), kind) {
			t.Errorf("KindsIn and In differ about %v", kind)
		}
	}
	for kind, want := range map[chaos.Kind]string{
		chaos.NoFault: "nowhere", chaos.KindReorder: "the simulator and containers",
		chaos.KindRestart: "the simulator and containers", chaos.KindScale: "containers",
	} {
		if got := kind.Worlds().String(); got != want {
			t.Errorf("%v is available in %s, want %s", kind, got, want)
		}
	}
}

// TestContainerFaults: whoever drives containers learns target, time and length from the
// faults alone.
func TestContainerFaults(t *testing.T) {
	for _, c := range []struct {
		sentence  string
		on        string
		at, lasts time.Duration
	}{
		{"restart broker at 1s for 2s", "broker", time.Second, 2 * time.Second},
		{"kill container order-1 at 1s for 2s", "order-1", time.Second, 2 * time.Second},
		{"stop container order-1 at 1s for 2s", "order-1", time.Second, 2 * time.Second},
		{"restart container order-1 at 1s", "order-1", time.Second, 0},
		{"pause container order-1 at 1s for 2s", "order-1", time.Second, 2 * time.Second},
		{"cut off container order-1 at 1s for 2s", "order-1", time.Second, 2 * time.Second},
		{"fill disk of database at 1s for 2s", "database", time.Second, 2 * time.Second},
		{"squeeze memory of database at 1s for 2s", "database", time.Second, 2 * time.Second},
		{"scale order to 3 at 1s for 2s", "order", time.Second, 2 * time.Second},
		{"cut requests of order at 1s for 2s", "order", time.Second, 2 * time.Second},
		{"cut answers to order at 1s for 2s", "order", time.Second, 2 * time.Second},
	} {
		fault, err := chaos.Parse(c.sentence)
		if err != nil {
			t.Fatal(err)
		}
		f, ok := fault.(chaos.ContainerFault)
		if !ok || f.On() != c.on || f.Starts() != c.at || f.Lasts() != c.lasts {
			t.Errorf("%q strikes %v", c.sentence, fault)
		}
	}
}

func TestCarry(t *testing.T) {
	var plan []chaos.Sentence
	for _, sentence := range []string{
		"scale order to 3 at 1s for 2s", "restart broker at 1s for 2s",
		"reorder broker: delivery to order of StockReserved{cid/order-1}, attempt 2",
	} {
		fault, err := chaos.Parse(sentence)
		if err != nil {
			t.Fatal(err)
		}
		plan = append(plan, chaos.Sentence{Fault: fault})
	}
	if carried, left := chaos.Carry(plan, chaos.Simulator); len(carried) != 2 || len(left) != 1 || left[0] != plan[0] {
		t.Errorf("the simulator carries %v, leaves %v", carried, left)
	}
	if carried, left := chaos.Carry(plan, chaos.Containers); len(carried) != 3 || len(left) != 0 {
		t.Errorf("containers carry %v, leave %v", carried, left)
	}
}
