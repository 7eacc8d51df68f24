package scenarios_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/scenarios"
	"github.com/squallhq/squall/scenarios/outside"
	"github.com/squallhq/squall/system/event"
)

// onePurchase is a workload of one customer who buys two nuts.
func onePurchase() scenarios.Workload {
	return scenarios.Workload{
		Articles:  []scenarios.Article{{SKU: "nut", Quantity: 5, Price: 150}},
		Purchases: []outside.Purchase{{Key: "order-1", Customer: "ann", Lines: []event.Line{{SKU: "nut", Quantity: 2}}}},
	}
}

// planOf is a plan of the workload with faults.
func planOf(t *testing.T, w scenarios.Workload, sentences ...string) *chaos.Plan {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	plan := &chaos.Plan{Version: chaos.PlanVersion, Scenario: "checkout", Seed: 1, Workload: text, Swarm: scenarios.PlainSwarm(2)}
	for _, sentence := range sentences {
		fault, err := chaos.Parse(sentence)
		if err != nil {
			t.Fatal(err)
		}
		plan.Faults = append(plan.Faults, chaos.Sentence{Fault: fault})
	}
	return plan
}

// TestClientsKilled: the kill of the clients' node begins their work over, not the storm. A
// restart that has happened does not happen again.
func TestClientsKilled(t *testing.T) {
	w := onePurchase()
	w.Purchases[0].After = 4 * time.Second
	plan := planOf(t, w, "restart broker at 3s for 500ms",
		"kill node at client: POST /orders of PlaceOrder{ann/order-1}, attempt 1 for 500ms")
	result := replay(t, newKit(), plan)
	if result.Verdict != invariants.Pass || result.Err != nil || !slices.Equal(result.Plan.Faults, plan.Faults) {
		t.Errorf("%v, %v: these happened: %v", result.Verdict, result.Err, result.Plan.Faults)
	}
}

// TestPlannedTwice: what a plan lists twice happens once, and the second one is missed.
func TestPlannedTwice(t *testing.T) {
	const strike, restart = "fail before order: commit of PlaceOrder{ann/order-1}, attempt 1", "restart broker at 3s for 500ms"
	w := onePurchase()
	w.Purchases[0].After = 4 * time.Second
	result := replay(t, newKit(), planOf(t, w, strike, restart, strike, restart))
	var missed []string
	for _, fault := range result.Missed {
		missed = append(missed, fault.String())
	}
	if !slices.Equal(missed, []string{strike, restart}) || len(result.Plan.Faults) != 2 {
		t.Errorf("missed %q, and these happened: %v", missed, result.Plan.Faults)
	}
}

// TestRepeats: a client who asks again after the answer is part of the history.
func TestRepeats(t *testing.T) {
	w := onePurchase()
	once := factsOf(t, w, "SameKeySameAnswer")
	w.Purchases[0].Repeats, w.Purchases[0].RepeatAfter = 2, 100*time.Millisecond
	if twice := factsOf(t, w, "SameKeySameAnswer"); twice != once+2 {
		t.Errorf("%d facts with two repeats, %d without", twice, once)
	}
}

func factsOf(t *testing.T, w scenarios.Workload, invariant string) int {
	t.Helper()
	result := replay(t, newKit(), planOf(t, w))
	if result.Verdict != invariants.Pass {
		t.Fatalf("%v, %v", result.Verdict, result.Err)
	}
	at := slices.IndexFunc(result.Findings, func(f invariants.Finding) bool { return f.Invariant == invariant })
	return result.Findings[at].Facts
}

func TestWorkloadCheck(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		if err := onePurchase().Check(); err != nil {
			t.Error(err)
		}
	})
	cases := map[string]struct {
		spoil func(*scenarios.Workload, *outside.Purchase)
		want  string
	}{
		"ErrNobody":       {func(w *scenarios.Workload, _ *outside.Purchase) { w.Purchases = nil }, "nobody purchases"},
		"ErrNothing":      {func(w *scenarios.Workload, _ *outside.Purchase) { w.Articles = nil }, "no article on sale"},
		"ErrNoGoods":      {func(w *scenarios.Workload, _ *outside.Purchase) { w.Articles[0].Quantity = 0 }, `article "nut": quantity is 0`},
		"ErrPrice":        {func(w *scenarios.Workload, _ *outside.Purchase) { w.Articles[0].Price = -1 }, `article "nut": price_cents is -1`},
		"ErrSKU":          {func(w *scenarios.Workload, _ *outside.Purchase) { w.Articles[0].SKU = "a nut" }, `sku "a nut" is not of`},
		"ErrArticleTwice": {func(w *scenarios.Workload, _ *outside.Purchase) { w.Articles = append(w.Articles, w.Articles[0]) }, `article "nut": it is there twice`},
		"ErrKeyTwice":     {func(w *scenarios.Workload, p *outside.Purchase) { w.Purchases = append(w.Purchases, *p) }, `purchase "ann/order-1": it is there twice`},
		"ErrQuantity":     {func(_ *scenarios.Workload, p *outside.Purchase) { p.Lines[0].Quantity = -5 }, `purchase "ann/order-1": quantity of nut is -5, not from 1 to 10000`},
		"ErrUnknownSKU":   {func(_ *scenarios.Workload, p *outside.Purchase) { p.Lines[0].SKU = "bolt" }, `there is no article "bolt"`},
		"ErrLineTwice":    {func(_ *scenarios.Workload, p *outside.Purchase) { p.Lines = append(p.Lines, p.Lines[0]) }, `article "nut" stands in two lines`},
		"ErrNoLine":       {func(_ *scenarios.Workload, p *outside.Purchase) { p.Lines = nil }, "number of lines is 0"},
		"ErrCustomer":     {func(_ *scenarios.Workload, p *outside.Purchase) { p.Customer = "" }, `customer "" is not of`},
		"ErrKey":          {func(_ *scenarios.Workload, p *outside.Purchase) { p.Key = strings.Repeat("k", 65) }, "key "},
		"ErrNeverComes":   {func(_ *scenarios.Workload, p *outside.Purchase) { p.After = 1e18 }, "after is 1000000000000000000, not from 0"},
		"ErrCameBefore":   {func(_ *scenarios.Workload, p *outside.Purchase) { p.After = -1 }, "after is -1"},
		"ErrCancelBefore": {func(_ *scenarios.Workload, p *outside.Purchase) { p.CancelAfter = -1 }, "cancel_after is -1"},
		"ErrRepeats":      {func(_ *scenarios.Workload, p *outside.Purchase) { p.Repeats = 11 }, "repeats is 11"},
		"ErrRepeatBefore": {func(_ *scenarios.Workload, p *outside.Purchase) { p.RepeatAfter = -1 }, "repeat_after is -1"},
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		c := cases[name]
		t.Run(name, func(t *testing.T) {
			w := onePurchase()
			c.spoil(&w, &w.Purchases[0])
			if err := w.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}
