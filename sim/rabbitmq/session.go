package rabbitmq

import (
	"slices"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/port"
)

// session is the broker's end of a connection.
type session struct {
	name     string // as the client gave it
	node     string // of the client
	service  string // of the client
	channels []*channel
	blocked  bool // the broker does not read from it
	closing  bool // the client has asked for the end
	ended    bool

	// For the wire:
	conn    *sim.Conn
	client  *connection
	backlog fifo[frame] // what the broker has not read
	reading bool        // the backlog is being read
}

// openSession takes a new connection.
func (b *broker) openSession(s *session) { b.sessions = append(b.sessions, s) }

// openChannel opens a channel on the session.
func (b *broker) openChannel(s *session, number int) *channel {
	ch := &channel{session: s, number: number, opened: b.now}
	s.channels = append(s.channels, ch)
	return ch
}

// answer answers a method that brings nothing.
func (b *broker) answer(ch *channel) {
	b.out = append(b.out, effect{session: ch.session, channel: ch, reply: &port.Reply{}, settled: true})
}

// endChannel closes a channel in order.
func (b *broker) endChannel(ch *channel) {
	b.closeChannel(ch)
	ch.session.channels = slices.DeleteFunc(ch.session.channels, func(other *channel) bool { return other == ch })
}

// endSession ends a connection: its channels close one after another, then its exclusive
// queues are deleted. If there is a reason, the client is told. When a connection is lost
// without a word, the exclusive queues hear of it before the channels end, and give what
// these had to nobody (rabbit_amqqueue_process, handle_info and prioritise_info: "in case the
// connection goes away unexpectedly").
func (b *broker) endSession(s *session, why *port.CloseError) {
	if s.ended {
		return
	}
	s.ended = true
	lost := why == nil && !s.closing
	if lost && s.openDeliveries() {
		b.mark("connection lost with unacked deliveries")
	}
	if lost {
		b.deleteExclusive(s)
	}
	for _, ch := range s.channels {
		b.closeChannel(ch)
	}
	b.deleteExclusive(s)
	b.sessions = slices.DeleteFunc(b.sessions, func(other *session) bool { return other == s })
	if why != nil {
		b.out = append(b.out, effect{session: s, event: port.Closed{Err: why}})
	}
}

// deleteExclusive deletes the queues that are exclusive to a session.
func (b *broker) deleteExclusive(s *session) {
	for _, q := range b.sortedQueues() {
		if q.owner == s {
			b.deleteQueue(q)
		}
	}
}

func (s *session) openDeliveries() bool {
	for _, ch := range s.channels {
		if ch.open > 0 {
			return true
		}
	}
	return false
}

// setAlarm raises a resource alarm, or clears it with an empty reason. While it lasts the
// broker reads no more from a connection on which something is published, from then on (RabbitMQ
// documentation, Memory and Disk Alarms; Blocked Connections).
func (b *broker) setAlarm(reason string) {
	b.alarm = reason
	for _, s := range slices.Clone(b.sessions) {
		if reason == "" && s.blocked {
			s.blocked = false
			b.out = append(b.out, effect{session: s, event: port.Unblocked{}})
		}
	}
}

// block stops reading from a session that publishes during an alarm.
func (b *broker) block(s *session) {
	if b.alarm == "" || s.blocked || s.ended {
		return
	}
	s.blocked = true
	b.out = append(b.out, effect{session: s, event: port.Blocked{Reason: b.alarm}})
}
