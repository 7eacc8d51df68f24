package e2e_test

import (
	"testing"
	"time"

	"github.com/squallhq/squall/scenarios/outside"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/order"
)

// TestKilled kills processes by SIGKILL in the middle of a saga, while the gateway holds a
// call of it, and starts them again. The order completes all the same.
func TestKilled(t *testing.T) {
	for _, c := range []struct {
		name    string
		held    string       // the call during which they are killed
		payment string       // how far the payment is by then, which proves the moment
		fate    outside.Fate // of the call, after its caller is dead
		killed  []string
	}{
		{"payment, while authorising, which has its effect", "authorise", "started", outside.Serve, []string{event.Payment}},
		{"payment, while authorising, which has none", "authorise", "started", outside.FailFirst, []string{event.Payment}},
		{"payment, while capturing, which has its effect", "capture", "authorised", outside.Serve, []string{event.Payment}},
		{"order, while capturing", "capture", "authorised", outside.Serve, []string{event.Order}},
		{"all, while authorising", "authorise", "started", outside.Serve, event.Services()},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t)
			programs := s.startAll()
			s.stock("book", 10, 1999)
			id := order.ID("ann", "order-1")
			met, release := s.hold(c.held, id, c.fate)
			s.buy(purchase("ann", "order-1", "book", 2))
			s.await(met)
			s.shows(event.Payment, "/payments/"+id, `"status":"`+c.payment+`"`)
			s.shows(event.Order, "/orders/"+id, `"status":"placed"`)
			for _, service := range c.killed {
				s.kill(programs[service])
			}
			release()
			for _, service := range c.killed {
				s.start(service)
			}
			history, _ := s.judge()
			if got := outcome(history, id); got != "completed" {
				t.Errorf("the order is %s, not completed", got)
			}
		})
	}
}

// stopMax is within which a process ends in order: deploy.StopMax.
const stopMax = 15 * time.Second

// TestTerminated ends processes by SIGTERM while a handler waits for the gateway. They end
// in order and in time, and their successors finish the saga.
func TestTerminated(t *testing.T) {
	s := newShop(t)
	programs := s.startAll()
	s.stock("book", 10, 1999)
	id := order.ID("ann", "order-1")
	met, release := s.hold("authorise", id, outside.Serve)
	s.buy(purchase("ann", "order-1", "book", 2))
	s.await(met)
	for _, service := range event.Services() {
		if code, took := s.stop(programs[service]); code != 0 || took > stopMax {
			t.Errorf("%s ended with %d after %v:\n%s", service, code, took, programs[service].said())
		}
	}
	release()
	s.startAll()
	history, _ := s.judge()
	if got := outcome(history, id); got != "completed" {
		t.Errorf("the order is %s, not completed", got)
	}
}
