package rabbitmq_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/rabbitmq"
	"github.com/squallhq/squall/system/port"
)

// drawn is a storm in which everything goes wrong now and then.
func drawn() sim.Storm {
	storm := &sim.DrawnStorm{Rates: sim.Rates{DelayMax: time.Second, DownMax: 3 * time.Second}}
	for kind := chaos.KindFailBefore; kind <= chaos.KindLoseMachine; kind++ {
		storm.Of[kind] = 15_000
	}
	return storm
}

// stubborn publishes messages until each is confirmed, over as many connections as it
// takes. It is a naive relay.
func stubborn(ctx context.Context, b *bench, node *sim.Node, messages int) {
	for left := messages; left > 0; {
		channel, err := dial(ctx, b, node)
		if err != nil {
			if b.world.Sleep(ctx, 100*time.Millisecond) != nil {
				return
			}
			continue
		}
		for ; left > 0; left-- {
			if !publishOne(ctx, channel, fmt.Sprint("m", left)) {
				break
			}
		}
		_ = channel.Close(ctx)
	}
}

func dial(ctx context.Context, b *bench, node *sim.Node) (port.Channel, error) {
	connection, err := b.server.Open(node).Connect(ctx, node.Name)
	if err != nil {
		return nil, err
	}
	channel, err := connection.OpenChannel(ctx)
	if err != nil {
		return nil, err
	}
	_, err = channel.Do(ctx, port.DeclareQueue{Name: "q", Durable: true, Args: quorum})
	return channel, err
}

func publishOne(ctx context.Context, channel port.Channel, id string) bool {
	_, err := channel.Publish(ctx, port.Publishing{
		Key: "q", Body: []byte(id), Properties: port.Properties{MessageID: id, Type: "Test", CorrelationID: id, Persistent: true},
	})
	if err != nil {
		return false
	}
	event, err := channel.Next(ctx)
	confirmed, ok := event.(port.Confirmed)
	return err == nil && ok && confirmed.Outcome == port.Done
}

// consumeAll acks everything that comes, over as many connections as it takes.
func consumeAll(ctx context.Context, b *bench, node *sim.Node, seen map[string]int) {
	for {
		channel, err := dial(ctx, b, node)
		if err == nil {
			_, err = channel.Do(ctx, port.Consume{Queue: "q"})
		}
		for err == nil {
			var event port.Event
			if event, err = channel.Next(ctx); err != nil {
				break
			}
			if delivery, ok := event.(port.Delivery); ok {
				seen[string(delivery.Body)]++
				err = channel.Settle(ctx, port.Settlement{Tag: delivery.Tag})
			}
		}
		if errors.Is(err, sim.ErrCrashed) || b.world.Sleep(ctx, 100*time.Millisecond) != nil {
			return
		}
	}
}

// blow lets two replicas consume what a publisher insists on, in a storm. It returns what
// was seen, and the trace.
func blow(t *testing.T, seed uint64, messages int) (map[string]int, *bench) {
	t.Helper()
	world := sim.NewWorld(seed, sim.Options{Storm: drawn(), Limit: 2 * time.Hour})
	b := &bench{T: t, world: world, broker: world.AddNode("broker", "broker")}
	b.server = rabbitmq.NewServer(world, b.broker, rabbitmq.Profiles()[seed%4])
	b.broker.Start()
	seen := map[string]int{}
	for _, name := range []string{"payment-1", "payment-2"} {
		node := world.AddNode(name, "payment")
		node.Boot = func(ctx context.Context) { consumeAll(ctx, b, node, seen) }
		node.Start()
	}
	publisher := world.AddNode("order-1", "order")
	publisher.Boot = func(ctx context.Context) {
		stubborn(ctx, b, publisher, messages)
		_ = world.Sleep(ctx, time.Hour)
	}
	publisher.Start()
	world.ScheduleRestart(chaos.Restart{Server: "broker", At: 2 * time.Second, Down: time.Second}, b.broker)
	world.After(time.Minute, world.Heal)
	world.After(5*time.Minute, world.Stop)
	if err := world.Run(); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return seen, b
}

// Whatever goes wrong, a message that was confirmed is delivered, and at the end the
// queue is empty; and the same seed gives the same trace.
func TestNothingConfirmedIsLostInAStorm(t *testing.T) {
	const messages = 20
	fired, again := map[chaos.Kind]int{}, 0
	for seed := range uint64(60) {
		seen, b := blow(t, seed, messages)
		for i := 1; i <= messages; i++ {
			id := fmt.Sprint("m", i)
			if seen[id] == 0 && b.server.CountOf(id).Confirms > 0 {
				t.Errorf("seed %d: %s was confirmed and never delivered", seed, id)
			}
			if seen[id] > 1 {
				again++
			}
		}
		if view, _ := b.server.Queue("q"); len(view.Ready)+len(view.Unacked)+view.Writing > 0 {
			t.Errorf("seed %d: left in the queue: %+v", seed, view)
		}
		for _, fault := range b.world.Fired() {
			fired[fault.Kind()]++
		}
		if _, twin := blow(t, seed, messages); twin.world.Trace().Hash() != b.world.Trace().Hash() {
			t.Errorf("seed %d: two runs, two traces", seed)
		}
	}
	for kind := chaos.KindFailBefore; kind <= chaos.KindRestart; kind++ {
		if fired[kind] == 0 {
			t.Errorf("%v never fired", kind)
		}
	}
	if again == 0 {
		t.Error("nothing was delivered twice")
	}
}
