package servers

import (
	"errors"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// exclusiveQueue is declared by whoever has the broker to itself: an exclusive queue has
// one owner, and goes when its connection does (RabbitMQ documentation, Queues).
const exclusiveQueue = "squall.tests.exclusive"

// exclusiveWait is how long a test waits for others to be done with the broker.
const exclusiveWait = 10 * time.Minute

// ExclusiveRabbitMQ is RabbitMQ for tests of whole services, whose exchanges and queues
// have fixed names: until the test ends no other that asks the same, of this process or
// another, uses the broker. What the services leave behind is theirs to delete.
func ExclusiveRabbitMQ(t testing.TB) *RabbitMQServer {
	t.Helper()
	server := SharedRabbitMQ(t)
	for start := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		connection, err := claimBroker(server.URL())
		if err == nil {
			t.Cleanup(func() { _ = connection.Close() })
			return server
		}
		var refused *amqp.Error
		if !errors.As(err, &refused) || refused.Code != amqp.ResourceLocked || time.Since(start) > exclusiveWait {
			t.Fatalf("servers: claim the broker: %v", err)
		}
	}
}

func claimBroker(url string) (*amqp.Connection, error) {
	connection, err := amqp.Dial(url)
	if err != nil {
		return nil, err
	}
	channel, err := connection.Channel()
	if err == nil {
		_, err = channel.QueueDeclare(exclusiveQueue, false, false, true, false, nil)
	}
	if err != nil {
		_ = connection.Close()
		return nil, err
	}
	return connection, nil
}
