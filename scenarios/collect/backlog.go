package collect

import (
	"context"
	"fmt"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/port"
)

const countUnsent = `-- name: CollectCountUnsent
SELECT count(*) FROM outbox WHERE sent_at IS NULL`

// Unsent counts the messages in the outboxes of all services that have yet to be sent. The outboxes
// are read one after the other.
func Unsent(ctx context.Context, databases map[string]port.DB) (int, error) {
	total := 0
	for _, service := range event.Services() {
		var n int
		if err := databases[service].QueryRow(ctx, countUnsent).Scan(&n); err != nil {
			return 0, fmt.Errorf("count what %s has yet to send: %w", service, err)
		}
		total += n
	}
	return total, nil
}

// Queued counts the messages that are ready in the services' queues and retry tiers; what a consumer
// holds and dead letters do not count. It declares the queues passively, so it fails with 404, and
// the channel ends, before the services have declared them.
func Queued(ctx context.Context, channel port.Channel) (int, error) {
	total := 0
	for _, queue := range workQueues() {
		reply, err := channel.Do(ctx, port.DeclareQueue{Name: queue, Passive: true})
		if err != nil {
			return 0, fmt.Errorf("count what waits in %s: %w", queue, err)
		}
		total += reply.Messages
	}
	return total, nil
}

func workQueues() []string {
	var queues []string
	for _, service := range event.Services() {
		queues = append(queues, service)
		for _, method := range flow.RetryTiers(service) {
			if tier, isQueue := method.(port.DeclareQueue); isQueue {
				queues = append(queues, tier.Name)
			}
		}
	}
	return queues
}
