package flow_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/port"
)

// TestRelay sends from two replicas to two others.
func TestRelay(t *testing.T) {
	r := setup(t)
	from, to := r.database(), r.database()
	effects := newLedger(to)
	sender := r.start(event.Order, from, quick(), nobody)
	r.start(event.Order, from, quick(), nobody)
	r.start(event.Payment, to, quick(), effects.record)
	r.start(event.Payment, to, quick(), effects.record)
	r.send(sender, 1, 60)
	r.send(sender, 1, 60) // the same ids: nothing new
	effects.once(r, 1, 60)
}

// TestReceiverLater sends to a service that has never run.
func TestReceiverLater(t *testing.T) {
	r := setup(t)
	sender := r.start(event.Order, r.database(), quick(), nobody)
	r.send(sender, 1, 3)
	to := r.database()
	effects := newLedger(to)
	time.Sleep(300 * time.Millisecond)
	r.start(event.Payment, to, quick(), effects.record)
	effects.once(r, 1, 3)
}

// TestInbox delivers one message many times to two replicas.
func TestInbox(t *testing.T) {
	r := setup(t)
	db := r.database()
	effects := newLedger(db)
	r.start(event.Payment, db, quick(), effects.record)
	r.start(event.Payment, db, quick(), effects.record)
	for range 20 {
		r.publish(envelope())
	}
	r.eventually("duplicates are dropped", func() bool { return r.counted("inbox_duplicate") == 19 })
	effects.once(r, 1, 1)
}

// envelope is the first message as it travels.
func envelope() []byte {
	const n = 1
	e := event.Envelope{
		ID: fmt.Sprintf("test/%d", n), Type: command(n).Type(), Version: 1, Source: "test", Subject: orderID(n),
		Correlation: "test", Data: []byte(`{"order_id":"` + orderID(n) + `"}`),
	}
	body, err := e.Encode()
	if err != nil {
		panic(err)
	}
	return body
}

// publish sends a body to the payment service and waits for the confirm.
func (r *rig) publish(body []byte) {
	r.t.Helper()
	ctx := r.t.Context()
	r.onChannel(ctx, func(channel port.Channel) error {
		for _, method := range flow.Fabric() { // the service may not have come so far yet
			if _, err := channel.Do(ctx, method); err != nil {
				return err
			}
		}
		// A quorum queue without a leader yet makes the broker refuse.
		for {
			outcome, err := confirmed(ctx, channel, port.Publishing{Key: event.Payment, Mandatory: true, Body: body})
			if err != nil || outcome == port.Done {
				return err
			}
		}
	})
}

func confirmed(ctx context.Context, channel port.Channel, message port.Publishing) (port.Outcome, error) {
	if _, err := channel.Publish(ctx, message); err != nil {
		return port.NotDone, err
	}
	for {
		happened, err := channel.Next(ctx)
		if err != nil {
			return port.Unknown, err
		}
		switch happened := happened.(type) {
		case port.Returned:
			return port.NotDone, errors.New("the message was returned")
		case port.Confirmed:
			return happened.Outcome, nil
		case port.Closed:
			return port.Unknown, port.ErrClosed
		}
	}
}

// dead returns the dead letters of the payment service and removes them.
func (r *rig) dead() (letters []port.Delivery) {
	r.t.Helper()
	ctx := r.t.Context()
	r.onChannel(ctx, func(channel port.Channel) error {
		for {
			reply, err := channel.Do(ctx, port.Get{Queue: flow.DeadQueue(event.Payment), AutoAck: true})
			if err != nil || reply.Delivery == nil {
				return err
			}
			letters = append(letters, *reply.Delivery)
		}
	})
	return letters
}

func (r *rig) awaitDead() port.Delivery {
	r.t.Helper()
	var letters []port.Delivery
	r.eventually("there is a dead letter", func() bool { letters = append(letters, r.dead()...); return len(letters) > 0 })
	if len(letters) != 1 {
		r.t.Fatalf("%d dead letters", len(letters))
	}
	return letters[0]
}

func TestSetAside(t *testing.T) {
	t.Run("RetryTier", func(t *testing.T) {
		r := setup(t)
		db := r.database()
		effects := newLedger(db)
		var calls atomic.Int32
		var first, second time.Time
		r.start(event.Payment, db, quick(), func(ctx context.Context, e *flow.Engine, m event.Envelope) error {
			if calls.Add(1) == 1 {
				first = time.Now()
				return errors.New("not today")
			}
			second = time.Now()
			return effects.record(ctx, e, m)
		})
		r.publish(envelope())
		effects.once(r, 1, 1)
		if waited := second.Sub(first); waited < 900*time.Millisecond {
			t.Errorf("tried again after %v, before the first tier's delay", waited)
		}
		if letters := r.dead(); len(letters) > 0 {
			t.Errorf("dead letters: %v", letters)
		}
	})
	t.Run("MaxAttempts", func(t *testing.T) {
		r := setup(t)
		settings := quick()
		settings.MaxAttempts = 2
		var calls atomic.Int32
		r.start(event.Payment, r.database(), settings, func(context.Context, *flow.Engine, event.Envelope) error {
			calls.Add(1)
			return errors.New("never")
		})
		r.publish(envelope())
		letter := r.awaitDead()
		if calls.Load() != 2 || letter.Headers["squall-error"] != "never" {
			t.Errorf("after %d calls: %v", calls.Load(), letter.Headers)
		}
	})
	t.Run("Permanent", func(t *testing.T) {
		r := setup(t)
		var calls atomic.Int32
		r.start(event.Payment, r.database(), quick(), func(context.Context, *flow.Engine, event.Envelope) error {
			calls.Add(1)
			return flow.Permanent(errors.New("never"))
		})
		r.publish(envelope())
		if r.awaitDead(); calls.Load() != 1 {
			t.Errorf("%d calls", calls.Load())
		}
	})
	t.Run("NoEnvelope", func(t *testing.T) {
		r := setup(t)
		r.start(event.Payment, r.database(), quick(), nobody)
		r.publish([]byte("hello"))
		if letter := r.awaitDead(); string(letter.Body) != "hello" {
			t.Errorf("the body is %q", letter.Body)
		}
	})
	t.Run("Outage", func(t *testing.T) {
		r := setup(t)
		db := r.database()
		effects := newLedger(db)
		settings := quick()
		settings.MaxAttempts = 2
		var calls atomic.Int32
		r.start(event.Payment, db, settings, func(ctx context.Context, e *flow.Engine, m event.Envelope) error {
			if calls.Add(1) <= 4 {
				return fmt.Errorf("gateway: %w", port.ErrUnavailable)
			}
			return effects.record(ctx, e, m)
		})
		r.publish(envelope())
		effects.once(r, 1, 1)
		if letters := r.dead(); len(letters) > 0 || r.counted("retry") > 0 {
			t.Errorf("an outage has used up attempts: %v", letters)
		}
	})
}

// TestTimers lets two replicas see the same timers.
func TestTimers(t *testing.T) {
	r := setup(t)
	db := r.database()
	effects := newLedger(db)
	engine := r.start(event.Payment, db, quick(), effects.record)
	r.start(event.Payment, db, quick(), effects.record)
	began := time.Now()
	err := engine.Do(t.Context(), event.Envelope{ID: "test", Correlation: "test"}, func(ctx context.Context, unit *flow.Unit) error {
		for n := 1; n <= 3; n++ {
			if err := unit.Schedule(ctx, fmt.Sprintf("timer/%d", n), orderID(n), 700*time.Millisecond, command(n)); err != nil {
				return err
			}
		}
		return unit.Unschedule(ctx, "timer/3")
	})
	if err != nil {
		t.Fatal(err)
	}
	effects.once(r, 1, 2)
	if took := time.Since(began); took < 700*time.Millisecond {
		t.Errorf("fired after %v", took)
	}
	time.Sleep(300 * time.Millisecond)
	if n := effects.effects(t, 3); n > 0 {
		t.Error("a timer fired that was taken back")
	}
}

// TestTimersInTheWay: timers whose handling takes longer than it may are put off like any that
// fail, and later ones get their turn.
func TestTimersInTheWay(t *testing.T) {
	r := setup(t)
	db := r.database()
	effects := newLedger(db)
	const many = 20 // as many as are looked at together
	settings := quick()
	settings.CallTimeout = 500 * time.Millisecond
	engine := r.start(event.Payment, db, settings, func(ctx context.Context, engine *flow.Engine, message event.Envelope) error {
		if message.Subject != orderID(many+1) {
			<-ctx.Done()
			return ctx.Err()
		}
		return effects.record(ctx, engine, message)
	})
	err := engine.Do(t.Context(), event.Envelope{ID: "test", Correlation: "test"}, func(ctx context.Context, unit *flow.Unit) error {
		for n := 1; n <= many+1; n++ {
			if err := unit.Schedule(ctx, fmt.Sprintf("timer/%d", n), orderID(n), time.Duration(n)*time.Millisecond, command(n)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	effects.once(r, many+1, many+1)
}

// TestLinkLoss cuts all connections to the broker while messages flow, and deletes the
// receiver's queue: its consumers are cancelled, and declare it again.
func TestLinkLoss(t *testing.T) {
	r := setup(t)
	from, to := r.database(), r.database()
	effects := newLedger(to)
	sender := r.start(event.Order, from, quick(), nobody)
	r.start(event.Payment, to, quick(), effects.record)
	r.start(event.Payment, to, quick(), effects.record)
	r.send(sender, 1, 5)
	effects.once(r, 1, 5)

	// Both have to be there. RabbitMQ 3.10 does not cancel a consumer whose queue is declared again
	// within some 30 ms, and the new queue gives it messages that it never passes on.
	r.awaitConsumers(event.Payment, 2)
	r.onChannel(t.Context(), func(channel port.Channel) error {
		_, err := channel.Do(t.Context(), port.DeleteQueue{Name: event.Payment})
		return err
	})
	r.send(sender, 6, 10)
	effects.once(r, 6, 10)

	cut := make(chan error, 1)
	go func() {
		_, err := r.server.Ctl(context.Background(), "close_all_connections", "test")
		cut <- err
	}()
	for n, ended := 11, false; !ended; n++ {
		select {
		case err := <-cut:
			if err != nil {
				t.Skipf("SKIPPED: %v", err)
			}
			ended = true
			r.send(sender, n, n+10)
			effects.once(r, 11, n+10)
		default:
			r.send(sender, n, n)
		}
	}
	if r.counted("link_lost") == 0 {
		t.Error("no link was lost")
	}
}

// awaitConsumers waits until a queue has so many consumers.
func (r *rig) awaitConsumers(queue string, want int) {
	r.t.Helper()
	ctx := r.t.Context()
	r.eventually(fmt.Sprintf("%s has %d consumers", queue, want), func() (so bool) {
		r.onChannel(ctx, func(channel port.Channel) error {
			reply, err := channel.Do(ctx, port.DeclareQueue{Name: queue, Passive: true})
			so = reply.Consumers == want
			return err
		})
		return so
	})
}

// TestIdle counts what an idle replica with the settings that ship asks the database.
func TestIdle(t *testing.T) {
	r := setup(t)
	db := &countingDB{DB: r.database()}
	r.start(event.Payment, db, flow.DefaultSettings(), nobody)
	time.Sleep(time.Second) // it settles
	before := db.calls.Load()
	time.Sleep(5 * time.Second)
	// The relay and the timers each ask one question in two seconds.
	if calls := db.calls.Load() - before; calls > 6 || calls < 2 {
		t.Errorf("%d questions in 5 s", calls)
	}
}

type countingDB struct {
	port.DB
	calls atomic.Int64
}

func (d *countingDB) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	d.calls.Add(1)
	return d.DB.Exec(ctx, sql, args...)
}

func (d *countingDB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	d.calls.Add(1)
	return d.DB.Query(ctx, sql, args...)
}

func (d *countingDB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	d.calls.Add(1)
	return d.DB.QueryRow(ctx, sql, args...)
}

func (d *countingDB) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	d.calls.Add(1)
	return d.DB.BeginTx(ctx, options)
}

// TestConflict lets many units append to one stream at once.
func TestConflict(t *testing.T) {
	r := setup(t)
	db := r.database()
	engine := r.start(event.Payment, db, quick(), nobody)
	const writers = 4
	done := make(chan error, writers)
	for range writers {
		go func() {
			done <- engine.Do(context.Background(), event.Envelope{ID: "test", Correlation: "test"}, func(ctx context.Context, unit *flow.Unit) error {
				version, err := flow.Load(ctx, unit, "effect/"+orderID(1), func(event.Payload) {})
				if err != nil {
					return err
				}
				return unit.Append(ctx, "effect/"+orderID(1), orderID(1), version, event.VoidRequested{OrderID: orderID(1)})
			})
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := newLedger(db).effects(t, 1); n != writers {
		t.Errorf("%d facts, want %d", n, writers)
	}
}
