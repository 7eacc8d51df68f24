package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// Notification is what NOTIFY sent.
type Notification struct {
	PID     int32
	Channel string
	Payload string
}

// listenChange is a LISTEN or UNLISTEN that waits for the commit.
type listenChange struct {
	channel string // "": all, with off
	off     bool
}

// SetNotify sets who delivers notifications to listening sessions; called at commit, in commit order.
func (db *Database) SetNotify(deliver func(to *Session, n Notification)) { db.deliver = deliver }

// payloadMax is the size that a payload must stay below, in bytes (NOTIFY_PAYLOAD_MAX_LENGTH).
const payloadMax = 8000

// Notify queues a notification for the commit; duplicates within the transaction are dropped
// (22023: payload or channel name too long).
func (t *Tx) Notify(channel, payload string) error {
	switch {
	case channel == "":
		return &value.Error{Code: "22023", Message: "channel name cannot be empty"}
	case len(channel) > nameMax:
		return &value.Error{Code: "22023", Message: "channel name too long"}
	case len(payload) >= payloadMax:
		return &value.Error{Code: "22023", Message: "payload string too long"}
	}
	n := Notification{t.session.pid, channel, payload}
	if !slices.Contains(t.notes, n) {
		t.notes = append(t.notes, n)
	}
	return nil
}

// Listen registers the session at commit.
func (t *Tx) Listen(channel string) { t.listen = append(t.listen, listenChange{channel: channel}) }

// Unlisten removes the registration at commit; "" removes all.
func (t *Tx) Unlisten(channel string) {
	t.listen = append(t.listen, listenChange{channel: channel, off: true})
}

// Listening returns the session's channels, sorted.
func (s *Session) Listening() []string { return slices.Clone(s.channels) }

// publish does at commit what LISTEN, UNLISTEN and NOTIFY asked for.
func (t *Tx) publish() {
	s, db := t.session, t.db
	for _, c := range t.listen {
		switch {
		case c.off && c.channel == "":
			s.unlistenAll()
		case c.off:
			s.unlisten(c.channel)
		default:
			s.listenTo(c.channel)
		}
	}
	if db.deliver == nil {
		return
	}
	for _, n := range t.notes {
		for _, to := range slices.Clone(db.channels[n.Channel]) {
			db.deliver(to, n)
		}
	}
}

func (s *Session) listenTo(channel string) {
	if i, found := slices.BinarySearch(s.channels, channel); !found {
		s.channels = slices.Insert(s.channels, i, channel)
		s.db.channels[channel] = append(s.db.channels[channel], s)
	}
}

func (s *Session) unlisten(channel string) {
	i, found := slices.BinarySearch(s.channels, channel)
	if !found {
		return
	}
	s.channels = slices.Delete(s.channels, i, i+1)
	left := slices.DeleteFunc(s.db.channels[channel], func(x *Session) bool { return x == s })
	if len(left) == 0 {
		delete(s.db.channels, channel)
		return
	}
	s.db.channels[channel] = left
}

func (s *Session) unlistenAll() {
	for len(s.channels) > 0 {
		s.unlisten(s.channels[0])
	}
}
