package rabbitmq

import "time"

// expiry returns when a message that enters the queue now dies: its own or the queue's
// time to live, whichever is shorter. A message with a TTL of 0 lives if a consumer takes
// it at once; a quorum queue gives it a millisecond for that (rabbit_fifo,
// update_expiry_header).
func (q *queue) expiry(now time.Duration, m *message) time.Duration {
	ttl := min(q.limits.ttl, m.ttl)
	switch {
	case ttl == never:
		return never
	case ttl == 0 && q.quorum:
		return now + time.Millisecond
	}
	return now + ttl
}

// dropExpired drops the expired messages at the head of the queue. One behind a message
// that lives on stays, expired or not (RabbitMQ documentation, Time-To-Live, "Caveats").
func (q *queue) dropExpired(b *broker) {
	for {
		e := q.peek()
		if e == nil || e.expires > b.now {
			return
		}
		q.discard(b, q.take(), expired)
	}
}

// used notes that the queue was declared or read with basic.get.
func (q *queue) used(b *broker) {
	q.lastUse = b.now
	q.arm(b)
}

// unusedFor says whether the queue's x-expires has passed: no consumers, no declaration
// and no basic.get for as long.
func (q *queue) unusedFor(now time.Duration) bool {
	return q.limits.expires != never && len(q.consumers) == 0 && now >= q.lastUse+q.limits.expires
}
