package rabbitmq_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/rabbitmq"
	"github.com/squallhq/squall/system/port"
)

func (b *bench) send(channel port.Channel, p port.Publishing) {
	b.Helper()
	if _, err := channel.Publish(b.ctx, p); err != nil {
		b.Fatal(err)
	}
	b.next(channel)
}

// An alternate exchange gets only what nothing else takes.
func TestAlternateExchange(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		channel := b.channel()
		b.do(channel, port.DeclareExchange{Name: "rest", Kind: "fanout"})
		b.do(channel, port.DeclareExchange{Name: "x", Kind: "direct", Args: port.Table{"alternate-exchange": "rest"}})
		for _, queue := range []string{"taken", "left"} {
			b.do(channel, port.DeclareQueue{Name: queue})
		}
		b.do(channel, port.BindQueue{Queue: "taken", Exchange: "x", Key: "known"})
		b.do(channel, port.BindQueue{Queue: "left", Exchange: "rest"})
		b.send(channel, port.Publishing{Exchange: "x", Key: "known", Body: []byte("a")})
		b.send(channel, port.Publishing{Exchange: "x", Key: "unknown", Body: []byte("b")})
		b.expect(fmt.Sprint(b.bodies("taken"), b.bodies("left")), "[a] [b]")
	})
}

// A queue gets a message once, whatever ways lead to it, and routes are not remembered
// beyond a change of the bindings.
func TestRoutesChange(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		channel := b.channel()
		b.do(channel, port.DeclareExchange{Name: "front", Kind: "topic"})
		b.do(channel, port.DeclareExchange{Name: "back", Kind: "fanout"})
		b.do(channel, port.DeclareQueue{Name: "q"})
		b.do(channel, port.BindQueue{Queue: "q", Exchange: "front", Key: "order.*"})
		b.do(channel, port.BindQueue{Queue: "q", Exchange: "front", Key: "#"})
		b.do(channel, port.BindExchange{Destination: "back", Source: "front", Key: "#"})
		b.do(channel, port.BindQueue{Queue: "q", Exchange: "back"})
		b.send(channel, port.Publishing{Exchange: "front", Key: "order.placed", Body: []byte("1")})
		b.expect(fmt.Sprint(b.bodies("q")), "[1]")
		b.do(channel, port.UnbindQueue{Queue: "q", Exchange: "front", Key: "#"})
		b.do(channel, port.UnbindQueue{Queue: "q", Exchange: "front", Key: "order.*"})
		b.send(channel, port.Publishing{Exchange: "front", Key: "order.placed", Body: []byte("2")})
		b.expect(fmt.Sprint(b.bodies("q")), "[1 2]")
		b.do(channel, port.DeleteExchange{Name: "back"})
		b.send(channel, port.Publishing{Exchange: "front", Key: "order.placed", Body: []byte("3")})
		b.expect(fmt.Sprint(b.bodies("q")), "[1 2]")
	})
}

// All messages of a key go to one queue, in proportion to the weights.
func TestConsistentHash(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		channel := b.channel()
		b.do(channel, port.DeclareExchange{Name: "hash", Kind: "x-consistent-hash"})
		for i, weight := range []string{"1", "1", "2"} {
			queue := fmt.Sprint("q", i)
			b.do(channel, port.DeclareQueue{Name: queue})
			b.do(channel, port.BindQueue{Queue: queue, Exchange: "hash", Key: weight})
		}
		for range 2 {
			for i := range 400 {
				b.send(channel, port.Publishing{Exchange: "hash", Key: fmt.Sprint("order-", i), Body: []byte(fmt.Sprint(i))})
			}
		}
		total := 0
		for i, share := range []int{100, 100, 200} {
			seen := map[string]int{}
			for _, body := range b.bodies(fmt.Sprint("q", i)) {
				seen[body]++
				total++
			}
			for body, times := range seen {
				if times != 2 {
					t.Errorf("%s is in q%d %d times of 2", body, i, times)
				}
			}
			if len(seen) < share*7/10 || len(seen) > share*13/10 {
				t.Errorf("q%d has %d keys, its share is %d", i, len(seen), share)
			}
		}
		if total != 800 {
			t.Errorf("%d messages of 800", total)
		}
	})
}

// A message that goes round by itself is dropped; one that a client rejects each time
// goes on.
func TestDeadLetterCycles(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		channel := b.channel()
		b.do(channel, port.DeclareQueue{Name: "q", Args: port.Table{
			"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "q", "x-message-ttl": int64(100),
		}})
		b.send(channel, port.Publishing{Key: "q", Body: []byte("m")})
		for range 3 {
			get := b.do(channel, port.Get{Queue: "q"})
			if get.Delivery == nil {
				t.Fatal("a rejected message did not come round")
			}
			if err := channel.Settle(b.ctx, port.Settlement{Tag: get.Delivery.Tag, Verdict: port.Reject}); err != nil {
				t.Error(err)
			}
		}
		b.sleep(time.Second)
		b.expect(fmt.Sprint(b.bodies("q")), "[]")
	})
}

func TestMessageMax(t *testing.T) {
	for profile, limit := range map[rabbitmq.Profile]int{rabbitmq.V313: 128 << 20, rabbitmq.V40: 16 << 20} {
		play(t, sim.Options{}, profile, func(b *bench) {
			channel := b.channel()
			b.do(channel, port.DeclareQueue{Name: "q"})
			for _, size := range []int{limit, limit + 1} {
				if _, err := channel.Publish(b.ctx, port.Publishing{Key: "q", Body: make([]byte, size)}); err != nil {
					t.Fatal(err)
				}
			}
			b.expect(b.next(channel), "confirmed 1 done")
			b.expect(b.next(channel), "confirmed 2 unknown")
			text := "max size"
			if profile == rabbitmq.V40 {
				text = "configured max size"
			}
			b.expect(b.next(channel), fmt.Sprintf("closed: amqp 406: PRECONDITION_FAILED - message size %d is larger than %s %d",
				limit+1, text, limit))
		})
	}
}

// What a client does to its copy of a message changes nobody else's.
func TestMessagesAreNotShared(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		channel := b.channel()
		b.do(channel, port.DeclareQueue{Name: "q"})
		p := port.Publishing{Key: "q", Body: []byte("m"), Properties: port.Properties{Headers: port.Table{"n": int32(1)}}}
		b.send(channel, p)
		p.Body[0], p.Headers["n"] = 'x', int32(2)
		get := b.do(channel, port.Get{Queue: "q"}).Delivery
		b.expect(fmt.Sprintf("%s %v", get.Body, get.Headers), "m map[n:1]")
		get.Body[0], get.Headers["n"] = 'x', int32(2)
		if err := channel.Settle(b.ctx, port.Settlement{Tag: 1, Verdict: port.Requeue}); err != nil {
			t.Error(err)
		}
		get = b.do(channel, port.Get{Queue: "q"}).Delivery
		b.expect(fmt.Sprintf("%s %v", get.Body, get.Headers), "m map[n:1]")
	})
}

// A blocked connection's buffers fill up; then a publisher waits, and gives up with its
// context, having sent nothing.
func TestPublisherWaitsForRoom(t *testing.T) {
	play(t, sim.Options{}, rabbitmq.V313, func(b *bench) {
		channel := b.channel()
		b.send(channel, port.Publishing{})
		b.server.RaiseAlarm("low on memory")
		ctx, cancel := b.client.Runtime().WithTimeout(b.ctx, 10*time.Second)
		defer cancel()
		sent := 0
		for {
			if _, err := channel.Publish(ctx, port.Publishing{}); err != nil {
				if port.OutcomeOf(err) != port.NotDone || b.world.Now() < 10*time.Second {
					t.Errorf("at %v: %v", b.world.Now(), err)
				}
				break
			}
			sent++
		}
		b.server.ClearAlarm()
		for i := range sent {
			b.expect(b.next(channel), fmt.Sprintf("confirmed %d done", i+2))
		}
	})
}
