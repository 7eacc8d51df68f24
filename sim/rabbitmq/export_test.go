package rabbitmq

import (
	"fmt"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/system/port"
)

// Pure is the broker's state machine without a network, for tests.
type Pure struct {
	b        *broker
	session  *session
	channels map[int]*channel
	tags     map[int]uint64
	now      time.Duration
}

// NewPure returns a broker with one connection.
func NewPure(profile Profile) *Pure {
	p := &Pure{b: newBroker(profile), session: &session{node: "order-1"}, channels: map[int]*channel{}, tags: map[int]uint64{}}
	p.b.wall = func() time.Time { return time.Unix(0, 0).Add(p.now) }
	p.b.mark = func(string) {}
	p.b.draw = func(chaos.Purpose, uint64) uint64 { return 1 }
	p.b.openSession(p.session)
	return p
}

func (p *Pure) channel(id int) *channel {
	p.b.begin(p.now)
	if p.channels[id] == nil {
		p.channels[id] = p.b.openChannel(p.session, id)
		p.tags[id] = 0
	}
	return p.channels[id]
}

// Advance lets time pass.
func (p *Pure) Advance(d time.Duration) {
	end := p.now + d
	for p.b.timers.next() <= end {
		p.now = max(p.now, p.b.timers.next())
		p.b.begin(p.now)
		p.b.tick()
	}
	p.now = end
}

// Do runs a method. Methods that are refused panic.
func (p *Pure) Do(id int, method port.Method) port.Reply {
	place := len(p.b.out)
	ch := p.channel(id)
	if unsupported := p.b.do(ch, method); unsupported != nil {
		panic(unsupported)
	}
	if place >= len(p.b.out) || p.b.out[place].reply == nil {
		panic(fmt.Sprintf("%+v was refused: %+v", method, p.b.out[place:]))
	}
	return *p.b.out[place].reply
}

// Publish publishes to a queue, and waits until a quorum has written.
func (p *Pure) Publish(id int, queue, body string, expiration string) {
	ch := p.channel(id)
	p.tags[id]++
	m := newMessage(port.Publishing{
		Key: queue, Body: []byte(body), Properties: port.Properties{Expiration: expiration, Persistent: true},
	}, port.Op{})
	p.b.publish(ch, &arrival{tag: p.tags[id], message: m, copies: 1})
	p.settleWrites()
}

// settleWrites lets the quorum write without letting time pass.
func (p *Pure) settleWrites() {
	for _, q := range p.b.sortedQueues() {
		for i := range q.log.all() {
			q.log.all()[i].at = p.now
		}
		q.written = p.now
		q.commit(p.b)
	}
	p.b.sendLetters()
}

// Settle settles deliveries.
func (p *Pure) Settle(id int, s port.Settlement) { p.b.settle(p.channel(id), s); p.settleWrites() }

// Close closes a channel.
func (p *Pure) Close(id int) {
	p.b.begin(p.now)
	if ch := p.channels[id]; ch != nil {
		p.b.endChannel(ch)
		delete(p.channels, id)
	}
	p.settleWrites()
}

// Deliveries returns and forgets what was delivered since the last call.
func (p *Pure) Deliveries() []string {
	var all []string
	for _, e := range p.b.out {
		if d, ok := e.event.(port.Delivery); ok {
			all = append(all, DeliveryText(e.channel.number, d))
		}
	}
	p.b.out = nil
	return all
}

// DeliveryText writes a delivery.
func DeliveryText(channel int, d port.Delivery) string {
	text := fmt.Sprintf("%d %d %s", channel, d.Tag, d.Body)
	if d.Redelivered {
		text += " redelivered"
	}
	return text
}

// Bodies returns the ready messages of a queue, and counts the delivered.
func (p *Pure) Bodies(queue string) (ready []string, unacked int) {
	q := p.b.queues[queue]
	for _, e := range append(append([]*entry(nil), q.returned.all()...), q.ready.all()...) {
		ready = append(ready, string(e.message.body))
	}
	return ready, q.unacked
}

// Bytes returns what the queue believes its ready messages weigh.
func (p *Pure) Bytes(queue string) int { return p.b.queues[queue].bytes }

// TopicMatches is topicMatches on texts.
func TopicMatches(pattern, key string) bool { return topicMatches(words(pattern), words(key)) }

// Jump is the bucket of a hash.
var Jump = jump
