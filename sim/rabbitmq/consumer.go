package rabbitmq

import (
	"slices"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/system/port"
)

// consumer receives the messages of a queue on a channel.
type consumer struct {
	tag      string
	number   uint64 // in the order of arrival, with those of basic.get
	channel  *channel
	queue    *queue
	autoAck  bool
	prefetch int // 0 for no bound
	extra    int // credit that a quorum queue has given twice
	unacked  int
	waiting  bool // in the queue's turn
	stalled  bool // lost its turn for want of capacity
	gone     bool
}

// quorumPrefetch bounds consumers of quorum queues that ask for no bound.
const quorumPrefetch = 2000

func (c *consumer) capacity() bool {
	if c.autoAck {
		return true
	}
	if c.prefetch == 0 {
		return !c.queue.quorum || c.unacked < quorumPrefetch
	}
	return c.unacked < c.prefetch+c.extra
}

// offer lets a consumer take its turn. One of a quorum queue does so when it has capacity.
// One of a classic queue keeps its turn without capacity until it is asked, and then
// comes back last (rabbit_queue_consumers, deliver and unblock).
func (q *queue) offer(c *consumer) {
	if c.gone || c.waiting || (q.quorum || c.stalled) && !c.capacity() {
		return
	}
	c.waiting, c.stalled = true, false
	q.turn = append(q.turn, c)
}

// nextConsumer takes the next consumer with capacity out of the turn, or nil.
func (q *queue) nextConsumer() *consumer {
	if q.limits.singleActive {
		if c := q.single; c != nil && c.capacity() {
			return c
		}
		return nil
	}
	for len(q.turn) > 0 {
		c := q.turn[0]
		q.turn = slices.Delete(q.turn, 0, 1)
		c.waiting = false
		if !c.gone && c.capacity() {
			return c
		}
		c.stalled = true
	}
	return nil
}

// checkedOut is a message on its way to a consumer.
type checkedOut struct {
	consumer *consumer
	entry    *entry
	fate     fate
}

// checkOut takes the head of the queue for a consumer, unless somebody else gets it first.
func (q *queue) checkOut(b *broker, c *consumer) (checkedOut, bool) {
	out := checkedOut{consumer: c, entry: q.take()}
	if b.strike != nil {
		out.fate = b.strike(q, c, out.entry)
	}
	if out.fate.fault == chaos.KindReorder {
		q.hold(b, out.entry, b.now+out.fate.hold)
		q.offer(c)
		return out, false
	}
	if !c.autoAck {
		c.unacked++
	}
	q.offer(c)
	return out, true
}

// deliver sends what was checked out.
func (q *queue) deliver(b *broker, out checkedOut) {
	c, e, lot := out.consumer, out.entry, out.fate
	ch := c.channel
	ch.lastTag++
	event := e.delivery(c.tag, ch.lastTag)
	q.noteDelivery(b, e, ch)
	if c.autoAck {
		ch.skip()
		q.forget(b, e)
	} else {
		ch.track(b, e, c)
	}
	b.out = append(b.out, effect{
		session: ch.session, channel: ch, event: event, op: e.message.op, settled: c.autoAck, fate: lot,
	})
}

// noteDelivery keeps the books of who got what.
func (q *queue) noteDelivery(b *broker, e *entry, ch *channel) {
	if m := e.message.count; m != nil {
		m.Deliveries++
	}
	node := ch.session.node
	if e.node == "" {
		q.firsts = append(q.firsts, e.message.props.MessageID)
	} else if e.node != node {
		b.mark("redelivery to another replica")
	}
	e.node = node
}

// consume starts a consumer.
func (b *broker) consume(ch *channel, method port.Consume) (port.Reply, *exception) {
	if ch.consumer(method.Consumer) != nil {
		return port.Reply{}, raise(530, "attempt to reuse consumer tag '%s'", method.Consumer)
	}
	q, refusal := b.accessible(ch, &method.Queue)
	if refusal != nil {
		return port.Reply{}, refusal
	}
	if refusal := ch.use(q, !q.quorum); refusal != nil {
		return port.Reply{}, refusal
	}
	if refusal := q.checkExclusive(method.Exclusive); refusal != nil {
		return port.Reply{}, refusal
	}
	tag := method.Consumer
	if tag == "" {
		tag = b.made("amq.ctag-", q.name)
	}
	b.arrived++
	c := &consumer{tag: tag, number: b.arrived, channel: ch, queue: q, autoAck: method.AutoAck, prefetch: ch.prefetch}
	q.consumers = append(q.consumers, c)
	q.hadAny = true
	ch.consumers = append(ch.consumers, c)
	if q.single == nil && (q.limits.singleActive || method.Exclusive && !q.quorum) {
		q.single = c
	}
	q.offer(c)
	return port.Reply{Name: tag}, nil
}

// checkExclusive refuses a consumer where it or another one wants to be alone. Quorum
// queues ignore the wish (RabbitMQ documentation, Quorum Queues, "Feature Matrix").
func (q *queue) checkExclusive(exclusive bool) *exception {
	if q.quorum {
		return nil
	}
	inUse := exclusive && len(q.consumers) > 0 || q.single != nil && !q.limits.singleActive
	if inUse || exclusive && q.limits.singleActive {
		return raise(403, "%s in exclusive use", queueIn(q.name))
	}
	return nil
}

// cancel ends a consumer. What it has not settled stays with the channel.
func (b *broker) cancel(c *consumer) {
	c.gone = true
	c.channel.dropConsumer(c)
	q := c.queue
	if q.deleted {
		return
	}
	if i := slices.Index(q.consumers, c); i >= 0 {
		q.consumers = slices.Delete(q.consumers, i, i+1)
	}
	if c.waiting {
		q.turn = slices.DeleteFunc(q.turn, func(other *consumer) bool { return other == c })
	}
	if q.single == c {
		q.single = nil
		if q.limits.singleActive && len(q.consumers) > 0 {
			q.single = q.consumers[0]
		}
	}
	if len(q.consumers) == 0 {
		q.lastUse = b.now
	}
}

// leftBehind lets a queue react to the end of a consumer. Up to 3.13 a classic queue
// whose consumer was cancelled delivers nothing by that: the successor of a single
// active consumer waits for the next message (rabbit_amqqueue_process, basic_cancel).
func (q *queue) leftBehind(b *broker, cancelled bool, letters int) {
	switch {
	case q.deleted:
	case q.autoDelete && q.hadAny && len(q.consumers) == 0:
		b.deleteQueue(q)
	case cancelled && !q.quorum && b.profile < V40:
		q.dormant = true
		q.arm(b)
	default:
		q.react(b, false, letters)
	}
}
