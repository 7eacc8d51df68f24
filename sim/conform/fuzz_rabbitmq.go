package conform

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/sim/rabbitmq"
	"github.com/squallhq/squall/system/port"
)

// RabbitFuzz plays random scripts on the simulated RabbitMQ, and then on a real one.
type RabbitFuzz struct {
	Stats     RabbitFuzzStats
	Lane      int // lanes with one seed play different scripts
	t         testing.TB
	real      RabbitArm
	simulated SimulatedRabbit
}

// NewRabbitFuzz makes a fuzzer against a broker; the simulated one follows its profile.
func NewRabbitFuzz(t testing.TB, broker RabbitArm) *RabbitFuzz {
	fuzz := &RabbitFuzz{t: t, real: broker}
	for _, version := range rabbitmq.Profiles() {
		if version.String() == broker.Profile() {
			fuzz.simulated.Version = version
		}
	}
	return fuzz
}

// rabbitFuzzPatience is how long the real broker may take for what a step brings.
const rabbitFuzzPatience = 15 * time.Second

// Script draws and plays one script. A divergence fails the test with a transcript.
func (f *RabbitFuzz) Script(t *rapid.T) {
	for range f.Lane {
		rapid.Bool().Draw(t, "lane")
	}
	plan := DrawRabbitPlan(t)
	script, err := f.play(plan, rabbitFuzzPatience)
	if err != nil {
		script, err = f.shrink(plan, script, err)
		t.Fatalf("%v\n\n%s", err, script.Transcript())
	}
	f.Stats.count(script)
}

// play plays a plan on both brokers. An error is a divergence, or a failure of an arm.
func (f *RabbitFuzz) play(plan RabbitPlan, patience time.Duration) (*RabbitCase, error) {
	script, err := plan.Play(f.simulated.Open(f.t))
	if err != nil {
		return script, fmt.Errorf("the simulated broker: %w", err)
	}
	for range rabbitBusyTries {
		if err = script.CheckWithin(f.real.Open(f.t), patience); !isBusy(err) {
			break
		}
		f.Stats.Busy++
	}
	return script, err
}

// isBusy says whether the real broker has refused to declare a quorum queue because its
// leader was not elected in time (541, cluster_not_formed), as it does when the machine is
// too busy. Then the script is played again.
func isBusy(err error) bool {
	return err != nil && strings.Contains(err.Error(), "closed 541 connection")
}

// shrink looks for a shorter plan that diverges too, by leaving out moves and then
// declarations. rapid would do so by the bit, and each try that diverges takes a patience.
func (f *RabbitFuzz) shrink(plan RabbitPlan, script *RabbitCase, divergence error) (*RabbitCase, error) {
	tries := 0
	shorter := func(smaller RabbitPlan) bool {
		if tries++; tries > rabbitShrinkTries {
			return false
		}
		found, err := f.play(smaller, rabbitShrinkPatience)
		if err == nil {
			return false
		}
		plan, script, divergence = smaller, found, err
		return true
	}
	for size := len(plan.Moves) / 2; size >= 1; size /= 2 {
		for at := 0; at+size <= len(plan.Moves); {
			smaller := plan
			smaller.Moves = slices.Concat(plan.Moves[:at], plan.Moves[at+size:])
			if !shorter(smaller) {
				at += size
			}
		}
	}
	for at := 0; at < len(plan.Topology) && len(plan.queues("q")) > 0; {
		smaller := plan
		smaller.Topology = slices.Concat(plan.Topology[:at], plan.Topology[at+1:])
		if len(smaller.queues("q")) == 0 || len(smaller.queues("d")) == 0 || !shorter(smaller) {
			at++
		}
	}
	return script, divergence
}

const (
	rabbitBusyTries      = 5
	rabbitShrinkTries    = 200
	rabbitShrinkPatience = 3 * time.Second
)

// RabbitPlan is a random script before it is played: a topology, and moves that say
// which choice to make rather than what to do. Each move is made concrete against what
// the simulated broker has answered so far (the third of the open deliveries, say), so
// that every part of a plan is a plan, and a plan shrinks well.
//
//	DrawRabbitPlan -> plan.Play(simulated arm) -> a RabbitCase -> Check(real arm)
//
// What Play writes down is a transcript. The real broker must bring the same after each
// step, and its queues must hold as much: see quiet.
//
// What RabbitMQ leaves undefined is not asked:
//
//   - All consumers of a channel are of one queue: queues are processes, and whose
//     deliveries reach the channel first is open. For the same reason each dead-letter
//     queue has one source, and goes back to that only what a client rejects.
//   - A connection ends with at most one channel that has deliveries or consumers: its
//     channels end in no order.
//   - Several messages are published at once only where no quorum queue refuses publishes
//     when it is full, and where nothing has a time to live of 0: how many get through
//     until the publisher hears of it, and whether a message dies of age or for want of
//     room, is a matter of microseconds. Elsewhere no message with a short life is published to a
//     quorum queue with a bound.
//   - A time to live is an hour, or so short that it has passed when the step is over.
//     What expires unused (x-expires) never does: the barrier's questions are a use.
//   - A consumer of a quorum queue that acknowledges by itself has no prefetch: each delivery takes of
//     its credit until the channel's process has taken it in, and whether it has its next turn before
//     another message comes is a matter of microseconds too.
//   - At-least-once dead-lettering is left to the suite: when its worker is done
//     nothing tells.
type RabbitPlan struct {
	Topology []string // commands of c1
	Moves    []RabbitMove
}

// RabbitMove is one choice of a plan.
type RabbitMove struct{ Kind, Channel, A, B, C int }

// rabbitMoves are the kinds of moves, as often as they should come.
var rabbitMoves = []struct {
	name   string
	weight int
	make   func(*rabbitImprovisation, *rabbitActor, RabbitMove) string
}{
	{"publish", 10, (*rabbitImprovisation).publish},
	{"publish to exchange", 6, (*rabbitImprovisation).publishExchange},
	{"publish mortal", 3, (*rabbitImprovisation).publishMortal},
	{"consume", 8, (*rabbitImprovisation).consume},
	{"get", 5, (*rabbitImprovisation).get},
	{"settle", 14, (*rabbitImprovisation).settle},
	{"settle many", 5, (*rabbitImprovisation).settleMany},
	{"prefetch", 3, (*rabbitImprovisation).prefetch},
	{"cancel", 3, (*rabbitImprovisation).cancel},
	{"purge", 1, (*rabbitImprovisation).purge},
	{"bind", 6, (*rabbitImprovisation).bind},
	{"delete queue", 1, (*rabbitImprovisation).deleteQueue},
	{"delete exchange", 1, (*rabbitImprovisation).deleteExchange},
	{"declare again", 2, (*rabbitImprovisation).declareAgain},
	{"misuse", 3, (*rabbitImprovisation).misuse},
	{"close", 2, (*rabbitImprovisation).close},
	{"close connection", 1, (*rabbitImprovisation).closeConnection},
	{"cut", 1, (*rabbitImprovisation).cut},
}

// DrawRabbitPlan draws a plan.
func DrawRabbitPlan(t *rapid.T) RabbitPlan {
	d, total := drawing{t}, 0
	for _, kind := range rabbitMoves {
		total += kind.weight
	}
	plan := RabbitPlan{Topology: d.topology()}
	for range d.between("moves", 10, 40) {
		plan.Moves = append(plan.Moves, RabbitMove{
			Kind: d.between("kind", 0, total-1), Channel: d.between("channel", 0, 4),
			A: d.between("a", 0, 11), B: d.between("b", 0, 11), C: d.between("c", 0, 11),
		})
	}
	return plan
}

// Play plays the plan in a world of the simulated broker and returns it as a case with
// what that brought.
func (plan RabbitPlan) Play(world RabbitWorld) (*RabbitCase, error) {
	c := &RabbitCase{
		Topic: "fuzz", Name: "a random script", Rule: "Both brokers do the same.", Source: "lockstep fuzzing",
		Versions: RabbitProfiles(), file: "fuzz", lockstep: true,
	}
	err := world.Run(func(ctx context.Context, client RabbitClient) error {
		play := newRabbitPlay(client)
		play.lockstep = true
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
	made      int // bodies
}

// rabbitActor is a channel as the moves know it.
type rabbitActor struct {
	label     string
	on        string // the channel whose connection it shares
	channel   *rabbitChannel
	queue     string // of its consumers
	consumers []string
	auto      []string // those that acknowledge by themselves
	bounded   bool     // consumers to come have a prefetch
	open      []uint64 // deliveries not settled
}

func (r *rabbitImprovisation) run(ctx context.Context) error {
	r.actors = []*rabbitActor{{label: "c1"}, {label: "c2", on: "c1"}, {label: "c3"}, {label: "c4", on: "c3"}, {label: "c5"}}
	for _, line := range r.plan.Topology {
		if err := r.step(ctx, "c1", line); err != nil {
			return err
		}
	}
	for _, actor := range r.actors[1:] {
		if err := r.step(ctx, actor.label, r.opening(actor)); err != nil {
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

func (r *rabbitImprovisation) move(ctx context.Context, actor *rabbitActor, move RabbitMove) error {
	if actor.channel == nil || actor.channel.ended {
		return r.step(ctx, actor.label, r.opening(actor))
	}
	kind := move.Kind
	for _, candidate := range rabbitMoves {
		if kind -= candidate.weight; kind >= 0 {
			continue
		}
		actor = r.able(candidate.name, actor)
		line := candidate.make(r, actor, move)
		if line == "" {
			return nil
		}
		return r.step(ctx, actor.label, line)
	}
	return nil
}

// able is the actor, or the next who can settle if that is the move.
func (r *rabbitImprovisation) able(move string, actor *rabbitActor) *rabbitActor {
	first := slices.Index(r.actors, actor)
	for i := range r.actors {
		if other := r.actors[(first+i)%len(r.actors)]; strings.HasPrefix(move, "settle") && len(other.open) > 0 {
			return other
		}
	}
	return actor
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
	step.want, step.holds = got, r.play.holds
	r.script.steps = append(r.script.steps, step)
	for _, actor := range r.actors {
		r.notice(actor)
	}
	if step.command[0] == "get" && len(step.command) == 2 {
		r.noticeGet(label, got)
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
				actor.open = append(actor.open, event.Tag)
			}
		case port.ConsumerCancelled:
			actor.drop(event.Consumer)
		case port.Closed:
			actor.open, actor.consumers, actor.auto, actor.bounded, actor.queue = nil, nil, nil, false, ""
		}
	}
}

func (r *rabbitImprovisation) noticeGet(label string, got []string) {
	for _, actor := range r.actors {
		var tag uint64
		if n, _ := fmt.Sscanf(strings.Join(got, " "), "delivery %d", &tag); actor.label == label && n == 1 {
			actor.open = append(actor.open, tag)
		}
	}
}

func (a *rabbitActor) drop(consumer string) {
	a.consumers = slices.DeleteFunc(a.consumers, func(other string) bool { return other == consumer })
}

// epilogue ends the channels one by one, and empties the queues.
func (r *rabbitImprovisation) epilogue(ctx context.Context) error {
	for _, actor := range r.actors {
		if actor.channel == nil {
			continue
		}
		if err := r.step(ctx, actor.label, "close"); err != nil {
			return err
		}
	}
	for _, queue := range r.plan.queues("") {
		if err := r.drain(ctx, queue); err != nil {
			return err
		}
	}
	return nil
}

func (r *rabbitImprovisation) drain(ctx context.Context, queue string) error {
	for {
		if err := r.step(ctx, "c6", "get "+queue+" auto-ack"); err != nil {
			return err
		}
		got := r.script.steps[len(r.script.steps)-1].want
		if slices.Contains(got, "empty") {
			return nil
		}
		if !strings.HasPrefix(got[0], "delivery") { // deleted, or not to be read so
			return r.step(ctx, "c6", "open")
		}
	}
}
