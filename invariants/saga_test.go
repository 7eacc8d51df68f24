package invariants_test

import (
	"testing"

	"github.com/squallhq/squall/invariants"
)

type (
	checkouts = []invariants.Checkout
	mails     = []invariants.Mail
)

// factsAbout writes down facts of these types about order a.
func factsAbout(types ...string) (facts []invariants.Fact) {
	for _, name := range types {
		facts = append(facts, invariants.Fact{Subject: "a", Type: name})
	}
	return facts
}

func TestEverySagaEnds(t *testing.T) {
	judge(t, "EverySagaEnds", []example{
		{
			name: "OK", verdict: pass, facts: 4,
			history: history{
				Checkouts: checkouts{{OrderID: "a", Step: "completed", Ended: true}, {OrderID: "b", Step: "cancelled", Ended: true}},
				Orders:    orders{{ID: "a", Completed: true}, {ID: "b", Cancelled: true}},
			},
		}, {
			name: "ErrStands", verdict: fail, facts: 2, says: "the checkout of a stands at undoing",
			history: history{Checkouts: checkouts{{OrderID: "a", Step: "undoing"}}, Orders: orders{{ID: "a", Cancelled: true}}},
		}, {
			name: "ErrNoEnd", verdict: fail, facts: 2, says: "order a: completed false, cancelled false",
			history: history{Checkouts: checkouts{{OrderID: "a", Step: "completed", Ended: true}}, Orders: orders{{ID: "a"}}},
		}, {
			name: "ErrBothEnds", verdict: fail, facts: 1, says: "order a: completed true, cancelled true",
			history: history{Orders: orders{{ID: "a", Completed: true, Cancelled: true}}},
		}, {
			name: "ErrNeverBegan", verdict: fail, facts: 1, says: "order a: completed false, cancelled false",
			history: history{Orders: orders{{ID: "a"}}},
		}, {
			name: "ErrNotAtRest", verdict: fail, facts: 2, says: "not at rest: order has yet to send m1",
			history: history{Pending: []string{"order has yet to send m1"}, Orders: orders{{ID: "a", Completed: true}}},
		},
	})
}

func TestCompensatedExactlyOnce(t *testing.T) {
	completed, cancelled := orders{{ID: "a", Completed: true}}, orders{{ID: "a", Cancelled: true}}
	judge(t, "CompensatedExactlyOnce", []example{
		{name: "OKCompleted", verdict: pass, facts: 1, history: history{Orders: completed, Facts: factsAbout("StockReserved", "PaymentStarted")}},
		{
			name: "OKCancelled", verdict: pass, facts: 3,
			history: history{
				Orders: cancelled, Facts: factsAbout("StockReserved", "PaymentStarted", "StockReleased", "PaymentVoided"),
				Charges: charges{{OrderID: "a", Captured: 300, Refunded: 300, Refunds: 1}},
			},
		},
		{name: "OKCancelledBeforePayment", verdict: pass, facts: 1, history: history{Orders: cancelled, Facts: factsAbout("StockReserved", "StockReleased")}},
		{name: "UnknownNothingDone", verdict: unknown, facts: 0, history: history{Orders: cancelled, Facts: factsAbout("StockRejected")}},
		{
			name: "ErrNeverReleased", verdict: fail, facts: 1, says: "cancelled order a held stock, and released it 0 times",
			history: history{Orders: cancelled, Facts: factsAbout("StockReserved")},
		}, {
			name: "ErrReleasedTwice", verdict: fail, facts: 1, says: "released it 2 times",
			history: history{Orders: cancelled, Facts: factsAbout("StockReserved", "StockReleased", "StockReleased")},
		}, {
			name: "ErrNeverVoided", verdict: fail, facts: 2, says: "cancelled order a had a payment, and voided it 0 times",
			history: history{Orders: cancelled, Facts: factsAbout("StockReserved", "StockReleased", "PaymentStarted")},
		}, {
			name: "ErrVoidedTwice", verdict: fail, facts: 1, says: "voided it 2 times",
			history: history{Orders: cancelled, Facts: factsAbout("PaymentStarted", "PaymentVoided", "PaymentVoided")},
		}, {
			name: "ErrCompletedReleased", verdict: fail, facts: 1, says: "completed order a: released 1 times, voided 0 times",
			history: history{Orders: completed, Facts: factsAbout("StockReserved", "StockReleased")},
		}, {
			name: "ErrCompletedVoided", verdict: fail, facts: 1, says: "completed order a: released 0 times, voided 1 times",
			history: history{Orders: completed, Facts: factsAbout("PaymentStarted", "PaymentVoided")},
		}, {
			name: "ErrRefundedTwice", verdict: fail, facts: 1, says: "payment p1 was refunded 2 times",
			history: history{Charges: charges{{OrderID: "a", Intent: "p1", Captured: 300, Refunded: 300, Refunds: 2}}},
		},
	})
}

func TestCustomersTold(t *testing.T) {
	both := orders{{ID: "a", Email: "ann@x", Completed: true}, {ID: "b", Email: "bob@x", Cancelled: true}}
	judge(t, "CustomersTold", []example{
		{name: "OK", verdict: pass, facts: 6, history: history{Orders: both, Mails: mails{{ID: "completed.a", To: "ann@x", Copies: 1}, {ID: "cancelled.b", To: "bob@x", Copies: 1}}}},
		{name: "OKCopy", verdict: pass, facts: 6, history: history{Orders: both, Mails: mails{{ID: "completed.a", To: "ann@x", Copies: 3}, {ID: "cancelled.b", To: "bob@x", Copies: 1}}}},
		{name: "OKOpenOrder", verdict: pass, facts: 1, history: history{Orders: orders{{ID: "a"}}}},
		{
			name: "ErrToldSomebodyElse", verdict: fail, facts: 3, says: "mail completed.a went to somebody else",
			history: history{Orders: orders{{ID: "a", Email: "ann@x", Completed: true}}, Mails: mails{{ID: "completed.a", To: "mallory@x", Copies: 1}}},
		}, {
			name: "ErrNotTold", verdict: fail, facts: 4, says: "nobody was told how order b ended",
			history: history{Orders: both, Mails: mails{{ID: "completed.a", To: "ann@x", Copies: 1}}},
		}, {
			name: "ErrToldTheOpposite", verdict: fail, facts: 3, says: "mail cancelled.a tells of something that did not happen",
			history: history{Orders: orders{{ID: "a", Completed: true}}, Mails: mails{{ID: "cancelled.a", Copies: 1}}},
		}, {
			name: "ErrToldTooMuch", verdict: fail, facts: 5, says: "mail completed.x tells",
			history: history{Orders: orders{{ID: "a", Completed: true}}, Mails: mails{{ID: "completed.a"}, {ID: "completed.x"}}},
		}, {
			name: "ErrToldTooEarly", verdict: fail, facts: 3, says: "mail completed.a tells",
			history: history{Orders: orders{{ID: "a"}}, Mails: mails{{ID: "completed.a"}}},
		},
	})
}
