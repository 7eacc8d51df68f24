package rabbitmq

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/squallhq/squall/system/port"
)

// message is what was published. Queues share it; nothing in it changes.
type message struct {
	exchange, key string
	more          []string // CC and BCC keys
	props         port.Properties
	body          []byte
	ttl           time.Duration // of its own, or never
	deaths        []death       // newest first
	count         *Count
	op            port.Op
	draws         uint64 // the key of its draws
}

// tenYears in milliseconds is the longest time to live.
const tenYears = 315_360_000_000

// newMessage takes what a client published. Nothing is shared with the client.
func newMessage(p port.Publishing, op port.Op) *message {
	m := &message{exchange: p.Exchange, key: p.Key, props: p.Properties, ttl: never, op: op}
	m.body = bytes.Clone(p.Body)
	m.props.Headers = copyTable(p.Headers)
	if !p.Timestamp.IsZero() {
		m.props.Timestamp = p.Timestamp.UTC().Truncate(time.Second)
	}
	return m
}

// parseExpiration reads the expiration property.
func (m *message) parseExpiration() *exception {
	text := m.props.Expiration
	if text == "" {
		return nil
	}
	digits := len(text) - len(strings.TrimLeft(strings.TrimPrefix(text, "-"), "0123456789"))
	n, err := strconv.ParseInt(text[:digits], 10, 64)
	switch {
	case err != nil:
		return raise(406, "invalid expiration '%s': no_integer", text)
	case digits < len(text):
		return raise(406, "invalid expiration '%s': {leftover_string,%q}", text, text[digits:])
	case n < 0:
		return raise(406, "invalid expiration '%s': {value_negative,%d}", text, n)
	case n > tenYears:
		return raise(406, "invalid expiration '%s': {value_too_large,%d}", text, n)
	}
	m.ttl = time.Duration(n) * time.Millisecond
	return nil
}

// parseCopies reads the headers CC and BCC (RabbitMQ documentation, Sender-selected
// Distribution). BCC is taken off.
func (m *message) parseCopies() *exception {
	for _, name := range [...]string{"CC", "BCC"} {
		value, present := m.props.Headers[name]
		if !present {
			continue
		}
		list, isList := value.([]any)
		if !isList {
			return raise(406, "invalid message: {unacceptable_type_in_header,%q,%s}", name, typeName(value))
		}
		for _, item := range list {
			if key, isText := item.(string); isText {
				m.more = append(m.more, key)
			}
		}
	}
	delete(m.props.Headers, "BCC")
	return nil
}

// entry is a message in a queue.
type entry struct {
	message     *message
	queue       *queue
	seq         uint64        // its place in the queue
	expires     time.Duration // when it dies at the head of the queue, or never
	safe        time.Duration // when it is on disk
	redelivered bool
	acquired    int    // how often it was delivered and came back
	failed      int    // how often of these as a failed attempt
	node        string // of the last consumer
	reason      string // of its death, while the letter waits

	// While it is delivered and not settled:
	channel  *channel
	consumer *consumer // nil after basic.get
	fetched  uint64    // by basic.get: its place among the consumers
	tag      uint64
	since    time.Duration
}

// delivery writes the entry as a client sees it.
func (e *entry) delivery(consumer string, tag uint64) port.Delivery {
	d := port.Delivery{
		Consumer: consumer, Tag: tag, Redelivered: e.redelivered,
		Exchange: e.message.exchange, Key: e.message.key,
		Properties: e.message.props, Body: bytes.Clone(e.message.body),
	}
	d.Headers = copyTable(e.message.props.Headers)
	if e.queue.quorum && e.acquired > 0 {
		e.tellCounts(&d)
	}
	return d
}
