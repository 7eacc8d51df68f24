package conform

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/system/port"
)

// RabbitPlan is a random script before it is played: a topology, and moves that say
// which choice to make rather than what to do. Each move is made concrete against what
// the simulated broker has answered so far (the third of the open deliveries, say), so
// that every part of a plan is a plan, and a plan shrinks well.
//
//	DrawRabbitPlan -> plan.Play(simulated arm) -> a RabbitCase -> Check(real arm)
//
// What Play writes down is a transcript. The real broker must bring the same after each
// step; when it is quiet the runner's barrier decides, as for the cases of the suite.
//
// What AMQP leaves undefined is not asked: all consumers of a channel are of one queue,
// because the order of two queues' deliveries to one channel is open; a negative
// settlement of several deliveries is of one queue's; each dead-letter queue has one
// source. Time to live is not zero only where nothing expires within a script.
type RabbitPlan struct {
	Queues   []string // declarations of q1, q2, ...: durable and arguments
	Exchange string   // the kind of x1
	Moves    []RabbitMove
}

// RabbitMove is one choice of a plan.
type RabbitMove struct{ Kind, Channel, A, B, C int }

// rabbitMoves are the kinds of moves, as often as they should come.
var rabbitMoves = []struct {
	weight int
	make   func(*rabbitImprovisation, *rabbitActor, RabbitMove) string
}{
	{8, (*rabbitImprovisation).publish},
	{2, (*rabbitImprovisation).publishExchange},
	{5, (*rabbitImprovisation).consume},
	{4, (*rabbitImprovisation).get},
	{12, (*rabbitImprovisation).settle},
	{3, (*rabbitImprovisation).settleMany},
	{1, (*rabbitImprovisation).settleWrong},
	{2, (*rabbitImprovisation).prefetch},
	{2, (*rabbitImprovisation).cancel},
	{1, (*rabbitImprovisation).purge},
	{2, (*rabbitImprovisation).bind},
	{1, (*rabbitImprovisation).passive},
	{1, (*rabbitImprovisation).remove},
	{1, (*rabbitImprovisation).exchangeMissing},
	{1, (*rabbitImprovisation).close},
	{1, (*rabbitImprovisation).cut},
}

// DrawRabbitPlan draws a plan.
func DrawRabbitPlan(t *rapid.T) RabbitPlan {
	plan := RabbitPlan{Exchange: rapid.SampledFrom([]string{"direct", "topic", "fanout", "headers"}).Draw(t, "exchange")}
	for i := range rapid.IntRange(1, 3).Draw(t, "queues") {
		plan.Queues = append(plan.Queues, drawRabbitQueue(t, i+1))
	}
	total := 0
	for _, kind := range rabbitMoves {
		total += kind.weight
	}
	number := rapid.IntRange(0, 11)
	move := rapid.Custom(func(t *rapid.T) RabbitMove {
		return RabbitMove{
			Kind: rapid.IntRange(0, total-1).Draw(t, "kind") * 19 % total, Channel: rapid.IntRange(0, 4).Draw(t, "channel"),
			A: number.Draw(t, "a"), B: number.Draw(t, "b"), C: number.Draw(t, "c"),
		}
	})
	plan.Moves = rapid.SliceOfN(move, 10, 40).Draw(t, "moves")
	return plan
}

func drawRabbitQueue(t *rapid.T, number int) string {
	words := []string{"durable"}
	chance := func(name string) bool { return rapid.IntRange(0, 2).Draw(t, name) == 2 }
	quorum := rapid.Bool().Draw(t, "quorum")
	if quorum {
		words = append(words, "x-queue-type=quorum")
		if chance("limited") {
			words = append(words, fmt.Sprintf("x-delivery-limit=%d", rapid.IntRange(0, 2).Draw(t, "limit")))
		}
	}
	if chance("bounded") {
		words = append(words, fmt.Sprintf("x-max-length=%d", rapid.IntRange(1, 3).Draw(t, "length")))
		if rapid.Bool().Draw(t, "rejecting") {
			words = append(words, "x-overflow=reject-publish")
		}
	}
	if number < 3 && chance("dead-lettering") {
		words = append(words, "x-dead-letter-exchange=", fmt.Sprintf("x-dead-letter-routing-key=d%d", number))
	}
	if chance("single") && chance("active") {
		words = append(words, "x-single-active-consumer=true")
	}
	return strings.Join(words, " ")
}

// Play plays the plan in a world of the simulated broker and returns it as a case with
// what that brought.
func (plan RabbitPlan) Play(world RabbitWorld) (*RabbitCase, error) {
	c := &RabbitCase{
		Topic: "fuzz", Name: "a random script", Rule: "Both brokers do the same.", Source: "lockstep fuzzing",
		Versions: RabbitProfiles(), file: "fuzz",
	}
	err := world.Run(func(ctx context.Context, client RabbitClient) error {
		play := newRabbitPlay(client)
		defer play.clean(ctx)
		return (&rabbitImprovisation{plan: plan, play: play, script: c}).run(ctx)
	})
	return c, err
}

// Transcript writes the case as a file of the suite has it.
func (c *RabbitCase) Transcript() string {
	var text strings.Builder
	fmt.Fprintf(&text, "== %s\nrule: %s\nsource: %s\n", c.Name, c.Rule, c.Source)
	for _, step := range c.steps {
		fmt.Fprintf(&text, "\n%s\n", step.text)
		for _, line := range step.want {
			text.WriteString(line + "\n")
		}
	}
	return text.String()
}

// rabbitImprovisation makes a plan concrete.
type rabbitImprovisation struct {
	plan      RabbitPlan
	play      *rabbitPlay
	script    *RabbitCase
	actors    []*rabbitActor
	consumers int
	bodies    int
}

// rabbitActor is a channel as the moves know it.
type rabbitActor struct {
	label     string
	on        string // the channel whose connection it shares
	channel   *rabbitChannel
	queue     string // of its consumers
	consumers []string
	auto      []string // those that acknowledge by themselves
	open      []rabbitOpen
}

// rabbitOpen is an unsettled delivery.
type rabbitOpen struct {
	tag   uint64
	queue string
}

func (r *rabbitImprovisation) run(ctx context.Context) error {
	r.actors = []*rabbitActor{{label: "c1"}, {label: "c2", on: "c1"}, {label: "c3"}, {label: "c4", on: "c3"}, {label: "c5"}}
	for _, line := range r.topology() {
		if err := r.step(ctx, "c1", line); err != nil {
			return err
		}
	}
	for _, move := range r.plan.Moves {
		if err := r.move(ctx, r.actors[move.Channel%len(r.actors)], move); err != nil {
			return err
		}
	}
	return r.epilogue(ctx)
}

func (r *rabbitImprovisation) topology() []string {
	lines := []string{"queue d1 durable", "queue d2 durable", "exchange x1 " + r.plan.Exchange, "exchange x2 fanout"}
	for i, queue := range r.plan.Queues {
		lines = append(lines, fmt.Sprintf("queue q%d %s", i+1, queue))
	}
	return lines
}

func (r *rabbitImprovisation) move(ctx context.Context, actor *rabbitActor, move RabbitMove) error {
	if actor.channel == nil || actor.channel.ended {
		return r.step(ctx, actor.label, r.opening(actor))
	}
	kind := move.Kind
	for _, candidate := range rabbitMoves {
		if kind -= candidate.weight; kind >= 0 {
			continue
		}
		line := candidate.make(r, actor, move)
		if line == "" {
			return nil
		}
		return r.step(ctx, actor.label, line)
	}
	return nil
}

// opening opens the channel, on the connection that it shares while that lives.
func (r *rabbitImprovisation) opening(actor *rabbitActor) string {
	for _, other := range r.actors {
		if other.label == actor.on && other.channel != nil && !other.channel.ended {
			return "open " + actor.on
		}
	}
	return "open"
}

// step plays one line and writes down what it brought.
func (r *rabbitImprovisation) step(ctx context.Context, label, line string) error {
	step := rabbitStep{line: len(r.script.steps) + 1, channel: label, command: strings.Fields(line), text: label + "> " + line}
	got, err := r.play.step(ctx, &step, rabbitLinger)
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", step.text, err, r.script.Transcript())
	}
	step.want = got
	r.script.steps = append(r.script.steps, step)
	for _, actor := range r.actors {
		r.notice(actor)
	}
	if step.command[0] == "get" && len(step.command) == 2 {
		r.noticeGet(label, step.command[1], got)
	}
	return nil
}

// notice brings the actor up to date with the events of the step.
func (r *rabbitImprovisation) notice(actor *rabbitActor) {
	for _, channel := range r.play.channels {
		if channel.label == actor.label {
			actor.channel = channel
		}
	}
	if actor.channel == nil {
		return
	}
	for _, event := range actor.channel.events {
		switch event := event.(type) {
		case port.Delivery:
			if !slices.Contains(actor.auto, event.Consumer) {
				actor.open = append(actor.open, rabbitOpen{event.Tag, actor.queue})
			}
		case port.ConsumerCancelled:
			actor.drop(event.Consumer)
		case port.Closed:
			actor.open, actor.consumers, actor.auto, actor.queue = nil, nil, nil, ""
		}
	}
}

func (r *rabbitImprovisation) noticeGet(label, queue string, got []string) {
	for _, actor := range r.actors {
		var tag uint64
		if n, _ := fmt.Sscanf(strings.Join(got, " "), "delivery %d", &tag); actor.label == label && n == 1 {
			actor.open = append(actor.open, rabbitOpen{tag, queue})
		}
	}
}

func (a *rabbitActor) drop(consumer string) {
	a.consumers = slices.DeleteFunc(a.consumers, func(other string) bool { return other == consumer })
}

// epilogue counts what is left, ends the channels one by one, and empties the queues.
func (r *rabbitImprovisation) epilogue(ctx context.Context) error {
	var lines [][2]string
	for _, queue := range r.queues() {
		lines = append(lines, [2]string{"c6", "queue " + queue + " passive"})
	}
	for _, actor := range r.actors {
		if actor.channel != nil {
			lines = append(lines, [2]string{actor.label, "close"})
		}
	}
	for _, line := range lines {
		if line[0] == "c6" {
			lines = append([][2]string{{"c6", "open"}}, lines...)
			break
		}
	}
	for _, line := range lines {
		if err := r.step(ctx, line[0], line[1]); err != nil {
			return err
		}
	}
	return r.drain(ctx)
}

func (r *rabbitImprovisation) drain(ctx context.Context) error {
	for _, queue := range r.queues() {
		for {
			if err := r.step(ctx, "c7", "get "+queue+" auto-ack"); err != nil {
				return err
			}
			got := r.script.steps[len(r.script.steps)-1].want
			if slices.Contains(got, "empty") {
				break
			}
			if !strings.HasPrefix(got[0], "delivery") { // deleted, or not to be read so
				if err := r.step(ctx, "c7", "open"); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

func (r *rabbitImprovisation) queues() []string {
	names := []string{"d1", "d2"}
	for i := range r.plan.Queues {
		names = append(names, fmt.Sprintf("q%d", i+1))
	}
	return names
}

// queue picks a queue.
func (r *rabbitImprovisation) queue(pick int) string {
	return fmt.Sprintf("q%d", pick%len(r.plan.Queues)+1)
}
