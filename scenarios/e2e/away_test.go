package e2e_test

import (
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/event"
)

// TestInProcessServersAway lets clients buy while the broker closes its connections, the
// database crashes, and the broker restarts. Two replicas of each service wait, come back,
// and finish everything; and leave nothing running behind.
func TestInProcessServersAway(t *testing.T) {
	s := newShop(t)
	before := runtime.NumGoroutine()
	var replicas []*task
	for _, service := range event.Services() {
		replicas = append(replicas, s.run(service), s.run(service))
	}
	s.stock("book", 1000, 1999)
	for _, trouble := range []struct {
		name, key string
		make      func() error
	}{
		{"the broker closes all connections", "closed", func() error {
			_, err := s.server.Ctl(t.Context(), "close_all_connections", "trouble")
			return err
		}},
		{"the database crashes", "crash", func() error { return servers.SharedPostgres(t).Restart(t.Context(), true) }},
		{"the database restarts", "restart", func() error { return servers.SharedPostgres(t).Restart(t.Context(), false) }},
		{"the broker restarts", "broker", func() error { return s.server.Restart(t.Context(), false) }},
	} {
		s.buyDuring(trouble.name, trouble.key, trouble.make)
	}
	history, facts := s.judge()
	completed := 0
	for _, o := range history.Orders {
		if o.Completed {
			completed++
		}
	}
	t.Logf("%d orders, %d of them completed; %d requests; %d messages", len(history.Orders), completed, len(history.Requests), len(history.Messages))
	if completed == 0 || facts["NothingLost"] == 0 {
		t.Error("nothing was completed")
	}
	for _, r := range replicas {
		s.end(r)
	}
	s.awaitGoroutines(before)
}

// buyDuring lets several clients buy while something goes wrong.
func (s *shop) buyDuring(name, key string, wrong func() error) {
	s.t.Helper()
	began := time.Now()
	var shopping sync.WaitGroup
	for _, customer := range []string{"ann", "bob", "cid"} {
		shopping.Go(func() {
			for i := range 6 {
				p := purchase(customer, keyOf(i)+"-"+key, "book", 1)
				p.Cancels = i == 3
				s.buy(p)
			}
		})
	}
	err := wrong()
	shopping.Wait()
	if errors.Is(err, servers.ErrNotOurs) {
		s.t.Skipf("SKIPPED: %s: %v", name, err)
	}
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	s.t.Logf("%s: %v", name, time.Since(began).Round(time.Millisecond))
}
