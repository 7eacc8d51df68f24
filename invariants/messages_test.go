package invariants_test

import (
	"testing"

	"github.com/squallhq/squall/invariants"
)

type (
	messages = []invariants.Message
	handled  = []invariants.Handled
	facts    = []invariants.Fact
	views    = []invariants.View
)

func TestNothingLost(t *testing.T) {
	sent := invariants.Message{Service: "order", ID: "m1", Type: "OrderCompleted", Sent: true, Receivers: []string{"notification", "report"}}
	judge(t, "NothingLost", []example{
		{
			name: "OK", verdict: pass, facts: 3,
			history: history{Messages: messages{sent}, Handled: handled{{Service: "notification", ID: "m1"}, {Service: "report", ID: "m1"}}},
		}, {
			name: "OKPutAside", verdict: pass, facts: 3,
			history: history{Messages: messages{sent}, Handled: handled{{Service: "notification", ID: "m1"}, {Service: "report", ID: "m1", Dead: true}}},
		}, {
			name: "OKForNobody", verdict: pass, facts: 1,
			history: history{Messages: messages{{Service: "order", ID: "m2", Sent: true}}},
		}, {
			name: "ErrNotSent", verdict: fail, facts: 1, says: "order has not sent OrderPlaced m2",
			history: history{Messages: messages{{Service: "order", Type: "OrderPlaced", ID: "m2"}}},
		}, {
			name: "ErrNeverArrived", verdict: fail, facts: 3, says: "OrderCompleted of order never reached notification: m1",
			history: history{Messages: messages{sent}, Handled: handled{{Service: "report", ID: "m1"}}},
		}, {
			name: "ErrArrivedElsewhere", verdict: fail, facts: 3, says: "never reached report: m1",
			history: history{Messages: messages{sent}, Handled: handled{{Service: "notification", ID: "m1"}, {Service: "order", ID: "m1"}, {Service: "report", ID: "m2"}}},
		},
	})
}

func TestHandledOnce(t *testing.T) {
	judge(t, "HandledOnce", []example{
		{
			name: "OK", verdict: pass, facts: 2,
			history: history{Facts: facts{
				{Service: "payment", Causation: "m1", Type: "PaymentStarted"}, {Service: "payment", Causation: "m1", Type: "PaymentAuthorised"},
			}},
		}, {
			name: "OKInTwoServices", verdict: pass, facts: 2,
			history: history{Facts: facts{{Service: "payment", Causation: "m1", Type: "Noted"}, {Service: "order", Causation: "m1", Type: "Noted"}}},
		}, {
			name: "OKOfTwoMessages", verdict: pass, facts: 2,
			history: history{Facts: facts{{Service: "payment", Causation: "m1", Type: "Noted"}, {Service: "payment", Causation: "m2", Type: "Noted"}}},
		}, {
			name: "UnknownWithoutCause", verdict: unknown, facts: 0,
			history: history{Facts: facts{{Service: "payment", Type: "Noted"}, {Service: "payment", Type: "Noted"}}},
		}, {
			name: "ErrTwice", verdict: fail, facts: 2, says: "notification recorded CustomerNotified 2 times because of m1",
			history: history{Facts: facts{
				{Service: "notification", Causation: "m1", Type: "CustomerNotified"}, {Service: "notification", Causation: "m1", Type: "CustomerNotified"},
			}},
		}, {
			name: "ErrTwiceWithOthersBetween", verdict: fail, facts: 3, says: "payment recorded Noted 2 times because of m1",
			history: history{Facts: facts{
				{Service: "payment", Causation: "m1", Type: "Noted"}, {Service: "payment", Causation: "m2", Type: "Noted"}, {Service: "payment", Causation: "m1", Type: "Noted"},
			}},
		},
	})
}

func TestProjectionsEqualReplay(t *testing.T) {
	judge(t, "ProjectionsEqualReplay", []example{
		{name: "OK", verdict: pass, facts: 2, history: history{Views: views{{Key: "a", Row: "placed", Replayed: "placed"}, {Key: "b", Row: "x", Replayed: "x"}}}},
		{
			name: "ErrStale", verdict: fail, facts: 2, says: `order shows a as "placed", its facts say "completed"`,
			history: history{Views: views{{Service: "order", Key: "a", Row: "placed", Replayed: "completed"}, {Service: "order", Key: "b", Row: "x", Replayed: "x"}}},
		}, {
			name: "ErrNoRow", verdict: fail, facts: 1, says: `order shows a as "", its facts say "placed"`,
			history: history{Views: views{{Service: "order", Key: "a", Replayed: "placed"}}},
		}, {
			name: "ErrNoFacts", verdict: fail, facts: 1, says: `order shows a as "placed", its facts say ""`,
			history: history{Views: views{{Service: "order", Key: "a", Row: "placed"}}},
		}, {
			name: "ErrShownOtherwise", verdict: fail, facts: 1, says: `order a is shown as "cancelled": completed true`,
			history: history{Orders: orders{{ID: "a", Completed: true}}, Shown: []invariants.Shown{{OrderID: "a", Status: "cancelled"}}},
		}, {
			name: "ErrNotShown", verdict: fail, facts: 1, says: `order a is shown as "": completed true`,
			history: history{Orders: orders{{ID: "a", Completed: true}}},
		},
	})
}
