package invariants

import "github.com/squallhq/squall/system/event"

// chargedAtMostOnce judges the gateway's ledger: however often a request was repeated, one
// order has one payment.
var chargedAtMostOnce = Invariant{
	Name:  "ChargedAtMostOnce",
	Claim: "for one order money is held or taken once at most, and never more than its total",
	judge: func(h *History, f *Finding) {
		totals := make(map[string]event.Cents)
		for _, order := range h.Orders {
			totals[order.ID] = order.Total
		}
		payments := make(map[string]int)
		for _, c := range h.Charges {
			if c.Declined {
				continue
			}
			payments[c.OrderID]++
			f.fact(payments[c.OrderID] == 1, "order %s has %d payments at the gateway", c.OrderID, payments[c.OrderID])
			total, known := totals[c.OrderID]
			f.fact(known, "payment %s is for order %s, which nobody placed", c.Intent, c.OrderID)
			f.fact(c.Captured <= total && c.Held <= total, "order %s of %d: %d taken, %d held", c.OrderID, total, c.Captured, c.Held)
		}
	},
}

var cancelledOrdersCostNothing = Invariant{
	Name:  "CancelledOrdersCostNothing",
	Claim: "of a cancelled order nothing is held and nothing kept",
	judge: func(h *History, f *Finding) {
		for _, order := range h.Orders {
			if !order.Cancelled {
				continue
			}
			held, net := paid(h, order.ID)
			f.fact(held == 0 && net == 0, "cancelled order %s: %d held, %d kept", order.ID, held, net)
		}
	},
}

var completedOrdersPaidInFull = Invariant{
	Name:  "CompletedOrdersPaidInFull",
	Claim: "for a completed order exactly what its lines cost is kept",
	judge: func(h *History, f *Finding) {
		for _, order := range h.Orders {
			if !order.Completed {
				continue
			}
			_, net := paid(h, order.ID)
			f.fact(net == order.Total, "completed order %s of %d: %d kept", order.ID, order.Total, net)
			f.fact(order.Total == worth(order.Lines), "order %s of %v has the total %d", order.ID, order.Lines, order.Total)
		}
	},
}

// worth is what lines cost, reckoned apart from the services.
func worth(lines []event.Line) (sum event.Cents) {
	for _, line := range lines {
		for range line.Quantity {
			sum += line.Price
		}
	}
	return sum
}

func paid(h *History, orderID string) (held, net event.Cents) {
	for _, c := range h.Charges {
		if c.OrderID == orderID {
			held += c.Held
			net += c.Net()
		}
	}
	return held, net
}
