package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/squallhq/squall/scenarios/outside"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/notification"
	"github.com/squallhq/squall/system/order"
)

// TestFates lets calls to the gateway and mails go wrong, each the first time that it is
// tried, and expects the order to end as if nothing had been; but for a decline.
func TestFates(t *testing.T) {
	s := newShop(t)
	s.startAll()
	s.stock("book", 100, 1999)
	cases := []struct {
		what string
		fate outside.Fate
		want string
	}{
		{"authorise", outside.Decline, string(event.Declined)},
		{"authorise", outside.FailFirst, "completed"},
		{"authorise", outside.LoseReply, "completed"},
		{"capture", outside.FailFirst, "completed"},
		{"capture", outside.LoseReply, "completed"},
		{"mail", outside.FailFirst, "completed"},
		{"mail", outside.LoseReply, "completed"},
	}
	planned := make(map[string]outside.Fate)
	for i, c := range cases {
		planned[c.what+"/"+orderOf(i)] = c.fate
	}
	take := func(key string) outside.Fate {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		fate := planned[key]
		delete(planned, key)
		return fate
	}
	s.setFate(func(_ context.Context, call outside.GatewayCall) outside.Fate { return take(call.Key) })
	s.setMailFate(func(mail notification.Mail) outside.Fate {
		_, id, _ := strings.Cut(mail.ID, ".")
		return take("mail/" + id)
	})
	for i := range cases {
		s.buy(purchase("ann", keyOf(i), "book", 1))
	}
	history, _ := s.judge()
	for i, c := range cases {
		if got := outcome(history, orderOf(i)); got != c.want {
			t.Errorf("%s, %d: order is %s, want %s", c.what, c.fate, got, c.want)
		}
	}
	if len(planned) > 0 {
		t.Errorf("these never met their fate: %v", planned)
	}
}

func keyOf(i int) string   { return fmt.Sprintf("order-%d", i+1) }
func orderOf(i int) string { return order.ID("ann", keyOf(i)) }

// TestMailRefused has a mail refused for good: the fact goes to the dead letters, the
// service goes on.
func TestMailRefused(t *testing.T) {
	s := newShop(t)
	s.startAll()
	s.stock("book", 100, 1999)
	s.setMailFate(func(mail notification.Mail) outside.Fate {
		if mail.ID == "completed."+orderOf(0) {
			return outside.RefuseAll
		}
		return outside.Serve
	})
	s.buy(purchase("ann", keyOf(0), "book", 1))
	s.buy(purchase("ann", keyOf(1), "book", 1))
	history := s.rest()
	if !history.Converged {
		t.Fatalf("not at rest: %v", history.Pending)
	}
	if mails := history.Mails; len(mails) != 1 || mails[0].ID != "completed."+orderOf(1) {
		t.Errorf("mails %+v, want one about the second order", mails)
	}
	dead := 0
	for _, m := range history.Handled {
		if m.Dead && m.Service == event.Notification {
			dead++
		}
	}
	if dead != 1 {
		t.Errorf("%d dead letters, want 1", dead)
	}
}
