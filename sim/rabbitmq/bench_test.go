package rabbitmq_test

import (
	"context"
	"testing"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/rabbitmq"
	"github.com/squallhq/squall/system/port"
)

// loop runs script in a world with a broker and a client, for a benchmark.
func loop(b *testing.B, script func(ctx context.Context, channel port.Channel) error) {
	b.Helper()
	world := sim.NewWorld(1, sim.Options{Limit: 1 << 62})
	node := world.AddNode("broker", "broker")
	server := rabbitmq.NewServer(world, node, rabbitmq.V313)
	node.Start()
	client := world.AddNode("order-1", "order")
	client.Boot = func(ctx context.Context) {
		defer world.Stop()
		connection, err := server.Open(client).Connect(ctx, "bench")
		if err != nil {
			b.Error(err)
			return
		}
		channel, err := connection.OpenChannel(ctx)
		if err == nil {
			err = script(ctx, channel)
		}
		if err != nil {
			b.Error(err)
		}
	}
	client.Start()
	if err := world.Run(); err != nil {
		b.Fatal(err)
	}
}

var small = port.Publishing{
	Exchange: "amq.topic", Key: "order.placed", Body: []byte(`{"order":"ann/order-7","lines":2}`),
	Properties: port.Properties{Persistent: true, MessageID: "m", Type: "OrderPlaced", CorrelationID: "ann/order-7"},
}

func benchmarkCycle(b *testing.B, args port.Table) {
	b.Helper()
	loop(b, func(ctx context.Context, channel port.Channel) error {
		for _, method := range []port.Method{
			port.DeclareQueue{Name: "q", Durable: true, Args: args},
			port.BindQueue{Queue: "q", Exchange: "amq.topic", Key: "order.#"},
			port.Prefetch{Count: 10},
			port.Consume{Queue: "q", Consumer: "c"},
		} {
			if _, err := channel.Do(ctx, method); err != nil {
				return err
			}
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := cycle(ctx, channel); err != nil {
				return err
			}
		}
		return nil
	})
}

// cycle publishes a message and waits for its confirm and its delivery, which it acks.
func cycle(ctx context.Context, channel port.Channel) error {
	if _, err := channel.Publish(ctx, small); err != nil {
		return err
	}
	for range 2 {
		event, err := channel.Next(ctx)
		if err != nil {
			return err
		}
		if delivery, ok := event.(port.Delivery); ok {
			if err := channel.Settle(ctx, port.Settlement{Tag: delivery.Tag}); err != nil {
				return err
			}
		}
	}
	return nil
}

func BenchmarkClassicCycle(b *testing.B) { benchmarkCycle(b, nil) }

func BenchmarkQuorumCycle(b *testing.B) { benchmarkCycle(b, port.Table{"x-queue-type": "quorum"}) }
