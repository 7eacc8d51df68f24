package order

import (
	"github.com/gofrs/uuid/v5"

	"github.com/squallhq/squall/system/event"
)

// Status is what a customer is told of an order.
type Status string

// The statuses of an order.
const (
	Placed          Status = "placed"
	Cancelling      Status = "cancelling"
	StatusCompleted Status = "completed"
	StatusCancelled Status = "cancelled"
)

// View is an order's row of the read model: the fold of its facts.
type View struct {
	OrderID  string
	Customer string
	Key      string // the Idempotency-Key under which it was placed
	Status   Status
	Reason   event.Reason
	Total    event.Cents
	Version  int
}

// Apply returns the view after one more fact of its order.
func Apply(v View, fact event.Payload) View {
	v.Version++
	switch f := fact.(type) {
	case event.OrderPlaced:
		v.OrderID, v.Customer, v.Key, v.Total, v.Status = f.OrderID, f.Customer, f.Key, f.Total, Placed
	case event.CancellationRequested:
		v.Status = Cancelling
	case event.OrderCompleted:
		v.Status = StatusCompleted
	case event.OrderCancelled:
		v.Status, v.Reason = StatusCancelled, f.Reason
	}
	return v
}

// Stream is the name of an order's stream.
func Stream(orderID string) string { return "order/" + orderID }

// idNamespace is the namespace of order ids (RFC 9562, 5.5).
var idNamespace = uuid.Must(uuid.FromString("5d0f6e54-94a3-5b0c-8a6e-3f1c5e0b7a11"))

// ID returns the id of the order that a customer places under an idempotency key: the same
// for the same two, so that a repeated request names the same order.
func ID(customer, key string) string {
	return uuid.NewV5(idNamespace, BusinessKey(customer, key)).String()
}

// BusinessKey is the key that everything done for an order carries: ann/order-7.
func BusinessKey(customer, key string) string { return customer + "/" + key }
