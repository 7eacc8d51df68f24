package rabbitmq

import (
	"context"
	"slices"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/port"
)

// Open returns the broker as the client node's current life sees it.
func (s *Server) Open(client *sim.Node) port.Broker {
	return &clientBroker{server: s, node: client}
}

type clientBroker struct {
	server *Server
	node   *sim.Node
}

// Connect dials and shakes hands. While the broker boots its port refuses connections.
func (c *clientBroker) Connect(ctx context.Context, name string) (port.Connection, error) {
	s := c.server
	if t := s.world.Current(); t != nil && t.Node() != c.node {
		return nil, ErrNotOnNode
	}
	conn, err := s.world.Dial(ctx, s.node)
	if err != nil {
		return nil, err
	}
	if !s.listening {
		conn.Close(c.node)
		return nil, &sim.DialError{Server: s.node.Name, Cause: "connection refused"}
	}
	return shakeHands(ctx, s, conn, name)
}

// connection is the client's end of a connection.
type connection struct {
	server   *Server
	world    *sim.World
	node     *sim.Node
	conn     *sim.Conn
	session  *session
	events   inbox
	channels []*clientChannel
	numbers  int
	closed   *port.CloseError // why the connection has ended
	ended    bool
	waiting  *sim.Task // for the answer to opening or closing
	ready    bool      // the broker has answered
	unread   int       // frames that the broker has not read
	writers  []*sim.Task
}

// shakeHands opens an AMQP connection: in effect one request and one answer.
func shakeHands(ctx context.Context, s *Server, conn *sim.Conn, name string) (port.Connection, error) {
	conn.Keepalive = 2 * heartbeat
	c := &connection{server: s, world: s.world, node: conn.Client(), conn: conn}
	c.events.world = s.world
	c.session = &session{name: name, node: c.node.Name, service: c.node.Service, conn: conn, client: c}
	conn.ClientLost = func() { c.end(networkEnd("connection lost")) }
	conn.ServerLost = func() { s.receive(c.session, lossFrame{c.session}) }
	conn.Send(sim.ToServer, lan, func() {
		s.input(func() { s.broker.openSession(c.session) })
		conn.Send(sim.ToClient, lan, c.answered)
	})
	if err := c.await(ctx, &c.waiting); err != nil {
		conn.Close(c.node)
		return nil, err
	}
	if c.ended {
		return nil, &sim.DialError{Server: s.node.Name, Cause: c.closed.Text}
	}
	return c, nil
}

func (c *connection) answered() {
	c.ready = true
	if c.waiting != nil {
		c.waiting.Wake()
	}
}

// await waits until the broker has answered or the connection has ended.
func (c *connection) await(ctx context.Context, waiting **sim.Task) error {
	for !c.ready && !c.ended {
		*waiting = c.world.Current()
		err := c.world.Park(ctx)
		*waiting = nil
		if err != nil {
			return err
		}
	}
	return nil
}

// OpenChannel opens a channel in confirm mode: a round trip.
func (c *connection) OpenChannel(ctx context.Context) (port.Channel, error) {
	crossing, err := c.world.Cross(ctx, "open channel", chaos.Fates)
	if err != nil {
		return nil, err
	}
	if c.ended {
		return nil, c.reason()
	}
	c.numbers++
	ch := newClientChannel(c, c.numbers)
	c.channels = append(c.channels, ch)
	c.carry(&crossing, openFrame{ch, crossing.Latency(purposeReply)})
	if _, err := ch.await(ctx); err != nil {
		return nil, err
	}
	return ch, nil
}

// carry sends a frame to the broker as the crossing's fate demands.
func (c *connection) carry(crossing *sim.Crossing, f frame) {
	latency := crossing.Latency(purposeRequest) + crossing.By
	switch crossing.Fault {
	case chaos.KindFailBefore:
		c.conn.Break(latency)
		return
	case chaos.KindFailAfter:
		f = lastFrame{f, c.conn}
	case chaos.KindLoseReply:
		c.conn.Silence(sim.ToClient)
	case chaos.KindDisconnect:
		if crossing.Draw(purposeArrives)&1 == 1 {
			c.send(latency, f)
		}
		c.conn.Break(latency)
		return
	}
	c.send(latency, f)
}

func (c *connection) send(latency time.Duration, f frame) {
	s, session := c.server, c.session
	c.unread++
	c.conn.Send(sim.ToServer, latency, func() { s.receive(session, f) })
}

// unreadMax is how many frames fit into the client's buffer and the sockets while the
// broker does not read; about what the real client keeps.
const unreadMax = 1024

// room waits until there is room for one more frame. On an error nothing was sent.
func (c *connection) room(ctx context.Context) error {
	for c.unread >= unreadMax {
		if c.ended {
			return c.reason()
		}
		t := c.world.Current()
		c.writers = append(c.writers, t)
		err := c.world.Park(ctx)
		c.writers = slices.DeleteFunc(c.writers, func(other *sim.Task) bool { return other == t })
		if err != nil {
			return &port.NotDoneError{Err: err}
		}
	}
	return nil
}

// read notes that the broker has read a frame.
func (c *connection) read() {
	if c.unread--; c.unread < unreadMax {
		c.wakeWriters()
	}
}

func (c *connection) wakeWriters() {
	for _, t := range c.writers {
		t.Wake()
	}
}

// receive handles what the broker says about the connection.
func (c *connection) receive(event port.Event) {
	if closed, isClosed := event.(port.Closed); isClosed {
		c.end(closed.Err)
		c.conn.Close(c.node)
		return
	}
	c.events.put(event)
}

// end ends the connection and its channels at the client.
func (c *connection) end(why *port.CloseError) {
	if c.ended {
		return
	}
	c.ended, c.closed = true, why
	for _, ch := range slices.Clone(c.channels) {
		ch.end(why)
	}
	c.channels = nil
	c.wakeWriters()
	c.events.put(port.Closed{Err: why})
	if c.waiting != nil {
		c.waiting.Wake()
	}
}

// reason is the error of calls after the end.
func (c *connection) reason() error {
	if c.closed != nil {
		return c.closed
	}
	return port.ErrClosed
}

// Next blocks for Blocked, Unblocked and Closed.
func (c *connection) Next(ctx context.Context) (port.Event, error) { return c.events.next(ctx) }

// Close ends the connection in order. If ctx ends before the broker has answered, the
// connection is dropped, which has the same effect at the broker.
func (c *connection) Close(ctx context.Context) error {
	crossing, err := c.world.Cross(context.WithoutCancel(ctx), "close connection", 0)
	if err != nil {
		return err
	}
	if c.ended {
		return nil
	}
	c.ready = false
	c.send(crossing.Latency(purposeRequest), goodbyeFrame{c, crossing.Latency(purposeReply)})
	err = c.await(ctx, &c.waiting)
	c.conn.Close(c.node)
	c.end(nil)
	return err
}
