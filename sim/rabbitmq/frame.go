package rabbitmq

import (
	"time"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/port"
)

// frame is what a client sends.
type frame interface {
	// act lets the broker handle the frame.
	act(s *Server)
	// reply is the latency of the answer.
	reply() time.Duration
}

// lastFrame acts, and then the connection breaks before anything comes back.
type lastFrame struct {
	frame
	conn *sim.Conn
}

func (f lastFrame) act(s *Server) {
	f.frame.act(s)
	f.conn.Break(lan)
}

// openFrame is channel.open and confirm.select.
type openFrame struct {
	ch      *clientChannel
	latency time.Duration
}

func (f openFrame) reply() time.Duration { return f.latency }

func (f openFrame) act(s *Server) {
	f.ch.peer = s.broker.openChannel(f.ch.connection.session, f.ch.number)
	f.ch.peer.client = f.ch
	s.broker.answer(f.ch.peer)
}

// publishFrame is basic.publish with its content.
type publishFrame struct {
	ch      *clientChannel
	arrival arrival
}

func (f *publishFrame) reply() time.Duration { return lan }

func (f *publishFrame) act(s *Server) {
	session, m := f.ch.connection.session, f.arrival.message
	t := s.world.Trace()
	t.Begin(s.world.Now(), "publish")
	t.String(session.name)
	t.String(m.exchange)
	t.String(m.key)
	t.String(m.props.MessageID)
	t.Bytes(m.body)
	s.broker.publish(f.ch.peer, &f.arrival)
	s.broker.block(session)
}

// settleFrame is basic.ack, nack or reject.
type settleFrame struct {
	ch         *clientChannel
	settlement port.Settlement
}

func (f settleFrame) reply() time.Duration { return lan }

func (f settleFrame) act(s *Server) {
	t := s.world.Trace()
	t.Begin(s.world.Now(), "settle")
	t.String(f.ch.connection.session.name)
	t.Int(int64(f.settlement.Tag))
	t.Int(int64(f.settlement.Verdict))
	s.broker.settle(f.ch.peer, f.settlement)
}

// methodFrame is a synchronous method.
type methodFrame struct {
	ch      *clientChannel
	method  port.Method
	latency time.Duration
}

func (f methodFrame) reply() time.Duration { return f.latency }

func (f methodFrame) act(s *Server) {
	unsupported := s.broker.do(f.ch.peer, f.method)
	if unsupported == nil {
		return
	}
	s.unsupported(unsupported)
	f.ch.refused = unsupported
	s.broker.answer(f.ch.peer)
}

// closeFrame is channel.close. The channel may be one that never opened.
type closeFrame struct{ ch *clientChannel }

func (f closeFrame) reply() time.Duration { return lan }

func (f closeFrame) act(s *Server) {
	if f.ch.peer == nil {
		return
	}
	s.broker.endChannel(f.ch.peer)
	s.broker.answer(f.ch.peer)
}

// goodbyeFrame is connection.close.
type goodbyeFrame struct {
	c       *connection
	latency time.Duration
}

func (f goodbyeFrame) reply() time.Duration { return f.latency }

func (f goodbyeFrame) act(s *Server) {
	c := f.c
	s.note("connection closed", c.session.name)
	c.session.closing = true
	s.broker.endSession(c.session, nil)
	c.conn.Send(sim.ToClient, f.latency, c.answered)
}

// lossFrame is the end of the connection, which arrives after all that was sent.
type lossFrame struct{ session *session }

func (f lossFrame) reply() time.Duration { return lan }

func (f lossFrame) act(s *Server) {
	s.note("connection lost", f.session.name)
	s.broker.endSession(f.session, nil)
}
