package e2e_test

import (
	"sync"
	"testing"

	"github.com/squallhq/squall/scenarios/outside"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/order"
)

// TestCheckout lets five orders end in their ways, side by side.
func TestCheckout(t *testing.T) {
	s := newShop(t)
	s.startAll()
	s.fiveOrders()
}

// fiveOrders places an order that completes, one that the bank declines, one that the gateway
// refuses for good, one that wants too much, and one that its customer cancels while the
// gateway thinks; and judges.
func (s *shop) fiveOrders() {
	t := s.t
	t.Helper()
	s.stock("book", 10, 1999)
	s.stock("vase", 2, 12_500)
	cancelled := order.ID("eve", "order-4")
	met, release := s.hold("authorise", cancelled, outside.Serve)
	basket := purchase("ann", "order-1", "book", 2)
	basket.Lines = append(basket.Lines, event.Line{SKU: "vase", Quantity: 1})
	var shopping sync.WaitGroup
	for _, p := range []outside.Purchase{
		basket,
		purchase(outside.DeclinedPrefix+"-dan", "order-2", "book", 1),
		purchase("cid", "order-3", "vase", 3),
		purchase(outside.RefusedPrefix+"-fay", "order-5", "book", 1),
	} {
		shopping.Go(func() { s.buy(p) })
	}
	p := purchase("eve", "order-4", "book", 1)
	s.buy(p)
	s.await(met)
	p.Cancels = true
	s.buy(p) // under the same key: the same order again, and then its cancellation
	release()
	shopping.Wait()

	history, facts := s.judge()
	for id, want := range map[string]string{
		order.ID("ann", "order-1"):                         "completed",
		order.ID(outside.DeclinedPrefix+"-dan", "order-2"): string(event.Declined),
		order.ID(outside.RefusedPrefix+"-fay", "order-5"):  string(event.Declined),
		order.ID("cid", "order-3"):                         string(event.OutOfStock),
		cancelled:                                          string(event.ByCustomer),
	} {
		if got := outcome(history, id); got != want {
			t.Errorf("order %s: %s, want %s", id, got, want)
		}
	}
	for name, n := range facts {
		if n == 0 {
			t.Errorf("%s judged nothing", name)
		}
	}
}
