package rabbitmq

import (
	"slices"
	"strings"
	"time"

	"github.com/squallhq/squall/system/port"
)

// queue holds messages and gives them to its consumers in turn.
//
//	accept -> (log, until a quorum wrote it) -> ready -> deliver -> settle
//	                                            ^   |        |
//	                        returned <----------|---|--------+ requeue, lost channel
//	                                                |        |
//	                               expired, maxlen -+-> DLX <+ rejected, delivery limit
//
// Messages that came back are in returned and go first.
type queue struct {
	name                string
	delivery            string // the name of the crossing
	number              int    // in the order of declaration
	profile             Profile
	quorum              bool
	durable, autoDelete bool
	owner               *session // of an exclusive queue
	args                port.Table
	limits              limits

	ready    fifo[*entry]
	returned fifo[*entry]
	bytes    int // of the ready and returned
	nextSeq  uint64
	unacked  int
	held     []heldEntry  // on their way back, see fate
	log      fifo[logged] // a quorum is writing them
	written  time.Duration
	acked    fifo[ackedEntry] // whose acknowledgement may be lost in a crash
	letters  []*entry         // dead, until the dead-letter exchange has taken them
	retryAt  time.Duration
	low      bool          // a quorum queue has room, see watchFullness
	paused   time.Duration // without a leader until then

	consumers []*consumer // in the order of their arrival
	turn      []*consumer // those that may have capacity, next first
	enqueuers []enqueuer  // of a quorum queue with reject-publish
	single    *consumer   // the active one of single active consumer, or the exclusive one
	hadAny    bool        // consumers, ever
	dormant   bool        // an acknowledgement delivers nothing, see leftBehind

	lastUse time.Duration
	armed   time.Duration // the earliest time it will be looked at, or 0
	deleted bool
	firsts  []string // message ids in the order of their first delivery
}

// limits are what the arguments of a queue say.
type limits struct {
	ttl          time.Duration // or never
	expires      time.Duration // or never
	maxLength    int           // or unlimited
	maxBytes     int           // or unlimited
	deliveries   int           // or unlimited
	overflow     string        // drop-head, reject-publish, reject-publish-dlx
	deadLetters  bool          // a dead-letter exchange is named
	deadExchange string
	deadKey      string
	hasDeadKey   bool
	atLeastOnce  bool
	singleActive bool
}

func (q *queue) count() int { return q.ready.len() + q.returned.len() }

// peek returns the head of the queue, or nil.
func (q *queue) peek() *entry {
	if e := q.returned.first(); e != nil {
		return e
	}
	return q.ready.first()
}

func (q *queue) take() *entry {
	var e *entry
	if q.returned.len() > 0 {
		e = q.returned.pop()
	} else {
		e = q.ready.pop()
	}
	q.bytes -= len(e.message.body)
	return e
}

// admit puts a new message at the tail.
func (q *queue) admit(b *broker, m *message, safe time.Duration) {
	q.nextSeq++
	q.push(&entry{message: m, queue: q, seq: q.nextSeq, expires: q.expiry(b.now, m), safe: safe})
}

func (q *queue) push(e *entry) {
	q.ready.push(e)
	q.bytes += len(e.message.body)
}

// requeue takes an entry back that was delivered. In a classic queue it gets its old
// place; in a quorum queue it goes before all that were never delivered, or, when a
// client requeues it and no delivery limit is set, to the tail (FACTS of 3.10 to 4.3,
// rabbit_fifo). The entry may be beyond its delivery limit; then it dies.
func (q *queue) requeue(b *broker, e *entry, back comeback) {
	holder := e.consumer
	e.release()
	e.redelivered = true
	if !q.quorum {
		insert(&q.returned, e)
		q.bytes += len(e.message.body)
		return
	}
	q.countReturn(b, e, back)
	switch {
	case q.overDeliveries(e):
		q.discard(b, e, deliveryLimit)
		if holder != nil && b.profile.creditsDeadTwice() {
			holder.extra++
			q.offer(holder)
		}
	case q.limits.deliveries == unlimited && back != byLoss:
		q.nextSeq++
		e.seq = q.nextSeq
		q.push(e)
	default:
		q.returned.push(e)
		q.bytes += len(e.message.body)
	}
}

// release ends the delivery of an entry: it belongs to no channel any more.
func (e *entry) release() {
	e.queue.unacked--
	if c := e.consumer; c != nil {
		c.unacked--
		e.queue.offer(c)
	}
	e.channel, e.consumer = nil, nil
}

// settled removes an entry that a client has acknowledged.
func (q *queue) settled(b *broker, e *entry) {
	e.release()
	q.forget(b, e)
}

// react lets happen what a change of the queue makes possible. In a classic queue, after a
// publish, the consumers come first, so that a message with a TTL of 0 can reach them;
// otherwise what is too many and what has expired goes first (rabbit_amqqueue_process,
// deliver_or_enqueue and requeue_and_run). A quorum queue drops what is too many last
// (rabbit_fifo, checkout). The broker's letters from the given one on are of this reaction.
func (q *queue) react(b *broker, published bool, letters int) {
	if q.deleted {
		return
	}
	q.dormant = false
	if !published && !q.quorum {
		q.dropOverflow(b)
	}
	if !published || q.quorum {
		q.dropExpired(b)
	}
	q.dispatch(b)
	if q.quorum {
		q.dropOldest(b, letters)
		q.watchFullness()
	} else {
		q.dropOverflow(b)
	}
	q.dropExpired(b)
	q.arm(b)
}

// reactTo lets happen what a settlement makes possible.
func (q *queue) reactTo(b *broker, verdict port.SettleVerdict, letters int) {
	if (verdict == port.Ack || verdict == port.Reject) && q.dormant {
		q.arm(b)
		return
	}
	q.react(b, false, letters)
}

// dispatch delivers while there is a message and a consumer with capacity. What becomes
// possible for a quorum queue at once goes out consumer by consumer (rabbit_fifo,
// append_delivery_effects).
func (q *queue) dispatch(b *broker) {
	if b.now < q.paused {
		return
	}
	batch := b.batch[:0]
	for q.count() > 0 {
		c := q.nextConsumer()
		if c == nil {
			break
		}
		if out, ok := q.checkOut(b, c); ok {
			batch = append(batch, out)
		}
		q.dropExpired(b)
	}
	if q.quorum && len(batch) > 1 {
		slices.SortStableFunc(batch, func(a, b checkedOut) int { return q.compareConsumers(a.consumer, b.consumer) })
	}
	for _, out := range batch {
		q.deliver(b, out)
	}
	clear(batch)
	b.batch = batch[:0]
}

// dropOverflow drops from the head while the queue is too long.
func (q *queue) dropOverflow(b *broker) {
	for q.limits.overflow == dropHead && q.count() > 0 && q.over(q.count(), q.bytes) {
		q.discard(b, q.take(), maxLength)
	}
}

// dropOldest is dropOverflow of a quorum queue, which drops last of all, but whose dead
// letters then go first, the last of them before the others (rabbit_fifo, drop_head).
func (q *queue) dropOldest(b *broker, letters int) {
	if q.limits.overflow != dropHead || !q.over(q.count(), q.bytes) {
		return
	}
	var dropped []*entry
	for q.count() > 0 && q.over(q.count(), q.bytes) {
		dropped = append(dropped, q.take())
	}
	slices.Reverse(dropped)
	earlier := slices.Clone(b.letters[letters:])
	b.letters = b.letters[:letters]
	for _, e := range dropped {
		q.discard(b, e, maxLength)
	}
	b.letters = append(b.letters, earlier...)
}

func (q *queue) over(count, bytes int) bool {
	return q.limits.maxLength >= 0 && count > q.limits.maxLength ||
		q.limits.maxBytes >= 0 && bytes > q.limits.maxBytes
}

// heldEntry is a delivery that met reordering: somebody else seems to have it until.
type heldEntry struct {
	entry *entry
	until time.Duration
}

func (q *queue) hold(b *broker, e *entry, until time.Duration) {
	q.unacked++
	q.held = append(q.held, heldEntry{e, until})
	q.arm(b)
}

func (q *queue) releaseHeld(b *broker) {
	back := false
	for i := 0; i < len(q.held); {
		if q.held[i].until > b.now {
			i++
			continue
		}
		e := q.held[i].entry
		q.held = slices.Delete(q.held, i, i+1)
		q.requeue(b, e, byLoss)
		back = true
	}
	if back {
		q.react(b, false, len(b.letters))
	}
}

// due looks at everything that waits for a time.
func (q *queue) due(b *broker) {
	if q.deleted {
		return
	}
	if b.now >= q.armed {
		q.armed = 0
	}
	q.commit(b)
	q.releaseHeld(b)
	q.retryLetters(b)
	if q.unusedFor(b.now) {
		b.deleteQueue(q)
		return
	}
	q.react(b, false, len(b.letters))
}

// arm asks to be looked at when something next waits for a time.
func (q *queue) arm(b *broker) {
	at := q.nextTime(b)
	if at == never || q.armed != 0 && q.armed <= at {
		return
	}
	q.armed = max(at, 1)
	b.timers.add(at, q)
}

func (q *queue) nextTime(b *broker) time.Duration {
	at := never
	if q.log.len() > 0 {
		at = q.log.first().at
	}
	if e := q.peek(); e != nil {
		at = min(at, e.expires)
		if q.paused > b.now {
			at = min(at, q.paused)
		}
	}
	for _, h := range q.held {
		at = min(at, h.until)
	}
	if len(q.letters) > 0 {
		at = min(at, q.retryAt)
	}
	if q.limits.expires != never && len(q.consumers) == 0 {
		at = min(at, q.lastUse+q.limits.expires)
	}
	return at
}

// deleteQueue removes a queue with its messages and bindings, and tells its consumers, whom a
// channel keeps by their tags (rabbit_channel, handle_consuming_queue_down_or_eol).
func (b *broker) deleteQueue(q *queue) int {
	removed := q.count()
	q.deleted = true
	delete(b.queues, q.name)
	b.topologyChanged()
	b.forgetQueue(q)
	slices.SortStableFunc(q.consumers, func(a, b *consumer) int { return strings.Compare(a.tag, b.tag) })
	for _, c := range q.consumers {
		c.gone = true
		c.channel.dropConsumer(c)
		if !c.channel.session.ended {
			b.emit(c.channel, port.ConsumerCancelled{Consumer: c.tag})
		}
	}
	q.consumers, q.turn, q.single = nil, nil, nil
	for _, waiting := range q.log.all() {
		b.confirmed(waiting.arrival, true)
	}
	q.log, q.ready, q.returned = fifo[logged]{}, fifo[*entry]{}, fifo[*entry]{}
	q.held, q.letters = nil, nil
	b.dropBindings(func(other *binding) bool { return other.queue == q })
	return removed
}
