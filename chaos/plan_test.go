package chaos_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
)

func samplePlan() *chaos.Plan {
	id := chaos.Identity{Where: "payment", What: "commit", Op: "CapturePayment{ann/order-7}", N: 1}
	return &chaos.Plan{
		Version: chaos.PlanVersion, Scenario: "checkout", Seed: 0xfedc_ba98_7654_3210, Commit: "abc", Go: "go1.26",
		Workload: json.RawMessage(`{"articles":null}`),
		Swarm:    map[string]int64{"replicas": 2},
		Faults: []chaos.Sentence{
			{Fault: chaos.LoseReply{At: id}},
			{Fault: chaos.Kill{At: id, Down: 1500 * time.Millisecond}},
			{Fault: chaos.Restart{Server: "broker", At: 12 * time.Second, Down: time.Second}},
		},
		Found: &chaos.Found{Invariant: "HandledOnce", Message: "twice & more <than> once", TraceHash: "00ff"},
	}
}

func TestPlanRoundTrip(t *testing.T) {
	plan := samplePlan()
	text, err := plan.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"seed": "0xfedcba9876543210"`, `"twice & more <than> once"`,
		`"kill node at payment: commit of CapturePayment{ann/order-7}, attempt 1 for 1.5s"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	read, err := chaos.DecodePlan(text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := read.Encode()
	if err != nil || !bytes.Equal(again, text) {
		t.Errorf("written again it is\n%s\n%v, was\n%s", again, err, text)
	}
	read.Workload, plan.Workload = nil, nil
	if !reflect.DeepEqual(read, plan) {
		t.Errorf("read %+v, wrote %+v", read, plan)
	}
}

// TestPlanByHand: what people write is read too.
func TestPlanByHand(t *testing.T) {
	plan, err := chaos.DecodePlan([]byte(`{"version": 1, "scenario": "checkout", "seed": "17",
		"workload": {}, "swarm": {}, "faults": ["restart broker at 1m for 0.5s"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if zero, err := chaos.DecodePlan([]byte(`{"version": 1, "scenario": "checkout", "seed": "0"}`)); err != nil || zero.Seed != 0 {
		t.Errorf("read %+v, %v", zero, err)
	}
	if plan.Seed != 17 || len(plan.Faults) != 1 || plan.Faults[0].String() != "restart broker at 1m0s for 500ms" {
		t.Errorf("read %+v", plan)
	}
}

func TestDecodePlanErrors(t *testing.T) {
	for name, bad := range map[string]struct{ text, want string }{
		"ErrNotJSON":       {"seed 7", "not a plan: invalid character"},
		"ErrEmpty":         {"", "not a plan: unexpected end"},
		"ErrCut":           {`{"version": 1, "scen`, "not a plan: unexpected end"},
		"ErrNotObject":     {`[1, 2]`, "not a plan: json: cannot unmarshal array"},
		"ErrForeign":       {`{"name": "squall", "dependencies": {}}`, "not a plan: it has no version"},
		"ErrForeignText":   {`{"version": "1.2.3"}`, "not a plan: json: cannot unmarshal string"},
		"ErrNewer":         {`{"version": 2}`, "plan version 2: this program reads versions 1 to 1"},
		"ErrVersionZero":   {`{"version": 0}`, "plan version 0: this program reads"},
		"ErrUnknownField":  {`{"version": 1, "scenario": "checkout", "fautls": []}`, `unknown field "fautls"`},
		"ErrNoScenario":    {`{"version": 1, "seed": "0x1"}`, "no scenario is named"},
		"ErrNoSeed":        {`{"version": 1, "scenario": "checkout"}`, "no seed is named"},
		"ErrSeedNull":      {`{"version": 1, "scenario": "checkout", "seed": null}`, "no seed is named"},
		"ErrSeed":          {`{"version": 1, "scenario": "checkout", "seed": "many"}`, `seed "many" is not a number of 64 bits`},
		"ErrSeedTooLarge":  {`{"version": 1, "scenario": "checkout", "seed": "0x10000000000000000"}`, "is not a number of 64 bits"},
		"ErrSeedNumber":    {`{"version": 1, "scenario": "checkout", "seed": 7}`, "seed"},
		"ErrFault":         {`{"version": 1, "scenario": "checkout", "faults": ["melt broker"]}`, `fault "melt broker": no fault begins like this`},
		"ErrFaultIdentity": {`{"version": 1, "scenario": "checkout", "faults": ["duplicate x"]}`, "no `service: ` at its start"},
		"ErrSwarm":         {`{"version": 1, "scenario": "checkout", "swarm": {"pool": "two"}}`, "cannot unmarshal string"},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := chaos.DecodePlan([]byte(bad.text))
			if err == nil {
				t.Fatalf("read %+v", plan)
			}
			if !strings.Contains(err.Error(), bad.want) {
				t.Errorf("the error is %q, without %q", err, bad.want)
			}
		})
	}
}

func TestReadPlan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.json")
	t.Run("ErrMissing", func(t *testing.T) {
		if _, err := chaos.ReadPlan(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("ErrForeign", func(t *testing.T) {
		if err := os.WriteFile(path, []byte(`{"version": 9}`), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := chaos.ReadPlan(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("OK", func(t *testing.T) {
		text, err := samplePlan().Encode()
		if err == nil {
			err = os.WriteFile(path, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if plan, err := chaos.ReadPlan(path); err != nil || len(plan.Faults) != 3 {
			t.Errorf("read %+v, %v", plan, err)
		}
	})
}
