package rabbitmq_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/rabbitmq"
	"github.com/squallhq/squall/system/port"
)

// An alarm stops the reading of connections that publish, and of no others; what they
// sent meanwhile is handled in order afterwards.
func TestAlarmBlocksPublishers(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		publishing := b.connect()
		publisher, consumer := b.channelOn(publishing), b.channel()
		b.do(consumer, port.DeclareQueue{Name: "q", Durable: true})
		b.do(consumer, port.Consume{Queue: "q"})
		b.publish(publisher, "q", "m1")
		b.expect(b.next(publisher), "confirmed 1 done")
		b.server.RaiseAlarm("low on memory")
		b.sleep(10 * time.Second)
		b.publish(publisher, "q", "m2")
		b.expect(b.next(publishing), "blocked: low on memory")
		b.publish(publisher, "q", "m3")
		b.sleep(10 * time.Second)
		b.expect(b.next(consumer), "delivery 1 m1")
		if err := consumer.Settle(b.ctx, port.Settlement{Tag: 1}); err != nil {
			t.Error(err)
		}
		b.sleep(time.Second)
		if n := b.server.CountOf("m2").Publishes; n != 0 {
			t.Errorf("m2 arrived %d times during the alarm", n)
		}
		b.server.ClearAlarm()
		b.expect(b.next(publishing), "port.Unblocked")
		b.expect(b.next(consumer), "delivery 2 m2")
		b.expect(b.next(consumer), "delivery 3 m3")
	})
}

// A connection that begins to publish during an alarm is blocked by its first publish, behind whose
// header the broker stops reading.
func TestAlarmBlocksFirstPublish(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		connection := b.connect()
		channel := b.channelOn(connection)
		b.server.RaiseAlarm("low on disk")
		b.do(channel, port.DeclareQueue{Name: "q", Durable: true})
		b.publish(channel, "q", "m1")
		b.publish(channel, "q", "m2")
		b.expect(b.next(connection), "blocked: low on disk")
		b.sleep(time.Second)
		if b.server.CountOf("m1").Publishes != 0 || b.server.CountOf("m2").Publishes != 0 {
			t.Errorf("during the alarm: %+v", b.server.Counts())
		}
		b.server.ClearAlarm()
		b.expect(b.next(connection), "port.Unblocked")
		b.sleep(time.Second)
		if b.server.CountOf("m1").Publishes != 1 || b.server.CountOf("m2").Publishes != 1 {
			t.Errorf("after the alarm: %+v", b.server.Counts())
		}
	})
}

func TestAckTimeout(t *testing.T) {
	for profile, want := range map[rabbitmq.Profile]string{
		rabbitmq.V310: "closed: amqp 406: PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value " +
			"used: 1800000 ms. This timeout value can be configured, see consumers doc guide to learn more",
		rabbitmq.V43: "cancelled c",
	} {
		t.Run(profile.String(), func(t *testing.T) {
			play(t, sim.Options{}, profile, func(b *bench) {
				channel := b.channel()
				b.do(channel, port.DeclareQueue{Name: "q", Durable: true, Args: quorum})
				b.do(channel, port.Consume{Queue: "q", Consumer: "c"})
				b.publish(channel, "q", "m1")
				b.expect(b.next(channel), "delivery 1 m1")
				b.expect(b.next(channel), "confirmed 1 done")
				b.sleep(30*time.Minute - time.Second)
				if view, _ := b.server.Queue("q"); len(view.Unacked) != 1 {
					t.Errorf("too early: %+v", view)
				}
				b.sleep(time.Minute + 10*time.Second)
				b.expect(b.next(channel), want)
				if view, _ := b.server.Queue("q"); len(view.Ready) != 1 || !view.Ready[0].Redelivered {
					t.Errorf("not returned: %+v", view)
				}
			})
		})
	}
}

func TestRefusedPermission(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V310, func(b *bench) {
		b.server.Refuse(rabbitmq.Refusal{Permission: rabbitmq.Configure, Kind: "queue", Name: "q"})
		_, err := b.channel().Do(b.ctx, port.DeclareQueue{Name: "q"})
		var closed *port.CloseError
		if !errors.As(err, &closed) || closed.Code != 403 || closed.Connection {
			t.Fatalf("got %v", err)
		}
		b.expect(closed.Text, "ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user 'guest'")
	})
}

func TestOperatorClosesConnection(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V310, func(b *bench) {
		connection := b.connect()
		channel := b.channelOn(connection)
		b.server.CloseConnections("test", "maintenance")
		b.expect(b.next(channel), "closed: amqp 320: CONNECTION_FORCED - Closed via management plugin: maintenance")
		b.expect(b.next(connection), "closed: amqp 320: CONNECTION_FORCED - Closed via management plugin: maintenance")
		if _, err := connection.OpenChannel(b.ctx); !errors.Is(err, port.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}

// Asking for what is not modelled fails the world, whatever the service does with it.
func TestUnsupportedFailsTheWorld(t *testing.T) {
	for _, method := range []port.Method{
		port.DeclareQueue{Name: "s", Durable: true, Args: port.Table{"x-queue-type": "stream"}},
		port.DeclareQueue{Name: "p", Args: port.Table{"x-max-priority": int32(5)}},
		port.Consume{Queue: "q", Args: port.Table{"x-priority": int32(5)}},
		port.DeclareExchange{Name: "d", Kind: "x-delayed-message"},
	} {
		world := sim.NewWorld(1, sim.Options{})
		node := world.AddNode("broker", "broker")
		server := rabbitmq.NewServer(world, node, rabbitmq.V313)
		node.Start()
		client := world.AddNode("order-1", "order")
		client.Boot = func(ctx context.Context) {
			if connection, err := server.Open(client).Connect(ctx, "test"); err == nil {
				if channel, err := connection.OpenChannel(ctx); err == nil {
					_, _ = channel.Do(ctx, method)
				}
			}
		}
		client.Start()
		var unsupported *rabbitmq.Unsupported
		if err := world.Run(); !errors.As(err, &unsupported) {
			t.Errorf("%+v: got %v", method, err)
		}
	}
}

// A method whose context ends gives the channel up: its answer would be taken for the
// next one's.
func TestMethodTimesOut(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		channel := b.channel()
		b.publish(channel, "nowhere", "m1")
		ctx, cancel := b.client.Runtime().WithTimeout(b.ctx, 50*time.Microsecond)
		defer cancel()
		if _, err := channel.Do(ctx, port.DeclareQueue{Name: "q"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		b.expect(b.next(channel), "confirmed 1 unknown")
		b.expect(b.next(channel), "closed: amqp: channel given up: no answer in time")
		if _, err := channel.Do(b.ctx, port.Prefetch{Count: 1}); !errors.Is(err, port.ErrClosed) {
			t.Errorf("got %v", err)
		}
		b.sleep(time.Second)
		if _, found := b.server.Queue("q"); !found {
			t.Error("the method was not carried out")
		}
	})
}

// At-least-once dead-lettering keeps the letter until its exchange exists.
func TestDeadLetterAtLeastOnce(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		channel := b.channel()
		b.do(channel, port.DeclareQueue{Name: "q", Durable: true, Args: port.Table{
			"x-queue-type": "quorum", "x-dead-letter-exchange": "dlx", "x-dead-letter-strategy": "at-least-once",
			"x-overflow": "reject-publish",
		}})
		b.publish(channel, "q", "m1")
		b.expect(b.next(channel), "confirmed 1 done")
		get := b.do(channel, port.Get{Queue: "q"})
		if err := channel.Settle(b.ctx, port.Settlement{Tag: get.Delivery.Tag, Verdict: port.Reject}); err != nil {
			t.Error(err)
		}
		b.sleep(time.Minute)
		if view, _ := b.server.Queue("q"); len(view.Letters) != 1 {
			t.Errorf("the letter is gone: %+v", view)
		}
		b.do(channel, port.DeclareExchange{Name: "dlx", Kind: "fanout", Durable: true})
		b.do(channel, port.DeclareQueue{Name: "dead", Durable: true, Args: quorum})
		b.do(channel, port.BindQueue{Queue: "dead", Exchange: "dlx"})
		b.sleep(5 * time.Minute)
		dead := b.do(channel, port.Get{Queue: "dead"})
		if dead.Delivery == nil {
			t.Fatal("the letter never arrived")
		}
		b.expect(dead.Delivery.Headers["x-first-death-reason"].(string), "rejected")
		if view, _ := b.server.Queue("q"); len(view.Letters) != 0 {
			t.Error("the letter is still in its queue")
		}
	})
}

func TestQueueExpires(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		channel := b.channel()
		b.do(channel, port.DeclareQueue{Name: "q", Durable: true, Args: port.Table{"x-expires": int64(60_000)}})
		b.do(channel, port.Consume{Queue: "q", Consumer: "c"})
		b.sleep(5 * time.Minute)
		b.do(channel, port.CancelConsumer{Consumer: "c"})
		b.sleep(50 * time.Second)
		b.do(channel, port.Get{Queue: "q"})
		b.sleep(50 * time.Second)
		if _, found := b.server.Queue("q"); !found {
			t.Error("expired although it was used")
		}
		b.sleep(20 * time.Second)
		if _, found := b.server.Queue("q"); found {
			t.Error("did not expire")
		}
	})
}
