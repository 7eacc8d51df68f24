package rabbitmq

import (
	"time"

	"github.com/squallhq/squall/system/port"
)

// arrival is a publish on its way through the broker, until it is confirmed.
type arrival struct {
	channel   *channel // nil for a dead letter and for a publisher's hidden retry
	tag       uint64
	message   *message
	mandatory bool
	copies    int    // how often the message is stored
	key       uint64 // of its draws
	letter    *entry // the dead letter that waits for the outcome

	waiting int // queues that have not answered
	refused bool
	safe    time.Duration // when a classic queue will have written it
}

// publish handles basic.publish. The channel is in confirm mode.
func (b *broker) publish(ch *channel, a *arrival) {
	if ch.closed {
		return
	}
	m := a.message
	m.draws = a.key
	b.countPublish(m)
	x, refusal := b.admissible(m)
	if refusal != nil {
		b.fail(ch, refusal)
		return
	}
	a.channel = ch
	queues := b.route(x, m)
	for _, q := range queues {
		if refusal := ch.use(q, true); refusal != nil {
			b.fail(ch, refusal)
			return
		}
	}
	if len(queues) == 0 && a.mandatory {
		b.out = append(b.out, effect{session: ch.session, channel: ch, event: m.returned(), op: m.op})
		b.mark("message returned")
	}
	b.store(queues, a)
	for range a.copies - 1 {
		if m.count != nil {
			m.count.Copies++
		}
		b.store(b.route(x, m), &arrival{message: m, key: a.key + 1})
	}
	b.sendLetters()
}

// admissible checks a publish and finds its exchange, nil for the default one.
func (b *broker) admissible(m *message) (*exchange, *exception) {
	if limit := b.profile.messageMax(); len(m.body) > limit {
		kind := "max size"
		if b.profile >= V40 {
			kind = "configured max size"
		}
		return nil, raise(406, "message size %d is larger than %s %d", len(m.body), kind, limit)
	}
	if refusal := b.permitted(Write, exchangeKind, m.exchange); refusal != nil {
		return nil, refusal
	}
	var x *exchange
	if m.exchange != "" {
		if x = b.exchanges[m.exchange]; x == nil {
			return nil, noExchange(m.exchange)
		}
		if x.internal {
			return nil, raise(403, "cannot publish to internal %s", exchangeIn(x.name))
		}
	}
	if refusal := m.parseExpiration(); refusal != nil {
		return nil, refusal
	}
	if refusal := m.parseCopies(); refusal != nil {
		return nil, refusal
	}
	if b.profile.honoursDeaths() {
		m.parseDeaths()
	}
	return x, nil
}

func (m *message) returned() port.Returned {
	r := port.Returned{
		Code: 312, Text: "NO_ROUTE", Exchange: m.exchange, Key: m.key, Properties: m.props, Body: m.body,
	}
	r.Headers = copyTable(m.props.Headers)
	return r
}

// store gives the message to its queues. The publish is confirmed when all have taken
// responsibility, and refused as soon as one refuses, whatever the others do (RabbitMQ
// documentation, Queue Length Limit, "reject-publish").
func (b *broker) store(queues []*queue, a *arrival) {
	a.waiting = 1
	for _, q := range queues {
		a.waiting++
		q.accept(b, a)
	}
	b.confirmed(a, true)
}

// accept takes a publish into the queue, or refuses it.
func (q *queue) accept(b *broker, a *arrival) {
	m := a.message
	if q.quorum {
		if !q.admits(a) {
			b.confirmed(a, false)
			return
		}
		q.write(b, m, a, a.key)
		return
	}
	if q.refuses(b, m) {
		b.confirmed(a, false)
		return
	}
	if !q.durable || !m.props.Persistent {
		q.admit(b, m, never)
		b.confirmed(a, true)
	} else {
		if a.safe == 0 {
			a.safe = b.now + b.writeTime(a.key)
			b.timers.add(a.safe, a)
		} else {
			a.waiting--
		}
		q.admit(b, m, a.safe)
	}
	q.react(b, true, len(b.letters))
}

// refuses says whether a classic queue has no room (overflow reject-publish).
func (q *queue) refuses(b *broker, m *message) bool {
	if q.limits.overflow == dropHead || !q.over(q.count()+1, q.bytes+len(m.body)) {
		return false
	}
	if q.limits.overflow == rejectPublishDLX {
		q.deadLetter(b, &entry{message: m, queue: q}, maxLength)
	}
	return true
}

// due confirms what classic queues have written.
func (a *arrival) due(b *broker) { b.confirmed(a, true) }

// confirmed notes the answer of one queue, and answers the publisher when it can.
func (b *broker) confirmed(a *arrival, ok bool) {
	a.waiting--
	if a.refused {
		return
	}
	if !ok {
		a.refused = true
	} else if a.waiting > 0 {
		return
	}
	if a.letter != nil {
		a.letter.queue.letterAnswered(a.letter, ok)
	}
	if a.channel == nil || a.channel.closed {
		return
	}
	outcome := port.Done
	if !ok {
		outcome = port.NotDone
	}
	if c := a.message.count; c != nil && ok {
		c.Confirms++
	}
	b.out = append(b.out, effect{
		session: a.channel.session, channel: a.channel,
		event: port.Confirmed{Tag: a.tag, Outcome: outcome}, op: a.message.op,
	})
}
