package rabbitmq

import (
	"slices"

	"github.com/squallhq/squall/system/port"
)

// exchange routes messages to queues and other exchanges by its bindings.
type exchange struct {
	name, kind                    string
	durable, autoDelete, internal bool
	args                          port.Table
	alternate                     string
	bindings                      []*binding // in the order in which they were made
	bound                         bool       // had a binding once
}

var presetExchanges = []struct {
	name, kind string
	internal   bool
}{
	{"amq.direct", "direct", false}, {"amq.fanout", "fanout", false}, {"amq.topic", "topic", false},
	{"amq.headers", "headers", false}, {"amq.match", "headers", false}, {"amq.rabbitmq.trace", "topic", true},
}

// route appends to dests the bindings of x that match m under key.
func (x *exchange) route(dests []*binding, m *message, key string) []*binding {
	switch x.kind {
	case "topic":
		split := words(key)
		return x.matching(dests, func(b *binding) bool { return topicMatches(b.words, split) })
	case "direct":
		return x.matching(dests, func(b *binding) bool { return b.key == key })
	case "headers":
		return x.matching(dests, func(b *binding) bool { return headersMatch(b.args, m.props.Headers) })
	case consistentHash:
		return x.routeByHash(dests, m, key)
	default:
		return append(dests, x.bindings...)
	}
}

func (x *exchange) matching(dests []*binding, matches func(*binding) bool) []*binding {
	for _, b := range x.bindings {
		if matches(b) {
			dests = append(dests, b)
		}
	}
	return dests
}

// byKeyOnly says that routing looks at nothing but the key.
func (x *exchange) byKeyOnly() bool {
	return x.kind != "headers" && (x.kind != consistentHash || !byProperty(x.args))
}

type routeKey struct {
	exchange *exchange
	key      string
}

// routing is the working memory of one message's way through the exchanges.
type routing struct {
	queues  []*queue
	seen    []*exchange
	dests   []*binding
	keyOnly bool
}

const routesMax = 4096

// route returns the queues that m is for, each once, in the order of their declaration.
// The slice is valid until the next call.
func (b *broker) route(x *exchange, m *message) []*queue {
	if x == nil {
		return b.routeDefault(m)
	}
	key := routeKey{x, m.key}
	if len(m.more) == 0 {
		if queues, known := b.routes[key]; known {
			return queues
		}
	}
	r := &b.routing
	r.queues, r.seen, r.keyOnly = r.queues[:0], append(r.seen[:0], x), true
	for at := 0; at < len(r.seen); { // which grows
		b.routeThrough(r.seen[at], m)
		at++
	}
	slices.SortFunc(r.queues, func(a, b *queue) int { return a.number - b.number })
	if r.keyOnly && len(m.more) == 0 {
		if len(b.routes) >= routesMax {
			clear(b.routes)
		}
		b.routes[key] = slices.Clone(r.queues)
	}
	return r.queues
}

func (b *broker) routeThrough(x *exchange, m *message) {
	r := &b.routing
	r.keyOnly = r.keyOnly && x.byKeyOnly()
	r.dests = x.route(r.dests[:0], m, m.key)
	for _, key := range m.more {
		r.dests = x.route(r.dests, m, key)
	}
	if len(r.dests) == 0 && x.alternate != "" {
		b.routeTo(b.exchanges[x.alternate])
		return
	}
	for _, dest := range r.dests {
		if dest.queue != nil {
			if !slices.Contains(r.queues, dest.queue) {
				r.queues = append(r.queues, dest.queue)
			}
			continue
		}
		b.routeTo(dest.exchange)
	}
}

func (b *broker) routeTo(x *exchange) {
	if x != nil && !slices.Contains(b.routing.seen, x) {
		b.routing.seen = append(b.routing.seen, x)
	}
}

// routeDefault is the default exchange: the key is the name of the queue.
func (b *broker) routeDefault(m *message) []*queue {
	r := &b.routing
	r.queues = r.queues[:0]
	if q := b.queues[m.key]; q != nil {
		r.queues = append(r.queues, q)
	}
	for _, key := range m.more {
		if q := b.queues[key]; q != nil && !slices.Contains(r.queues, q) {
			r.queues = append(r.queues, q)
		}
	}
	return r.queues
}

// topologyChanged forgets the routes.
func (b *broker) topologyChanged() { clear(b.routes) }
