package rabbitmq

import (
	"slices"
	"time"

	"github.com/squallhq/squall/system/port"
)

// channel is the broker's end of an AMQP channel.
type channel struct {
	session   *session
	client    *clientChannel // the other end, for the wire
	number    int
	prefetch  int
	lastTag   uint64       // of deliveries
	unacked   fifo[*entry] // one per delivery since the oldest open one; nil when settled
	open      int          // how many of them are not nil
	consumers []*consumer
	enqueues  []*queue                // that know the channel as a publisher
	clients   map[string]*queueClient // of the queues it has used, by name
	used      *queue                  // the last one whose end it hears of
	lastQueue string                  // declared on this channel, what an empty name stands for
	opened    time.Duration
	armed     bool // the acknowledgement timer runs
	closed    bool
}

// track notes an unsettled delivery under the channel's last tag.
func (ch *channel) track(b *broker, e *entry, c *consumer) {
	e.channel, e.consumer, e.tag, e.since = ch, c, ch.lastTag, b.now
	e.queue.unacked++
	ch.unacked.push(e)
	ch.open++
	if !ch.armed && b.profile.timesOut(e.queue) {
		ch.armTimeout(b, b.now)
	}
}

// skip uses up the last tag: the delivery needs no settling.
func (ch *channel) skip() {
	if ch.unacked.len() > 0 {
		ch.unacked.push(nil)
	}
}

// firstTag is the tag of the oldest entry that is kept.
func (ch *channel) firstTag() uint64 { return ch.lastTag + 1 - uint64(ch.unacked.len()) }

// find returns the unsettled delivery with the tag, or nil.
func (ch *channel) find(tag uint64) *entry {
	first := ch.firstTag()
	if tag < first || tag > ch.lastTag {
		return nil
	}
	return ch.unacked.all()[tag-first]
}

// drop forgets a delivery that is settled.
func (ch *channel) drop(e *entry) {
	ch.unacked.all()[e.tag-ch.firstTag()] = nil
	ch.open--
}

// trim forgets the settled deliveries before the oldest open one.
func (ch *channel) trim() {
	for ch.unacked.len() > 0 && ch.unacked.first() == nil {
		ch.unacked.pop()
	}
}

func (ch *channel) consumer(tag string) *consumer {
	for _, c := range ch.consumers {
		if c.tag == tag {
			return c
		}
	}
	return nil
}

func (ch *channel) dropConsumer(c *consumer) {
	if i := slices.Index(ch.consumers, c); i >= 0 {
		ch.consumers = slices.Delete(ch.consumers, i, i+1)
	}
}

// settle handles basic.ack, nack and reject.
func (b *broker) settle(ch *channel, s port.Settlement) {
	if ch.closed {
		return
	}
	if s.Multiple {
		b.settleMany(ch, s)
		return
	}
	e := ch.find(s.Tag)
	if e == nil {
		b.fail(ch, raise(406, "unknown delivery tag %d", s.Tag))
		return
	}
	ch.drop(e)
	ch.trim()
	b.settleLot([]*entry{e}, s.Verdict)
	b.sendLetters()
}

// settleMany settles all deliveries up to a tag, which must be an open one, or all if
// the tag is 0.
func (b *broker) settleMany(ch *channel, s port.Settlement) {
	upTo := s.Tag
	if upTo == 0 {
		upTo = ch.lastTag
	} else if ch.find(upTo) == nil {
		b.fail(ch, raise(406, "unknown delivery tag %d", s.Tag))
		return
	}
	var settled []*entry
	for _, e := range ch.unacked.all() {
		if e != nil && e.tag <= upTo {
			settled = append(settled, e)
		}
	}
	for _, e := range settled {
		ch.drop(e)
	}
	ch.trim()
	for _, lot := range lots(settled) {
		b.settleLot(lot, s.Verdict)
	}
	b.sendLetters()
}

// get is basic.get. It ignores prefetch.
func (b *broker) get(ch *channel, method port.Get) (port.Reply, *exception) {
	q, refusal := b.accessible(ch, &method.Queue)
	if refusal != nil {
		return port.Reply{}, refusal
	}
	if refusal := ch.use(q, !q.quorum && b.profile.watchesReads()); refusal != nil {
		return port.Reply{}, refusal
	}
	if q.quorum && q.limits.singleActive {
		return port.Reply{}, raise(405, "cannot obtain access to locked %s. basic.get operations are not supported "+
			"by quorum queues with single active consumer", queueIn(q.name))
	}
	q.used(b)
	q.dropExpired(b)
	if q.count() == 0 || b.now < q.paused {
		return port.Reply{}, nil
	}
	e := q.take()
	ch.lastTag++
	delivery := e.delivery("", ch.lastTag)
	if e.queue.quorum && e.queue.profile.countsFromZero() {
		e.tellZero(&delivery)
	}
	b.got = e
	q.noteDelivery(b, e, ch)
	if method.AutoAck {
		ch.skip()
		q.forget(b, e)
	} else {
		b.arrived++
		e.fetched = b.arrived
		ch.track(b, e, nil)
	}
	left := q.count()
	q.dropExpired(b)
	if q.quorum {
		q.watchFullness()
	}
	if !q.quorum || method.AutoAck { // otherwise it counts before it looks for what has expired
		left = q.count()
	}
	q.arm(b)
	return port.Reply{Messages: left, Delivery: &delivery}, nil
}

// fail closes the channel, or its connection, with an exception.
func (b *broker) fail(ch *channel, why *exception) {
	if why.hard() {
		b.endSession(ch.session, why.closeError())
		return
	}
	b.endChannel(ch)
	b.emit(ch, port.Closed{Err: why.closeError()})
}

// closeChannel ends a channel: its consumers are gone, its unsettled deliveries go back.
func (b *broker) closeChannel(ch *channel) {
	if ch.closed {
		return
	}
	ch.closed = true
	var touched []*queue
	touch := func(q *queue) {
		if !slices.Contains(touched, q) {
			touched = append(touched, q)
		}
	}
	for _, c := range ch.consumers {
		touch(c.queue)
	}
	open := slices.DeleteFunc(slices.Clone(ch.unacked.all()), func(e *entry) bool { return e == nil })
	for _, e := range open {
		touch(e.queue)
	}
	ch.unacked, ch.open = fifo[*entry]{}, 0
	for _, q := range ch.enqueues {
		q.forgetEnqueuer(ch)
	}
	ch.enqueues = nil
	for _, q := range touched {
		b.loseChannel(q, ch, open)
	}
	b.sendLetters()
}

// loseChannel ends the channel's consumers of a queue and takes back their deliveries. A
// quorum queue does so consumer by consumer (rabbit_fifo, handle_down, over a map of up to
// 32 consumers).
func (b *broker) loseChannel(q *queue, ch *channel, open []*entry) {
	for _, c := range slices.Clone(ch.consumers) {
		if c.queue == q {
			b.cancel(c)
		}
	}
	open = slices.DeleteFunc(slices.Clone(open), func(e *entry) bool { return e.queue != q })
	if q.quorum {
		slices.SortStableFunc(open, q.compareHolders)
	}
	letters := len(b.letters)
	for _, e := range open {
		if q.deleted {
			e.release()
		} else {
			q.requeue(b, e, byLoss)
		}
	}
	q.leftBehind(b, false, letters)
}

// armTimeout asks to be looked at when the oldest delivery may be too old.
func (ch *channel) armTimeout(b *broker, since time.Duration) {
	ch.armed = true
	late := since + b.timeout - ch.opened
	if rest := late % b.look; rest != 0 {
		late += b.look - rest
	}
	b.timers.add(ch.opened+late, ch)
}

// due looks for a delivery that nobody has acknowledged in time.
func (ch *channel) due(b *broker) {
	ch.armed = false
	oldest := ch.oldestTimed(b)
	if ch.closed || oldest == nil {
		return
	}
	if b.now < oldest.since+b.timeout {
		ch.armTimeout(b, oldest.since)
		return
	}
	if b.profile.timeoutCancels() && oldest.consumer != nil {
		b.timeOutConsumer(oldest.consumer)
		if oldest = ch.oldestTimed(b); oldest != nil {
			ch.armTimeout(b, oldest.since)
		}
		return
	}
	b.fail(ch, raise(406, "delivery acknowledgement on channel %d timed out. Timeout value used: %d ms. This timeout value "+
		"can be configured, see consumers doc guide to learn more", ch.number, b.timeout.Milliseconds()))
}

// oldestTimed is the oldest delivery whose acknowledgement may be too late, or nil.
func (ch *channel) oldestTimed(b *broker) *entry {
	ch.trim()
	for _, e := range ch.unacked.all() {
		if e != nil && b.profile.timesOut(e.queue) {
			return e
		}
	}
	return nil
}

// timeOutConsumer ends a consumer of a quorum queue and takes its messages back.
func (b *broker) timeOutConsumer(c *consumer) {
	ch, q := c.channel, c.queue
	b.cancel(c)
	b.emit(ch, port.ConsumerCancelled{Consumer: c.tag})
	for _, e := range slices.Clone(ch.unacked.all()) {
		if e != nil && e.consumer == c {
			ch.drop(e)
			q.requeue(b, e, byTime)
		}
	}
	q.leftBehind(b, false, len(b.letters))
	b.sendLetters()
}
