package rabbitmq

import "slices"

// queueClient is what a channel keeps of a queue that it has used, made for the queue's type
// (rabbit_queue_type, get_ctx). It outlives the queue if the channel does not hear of its end.
type queueClient struct {
	queue   *queue
	listens bool // hears of the queue's end whatever it does then
}

// use makes the channel keep a client of the queue, or takes up that of an earlier queue of this
// name. If that was of the other type the channel dies of it, and its connection with it:
// each type has states of its own, and the wrong one matches no clause.
func (ch *channel) use(q *queue, listens bool) *exception {
	if ch.used == q && listens {
		return nil
	}
	known := ch.clients[q.name]
	switch {
	case known == nil:
		if ch.clients == nil {
			ch.clients = map[string]*queueClient{}
		}
		known = &queueClient{}
		ch.clients[q.name] = known
	case known.queue.quorum != q.quorum:
		return &exception{541, codeNames[541]}
	}
	known.queue = q
	known.listens = known.listens || listens
	if known.listens {
		ch.used = q
	}
	return nil
}

// forgetQueue lets the channels that hear of the end of a queue drop their clients of it. A
// publisher hears of it, and so does a consumer of a classic queue. A quorum queue tells those who
// consume or hold deliveries when it ends (rabbit_fifo, state_enter eol), so not one who has
// only read from it with basic.get; nor does a classic queue up to 3.11 (rabbit_classic_queue,
// dequeue, which monitors the queue from 3.12 on).
func (b *broker) forgetQueue(q *queue) {
	for _, s := range b.sessions {
		for _, ch := range s.channels {
			if known := ch.clients[q.name]; known != nil && (known.listens || ch.holdsOf(q)) {
				delete(ch.clients, q.name)
			}
			if ch.used == q {
				ch.used = nil
			}
		}
	}
}

// holdsOf says whether the channel consumes from a quorum queue or has deliveries of it.
func (ch *channel) holdsOf(q *queue) bool {
	return q.quorum && (slices.ContainsFunc(ch.consumers, func(c *consumer) bool { return c.queue == q }) ||
		slices.ContainsFunc(ch.unacked.all(), func(e *entry) bool { return e != nil && e.queue == q }))
}
