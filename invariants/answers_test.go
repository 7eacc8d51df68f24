package invariants_test

import (
	"testing"

	"github.com/squallhq/squall/invariants"
)

type requests = []invariants.Request

// asked is one attempt of ann's to place an order under key 1.
func asked(attempt int, answer string, status int, orderID string) invariants.Request {
	return invariants.Request{
		Client: "ann", Key: "1", Attempt: attempt, Action: invariants.Place,
		OrderID: orderID, Answered: answer != "", Status: status, Body: answer,
	}
}

func TestSameKeySameAnswer(t *testing.T) {
	placed := orders{{ID: "a", Customer: "ann", Key: "1"}}
	judge(t, "SameKeySameAnswer", []example{
		{
			name: "OK", verdict: pass, facts: 3,
			history: history{Orders: placed, Requests: requests{asked(1, "a 300", 202, "a")}},
		}, {
			name: "OKRepeated", verdict: pass, facts: 4,
			history: history{Orders: placed, Requests: requests{asked(1, "", 0, ""), asked(2, "a 300", 202, "a"), asked(3, "a 300", 202, "a")}},
		}, {
			name: "OKNeverAnswered", verdict: pass, facts: 2,
			history: history{Orders: placed, Requests: requests{asked(1, "", 0, ""), asked(2, "busy", 503, "")}},
		}, {
			name: "OKSameKeyOfAnother", verdict: pass, facts: 4,
			history: history{
				Orders:   orders{{ID: "a", Customer: "ann", Key: "1"}, {ID: "b", Customer: "bob", Key: "1"}},
				Requests: requests{asked(1, "", 0, ""), {Client: "bob", Key: "1", Attempt: 1, Action: invariants.Place}},
			},
		}, {
			name: "OKCancelled", verdict: pass, facts: 3,
			history: history{Orders: placed, Requests: requests{
				asked(1, "a 300", 202, "a"),
				{Client: "ann", Key: "1", Attempt: 1, Action: invariants.Cancel, OrderID: "a", Answered: true, Status: 202, Body: "other"},
			}},
		}, {
			name: "OKRefused", verdict: pass, facts: 1,
			history: history{Requests: requests{asked(1, "", 0, ""), asked(2, "no such article", 422, "")}},
		}, {
			name: "ErrRefusedAndPlaced", verdict: fail, facts: 3, says: "ann was refused under 1 (422), and has order a",
			history: history{Orders: placed, Requests: requests{asked(1, "", 0, ""), asked(2, "key reused", 422, "")}},
		}, {
			name: "ErrOtherAnswer", verdict: fail, facts: 4, says: `ann asked under 1 and got "a 300", then "a 301"`,
			history: history{Orders: placed, Requests: requests{asked(1, "a 300", 202, "a"), asked(2, "a 301", 202, "a")}},
		}, {
			name: "ErrTwoOrders", verdict: fail, facts: 5, says: "ann asked once under 1 and has orders a and b",
			history: history{
				Orders:   orders{{ID: "a", Customer: "ann", Key: "1"}, {ID: "b", Customer: "ann", Key: "1"}},
				Requests: requests{asked(1, "", 0, ""), asked(2, "b 300", 202, "b")},
			},
		}, {
			name: "ErrOtherKey", verdict: fail, facts: 4, says: "order a was placed under 1.2, which ann never used",
			history: history{
				Orders:   orders{{ID: "a", Customer: "ann", Key: "1.2"}},
				Requests: requests{asked(1, "a 300", 202, "a"), asked(2, "a 300", 202, "a")},
			},
		}, {
			name: "ErrPromisedAndForgotten", verdict: fail, facts: 1, says: `ann was told order a under 1, and there is ""`,
			history: history{Requests: requests{asked(1, "a 300", 202, "a")}},
		}, {
			name: "ErrToldAnother", verdict: fail, facts: 3, says: `ann was told order b under 1, and there is "a"`,
			history: history{Orders: placed, Requests: requests{asked(1, "b 300", 202, "b")}},
		},
	})
}

func TestAcceptedCancelsAreKept(t *testing.T) {
	cancel := func(status int) []invariants.Request {
		return []invariants.Request{{Client: "ann", Key: "1", Attempt: 1, Action: invariants.Cancel, OrderID: "a", Answered: status > 0, Status: status}}
	}
	completed, cancelled := orders{{ID: "a", Completed: true}}, orders{{ID: "a", Cancelled: true}}
	judge(t, "AcceptedCancelsAreKept", []example{
		{name: "OK", verdict: pass, facts: 1, history: history{Orders: cancelled, Requests: cancel(202)}},
		{name: "UnknownTooLate", verdict: unknown, facts: 0, history: history{Orders: completed, Requests: cancel(409)}},
		{name: "UnknownNotAnswered", verdict: unknown, facts: 0, history: history{Orders: completed, Requests: cancel(0)}},
		{name: "ErrCompleted", verdict: fail, facts: 1, says: "ann was told that order a is being cancelled", history: history{Orders: completed, Requests: cancel(202)}},
	})
}
