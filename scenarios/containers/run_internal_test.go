package containers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios"
	"github.com/squallhq/squall/scenarios/outside"
)

// TestNoCrashAfterTheStorm: a crossing that was struck before the end of the storm and gets to its
// crash after it ends nobody.
func TestNoCrashAfterTheStorm(t *testing.T) {
	r := &run{shop: &shop{book: wire.NewBook(1)}}
	r.endCrashes()
	if err := r.crashAt(t.Context(), chaos.Kill{Down: time.Second}, &net.TCPAddr{}); err == nil || err.Error() != "the storm is over" {
		t.Errorf("a crash after the storm: %v", err)
	}
}

// TestPlanIsKept: what a plan asked for and did not happen is in the plan that a run keeps.
func TestPlanIsKept(t *testing.T) {
	missed := chaos.Sentence{Fault: chaos.PauseContainer{Target: brokerContainer, At: time.Second, For: time.Second}}
	r := &run{Config: Config{
		Seed: 1, Rate: 1, Duration: 30 * time.Second, Every: 10 * time.Second, Replicas: 2, Dir: t.TempDir(),
	}}
	if err := r.prepare(); err != nil {
		t.Fatal(err)
	}
	r.shop, r.load = &shop{book: wire.NewBook(1)}, &load{begun: time.Now()}
	given := r.plan()
	given.Faults = []chaos.Sentence{missed}
	r.Plan = given
	if err := r.save(&invariants.History{}); err != nil {
		t.Fatal(err)
	}
	kept, err := chaos.ReadPlan(filepath.Join(r.Dir, reports.PlanFile))
	if err != nil || !slices.Equal(kept.Faults, given.Faults) {
		t.Errorf("kept %v, %v; want %v", kept, err, given.Faults)
	}
}

// TestNotSet names what the services have otherwise.
func TestNotSet(t *testing.T) {
	swarm := scenarios.PlainSwarm(2)
	if got := notSet(swarm, 2); len(got) > 0 {
		t.Errorf("nothing differs: %q", got)
	}
	delete(swarm, "requests") // as in plans from before there was a limit
	if got := notSet(swarm, 2); len(got) > 0 {
		t.Errorf("not wanted: %q", got)
	}
	workers := swarm["workers"]
	swarm["workers"] = workers + 1
	if got, want := notSet(swarm, 2), []string{fmt.Sprintf("workers is %d, not %d", workers, workers+1)}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// openDoor answers nothing.
type openDoor struct{}

func (openDoor) Do(context.Context, *http.Request) (outside.Answer, error) {
	return outside.Answer{}, nil
}

// TestOffered counts customers, not their attempts.
func TestOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &load{begun: time.Now()}
		for range 4 {
			time.Sleep(time.Second)
			door := &firstDoor{Door: openDoor{}, load: l}
			for range 3 {
				_, _ = door.Do(t.Context(), nil)
			}
		}
		if got := l.offered(); got != 1 {
			t.Errorf("%v a second", got)
		}
	})
}
