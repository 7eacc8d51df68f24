package rabbitmq

import (
	"slices"
	"time"

	"github.com/squallhq/squall/chaos"
)

// ackedEntry is an entry whose acknowledgement is not on disk until a time.
type ackedEntry struct {
	entry *entry
	safe  time.Duration
}

// forget removes a settled entry for good, as soon as that is on disk.
func (q *queue) forget(b *broker, e *entry) {
	for q.acked.len() > 0 && q.acked.first().safe <= b.now {
		q.acked.pop()
	}
	if q.durable && (q.quorum || e.message.props.Persistent) {
		q.acked.push(ackedEntry{e, b.now + b.writeTime(e.message.draws+1)})
	}
}

// crash is the sudden end of the broker: connections and everything transient are gone
// (RabbitMQ documentation, Queues, "Durability"). What was not yet on disk may be gone:
// an unconfirmed message, and an acknowledgement, so that the message is back.
func (b *broker) crash(kind chaos.Kind) {
	b.timers = timers{seq: b.timers.seq}
	b.out, b.letters, b.alarm = nil, nil, ""
	queues := b.sortedQueues()
	for _, q := range queues {
		if q.owner != nil || !q.durable {
			q.deleted = true
			delete(b.queues, q.name)
		}
	}
	for _, x := range b.sortedExchanges() {
		if !x.durable {
			delete(b.exchanges, x.name)
		}
		x.bindings = slices.DeleteFunc(x.bindings, func(old *binding) bool {
			return !old.durable() || old.queue != nil && old.queue.deleted
		})
	}
	for _, q := range b.sortedQueues() {
		q.crash(b, kind)
	}
	for _, s := range b.sessions {
		s.ended = true
		for _, ch := range s.channels {
			ch.closed = true
		}
	}
	b.sessions = nil
	b.topologyChanged()
}

// delivered returns the queue's unsettled deliveries, by their place in the queue.
func (b *broker) delivered(q *queue) []*entry {
	var all []*entry
	for _, s := range b.sessions {
		for _, ch := range s.channels {
			for _, e := range ch.unacked.all() {
				if e != nil && e.queue == q {
					all = append(all, e)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b *entry) int { return int(int64(a.seq) - int64(b.seq)) })
	return all
}

// crash leaves in the queue what is found on disk afterwards.
func (q *queue) crash(b *broker, kind chaos.Kind) {
	key := chaos.HashString(uint64(b.now), q.name)
	found := q.surviving(b, kind, key)
	slices.SortStableFunc(found, func(a, b *entry) int { return int(int64(a.seq) - int64(b.seq)) })
	q.ready, q.returned, q.bytes, q.unacked = fifo[*entry]{}, fifo[*entry]{}, 0, 0
	for _, e := range found {
		if e.channel != nil {
			e.redelivered = true
			if q.quorum {
				q.countReturn(b, e, byLoss)
			}
		}
		e.channel, e.consumer = nil, nil
		q.push(e)
	}
	q.recoverLog(b, key)
	q.held, q.acked = nil, fifo[ackedEntry]{}
	q.consumers, q.turn, q.enqueuers, q.single, q.armed, q.paused = nil, nil, nil, nil, 0, 0
	q.low = q.belowSoft(q.fill())
}

// surviving collects the entries on disk.
func (q *queue) surviving(b *broker, kind chaos.Kind, key uint64) []*entry {
	var found []*entry
	keep := func(e *entry) {
		if q.keeps(b, e, kind, key) {
			found = append(found, e)
		}
	}
	for _, e := range q.returned.all() {
		keep(e)
	}
	for _, e := range q.ready.all() {
		keep(e)
	}
	for _, e := range b.delivered(q) {
		keep(e)
	}
	for _, h := range q.held {
		h.entry.redelivered = true
		keep(h.entry)
	}
	return append(found, q.resurrected(b, key)...)
}

// keeps says whether an entry of a durable queue is on disk.
func (q *queue) keeps(b *broker, e *entry, kind chaos.Kind, key uint64) bool {
	if q.quorum {
		return true
	}
	if !e.message.props.Persistent {
		return false
	}
	unsynced := kind == chaos.KindLoseMachine && b.profile.confirmsUnsynced() && b.now < e.safe+syncInterval
	if b.now < e.safe || unsynced {
		return chaos.PPM(500_000).Hits(b.draw(purposeSurvive, chaos.Mix(key, e.seq)))
	}
	return true
}

// syncInterval is how long a machine may keep written files in memory only.
const syncInterval = 200 * time.Millisecond

// resurrected returns the entries whose acknowledgement did not reach the disk: of those
// still on their way, all after a drawn one, for a log is lost from its end.
func (q *queue) resurrected(b *broker, key uint64) []*entry {
	var pending []*entry
	for _, a := range q.acked.all() {
		if a.safe > b.now {
			a.entry.redelivered = true
			pending = append(pending, a.entry)
		}
	}
	reached := chaos.Below(b.draw(purposeResurrect, key), uint64(len(pending))+1)
	back := pending[reached:]
	for _, e := range back {
		if q.quorum {
			q.countReturn(b, e, byLoss)
		}
	}
	return back
}

// recoverLog keeps the publishes that were being written up to a drawn one. Their
// publishers never hear of it.
func (q *queue) recoverLog(b *broker, key uint64) {
	pending := q.log.all()
	written := int(chaos.Below(b.draw(purposeSurvive, key), uint64(len(pending))+1))
	for _, next := range pending[:written] {
		q.admit(b, next.message, b.now)
	}
	q.log = fifo[logged]{}
}

// recover goes on after a crash: what has expired or was delivered too often dies.
func (b *broker) recover() {
	for _, q := range b.sortedQueues() {
		q.lastUse = b.now
		for _, e := range slices.Clone(q.ready.all()) {
			if q.overDeliveries(e) {
				q.ready.items = slices.DeleteFunc(q.ready.items, func(other *entry) bool { return other == e })
				q.bytes -= len(e.message.body)
				q.discard(b, e, deliveryLimit)
			}
		}
		for _, e := range q.letters {
			q.deadLetter(b, e, e.reason)
		}
		q.react(b, false, len(b.letters))
	}
	b.sendLetters()
}

// pause takes the leader of a quorum queue away until a time: nothing is written and
// nothing delivered meanwhile (RabbitMQ documentation, Quorum Queues, "Leader Election").
func (q *queue) pause(b *broker, until time.Duration) {
	q.paused = max(q.paused, until)
	q.written = max(q.written, until)
	for i := range q.log.all() {
		q.log.all()[i].at = max(q.log.all()[i].at, until+time.Duration(i)+1)
		q.written = max(q.written, q.log.all()[i].at)
	}
	q.arm(b)
}
