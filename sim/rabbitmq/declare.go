package rabbitmq

import (
	"slices"
	"strconv"
	"strings"

	"github.com/squallhq/squall/system/port"
)

// do handles a synchronous method. Its reply goes out before everything that it causes,
// except for a refusal, which closes the channel. Unsupported is refused by name.
func (b *broker) do(ch *channel, method port.Method) *Unsupported {
	if ch.closed {
		return nil
	}
	if unsupported := b.supports(method); unsupported != nil {
		return unsupported
	}
	place := len(b.out)
	b.out = append(b.out, effect{session: ch.session, channel: ch})
	reply, refusal := b.perform(ch, method)
	if refusal != nil {
		b.out = slices.Delete(b.out, place, place+1)
		b.fail(ch, refusal)
		return nil
	}
	b.out[place].reply = &reply
	if e := b.got; e != nil {
		b.out[place].op, b.out[place].settled, b.got = e.message.op, e.channel == nil, nil
	}
	b.after(ch, method)
	b.sendLetters()
	return nil
}

func (b *broker) perform(ch *channel, method port.Method) (port.Reply, *exception) {
	switch m := method.(type) {
	case port.DeclareExchange:
		return port.Reply{}, b.declareExchange(m)
	case port.DeclareQueue:
		return b.declareQueue(ch, m)
	case port.BindQueue:
		return port.Reply{}, b.bindQueue(ch, m, false)
	case port.UnbindQueue:
		return port.Reply{}, b.bindQueue(ch, port.BindQueue(m), true)
	case port.BindExchange:
		return port.Reply{}, b.bindExchange(m, false)
	case port.UnbindExchange:
		return port.Reply{}, b.bindExchange(port.BindExchange(m), true)
	case port.PurgeQueue:
		return b.purgeQueue(ch, m)
	case port.DeleteQueue:
		return b.removeQueue(ch, m)
	case port.DeleteExchange:
		return port.Reply{}, b.removeExchange(m)
	case port.Prefetch:
		ch.prefetch = max(m.Count, 0)
		return port.Reply{}, nil
	case port.Consume:
		return b.consume(ch, m)
	case port.CancelConsumer:
		return port.Reply{}, nil // after the reply
	case port.Get:
		return b.get(ch, m)
	}
	return port.Reply{}, raise(503, "unimplemented method")
}

// after is what a method causes once its reply is on its way.
func (b *broker) after(ch *channel, method port.Method) {
	switch m := method.(type) {
	case port.Consume:
		last := ch.consumers[len(ch.consumers)-1]
		last.queue.react(b, false, len(b.letters))
	case port.CancelConsumer:
		if c := ch.consumer(m.Consumer); c != nil {
			b.cancel(c)
			c.queue.leftBehind(b, true, len(b.letters))
		}
	}
}

// supports names what is not modelled.
func (b *broker) supports(method port.Method) *Unsupported {
	switch m := method.(type) {
	case port.DeclareQueue:
		if m.Args["x-queue-type"] == "stream" {
			return &Unsupported{"streams", "declare queue " + m.Name}
		}
		for _, name := range unsupportedArguments {
			if _, present := m.Args[name]; present && (name != "x-max-priority" || m.Args["x-queue-type"] != "quorum") {
				return &Unsupported{"the argument " + name, "declare queue " + m.Name}
			}
		}
	case port.Consume:
		for _, name := range [...]string{"x-priority", "x-stream-offset", "x-credit", "x-consumer-timeout"} {
			if _, present := m.Args[name]; present {
				return &Unsupported{"the argument " + name, "consume from " + m.Queue}
			}
		}
	case port.DeclareExchange:
		switch m.Kind {
		case "x-delayed-message", "x-random", "x-recent-history", "x-modulus-hash", "x-local-random", "x-jms-topic":
			return &Unsupported{"exchanges of the type " + m.Kind, "declare exchange " + m.Name}
		}
	}
	return nil
}

func (b *broker) declareExchange(m port.DeclareExchange) *exception {
	if !m.Passive {
		switch m.Kind {
		case "topic", "direct", "fanout", "headers", consistentHash:
		case "":
			return raise(503, "invalid exchange type ''")
		default:
			return raise(503, "unknown exchange type '%s'", m.Kind)
		}
	}
	if m.Name == "" {
		return raise(403, "operation not permitted on the default exchange")
	}
	if m.Passive {
		if b.exchanges[m.Name] == nil {
			return noExchange(m.Name)
		}
		return nil
	}
	if refusal := b.permitted(Configure, exchangeKind, m.Name); refusal != nil {
		return refusal
	}
	if x := b.exchanges[m.Name]; x != nil {
		return x.sameAs(m)
	}
	if strings.HasPrefix(m.Name, "amq.") {
		return raise(403, "exchange name '%s' contains reserved prefix 'amq.*'", m.Name)
	}
	if refusal := checkHashed(m); refusal != nil {
		return refusal
	}
	alternate, isText := m.Args["alternate-exchange"].(string)
	if value, present := m.Args["alternate-exchange"]; present && !isText {
		return raise(406, "invalid type '%s' for arg 'alternate-exchange' in %s", typeName(value), exchangeIn(m.Name))
	}
	b.exchanges[m.Name] = &exchange{
		name: m.Name, kind: m.Kind, durable: m.Durable, autoDelete: m.AutoDelete, internal: m.Internal,
		args: copyTable(m.Args), alternate: alternate,
	}
	b.topologyChanged()
	return nil
}

// sameAs checks that a declaration is of the exchange that exists. Of the arguments only
// alternate-exchange counts.
func (x *exchange) sameAs(m port.DeclareExchange) *exception {
	of := exchangeIn(x.name)
	for _, field := range [...]struct{ name, current, received string }{
		{"type", x.kind, m.Kind},
		{"durable", strconv.FormatBool(x.durable), strconv.FormatBool(m.Durable)},
		{"auto_delete", strconv.FormatBool(x.autoDelete), strconv.FormatBool(m.AutoDelete)},
		{"internal", strconv.FormatBool(x.internal), strconv.FormatBool(m.Internal)},
	} {
		if refusal := equivalentField(field.name, of, field.current, field.received); refusal != nil {
			return refusal
		}
	}
	return equivalent("alternate-exchange", of, x.args["alternate-exchange"], m.Args["alternate-exchange"])
}

func (b *broker) declareQueue(ch *channel, m port.DeclareQueue) (port.Reply, *exception) {
	if m.Passive {
		if m.Name == "" {
			return port.Reply{}, noQueue("")
		}
		q, refusal := b.accessible(ch, &m.Name)
		if refusal != nil {
			return port.Reply{}, refusal
		}
		ch.lastQueue = q.name
		return q.counts(b), nil
	}
	quorum := m.Args["x-queue-type"] == "quorum"
	if m.Name == "" {
		if quorum {
			return port.Reply{}, raise(406, "Cannot declare a server-named queue for type rabbit_quorum_queue")
		}
		m.Name = b.made("amq.gen-", ch.session.name)
	} else if strings.HasPrefix(m.Name, "amq.") {
		return port.Reply{}, raise(403, "queue name '%s' contains reserved prefix 'amq.*'", m.Name)
	}
	if refusal := b.permitted(Configure, queueKind, m.Name); refusal != nil {
		return port.Reply{}, refusal
	}
	if q := b.queues[m.Name]; q != nil {
		if refusal := q.sameAs(ch.session, m); refusal != nil {
			return port.Reply{}, refusal
		}
		q.used(b)
		ch.lastQueue = q.name
		return q.counts(b), nil
	}
	q, refusal := b.newQueue(ch, m, quorum)
	if refusal != nil {
		return port.Reply{}, refusal
	}
	ch.lastQueue = q.name
	return q.counts(b), nil
}

// counts is what a declaration answers.
func (q *queue) counts(b *broker) port.Reply {
	reply := port.Reply{Name: q.name, Messages: q.count(), Consumers: len(q.consumers)}
	if q.quorum {
		reply.Consumers = q.checkouts(b)
	}
	return reply
}

// checkouts counts what a quorum queue takes for consumers: those that may get messages,
// cancelled ones with open deliveries, and every open basic.get (rabbit_fifo, query_stat).
func (q *queue) checkouts(b *broker) int {
	n := len(q.consumers)
	if q.limits.singleActive {
		n = min(n, 1)
	}
	var gone []*consumer
	for _, e := range b.delivered(q) {
		switch c := e.consumer; {
		case c == nil:
			n++
		case c.gone && !slices.Contains(gone, c):
			gone = append(gone, c)
		}
	}
	return n + len(gone)
}

func (b *broker) newQueue(ch *channel, m port.DeclareQueue, quorum bool) (*queue, *exception) {
	if refusal := b.checkNewQueue(m, quorum); refusal != nil {
		return nil, refusal
	}
	b.declared++
	q := &queue{
		name: m.Name, delivery: "delivery to " + m.Name, number: b.declared, profile: b.profile, quorum: quorum,
		durable: m.Durable && !m.Exclusive, autoDelete: m.AutoDelete, args: copyTable(m.Args), lastUse: b.now, low: true,
	}
	q.limits = b.profile.limitsOf(quorum, m.Args)
	if m.Exclusive {
		q.owner = ch.session
	}
	b.queues[m.Name] = q
	b.topologyChanged()
	q.arm(b)
	return q, nil
}

func (b *broker) checkNewQueue(m port.DeclareQueue, quorum bool) *exception {
	dlx, present := m.Args["x-dead-letter-exchange"]
	if _, isText := dlx.(string); present && !isText {
		return raise(406, "invalid type '%s' for arg 'x-dead-letter-exchange' in %s", typeName(dlx), queueIn(m.Name))
	}
	if kind, present := m.Args["x-queue-type"]; present && kind != "quorum" && kind != "classic" {
		wrong := "{unacceptable_type," + typeName(kind) + "}"
		if text, isText := kind.(string); isText {
			wrong = "\"unsupported queue type '" + text + "'\""
		}
		return raise(406, "invalid arg 'x-queue-type' for %s: %s", queueIn(m.Name), wrong)
	}
	if refusal := checkArguments(m.Name, quorum, m.Args); refusal != nil {
		return refusal
	}
	if !quorum {
		if b.profile.refusesTransient() && !m.Durable && !m.Exclusive {
			return raise(541, "Feature `transient_nonexcl_queues` is deprecated.")
		}
		return nil
	}
	switch {
	case m.AutoDelete:
		return raise(406, "invalid property 'auto-delete' for %s", queueIn(m.Name))
	case m.Exclusive:
		return raise(406, "invalid property 'exclusive-owner' for %s", queueIn(m.Name))
	case !m.Durable:
		return raise(406, "invalid property 'non-durable' for %s", queueIn(m.Name))
	}
	return nil
}

// sameAs checks that a declaration is of the queue that exists.
func (q *queue) sameAs(s *session, m port.DeclareQueue) *exception {
	var owner *session
	if m.Exclusive {
		owner = s
	}
	if q.owner != owner {
		return locked(q.name)
	}
	of := queueIn(q.name)
	durable := m.Durable && !m.Exclusive
	if refusal := equivalentField("durable", of, strconv.FormatBool(q.durable), strconv.FormatBool(durable)); refusal != nil {
		return refusal
	}
	if refusal := equivalentField("auto_delete", of, strconv.FormatBool(q.autoDelete), strconv.FormatBool(m.AutoDelete)); refusal != nil {
		return refusal
	}
	for _, a := range arguments {
		if q.quorum && !a.quorum || !q.quorum && !a.classic {
			continue
		}
		if refusal := equivalent(a.name, of, q.args[a.name], m.Args[a.name]); refusal != nil {
			return refusal
		}
	}
	return nil
}

// accessible finds a queue that the channel may use. An empty name stands for the queue
// that the channel declared last.
func (b *broker) accessible(ch *channel, name *string) (*queue, *exception) {
	if *name == "" {
		if ch.lastQueue == "" {
			return nil, raise(404, "no previously declared queue")
		}
		*name = ch.lastQueue
	}
	if refusal := b.permitted(Read, queueKind, *name); refusal != nil {
		return nil, refusal
	}
	q := b.queues[*name]
	if q == nil {
		return nil, noQueue(*name)
	}
	if q.owner != nil && q.owner != ch.session {
		return nil, locked(q.name)
	}
	return q, nil
}

func (b *broker) bindQueue(ch *channel, m port.BindQueue, undo bool) *exception {
	if m.Queue == "" {
		if ch.lastQueue == "" {
			return raise(404, "no previously declared queue")
		}
		if m.Key == "" {
			m.Key = ch.lastQueue
		}
		m.Queue = ch.lastQueue
	}
	if refusal := b.mayBind(queueKind, m.Queue, m.Exchange); refusal != nil {
		return refusal
	}
	x, q := b.exchanges[m.Exchange], b.queues[m.Queue]
	if undo && (x == nil || q == nil) {
		return nil
	}
	if x == nil {
		return noExchange(m.Exchange)
	}
	if q == nil {
		return noQueue(m.Queue)
	}
	made := &binding{source: x, queue: q, key: m.Key, args: m.Args}
	if undo && !x.has(made) {
		return nil // whoever asks (rabbit_binding, remove)
	}
	if q.owner != nil && q.owner != ch.session {
		return locked(q.name)
	}
	return b.change(made, undo)
}

func (b *broker) bindExchange(m port.BindExchange, undo bool) *exception {
	if m.Destination == "" {
		return raise(403, "operation not permitted on the default exchange")
	}
	if refusal := b.mayBind(exchangeKind, m.Destination, m.Source); refusal != nil {
		return refusal
	}
	source, dest := b.exchanges[m.Source], b.exchanges[m.Destination]
	if undo && (source == nil || dest == nil) {
		return nil
	}
	if source == nil {
		return noExchange(m.Source)
	}
	if dest == nil {
		return noExchange(m.Destination)
	}
	return b.change(&binding{source: source, exchange: dest, key: m.Key, args: m.Args}, undo)
}

func (b *broker) mayBind(kind, dest, source string) *exception {
	if refusal := b.permitted(Write, kind, dest); refusal != nil {
		return refusal
	}
	if source == "" {
		return raise(403, "operation not permitted on the default exchange")
	}
	return b.permitted(Read, exchangeKind, source)
}

func (b *broker) change(made *binding, undo bool) *exception {
	if undo {
		b.unbind(made)
		return nil
	}
	return b.bind(made)
}

func (b *broker) purgeQueue(ch *channel, m port.PurgeQueue) (port.Reply, *exception) {
	q, refusal := b.accessible(ch, &m.Name)
	if refusal != nil {
		return port.Reply{}, refusal
	}
	removed := q.count()
	q.ready, q.returned, q.bytes = fifo[*entry]{}, fifo[*entry]{}, 0
	if q.quorum {
		q.watchFullness()
	}
	return port.Reply{Messages: removed}, nil
}

func (b *broker) removeQueue(ch *channel, m port.DeleteQueue) (port.Reply, *exception) {
	if m.Name == "" {
		if m.Name = ch.lastQueue; m.Name == "" {
			return port.Reply{}, raise(404, "no previously declared queue")
		}
	}
	if refusal := b.permitted(Configure, queueKind, m.Name); refusal != nil {
		return port.Reply{}, refusal
	}
	q := b.queues[m.Name]
	switch {
	case q == nil:
		return port.Reply{}, nil
	case q.owner != nil && q.owner != ch.session:
		return port.Reply{}, locked(q.name)
	case q.quorum && (m.IfUnused || m.IfEmpty):
		flag := "if-unused"
		if !m.IfUnused {
			flag = "if-empty"
		}
		return port.Reply{}, raise(540, "cannot delete %s. queue.delete operations with %s flag set are not supported by "+
			"quorum queues", queueIn(q.name), flag)
	case m.IfUnused && len(q.consumers) > 0:
		return port.Reply{}, raise(406, "%s in use", queueIn(q.name))
	case m.IfEmpty && q.count() > 0:
		return port.Reply{}, raise(406, "%s not empty", queueIn(q.name))
	}
	return port.Reply{Messages: b.deleteQueue(q)}, nil
}

func (b *broker) removeExchange(m port.DeleteExchange) *exception {
	if m.Name == "" {
		return raise(403, "operation not permitted on the default exchange")
	}
	if strings.HasPrefix(m.Name, "amq.") {
		return raise(403, "deletion of system %s not allowed", exchangeIn(m.Name))
	}
	if refusal := b.permitted(Configure, exchangeKind, m.Name); refusal != nil {
		return refusal
	}
	x := b.exchanges[m.Name]
	if x == nil {
		return nil
	}
	if m.IfUnused && len(x.bindings) > 0 {
		return raise(406, "%s in use", exchangeIn(x.name))
	}
	b.deleteExchange(x)
	return nil
}
