package containers

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

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

func TestCutOneWay(t *testing.T) {
	proxy := proxied(t)
	proxies := []*wire.Proxy{proxy}
	if n := probe(t.Context(), proxies); n != 1 {
		t.Fatalf("%d answers before any cut", n)
	}
	for fault, direction := range map[chaos.ContainerFault]wire.Direction{
		chaos.CutRequests{Service: event.Order, For: 100 * time.Millisecond}: wire.ToServer,
		chaos.CutAnswers{Service: event.Order, For: 100 * time.Millisecond}:  wire.ToClient,
	} {
		t.Run(direction.String(), func(t *testing.T) {
			r := &run{shop: &shop{proxies: map[string][]*wire.Proxy{event.Order: proxies}}}
			record := r.cutOneWay(t.Context(), time.Now(), fault, direction)
			if !record.Happened() || record.Error != "" || record.Recovery == "" || record.Recovered.Sub(record.Proven) < fault.Lasts() {
				t.Errorf("%+v", record)
			}
			if !strings.Contains(record.Proof, "nothing was carried "+direction.String()) {
				t.Errorf("proof %q", record.Proof)
			}
		})
	}
	if garbage := proxy.Garbage(); len(garbage) > 0 {
		t.Error(errors.Join(garbage...))
	}
}

// TestErrNotCut: what is carried is no cut.
func TestErrNotCut(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if proof, err := proveCut(ctx, []*wire.Proxy{proxied(t)}, wire.ToClient); err == nil {
		t.Errorf("without a cut: %s", proof)
	}
}
