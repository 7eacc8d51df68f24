package rabbitmq

import (
	"context"
	"slices"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/system/port"
)

// consumer is where the library puts a consumer's messages. It is made before the
// broker knows of it, since deliveries may be here before the library has returned.
type consumer struct {
	ready      chan struct{} // closed when deliveries is set, or stays nil for a refusal
	deliveries <-chan amqp.Delivery
}

// pump turns tokens into events until the channel has ended.
func (c *channel) pump() {
	for {
		next, err := c.tokens.take(context.Background())
		if err != nil || c.isEnded() {
			return
		}
		if next.kind == tokenClosed {
			c.finish(next.closed)
			return
		}
		c.resolve(next)
	}
}

// returnsMax is how many returns the library can hand over while takeReturns is not running.
const returnsMax = 64

// takeReturns takes the contents of returns at once, whatever the pump waits for: what
// the library could not hand over for 5 s it drops, and a pump that then waited for the
// content would wait for ever, and Do with it.
func (c *channel) takeReturns(returns <-chan amqp.Return) {
	for returned := range returns {
		c.returned.put(&returned)
	}
	c.returned.put(nil)
}

func (c *channel) isEnded() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

func (c *channel) resolve(next token) {
	switch next.kind {
	case tokenDeliver:
		c.deliver(next)
	case tokenReturn:
		if returned, _ := c.returned.take(context.Background()); returned != nil {
			c.emit(returnedOf(returned))
		}
	case tokenConfirm:
		c.confirm(next)
	case tokenCancelled:
		c.dropConsumer(next.consumer)
		c.emit(port.ConsumerCancelled{Consumer: next.consumer})
	case tokenCancelOK:
		c.dropConsumer(next.consumer)
	case tokenMarker:
		close(next.reached)
	}
}

// deliver fetches the delivery's content. When the connection ends, the library drops
// what it has not handed out yet; the broker redelivers it.
func (c *channel) deliver(next token) {
	c.mutex.Lock()
	from, found := c.consumers[next.consumer]
	c.mutex.Unlock()
	if !found {
		return
	}
	<-from.ready
	if from.deliveries == nil {
		return
	}
	if delivery, open := <-from.deliveries; open {
		c.emit(deliveryOf(&delivery))
	}
}

func (c *channel) dropConsumer(tag string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.consumers, tag)
}

// emit puts an event out, unless Closed has been.
func (c *channel) emit(events ...port.Event) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.reason == nil {
		c.events.put(events...)
	}
}

func (c *channel) confirm(next token) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.reason != nil {
		return
	}
	if !next.multiple {
		if c.open.remove(next.tag) {
			c.events.put(port.Confirmed{Tag: next.tag, Outcome: next.outcome})
		}
		return
	}
	for _, tag := range c.open.removeUpTo(next.tag) {
		c.events.put(port.Confirmed{Tag: tag, Outcome: next.outcome})
	}
}

// finish ends the channel: what is unconfirmed is unknown, then Closed. Only the first counts.
func (c *channel) finish(closed *port.CloseError) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.reason != nil {
		return
	}
	if c.reason = closed; closed == nil {
		c.reason = port.ErrClosed
	}
	for _, tag := range c.open.removeAll() {
		c.events.put(port.Confirmed{Tag: tag, Outcome: port.Unknown})
	}
	c.events.put(port.Closed{Err: closed})
	close(c.ended)
	c.tokens.put(token{kind: tokenClosed}) // for a pump that waits
	go c.connection.forget(c)
}

// unconfirmed holds the tags of publishes without an outcome.
type unconfirmed struct {
	tags   map[uint64]struct{}
	lowest uint64 // no lower tag is open
}

func (u *unconfirmed) add(tag uint64) { u.tags[tag] = struct{}{} }

func (u *unconfirmed) remove(tag uint64) bool {
	_, found := u.tags[tag]
	delete(u.tags, tag)
	return found
}

func (u *unconfirmed) removeUpTo(tag uint64) []uint64 {
	var removed []uint64
	for ; u.lowest <= tag && len(u.tags) > 0; u.lowest++ {
		if u.remove(u.lowest) {
			removed = append(removed, u.lowest)
		}
	}
	return removed
}

func (u *unconfirmed) removeAll() []uint64 {
	var removed []uint64
	for tag := range u.tags {
		removed = append(removed, tag)
	}
	slices.Sort(removed)
	u.tags = map[uint64]struct{}{}
	return removed
}
