package invariants

import (
	"slices"

	"github.com/squallhq/squall/system/event"
)

var stockNeverNegative = Invariant{
	Name:  "StockNeverNegative",
	Claim: "no article has less than nothing on hand, or more reserved than it has",
	judge: func(h *History, f *Finding) {
		for _, s := range h.Stock {
			f.fact(s.OnHand >= 0 && s.Reserved >= 0 && s.Reserved <= s.OnHand,
				"%s: %d on hand, %d reserved", s.SKU, s.OnHand, s.Reserved)
		}
	},
}

// stockConserved compares the numbers with what the facts say has come, gone and is held,
// and each order's reservation with how the order ended.
var stockConserved = Invariant{
	Name:  "StockConserved",
	Claim: "what has come in is on hand, held for an order, or gone with a completed one",
	judge: func(h *History, f *Finding) {
		ledger := newLedger(h)
		for _, s := range h.Stock {
			f.fact(s.OnHand == ledger.onHand[s.SKU] && s.Reserved == ledger.reserved[s.SKU],
				"%s: %d on hand and %d reserved, the facts say %d and %d",
				s.SKU, s.OnHand, s.Reserved, ledger.onHand[s.SKU], ledger.reserved[s.SKU])
		}
		for _, order := range h.Orders {
			if lines := ledger.lines[order.ID]; lines != nil {
				f.fact(slices.Equal(lines, order.Lines), "order %s of %v has %v reserved", order.ID, order.Lines, lines)
			}
			switch state := ledger.state[order.ID]; {
			case order.Completed:
				f.fact(state == "StockCommitted", "completed order %s has its stock in state %q", order.ID, state)
			case order.Cancelled:
				f.fact(state == "" || state == "StockRejected" || state == "StockReleased",
					"cancelled order %s has its stock in state %q", order.ID, state)
			}
		}
	},
}

// ledger is the stock as the facts tell it.
type ledger struct {
	onHand, reserved map[string]int64
	state            map[string]string // of each order: its last stock fact
	lines            map[string][]event.Line
}

func newLedger(h *History) *ledger {
	l := &ledger{
		onHand: make(map[string]int64), reserved: make(map[string]int64),
		state: make(map[string]string), lines: make(map[string][]event.Line),
	}
	for _, fact := range h.Facts {
		if fact.Service == event.Inventory {
			l.apply(fact)
		}
	}
	return l
}

// apply needs the facts of one stream in their order.
func (l *ledger) apply(fact Fact) {
	switch p := fact.Payload.(type) {
	case event.GoodsReceived:
		l.onHand[p.SKU] += p.Quantity
		return
	case event.StockReserved:
		l.lines[fact.Subject] = p.Lines
		l.move(fact.Subject, 0, +1)
	case event.StockCommitted:
		l.move(fact.Subject, -1, -1)
	case event.StockReleased:
		switch l.state[fact.Subject] {
		case "StockReserved":
			l.move(fact.Subject, 0, -1)
		case "StockCommitted":
			l.move(fact.Subject, +1, 0)
		}
	}
	l.state[fact.Subject] = fact.Type
}

func (l *ledger) move(order string, onHand, reserved int64) {
	for _, line := range l.lines[order] {
		l.onHand[line.SKU] += onHand * line.Quantity
		l.reserved[line.SKU] += reserved * line.Quantity
	}
}
