package rabbitmq

import (
	"bytes"
	"slices"
	"strings"

	"github.com/squallhq/squall/system/port"
)

// Count is what happened to a message over its whole life, by message id.
type Count struct {
	ID         string
	Publishes  int // arrivals at the broker
	Copies     int // stored once more by the network's doing
	Confirms   int // the publisher was told that it is done
	Deliveries int // to consumers and by basic.get, from all queues
}

// QueueView is a queue as it is now.
type QueueView struct {
	Name      string
	Quorum    bool
	Consumers int
	Ready     []MessageView // next first
	Unacked   []MessageView // delivered and not settled, oldest first
	Writing   int           // publishes that a quorum is writing: neither stored nor confirmed
	Letters   []MessageView // dead, waiting for their dead-letter exchange (at-least-once)
	Firsts    []string      // message ids in the order of their first delivery
}

// MessageView is a message in a queue.
type MessageView struct {
	Exchange, Key string
	port.Properties
	Body        []byte
	Redelivered bool
	Deliveries  int    // that came back
	Node        string // the node it was last delivered to
}

// BindingView is a binding.
type BindingView struct {
	Exchange string
	Queue    string // or
	Target   string // an exchange
	Key      string
	Args     port.Table
}

// Queues returns all queues, sorted by name.
func (s *Server) Queues() []QueueView {
	var views []QueueView
	for _, q := range s.broker.sortedQueues() {
		views = append(views, s.broker.view(q))
	}
	slices.SortFunc(views, func(a, b QueueView) int { return strings.Compare(a.Name, b.Name) })
	return views
}

// Queue returns the queue with the name, and whether there is one.
func (s *Server) Queue(name string) (QueueView, bool) {
	if q := s.broker.queues[name]; q != nil {
		return s.broker.view(q), true
	}
	return QueueView{}, false
}

func (b *broker) view(q *queue) QueueView {
	v := QueueView{
		Name: q.name, Quorum: q.quorum, Consumers: len(q.consumers), Writing: q.log.len(), Firsts: slices.Clone(q.firsts),
	}
	v.Ready = append(views(q.returned.all()), views(q.ready.all())...)
	v.Unacked = views(b.delivered(q))
	for _, h := range q.held {
		v.Unacked = append(v.Unacked, h.entry.view())
	}
	v.Letters = views(q.letters)
	return v
}

func views(list []*entry) []MessageView {
	var all []MessageView
	for _, e := range list {
		all = append(all, e.view())
	}
	return all
}

func (e *entry) view() MessageView {
	m := MessageView{
		Exchange: e.message.exchange, Key: e.message.key, Properties: e.message.props,
		Body: bytes.Clone(e.message.body), Redelivered: e.redelivered, Deliveries: e.acquired, Node: e.node,
	}
	m.Headers = copyTable(e.message.props.Headers)
	return m
}

// Bindings returns the bindings of an exchange in the order in which they were made. The
// default exchange has none to show.
func (s *Server) Bindings(exchange string) []BindingView {
	x := s.broker.exchanges[exchange]
	if x == nil {
		return nil
	}
	var all []BindingView
	for _, b := range x.bindings {
		v := BindingView{Exchange: exchange, Key: b.key, Args: copyTable(b.args)}
		if b.queue != nil {
			v.Queue = b.queue.name
		} else {
			v.Target = b.exchange.name
		}
		all = append(all, v)
	}
	return all
}

// Exchanges returns the names of all exchanges but the default one, sorted.
func (s *Server) Exchanges() []string {
	var names []string
	for _, x := range s.broker.sortedExchanges() {
		names = append(names, x.name)
	}
	return names
}

// Counts returns what happened to each message that had an id, sorted by id.
func (s *Server) Counts() []Count {
	var all []Count
	for _, c := range s.broker.counters {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Count) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// CountOf returns what happened to the message with the id.
func (s *Server) CountOf(id string) Count {
	if c := s.broker.counters[id]; c != nil {
		return *c
	}
	return Count{ID: id}
}

func (b *broker) countPublish(m *message) {
	id := m.props.MessageID
	if id == "" {
		return
	}
	c := b.counters[id]
	if c == nil {
		c = &Count{ID: id}
		b.counters[id] = c
	}
	c.Publishes++
	m.count = c
}

// sortedQueues returns all queues in the order of their declaration.
func (b *broker) sortedQueues() []*queue {
	all := make([]*queue, 0, len(b.queues))
	for _, q := range b.queues {
		all = append(all, q)
	}
	slices.SortFunc(all, func(a, b *queue) int { return a.number - b.number })
	return all
}

// sortedExchanges returns all exchanges by name.
func (b *broker) sortedExchanges() []*exchange {
	all := make([]*exchange, 0, len(b.exchanges))
	for _, x := range b.exchanges {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *exchange) int { return strings.Compare(a.name, b.name) })
	return all
}
