package wire_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/sim"
)

func plannedSeed(t *testing.T, seed uint64, sentence string) *wire.Book {
	t.Helper()
	fault, err := chaos.Parse(sentence)
	if err != nil {
		t.Fatal(err)
	}
	book := wire.NewBook(seed)
	book.SetStorm(sim.NewPlannedStorm([]chaos.Sentence{{Fault: fault}}))
	return book
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

func readAll(conn net.Conn) ([]byte, error) {
	var all bytes.Buffer
	_, err := io.Copy(&all, conn)
	return all.Bytes(), err
}

// messages are n bytes of PostgreSQL messages that both sides may send: CopyData.
func messages(n int) []byte {
	var all []byte
	for len(all) < n {
		all = append(all, 'd')
		all = binary.BigEndian.AppendUint32(all, 4+1000)
		all = append(all, make([]byte, 1000)...)
	}
	return all
}

// echo is a server that takes a start packet and sends back what follows it.
type echo struct {
	addr string
	got  chan int
	err  chan error
}

func newEcho(t *testing.T) *echo {
	t.Helper()
	return newServer(t, func(conn net.Conn) (int, error) {
		start := make([]byte, 8)
		n, err := io.ReadFull(conn, start)
		if err != nil {
			return n, err
		}
		buffer := make([]byte, 64<<10)
		total := n
		for {
			n, err := conn.Read(buffer)
			total += n
			if err != nil {
				return total, err
			}
			if _, err := conn.Write(buffer[:n]); err != nil {
				rest, _ := io.Copy(io.Discard, conn) // what had come when the connection ended
				return total + int(rest), err
			}
		}
	})
}

// newServer runs serve on each connection; its result is that of the first.
func newServer(t *testing.T, serve func(net.Conn) (int, error)) *echo {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	e := &echo{addr: listener.Addr().String(), got: make(chan int, 100), err: make(chan error, 100)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				n, err := serve(conn)
				e.got <- n
				e.err <- err
			}()
		}
	}()
	return e
}

func (e *echo) result() (int, error) { return <-e.got, <-e.err }
