package rabbitmq

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/squallhq/squall/system/port"
)

// comeback says how a delivered message came back.
type comeback int

const (
	byNack   comeback = iota // basic.nack with requeue
	byReject                 // basic.reject with requeue
	byLoss                   // the channel or its connection ended
	byTime                   // the acknowledgement timed out, 4.3
)

// logged is a publish that a quorum is writing. Nobody sees the message before the
// majority has it: only committed entries of the log are applied.
type logged struct {
	message *message
	arrival *arrival
	at      time.Duration
}

// write appends a publish to the log. The log is written in order.
func (q *queue) write(b *broker, m *message, a *arrival, key uint64) {
	if b.profile.prioritises(m) {
		b.refuse(&Unsupported{"message priorities in quorum queues", "publish to " + q.name})
	}
	at := max(b.now+b.writeTime(key), q.written+1, q.paused)
	q.written = at
	q.log.push(logged{m, a, at})
	q.arm(b)
}

// commit applies what a quorum has written.
func (q *queue) commit(b *broker) {
	for q.log.len() > 0 && q.log.first().at <= b.now {
		next := q.log.pop()
		q.admit(b, next.message, b.now)
		q.react(b, true, len(b.letters))
		b.confirmed(next.arrival, true)
	}
}

// enqueuer is a publisher as a quorum queue with reject-publish knows it: a channel, or a
// queue whose dead letters are confirmed. Each is told when it must stop and when it may go
// on, so that one who comes later may find room where others are still refused
// (rabbit_fifo, register_enqueuer and evaluate_limit).
type enqueuer struct {
	publisher any
	refused   bool
}

// admits says whether the queue takes a publish. Dead letters that nobody confirms are
// always taken (rabbit_fifo_client, untracked_enqueue).
func (q *queue) admits(a *arrival) bool {
	var publisher any
	switch {
	case q.limits.overflow != rejectPublish:
		return true
	case a.channel != nil:
		publisher = a.channel
	case a.letter != nil:
		publisher = a.letter.queue
	default:
		return true
	}
	for i := range q.enqueuers {
		if q.enqueuers[i].publisher == publisher {
			return !q.enqueuers[i].refused
		}
	}
	full := q.over(q.fill())
	q.enqueuers = append(q.enqueuers, enqueuer{publisher, full})
	if a.channel != nil {
		a.channel.enqueues = append(a.channel.enqueues, q)
	}
	return !full
}

// forgetEnqueuer removes a publisher that is gone.
func (q *queue) forgetEnqueuer(publisher any) {
	q.enqueuers = slices.DeleteFunc(q.enqueuers, func(e enqueuer) bool { return e.publisher == publisher })
}

// fill is what counts for the limits of a quorum queue.
func (q *queue) fill() (count, bytes int) {
	count, bytes = q.count()+len(q.letters), q.bytes
	for _, e := range q.letters {
		bytes += len(e.message.body)
	}
	return count, bytes
}

// compareConsumers is the order of a quorum queue's map of consumers, which are known by their
// tags, and from 4.0 on by numbers in the order of their arrival (rabbit_fifo, consumer_id
// and consumer_key).
func (q *queue) compareConsumers(a, b *consumer) int {
	if q.profile.knowsConsumersByTag() {
		return strings.Compare(a.tag, b.tag)
	}
	return cmp.Compare(a.number, b.number)
}

// compareHolders is the same of those who have deliveries, basic.get among them.
func (q *queue) compareHolders(a, b *entry) int {
	if q.profile.knowsConsumersByTag() {
		return strings.Compare(a.holder(), b.holder())
	}
	number := func(e *entry) uint64 {
		if e.consumer == nil {
			return e.fetched
		}
		return e.consumer.number
	}
	return cmp.Compare(number(a), number(b))
}

// watchFullness lets a quorum queue with reject-publish refuse all publishers when it is
// over its limit, until it comes down to four fifths (rabbit_fifo, LOW_LIMIT). Publishes on
// their way are taken: the limit is a soft one.
func (q *queue) watchFullness() {
	if q.limits.overflow != rejectPublish {
		return
	}
	over, low := q.over(q.fill()), q.belowSoft(q.fill())
	if over || low && !q.low {
		for i := range q.enqueuers {
			q.enqueuers[i].refused = over
		}
	}
	q.low = low
}

func (q *queue) belowSoft(count, bytes int) bool {
	return (q.limits.maxLength < 0 || count <= q.limits.maxLength*4/5) &&
		(q.limits.maxBytes < 0 || bytes <= q.limits.maxBytes*4/5)
}

// countReturn counts a delivery that came back. Which comebacks are failed attempts
// differs by version.
func (q *queue) countReturn(b *broker, e *entry, back comeback) {
	e.acquired++
	if !b.profile.countsOnlyFailures() || back == byReject || back == byLoss {
		e.failed++
	}
}

// overDeliveries says whether the entry has come back more often than its queue allows:
// a limit of 20 allows 21 deliveries.
func (q *queue) overDeliveries(e *entry) bool {
	return q.limits.deliveries != unlimited && e.failed > q.limits.deliveries
}

// tellCounts writes the counts of a redelivery from a quorum queue into its headers.
func (e *entry) tellCounts(d *port.Delivery) {
	if d.Headers == nil {
		d.Headers = make(port.Table, 2)
	}
	if e.queue.profile.tellsAcquired() {
		d.Headers["x-acquired-count"] = int64(e.acquired)
	}
	if e.failed > 0 {
		d.Headers["x-delivery-count"] = int64(e.failed)
	}
}

// tellZero writes the count of a first delivery, over a header of the client's.
func (e *entry) tellZero(d *port.Delivery) {
	if e.acquired > 0 {
		return
	}
	if d.Headers == nil {
		d.Headers = make(port.Table, 1)
	}
	d.Headers["x-delivery-count"] = int64(0)
}
