package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"sync/atomic"

	"github.com/squallhq/squall/chaos"
)

// amqpSession understands one AMQP connection.
type amqpSession struct {
	*session
	up, down *side

	mutex    sync.Mutex // guards what follows, and the channels
	channels map[uint16]*amqpChannel
	awaited  *awaited
}

// awaited is a publish whose confirm a FailAfter waits for.
type awaited struct {
	channel  *amqpChannel
	seq      uint64
	crossing crossing
}

func newAMQPSession(s *session) *amqpSession {
	a := &amqpSession{session: s, channels: map[uint16]*amqpChannel{}}
	maximum := new(atomic.Int64)
	maximum.Store(frameMaxFirst)
	a.up, a.down = newSide(s.up, maximum), newSide(s.down, maximum)
	return a
}

var (
	protocolName   = []byte("AMQP")
	protocolHeader = []byte("AMQP\x00\x00\x09\x01")
)

// greet carries the protocol header. With another version of it, or with TLS, the rest is
// not to be understood.
func (a *amqpSession) greet() (blind bool, err error) {
	first, err := a.up.peek(1)
	if err != nil {
		return false, err
	}
	if first[0] == tlsHandshake {
		a.proxy.stats.encrypted.Add(1)
		return true, nil
	}
	header, err := a.up.peek(len(protocolHeader))
	if err != nil {
		return false, err
	}
	if !bytes.HasPrefix(header, protocolName) {
		return false, &garbage{fmt.Sprintf("an AMQP connection does not begin with %q", header)}
	}
	blind = !bytes.Equal(header, protocolHeader)
	if err := a.up.forward(int64(len(protocolHeader))); err != nil {
		return false, err
	}
	return blind, a.up.flush()
}

// channel returns what is known of a channel.
func (a *amqpSession) channel(number uint16) *amqpChannel {
	ch := a.channels[number]
	if ch == nil {
		ch = newAMQPChannel(number)
		a.channels[number] = ch
	}
	return ch
}

// current says whether a channel is open as far as the proxy knows.
func (a *amqpSession) current(ch *amqpChannel) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.channels[ch.number] == ch && !ch.ended && !a.isDone()
}

// agree sets the size of frames that the client has agreed to; 0 is no limit (AMQP 0-9-1,
// connection.tune-ok).
func (a *amqpSession) agree(c *cursor) {
	c.short()
	maximum := int64(c.long())
	if maximum == 0 {
		maximum = math.MaxInt32
	}
	a.up.maximum.Store(max(maximum-frameOverhead, 0))
}

func (a *amqpSession) cross(what string, o op, allowed chaos.KindSet, request bool) crossing {
	return a.proxy.config.Book.cross(a.proxy.config.Service, what, o, allowed, request)
}

// side is one direction: its frames, and the messages that are under way in it.
type side struct {
	frames

	mutex    sync.Mutex // guards contents; no frame may come between those of a message
	contents map[uint16]*content
}

// content is a message under way: a method, a header, bodies.
type content struct {
	remaining uint64
	header    bool // it has passed
	discard   bool // it goes nowhere
	copying   bool
	copied    [][]byte // its frames
	waiting   [][]byte // frames of ours that must follow it
	after     func() error
}

func newSide(f *flow, maximum *atomic.Int64) *side {
	return &side{frames: frames{flow: f, maximum: maximum}, contents: map[uint16]*content{}}
}

// begin forwards a method that a message follows.
func (s *side) begin(f *amqpFrame, c *content) error {
	s.mutex.Lock()
	s.contents[f.channel] = c
	s.mutex.Unlock()
	return s.part(f, c)
}

// part carries one frame of a message.
func (s *side) part(f *amqpFrame, c *content) error {
	if c.discard {
		return s.drop(f)
	}
	if c.copying {
		if f.raw == nil {
			if err := s.load(f); err != nil {
				return err
			}
		}
		c.copied = append(c.copied, f.raw)
	}
	return s.carry(f)
}

// message carries a header or a body. What belongs to no message is the receiver's to refuse.
func (s *side) message(f *amqpFrame) error {
	s.mutex.Lock()
	c := s.contents[f.channel]
	s.mutex.Unlock()
	if c == nil {
		return s.carry(f)
	}
	if h := headerOf(f); h != nil {
		c.header, c.remaining = true, h.size
	} else {
		c.remaining -= min(c.remaining, uint64(f.size))
	}
	if err := s.part(f, c); err != nil || !c.header || c.remaining > 0 {
		return err
	}
	return s.end(f.channel, c)
}

func headerOf(f *amqpFrame) *contentHeader {
	if f.kind != frameContent {
		return nil
	}
	return parseContentHeader(f)
}

func (s *side) end(channel uint16, c *content) error {
	s.mutex.Lock()
	delete(s.contents, channel)
	waiting := c.waiting
	s.mutex.Unlock()
	for _, raw := range waiting {
		if err := s.write(raw); err != nil {
			return err
		}
	}
	if c.after != nil {
		return c.after()
	}
	return nil
}

// abandon forgets a message that a method on the same channel has cut short.
func (s *side) abandon(channel uint16) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.contents, channel)
}

// inject sends a frame of ours as soon as no message is under way on its channel, if the
// channel is still current. It says whether it has.
func (s *side) inject(channel uint16, raw []byte, current func() bool) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !current() {
		return false
	}
	if c := s.contents[channel]; c != nil {
		c.waiting = append(c.waiting, raw)
		return true
	}
	return s.write(raw) == nil && s.flush() == nil
}

// stopped forwards what was read ahead if the side has ended in order.
func (s *side) stopped(err error, first ...amqpFrame) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.spill(first...)
	}
	return err
}

// parseMethod reads class and method; what follows is left in the cursor.
func parseMethod(f *amqpFrame) (method, *cursor) {
	c := &cursor{b: f.payload()}
	return method{c.short(), c.short()}, c
}
