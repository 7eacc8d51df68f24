package rabbitmq_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/rabbitmq"
	"github.com/squallhq/squall/system/port"
)

// bench is a world with a broker and a client.
type bench struct {
	*testing.T
	ctx    context.Context
	world  *sim.World
	server *rabbitmq.Server
	broker *sim.Node
	client *sim.Node
}

// play runs script as the process of a client node in a world with a broker.
func play(t *testing.T, options sim.Options, profile rabbitmq.Profile, script func(b *bench)) *bench {
	t.Helper()
	world := sim.NewWorld(1, options)
	b := &bench{T: t, world: world, broker: world.AddNode("broker", "broker")}
	b.server = rabbitmq.NewServer(world, b.broker, profile)
	b.broker.Start()
	b.client = world.AddNode("order-1", "order")
	b.client.Boot = func(ctx context.Context) {
		defer world.Stop()
		b.ctx = ctx
		script(b)
	}
	b.client.Start()
	if err := world.Run(); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) connect() port.Connection {
	b.Helper()
	connection, err := b.server.Open(b.client).Connect(b.ctx, "test")
	if err != nil {
		b.Fatal(err)
	}
	return connection
}

func (b *bench) channel() port.Channel {
	b.Helper()
	return b.channelOn(b.connect())
}

func (b *bench) channelOn(connection port.Connection) port.Channel {
	b.Helper()
	channel, err := connection.OpenChannel(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	return channel
}

func (b *bench) do(channel port.Channel, method port.Method) port.Reply {
	b.Helper()
	reply, err := channel.Do(b.ctx, method)
	if err != nil {
		b.Fatalf("%T: %v", method, err)
	}
	return reply
}

func (b *bench) publish(channel port.Channel, queue, body string) {
	b.Helper()
	_, err := channel.Publish(b.ctx, port.Publishing{
		Key: queue, Body: []byte(body),
		Properties: port.Properties{Persistent: true, MessageID: body, Type: "Test", CorrelationID: body},
	})
	if err != nil {
		b.Fatal(err)
	}
}

// next returns the next event as text.
func (b *bench) next(channel interface {
	Next(context.Context) (port.Event, error)
}) string {
	b.Helper()
	ctx, cancel := b.client.Runtime().WithTimeout(b.ctx, 40*time.Second)
	defer cancel()
	event, err := channel.Next(ctx)
	if err != nil {
		return "error " + err.Error()
	}
	return show(event)
}

func show(event port.Event) string {
	switch event := event.(type) {
	case port.Delivery:
		text := fmt.Sprintf("delivery %d %s", event.Tag, event.Body)
		if event.Redelivered {
			text += " redelivered"
		}
		return text
	case port.Confirmed:
		return fmt.Sprintf("confirmed %d %v", event.Tag, event.Outcome)
	case port.Returned:
		return fmt.Sprintf("returned %d %s", event.Code, event.Body)
	case port.Closed:
		if event.Err == nil {
			return "closed"
		}
		return "closed: " + event.Err.Error()
	case port.Blocked:
		return "blocked: " + event.Reason
	case port.ConsumerCancelled:
		return "cancelled " + event.Consumer
	default:
		return fmt.Sprintf("%T", event)
	}
}

func (b *bench) expect(got, want string) {
	b.Helper()
	if got != want {
		b.Errorf("got %q, want %q", got, want)
	}
}

func (b *bench) sleep(d time.Duration) { _ = b.world.Sleep(b.ctx, d) }

var quorum = port.Table{"x-queue-type": "quorum"}

func TestPublishConsumeAck(t *testing.T) {
	for _, kind := range []string{"classic", "quorum"} {
		t.Run(kind, func(t *testing.T) {
			play(t, sim.Options{}, rabbitmq.V310, func(b *bench) {
				channel := b.channel()
				b.do(channel, port.DeclareQueue{Name: "q", Durable: true, Args: port.Table{"x-queue-type": kind}})
				b.publish(channel, "q", "m1")
				b.expect(b.next(channel), "confirmed 1 done")
				b.do(channel, port.Consume{Queue: "q", Consumer: "c"})
				b.expect(b.next(channel), "delivery 1 m1")
				if err := channel.Settle(b.ctx, port.Settlement{Tag: 1, Verdict: port.Requeue}); err != nil {
					t.Error(err)
				}
				b.expect(b.next(channel), "delivery 2 m1 redelivered")
				if err := channel.Settle(b.ctx, port.Settlement{Tag: 2}); err != nil {
					t.Error(err)
				}
				b.sleep(time.Second)
				view, _ := b.server.Queue("q")
				if len(view.Ready)+len(view.Unacked) != 0 {
					t.Errorf("left in the queue: %+v", view)
				}
				if err := channel.Close(b.ctx); err != nil {
					t.Error(err)
				}
				b.expect(b.next(channel), "closed")
				b.expect(b.next(channel), "error "+port.ErrClosed.Error())
			})
		})
	}
}

// TestClientRefuses holds what the client of package system/rabbitmq refuses to send.
func TestClientRefuses(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V310, func(b *bench) {
		channel := b.channel()
		for _, s := range []port.Settlement{{Tag: 99, Verdict: 9}, {Tag: 99, Verdict: -1}, {Tag: 1, Verdict: port.RejectRequeue, Multiple: true}} {
			if err := channel.Settle(b.ctx, s); err == nil || port.OutcomeOf(err) != port.NotDone {
				t.Errorf("settlement %+v: %v", s, err)
			}
		}
		for _, size := range []int{255, 256} {
			p := port.Publishing{Key: "q", Properties: port.Properties{Headers: port.Table{strings.Repeat("h", size): "x"}}}
			_, err := channel.Publish(b.ctx, p)
			if refused := err != nil; refused != (size > 255) || refused && port.OutcomeOf(err) != port.NotDone {
				t.Errorf("header name of %d octets: %v", size, err)
			}
		}
	})
}
