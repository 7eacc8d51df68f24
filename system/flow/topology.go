package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
)

// The exchanges that all services share.
const (
	EventExchange   = "squall.events"   // topic; the routing key is the type of the fact
	CommandExchange = "squall.commands" // direct; the routing key is the receiver
	DeadExchange    = "squall.dead"     // direct; the routing key is the queue
)

// retryDelays are the retry tiers, one queue each: a TTL acts only at a queue's head, so
// delays must not be mixed in one (RabbitMQ documentation, Time-To-Live and Expiration).
var retryDelays = [...]time.Duration{time.Second, 5 * time.Second, 30 * time.Second}

// DeadQueue is the queue of the dead letters of a service.
func DeadQueue(service string) string { return service + ".dead" }

// retryQueue is the queue in which a message waits before its next attempt, counted from 1.
func retryQueue(service string, attempt int) string {
	delay := retryDelays[min(attempt, len(retryDelays))-1]
	return service + ".retry." + delay.String()
}

// Fabric returns the exchanges, queues and bindings of all services, in the order in which
// they must be declared. Declaring again changes nothing.
func Fabric() []port.Method { return fabricOf(event.Services()...) }

// publisherFabric is what the publisher of a service declares, whenever it connects: the queues of
// all others, so that a message finds its queue although its reader has never run, and its own
// retry tiers. Its own queue is the consumer's, who is there before anything is retried.
func publisherFabric(service string) []port.Method {
	others := slices.DeleteFunc(event.Services(), func(other string) bool { return other == service })
	return append(fabricOf(others...), RetryTiers(service)...)
}

// readerFabric is what the consumer of a service declares, whenever it connects.
func readerFabric(service string) []port.Method { return fabricOf(service) }

func fabricOf(services ...string) []port.Method {
	methods := exchanges()
	for _, service := range services {
		methods = append(methods, serviceQueues(service)...)
	}
	return methods
}

func exchanges() []port.Method {
	return []port.Method{
		port.DeclareExchange{Name: EventExchange, Kind: "topic", Durable: true},
		port.DeclareExchange{Name: CommandExchange, Kind: "direct", Durable: true},
		port.DeclareExchange{Name: DeadExchange, Kind: "direct", Durable: true},
	}
}

// serviceQueues returns a service's queue, its dead letters, and its bindings. Dead-lettering
// is at least once, which demands reject-publish (RabbitMQ documentation, Quorum Queues:
// at-least-once dead lettering): by default a letter is lost with the broker's leader.
func serviceQueues(service string) []port.Method {
	methods := []port.Method{
		port.DeclareQueue{Name: DeadQueue(service), Durable: true, Args: port.Table{"x-queue-type": "quorum"}},
		port.BindQueue{Queue: DeadQueue(service), Exchange: DeadExchange, Key: service},
		port.DeclareQueue{Name: service, Durable: true, Args: port.Table{
			"x-queue-type":              "quorum",
			"x-dead-letter-exchange":    DeadExchange,
			"x-dead-letter-routing-key": service,
			"x-dead-letter-strategy":    "at-least-once",
			"x-overflow":                "reject-publish",
			"x-delivery-limit":          int64(deliveryLimit),
		}},
		port.BindQueue{Queue: service, Exchange: CommandExchange, Key: service},
	}
	for _, name := range event.Subscriptions(service) {
		methods = append(methods, port.BindQueue{Queue: service, Exchange: EventExchange, Key: name})
	}
	return methods
}

// RetryTiers returns the queues in which messages of a service wait to be tried again.
func RetryTiers(service string) []port.Method {
	var methods []port.Method
	for i, delay := range retryDelays {
		methods = append(methods, port.DeclareQueue{Name: retryQueue(service, i+1), Durable: true, Args: port.Table{
			"x-queue-type":              "quorum",
			"x-message-ttl":             delay.Milliseconds(),
			"x-dead-letter-exchange":    "",
			"x-dead-letter-routing-key": service,
			"x-dead-letter-strategy":    "at-least-once",
			"x-overflow":                "reject-publish",
		}})
	}
	return methods
}

// deliveryLimit ends the life of a message that takes its consumer down every time. Lost
// connections count too, so it is far above what a bad day brings.
const deliveryLimit = 100

func declare(ctx context.Context, channel port.Channel, methods []port.Method) error {
	for _, method := range methods {
		if _, err := channel.Do(ctx, method); err != nil {
			return fmt.Errorf("declare topology: %w", err)
		}
	}
	return nil
}
