package rabbitmq

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/squallhq/squall/system/port"
)

// token is what the broker sent on a channel, without contents.
type token struct {
	kind     tokenKind
	consumer string           // deliver, cancelled, cancelOK
	tag      uint64           // deliver, confirm
	multiple bool             // confirm: all up to tag
	outcome  port.Outcome     // confirm
	closed   *port.CloseError // closed: nil in order
	reached  chan struct{}    // marker: closed by the pump
}

type tokenKind int

const (
	tokenDeliver tokenKind = iota
	tokenReturn
	tokenConfirm
	tokenCancelled // by the broker
	tokenCancelOK
	tokenClosed
	tokenMarker
)

// tap is a net.Conn that notes what the broker sends before the library reads it.
type tap struct {
	net.Conn
	frames    frameReader
	heartbeat atomic.Int64      // of the connection, once it is known
	events    *fifo[port.Event] // of the connection

	mutex   sync.Mutex
	opening *fifo[token]            // of the channel that is being opened
	streams map[uint16]*fifo[token] // of open channels
	ended   bool
	closed  *port.CloseError // why it ended; nil in order
}

func newTap(conn net.Conn) *tap {
	return &tap{Conn: conn, events: newFifo[port.Event](), streams: map[uint16]*fifo[token]{}}
}

// Read is called by the library's reader only.
func (t *tap) Read(p []byte) (int, error) {
	if beat := time.Duration(t.heartbeat.Load()); beat > 0 {
		_ = t.Conn.SetReadDeadline(time.Now().Add(2 * beat))
	}
	n, err := t.Conn.Read(p)
	t.frames.feed(p[:n], t.frame)
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = errors.New("the broker is silent for two heartbeats")
		}
		t.fail(err)
	}
	return n, err
}

// Write ends the connection when it fails: what of a frame is on its way is not known.
func (t *tap) Write(p []byte) (int, error) {
	n, err := t.Conn.Write(p)
	if err != nil {
		t.cut(err)
	}
	return n, err
}

// Close is called by the library at the end of the connection, however that came.
func (t *tap) Close() error {
	t.end(&port.CloseError{Text: "closed by this side", Connection: true})
	return t.Conn.Close()
}

// SetReadDeadline leaves the deadline to Read.
func (t *tap) SetReadDeadline(time.Time) error { return nil }

// SetDeadline leaves the deadlines to Read and to the contexts of callers.
func (t *tap) SetDeadline(time.Time) error { return nil }

// fail ends the connection for an error of the transport.
func (t *tap) fail(cause error) {
	t.end(&port.CloseError{Text: cause.Error(), Connection: true})
}

// cut ends the transport at once.
func (t *tap) cut(cause error) {
	t.fail(cause)
	_ = t.Conn.Close()
}

// expect makes tokens the stream of the channel that is opened next. The error says why the
// connection has ended, when it has: the library learns of it later than the tap.
func (t *tap) expect(tokens *fifo[token]) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.ended {
		return t.reason()
	}
	t.opening = tokens
	return nil
}

// end closes the connection's events and every channel's stream. Only the first counts.
func (t *tap) end(reason *port.CloseError) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.ended {
		return
	}
	t.ended, t.closed = true, reason
	for _, tokens := range t.streams {
		tokens.put(token{kind: tokenClosed, closed: reason})
	}
	if t.opening != nil {
		t.opening.put(token{kind: tokenClosed, closed: reason})
	}
	t.streams, t.opening = nil, nil
	t.events.put(port.Closed{Err: reason})
}

// endError says why the connection has ended; nil when it has not.
func (t *tap) endError() error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if !t.ended {
		return nil
	}
	return t.reason()
}

// reason needs the mutex.
func (t *tap) reason() error {
	if t.closed == nil {
		return port.ErrClosed
	}
	return t.closed
}

// Methods by class and number (AMQP 0-9-1 and RabbitMQ's extensions of it).
const (
	connectionClose     = 10<<16 | 50
	connectionCloseOK   = 10<<16 | 51
	connectionBlocked   = 10<<16 | 60
	connectionUnblocked = 10<<16 | 61
	channelOpenOK       = 20<<16 | 11
	channelClose        = 20<<16 | 40
	channelCloseOK      = 20<<16 | 41
	basicCancel         = 60<<16 | 30
	basicCancelOK       = 60<<16 | 31
	basicReturn         = 60<<16 | 50
	basicDeliver        = 60<<16 | 60
	basicAck            = 60<<16 | 80
	basicNack           = 60<<16 | 120
)

// frame notes one method.
func (t *tap) frame(channel uint16, method uint32, args *arguments) {
	switch method {
	case connectionClose:
		t.end(&port.CloseError{Code: int(args.uint16()), Text: args.shortText(), Connection: true})
	case connectionCloseOK:
		t.end(nil)
	case connectionBlocked:
		t.events.put(port.Blocked{Reason: args.shortText()})
	case connectionUnblocked:
		t.events.put(port.Unblocked{})
	case channelOpenOK:
		t.opened(channel)
	case channelClose:
		t.close(channel, &port.CloseError{Code: int(args.uint16()), Text: args.shortText()})
	case channelCloseOK:
		t.close(channel, nil)
	default:
		if noted, found := basicToken(method, args); found {
			t.put(channel, noted)
		}
	}
}

func basicToken(method uint32, args *arguments) (token, bool) {
	switch method {
	case basicDeliver:
		return token{kind: tokenDeliver, consumer: args.shortText(), tag: args.uint64()}, true
	case basicReturn:
		return token{kind: tokenReturn}, true
	case basicAck:
		return token{kind: tokenConfirm, outcome: port.Done, tag: args.uint64(), multiple: args.bit0()}, true
	case basicNack:
		return token{kind: tokenConfirm, outcome: port.NotDone, tag: args.uint64(), multiple: args.bit0()}, true
	case basicCancel:
		return token{kind: tokenCancelled, consumer: args.shortText()}, true
	case basicCancelOK:
		return token{kind: tokenCancelOK, consumer: args.shortText()}, true
	default:
		return token{}, false
	}
}

func (t *tap) opened(channel uint16) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.opening != nil {
		t.streams[channel], t.opening = t.opening, nil
	}
}

func (t *tap) put(channel uint16, noted token) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if tokens, found := t.streams[channel]; found {
		tokens.put(noted)
	}
}

// close ends a channel's stream. The number may be given to another channel next.
func (t *tap) close(channel uint16, reason *port.CloseError) {
	t.put(channel, token{kind: tokenClosed, closed: reason})
	t.mutex.Lock()
	defer t.mutex.Unlock()
	delete(t.streams, channel)
}

// frameReader finds the methods in a stream of frames (AMQP 0-9-1, 2.3.5): type,
// channel and size, then the payload and an end octet.
type frameReader struct {
	head    [7]byte
	have    int    // octets of head
	left    int    // octets of payload and end still to come
	payload []byte // of a method
}

const frameMethod = 1

func (r *frameReader) feed(p []byte, method func(channel uint16, method uint32, args *arguments)) {
	for len(p) > 0 {
		if r.have < len(r.head) {
			n := copy(r.head[r.have:], p)
			r.have, p = r.have+n, p[n:]
			if r.have == len(r.head) {
				r.left = int(binary.BigEndian.Uint32(r.head[3:])) + 1
				r.payload = r.payload[:0]
			}
			continue
		}
		n := min(r.left, len(p))
		if r.head[0] == frameMethod {
			r.payload = append(r.payload, p[:n]...)
		}
		r.left, p = r.left-n, p[n:]
		if r.left == 0 {
			r.have = 0
			r.emit(method)
		}
	}
}

func (r *frameReader) emit(method func(channel uint16, method uint32, args *arguments)) {
	if r.head[0] == frameMethod && len(r.payload) > 4 {
		method(binary.BigEndian.Uint16(r.head[1:]), binary.BigEndian.Uint32(r.payload), &arguments{rest: r.payload[4 : len(r.payload)-1]})
	}
}

// arguments reads a method's. What is missing reads as zero: the library refuses such
// a frame.
type arguments struct{ rest []byte }

func (a *arguments) take(n int) []byte {
	if len(a.rest) < n {
		a.rest = nil
		return make([]byte, n)
	}
	taken := a.rest[:n]
	a.rest = a.rest[n:]
	return taken
}

func (a *arguments) bit0() bool        { return a.take(1)[0]&1 == 1 }
func (a *arguments) uint16() uint16    { return binary.BigEndian.Uint16(a.take(2)) }
func (a *arguments) uint64() uint64    { return binary.BigEndian.Uint64(a.take(8)) }
func (a *arguments) shortText() string { return string(a.take(int(a.take(1)[0]))) }
