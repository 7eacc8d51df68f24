package conform

import (
	"fmt"
	"strings"
)

// Each of these writes the command of a move, or nothing if it cannot be made now.

var rabbitKeys = []string{"a", "a.b", "b"}

func (r *rabbitImprovisation) publish(_ *rabbitActor, m RabbitMove) string {
	return fmt.Sprintf(`publish "" %s %s%s`, r.queue(m.A), r.body(m.B), rabbitOption(m.C, 4, " persistent", " mandatory"))
}

func (r *rabbitImprovisation) publishExchange(_ *rabbitActor, m RabbitMove) string {
	exchange := "x1"
	if m.C >= 9 {
		exchange = "x2"
	}
	return fmt.Sprintf("publish %s %s %s%s header.h=%d", exchange, rabbitKeys[m.A%len(rabbitKeys)], r.body(m.B),
		rabbitOption(m.C, 2, " mandatory"), m.A%2)
}

// body makes up one body, or up to three.
func (r *rabbitImprovisation) body(pick int) string {
	var bodies []string
	for range 1 + pick/5 {
		r.bodies++
		bodies = append(bodies, fmt.Sprintf("m%d", r.bodies))
	}
	return strings.Join(bodies, " ")
}

func (r *rabbitImprovisation) consume(actor *rabbitActor, m RabbitMove) string {
	if len(actor.consumers) == 2 {
		return ""
	}
	if actor.queue == "" {
		actor.queue = r.queue(m.A)
		if m.A == 11 {
			actor.queue = "d1"
		}
	}
	r.consumers++
	tag := fmt.Sprintf("t%d", r.consumers)
	actor.consumers = append(actor.consumers, tag)
	options := rabbitOption(m.C, 8, " auto-ack")
	if options != "" {
		actor.auto = append(actor.auto, tag)
	}
	return "consume " + actor.queue + " as " + tag + options
}

func (r *rabbitImprovisation) get(_ *rabbitActor, m RabbitMove) string {
	return "get " + r.queue(m.A) + rabbitOption(m.C, 9, " auto-ack")
}

func (r *rabbitImprovisation) settle(actor *rabbitActor, m RabbitMove) string {
	if len(actor.open) == 0 {
		return ""
	}
	i := m.A % len(actor.open)
	tag := actor.open[i].tag
	actor.open = append(actor.open[:i:i], actor.open[i+1:]...)
	return fmt.Sprintf("%s %d", rabbitVerdict(m.B), tag)
}

// settleMany settles all up to one. Only acknowledgements may span queues.
func (r *rabbitImprovisation) settleMany(actor *rabbitActor, m RabbitMove) string {
	if len(actor.open) == 0 {
		return ""
	}
	i := m.A % len(actor.open)
	verdict, upTo := rabbitVerdict(m.B), actor.open[i].tag
	if verdict == "reject-requeue" {
		verdict = "requeue" // basic.reject is of one delivery
	}
	kept := actor.open[:0:0]
	for _, open := range actor.open {
		if open.tag > upTo {
			kept = append(kept, open)
		} else if open.queue != actor.open[i].queue {
			verdict = "ack"
		}
	}
	actor.open = kept
	return fmt.Sprintf("%s %d multiple", verdict, upTo)
}

func rabbitVerdict(pick int) string {
	return [...]string{"ack", "ack", "ack", "requeue", "requeue", "requeue", "reject", "reject", "reject-requeue"}[pick%9]
}

// settleWrong settles what is not there.
func (r *rabbitImprovisation) settleWrong(_ *rabbitActor, m RabbitMove) string {
	return fmt.Sprintf("%s %d", rabbitVerdict(m.B), 900+m.A)
}

func (r *rabbitImprovisation) prefetch(_ *rabbitActor, m RabbitMove) string {
	return fmt.Sprintf("prefetch %d", m.A%4)
}

func (r *rabbitImprovisation) cancel(actor *rabbitActor, m RabbitMove) string {
	if len(actor.consumers) == 0 {
		return ""
	}
	consumer := actor.consumers[m.A%len(actor.consumers)]
	actor.drop(consumer)
	return "cancel " + consumer
}

func (r *rabbitImprovisation) purge(_ *rabbitActor, m RabbitMove) string {
	return "purge " + r.queue(m.A)
}

func (r *rabbitImprovisation) bind(_ *rabbitActor, m RabbitMove) string {
	verb := "bind"
	if m.C >= 9 {
		verb = "unbind"
	}
	if m.B == 11 {
		return verb + "-exchange x2 x1 " + rabbitKeys[m.A%len(rabbitKeys)]
	}
	exchange := "x1"
	if m.B >= 9 {
		exchange = "x2"
	}
	key := rabbitKeys[m.B%len(rabbitKeys)]
	if r.plan.Exchange == "topic" {
		key = []string{"a.*", "#", "a", "*.b", "*"}[m.B%5]
	}
	line := fmt.Sprintf("%s %s %s %s", verb, r.queue(m.A), exchange, key)
	if exchange == "x1" && r.plan.Exchange == "headers" {
		line += fmt.Sprintf(" h=%d", m.C%2)
	}
	return line
}

func (r *rabbitImprovisation) passive(_ *rabbitActor, m RabbitMove) string {
	return "queue " + r.queue(m.A) + " passive"
}

// remove deletes a queue, now and then, or declares it again.
func (r *rabbitImprovisation) remove(_ *rabbitActor, m RabbitMove) string {
	if m.B < 8 {
		return fmt.Sprintf("queue q%d %s", m.A%len(r.plan.Queues)+1, r.plan.Queues[m.A%len(r.plan.Queues)])
	}
	return "delete-queue " + r.queue(m.A)
}

func (r *rabbitImprovisation) exchangeMissing(*rabbitActor, RabbitMove) string {
	return "publish nowhere k m0"
}

func (r *rabbitImprovisation) close(*rabbitActor, RabbitMove) string { return "close" }

func (r *rabbitImprovisation) cut(*rabbitActor, RabbitMove) string { return "cut" }

// rabbitOption is one of the options if pick is at least from.
func rabbitOption(pick, from int, options ...string) string {
	if pick < from {
		return ""
	}
	return options[pick%len(options)]
}
