package rabbitmq

import "time"

// expiry returns when a message that enters the queue now dies: its own or the queue's
// time to live, whichever is shorter.
func (q *queue) expiry(now time.Duration, m *message) time.Duration {
	if ttl := min(q.limits.ttl, m.ttl); ttl != never {
		return now + ttl
	}
	return never
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
