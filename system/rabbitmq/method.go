package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/squallhq/squall/system/port"
)

// Do runs one method. What the broker sent before its answer is there for Next when Do
// returns.
func (c *channel) Do(ctx context.Context, method port.Method) (port.Reply, error) {
	if c.isEnded() {
		return port.Reply{}, c.closedError()
	}
	call, err := c.call(method)
	if err != nil {
		c.abandon(err)
		return port.Reply{}, &port.NotDoneError{Err: err}
	}
	if err := c.flush(ctx); err != nil {
		return port.Reply{}, c.doError(err)
	}
	type result struct {
		reply port.Reply
		err   error
	}
	answered := make(chan result, 1)
	c.calls.Go(func() {
		reply, err := call()
		answered <- result{reply, err}
	})
	select {
	case r := <-answered:
		_ = c.settleEvents(ctx)
		if r.err != nil {
			return port.Reply{}, c.doError(r.err)
		}
		return r.reply, nil
	case <-ctx.Done():
		return port.Reply{}, c.doError(ctx.Err())
	}
}

// doError ends the channel if it has not ended, and says why it has.
func (c *channel) doError(err error) error {
	if c.isEnded() {
		return c.closedError()
	}
	c.abandon(err)
	return err
}

// call returns what the library does for a method, with everything checked that
// would make it end the connection.
func (c *channel) call(method port.Method) (func() (port.Reply, error), error) {
	if err := checkMethod(method); err != nil {
		return nil, err
	}
	switch m := method.(type) {
	case port.DeclareExchange:
		return c.declareExchange(m)
	case port.DeclareQueue:
		return c.declareQueue(m)
	case port.BindQueue, port.UnbindQueue, port.BindExchange, port.UnbindExchange:
		return c.binding(m)
	case port.PurgeQueue:
		return counting(func() (int, error) { return c.library.QueuePurge(m.Name, false) }), nil
	case port.DeleteQueue:
		return counting(func() (int, error) { return c.library.QueueDelete(m.Name, m.IfUnused, m.IfEmpty, false) }), nil
	case port.DeleteExchange:
		return plain(func() error { return c.library.ExchangeDelete(m.Name, m.IfUnused, false) }), nil
	case port.Prefetch:
		return plain(func() error { return c.library.Qos(m.Count, 0, false) }), nil
	case port.Consume:
		return c.consume(m)
	case port.CancelConsumer:
		return plain(func() error { return c.library.Cancel(m.Consumer, false) }), nil
	case port.Get:
		return func() (port.Reply, error) { return c.get(m) }, nil
	default:
		return nil, fmt.Errorf("unknown method %T", method)
	}
}

func plain(run func() error) func() (port.Reply, error) {
	return func() (port.Reply, error) { return port.Reply{}, run() }
}

func counting(run func() (int, error)) func() (port.Reply, error) {
	return func() (port.Reply, error) {
		count, err := run()
		return port.Reply{Messages: count}, err
	}
}

func (c *channel) declareExchange(m port.DeclareExchange) (func() (port.Reply, error), error) {
	args, err := tableOf(m.Args)
	declare := c.library.ExchangeDeclare
	if m.Passive {
		declare = c.library.ExchangeDeclarePassive
	}
	return plain(func() error {
		return declare(m.Name, m.Kind, m.Durable, m.AutoDelete, m.Internal, false, args)
	}), err
}

func (c *channel) declareQueue(m port.DeclareQueue) (func() (port.Reply, error), error) {
	args, err := tableOf(m.Args)
	declare := c.library.QueueDeclare
	if m.Passive {
		declare = c.library.QueueDeclarePassive
	}
	return func() (port.Reply, error) {
		queue, err := declare(m.Name, m.Durable, m.AutoDelete, m.Exclusive, false, args)
		return port.Reply{Name: queue.Name, Messages: queue.Messages, Consumers: queue.Consumers}, err
	}, err
}

func (c *channel) binding(method port.Method) (func() (port.Reply, error), error) {
	switch m := method.(type) {
	case port.BindQueue:
		args, err := tableOf(m.Args)
		return plain(func() error { return c.library.QueueBind(m.Queue, m.Key, m.Exchange, false, args) }), err
	case port.UnbindQueue:
		args, err := tableOf(m.Args)
		return plain(func() error { return c.library.QueueUnbind(m.Queue, m.Key, m.Exchange, args) }), err
	case port.BindExchange:
		args, err := tableOf(m.Args)
		return plain(func() error { return c.library.ExchangeBind(m.Destination, m.Key, m.Source, false, args) }), err
	case port.UnbindExchange:
		args, err := tableOf(m.Args)
		return plain(func() error { return c.library.ExchangeUnbind(m.Destination, m.Key, m.Source, false, args) }), err
	default:
		return nil, fmt.Errorf("unknown binding %T", method)
	}
}

// consume names the consumer here if the caller does not, since the pump must know the
// name before the first delivery. A name must be unique on its channel only (AMQP 0-9-1,
// basic.consume), so a count will do.
func (c *channel) consume(m port.Consume) (func() (port.Reply, error), error) {
	args, err := tableOf(m.Args)
	if err != nil {
		return nil, err
	}
	added := &consumer{ready: make(chan struct{})}
	c.mutex.Lock()
	if m.Consumer == "" {
		c.named++
		m.Consumer = "squall-" + strconv.Itoa(c.named)
	}
	c.consumers[m.Consumer] = added
	c.mutex.Unlock()
	return func() (port.Reply, error) {
		defer close(added.ready)
		deliveries, err := c.library.Consume(m.Queue, m.Consumer, m.AutoAck, m.Exclusive, false, false, args)
		if err == nil {
			added.deliveries = deliveries
		}
		return port.Reply{Name: m.Consumer}, err
	}, nil
}

func (c *channel) get(m port.Get) (port.Reply, error) {
	got, found, err := c.library.Get(m.Queue, m.AutoAck)
	if err != nil || !found {
		return port.Reply{}, err
	}
	delivery := deliveryOf(&got)
	return port.Reply{Messages: int(got.MessageCount), Delivery: &delivery}, nil
}

// settlement returns what the library does for s.
func (c *channel) settlement(s port.Settlement) (func() error, error) {
	switch s.Verdict {
	case port.Ack:
		return func() error { return c.library.Ack(s.Tag, s.Multiple) }, nil
	case port.Requeue, port.Reject:
		return func() error { return c.library.Nack(s.Tag, s.Multiple, s.Verdict == port.Requeue) }, nil
	case port.RejectRequeue:
		if s.Multiple {
			return nil, errors.New("basic.reject settles one delivery")
		}
		return func() error { return c.library.Reject(s.Tag, true) }, nil
	default:
		return nil, fmt.Errorf("unknown verdict %d", s.Verdict)
	}
}
