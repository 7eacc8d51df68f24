package rabbitmq

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/port"
)

// Server is a simulated RabbitMQ on a node of a world.
type Server struct {
	// Lenient makes Do return an *Unsupported instead of failing the world. It is for
	// the conformance suite only.
	Lenient bool
	// Refused is the last *Unsupported.
	Refused *Unsupported

	world     *sim.World
	node      *sim.Node
	broker    *broker
	listening bool
	latency   time.Duration // of frames that answer the current input
	armed     time.Duration // when the kernel will call wake, or never
	wake      func()
}

const (
	heartbeat   = 10 * time.Second // what client and server agree on; two missed end it
	lan         = 200 * time.Microsecond
	bootTimeMin = time.Second
)

var (
	purposeRequest  = chaos.PurposeOf("amqp request latency")
	purposeReply    = chaos.PurposeOf("amqp reply latency")
	purposeConfirm  = chaos.PurposeOf("amqp confirm latency")
	purposeDelivery = chaos.PurposeOf("amqp delivery latency")
	purposeHold     = chaos.PurposeOf("time that others may overtake")
	purposeArrives  = chaos.PurposeOf("frame arrives before the disconnection")
	purposePublish  = chaos.PurposeOf("publish")
	purposeBoot     = chaos.PurposeOf("broker boot time")
)

// NewServer puts an empty broker on the node, which it takes over: Boot and Crashed are
// the server's. At its first start the broker listens at once, after a crash it takes a
// moment, during which connections are refused.
func NewServer(world *sim.World, node *sim.Node, profile Profile) *Server {
	s := &Server{world: world, node: node, broker: newBroker(profile), armed: never, listening: node.Up()}
	s.broker.refuse = s.unsupported
	s.broker.wall = node.Wall
	s.broker.mark = world.Mark
	s.broker.draw = world.Draw
	s.broker.strike = s.strike
	s.wake = s.onTimer
	node.Boot, node.Crashed = s.boot, s.crashed
	return s
}

// boot is the broker's process.
func (s *Server) boot(ctx context.Context) {
	if s.node.Boots() > 1 {
		draw := s.world.Draw(purposeBoot, uint64(s.world.Now()))
		if s.world.Sleep(ctx, bootTimeMin+time.Duration(chaos.Below(draw, uint64(2*bootTimeMin)))) != nil {
			return
		}
	}
	s.listening = true
	s.input(s.broker.recover)
	for s.world.Park(ctx) == nil {
	}
}

func (s *Server) crashed(kind chaos.Kind) {
	s.listening = false
	s.armed = never
	s.broker.begin(s.world.Now())
	s.broker.crash(kind)
}

// input lets the broker handle something that no client has sent, and sends what comes of it.
func (s *Server) input(handle func()) {
	s.broker.begin(s.world.Now())
	s.latency = lan
	handle()
	s.flush()
}

// flush sends the broker's effects in order.
func (s *Server) flush() {
	out := s.broker.out
	for i := range out {
		s.send(&out[i])
	}
	clear(out)
	s.broker.out = out[:0]
	s.arm()
}

// arm makes the kernel call when the broker's next timer is due.
func (s *Server) arm() {
	next := s.broker.timers.next()
	if next >= s.armed {
		return
	}
	s.armed = next
	s.world.After(next-s.world.Now(), s.wake)
}

func (s *Server) onTimer() {
	if !s.listening || s.world.Now() < s.armed {
		return
	}
	s.armed = never
	s.broker.begin(s.world.Now())
	s.latency = lan
	s.broker.tick()
	s.flush()
}

// strike asks the storm what becomes of a delivery.
func (s *Server) strike(q *queue, c *consumer, e *entry) fate {
	allowed := chaos.SetOf(chaos.KindDelay, chaos.KindReorder, chaos.KindDisconnect)
	crossing := s.world.CrossAt(c.channel.session.service, q.delivery, e.message.op, allowed)
	lot := fate{fault: crossing.Fault, latency: crossing.Latency(purposeDelivery) + crossing.By}
	if crossing.Fault == chaos.KindReorder {
		lot.hold = time.Millisecond + time.Duration(chaos.Below(crossing.Draw(purposeHold), uint64(250*time.Millisecond)))
	}
	return lot
}

// send puts one effect on its connection.
func (s *Server) send(e *effect) {
	switch event := e.event.(type) {
	case nil:
		s.deliverTo(e, s.latency)
	case port.Delivery:
		s.traceDelivery(e, &event)
		if e.fate.fault == chaos.KindDisconnect {
			e.session.conn.Break(e.fate.latency)
			return
		}
		s.deliverTo(e, e.fate.latency)
	case port.Confirmed:
		s.sendConfirm(e, event)
	default:
		s.traceClose(e)
		s.deliverTo(e, s.latency)
		if _, over := event.(port.Unblocked); over {
			s.catchUp(e.session)
		}
	}
}

func (s *Server) sendConfirm(e *effect, event port.Confirmed) {
	session := e.session
	allowed := chaos.SetOf(chaos.KindDelay, chaos.KindLoseReply, chaos.KindDisconnect)
	crossing := s.world.CrossAt(session.service, "confirm", e.op, allowed)
	t := s.world.Trace()
	t.Begin(s.world.Now(), "confirm")
	t.String(session.name)
	t.Int(int64(event.Tag))
	t.Int(int64(event.Outcome))
	latency := crossing.Latency(purposeConfirm) + crossing.By
	switch crossing.Fault {
	case chaos.KindLoseReply:
		session.conn.Silence(sim.ToClient)
	case chaos.KindDisconnect:
		session.conn.Break(latency)
	}
	s.deliverTo(e, latency)
}

// deliverTo sends a frame to the client's end.
func (s *Server) deliverTo(e *effect, latency time.Duration) {
	conn := e.session.conn
	if !conn.Open(sim.ToClient) {
		return
	}
	if e.channel == nil {
		client, event := e.session.client, e.event
		conn.Send(sim.ToClient, latency, func() { client.receive(event) })
		return
	}
	client := e.channel.client
	if e.reply != nil {
		reply, op, settled := *e.reply, e.op, e.settled
		conn.Send(sim.ToClient, latency, func() { client.answered(reply, op, settled) })
		return
	}
	switch event := e.event.(type) {
	case port.Delivery:
		boxed, op, settled := e.event, e.op, e.settled
		conn.Send(sim.ToClient, latency, func() { client.delivered(boxed, op, settled) })
	default:
		conn.Send(sim.ToClient, latency, func() { client.receive(event) })
	}
}

// receive handles what has arrived on a connection, or leaves it in the socket if the
// broker does not read.
func (s *Server) receive(from *session, f frame) {
	if from.blocked || from.reading {
		from.backlog.push(f)
		return
	}
	s.handle(from, f)
}

func (s *Server) handle(from *session, f frame) {
	from.client.read()
	if from.ended {
		return
	}
	s.broker.begin(s.world.Now())
	s.latency = f.reply()
	f.act(s)
	s.flush()
}

// catchUp reads what an unblocked connection had sent.
func (s *Server) catchUp(session *session) {
	session.reading = true
	s.world.After(0, func() {
		for session.backlog.len() > 0 && !session.blocked {
			s.handle(session, session.backlog.pop())
		}
		session.reading = false
	})
}

func (s *Server) note(what, name string) {
	t := s.world.Trace()
	t.Begin(s.world.Now(), what)
	t.String(name)
}

func (s *Server) traceDelivery(e *effect, d *port.Delivery) {
	t := s.world.Trace()
	t.Begin(s.world.Now(), "deliver")
	t.String(e.session.node)
	t.String(d.Consumer)
	t.Int(int64(d.Tag))
	t.String(d.MessageID)
	if d.Redelivered {
		t.String("redelivered")
	}
}

func (s *Server) traceClose(e *effect) {
	switch event := e.event.(type) {
	case port.Closed:
		if event.Err != nil {
			s.note("close "+strconv.Itoa(event.Err.Code)+" "+event.Err.Text, e.session.name)
		}
	case port.Returned:
		s.note("return", event.MessageID)
	case port.ConsumerCancelled:
		s.note("cancel", event.Consumer)
	case port.Blocked:
		s.note("blocked", e.session.name)
	}
}

// unsupported fails the world, or is a value for the conformance suite.
func (s *Server) unsupported(what *Unsupported) {
	s.Refused = what
	if !s.Lenient {
		s.world.Fail(what)
	}
}

// ErrNotOnNode is what Connect returns on another node than the broker was opened for.
var ErrNotOnNode = errors.New("the broker was opened for another node")

// RaiseAlarm makes the broker block publishing connections; the reason is what their
// clients are told ("low on memory", "low on disk").
func (s *Server) RaiseAlarm(reason string) {
	s.input(func() { s.broker.setAlarm(reason) })
}

// ClearAlarm ends the alarm.
func (s *Server) ClearAlarm() { s.RaiseAlarm("") }

// SetAckTimeout sets how long a delivery may stay unacknowledged (consumer_timeout), and how often
// its channel looks, counted from when it was opened (channel_tick_interval).
func (s *Server) SetAckTimeout(timeout, tick time.Duration) {
	s.broker.timeout, s.broker.look = timeout, tick
}

// Refuse takes a permission away from the user of all connections: 403 from now on.
func (s *Server) Refuse(r Refusal) { s.broker.refusals = append(s.broker.refusals, r) }

// Cut resets the connections with the name, as the network would.
func (s *Server) Cut(name string) {
	for _, session := range s.broker.sessions {
		if session.name == name {
			session.conn.Break(0)
		}
	}
}

// CloseConnections closes the connections with the name in order (320), as an operator
// does with rabbitmqctl close_connection.
func (s *Server) CloseConnections(name, reason string) {
	s.input(func() {
		for _, session := range append([]*session(nil), s.broker.sessions...) {
			if session.name == name {
				s.broker.endSession(session, raise(320, "Closed via management plugin: %s", reason).closeError())
			}
		}
	})
}

// ElectLeader takes the leader of a quorum queue away for a time, in which nothing is
// confirmed and nothing delivered.
func (s *Server) ElectLeader(queue string, takes time.Duration) {
	s.input(func() {
		if q := s.broker.queues[queue]; q != nil && q.quorum {
			q.pause(s.broker, s.world.Now()+takes)
		}
	})
}
