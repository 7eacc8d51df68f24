package invariants_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/system/event"
)

// example is a history, and what the judge of one claim must say about it.
type example struct {
	name    string
	history invariants.History
	verdict invariants.Verdict
	facts   int
	says    string // part of the only or first violation
}

const (
	unknown = invariants.Unknown
	pass    = invariants.Pass
	fail    = invariants.Fail
)

// judge shows one invariant its examples. Histories have come to rest unless Pending says
// otherwise. The empty history must be Unknown for every claim.
func judge(t *testing.T, name string, examples []example) {
	t.Helper()
	invariant := find(t, name)
	if f := invariant.Judge(&invariants.History{Converged: true}); f.Verdict != unknown || f.Facts != 0 {
		t.Errorf("%s about nothing: %v after %d facts", name, f.Verdict, f.Facts)
	}
	seen := make(map[invariants.Verdict]bool)
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			seen[e.verdict] = true
			e.history.Converged = e.history.Pending == nil
			f := invariant.Judge(&e.history)
			if f.Invariant != name || f.Verdict != e.verdict || f.Facts != e.facts {
				t.Errorf("%s: %v after %d facts %q, want %v after %d", f.Invariant, f.Verdict, f.Facts, f.Violations, e.verdict, e.facts)
			}
			if (e.verdict == fail) != (len(f.Violations) > 0) {
				t.Fatalf("%v with violations %q", f.Verdict, f.Violations)
			}
			if e.verdict == fail && !strings.Contains(f.Violations[0], e.says) {
				t.Errorf("it says %q, without %q", f.Violations[0], e.says)
			}
		})
	}
	if !seen[pass] || !seen[fail] {
		t.Errorf("%s has no legal or no illegal history", name)
	}
}

func find(t *testing.T, name string) invariants.Invariant {
	t.Helper()
	for _, invariant := range invariants.All() {
		if invariant.Name == name {
			return invariant
		}
	}
	t.Fatalf("there is no invariant %s", name)
	return invariants.Invariant{}
}

func TestVerdict(t *testing.T) {
	var zero invariants.Verdict
	if zero != invariants.Unknown || zero.String() != "unknown" || pass.String() != "pass" || fail.String() != "fail" {
		t.Error("the zero verdict is not unknown, or the verdicts have other names")
	}
	if invariants.Verdict(7).String() != "unknown" {
		t.Error("a verdict that there is not has a name")
	}
}

func TestNames(t *testing.T) {
	var names []string
	for _, invariant := range invariants.All() {
		if invariant.Claim == "" || slices.Contains(names, invariant.Name) {
			t.Errorf("%q: claim %q, or named twice", invariant.Name, invariant.Claim)
		}
		names = append(names, invariant.Name)
	}
	if len(names) != 13 {
		t.Errorf("there are %d invariants: %v", len(names), names)
	}
}

// aShop is the history of three orders at rest: one completed, one cancelled when it had been
// paid, one that found nothing in stock. All claims hold.
func aShop() *invariants.History {
	lines := []event.Line{{SKU: "nut", Quantity: 2, Price: 150}}
	fact := func(service, subject, causation string, payload event.Payload) invariants.Fact {
		return invariants.Fact{Service: service, Subject: subject, Causation: causation, Type: payload.Type(), Payload: payload}
	}
	return &invariants.History{
		Converged: true,
		Shown:     []invariants.Shown{{OrderID: "a", Status: "completed"}, {OrderID: "b", Status: "cancelled"}, {OrderID: "c", Status: "cancelled"}},
		Requests: []invariants.Request{
			{Client: "ann", Key: "1", Attempt: 1, Action: invariants.Place},
			{Client: "ann", Key: "1", Attempt: 2, Action: invariants.Place, OrderID: "a", Answered: true, Status: 202, Body: "a 300"},
			{Client: "bob", Key: "1", Attempt: 1, Action: invariants.Place, OrderID: "b", Answered: true, Status: 202, Body: "b 300"},
			{Client: "bob", Key: "1", Attempt: 1, Action: invariants.Cancel, OrderID: "b", Answered: true, Status: 202, Body: "b"},
			{Client: "cid", Key: "9", Attempt: 1, Action: invariants.Place, OrderID: "c", Answered: true, Status: 202, Body: "c 300"},
		},
		Orders: []invariants.Order{
			{ID: "a", Customer: "ann", Key: "1", Lines: lines, Total: 300, Completed: true},
			{ID: "b", Customer: "bob", Key: "1", Lines: lines, Total: 300, Cancelled: true, Reason: event.ByCustomer},
			{ID: "c", Customer: "cid", Key: "9", Lines: lines, Total: 300, Cancelled: true, Reason: event.OutOfStock},
		},
		Checkouts: []invariants.Checkout{
			{OrderID: "a", Step: "completed", Ended: true}, {OrderID: "b", Step: "cancelled", Ended: true}, {OrderID: "c", Step: "cancelled", Ended: true},
		},
		Facts: []invariants.Fact{
			fact("inventory", "nut", "receipt/1", event.GoodsReceived{SKU: "nut", Quantity: 5}),
			fact("inventory", "a", "m1", event.StockReserved{OrderID: "a", Lines: lines}),
			fact("inventory", "b", "m2", event.StockReserved{OrderID: "b", Lines: lines}),
			fact("inventory", "c", "m3", event.StockRejected{OrderID: "c", SKU: "nut"}),
			fact("inventory", "a", "m4", event.StockCommitted{OrderID: "a"}),
			fact("inventory", "b", "m5", event.StockCommitted{OrderID: "b"}),
			fact("inventory", "b", "m6", event.StockReleased{OrderID: "b"}),
			fact("payment", "b", "m7", event.PaymentStarted{OrderID: "b", Customer: "bob", Amount: 300}),
			fact("payment", "b", "m8", event.VoidRequested{OrderID: "b"}),
			fact("payment", "b", "m8", event.PaymentVoided{OrderID: "b", Refunded: 300}),
		},
		Messages: []invariants.Message{
			{Service: "order", ID: "m1", Type: "ReserveStock", Sent: true, Receivers: []string{"inventory"}},
			{Service: "order", ID: "m2", Type: "ReserveStock", Sent: true, Receivers: []string{"inventory"}},
		},
		Handled: []invariants.Handled{{Service: "inventory", ID: "m1"}, {Service: "inventory", ID: "m2", Dead: true}},
		Views:   []invariants.View{{Service: "order", Key: "a", Row: "completed", Replayed: "completed"}},
		Stock:   []invariants.Stock{{SKU: "nut", OnHand: 3, Reserved: 0}},
		Charges: []invariants.Charge{
			{OrderID: "a", Intent: "p1", Captured: 300},
			{OrderID: "b", Intent: "p2", Captured: 300, Refunded: 300, Refunds: 1},
		},
		Mails: []invariants.Mail{
			{ID: "completed.a", Copies: 1}, {ID: "cancelled.b", Copies: 2}, {ID: "cancelled.c", Copies: 1},
		},
	}
}

func TestJudgeAll(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		findings, verdict := invariants.JudgeAll(aShop())
		if verdict != pass || len(findings) != len(invariants.All()) {
			t.Errorf("%v, %d findings", verdict, len(findings))
		}
		for _, f := range findings {
			if f.Verdict != pass || f.Facts == 0 {
				t.Errorf("%s: %v after %d facts: %q", f.Invariant, f.Verdict, f.Facts, f.Violations)
			}
		}
	})
	t.Run("Fail", func(t *testing.T) {
		h := aShop()
		h.Stock[0].Reserved = 1
		if _, verdict := invariants.JudgeAll(h); verdict != fail {
			t.Errorf("verdict %v of a broken claim", verdict)
		}
	})
	t.Run("FailNotAtRest", func(t *testing.T) {
		h := aShop()
		h.Stock[0].Reserved, h.Converged = 1, false
		if _, verdict := invariants.JudgeAll(h); verdict != fail {
			t.Errorf("verdict %v of a broken claim", verdict)
		}
	})
	t.Run("UnknownNotAtRest", func(t *testing.T) {
		h := aShop()
		h.Converged = false
		findings, verdict := invariants.JudgeAll(h)
		if verdict != unknown {
			t.Errorf("verdict %v of a history that did not converge", verdict)
		}
		for _, f := range findings {
			if f.Verdict == pass {
				t.Errorf("%s passes a history that did not converge", f.Invariant)
			}
		}
	})
	t.Run("UnknownWithoutOrders", func(t *testing.T) {
		h := &invariants.History{Converged: true, Views: aShop().Views}
		if _, verdict := invariants.JudgeAll(h); verdict != unknown {
			t.Errorf("verdict %v of a history in which nobody ordered", verdict)
		}
		h.Views[0].Row = "placed"
		if _, verdict := invariants.JudgeAll(h); verdict != fail {
			t.Errorf("verdict %v of a broken claim without an order", verdict)
		}
	})
	t.Run("UnknownZero", func(t *testing.T) {
		if _, verdict := invariants.JudgeAll(new(invariants.History)); verdict != unknown {
			t.Errorf("verdict %v of no history", verdict)
		}
	})
}
