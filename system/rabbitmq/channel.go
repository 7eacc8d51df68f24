package rabbitmq

import (
	"context"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/system/port"
)

// unwrittenMax is how many publishes and settlements of a channel may wait for the
// network.
const unwrittenMax = 256

// channel is port.Channel.
type channel struct {
	connection *connection
	library    *amqp.Channel
	tokens     *fifo[token]
	returned   *fifo[*amqp.Return] // contents of returns; nil after the last
	events     *fifo[port.Event]
	outbox     *fifo[outgoing]
	slots      chan struct{} // a token for each publish or settlement in outbox
	ended      chan struct{} // closed when reason is set

	mutex     sync.Mutex
	reason    *port.CloseError // why the channel ended; port.ErrClosed after an orderly end
	closing   bool
	finished  bool // Next returned Closed
	published uint64
	open      unconfirmed
	consumers map[string]*consumer
	named     int            // consumers that were named here
	calls     sync.WaitGroup // methods of the library under way
}

// outgoing is one step of the writer; reached is closed when all before it was written.
type outgoing struct {
	write   func() error
	reached chan struct{}
}

func newChannel(c *connection, library *amqp.Channel, tokens *fifo[token], returns <-chan amqp.Return) *channel {
	ch := &channel{
		connection: c, library: library, tokens: tokens, returned: newFifo[*amqp.Return](),
		events: newFifo[port.Event](), outbox: newFifo[outgoing](),
		slots: make(chan struct{}, unwrittenMax), ended: make(chan struct{}),
		open: unconfirmed{tags: map[uint64]struct{}{}, lowest: 1}, consumers: map[string]*consumer{},
	}
	go ch.takeReturns(returns)
	go ch.pump()
	go ch.writer()
	return ch
}

// Publish hands the message to the writer.
func (c *channel) Publish(ctx context.Context, message port.Publishing) (uint64, error) {
	publishing, err := publishingOf(&message)
	if err != nil {
		return 0, &port.NotDoneError{Err: err}
	}
	if err := c.reserve(ctx); err != nil {
		return 0, err
	}
	write := func() error {
		_, err := c.library.PublishWithDeferredConfirm(message.Exchange, message.Key, message.Mandatory, false, publishing)
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.reason != nil {
		<-c.slots
		return 0, c.reason
	}
	c.published++
	c.open.add(c.published) // before it is sent: the confirm may be here at once
	c.outbox.put(outgoing{write: write})
	return c.published, nil
}

// Settle hands the settlement to the writer.
func (c *channel) Settle(ctx context.Context, s port.Settlement) error {
	write, err := c.settlement(s)
	if err != nil {
		return &port.NotDoneError{Err: err}
	}
	if err := c.reserve(ctx); err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.reason != nil {
		<-c.slots
		return c.reason
	}
	c.outbox.put(outgoing{write: write})
	return nil
}

// reserve waits for room in the outbox.
func (c *channel) reserve(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return &port.NotDoneError{Err: err}
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-c.ended:
		return c.closedError()
	case <-ctx.Done():
		return &port.NotDoneError{Err: ctx.Err()}
	}
}

// writer sends what the outbox holds, in order, until the channel ends.
func (c *channel) writer() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-c.ended
		cancel()
	}()
	for {
		next, err := c.outbox.take(ctx)
		if err != nil {
			return
		}
		if next.reached != nil {
			close(next.reached)
			continue
		}
		_ = next.write() // an error ends the channel, which the tap sees
		<-c.slots
	}
}

// flush waits until all that was handed over is written.
func (c *channel) flush(ctx context.Context) error {
	reached := make(chan struct{})
	c.outbox.put(outgoing{reached: reached})
	return c.await(ctx, reached)
}

// settleEvents waits until all that the broker sent so far is there for Next.
func (c *channel) settleEvents(ctx context.Context) error {
	reached := make(chan struct{})
	c.tokens.put(token{kind: tokenMarker, reached: reached})
	return c.await(ctx, reached)
}

func (c *channel) await(ctx context.Context, reached <-chan struct{}) error {
	select {
	case <-reached:
		return nil
	case <-c.ended:
		return c.closedError()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Next blocks for what the broker sends on the channel.
func (c *channel) Next(ctx context.Context) (port.Event, error) {
	if c.isFinished() {
		return nil, c.closedError()
	}
	event, err := c.events.take(ctx)
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

func (c *channel) isFinished() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.finished
}

// closedError says why the channel has ended. It has.
func (c *channel) closedError() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.reason == nil {
		return port.ErrClosed
	}
	return c.reason
}

// Close sends what was handed over, then ends the channel. When ctx ends first, the
// channel is closed when the broker answers.
func (c *channel) Close(ctx context.Context) error {
	c.mutex.Lock()
	again := c.closing || c.reason != nil
	c.closing = true
	c.mutex.Unlock()
	if again {
		return nil
	}
	if err := c.flush(ctx); err != nil {
		return c.closeLate(ctx)
	}
	go func() { _ = c.library.Close() }()
	select {
	case <-c.ended:
		return nil
	case <-ctx.Done():
		return c.closeLate(ctx)
	}
}

// closeLate is Close that did not get to its end: because the channel had ended, which
// is as good, or because of ctx.
func (c *channel) closeLate(ctx context.Context) error {
	select {
	case <-c.ended:
		return nil
	default:
		c.abandon(ctx.Err())
		return ctx.Err()
	}
}

// abandon ends the channel here, and there as soon as no method is under way: the
// library would take the answer to one for that to the other.
func (c *channel) abandon(cause error) {
	c.finish(&port.CloseError{Text: "given up: " + cause.Error()})
	go func() {
		c.calls.Wait()
		_ = c.library.Close()
	}()
}
