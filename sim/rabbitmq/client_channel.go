package rabbitmq

import (
	"context"
	"slices"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/port"
)

// clientChannel is the client's end of a channel, in confirm mode.
type clientChannel struct {
	connection *connection
	world      *sim.World
	number     int
	peer       *channel // nil until the broker has opened it
	events     inbox
	published  uint64         // the last tag
	confirms   fifo[bool]     // one per publish since the oldest open one: answered
	received   uint64         // the last delivery tag
	ops        fifo[settling] // one per delivery since the oldest open one
	closed     *port.CloseError
	ended      bool
	closing    bool      // Close has been called
	caller     *sim.Task // waits for an answer
	answer     *port.Reply
	refused    *Unsupported
}

// settling is what is known of a delivery that is not settled.
type settling struct {
	op   port.Op
	done bool
}

func newClientChannel(c *connection, number int) *clientChannel {
	ch := &clientChannel{connection: c, world: c.world, number: number}
	ch.events.world = c.world
	return ch
}

// Publish sends a message. Its identity is that of the message, not of who relays it.
func (ch *clientChannel) Publish(ctx context.Context, p port.Publishing) (uint64, error) {
	op := port.Op{Name: p.Type, Key: p.CorrelationID}
	if op.Name != "" && op.Key != "" {
		ctx = port.WithOp(ctx, op)
	} else {
		op = port.OpOf(ctx)
	}
	crossing, err := ch.world.Cross(ctx, "publish", chaos.Fates|chaos.SetOf(chaos.KindDuplicate, chaos.KindDisconnect))
	if err != nil {
		return 0, err
	}
	if ch.ended {
		return 0, ch.reason()
	}
	if err := checkPublishing(&p); err != nil {
		return 0, &port.NotDoneError{Err: err}
	}
	if err := ch.connection.room(ctx); err != nil {
		return 0, err
	}
	ch.published++
	ch.confirms.push(false)
	f := &publishFrame{ch: ch, arrival: arrival{
		tag: ch.published, message: newMessage(p, op), mandatory: p.Mandatory, copies: 1, key: crossing.Draw(purposePublish),
	}}
	if crossing.Fault == chaos.KindDuplicate {
		f.arrival.copies = 2
	}
	ch.connection.carry(&crossing, f)
	return ch.published, nil
}

var settleNames = [...]string{port.Ack: "ack", port.Requeue: "requeue", port.Reject: "reject", port.RejectRequeue: "requeue"}

// Settle acknowledges or rejects.
func (ch *clientChannel) Settle(ctx context.Context, settlement port.Settlement) error {
	if err := checkSettlement(settlement); err != nil {
		return &port.NotDoneError{Err: err}
	}
	if op := ch.opOf(settlement.Tag); op.Key != "" {
		ctx = port.WithOp(ctx, op)
	}
	crossing, err := ch.world.Cross(ctx, settleNames[settlement.Verdict], chaos.Fates|chaos.SetOf(chaos.KindDisconnect))
	if err != nil {
		return err
	}
	if ch.ended {
		return ch.reason()
	}
	if err := ch.connection.room(ctx); err != nil {
		return err
	}
	ch.settled(settlement)
	ch.connection.carry(&crossing, settleFrame{ch, settlement})
	return nil
}

func (ch *clientChannel) firstOpen() uint64 { return ch.received + 1 - uint64(ch.ops.len()) }

func (ch *clientChannel) opOf(tag uint64) port.Op {
	if first := ch.firstOpen(); tag >= first && tag <= ch.received {
		return ch.ops.all()[tag-first].op
	}
	return port.Op{}
}

// settled forgets whose deliveries they were.
func (ch *clientChannel) settled(s port.Settlement) {
	first := ch.firstOpen()
	for i := range ch.ops.all() {
		if tag := first + uint64(i); tag == s.Tag || s.Multiple && (tag < s.Tag || s.Tag == 0) {
			ch.ops.all()[i].done = true
		}
		if first+uint64(i) == s.Tag {
			break
		}
	}
	for ch.ops.len() > 0 && ch.ops.first().done {
		ch.ops.pop()
	}
}

// Do runs a synchronous method.
func (ch *clientChannel) Do(ctx context.Context, method port.Method) (port.Reply, error) {
	crossing, err := ch.world.Cross(ctx, nameOf(method), chaos.Fates)
	if err != nil {
		return port.Reply{}, err
	}
	if ch.ended {
		return port.Reply{}, ch.reason()
	}
	if err := checkMethod(method); err != nil {
		ch.abandon(err.Error())
		return port.Reply{}, &port.NotDoneError{Err: err}
	}
	ch.answer = nil
	ch.connection.carry(&crossing, methodFrame{ch, method, crossing.Latency(purposeReply)})
	return ch.await(ctx)
}

// await waits for the answer to a method. If ctx ends first the channel is given up, for
// what comes next on it would be the answer to this.
func (ch *clientChannel) await(ctx context.Context) (port.Reply, error) {
	for ch.answer == nil {
		if ch.ended {
			return port.Reply{}, ch.reason()
		}
		ch.caller = ch.world.Current()
		err := ch.world.Park(ctx)
		ch.caller = nil
		if err != nil {
			ch.abandon("no answer in time")
			return port.Reply{}, err
		}
	}
	reply := *ch.answer
	ch.answer = nil
	if refused := ch.refused; refused != nil {
		ch.refused = nil
		return port.Reply{}, refused
	}
	return reply, nil
}

// abandon closes the channel without waiting for the broker.
func (ch *clientChannel) abandon(why string) {
	ch.connection.send(lan, closeFrame{ch})
	ch.end(&port.CloseError{Text: "channel given up: " + why})
}

// answered is the arrival of an answer at the client. Get brings a delivery with it.
func (ch *clientChannel) answered(reply port.Reply, op port.Op, settled bool) {
	if reply.Delivery != nil {
		ch.note(reply.Delivery.Tag, op, settled)
	}
	ch.answer = &reply
	if ch.caller != nil {
		ch.caller.Wake()
	}
}

// delivered is the arrival of a delivery at the client.
func (ch *clientChannel) delivered(event port.Event, op port.Op, settled bool) {
	if ch.ended {
		return
	}
	if d, ok := event.(port.Delivery); ok {
		ch.note(d.Tag, op, settled)
	}
	ch.events.put(event)
}

func (ch *clientChannel) note(tag uint64, op port.Op, settled bool) {
	ch.received = tag
	if !settled || ch.ops.len() > 0 {
		ch.ops.push(settling{op, settled})
	}
}

// receive is the arrival of any other event at the client.
func (ch *clientChannel) receive(event port.Event) {
	if ch.ended {
		return
	}
	switch event := event.(type) {
	case port.Confirmed:
		ch.confirms.all()[event.Tag-ch.firstUnconfirmed()] = true
		for ch.confirms.len() > 0 && ch.confirms.first() {
			ch.confirms.pop()
		}
	case port.Closed:
		ch.end(event.Err)
		return
	}
	ch.events.put(event)
}

func (ch *clientChannel) firstUnconfirmed() uint64 {
	return ch.published + 1 - uint64(ch.confirms.len())
}

// end ends the channel at the client: the outcome of every open publish is unknown.
func (ch *clientChannel) end(why *port.CloseError) {
	if ch.ended {
		return
	}
	ch.ended, ch.closed = true, why
	first := ch.firstUnconfirmed()
	for i, answered := range ch.confirms.all() {
		if !answered {
			ch.world.Mark("publish outcome unknown")
			ch.events.put(port.Confirmed{Tag: first + uint64(i), Outcome: port.Unknown})
		}
	}
	ch.events.put(port.Closed{Err: why})
	c := ch.connection
	c.channels = slices.DeleteFunc(c.channels, func(other *clientChannel) bool { return other == ch })
	if ch.caller != nil {
		ch.caller.Wake()
	}
}

func (ch *clientChannel) reason() error {
	if ch.closed != nil {
		return ch.closed
	}
	return port.ErrClosed
}

// Next blocks for the channel's next event.
func (ch *clientChannel) Next(ctx context.Context) (port.Event, error) { return ch.events.next(ctx) }

// Close ends the channel in order. If ctx ends first it is closed all the same. A second call
// returns at once.
func (ch *clientChannel) Close(ctx context.Context) error {
	if _, err := ch.world.Cross(context.WithoutCancel(ctx), "close channel", 0); err != nil {
		return err
	}
	if ch.ended || ch.closing {
		return nil
	}
	ch.answer, ch.closing = nil, true
	ch.connection.send(lan, closeFrame{ch})
	_, err := ch.await(ctx)
	if ch.ended {
		return ctx.Err()
	}
	ch.end(nil)
	return err
}
