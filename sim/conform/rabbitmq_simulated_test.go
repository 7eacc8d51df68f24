package conform_test

import (
	"testing"

	"github.com/squallhq/squall/sim/conform"
	"github.com/squallhq/squall/sim/rabbitmq"
)

func TestRabbitMQSimulated(t *testing.T) {
	for _, version := range rabbitmq.Profiles() {
		t.Run(version.String(), func(t *testing.T) {
			conform.RunRabbitMQ(t, conform.SimulatedRabbit{Version: version})
		})
	}
}
