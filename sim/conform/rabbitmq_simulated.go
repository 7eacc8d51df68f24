package conform

import (
	"context"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/rabbitmq"
)

// SimulatedRabbit is the arm of the simulated broker.
type SimulatedRabbit struct{ Version rabbitmq.Profile }

// Profile is the version whose rules the broker follows.
func (a SimulatedRabbit) Profile() string { return a.Version.String() }

// Open makes a world with a broker and a client of its own.
func (a SimulatedRabbit) Open(testing.TB) RabbitWorld { return &simulatedRabbitWorld{a.Version} }

type simulatedRabbitWorld struct {
	version rabbitmq.Profile
}

// Run runs script as the process of the client node. A case that needs what the
// simulated broker refuses by name is skipped.
func (w *simulatedRabbitWorld) Run(script func(context.Context, RabbitClient) error) error {
	world := sim.NewWorld(1, sim.Options{})
	node := world.AddNode("broker", "broker")
	server := rabbitmq.NewServer(world, node, w.version)
	server.Lenient = true
	node.Start()
	var outcome error
	client := world.AddNode("client-1", "client")
	client.Boot = func(ctx context.Context) {
		defer world.Stop()
		outcome = script(ctx, RabbitClient{
			Broker: server.Open(client), Clock: client.Runtime(),
			Peek:  time.Millisecond,
			Cut:   func(_ context.Context, connection string) error { server.Cut(connection); return nil },
			Alarm: func(_ context.Context, on bool) error { raise(server, on); return nil },
			Restart: func(ctx context.Context) error {
				node.Crash(chaos.KindKill, time.Second)
				return client.Runtime().Sleep(ctx, rabbitBoot)
			},
			AckTimeout: func(_ context.Context, timeout, tick time.Duration) error {
				server.SetAckTimeout(timeout, tick)
				return nil
			},
		})
	}
	client.Start()
	if err := world.Run(); err != nil {
		return err
	}
	if server.Refused != nil {
		return server.Refused
	}
	return outcome
}

// rabbitBoot is longer than a simulated broker takes to come back.
const rabbitBoot = 10 * time.Second

func raise(server *rabbitmq.Server, on bool) {
	if on {
		server.RaiseAlarm("low on memory")
	} else {
		server.ClearAlarm()
	}
}
