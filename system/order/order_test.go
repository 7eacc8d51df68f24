package order_test

import (
	"testing"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/order"
)

// An order's id is what makes a repeated request harmless: it must never change.
func TestID(t *testing.T) {
	for _, c := range []struct{ customer, key, want string }{
		{"ann", "order-7", "6bbe2891-6f2c-5b10-ac29-b103a71ea5be"},
		{"ann", "order-8", "80dd39c0-8c3f-5491-a2e2-33cac85442e0"},
		{"bob", "order-7", "d4b83591-3efd-52db-ad31-24f50fcf8d18"},
	} {
		t.Run(order.BusinessKey(c.customer, c.key), func(t *testing.T) {
			if got := order.ID(c.customer, c.key); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	if got := order.BusinessKey("ann", "order-7"); got != "ann/order-7" {
		t.Errorf("business key %s", got)
	}
	if got := order.Stream("7"); got != "order/7" {
		t.Errorf("stream %s", got)
	}
}

func TestApply(t *testing.T) {
	placed := order.View{OrderID: "7", Customer: "ann", Key: "order-7", Status: order.Placed, Total: 700, Version: 1}
	after := func(version int, status order.Status, reason event.Reason) order.View {
		v := placed
		v.Version, v.Status, v.Reason = version, status, reason
		return v
	}
	wish := event.CancellationRequested{OrderID: "7"}
	for _, c := range []struct {
		name  string
		facts []event.Payload
		want  order.View
	}{
		{"Nothing", nil, order.View{}},
		{"Placed", []event.Payload{aPlaced()}, placed},
		{"Cancelling", []event.Payload{aPlaced(), wish}, after(2, order.Cancelling, "")},
		{"Completed", []event.Payload{aPlaced(), event.OrderCompleted{OrderID: "7", Total: 700}}, after(2, order.StatusCompleted, "")},
		{"Cancelled", []event.Payload{aPlaced(), event.OrderCancelled{OrderID: "7", Reason: event.OutOfStock}},
			after(2, order.StatusCancelled, event.OutOfStock)},
		{"CancelledAsWished", []event.Payload{aPlaced(), wish, event.OrderCancelled{OrderID: "7", Reason: event.ByCustomer}},
			after(3, order.StatusCancelled, event.ByCustomer)},
		{"ForeignFactCounts", []event.Payload{aPlaced(), event.StockReleased{OrderID: "7"}}, after(2, order.Placed, "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			var v order.View
			for _, fact := range c.facts {
				v = order.Apply(v, fact)
			}
			if v != c.want {
				t.Errorf("%+v, want %+v", v, c.want)
			}
		})
	}
}
