package conform

import (
	"fmt"
	"slices"
	"strings"
)

// Each of these writes the command of a move, or nothing if it cannot be made now.

var rabbitKeys = []string{"a", "a.b", "b"}

// queue picks one of the script's queues, now and then a dead-letter queue if that may be.
func (r *rabbitImprovisation) queue(pick int, dead bool) string {
	names := r.plan.queues("q")
	if dead && pick >= 9 {
		names = r.plan.queues("d")
	}
	return names[pick%len(names)]
}

func (r *rabbitImprovisation) publish(_ *rabbitActor, m RabbitMove) string {
	return fmt.Sprintf(`publish "" %s %s%s`, r.queue(m.A, false), r.bodies(m.B),
		rabbitOption(m.C, 4, " persistent", " mandatory", "", " expiration=3600000", " priority=5"))
}

func (r *rabbitImprovisation) publishExchange(_ *rabbitActor, m RabbitMove) string {
	exchange := []string{"x1", "x1", "x1", "x2"}[m.C%4]
	return fmt.Sprintf("publish %s %s %s%s header.h=%d", exchange, rabbitKeys[m.A%len(rabbitKeys)], r.bodies(m.B),
		rabbitOption(m.C, 2, " mandatory", " persistent", " mandatory id=i"), m.A%2)
}

// publishMortal publishes a message that is dead or delivered when the step is over; but where a
// quorum queue drops its head for want of room, several that come at once might make it the head, and
// whether it expires before the next of them comes is open.
func (r *rabbitImprovisation) publishMortal(_ *rabbitActor, m RabbitMove) string {
	queue, age := r.queue(m.A, false), "expiration=0"
	if m.B >= 6 {
		age = "expiration=20 pause=60ms"
	}
	declared := r.plan.declared(queue)
	if strings.Contains(declared, "quorum") && strings.Contains(declared, "x-max-length") && !r.plan.singly() {
		return ""
	}
	return fmt.Sprintf(`publish "" %s %s %s`, queue, r.bodies(0), age)
}

// bodies makes up one body, or up to three.
func (r *rabbitImprovisation) bodies(pick int) string {
	var bodies []string
	for len(bodies) == 0 || len(bodies) < 1+pick/5 && !r.plan.singly() {
		r.made++
		bodies = append(bodies, fmt.Sprintf("m%d", r.made))
	}
	return strings.Join(bodies, " ")
}

func (r *rabbitImprovisation) consume(actor *rabbitActor, m RabbitMove) string {
	if len(actor.consumers) == 2 {
		return ""
	}
	if actor.queue == "" {
		actor.queue = r.queue(m.A, true)
	}
	r.consumers++
	tag := fmt.Sprintf("t%d", r.consumers)
	if m.B >= 9 { // so that the order of names is not that of arrivals
		tag = fmt.Sprintf("s%d", 99-r.consumers)
	}
	actor.consumers = append(actor.consumers, tag)
	options := rabbitOption(m.C, 8, " auto-ack", " auto-ack", " exclusive")
	if options == " auto-ack" && actor.bounded && strings.Contains(r.plan.declared(actor.queue), "quorum") {
		options = ""
	}
	if options == " auto-ack" {
		actor.auto = append(actor.auto, tag)
	}
	return "consume " + actor.queue + " as " + tag + options
}

func (r *rabbitImprovisation) get(_ *rabbitActor, m RabbitMove) string {
	return "get " + r.queue(m.A, true) + rabbitOption(m.C, 9, " auto-ack")
}

func (r *rabbitImprovisation) settle(actor *rabbitActor, m RabbitMove) string {
	if len(actor.open) == 0 {
		return ""
	}
	i := m.A % len(actor.open)
	tag := actor.open[i]
	actor.open = slices.Delete(actor.open, i, i+1)
	return fmt.Sprintf("%s %d", rabbitVerdict(m.B), tag)
}

// settleMany settles all up to one, or all there are.
func (r *rabbitImprovisation) settleMany(actor *rabbitActor, m RabbitMove) string {
	if len(actor.open) == 0 {
		return ""
	}
	verdict, upTo := rabbitVerdict(m.B), actor.open[m.A%len(actor.open)]
	if verdict == "reject-requeue" {
		verdict = "requeue" // basic.reject is of one delivery
	}
	if m.C == 11 {
		actor.open = nil
		return verdict + " 0 multiple"
	}
	actor.open = slices.DeleteFunc(actor.open, func(tag uint64) bool { return tag <= upTo })
	return fmt.Sprintf("%s %d multiple", verdict, upTo)
}

func rabbitVerdict(pick int) string {
	return [...]string{"ack", "ack", "ack", "requeue", "requeue", "requeue", "reject", "reject", "reject-requeue"}[pick%9]
}

func (r *rabbitImprovisation) prefetch(actor *rabbitActor, m RabbitMove) string {
	count := m.A % 4
	actor.bounded = count > 0
	return fmt.Sprintf("prefetch %d", count)
}

func (r *rabbitImprovisation) cancel(actor *rabbitActor, m RabbitMove) string {
	if len(actor.consumers) == 0 {
		return rabbitOption(m.C, 8, "cancel t0")
	}
	consumer := actor.consumers[m.A%len(actor.consumers)]
	actor.drop(consumer)
	return "cancel " + consumer
}

func (r *rabbitImprovisation) purge(_ *rabbitActor, m RabbitMove) string {
	return "purge " + r.queue(m.A, true)
}

func (r *rabbitImprovisation) bind(_ *rabbitActor, m RabbitMove) string {
	verb := rabbitOption(m.C, 9, "unbind")
	if verb == "" {
		verb = "bind"
	}
	source := []string{"x1", "x1", "x1", "x2", "x3", "x4"}[m.A%6]
	key := rabbitKeys[m.B%len(rabbitKeys)]
	if source == "x1" && strings.Contains(r.kind(), "topic") {
		key = []string{"a.*", "#", "a", "*.b", "*"}[m.B%5]
	}
	line := fmt.Sprintf("%s %s %s %s", verb, r.queue(m.C, false), source, key)
	if m.B >= 8 {
		line = fmt.Sprintf("%s-exchange x%d %s %s", verb, 1+m.C%4, source, key)
	}
	if source == "x1" && strings.Contains(r.kind(), "headers") {
		line += fmt.Sprintf(" h=%d", m.C%2) + rabbitOption(m.B, 5, " x-match=any g=1", " x-match=all g=1", "")
	}
	return line
}

// kind is the declaration of x1.
func (r *rabbitImprovisation) kind() string {
	i := slices.IndexFunc(r.plan.Topology, func(line string) bool { return strings.HasPrefix(line, "exchange x1 ") })
	return r.plan.Topology[max(i, 0)]
}

func (r *rabbitImprovisation) deleteQueue(actor *rabbitActor, m RabbitMove) string {
	options := rabbitOption(m.C, 8, " if-empty", " if-unused")
	queue := r.queue(m.A, false)
	if options != "" && strings.Contains(r.plan.declared(queue), "quorum") && !r.mayLose(actor) {
		options = "" // 540 would end the connection
	}
	return "delete-queue " + queue + options
}

func (r *rabbitImprovisation) deleteExchange(_ *rabbitActor, m RabbitMove) string {
	return fmt.Sprintf("delete-exchange x%d", 1+m.A%4) + rabbitOption(m.B, 6, " if-unused")
}

// declareAgain repeats a declaration of the topology: the thing may be gone.
func (r *rabbitImprovisation) declareAgain(_ *rabbitActor, m RabbitMove) string {
	return r.plan.Topology[(m.A*12+m.B)%len(r.plan.Topology)]
}

// misuse asks for what the broker refuses.
func (r *rabbitImprovisation) misuse(actor *rabbitActor, m RabbitMove) string {
	queue := r.queue(m.A, true)
	pick := (m.B*12 + m.C) % 25
	if pick >= 22 && !r.mayLose(actor) || pick == 23 && len(actor.consumers) == 0 {
		pick -= 22
	}
	return []string{
		fmt.Sprintf("%s %d", rabbitVerdict(m.A), 900),
		"ack 0",
		"publish nowhere k m0",
		"publish x4 k m0",
		"publish \"\" " + queue + " m0 expiration=soon",
		"bind " + queue + " nowhere k",
		"bind missing x1 k",
		"bind " + queue + " \"\" k",
		"bind-exchange x1 nowhere k",
		"queue missing passive",
		"exchange nowhere direct passive",
		"queue " + queue + " durable auto-delete x-message-ttl=3600007",
		"exchange x2 direct",
		"exchange amq.mine direct",
		"queue amq.mine",
		"delete-exchange amq.direct",
		"consume missing as t0",
		"get missing",
		"purge missing",
		"queue fresh durable x-max-length=-1",
		"queue fresh x-queue-type=quorum",
		"queue fresh durable x-overflow=sometimes",
		"exchange fresh weird",
		"consume " + queue + " as " + strings.Join(actor.consumers[:min(1, len(actor.consumers))], ""),
		"delete-queue " + queue + " if-unused",
	}[pick]
}

func (r *rabbitImprovisation) close(*rabbitActor, RabbitMove) string { return "close" }

func (r *rabbitImprovisation) closeConnection(actor *rabbitActor, _ RabbitMove) string {
	if !r.mayLose(actor) {
		return "close"
	}
	return "close-connection"
}

func (r *rabbitImprovisation) cut(actor *rabbitActor, _ RabbitMove) string {
	if !r.mayLose(actor) {
		return "close"
	}
	return "cut"
}

// mayLose says whether the connection may end: not more than one of its channels has
// anything at stake.
func (r *rabbitImprovisation) mayLose(actor *rabbitActor) bool {
	stakes := 0
	for _, other := range r.actors {
		if other.channel != nil && other.channel.connection == actor.channel.connection && len(other.open)+len(other.consumers) > 0 {
			stakes++
		}
	}
	return stakes < 2
}

// rabbitOption is one of the options if pick is at least from.
func rabbitOption(pick, from int, options ...string) string {
	if pick < from {
		return ""
	}
	return options[pick%len(options)]
}
