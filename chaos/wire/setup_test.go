package wire_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/conform/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

// The simulator's storms are the wire's.
var (
	_ wire.Storm = (*sim.PlannedStorm)(nil)
	_ wire.Storm = (*sim.DrawnStorm)(nil)
)

// open returns a proxy of the service payment before a server, and checks at the end of the
// test that nothing is left of it.
func open(t testing.TB, protocol wire.Protocol, book *wire.Book, server string) *wire.Proxy {
	t.Helper()
	return openWith(t, wire.Config{Protocol: protocol, Service: "payment", Book: book, GiveUp: 2 * time.Second}, server)
}

func openWith(t testing.TB, config wire.Config, server string) *wire.Proxy {
	t.Helper()
	if config.Upstream == nil {
		config.Upstream = func(context.Context) (string, error) { return server, nil }
	}
	p, err := wire.Open(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	opened.Add(1)
	t.Cleanup(func() {
		p.Close()
		if opened.Add(-1) > 0 {
			return
		}
		if left := ours(); left != "" {
			t.Errorf("goroutines are left after Close:\n%s", left)
		}
	})
	return p
}

// opened counts the proxies that are open: only when none is, nothing may be left.
var opened atomic.Int64

// ours returns the stacks of goroutines that run this package's code, without the tests'.
func ours() string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var left []string
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "squall/chaos/wire.(") {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}

// planned returns a book whose storm strikes where the sentences say.
func planned(t testing.TB, sentences ...string) *wire.Book {
	t.Helper()
	var faults []chaos.Sentence
	for _, sentence := range sentences {
		fault, err := chaos.Parse(sentence)
		if err != nil {
			t.Fatal(err)
		}
		if err := wire.Carries(fault); err != nil {
			t.Fatal(err)
		}
		faults = append(faults, chaos.Sentence{Fault: fault})
	}
	book := wire.NewBook(1)
	book.SetStorm(sim.NewPlannedStorm(faults))
	return book
}

// fired returns the one fault that has fired, when it has bitten.
func fired(t *testing.T, book *wire.Book) wire.Fired {
	t.Helper()
	var all []wire.Fired
	eventually(t, "a fault bites", func() bool {
		all = book.Fired()
		return len(all) == 1 && all[0].Proof.Bit
	})
	return all[0]
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not come about that %s", what)
		}
	}
}

// hostOf splits a URL into the server's address and a function that puts another in its place.
func hostOf(t testing.TB, address string) (host string, through func(host string) string) {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host, func(host string) string {
		other := *parsed
		other.Host = host
		return other.String()
	}
}

// tee passes connections on and records what they carry.
type tee struct {
	listener net.Listener
	target   string
	accepted chan *recording // of the inner tee: its connections in order
	inner    *tee            // of the outer tee: whose connections belong to its own

	mutex sync.Mutex
	pairs [][2]*recording
	conns sync.WaitGroup
}

// recording is what one connection carried, by direction.
type recording struct {
	mutex   sync.Mutex
	carried [2]bytes.Buffer
	ended   [2]error
}

// newTee listens before target.
func newTee(t testing.TB, target string, inner *tee) *tee {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &tee{listener: listener, target: target, accepted: make(chan *recording, 1), inner: inner}
	t.Cleanup(func() { _ = listener.Close() })
	go e.accept()
	return e
}

func (e *tee) accept() {
	for {
		conn, err := e.listener.Accept()
		if err != nil {
			return
		}
		target, err := new(net.Dialer).DialContext(context.Background(), "tcp", e.target)
		if err != nil {
			_ = conn.Close()
			continue
		}
		r := new(recording)
		if e.inner == nil {
			e.accepted <- r
		} else {
			e.mutex.Lock()
			e.pairs = append(e.pairs, [2]*recording{r, <-e.inner.accepted})
			e.mutex.Unlock()
		}
		e.conns.Go(func() { r.carry(0, conn, target) })
		e.conns.Go(func() { r.carry(1, target, conn) })
	}
}

func (r *recording) carry(direction int, from, to net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		r.mutex.Lock()
		r.carried[direction].Write(buffer[:n])
		r.mutex.Unlock()
		if _, failed := to.Write(buffer[:n]); err == nil {
			err = failed
		}
		if err != nil {
			r.ended[direction] = err
			_ = to.(*net.TCPConn).CloseWrite()
			return
		}
	}
}

// throughTees puts a tee before and one behind a proxy, and returns the address to dial and
// the comparison of all that was carried, to be called when all connections are closed.
func throughTees(t testing.TB, protocol wire.Protocol, book *wire.Book, server string) (address string, compare func()) {
	t.Helper()
	inner := newTee(t, server, nil)
	p := open(t, protocol, book, inner.listener.Addr().String())
	outer := newTee(t, p.Addr(), inner)
	return outer.listener.Addr().String(), func() {
		t.Helper()
		outer.conns.Wait()
		inner.conns.Wait()
		outer.compare(t)
		for _, err := range p.Errors() {
			t.Error(err)
		}
	}
}

func (e *tee) compare(t testing.TB) {
	t.Helper()
	total := [2]int{}
	for i, pair := range e.pairs {
		for d, direction := range []string{"to server", "to client"} {
			before, behind := pair[0].carried[d].Bytes(), pair[1].carried[d].Bytes()
			total[d] += len(before)
			if !bytes.Equal(before, behind) {
				t.Errorf("connection %d, %s: %d bytes at the client, %d at the server, the first difference at %d", i, direction,
					len(before), len(behind), difference(before, behind))
			}
			if ended := pair[0].ended[d]; ended != io.EOF { //nolint:errorlint // Read returns it unwrapped
				t.Errorf("connection %d, %s: ended with %v", i, direction, ended)
			}
		}
	}
	if total[0] == 0 || total[1] == 0 {
		t.Error("nothing was carried")
	}
	t.Logf("%d connections, %d bytes to the server and %d bytes to the client: identical", len(e.pairs), total[0], total[1])
}

func difference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func seenOf(book *wire.Book, what string) wire.Seen {
	for _, seen := range book.Seen() {
		if seen.What == what {
			return seen
		}
	}
	return wire.Seen{}
}

func report(book *wire.Book) string {
	var text strings.Builder
	for _, s := range book.Seen() {
		fmt.Fprintf(&text, "%s: %s: %d keyed, %d not\n", s.Where, s.What, s.Keyed, s.Unkeyed)
	}
	return text.String()
}
