package rabbitmq

import (
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/system/port"
)

// broker is the state of RabbitMQ and its rules, without a network: inputs change it and
// leave effects in out, in the order in which they must be sent. The time is handed in.
type broker struct {
	profile   Profile
	now       time.Duration
	wall      func() time.Time                               // the node's clock, for x-death
	draw      func(purpose chaos.Purpose, key uint64) uint64 // from the seed
	mark      func(name string)                              // something worth reaching was
	strike    func(q *queue, c *consumer, e *entry) fate     // decides the fate of a delivery
	exchanges map[string]*exchange
	queues    map[string]*queue
	sessions  []*session
	timers    timers
	routes    map[routeKey][]*queue // of exchanges that look at nothing but the key
	routing   routing
	letters   []deadLetter // on their way to their exchange
	batch     []checkedOut // working memory of dispatch
	counters  map[string]*Count
	out       []effect
	got       *entry // by the basic.get that is being answered
	alarm     string // why publishers are blocked, or empty
	refusals  []Refusal
	names     uint64        // made up so far
	declared  int           // queues so far
	arrived   uint64        // consumers, and deliveries by basic.get, so far
	timeout   time.Duration // for acknowledgements
	look      time.Duration // how often a channel looks for late ones

	refuse func(*Unsupported) // tells the server
}

// effect is a frame for a client.
type effect struct {
	session *session
	channel *channel   // nil: about the connection
	event   port.Event // what the broker sends by itself; nil for a reply
	reply   *port.Reply
	op      port.Op // whose crossing it is
	settled bool    // the delivery needs no settling
	fate    fate
}

// fate is what becomes of a delivery on its way out.
type fate struct {
	fault   chaos.Kind
	latency time.Duration
	hold    time.Duration // for Reorder: how long others may overtake
}

const (
	never             = time.Duration(1<<63 - 1)
	unlimited         = -1
	defaultAckTimeout = 30 * time.Minute
	defaultLook       = time.Minute
)

func newBroker(profile Profile) *broker {
	b := &broker{
		profile: profile, exchanges: make(map[string]*exchange), queues: make(map[string]*queue),
		routes: make(map[routeKey][]*queue), counters: make(map[string]*Count),
		timeout: defaultAckTimeout, look: defaultLook,
	}
	for _, preset := range presetExchanges {
		b.exchanges[preset.name] = &exchange{
			name: preset.name, kind: preset.kind, durable: true, internal: preset.internal,
		}
	}
	return b
}

// begin starts the handling of an input at a time.
func (b *broker) begin(now time.Duration) { b.now = now }

func (b *broker) emit(ch *channel, event port.Event) {
	b.out = append(b.out, effect{session: ch.session, channel: ch, event: event})
}

// purposes of the broker's own draws.
var (
	purposeWrite     = chaos.PurposeOf("time to write a message")
	purposeSurvive   = chaos.PurposeOf("writes that survive a crash")
	purposeResurrect = chaos.PurposeOf("acknowledgements lost in a crash")
)

// writeTime draws how long it takes until a message is safe: a quorum of disks mostly
// takes a millisecond or two, now and then twenty.
func (b *broker) writeTime(key uint64) time.Duration {
	draw := b.draw(purposeWrite, key)
	spread := uint64(1500 * time.Microsecond)
	if draw&31 == 0 {
		spread = uint64(20 * time.Millisecond)
	}
	return 200*time.Microsecond + time.Duration(chaos.Below(chaos.Mix(draw, 2), spread))
}

// made returns a name that the broker makes up.
func (b *broker) made(prefix, of string) string {
	b.names++
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
	bits := chaos.HashString(b.names, of)
	name := []byte(prefix)
	for i := range 22 {
		if i == 10 {
			bits = chaos.Mix(bits, b.names)
		}
		name = append(name, digits[bits&63])
		bits >>= 6
	}
	return string(name)
}
