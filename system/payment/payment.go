package payment

import "github.com/squallhq/squall/system/event"

// Status is where a payment stands.
type Status string

// The statuses of a payment.
const (
	None       Status = ""
	Started    Status = "started"
	Authorised Status = "authorised"
	Declined   Status = "declined"
	Captured   Status = "captured"
	Voiding    Status = "voiding"
	Voided     Status = "voided"
)

// Payment is the aggregate: the fold of an order's facts.
type Payment struct {
	View
	Intent    string // the gateway's name, empty while not known
	WasHeld   bool   // it has been authorised
	Rejected  bool   // it has been declined
	WasSought bool   // the gateway may have been asked to authorise
}

// View is a payment's row of the read model.
type View struct {
	OrderID  string
	Customer string
	Status   Status
	Amount   event.Cents
	Captured event.Cents
	Refunded event.Cents
	Version  int
}

// Apply returns the payment after one more fact.
func Apply(p Payment, fact event.Payload) Payment {
	p.Version++
	switch f := fact.(type) {
	case event.PaymentStarted:
		p.OrderID, p.Customer, p.Amount, p.Status = f.OrderID, f.Customer, f.Amount, Started
		p.WasSought = true
	case event.PaymentAuthorised:
		p.Status, p.Intent, p.WasHeld = Authorised, f.Intent, true
	case event.PaymentDeclined:
		p.Status, p.Rejected = Declined, true
	case event.PaymentCaptured:
		p.Status, p.Captured = Captured, p.Amount
	case event.VoidRequested:
		p.OrderID, p.Status = f.OrderID, Voiding
	case event.PaymentVoided:
		p.Status, p.Refunded = Voided, f.Refunded
	}
	return p
}

// Stream is the name of the stream of an order's payment.
func Stream(orderID string) string { return "payment/" + orderID }
