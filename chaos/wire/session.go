package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/squallhq/squall/chaos"
)

// errBroken ends a pump whose connection the proxy has broken.
var errBroken = errors.New("wire: the connection was broken here")

// garbage is what is not the protocol.
type garbage struct{ what string }

func (g *garbage) Error() string { return g.what }

// session is one connection: the client's and the one to the server.
type session struct {
	proxy          *Proxy
	client, server net.Conn
	up, down       *flow
	done           chan struct{} // closed when the proxy has broken the connection
	broken         sync.Once
	drained        chan struct{} // closed when both pumps have ended
	failed         [2]error      // how each ended, if not in order
}

// speaker is what understands a protocol. Each pump carries one direction to its end; it
// returns io.EOF for an orderly end.
type speaker interface {
	// greet carries the beginning of the connection; blind if the rest is not to be
	// understood.
	greet() (blind bool, err error)
	pumpUp() error
	pumpDown() error
}

func newSession(p *Proxy, client, server net.Conn) *session {
	s := &session{proxy: p, client: client, server: server, done: make(chan struct{}), drained: make(chan struct{})}
	s.up = newFlow(s, ToServer, client, server)
	s.down = newFlow(s, ToClient, server, client)
	return s
}

func (s *session) speaker() speaker {
	if s.proxy.config.Protocol == PostgreSQL {
		return newPostgresSession(s)
	}
	return newAMQPSession(s)
}

// run carries the session to its end.
func (s *session) run() {
	speaker := s.speaker()
	blind, err := speaker.greet()
	if err != nil {
		s.ended(s.up, err)
		s.finish()
		return
	}
	up, down := speaker.pumpUp, speaker.pumpDown
	if blind {
		up, down = s.up.blindly, s.down.blindly
	}
	var other sync.WaitGroup
	other.Go(func() { s.ended(s.up, up()) })
	s.ended(s.down, down())
	other.Wait()
	s.finish()
}

// ended handles the end of one direction: it forwards an orderly end as one and a reset as
// one, and ends everything for an error of the protocol.
func (s *session) ended(f *flow, err error) {
	_, gone := errors.AsType[*writeError](err)
	switch {
	case s.isDone():
		if f.direction == ToClient {
			s.drain()
		}
	case f.silent.Load(): // nobody is told
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if f.rest() == nil {
			closeWrite(f.dst)
		}
	case gone:
		// The receiver has gone; what it said last is for the other pump to carry.
		s.failed[f.direction] = err
		if f.direction == ToClient {
			s.abort()
		}
	default:
		s.failed[f.direction] = err
		first := s.abort()
		if _, ok := errors.AsType[*garbage](err); ok && first {
			s.proxy.garbled(fmt.Errorf("wire: %s at %s, %s: %w", s.proxy.config.Service, s.client.RemoteAddr(), f.direction, err))
		}
	}
}

func (s *session) isDone() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// finish closes what is left: in order, or by a reset where one end was.
func (s *session) finish() {
	close(s.drained)
	if s.failed[ToServer] != nil || s.failed[ToClient] != nil {
		s.abort()
	}
	_ = s.client.Close() // there is nothing left to lose
	_ = s.server.Close()
}

// abort resets both sides because one has gone or speaks garbage. It says whether it was
// the first to end the connection.
func (s *session) abort() (first bool) {
	s.broken.Do(func() {
		first = true
		close(s.done)
		resetConn(s.client)
		resetConn(s.server)
	})
	return first
}

// reset resets both sides as a fault.
func (s *session) reset() {
	s.broken.Do(func() {
		s.proxy.stats.resets.Add(1)
		close(s.done)
		settle(s.client)
		settle(s.server)
		resetConn(s.client)
		resetConn(s.server)
	})
}

// kill is reset without patience, also for a connection that breakOff has ended.
func (s *session) kill() {
	s.reset()
	resetConn(s.server)
}

// breakOff resets the client's side, and ends the server's in order after everything that
// was sent before.
func (s *session) breakOff() {
	s.broken.Do(func() {
		s.proxy.stats.resets.Add(1)
		close(s.done)
		settle(s.client)
		resetConn(s.client)
		closeWrite(s.server)
		s.proxy.running.Go(s.expire)
	})
}

// drainPatience is how long a server may take to end a connection after us.
const drainPatience = 5 * time.Second

// drain reads what the server still says after breakOff, so that closing does not reset
// what it has not read.
func (s *session) drain() {
	n, _ := io.Copy(io.Discard, s.server) // until it ends, however it does
	s.down.withheld.Add(n)
}

// expire ends a server's side that does not end by itself.
func (s *session) expire() {
	timer := time.NewTimer(drainPatience)
	defer timer.Stop()
	select {
	case <-timer.C:
		resetConn(s.server)
	case <-s.drained:
	}
}

// silence lets nothing pass in a direction any more. Both sides are reset when nobody has
// given up after Config.GiveUp.
func (s *session) silence(f *flow, c crossing) {
	f.silent.Store(true)
	s.proxy.running.Go(func() {
		timer := time.NewTimer(s.proxy.config.GiveUp)
		defer timer.Stop()
		select {
		case <-timer.C:
			s.reset()
		case <-s.drained:
		case <-s.done:
		}
		c.prove(func(p *Proof) { p.Withheld = f.withheld.Load() })
	})
}

// sleep returns after d, or false if the connection is broken meanwhile.
func (s *session) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.done:
		return false
	}
}

// late holds a flow for a Delay.
func (s *session) late(f *flow, c crossing) error {
	if err := f.flush(); err != nil {
		return err
	}
	start := time.Now()
	if !s.sleep(c.by) {
		return errBroken
	}
	late := time.Since(start)
	c.prove(func(p *Proof) { p.Bit, p.Late, p.Text = true, late, "held for "+late.Round(time.Millisecond).String() })
	return nil
}

// failBefore breaks the connection instead of the request.
func (s *session) failBefore(f *flow, c crossing) error {
	if err := f.flush(); err != nil {
		return err
	}
	s.breakOff()
	c.bit("the request was not forwarded, the client's connection was reset")
	return errBroken
}

// crash ends the node of the client while its request is held. It returns nil if the
// request is to go on.
func (s *session) crash(f *flow, c crossing) error {
	if err := f.flush(); err != nil {
		return err
	}
	if !s.endNode(c) {
		return nil
	}
	c.bit("the request was not forwarded, the node was ended")
	if c.fault == chaos.KindLoseMachine {
		s.up.silent.Store(true)
		s.silence(s.down, c)
		return nil
	}
	s.breakOff()
	return errBroken
}

// endNode has the Book's Crasher end the client's node, and says whether it has.
func (s *session) endNode(c crossing) bool {
	c.book.mutex.Lock()
	crasher := c.book.crasher
	c.book.mutex.Unlock()
	err := errors.New("nobody is there any more to end it")
	if crasher != nil {
		err = crasher(c.fired.Fault, s.client.RemoteAddr())
	}
	if err != nil {
		c.prove(func(p *Proof) { p.Text = "the node was not ended: " + err.Error() })
	}
	return err == nil
}

// settlePatience is how long a reset waits for what was forwarded before to arrive.
const settlePatience = 200 * time.Millisecond

// settle waits until the peer's kernel has what was sent to it, so that a reset loses
// nothing that was forwarded.
func settle(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	for end := time.Now().Add(settlePatience); unsent(tcp) > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// resetConn closes a connection with a TCP reset.
func resetConn(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it may be closed already
	}
	_ = conn.Close()
}

func closeWrite(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // if it is gone, there is nobody to tell
	}
}
