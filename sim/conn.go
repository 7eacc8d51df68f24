package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/squallhq/squall/chaos"
)

// Direction is one of a connection's two.
type Direction int

// The two directions.
const (
	ToServer Direction = iota
	ToClient
)

// Conn is a connection between two nodes, like TCP's: what is sent in a direction arrives
// in order or not at all, and the end of the connection is news that travels too.
//
// An end is told once that the connection has ended, by ClientLost or ServerLost, unless
// it closed it itself or its node went down.
type Conn struct {
	// ClientLost tells the client's end that the connection has ended.
	ClientLost func()
	// ServerLost tells the server's end that the connection has ended, after
	// everything that the client had sent before has arrived.
	ServerLost func()
	// Keepalive is how long an end waits for a silent peer before it gives up.
	Keepalive time.Duration

	world  *World
	ends   [2]*Node // the receiver of each direction: server, client
	epochs [2]int
	tail   [2]time.Duration // when the last thing sent will have arrived
	silent [2]bool
	gone   [2]bool // the end has closed, was told, or its node went down
	broken bool
}

// DialError is the failure to connect. Nothing was sent.
type DialError struct {
	Server string
	Cause  string
}

func (e *DialError) Error() string { return "connect to " + e.Server + ": " + e.Cause }

// Timeout is part of net.Error.
func (e *DialError) Timeout() bool { return false }

// Temporary is part of net.Error.
func (e *DialError) Temporary() bool { return false }

var purposeDial = chaos.PurposeOf("dial latency")

// Dial connects the current task's node to server, which takes a round trip. A server that
// is down refuses with a *DialError; otherwise the error is ctx's.
func (w *World) Dial(ctx context.Context, server *Node) (*Conn, error) {
	crossing, err := w.Cross(ctx, "connect to "+server.Name, chaos.SetOf(chaos.KindFailBefore, chaos.KindDelay))
	if err != nil {
		return nil, err
	}
	if err := w.Sleep(ctx, 2*crossing.Latency(purposeDial)+crossing.By); err != nil {
		return nil, err
	}
	if !server.up {
		return nil, &DialError{server.Name, "connection refused"}
	}
	if crossing.Fault == chaos.KindFailBefore {
		return nil, &DialError{server.Name, "connection reset by peer"}
	}
	return w.connect(server), nil
}

// connect returns a connection from the current task's node to server.
func (w *World) connect(server *Node) *Conn {
	client := w.current.node
	c := &Conn{world: w, ends: [2]*Node{server, client}, epochs: [2]int{server.epoch, client.epoch}, Keepalive: time.Minute}
	client.conns = append(client.conns, c)
	server.conns = append(server.conns, c)
	return c
}

// Client returns the node that dialled.
func (c *Conn) Client() *Node { return c.ends[ToClient] }

// Server returns the node that was dialled.
func (c *Conn) Server() *Node { return c.ends[ToServer] }

// String names both ends.
func (c *Conn) String() string {
	return fmt.Sprintf("%s to %s", c.Client().Name, c.Server().Name)
}

// Open says whether the connection still carries what is sent in direction d.
func (c *Conn) Open(d Direction) bool { return !c.broken && !c.silent[d] && !c.gone[d] }

// Send calls arrive at the other end after latency, outside any task, after everything
// sent before in this direction. On a connection that has ended it does nothing.
func (c *Conn) Send(d Direction, latency time.Duration, arrive func()) {
	if c.broken || c.silent[d] {
		return
	}
	c.post(d, latency, arrive)
}

func (c *Conn) post(d Direction, latency time.Duration, arrive func()) {
	at := max(c.world.now+latency, c.tail[d]+1)
	c.tail[d] = at
	c.arriveAt(d, at, arrive)
}

func (c *Conn) arriveAt(d Direction, at time.Duration, arrive func()) {
	e := c.world.agenda.add(at, nil, arrive)
	e.conn, e.direction = c, d
}

// receives says whether the end that receives in direction d is still there.
func (c *Conn) receives(d Direction) bool { return !c.gone[d] && c.ends[d].epoch == c.epochs[d] }

// Break ends the connection: what was sent still arrives, nothing more is sent, and both
// ends are told after latency.
func (c *Conn) Break(latency time.Duration) {
	if c.broken {
		return
	}
	c.broken = true
	c.tell(ToServer, latency)
	c.tell(ToClient, latency)
}

// Close ends the connection from one end; the other is told.
func (c *Conn) Close(from *Node) {
	d := c.toward(from)
	if c.gone[d] {
		return
	}
	c.leave(d)
	if !c.broken && !c.silent[1-d] {
		c.tell(1-d, closeLatency)
	}
	c.broken = true
}

const closeLatency = 200 * time.Microsecond

// Silence stops carrying anything in direction d without telling anybody. Both ends give
// up after Keepalive.
func (c *Conn) Silence(d Direction) {
	if c.silent[d] || c.broken {
		return
	}
	c.silent[d] = true
	c.giveUp(ToServer)
	c.giveUp(ToClient)
}

// tell lets the end that receives in direction d know that it is over, later.
func (c *Conn) tell(d Direction, latency time.Duration) {
	c.post(d, latency, func() { c.end(d) })
}

// giveUp lets the end that receives in direction d notice that its peer is silent.
func (c *Conn) giveUp(d Direction) {
	c.arriveAt(d, c.world.now+c.Keepalive, func() { c.end(d) })
}

func (c *Conn) end(d Direction) {
	c.leave(d)
	c.broken = true
	if lost := c.lost(d); lost != nil {
		lost()
	}
}

func (c *Conn) lost(d Direction) func() {
	if d == ToServer {
		return c.ServerLost
	}
	return c.ClientLost
}

// endCrashed handles the crash of one end's node.
func (c *Conn) endCrashed(n *Node, kind chaos.Kind) {
	d := c.toward(n)
	if c.gone[d] {
		return
	}
	c.gone[d] = true
	if c.gone[1-d] {
		return
	}
	if kind == chaos.KindLoseMachine {
		c.silent[1-d] = true
		c.giveUp(1 - d)
		return
	}
	if !c.broken && !c.silent[1-d] {
		c.tell(1-d, closeLatency)
	}
	c.broken = true
}

func (c *Conn) toward(n *Node) Direction {
	if n == c.ends[ToServer] {
		return ToServer
	}
	return ToClient
}

// leave takes the connection off the node that receives in direction d.
func (c *Conn) leave(d Direction) {
	c.gone[d] = true
	n := c.ends[d]
	if i := slices.Index(n.conns, c); i >= 0 {
		n.conns = slices.Delete(n.conns, i, i+1)
	}
}
