package wire_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/sim/conform/servers"
)

const ofOrder = " of PlaceOrder{ann/order-7}, attempt 1"

// broker is a queue of the test's own on the real server, and a second connection to look at it.
type broker struct {
	t       *testing.T
	host    string
	through func(string) string
	queue   string
	direct  *amqp.Channel
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	address := servers.RabbitMQ(t)
	b := &broker{t: t, queue: "wire." + fmt.Sprint(time.Now().UnixNano())}
	b.host, b.through = hostOf(t, address)
	conn, err := amqp.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	if b.direct, err = conn.Channel(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.direct.QueueDeclare(b.queue, false, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := b.direct.QueueDelete(b.queue, false, false, false)
		if err := errors.Join(err, conn.Close()); err != nil {
			t.Error(err)
		}
	})
	return b
}

// connect returns a connection of the service through a proxy.
func (b *broker) connect(p *wire.Proxy) *amqp.Connection {
	b.t.Helper()
	conn, err := amqp.DialConfig(b.through(p.Addr()), amqp.Config{Heartbeat: 4 * time.Second, Locale: "en_US"})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = conn.Close() }) // most are broken by then
	return conn
}

// publisher returns a channel with confirms.
func (b *broker) publisher(p *wire.Proxy) *amqp.Channel {
	b.t.Helper()
	channel, err := b.connect(p).Channel()
	if err == nil {
		err = channel.Confirm(false)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return channel
}

// publish sends a message of an order, and waits for what becomes of it: acked, nacked, or an error.
func (b *broker) publish(channel *amqp.Channel, order, body string) (acked bool, err error) {
	closed := channel.NotifyClose(make(chan *amqp.Error, 1))
	confirm, err := channel.PublishWithDeferredConfirm("", b.queue, true, false, message(order, body))
	if err != nil {
		return false, err
	}
	select {
	case <-confirm.Done():
		return confirm.Acked(), nil
	case reason := <-closed:
		return false, fmt.Errorf("closed: %w", reason)
	case <-time.After(15 * time.Second):
		return false, errors.New("nothing came")
	}
}

func message(order, body string) amqp.Publishing {
	return amqp.Publishing{Type: "PlaceOrder", CorrelationId: "ann/" + order, MessageId: order, Body: []byte(body)}
}

// bodies takes everything that is in the queue.
func (b *broker) bodies() (all []string) {
	b.t.Helper()
	for {
		d, ok, err := b.direct.Get(b.queue, true)
		if err != nil {
			b.t.Fatal(err)
		}
		if !ok {
			return all
		}
		all = append(all, string(d.Body))
	}
}

// TestPublishFates: what the publisher sees, and what is in the queue.
func TestPublishFates(t *testing.T) {
	for _, test := range []struct {
		sentence string
		stored   int
		acked    bool
	}{
		{"fail before payment: publish" + ofOrder, 0, false},
		{"fail after payment: publish" + ofOrder, 1, false},
		{"lose reply of payment: publish" + ofOrder, 1, false},
		{"lose reply of payment: confirm" + ofOrder, 1, false},
		{"disconnect at payment: confirm" + ofOrder, 1, false},
		{"delay payment: publish" + ofOrder + " by 150ms", 1, true},
		{"delay payment: confirm" + ofOrder + " by 150ms", 1, true},
		{"duplicate payment: publish" + ofOrder, 2, true},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			b := newBroker(t)
			book := planned(t, test.sentence)
			channel := b.publisher(open(t, wire.AMQP, book, b.host))
			if acked, err := b.publish(channel, "order-1", "before"); !acked {
				t.Fatal(err)
			}
			start := time.Now()
			acked, err := b.publish(channel, "order-7", "struck")
			if acked != test.acked {
				t.Errorf("acked %t, %v", acked, err)
			}
			proof := fired(t, book).Proof
			if proof.Late > 0 && time.Since(start) < proof.Late {
				t.Errorf("late by %v, done after %v", proof.Late, time.Since(start))
			}
			if acked {
				for _, order := range []string{"order-8", "order-9"} {
					if acked, err := b.publish(channel, order, "after"); !acked {
						t.Errorf("%s: %v", order, err)
					}
				}
			}
			all := b.bodies()
			if got := count(all, "struck"); got != test.stored {
				t.Errorf("it is in the queue %d times: %q", got, all)
			}
			if after := count(all, "after"); after != 2 && acked || count(all, "before") != 1 {
				t.Errorf("in the queue: %q", all)
			}
		})
	}
}

func count(all []string, one string) (n int) {
	for _, other := range all {
		if other == one {
			n++
		}
	}
	return n
}

// TestPublishDisconnect: whether the message arrives is drawn; both happen, and are known.
func TestPublishDisconnect(t *testing.T) {
	arrived := map[bool]int{}
	for seed := range uint64(8) {
		b := newBroker(t)
		book := plannedSeed(t, seed, "disconnect at payment: publish"+ofOrder)
		channel := b.publisher(open(t, wire.AMQP, book, b.host))
		if acked, err := b.publish(channel, "order-7", "struck"); acked || err == nil {
			t.Errorf("acked %t, %v", acked, err)
		}
		proof := fired(t, book).Proof
		want := 0
		if proof.Arrived {
			want = 1
		}
		arrived[proof.Arrived]++
		eventually(t, "the queue shows it", func() bool { return count(b.bodies(), "struck") == want })
	}
	if arrived[true] == 0 || arrived[false] == 0 {
		t.Errorf("arrived: %v", arrived)
	}
}

// TestDuplicateNumbers: after a message was published twice the publisher's numbers stay
// right, with confirms of several at once, nacks and returns.
func TestDuplicateNumbers(t *testing.T) {
	b := newBroker(t)
	book := planned(t, "duplicate payment: publish of PlaceOrder{ann/order-3}, attempt 1",
		"duplicate payment: publish of PlaceOrder{ann/order-50}, attempt 1", "duplicate payment: publish of PlaceOrder{ann/nowhere}, attempt 1")
	channel := b.publisher(open(t, wire.AMQP, book, b.host))
	returns := channel.NotifyReturn(make(chan amqp.Return, 10))
	confirms := channel.NotifyPublish(make(chan amqp.Confirmation, 300))
	for i := range 200 {
		key, order := b.queue, fmt.Sprintf("order-%d", i)
		if i == 100 {
			key, order = "wire.nowhere", "nowhere"
		}
		if err := channel.PublishWithContext(t.Context(), "", key, true, false, message(order, order)); err != nil {
			t.Fatal(err)
		}
	}
	for want := uint64(1); want <= 200; want++ {
		select {
		case c := <-confirms:
			if c.DeliveryTag != want || !c.Ack {
				t.Fatalf("confirm %+v, want %d", c, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("confirm %d did not come", want)
		}
	}
	time.Sleep(50 * time.Millisecond)
	if len(returns) != 1 || len(confirms) != 0 {
		t.Errorf("%d returns and %d more confirms", len(returns), len(confirms))
	}
	all := b.bodies()
	if len(all) != 201 || count(all, "order-3") != 2 || count(all, "order-50") != 2 {
		t.Errorf("%d messages in the queue", len(all))
	}
	if n := len(book.Fired()); n != 3 {
		t.Errorf("%d fired", n)
	}
}

// consumed is what a consumer of one message at a time has seen.
type consumed struct {
	body        string
	redelivered bool
}

// consume takes n messages of the queue through the proxy and acknowledges each; it ends early with
// its connection.
func (b *broker) consume(p *wire.Proxy, n, prefetch int) (all []consumed) {
	b.t.Helper()
	channel, err := b.connect(p).Channel()
	if err == nil {
		err = channel.Qos(prefetch, 0, false)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	deliveries, err := channel.ConsumeWithContext(context.Background(), b.queue, "", false, false, false, false, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for range n {
		select {
		case d, ok := <-deliveries:
			if !ok {
				return all
			}
			all = append(all, consumed{string(d.Body), d.Redelivered})
			_ = d.Ack(false) // it may be struck
		case <-time.After(4 * time.Second):
			return all
		}
	}
	time.Sleep(100 * time.Millisecond) // until the last acknowledgement has met its fate
	return all
}

// fill puts messages of orders 6, 7 and 8 into the queue.
func (b *broker) fill() {
	b.t.Helper()
	for _, order := range []string{"order-6", "order-7", "order-8"} {
		if err := b.direct.PublishWithContext(b.t.Context(), "", b.queue, false, false, message(order, order)); err != nil {
			b.t.Fatal(err)
		}
	}
}

// TestSettleFates: whether an acknowledgement that was struck has acted shows in what is
// delivered again.
func TestSettleFates(t *testing.T) {
	for _, test := range []struct {
		sentence string
		again    []string // what is left for others
	}{
		{"fail before payment: ack" + ofOrder, []string{"order-7", "order-8"}},
		{"fail after payment: ack" + ofOrder, []string{"order-8"}},
		{"lose reply of payment: ack" + ofOrder, []string{"order-8"}},
		{"delay payment: ack" + ofOrder + " by 150ms", nil},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			b := newBroker(t)
			b.fill()
			book := planned(t, test.sentence)
			p := open(t, wire.AMQP, book, b.host)
			b.consume(p, 3, 1)
			fired(t, book)
			p.Close()
			var left []string
			eventually(t, "the rest is back in the queue", func() bool {
				left = append(left, b.bodies()...)
				return len(left) >= len(test.again)
			})
			slices.Sort(left)
			if !slices.Equal(left, test.again) {
				t.Errorf("left in the queue: %q, want %q", left, test.again)
			}
		})
	}
}

func TestDeliveryFates(t *testing.T) {
	t.Run("Disconnect", func(t *testing.T) {
		b := newBroker(t)
		b.fill()
		book := planned(t, "disconnect at payment: delivery to "+b.queue+ofOrder)
		p := open(t, wire.AMQP, book, b.host)
		if got := b.consume(p, 3, 1); len(got) != 1 {
			t.Errorf("before the end: %v", got)
		}
		fired(t, book)
		want := []consumed{{"order-7", true}, {"order-8", false}}
		if got := b.consume(p, 2, 1); !slices.Equal(got, want) {
			t.Errorf("then: %v", got)
		}
	})
	t.Run("Delay", func(t *testing.T) {
		b := newBroker(t)
		b.fill()
		book := planned(t, "delay payment: delivery to "+b.queue+ofOrder+" by 150ms")
		want := []consumed{{"order-6", false}, {"order-7", false}, {"order-8", false}}
		if got := b.consume(open(t, wire.AMQP, book, b.host), 3, 3); !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
		if proof := fired(t, book).Proof; proof.Late < 150*time.Millisecond {
			t.Errorf("%+v", proof)
		}
	})
	t.Run("Reorder", func(t *testing.T) {
		b := newBroker(t)
		b.fill()
		book := planned(t, "reorder payment: delivery to "+b.queue+ofOrder)
		want := []consumed{{"order-6", false}, {"order-8", false}, {"order-7", true}}
		if got := b.consume(open(t, wire.AMQP, book, b.host), 3, 3); !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
		if proof := fired(t, book).Proof; proof.Late == 0 {
			t.Errorf("%+v", proof)
		}
		if left := b.bodies(); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
	})
}

// TestReorderAndAckOfAll: an acknowledgement of all up to a delivery does not take the one
// that is kept with it.
func TestReorderAndAckOfAll(t *testing.T) {
	b := newBroker(t)
	b.fill()
	book := planned(t, "reorder payment: delivery to "+b.queue+ofOrder)
	channel, err := b.connect(open(t, wire.AMQP, book, b.host)).Channel()
	if err != nil {
		t.Fatal(err)
	}
	deliveries, err := channel.ConsumeWithContext(t.Context(), b.queue, "", false, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-deliveries
	second := <-deliveries
	if err := second.Ack(true); err != nil {
		t.Fatal(err)
	}
	third := <-deliveries
	if string(second.Body) != "order-8" || string(third.Body) != "order-7" || !third.Redelivered {
		t.Errorf("second %s, third %s, redelivered %t", second.Body, third.Body, third.Redelivered)
	}
	if err := third.Ack(false); err != nil {
		t.Fatal(err)
	}
	if err := channel.Close(); err != nil {
		t.Errorf("the broker has closed the channel: %v", err)
	}
	if left := b.bodies(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// TestAMQPIdentities: every settlement has its name, and the op of its message.
func TestAMQPIdentities(t *testing.T) {
	b := newBroker(t)
	b.fill()
	book := wire.NewBook(1)
	p := open(t, wire.AMQP, book, b.host)
	channel := b.publisher(p)
	if acked, err := b.publish(channel, "order-9", "order-9"); !acked {
		t.Fatal(err)
	}
	settle := []func(d amqp.Delivery) error{
		func(d amqp.Delivery) error { return d.Reject(false) },
		func(d amqp.Delivery) error { return d.Nack(false, false) },
		func(d amqp.Delivery) error { return d.Nack(false, true) },
		func(d amqp.Delivery) error { return d.Reject(true) },
		func(d amqp.Delivery) error { return d.Ack(false) },
	}
	for _, act := range settle {
		d, ok, err := channel.Get(b.queue, false)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := act(d); err != nil {
			t.Fatal(err)
		}
	}
	b.consume(p, 1, 1)
	for what, want := range map[string][2]int{
		"publish": {1, 0}, "confirm": {1, 0}, "reject": {2, 0}, "requeue": {2, 0}, "ack": {2, 0}, "delivery to " + b.queue: {1, 0},
		"get from " + b.queue: {0, 5}, "consume from " + b.queue: {0, 1}, "open channel": {0, 2},
	} {
		if got := seenOf(book, what); got.Keyed != want[0] || got.Unkeyed != want[1] {
			t.Errorf("%s: %+v, want %v", what, got, want)
		}
	}
	if t.Failed() {
		t.Log(report(book))
	}
}
