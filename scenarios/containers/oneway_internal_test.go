package containers

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/system/event"
)

// proxied opens a proxy to a server that says that it has no TLS and hangs up.
func proxied(t *testing.T) *wire.Proxy {
	t.Helper()
	server, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := io.ReadFull(conn, make([]byte, 8)); err == nil {
					_, _ = conn.Write([]byte("N"))
					_, _ = io.Copy(io.Discard, conn)
				}
			}()
		}
	}()
	proxy, err := wire.Open(t.Context(), wire.Config{
		Protocol: wire.PostgreSQL, Service: event.Order, Book: wire.NewBook(1),
		Upstream: func(context.Context) (string, error) { return server.Addr().String(), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Close)
	return proxy
}

// TestOneWay: a cut is proven in its direction while it lasts, and mended is proven after it.
func TestOneWay(t *testing.T) {
	proxy := proxied(t)
	s := &shop{proxies: map[string][]*wire.Proxy{event.Order: {proxy}}}
	for fault, direction := range map[chaos.ContainerFault]wire.Direction{
		chaos.CutRequests{Service: event.Order}: wire.ToServer,
		chaos.CutAnswers{Service: event.Order}:  wire.ToClient,
	} {
		t.Run(direction.String(), func(t *testing.T) {
			cut := s.otherInjury(fault)
			if proof, err := cut.ProveBite(t.Context()); err == nil {
				t.Errorf("before the cut: %s", proof)
			}
			if err := errors.Join(cut.SetUp(t.Context()), cut.Inject(t.Context())); err != nil {
				t.Fatal(err)
			}
			if proof, err := cut.ProveBite(t.Context()); err != nil || !strings.Contains(proof, "nothing was carried "+direction.String()) {
				t.Errorf("while cut: %s, %v", proof, err)
			}
			if proof, err := cut.ProveRecovery(t.Context()); err == nil {
				t.Errorf("while cut: %s", proof)
			}
			for range 2 {
				if err := cut.Recover(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if _, err := cut.ProveRecovery(t.Context()); err != nil {
				t.Errorf("mended: %v", err)
			}
		})
	}
	if garbage := proxy.Garbage(); len(garbage) > 0 {
		t.Error(errors.Join(garbage...))
	}
}

func TestOtherInjury(t *testing.T) {
	s := new(shop)
	if other := s.otherInjury(chaos.PauseContainer{Target: brokerContainer}); other != nil {
		t.Errorf("%v is not the proxies'", other)
	}
	if err := s.otherInjury(chaos.CutAnswers{Service: "fridge"}).SetUp(t.Context()); err == nil {
		t.Error("a service that there is not is cut")
	}
}
