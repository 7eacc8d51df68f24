package wire_test

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/chaos/wire"
)

func sprung(t *testing.T, trap *wire.Trap) {
	t.Helper()
	select {
	case <-trap.Sprung():
	case <-time.After(10 * time.Second):
		t.Fatal("the trap has not sprung")
	}
}

// TestHoldConfirm: one confirm is held, later ones pass, and then it comes.
func TestHoldConfirm(t *testing.T) {
	b := newBroker(t)
	p := open(t, wire.AMQP, wire.NewBook(1), b.host)
	channel := b.publisher(p)
	trap := p.HoldConfirm("PlaceOrder{ann/order-7}")
	var confirms []*amqp.DeferredConfirmation
	for _, order := range []string{"order-6", "order-7", "order-8", "order-9"} {
		confirm, err := channel.PublishWithDeferredConfirm("", b.queue, false, false, message(order, order))
		if err != nil {
			t.Fatal(err)
		}
		confirms = append(confirms, confirm)
	}
	sprung(t, trap)
	if !confirms[0].Wait() {
		t.Error("the first is not confirmed")
	}
	time.Sleep(200 * time.Millisecond)
	select {
	case <-confirms[1].Done():
		t.Fatal("the confirm was not held")
	default:
	}
	if all := b.bodies(); len(all) != 4 {
		t.Errorf("in the queue: %q", all)
	}
	trap.Release()
	trap.Release()
	for i, confirm := range confirms {
		if !confirm.Wait() {
			t.Errorf("publish %d is not confirmed", i)
		}
	}
	if acked, err := b.publish(channel, "order-10", "order-10"); !acked {
		t.Error(err)
	}
}

// TestSwallowAck: the message is delivered again when the connection has ended.
func TestSwallowAck(t *testing.T) {
	for _, multiple := range []bool{false, true} {
		b := newBroker(t)
		b.fill()
		p := open(t, wire.AMQP, wire.NewBook(1), b.host)
		trap := p.SwallowAck("PlaceOrder{ann/order-7}")
		conn := b.connect(p)
		channel, err := conn.Channel()
		if err != nil {
			t.Fatal(err)
		}
		deliveries, err := channel.ConsumeWithContext(t.Context(), b.queue, "", false, false, false, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		var last amqp.Delivery
		for i := range 3 {
			last = <-deliveries
			if !multiple || i == 1 {
				if err := last.Ack(multiple); err != nil {
					t.Fatal(err)
				}
			}
		}
		if multiple { // it would cover the one that was swallowed
			if err := last.Ack(true); err != nil {
				t.Fatal(err)
			}
		}
		sprung(t, trap)
		if err := conn.Close(); err != nil {
			t.Errorf("the connection did not end in order: %v", err)
		}
		d, ok, err := b.direct.Get(b.queue, true)
		if !ok || err != nil || string(d.Body) != "order-7" || !d.Redelivered {
			t.Errorf("multiple %t: got %q, redelivered %t, %v", multiple, d.Body, d.Redelivered, err)
		}
		if left := b.bodies(); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
	}
}

// TestResetAt: exactly so many bytes pass, and then both ends see a reset.
func TestResetAt(t *testing.T) {
	for _, n := range []int64{0, 1, 100, 5000, 100_000} {
		for _, direction := range []wire.Direction{wire.ToServer, wire.ToClient} {
			echo := newEcho(t)
			p := open(t, wire.PostgreSQL, wire.NewBook(1), echo.addr)
			trap := p.ResetAt(direction, n)
			client := dial(t, p.Addr())
			sent := slices.Concat([]byte{0, 0, 0, 8, 0, 3, 0, 0}, messages(200_000))
			go func() { _, _ = client.Write(sent) }()
			got, err := readAll(client)
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%s at %d: the client saw %v", direction, n, err)
			}
			sprung(t, trap)
			carried := [2]int64{p.Stats().BytesToServer, p.Stats().BytesToClient}[direction]
			if carried != n || direction == wire.ToClient && int64(len(got)) != n {
				t.Errorf("%s at %d: %d carried, %d read", direction, n, carried, len(got))
			}
			if serverGot, err := echo.result(); !errors.Is(err, syscall.ECONNRESET) || direction == wire.ToServer && int64(serverGot) != n {
				t.Errorf("%s at %d: the server got %d and saw %v", direction, n, serverGot, err)
			}
		}
	}
}

// TestCut: a cut direction carries nothing, the other goes on, and nothing is lost.
func TestCut(t *testing.T) {
	_, host, through := database(t)
	p := open(t, wire.PostgreSQL, wire.NewBook(1), host)
	db := openDB(t, through(p.Addr()))
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, direction := range []wire.Direction{wire.ToServer, wire.ToClient} {
		mend := p.Cut(direction)
		again := p.Cut(direction)
		before := p.Stats()
		answered := make(chan error, 1)
		go func() {
			_, err := db.Exec(context.Background(), "SELECT 1")
			answered <- err
		}()
		time.Sleep(200 * time.Millisecond)
		after := p.Stats()
		if up, down := after.BytesToServer > before.BytesToServer, after.BytesToClient > before.BytesToClient; down || up != (direction == wire.ToClient) {
			t.Errorf("cut %s: up %t, down %t", direction, up, down)
		}
		mend()
		mend()
		select {
		case err := <-answered:
			t.Errorf("cut %s twice, mended once: %v", direction, err)
		case <-time.After(50 * time.Millisecond):
		}
		again()
		if err := <-answered; err != nil {
			t.Errorf("after a cut %s: %v", direction, err)
		}
	}
}

// TestCloseWhileCut: Close ends even what stands still.
func TestCloseWhileCut(t *testing.T) {
	_, host, through := database(t)
	p := open(t, wire.PostgreSQL, wire.NewBook(1), host)
	db := openDB(t, through(p.Addr()))
	p.Cut(wire.ToServer)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := db.Ping(ctx); err == nil {
		t.Error("answered through a cut")
	}
	start := time.Now()
	p.Close()
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("Close took %v", took)
	}
}
