package rabbitmq

import (
	"slices"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/system/port"
)

// The reasons for which a message leaves its queue without an acknowledgement.
const (
	rejected      = "rejected"
	expired       = "expired"
	maxLength     = "maxlen"
	deliveryLimit = "delivery_limit"
)

// death is one entry of x-death: a queue in which, and a reason for which, the message
// died, and how often (RabbitMQ documentation, Dead Letter Exchanges, "Dead-Lettered
// Effects on Messages").
type death struct {
	queue, reason, exchange string
	keys                    []string
	count                   int64
	at                      time.Time
	expiration              string // the message's own, taken off when it died
}

// deadLetter is a dead message on its way to its exchange.
type deadLetter struct {
	exchange string
	message  *message
	reason   string
	letter   *entry // waits in its queue until the letter is stored; nil for at-most-once
}

// discard ends the life of an entry in its queue. It must not be in ready or returned.
func (q *queue) discard(b *broker, e *entry, reason string) {
	if q.limits.atLeastOnce && q.limits.deadLetters {
		e.expires = never
		q.letters = append(q.letters, e)
		q.retryAt = max(q.retryAt, b.now+letterRetry)
	}
	q.deadLetter(b, e, reason)
}

// deadLetter republishes a dead message to the queue's dead-letter exchange, if one is
// named. The letter is sent when the current input has been handled.
func (q *queue) deadLetter(b *broker, e *entry, reason string) {
	if !q.limits.deadLetters {
		return
	}
	b.mark("dead-lettered")
	letter := deadLetter{exchange: q.limits.deadExchange, message: q.bury(b, e.message, reason), reason: reason}
	if q.limits.atLeastOnce {
		letter.letter = e
		e.reason = reason
	}
	b.letters = append(b.letters, letter)
}

// bury returns the message as the dead-letter exchange gets it.
func (q *queue) bury(b *broker, m *message, reason string) *message {
	dead := *m
	dead.ttl = never
	dead.props.Expiration = ""
	keys := append([]string{m.key}, stringList(m.props.Headers["CC"])...)
	now := b.wall().UTC().Truncate(time.Second)
	before := m.deaths
	if b.profile.turnsDeaths() {
		before = turnedDeaths(before)
	}
	dead.deaths = recordDeath(before, death{
		queue: q.name, reason: reason, exchange: m.exchange, keys: keys, count: 1, at: now, expiration: m.props.Expiration,
	})
	dead.props.Headers = q.deadHeaders(b, m, &dead)
	dead.exchange = q.limits.deadExchange
	if q.limits.hasDeadKey {
		dead.key, dead.more = q.limits.deadKey, nil
		delete(dead.props.Headers, "CC")
	}
	return &dead
}

// recordDeath puts a death first. One of the same queue and reason is counted up and
// moved, and keeps what it said of the first time.
func recordDeath(deaths []death, d death) []death {
	fresh := make([]death, 1, len(deaths)+1)
	fresh[0] = d
	for _, old := range deaths {
		if d.sameAs(old) {
			old.count++
			fresh[0] = old
			continue
		}
		fresh = append(fresh, old)
	}
	return fresh
}

// turnedDeaths returns the deaths in the opposite order, of each queue and reason the one that
// stood first: what grouping them makes of two or more (rabbit_dead_letter 3.10.8,
// group_by_queue_and_reason, a left fold that prepends).
func turnedDeaths(deaths []death) []death {
	turned := make([]death, 0, len(deaths))
	for _, d := range deaths {
		if !slices.ContainsFunc(turned, d.sameAs) {
			turned = append(turned, d)
		}
	}
	slices.Reverse(turned)
	return turned
}

// sameAs says whether two deaths are of one queue and one reason, and so share an entry.
func (d *death) sameAs(other death) bool { return d.queue == other.queue && d.reason == other.reason }

func (q *queue) deadHeaders(b *broker, m, dead *message) port.Table {
	headers := copyTable(m.props.Headers)
	if headers == nil {
		headers = make(port.Table, 7)
	}
	if _, before := headers["x-death"].([]any); !before || !b.profile.honoursDeaths() && len(m.deaths) == 0 {
		headers["x-first-death-reason"] = dead.deaths[0].reason
		headers["x-first-death-queue"] = q.name
		headers["x-first-death-exchange"] = m.exchange
	}
	if b.profile.tellsLastDeath() {
		headers["x-last-death-reason"] = dead.deaths[0].reason
		headers["x-last-death-queue"] = q.name
		headers["x-last-death-exchange"] = m.exchange
	}
	list := make([]any, len(dead.deaths))
	for i := range dead.deaths {
		list[i] = dead.deaths[i].table()
	}
	headers["x-death"] = list
	return headers
}

func (d *death) table() port.Table {
	keys := make([]any, len(d.keys))
	for i, key := range d.keys {
		keys[i] = key
	}
	table := port.Table{
		"count": d.count, "reason": d.reason, "queue": d.queue, "time": d.at, "exchange": d.exchange, "routing-keys": keys,
	}
	if d.expiration != "" {
		table["original-expiration"] = d.expiration
	}
	return table
}

// parseDeaths reads the x-death header of a message that a client publishes again.
func (m *message) parseDeaths() {
	list, _ := m.props.Headers["x-death"].([]any)
	for _, item := range list {
		table, isTable := item.(port.Table)
		if !isTable {
			continue
		}
		d := death{count: 1}
		d.queue, _ = table["queue"].(string)
		d.reason, _ = table["reason"].(string)
		d.exchange, _ = table["exchange"].(string)
		d.expiration, _ = table["original-expiration"].(string)
		d.at, _ = table["time"].(time.Time)
		d.keys = stringList(table["routing-keys"])
		if n, ok := integer(table["count"]); ok {
			d.count = n
		}
		m.deaths = append(m.deaths, d)
	}
}

func stringList(value any) []string {
	list, _ := value.([]any)
	var texts []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// sendLetters routes the dead letters of the current input, and those that these cause.
func (b *broker) sendLetters() {
	for len(b.letters) > 0 {
		next := b.letters[0]
		b.letters = b.letters[1:]
		b.sendLetter(next)
	}
	b.letters = nil
}

func (b *broker) sendLetter(l deadLetter) {
	x := b.exchanges[l.exchange]
	if x == nil && l.exchange != "" {
		return // dropped; at-least-once tries again
	}
	queues := slices.Clone(b.route(x, l.message))
	if l.reason != rejected {
		queues = slices.DeleteFunc(queues, func(q *queue) bool { return isCycle(l.message.deaths, q.name) })
	}
	if len(queues) == 0 {
		return
	}
	a := &arrival{message: l.message, letter: l.letter, key: chaos.Mix(l.message.draws, uint64(len(l.message.deaths)))}
	b.store(queues, a)
}

// isCycle says whether the message has died in the queue before without a client's
// rejecting it since: then it would go round for ever and is dropped (ibid., "Automatic
// Dead Letter Cycles").
func isCycle(deaths []death, queue string) bool {
	for _, d := range deaths {
		if d.reason == rejected {
			return false
		}
		if d.queue == queue {
			return true
		}
	}
	return false
}

// letterRetry is how long an at-least-once dead letter waits before it is tried again.
const letterRetry = 3 * time.Minute

// letterAnswered notes whether the targets have taken an at-least-once letter.
func (q *queue) letterAnswered(e *entry, ok bool) {
	if !ok || q.deleted {
		return
	}
	if i := slices.Index(q.letters, e); i >= 0 {
		q.letters = slices.Delete(q.letters, i, i+1)
		q.watchFullness()
	}
}

// retryLetters tries those again that nobody has taken.
func (q *queue) retryLetters(b *broker) {
	if len(q.letters) == 0 || b.now < q.retryAt {
		return
	}
	q.retryAt = b.now + letterRetry
	for _, e := range q.letters {
		q.deadLetter(b, e, e.reason)
	}
	b.sendLetters()
}
