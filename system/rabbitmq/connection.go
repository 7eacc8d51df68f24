package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/system/port"
)

// connection is port.Connection.
type connection struct {
	tap     *tap
	library *amqp.Connection
	opening chan struct{} // one token: channels are opened one after the other

	mutex    sync.Mutex
	channels map[*channel]struct{} // open ones
	closing  bool
	finished bool // Next returned Closed
}

func newConnection(tap *tap, library *amqp.Connection) *connection {
	return &connection{
		tap: tap, library: library,
		opening: make(chan struct{}, 1), channels: map[*channel]struct{}{},
	}
}

// OpenChannel opens a channel in confirm mode. If ctx ends before the broker has
// answered, the channel is closed when it does.
func (c *connection) OpenChannel(ctx context.Context) (port.Channel, error) {
	select {
	case c.opening <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	type result struct {
		channel *channel
		err     error
	}
	answered := make(chan result, 1)
	go func() {
		opened, err := c.open()
		<-c.opening
		answered <- result{opened, err}
	}()
	select {
	case r := <-answered:
		if r.err != nil {
			return nil, r.err
		}
		return r.channel, nil
	case <-ctx.Done():
		go func() {
			if late := <-answered; late.err == nil {
				late.channel.abandon(ctx.Err())
			}
		}()
		return nil, ctx.Err()
	}
}

// open is called by one at a time, so that the tap knows whose the next open-ok is.
func (c *connection) open() (*channel, error) {
	tokens := newFifo[token]()
	if err := c.tap.expect(tokens); err != nil {
		return nil, fmt.Errorf("open a channel: %w", err)
	}
	library, err := c.library.Channel()
	if err != nil {
		return nil, c.openError(err)
	}
	returns := library.NotifyReturn(make(chan amqp.Return, returnsMax))
	if err := library.Confirm(false); err != nil {
		return nil, c.openError(err)
	}
	opened := newChannel(c, library, tokens, returns)
	c.mutex.Lock()
	c.channels[opened] = struct{}{}
	c.mutex.Unlock()
	return opened, nil
}

func (c *connection) openError(err error) error {
	if ended := c.tap.endError(); ended != nil {
		return fmt.Errorf("open a channel: %w", ended)
	}
	var refused *amqp.Error
	switch {
	case c.library.IsClosed(): // by this side, whose goodbye is still on its way
		return fmt.Errorf("open a channel: %w", port.ErrClosed)
	case errors.As(err, &refused):
		return fmt.Errorf("open a channel: %w", &port.CloseError{Code: refused.Code, Text: refused.Reason})
	default:
		return fmt.Errorf("open a channel: %w", err)
	}
}

func (c *connection) forget(ended *channel) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.channels, ended)
}

// Next blocks for what the broker says about the connection.
func (c *connection) Next(ctx context.Context) (port.Event, error) {
	c.mutex.Lock()
	finished := c.finished
	c.mutex.Unlock()
	if finished {
		return nil, port.ErrClosed
	}
	event, err := c.tap.events.take(ctx)
	if err != nil {
		return nil, err
	}
	if _, last := event.(port.Closed); last {
		c.mutex.Lock()
		c.finished = true
		c.mutex.Unlock()
	}
	return event, nil
}

// Close lets the writers finish, then ends the connection. When ctx ends first the
// transport is cut and its error is returned.
func (c *connection) Close(ctx context.Context) error {
	c.mutex.Lock()
	again := c.closing
	c.closing = true
	var channels []*channel
	for open := range c.channels {
		channels = append(channels, open)
	}
	c.mutex.Unlock()
	if again {
		return nil
	}
	for _, open := range channels {
		if err := open.flush(ctx); err != nil && ctx.Err() != nil {
			c.tap.cut(ctx.Err())
			return ctx.Err()
		}
	}
	stop := context.AfterFunc(ctx, func() { c.tap.cut(ctx.Err()) })
	_ = c.library.Close() // its error says that the connection had ended, as Closed does
	if !stop() {
		return ctx.Err()
	}
	return nil
}
