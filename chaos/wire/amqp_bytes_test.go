package wire_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/sim/conform/servers"
)

// TestAMQPBytes: operations of all kinds pass byte for byte, both ways.
func TestAMQPBytes(t *testing.T) {
	host, through := hostOf(t, servers.RabbitMQ(t))
	book := wire.NewBook(1)
	address, compare := throughTees(t, wire.AMQP, book, host)
	c := &amqpClient{t: t, url: through(address), queue: "wire." + t.Name()}
	c.connect()
	for done := 0; done < operations; done++ {
		kinds := c.kinds()
		kind := kinds[done%len(kinds)]
		if err := kind.run(done); err != nil {
			t.Fatalf("operation %d, %s: %v", done, kind.name, err)
		}
		if done%1000 == 999 {
			c.disconnect()
			c.connect()
		}
	}
	c.heartbeats()
	c.disconnect()
	compare()
	for _, what := range []string{"publish", "confirm", "delivery to " + c.queue, "ack"} {
		if seen := seenOf(book, what); seen.Keyed < operations/20 {
			t.Errorf("%s: the proxy saw %+v", what, seen)
		}
	}
}

type amqpClient struct {
	t          *testing.T
	url, queue string
	conn       *amqp.Connection
	channel    *amqp.Channel
	returns    chan amqp.Return
	deliveries <-chan amqp.Delivery
	last       uint64
}

func (c *amqpClient) connect() {
	conn, err := amqp.DialConfig(c.url, amqp.Config{Heartbeat: 4 * time.Second, Locale: "en_US"})
	if err != nil {
		c.t.Fatal(err)
	}
	c.conn = conn
	if err := c.open(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *amqpClient) open() (err error) {
	if c.channel, err = c.conn.Channel(); err != nil {
		return err
	}
	if _, err = c.channel.QueueDeclare(c.queue, false, true, false, false, amqp.Table{"x-max-length": int32(100_000)}); err != nil {
		return err
	}
	if err = c.channel.Confirm(false); err != nil {
		return err
	}
	c.returns = c.channel.NotifyReturn(make(chan amqp.Return, 10))
	if err = c.channel.Qos(500, 0, false); err != nil {
		return err
	}
	c.deliveries, err = c.channel.ConsumeWithContext(c.t.Context(), c.queue, "", false, false, false, false, nil)
	return err
}

func (c *amqpClient) disconnect() {
	if err := c.conn.Close(); err != nil {
		c.t.Error(err)
	}
}

func (c *amqpClient) kinds() []operation {
	return []operation{
		{"small", func(i int) error { return c.roundTrip(i, i%300, false) }},
		{"empty", func(i int) error { return c.roundTrip(i, 0, false) }},
		{"middle", func(i int) error { return c.roundTrip(i, 37*(i%1000), false) }},
		{"multiple", c.multiple}, {"returned", c.returned}, {"get", c.get}, {"requeue", c.requeue}, {"reject", c.reject},
		{"topology", c.topology}, {"refused", c.refused}, {"large", c.large}, {"burst", c.burst}, {"plain", c.plain},
	}
}

func (c *amqpClient) message(i, size int) amqp.Publishing {
	return amqp.Publishing{
		Type: "PlaceOrder", CorrelationId: fmt.Sprintf("ann/order-%d", i%100), MessageId: fmt.Sprint(i), ContentType: "text/plain",
		DeliveryMode: uint8(1 + i%2), Priority: uint8(i % 10), Timestamp: time.Unix(int64(i), 0), AppId: "wire", Expiration: "600000", ReplyTo: "nobody",
		Headers: amqp.Table{"n": int64(i), "deep": amqp.Table{"list": []any{"a", true, nil, 1.5}}},
		Body:    []byte(strings.Repeat("b", size)),
	}
}

// publish waits for the confirm.
func (c *amqpClient) publish(key string, mandatory bool, m amqp.Publishing) error {
	confirm, err := c.channel.PublishWithDeferredConfirm("", key, mandatory, false, m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if ok, err := confirm.WaitContext(ctx); err != nil || !ok {
		return fmt.Errorf("confirmed %t: %w", ok, err)
	}
	return nil
}

func (c *amqpClient) take() (amqp.Delivery, error) {
	select {
	case d, ok := <-c.deliveries:
		if !ok {
			return d, errors.New("the consumer has ended")
		}
		return d, nil
	case <-time.After(20 * time.Second):
		return amqp.Delivery{}, errors.New("nothing was delivered")
	}
}

func (c *amqpClient) roundTrip(i, size int, mandatory bool) error {
	if err := c.publish(c.queue, mandatory, c.message(i, size)); err != nil {
		return err
	}
	d, err := c.take()
	if err != nil {
		return err
	}
	if len(d.Body) != size {
		return fmt.Errorf("%d bytes of %d", len(d.Body), size)
	}
	return d.Ack(false)
}

func (c *amqpClient) large(i int) error {
	size := 200_000
	if i%4000 < 20 {
		size = 3 << 20
	}
	return c.roundTrip(i, size, true)
}

// burst publishes without waiting, so that the broker confirms several at once.
func (c *amqpClient) burst(i int) error {
	var confirms []*amqp.DeferredConfirmation
	for n := range 20 {
		confirm, err := c.channel.PublishWithDeferredConfirm("", c.queue, false, false, c.message(i+n, n))
		if err != nil {
			return err
		}
		confirms = append(confirms, confirm)
	}
	for _, confirm := range confirms {
		if !confirm.Wait() {
			return errors.New("not confirmed")
		}
	}
	return c.acknowledge(20)
}

func (c *amqpClient) multiple(i int) error {
	for n := range 5 {
		if err := c.publish(c.queue, false, c.message(i+n, n)); err != nil {
			return err
		}
	}
	return c.acknowledge(5)
}

// acknowledge takes n deliveries and acknowledges them together.
func (c *amqpClient) acknowledge(n int) error {
	var last amqp.Delivery
	for range n {
		var err error
		if last, err = c.take(); err != nil {
			return err
		}
	}
	return last.Ack(true)
}

func (c *amqpClient) returned(i int) error {
	if err := c.publish("wire.nowhere", true, c.message(i, i%2000)); err != nil {
		return err
	}
	select {
	case <-c.returns:
		return nil
	case <-time.After(20 * time.Second):
		return errors.New("nothing was returned")
	}
}

func (c *amqpClient) get(i int) error {
	queue, err := c.channel.QueueDeclare("", false, true, true, false, nil)
	if err != nil {
		return err
	}
	if _, ok, err := c.channel.Get(queue.Name, i%2 == 0); ok || err != nil {
		return fmt.Errorf("from an empty queue: %t, %w", ok, err)
	}
	if err := c.publish(queue.Name, false, c.message(i, 10)); err != nil {
		return err
	}
	d, ok, err := c.channel.Get(queue.Name, false)
	if !ok || err != nil {
		return fmt.Errorf("from a full queue: %t, %w", ok, err)
	}
	if err := d.Ack(false); err != nil {
		return err
	}
	_, err = c.channel.QueueDelete(queue.Name, false, false, false)
	return err
}

func (c *amqpClient) requeue(i int) error {
	if err := c.publish(c.queue, false, c.message(i, 10)); err != nil {
		return err
	}
	d, err := c.take()
	if err != nil {
		return err
	}
	if err := d.Nack(false, true); err != nil {
		return err
	}
	again, err := c.take()
	if err != nil || !again.Redelivered {
		return fmt.Errorf("redelivered %t: %w", again.Redelivered, err)
	}
	return again.Ack(false)
}

func (c *amqpClient) reject(i int) error {
	if err := c.publish(c.queue, false, c.message(i, 10)); err != nil {
		return err
	}
	d, err := c.take()
	if err != nil {
		return err
	}
	return d.Reject(false)
}

func (c *amqpClient) topology(i int) error {
	exchange := fmt.Sprintf("wire.exchange.%d", i)
	return errors.Join(
		c.channel.ExchangeDeclare(exchange, "topic", false, true, false, false, nil),
		c.channel.QueueBind(c.queue, "a.*", exchange, false, amqp.Table{"x": "y"}),
		c.channel.QueueUnbind(c.queue, "a.*", exchange, amqp.Table{"x": "y"}),
		c.channel.ExchangeDelete(exchange, false, true),
	)
}

// refused lets the broker close the channel, and opens another.
func (c *amqpClient) refused(int) error {
	if _, err := c.channel.QueueDeclarePassive("wire.nowhere", false, false, false, false, nil); err == nil {
		return errors.New("a queue that is not there was declared")
	}
	return c.open()
}

// plain uses a channel without confirms and a consumer without acknowledgements.
func (c *amqpClient) plain(i int) error {
	channel, err := c.conn.Channel()
	if err != nil {
		return err
	}
	queue, err := channel.QueueDeclare("", false, true, true, false, nil)
	if err != nil {
		return err
	}
	deliveries, err := channel.ConsumeWithContext(c.t.Context(), queue.Name, "plain", true, false, false, false, nil)
	if err != nil {
		return err
	}
	if err := channel.PublishWithContext(c.t.Context(), "", queue.Name, false, false, c.message(i, 20)); err != nil {
		return err
	}
	<-deliveries
	return errors.Join(channel.Cancel("plain", false), channel.Close())
}

// heartbeats leaves the connection idle for a while.
func (c *amqpClient) heartbeats() {
	time.Sleep(3 * time.Second)
	if err := c.roundTrip(1, 1, false); err != nil {
		c.t.Errorf("after a pause: %v", err)
	}
}
