package invariants_test

import (
	"testing"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/system/event"
)

type (
	history = invariants.History
	orders  = []invariants.Order
	charges = []invariants.Charge
)

func TestChargedAtMostOnce(t *testing.T) {
	judge(t, "ChargedAtMostOnce", []example{
		{
			name: "OKTaken", verdict: pass, facts: 3,
			history: history{Orders: orders{{ID: "a", Total: 300}}, Charges: charges{{OrderID: "a", Captured: 300}}},
		}, {
			name: "OKHeldBesideADecline", verdict: pass, facts: 3,
			history: history{Orders: orders{{ID: "a", Total: 300}}, Charges: charges{{OrderID: "a", Declined: true}, {OrderID: "a", Held: 300}}},
		}, {
			name: "OKGivenBack", verdict: pass, facts: 3,
			history: history{Orders: orders{{ID: "a", Total: 300}}, Charges: charges{{OrderID: "a", Captured: 300, Refunded: 300, Refunds: 1}}},
		}, {
			name: "UnknownNotAtRest", verdict: unknown, facts: 3,
			history: history{Pending: []string{"a message"}, Orders: orders{{ID: "a", Total: 300}}, Charges: charges{{OrderID: "a", Captured: 300}}},
		}, {
			name: "ErrTakenTwice", verdict: fail, facts: 6, says: "order a has 2 payments",
			history: history{Orders: orders{{ID: "a", Total: 300}}, Charges: charges{{OrderID: "a", Captured: 300}, {OrderID: "a", Captured: 300}}},
		}, {
			name: "ErrTakenAndHeld", verdict: fail, facts: 6, says: "order a has 2 payments",
			history: history{Orders: orders{{ID: "a", Total: 300}}, Charges: charges{{OrderID: "a", Captured: 300}, {OrderID: "a", Held: 300}}},
		}, {
			name: "ErrSecondGivenBack", verdict: fail, facts: 6, says: "order a has 2 payments",
			history: history{Orders: orders{{ID: "a", Total: 300}}, Charges: charges{{OrderID: "a", Captured: 300, Refunded: 300}, {OrderID: "a", Captured: 300}}},
		}, {
			name: "ErrTooMuchTaken", verdict: fail, facts: 3, says: "order a of 300: 301 taken",
			history: history{Orders: orders{{ID: "a", Total: 300}}, Charges: charges{{OrderID: "a", Captured: 301}}},
		}, {
			name: "ErrTooMuchHeld", verdict: fail, facts: 3, says: "order a of 300: 0 taken, 301 held",
			history: history{Orders: orders{{ID: "a", Total: 300}}, Charges: charges{{OrderID: "a", Held: 301}}},
		}, {
			name: "ErrNobodyOrdered", verdict: fail, facts: 3, says: "payment p1 is for order x, which nobody placed",
			history: history{Orders: orders{{ID: "a", Total: 300}}, Charges: charges{{OrderID: "x", Intent: "p1", Held: 0}}},
		},
	})
}

func TestCancelledOrdersCostNothing(t *testing.T) {
	cancelled := orders{{ID: "a", Total: 300, Cancelled: true}}
	judge(t, "CancelledOrdersCostNothing", []example{
		{name: "OKNeverCharged", verdict: pass, facts: 1, history: history{Orders: cancelled}},
		{name: "OKDeclined", verdict: pass, facts: 1, history: history{Orders: cancelled, Charges: charges{{OrderID: "a", Declined: true}}}},
		{name: "OKGivenUp", verdict: pass, facts: 1, history: history{Orders: cancelled, Charges: charges{{OrderID: "a"}}}},
		{name: "OKGivenBack", verdict: pass, facts: 1, history: history{Orders: cancelled, Charges: charges{{OrderID: "a", Captured: 300, Refunded: 300}}}},
		{name: "UnknownNoneCancelled", verdict: unknown, facts: 0, history: history{Orders: orders{{ID: "a", Completed: true}}, Charges: charges{{OrderID: "a", Captured: 1}}}},
		{
			name: "ErrHeld", verdict: fail, facts: 1, says: "cancelled order a: 300 held, 0 kept",
			history: history{Orders: cancelled, Charges: charges{{OrderID: "a", Held: 300}}},
		}, {
			name: "ErrKept", verdict: fail, facts: 1, says: "cancelled order a: 0 held, 300 kept",
			history: history{Orders: cancelled, Charges: charges{{OrderID: "a", Captured: 300}}},
		}, {
			name: "ErrKeptInPart", verdict: fail, facts: 1, says: "0 held, 1 kept",
			history: history{Orders: cancelled, Charges: charges{{OrderID: "a", Captured: 300, Refunded: 299}}},
		}, {
			name: "ErrGivenBackTooMuch", verdict: fail, facts: 1, says: "0 held, -300 kept",
			history: history{Orders: cancelled, Charges: charges{{OrderID: "a", Captured: 300, Refunded: 600}}},
		}, {
			name: "ErrSecondPaymentHeld", verdict: fail, facts: 1, says: "300 held",
			history: history{Orders: cancelled, Charges: charges{{OrderID: "a"}, {OrderID: "a", Held: 300}}},
		},
	})
}

func TestCompletedOrdersPaidInFull(t *testing.T) {
	lines := []event.Line{{SKU: "nut", Quantity: 2, Price: 100}, {SKU: "bolt", Quantity: 1, Price: 100}}
	completed := orders{{ID: "a", Total: 300, Lines: lines, Completed: true}}
	judge(t, "CompletedOrdersPaidInFull", []example{
		{name: "OK", verdict: pass, facts: 2, history: history{Orders: completed, Charges: charges{{OrderID: "a", Captured: 300}}}},
		{name: "UnknownNoneCompleted", verdict: unknown, facts: 0, history: history{Orders: orders{{ID: "a", Cancelled: true}}}},
		{
			name: "ErrTotalIsNotWhatTheLinesCost", verdict: fail, facts: 2, says: "has the total 200",
			history: history{Orders: orders{{ID: "a", Total: 200, Lines: lines, Completed: true}}, Charges: charges{{OrderID: "a", Captured: 200}}},
		},
		{name: "ErrNotPaid", verdict: fail, facts: 2, says: "completed order a of 300: 0 kept", history: history{Orders: completed}},
		{name: "ErrHeldOnly", verdict: fail, facts: 2, says: "0 kept", history: history{Orders: completed, Charges: charges{{OrderID: "a", Held: 300}}}},
		{name: "ErrPaidByAnother", verdict: fail, facts: 2, says: "0 kept", history: history{Orders: completed, Charges: charges{{OrderID: "b", Captured: 300}}}},
		{name: "ErrGivenBack", verdict: fail, facts: 2, says: "0 kept", history: history{Orders: completed, Charges: charges{{OrderID: "a", Captured: 300, Refunded: 300}}}},
		{name: "ErrTakenTwice", verdict: fail, facts: 2, says: "600 kept", history: history{Orders: completed, Charges: charges{{OrderID: "a", Captured: 300}, {OrderID: "a", Captured: 300}}}},
	})
}
