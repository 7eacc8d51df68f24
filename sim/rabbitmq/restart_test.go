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

// restart crashes the broker and waits until it answers again.
func (b *bench) restart(kind chaos.Kind) {
	b.Helper()
	b.broker.Crash(kind, time.Second)
	b.sleep(10 * time.Second)
}

func TestRestartKeepsWhatIsDurable(t *testing.T) {
	b := play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		channel := b.channel()
		b.do(channel, port.DeclareExchange{Name: "durable", Kind: "fanout", Durable: true})
		b.do(channel, port.DeclareExchange{Name: "transient", Kind: "fanout"})
		b.do(channel, port.DeclareQueue{Name: "classic", Durable: true})
		b.do(channel, port.DeclareQueue{Name: "quorum", Durable: true, Args: quorum})
		b.do(channel, port.DeclareQueue{Name: "gone"})
		b.do(channel, port.DeclareQueue{Name: "mine", Durable: true, Exclusive: true})
		for _, exchange := range []string{"durable", "transient"} {
			for _, queue := range []string{"classic", "quorum", "gone"} {
				b.do(channel, port.BindQueue{Queue: queue, Exchange: exchange})
			}
		}
		b.publish(channel, "classic", "persistent")
		b.publish(channel, "quorum", "in quorum")
		if _, err := channel.Publish(b.ctx, port.Publishing{Key: "classic", Body: []byte("transient")}); err != nil {
			t.Error(err)
		}
		b.sleep(time.Second)
		b.restart(chaos.KindKill)
	})
	if got := fmt.Sprint(b.names()); got != "[classic quorum]" {
		t.Errorf("queues: %s", got)
	}
	if bodies := b.bodies("classic"); fmt.Sprint(bodies) != "[persistent]" {
		t.Errorf("classic holds %v", bodies)
	}
	if bodies := b.bodies("quorum"); fmt.Sprint(bodies) != "[in quorum]" {
		t.Errorf("quorum holds %v", bodies)
	}
	if n := len(b.server.Bindings("durable")); n != 2 {
		t.Errorf("%d bindings of the durable exchange", n)
	}
	if b.server.Bindings("transient") != nil {
		t.Error("a transient exchange survived")
	}
}

func (b *bench) names() []string {
	var names []string
	for _, q := range b.server.Queues() {
		names = append(names, q.Name)
	}
	return names
}

func (b *bench) bodies(queue string) []string {
	view, _ := b.server.Queue(queue)
	bodies := []string{}
	for _, m := range view.Ready {
		bodies = append(bodies, string(m.Body))
	}
	return bodies
}

// While the broker is down or boots, connections are refused and nothing was sent.
func TestRestartRefusesConnections(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		connection := b.connect()
		b.broker.Crash(chaos.KindKill, time.Second)
		b.expect(b.next(connection), "closed: amqp: connection lost")
		refusals := 0
		for b.world.Now() < time.Minute {
			_, err := b.server.Open(b.client).Connect(b.ctx, "again")
			if err == nil {
				break
			}
			if _, refused := errors.AsType[*sim.DialError](err); !refused {
				t.Fatal(err)
			}
			refusals++
			b.sleep(100 * time.Millisecond)
		}
		if refusals < 18 || refusals > 45 {
			t.Errorf("%d refusals", refusals)
		}
	})
}

// Over many seeds a crash loses and keeps what was being written, loses and keeps
// acknowledgements, and never loses what was confirmed.
func TestCrashOverSeeds(t *testing.T) {
	for _, kind := range []string{"classic", "quorum"} {
		t.Run(kind, func(t *testing.T) {
			lost, kept, resurrected, acked := 0, 0, 0, 0
			for seed := range uint64(200) {
				c := crashOnce(t, kind, seed)
				if c.confirmedLost {
					t.Fatalf("seed %d: a confirmed message is gone", seed)
				}
				if c.unconfirmed {
					if c.unconfirmedThere {
						kept++
					} else {
						lost++
					}
				}
				switch {
				case !c.ackArrived:
				case c.ackedThere:
					resurrected++
				default:
					acked++
				}
			}
			if lost == 0 || kept == 0 || resurrected == 0 || acked == 0 {
				t.Errorf("lost %d, kept %d, resurrected %d, acked %d", lost, kept, resurrected, acked)
			}
		})
	}
}

type crashed struct{ confirmedLost, unconfirmed, unconfirmedThere, ackArrived, ackedThere bool }

// crashOnce confirms two messages, acks the first, publishes a third, and crashes at once.
func crashOnce(t *testing.T, kind string, seed uint64) (result crashed) {
	t.Helper()
	world := sim.NewWorld(seed, sim.Options{})
	b := &bench{T: t, world: world, broker: world.AddNode("broker", "broker")}
	b.server = rabbitmq.NewServer(world, b.broker, rabbitmq.V313)
	b.broker.Start()
	b.client = world.AddNode("order-1", "order")
	b.client.Boot = func(ctx context.Context) {
		defer world.Stop()
		b.ctx = ctx
		channel := b.channel()
		b.do(channel, port.DeclareQueue{Name: "q", Durable: true, Args: port.Table{"x-queue-type": kind}})
		b.publish(channel, "q", "acked")
		b.publish(channel, "q", "confirmed")
		b.next(channel)
		b.next(channel)
		delivery := b.do(channel, port.Get{Queue: "q"}).Delivery
		b.sleep(time.Second)
		_ = channel.Settle(ctx, port.Settlement{Tag: delivery.Tag})
		b.publish(channel, "q", "unconfirmed")
		b.sleep(700 * time.Microsecond)
		view, _ := b.server.Queue("q")
		result.ackArrived = len(view.Unacked) == 0
		b.broker.Crash(chaos.KindKill, time.Second)
		result.unconfirmed = b.next(channel) == "confirmed 3 unknown"
		b.sleep(10 * time.Second)
	}
	b.client.Start()
	if err := world.Run(); err != nil {
		t.Fatal(err)
	}
	result.confirmedLost = true
	for _, body := range b.bodies("q") {
		switch body {
		case "confirmed":
			result.confirmedLost = false
		case "unconfirmed":
			result.unconfirmedThere = true
		case "acked":
			result.ackedThere = true
		}
	}
	return result
}

// A message that was delivered when the broker crashed comes back flagged.
func TestCrashReturnsDeliveries(t *testing.T) {
	for _, kind := range []string{"classic", "quorum"} {
		t.Run(kind, func(t *testing.T) {
			play(t, sim.Options{}, rabbitmq.V40, func(b *bench) {
				channel := b.channel()
				b.do(channel, port.DeclareQueue{Name: "q", Durable: true, Args: port.Table{"x-queue-type": kind}})
				b.publish(channel, "q", "m1")
				b.publish(channel, "q", "m2")
				b.sleep(time.Second)
				b.do(channel, port.Get{Queue: "q"})
				b.restart(chaos.KindKill)
				again := b.channel()
				b.do(again, port.Consume{Queue: "q"})
				b.expect(b.next(again), "delivery 1 m1 redelivered")
				b.expect(b.next(again), "delivery 2 m2")
			})
		})
	}
}

func TestLeaderElectionDelays(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V40, func(b *bench) {
		channel := b.channel()
		b.do(channel, port.DeclareQueue{Name: "q", Durable: true, Args: quorum})
		b.do(channel, port.Consume{Queue: "q"})
		b.publish(channel, "q", "m1")
		b.expect(b.next(channel), "delivery 1 m1")
		b.expect(b.next(channel), "confirmed 1 done")
		from := b.world.Now()
		b.server.ElectLeader("q", 5*time.Second)
		b.publish(channel, "q", "m2")
		b.next(channel)
		if took := b.world.Now() - from; took < 5*time.Second || took > 6*time.Second {
			t.Errorf("without a leader it took %v", took)
		}
	})
}
