package conform_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/sim/conform"
	"github.com/squallhq/squall/sim/rabbitmq"
	"github.com/squallhq/squall/system/port"
)

// A script that one simulated broker has written must pass on another of the same rules, and
// a broker that is wrong in one way must soon be found: no server is needed to judge the
// fuzzer.
func TestRabbitMQFuzzerTellsBrokersApart(t *testing.T) {
	same := conform.SimulatedRabbit{}
	for _, test := range []struct {
		name  string
		other conform.RabbitArm
		wrong bool
	}{
		{"the same", same, false},
		{"a later version", conform.SimulatedRabbit{Version: rabbitmq.V43}, true},
		{"settlements get lost", spoiled{same, func(c port.Channel) port.Channel { return deafChannel{c} }}, true},
		{"redeliveries look new", spoiled{same, func(c port.Channel) port.Channel { return freshChannel{c} }}, true},
		{"messages are not counted", spoiled{same, func(c port.Channel) port.Channel { return emptyChannel{c} }}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := divergence(t, same, test.other, 60)
			if test.wrong && found == nil {
				t.Error("60 scripts, and no divergence")
			} else if !test.wrong && found != nil {
				t.Error(found)
			}
		})
	}
}

func divergence(t *testing.T, one conform.SimulatedRabbit, other conform.RabbitArm, scripts int) error {
	t.Helper()
	plans := rapid.Custom(conform.DrawRabbitPlan)
	for seed := range scripts {
		script, err := plans.Example(seed).Play(one.Open(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := script.CheckWithin(other.Open(t), time.Second); err != nil {
			return err
		}
	}
	return nil
}

// spoiled is a simulated broker whose channels a client sees wrongly.
type spoiled struct {
	conform.SimulatedRabbit
	spoil func(port.Channel) port.Channel
}

func (a spoiled) Open(t testing.TB) conform.RabbitWorld {
	return spoiledWorld{a.SimulatedRabbit.Open(t), a.spoil}
}

type spoiledWorld struct {
	conform.RabbitWorld
	spoil func(port.Channel) port.Channel
}

func (w spoiledWorld) Run(script func(context.Context, conform.RabbitClient) error) error {
	return w.RabbitWorld.Run(func(ctx context.Context, client conform.RabbitClient) error {
		client.Broker = spoiledBroker{client.Broker, w.spoil}
		return script(ctx, client)
	})
}

type spoiledBroker struct {
	port.Broker
	spoil func(port.Channel) port.Channel
}

func (b spoiledBroker) Connect(ctx context.Context, name string) (port.Connection, error) {
	connection, err := b.Broker.Connect(ctx, name)
	if err != nil {
		return nil, err
	}
	return spoiledConnection{connection, b.spoil}, nil
}

type spoiledConnection struct {
	port.Connection
	spoil func(port.Channel) port.Channel
}

func (c spoiledConnection) OpenChannel(ctx context.Context) (port.Channel, error) {
	channel, err := c.Connection.OpenChannel(ctx)
	if err != nil {
		return nil, err
	}
	return c.spoil(channel), nil
}

// deafChannel does not hear settlements.
type deafChannel struct{ port.Channel }

func (deafChannel) Settle(context.Context, port.Settlement) error { return nil }

// freshChannel forgets that it delivers again.
type freshChannel struct{ port.Channel }

func (c freshChannel) Next(ctx context.Context) (port.Event, error) {
	event, err := c.Channel.Next(ctx)
	if delivery, is := event.(port.Delivery); is {
		delivery.Redelivered = false
		return delivery, err
	}
	return event, err
}

// emptyChannel says that no queue holds anything.
type emptyChannel struct{ port.Channel }

func (c emptyChannel) Do(ctx context.Context, method port.Method) (port.Reply, error) {
	reply, err := c.Channel.Do(ctx, method)
	if _, is := method.(port.DeclareQueue); is {
		reply.Messages = 0
	}
	return reply, err
}
