package flow

import (
	"context"
	"errors"
	"fmt"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
)

// attemptHeader counts how often a message has been through a retry tier.
const attemptHeader = "squall-attempt"

// errorHeader says why a message was put aside.
const errorHeader = "squall-error"

// consume takes in the messages of the service's queue until ctx ends, on a connection
// apart from the publisher's.
func (e *Engine) consume(ctx context.Context) error {
	name := e.definition.Name
	ctx = port.WithOp(ctx, port.Op{Name: "consumer"})
	link := link{ports: e.ports, name: name + " consumer", declare: readerFabric(name)}
	return link.keep(ctx, e.settings.CallTimeout, e.serve)
}

// serve handles the deliveries of one channel with several workers until it ends.
func (e *Engine) serve(ctx context.Context, channel port.Channel) error {
	if _, err := channel.Do(ctx, port.Prefetch{Count: e.settings.Prefetch}); err != nil {
		return fmt.Errorf("set prefetch: %w", err)
	}
	if _, err := channel.Do(ctx, port.Consume{Queue: e.definition.Name}); err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	deliveries := port.NewQueue[port.Delivery](e.ports.Runtime, max(e.settings.Prefetch, 1))
	group, ctx := port.NewGroup(ctx, e.ports.Runtime)
	group.Go(ctx, "deliveries", func(ctx context.Context) error { return receive(ctx, channel, deliveries) })
	for range e.settings.Workers {
		group.Go(ctx, "worker", func(ctx context.Context) error { return e.work(ctx, channel, deliveries) })
	}
	return group.Wait(context.WithoutCancel(ctx))
}

// receive hands deliveries to the workers until the channel ends or the consumer is
// cancelled.
func receive(ctx context.Context, channel port.Channel, deliveries *port.Queue[port.Delivery]) error {
	for {
		happened, err := channel.Next(ctx)
		if err != nil {
			return err
		}
		switch happened := happened.(type) {
		case port.Delivery:
			if err := deliveries.Put(ctx, happened); err != nil {
				return err
			}
		case port.ConsumerCancelled:
			return errors.New("the broker cancelled the consumer")
		case port.Closed:
			return closedError(happened)
		}
	}
}

func (e *Engine) work(ctx context.Context, channel port.Channel, deliveries *port.Queue[port.Delivery]) error {
	for {
		delivery, err := deliveries.Take(ctx)
		if err != nil {
			return err
		}
		op := port.Op{Name: delivery.Type, Key: delivery.CorrelationID}
		if err := e.deliver(port.WithOp(ctx, op), channel, delivery); err != nil {
			return err
		}
	}
}

// deliver handles one delivery and settles it. An error ends the channel, and what is not
// settled is delivered again.
func (e *Engine) deliver(ctx context.Context, channel port.Channel, delivery port.Delivery) error {
	message, err := event.DecodeEnvelope(delivery.Body)
	if err != nil {
		return e.setAside(ctx, channel, delivery, err)
	}
	for attempt := 1; ; attempt++ {
		err := e.within(ctx, func(ctx context.Context) error { return e.definition.Handle(ctx, message) })
		if err == nil {
			return channel.Settle(ctx, port.Settlement{Tag: delivery.Tag})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		e.ports.Log.WarnContext(ctx, "message not handled", "message", message.ID, "type", message.Type, "error", err)
		if permanent(err) || !port.Outage(err) {
			return e.setAside(ctx, channel, delivery, err)
		}
		e.ports.Count("handler_outage")
		if err := e.backoff(ctx, attempt); err != nil {
			return err
		}
	}
}

// permanentError marks what no repetition will mend.
type permanentError struct{ error }

func (p permanentError) Unwrap() error { return p.error }

// Permanent marks an error of a handler that no repetition will mend: the message goes to
// the dead letters at once.
func Permanent(err error) error { return permanentError{err} }

func permanent(err error) bool {
	var marked permanentError
	var unknown *event.UnknownTypeError
	return errors.As(err, &marked) || errors.As(err, &unknown)
}

// setAside sends a message that could not be handled to a retry tier or to the dead
// letters, and acknowledges it when the broker has confirmed the copy. If it has not, the
// delivery goes back to the queue.
func (e *Engine) setAside(ctx context.Context, channel port.Channel, delivery port.Delivery, cause error) error {
	copied := port.Publishing{Properties: delivery.Properties, Body: delivery.Body, Mandatory: true}
	attempt := attemptOf(delivery) + 1
	copied.Headers = port.Table{attemptHeader: int64(attempt), errorHeader: shorten(cause.Error())}
	if _, err := event.DecodeEnvelope(delivery.Body); err != nil || permanent(cause) || attempt >= e.settings.MaxAttempts {
		copied.Exchange, copied.Key = DeadExchange, e.definition.Name
		e.ports.Count("dead_letter")
		e.ports.Log.ErrorContext(ctx, "message goes to the dead letters", "message", delivery.MessageID, "error", cause)
	} else {
		copied.Key = retryQueue(e.definition.Name, attempt)
		e.ports.Count("retry")
	}
	verdict := port.Requeue
	if e.publisher.publish(ctx, []port.Publishing{copied})[0] == port.Done {
		verdict = port.Ack
	}
	return channel.Settle(ctx, port.Settlement{Tag: delivery.Tag, Verdict: verdict})
}

func attemptOf(delivery port.Delivery) int {
	n, _ := delivery.Headers[attemptHeader].(int64)
	return int(n)
}

// shorten bounds what an error adds to a message.
func shorten(text string) string {
	const limit = 500
	if len(text) <= limit {
		return text
	}
	return text[:limit]
}
