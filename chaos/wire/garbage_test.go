package wire_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/sim/conform/servers"
)

var (
	startPostgres = []byte{0, 0, 0, 8, 0, 3, 0, 0}
	startAMQP     = []byte("AMQP\x00\x00\x09\x01")
)

// TestGarbageOfClient: what is not the protocol ends the connection with an error that
// says what was wrong, and reaches no server.
func TestGarbageOfClient(t *testing.T) {
	for _, test := range []struct {
		name     string
		protocol wire.Protocol
		sent     []byte
		want     string
	}{
		{"PostgreSQL/HTTP", wire.PostgreSQL, []byte("GET / HTTP/1.1\r\n\r\n"), "cannot begin with length"},
		{"PostgreSQL/Short", wire.PostgreSQL, []byte{0, 0, 0, 7, 0, 3, 0, 0}, "cannot begin with length 7"},
		{"PostgreSQL/Type", wire.PostgreSQL, slices.Concat(startPostgres, []byte{'!', 0, 0, 0, 4}), "no message of type 0x21"},
		{"PostgreSQL/ServersType", wire.PostgreSQL, slices.Concat(startPostgres, []byte{'Z', 0, 0, 0, 5, 'I'}), "no message of type 0x5a"},
		{"PostgreSQL/LengthTooSmall", wire.PostgreSQL, slices.Concat(startPostgres, []byte{'Q', 0, 0, 0, 3}), "cannot have length 3"},
		{"PostgreSQL/LengthTooLarge", wire.PostgreSQL, slices.Concat(startPostgres, []byte{'Q', 0xff, 0, 0, 0}), "cannot have length"},
		{"AMQP/HTTP", wire.AMQP, []byte("GET / HTTP/1.1\r\n\r\n"), "does not begin with"},
		{"AMQP/Type", wire.AMQP, slices.Concat(startAMQP, []byte{7, 0, 0, 0, 0, 0, 0, 0xCE}), "no frame of type 0x7"},
		{"AMQP/Size", wire.AMQP, slices.Concat(startAMQP, []byte{3, 0, 1, 0xff, 0, 0, 0}), "at most 131072"},
		{"AMQP/End", wire.AMQP, slices.Concat(startAMQP, []byte{3, 0, 1, 0, 0, 0, 1, 'a', 0xCD}), "ends with 0xcd"},
		{"AMQP/EndOfMethod", wire.AMQP, slices.Concat(startAMQP, []byte{1, 0, 1, 0, 0, 0, 4, 0, 10, 0, 11, 0}), "ends with 0x0"},
		{"AMQP/Heartbeat", wire.AMQP, slices.Concat(startAMQP, []byte{8, 0, 0, 0, 0, 0, 1, 0, 0xCE}), "at most 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			silent := newServer(t, func(conn net.Conn) (int, error) {
				n, err := io.Copy(io.Discard, conn)
				return int(n), err
			})
			p := open(t, test.protocol, wire.NewBook(1), silent.addr)
			client := dial(t, p.Addr())
			if _, err := client.Write(test.sent); err != nil {
				t.Fatal(err)
			}
			if _, err := readAll(client); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the client saw %v", err)
			}
			_, _ = silent.result() // the server's side has ended too
			saysOnce(t, p, test.want)
		})
	}
}

func saysOnce(t *testing.T, p *wire.Proxy, want string) {
	t.Helper()
	eventually(t, "the error is noted", func() bool { return len(p.Errors()) > 0 })
	if all := p.Errors(); len(all) != 1 || !strings.Contains(all[0].Error(), want) || !strings.Contains(all[0].Error(), "payment") {
		t.Errorf("errors: %v", all)
	}
	if p.Stats().Failed != 1 {
		t.Errorf("%+v", p.Stats())
	}
}

// TestGarbageOfServer is the same from the other side.
func TestGarbageOfServer(t *testing.T) {
	for _, test := range []struct {
		name        string
		protocol    wire.Protocol
		start, sent []byte
		want        string
	}{
		{"PostgreSQL/HTTP", wire.PostgreSQL, startPostgres, []byte("HTTP/1.1 400 Bad Request\r\n"), "cannot have length"},
		{"PostgreSQL/ClientsType", wire.PostgreSQL, startPostgres, []byte{'Q', 0, 0, 0, 4}, "no message of type 0x51"},
		{"PostgreSQL/Length", wire.PostgreSQL, startPostgres, []byte{'Z', 0, 0, 0, 0}, "cannot have length 0"},
		{"PostgreSQL/Encryption", wire.PostgreSQL, []byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f}, []byte{'!'}, "request for encryption with 0x21"},
		{"AMQP/Type", wire.AMQP, startAMQP, []byte("HTTP/1.1 400 Bad Request\r\n"), "no frame of type 0x48"},
		{"AMQP/Size", wire.AMQP, startAMQP, []byte{1, 0, 0, 0, 0xff, 0, 0}, "at most 131072"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rude := newServer(t, func(conn net.Conn) (int, error) {
				if n, err := io.ReadFull(conn, make([]byte, 8)); err != nil {
					return n, err
				}
				if n, err := conn.Write(test.sent); err != nil {
					return n, err
				}
				n, err := io.Copy(io.Discard, conn)
				return int(n), err
			})
			p := open(t, test.protocol, wire.NewBook(1), rude.addr)
			client := dial(t, p.Addr())
			if _, err := client.Write(test.start); err != nil {
				t.Fatal(err)
			}
			if _, err := readAll(client); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the client saw %v", err)
			}
			_, _ = rude.result()
			saysOnce(t, p, test.want)
		})
	}
}

// TestCutOffFrames: a connection that ends within a frame passes what there is of it.
func TestCutOffFrames(t *testing.T) {
	for _, test := range []struct {
		name     string
		protocol wire.Protocol
		sent     []byte
	}{
		{"PostgreSQL/Start", wire.PostgreSQL, []byte{0, 0, 0}},
		{"PostgreSQL/Header", wire.PostgreSQL, slices.Concat(startPostgres, []byte{'Q', 0})},
		{"PostgreSQL/Body", wire.PostgreSQL, slices.Concat(startPostgres, []byte{'Q', 0, 0, 0, 50, 'S'})},
		{"PostgreSQL/Large", wire.PostgreSQL, slices.Concat(startPostgres, []byte{'d', 0, 1, 0, 0}, make([]byte, 40_000))},
		{"PostgreSQL/Execute", wire.PostgreSQL, slices.Concat(startPostgres, []byte{'E', 0, 0, 0, 9, 0, 0, 0, 0, 0})},
		{"AMQP/Start", wire.AMQP, []byte("AMQP\x00")},
		{"AMQP/Header", wire.AMQP, slices.Concat(startAMQP, []byte{1, 0, 1})},
		{"AMQP/Method", wire.AMQP, slices.Concat(startAMQP, []byte{1, 0, 1, 0, 0, 0, 9, 0, 60})},
		{"AMQP/Body", wire.AMQP, slices.Concat(startAMQP, []byte{3, 0, 1, 0, 0, 0, 9, 0, 60})},
		{"AMQP/PublishAlone", wire.AMQP, slices.Concat(startAMQP, []byte{1, 0, 1, 0, 0, 0, 9, 0, 60, 0, 40, 0, 0, 0, 0, 0, 0xCE})},
		{"AMQP/PublishAndHalf", wire.AMQP, slices.Concat(startAMQP, []byte{1, 0, 1, 0, 0, 0, 9, 0, 60, 0, 40, 0, 0, 0, 0, 0, 0xCE, 2, 0, 1, 0, 0, 0, 14, 0})},
		{"AMQP/LargeMethod", wire.AMQP, slices.Concat(startAMQP, []byte{1, 0, 1, 0, 1, 0, 0}, make([]byte, 40_000))},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := make(chan []byte, 1)
			server := newServer(t, func(conn net.Conn) (int, error) {
				all, err := readAll(conn)
				got <- all
				return len(all), err
			})
			p := open(t, test.protocol, wire.NewBook(1), server.addr)
			client := dial(t, p.Addr())
			if _, err := client.Write(test.sent); err != nil {
				t.Fatal(err)
			}
			_ = client.(*net.TCPConn).CloseWrite()
			if all := <-got; !slices.Equal(all, test.sent) {
				t.Errorf("%d bytes of %d arrived", len(all), len(test.sent))
			}
			if _, err := readAll(client); err != nil {
				t.Errorf("the client saw %v", err)
			}
			if all := p.Errors(); len(all) != 0 {
				t.Errorf("errors: %v", all)
			}
		})
	}
}

// TestGarbageAtRealServers: the real servers are there afterwards, and their refusals pass.
func TestGarbageAtRealServers(t *testing.T) {
	host, _ := hostOf(t, servers.RabbitMQ(t))
	p := open(t, wire.AMQP, wire.NewBook(1), host)
	client := dial(t, p.Addr())
	if _, err := client.Write([]byte("AMQP\x09\x09\x09\x09")); err != nil {
		t.Fatal(err)
	}
	// RabbitMQ's way to close what it refuses resets the connection (rabbit_net:fast_close).
	if got, err := readAll(client); err != nil && !errors.Is(err, syscall.ECONNRESET) || !bytes.Equal(got, startAMQP) {
		t.Errorf("the broker's refusal: %q, %v", got, err)
	}
	host, _ = hostOf(t, servers.Postgres(t))
	p = open(t, wire.PostgreSQL, wire.NewBook(1), host)
	client = dial(t, p.Addr())
	if _, err := client.Write([]byte{0, 0, 0, 9, 0, 3, 0, 0, 0}); err != nil { // no user
		t.Fatal(err)
	}
	if got, err := readAll(client); err != nil || !strings.Contains(string(got), "28000") {
		t.Errorf("the database's refusal: %q, %v", got, err)
	}
	if all := p.Errors(); len(all) != 0 {
		t.Errorf("errors: %v", all)
	}
}

// TestUpstream: a server that is not there is an error; one that has moved is found.
func TestUpstream(t *testing.T) {
	echo := newEcho(t)
	var address atomic.Value
	address.Store("127.0.0.1:1")
	p := openWith(t, wire.Config{
		Protocol: wire.PostgreSQL, Service: "payment", Book: wire.NewBook(1),
		Upstream: func(context.Context) (string, error) {
			if now := address.Load().(string); now != "" {
				return now, nil
			}
			return "", errors.New("no such container")
		},
	}, "")
	for i, want := range []string{"refused", "no such container"} {
		client, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr())
		if err == nil { // the reset may be faster
			_, err = readAll(client)
		}
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the client saw %v", err)
		}
		eventually(t, "the error is noted", func() bool { return len(p.Errors()) == i+1 })
		if err := p.Errors()[i]; !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		address.Store("")
	}
	address.Store(echo.addr)
	client := dial(t, p.Addr())
	if _, err := client.Write(slices.Concat(startPostgres, messages(1000))); err != nil {
		t.Fatal(err)
	}
	if n, err := io.ReadFull(client, make([]byte, 1005)); err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestResetsPass: a reset of one side is one at the other.
func TestResetsPass(t *testing.T) {
	echo := newEcho(t)
	p := open(t, wire.PostgreSQL, wire.NewBook(1), echo.addr)
	client := dial(t, p.Addr())
	if _, err := client.Write(startPostgres); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	_ = client.(*net.TCPConn).SetLinger(0)
	_ = client.Close()
	if _, err := echo.result(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the server saw %v", err)
	}
	rude := newServer(t, func(conn net.Conn) (int, error) {
		n, err := io.ReadFull(conn, make([]byte, 8))
		_ = conn.(*net.TCPConn).SetLinger(0)
		return n, errors.Join(err, conn.Close())
	})
	p = open(t, wire.PostgreSQL, wire.NewBook(1), rude.addr)
	client = dial(t, p.Addr())
	if _, err := client.Write(startPostgres); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(client); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client saw %v", err)
	}
}
