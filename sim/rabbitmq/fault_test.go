package rabbitmq_test

import (
	"context"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/rabbitmq"
	"github.com/squallhq/squall/system/port"
)

// storm returns options under which one fault strikes what the message m1 does.
func storm(kind chaos.Kind, what string, d time.Duration) sim.Options {
	id := chaos.Identity{Where: "order", What: what, Op: "Test{m1}", N: 1}
	return sim.Options{Storm: sim.NewPlannedStorm([]chaos.Sentence{{Fault: chaos.NewStrike(kind, id, d)}})}
}

func fired(t *testing.T, b *bench) {
	t.Helper()
	if len(b.world.Fired()) != 1 {
		t.Errorf("fired %v", b.world.Fired())
	}
}

// What a publisher learns, and what is stored, under each fate.
func TestPublishMeetsItsFate(t *testing.T) {
	const unknown = "confirmed 1 unknown"
	for _, c := range []struct {
		fault  chaos.Kind
		learns string
		stored int
		after  time.Duration // not before
	}{
		{chaos.NoFault, "confirmed 1 done", 1, 0},
		{chaos.KindFailBefore, unknown, 0, 0},
		{chaos.KindFailAfter, unknown, 1, 0},
		{chaos.KindLoseReply, unknown, 1, 20 * time.Second},
		{chaos.KindDelay, "confirmed 1 done", 1, 5 * time.Second},
		{chaos.KindDuplicate, "confirmed 1 done", 2, 0},
		{chaos.KindDisconnect, unknown, -1, 0},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			options := sim.Options{}
			if c.fault != chaos.NoFault {
				options = storm(c.fault, "publish", 5*time.Second)
			}
			b := play(t, options, rabbitmq.V313, func(b *bench) {
				channel := b.channel()
				b.do(channel, port.DeclareQueue{Name: "q", Durable: true, Args: quorum})
				from := b.world.Now()
				b.publish(channel, "q", "m1")
				b.expect(b.next(channel), c.learns)
				if took := b.world.Now() - from; took < c.after || took > c.after+time.Second {
					t.Errorf("took %v", took)
				}
				if c.learns == unknown {
					b.expect(b.next(channel), "closed: amqp: connection lost")
					if _, err := channel.Publish(b.ctx, port.Publishing{}); err == nil {
						t.Error("publish on a lost channel returned nil")
					}
				}
				b.sleep(time.Second)
			})
			view, _ := b.server.Queue("q")
			if c.stored >= 0 && len(view.Ready) != c.stored {
				t.Errorf("%d stored, want %d", len(view.Ready), c.stored)
			}
			if c.fault != chaos.NoFault {
				fired(t, b)
			}
			if c.learns == unknown && b.world.Marks()["publish outcome unknown"] != 1 {
				t.Errorf("marks: %v", b.world.Marks())
			}
		})
	}
}

func TestConfirmMeetsItsFate(t *testing.T) {
	for _, c := range []struct {
		fault  chaos.Kind
		learns string
	}{
		{chaos.KindDelay, "confirmed 1 done"},
		{chaos.KindLoseReply, "confirmed 1 unknown"},
		{chaos.KindDisconnect, "confirmed 1 unknown"},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			options := storm(c.fault, "confirm", 3*time.Second)
			b := play(t, options, rabbitmq.V313, func(b *bench) {
				channel := b.channel()
				b.do(channel, port.DeclareQueue{Name: "q", Durable: true})
				b.publish(channel, "q", "m1")
				b.expect(b.next(channel), c.learns)
			})
			fired(t, b)
			if view, _ := b.server.Queue("q"); len(view.Ready) != 1 {
				t.Errorf("%d stored", len(view.Ready))
			}
		})
	}
}

// An acknowledgement that does not arrive lets the message come again; one that
// arrives before the connection breaks does not.
func TestAckMeetsItsFate(t *testing.T) {
	for _, c := range []struct {
		fault chaos.Kind
		again bool
	}{
		{chaos.KindFailBefore, true},
		{chaos.KindFailAfter, false},
		{chaos.KindLoseReply, false},
		{chaos.KindDelay, false},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			b := play(t, storm(c.fault, "ack", time.Second), rabbitmq.V313, func(b *bench) {
				channel := b.channel()
				b.do(channel, port.DeclareQueue{Name: "q", Durable: true, Args: quorum})
				b.publish(channel, "q", "m1")
				b.expect(b.next(channel), "confirmed 1 done")
				b.do(channel, port.Consume{Queue: "q"})
				b.expect(b.next(channel), "delivery 1 m1")
				if err := channel.Settle(b.ctx, port.Settlement{Tag: 1}); err != nil {
					t.Error(err)
				}
				b.sleep(time.Minute)
				reply := b.do(b.channel(), port.Get{Queue: "q", AutoAck: true})
				if again := reply.Delivery != nil; again != c.again {
					t.Errorf("came again: %v", again)
				}
				if reply.Delivery != nil && !reply.Delivery.Redelivered {
					t.Error("not flagged redelivered")
				}
			})
			fired(t, b)
		})
	}
}

func TestDeliveryMeetsItsFate(t *testing.T) {
	for _, c := range []struct {
		fault chaos.Kind
		want  []string
	}{
		{chaos.KindDelay, []string{"delivery 1 m1", "delivery 2 m2"}},
		{chaos.KindReorder, []string{"delivery 1 m2", "delivery 2 m1 redelivered"}},
		{chaos.KindDisconnect, []string{"closed: amqp: connection lost"}},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			b := play(t, storm(c.fault, "delivery to q", time.Second), rabbitmq.V313, func(b *bench) {
				publisher, consumer := b.channel(), b.channel()
				b.do(publisher, port.DeclareQueue{Name: "q", Durable: true})
				b.publish(publisher, "q", "m1")
				b.publish(publisher, "q", "m2")
				b.sleep(time.Second)
				b.do(consumer, port.Consume{Queue: "q"})
				for _, want := range c.want {
					b.expect(b.next(consumer), want)
				}
			})
			fired(t, b)
		})
	}
}

// A lost connection returns what was unsettled, in order, to another replica.
func TestConnectionLoss(t *testing.T) {
	b := play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		first, second := b.channel(), b.channel()
		b.do(first, port.DeclareQueue{Name: "q", Durable: true})
		for _, body := range []string{"m1", "m2", "m3"} {
			b.publish(first, "q", body)
		}
		b.sleep(time.Second)
		b.do(second, port.Prefetch{Count: 2})
		b.do(second, port.Consume{Queue: "q"})
		b.sleep(time.Second)
		b.server.Cut("test")
		b.expect(b.next(second), "delivery 1 m1")
		b.expect(b.next(second), "delivery 2 m2")
		b.expect(b.next(second), "closed: amqp: connection lost")
		third := b.channel()
		b.do(third, port.Consume{Queue: "q"})
		b.expect(b.next(third), "delivery 1 m1 redelivered")
		b.expect(b.next(third), "delivery 2 m2 redelivered")
		b.expect(b.next(third), "delivery 3 m3")
	})
	if b.world.Marks()["connection lost with unacked deliveries"] != 1 {
		t.Errorf("marks: %v", b.world.Marks())
	}
}

// A killed process and a lost machine both return their messages, the latter only when
// two heartbeats were missed.
func TestClientCrash(t *testing.T) {
	for kind, after := range map[chaos.Kind]time.Duration{chaos.KindKill: 0, chaos.KindLoseMachine: 20 * time.Second} {
		t.Run(kind.String(), func(t *testing.T) {
			b := play(t, sim.Options{}, rabbitmq.V40, func(b *bench) {
				channel := b.channel()
				b.do(channel, port.DeclareQueue{Name: "q", Durable: true, Args: quorum})
				b.publish(channel, "q", "m1")
				crashing := b.world.AddNode("payment-1", "payment")
				broker := b.server
				crashing.Boot = func(ctx context.Context) {
					connection, err := broker.Open(crashing).Connect(ctx, "payment")
					if err != nil {
						t.Error(err)
						return
					}
					other, err := connection.OpenChannel(ctx)
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = other.Do(ctx, port.Consume{Queue: "q"})
					_, _ = other.Next(ctx)
					crashing.Crash(kind, time.Hour)
				}
				crashing.Start()
				b.sleep(time.Second)
				from := b.world.Now()
				b.do(channel, port.Consume{Queue: "q"})
				b.expect(b.next(channel), "confirmed 1 done")
				b.expect(b.next(channel), "delivery 1 m1 redelivered")
				if took := b.world.Now() - from; took < after-2*time.Second || took > after+time.Second {
					t.Errorf("came back after %v", took)
				}
			})
			if b.world.Marks()["redelivery to another replica"] != 1 {
				t.Errorf("marks: %v", b.world.Marks())
			}
		})
	}
}
