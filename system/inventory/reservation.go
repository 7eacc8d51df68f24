package inventory

import "github.com/squallhq/squall/system/event"

// Status is where an order's reservation stands.
type Status string

// The statuses of a reservation.
const (
	None      Status = ""
	Reserved  Status = "reserved"
	Rejected  Status = "rejected"
	Committed Status = "committed"
	Released  Status = "released"
)

// Reservation is the aggregate: the fold of an order's facts.
type Reservation struct {
	View
	Lines []event.Line // what is or was held
}

// View is a reservation's row of the read model.
type View struct {
	OrderID string
	Status  Status
	Units   int64 // held or gone out
	Version int
}

// Apply returns the reservation after one more fact.
func Apply(r Reservation, fact event.Payload) Reservation {
	r.Version++
	switch f := fact.(type) {
	case event.StockReserved:
		r.OrderID, r.Status, r.Lines, r.Units = f.OrderID, Reserved, f.Lines, units(f.Lines)
	case event.StockRejected:
		r.OrderID, r.Status = f.OrderID, Rejected
	case event.StockCommitted:
		r.Status = Committed
	case event.StockReleased:
		r.OrderID, r.Status, r.Units = f.OrderID, Released, 0
	}
	return r
}

func units(lines []event.Line) (n int64) {
	for _, line := range lines {
		n += line.Quantity
	}
	return n
}

// Stream is the name of the stream of an order's reservation.
func Stream(orderID string) string { return "reservation/" + orderID }

// Movement is a change of one article's numbers.
type Movement struct {
	SKU      string
	OnHand   int64
	Reserved int64
}

// Release returns what must change so that a reservation holds and has taken nothing.
func (r Reservation) Release() []Movement {
	switch r.Status {
	case Reserved:
		return movements(r.Lines, 0, -1)
	case Committed:
		return movements(r.Lines, +1, 0)
	default:
		return nil
	}
}

// movements returns one movement for each line: its quantity times the factors.
func movements(lines []event.Line, onHand, reserved int64) []Movement {
	moves := make([]Movement, len(lines))
	for i, line := range lines {
		moves[i] = Movement{line.SKU, onHand * line.Quantity, reserved * line.Quantity}
	}
	return moves
}
