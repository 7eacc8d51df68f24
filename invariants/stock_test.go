package invariants_test

import (
	"testing"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/system/event"
)

type stock = []invariants.Stock

// inventoryFacts writes down facts of the inventory service, in their order.
func inventoryFacts(payloads ...event.Payload) (facts []invariants.Fact) {
	for _, payload := range payloads {
		fact := invariants.Fact{Service: event.Inventory, Type: payload.Type(), Payload: payload}
		switch p := payload.(type) {
		case event.GoodsReceived:
			fact.Subject = p.SKU
		case event.StockReserved:
			fact.Subject = p.OrderID
		case event.StockRejected:
			fact.Subject = p.OrderID
		case event.StockCommitted:
			fact.Subject = p.OrderID
		case event.StockReleased:
			fact.Subject = p.OrderID
		}
		facts = append(facts, fact)
	}
	return facts
}

func TestStockNeverNegative(t *testing.T) {
	judge(t, "StockNeverNegative", []example{
		{name: "OK", verdict: pass, facts: 2, history: history{Stock: stock{{SKU: "nut", OnHand: 5, Reserved: 2}, {SKU: "bolt"}}}},
		{name: "OKAllReserved", verdict: pass, facts: 1, history: history{Stock: stock{{SKU: "nut", OnHand: 5, Reserved: 5}}}},
		{name: "ErrOnHand", verdict: fail, facts: 1, says: "nut: -1 on hand, -1 reserved", history: history{Stock: stock{{SKU: "nut", OnHand: -1, Reserved: -1}}}},
		{name: "ErrReserved", verdict: fail, facts: 1, says: "nut: 5 on hand, -1 reserved", history: history{Stock: stock{{SKU: "nut", OnHand: 5, Reserved: -1}}}},
		{name: "ErrOversold", verdict: fail, facts: 2, says: "nut: 5 on hand, 6 reserved", history: history{Stock: stock{{SKU: "nut", OnHand: 5, Reserved: 6}, {SKU: "bolt"}}}},
	})
}

func TestStockConserved(t *testing.T) {
	lines := []event.Line{{SKU: "nut", Quantity: 2}}
	received := event.GoodsReceived{SKU: "nut", Quantity: 5}
	reserved := event.StockReserved{OrderID: "a", Lines: lines}
	rejected := event.StockRejected{OrderID: "a", SKU: "nut"}
	committed := event.StockCommitted{OrderID: "a"}
	released := event.StockReleased{OrderID: "a"}
	completed := orders{{ID: "a", Lines: lines, Completed: true}}
	cancelled := orders{{ID: "a", Lines: lines, Cancelled: true}}
	judge(t, "StockConserved", []example{
		{
			name: "ErrOnlyTheFirstLineHeld", verdict: fail, facts: 2, says: "order a of [{nut 2 0} {bolt 1 0}] has [{nut 2 0}] reserved",
			history: history{
				Facts:  inventoryFacts(received, reserved),
				Orders: orders{{ID: "a", Lines: []event.Line{{SKU: "nut", Quantity: 2}, {SKU: "bolt", Quantity: 1}}}},
				Stock:  stock{{SKU: "nut", OnHand: 5, Reserved: 2}},
			},
		}, {
			name: "OKHeldForAnOpenOrder", verdict: pass, facts: 2,
			history: history{Facts: inventoryFacts(received, reserved), Orders: orders{{ID: "a", Lines: lines}}, Stock: stock{{SKU: "nut", OnHand: 5, Reserved: 2}}},
		}, {
			name: "OKGone", verdict: pass, facts: 3,
			history: history{Facts: inventoryFacts(received, reserved, committed), Orders: completed, Stock: stock{{SKU: "nut", OnHand: 3}}},
		}, {
			name: "OKReleased", verdict: pass, facts: 3,
			history: history{Facts: inventoryFacts(received, reserved, released), Orders: cancelled, Stock: stock{{SKU: "nut", OnHand: 5}}},
		}, {
			name: "OKTakenBack", verdict: pass, facts: 3,
			history: history{Facts: inventoryFacts(received, reserved, committed, released), Orders: cancelled, Stock: stock{{SKU: "nut", OnHand: 5}}},
		}, {
			name: "OKReleasedBeforeReserved", verdict: pass, facts: 2,
			history: history{Facts: inventoryFacts(received, released), Orders: cancelled, Stock: stock{{SKU: "nut", OnHand: 5}}},
		}, {
			name: "OKRejected", verdict: pass, facts: 2,
			history: history{Facts: inventoryFacts(received, rejected), Orders: cancelled, Stock: stock{{SKU: "nut", OnHand: 5}}},
		}, {
			name: "OKNeverAsked", verdict: pass, facts: 2,
			history: history{Facts: inventoryFacts(received), Orders: cancelled, Stock: stock{{SKU: "nut", OnHand: 5}}},
		}, {
			name: "ErrReleasedTwiceFromTheNumbers", verdict: fail, facts: 3, says: "nut: 5 on hand and -2 reserved, the facts say 5 and 0",
			history: history{Facts: inventoryFacts(received, reserved, released), Orders: cancelled, Stock: stock{{SKU: "nut", OnHand: 5, Reserved: -2}}},
		}, {
			name: "ErrCommittedReleasedAsReserved", verdict: fail, facts: 3, says: "nut: 3 on hand and -2 reserved, the facts say 5 and 0",
			history: history{Facts: inventoryFacts(received, reserved, committed, released), Orders: cancelled, Stock: stock{{SKU: "nut", OnHand: 3, Reserved: -2}}},
		}, {
			name: "ErrRowsInsteadOfUnits", verdict: fail, facts: 1, says: "nut: 5 on hand and 1 reserved, the facts say 5 and 2",
			history: history{Facts: inventoryFacts(received, reserved), Stock: stock{{SKU: "nut", OnHand: 5, Reserved: 1}}},
		}, {
			name: "ErrGoodsLost", verdict: fail, facts: 1, says: "nut: 5 on hand and 0 reserved, the facts say 10 and 0",
			history: history{Facts: inventoryFacts(received, received), Stock: stock{{SKU: "nut", OnHand: 5}}},
		}, {
			name: "ErrCancelledKeepsItsHold", verdict: fail, facts: 3, says: `cancelled order a has its stock in state "StockReserved"`,
			history: history{Facts: inventoryFacts(received, reserved), Orders: cancelled, Stock: stock{{SKU: "nut", OnHand: 5, Reserved: 2}}},
		}, {
			name: "ErrCancelledGoodsGone", verdict: fail, facts: 3, says: `cancelled order a has its stock in state "StockCommitted"`,
			history: history{Facts: inventoryFacts(received, reserved, committed), Orders: cancelled, Stock: stock{{SKU: "nut", OnHand: 3}}},
		}, {
			name: "ErrCompletedNotTaken", verdict: fail, facts: 3, says: `completed order a has its stock in state "StockReserved"`,
			history: history{Facts: inventoryFacts(received, reserved), Orders: completed, Stock: stock{{SKU: "nut", OnHand: 5, Reserved: 2}}},
		}, {
			name: "ErrCompletedNeverAsked", verdict: fail, facts: 2, says: `completed order a has its stock in state ""`,
			history: history{Facts: inventoryFacts(received), Orders: completed, Stock: stock{{SKU: "nut", OnHand: 5}}},
		},
	})
}
