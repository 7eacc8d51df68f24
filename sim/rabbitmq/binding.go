package rabbitmq

import (
	"slices"

	"github.com/squallhq/squall/system/port"
)

// binding leads from an exchange to a queue or to another exchange.
type binding struct {
	source   *exchange
	queue    *queue // or
	exchange *exchange
	key      string
	args     port.Table
	words    []string // of the key, for topic exchanges
	weight   int      // for consistent-hash exchanges
}

// durable says whether the binding survives a restart of the broker: both ends do.
func (b *binding) durable() bool {
	if b.queue != nil {
		return b.source.durable && b.queue.durable
	}
	return b.source.durable && b.exchange.durable
}

func (b *binding) same(other *binding) bool {
	return b.source == other.source && b.queue == other.queue && b.exchange == other.exchange &&
		b.key == other.key && sameTable(b.args, other.args)
}

func (x *exchange) has(wanted *binding) bool {
	return slices.ContainsFunc(x.bindings, wanted.same)
}

func (b *broker) bind(made *binding) *exception {
	x := made.source
	if x.has(made) {
		return nil
	}
	switch x.kind {
	case "headers":
		if refusal := checkHeadersBinding(made.args); refusal != nil {
			return refusal
		}
	case consistentHash:
		if refusal := checkWeight(made.key); refusal != nil {
			return refusal
		}
		made.weight = weightOf(made.key)
	case "topic":
		made.words = words(made.key)
	}
	made.args = copyTable(made.args)
	x.bindings = append(x.bindings, made)
	x.bound = true
	b.topologyChanged()
	return nil
}

func (b *broker) unbind(gone *binding) {
	x := gone.source
	for i, old := range x.bindings {
		if old.same(gone) {
			x.bindings = slices.Delete(x.bindings, i, i+1)
			b.topologyChanged()
			b.lostBinding(x)
			return
		}
	}
}

// lostBinding deletes an auto-delete exchange that has lost its last binding.
func (b *broker) lostBinding(x *exchange) {
	if x.autoDelete && x.bound && len(x.bindings) == 0 && b.exchanges[x.name] == x {
		b.deleteExchange(x)
	}
}

func (b *broker) deleteExchange(x *exchange) {
	delete(b.exchanges, x.name)
	b.topologyChanged()
	x.bindings = nil
	b.dropBindings(func(other *binding) bool { return other.exchange == x })
}

// dropBindings removes every binding of which gone says so.
func (b *broker) dropBindings(gone func(*binding) bool) {
	for _, x := range b.sortedExchanges() {
		before := len(x.bindings)
		x.bindings = slices.DeleteFunc(x.bindings, gone)
		if len(x.bindings) < before {
			b.topologyChanged()
			b.lostBinding(x)
		}
	}
}
