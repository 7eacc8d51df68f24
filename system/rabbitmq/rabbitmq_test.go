package rabbitmq_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/rabbitmq"
)

func TestMain(m *testing.M) { servers.Main(m) }

func setup(t *testing.T) (port.Connection, port.Channel) {
	t.Helper()
	return connect(t, servers.RabbitMQ(t))
}

func connect(t *testing.T, url string) (port.Connection, port.Channel) {
	t.Helper()
	broker, err := rabbitmq.New(rabbitmq.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	connection, err := broker.Connect(within(t), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(context.Background()) })
	return connection, open(t, connection)
}

func open(t *testing.T, connection port.Connection) port.Channel {
	t.Helper()
	channel, err := connection.OpenChannel(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// within returns a context that outlives no hanging test.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// queue declares a queue that goes with its connection.
func queue(t *testing.T, channel port.Channel, args port.Table) string {
	t.Helper()
	reply, err := channel.Do(within(t), port.DeclareQueue{Name: "adapter-" + rand.Text(), Exclusive: true, Args: args})
	if err != nil {
		t.Fatal(err)
	}
	return reply.Name
}

func publish(t *testing.T, channel port.Channel, key, body string) uint64 {
	t.Helper()
	tag, err := channel.Publish(within(t), port.Publishing{Key: key, Body: []byte(body), Mandatory: true})
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

func next(t *testing.T, channel port.Channel) port.Event {
	t.Helper()
	event, err := channel.Next(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// Nacks stay nacks, though acks that follow are multiple: the library's NotifyPublish
// gets most of these wrong. The queue tells what is true.
func TestConfirmedTellsNacksFromAcks(t *testing.T) {
	_, channel := setup(t)
	const room, sent = 7, 2000
	full := queue(t, channel, port.Table{"x-max-length": int64(room), "x-overflow": "reject-publish"})
	unbounded := queue(t, channel, nil)
	refused := map[uint64]bool{}
	for i := range sent {
		key := unbounded
		if i%3 == 0 {
			key = full
		}
		tag := publish(t, channel, key, "m")
		refused[tag] = key == full && i/3 >= room
	}
	seen := map[uint64]port.Outcome{}
	for len(seen) < sent {
		confirmed, is := next(t, channel).(port.Confirmed)
		if !is {
			t.Fatalf("not a confirm: %v", confirmed)
		}
		if _, twice := seen[confirmed.Tag]; twice {
			t.Fatalf("tag %d confirmed twice", confirmed.Tag)
		}
		seen[confirmed.Tag] = confirmed.Outcome
	}
	for tag, wantRefused := range refused {
		if wantRefused != (seen[tag] == port.NotDone) || seen[tag] == port.Unknown {
			t.Errorf("tag %d: refused %v, outcome %v", tag, wantRefused, seen[tag])
		}
	}
}

// A message's Returned comes before its Confirmed, also among many.
func TestReturnedComesBeforeConfirmed(t *testing.T) {
	_, channel := setup(t)
	routable := queue(t, channel, nil)
	const sent = 3000
	for i := range sent {
		key := routable
		if i%2 == 0 {
			key = "nowhere-" + rand.Text()
		}
		publish(t, channel, key, fmt.Sprint(i+1))
	}
	returned, confirmed := map[string]bool{}, 0
	for confirmed < sent {
		switch event := next(t, channel).(type) {
		case port.Returned:
			if event.Code != 312 {
				t.Fatalf("returned with %d %s", event.Code, event.Text)
			}
			returned[string(event.Body)] = true
		case port.Confirmed:
			confirmed++
			if event.Tag%2 == 1 && !returned[fmt.Sprint(event.Tag)] {
				t.Fatalf("%d is confirmed, not yet returned", event.Tag)
			}
		}
	}
	if len(returned) != sent/2 {
		t.Errorf("%d returned, want %d", len(returned), sent/2)
	}
}

// When the broker closes the channel, what is open is unknown, in order, and Closed is last.
func TestOpenPublishesAreUnknownWhenTheChannelCloses(t *testing.T) {
	_, channel := setup(t)
	there := queue(t, channel, nil)
	published := uint64(0)
	for i := range 100 {
		message := port.Publishing{Key: there, Body: []byte("m")}
		if i == 50 {
			message.Exchange = "missing-" + rand.Text()
		}
		tag, err := channel.Publish(within(t), message)
		if err != nil {
			if !errors.Is(err, port.ErrClosed) || tag != 0 {
				t.Fatalf("publish %d: tag %d, %v", i, tag, err)
			}
			break
		}
		published = tag
	}
	outcomes, last := drain(t, channel)
	if uint64(len(outcomes)) != published {
		t.Errorf("%d outcomes for %d publishes", len(outcomes), published)
	}
	if last.Err == nil || last.Err.Code != 404 || last.Err.Connection || !strings.Contains(last.Err.Text, "missing-") {
		t.Errorf("closed with %+v", last.Err)
	}
	for tag := uint64(51); tag <= published; tag++ {
		if outcomes[tag] != port.Unknown {
			t.Errorf("tag %d: %v", tag, outcomes[tag])
		}
	}
	refusesAll(t, channel)
}

func drain(t *testing.T, channel port.Channel) (map[uint64]port.Outcome, port.Closed) {
	t.Helper()
	outcomes := map[uint64]port.Outcome{}
	unknown := uint64(0)
	for {
		switch event := next(t, channel).(type) {
		case port.Confirmed:
			if event.Outcome == port.Unknown {
				if event.Tag < unknown {
					t.Errorf("unknown %d after %d", event.Tag, unknown)
				}
				unknown = event.Tag
			}
			outcomes[event.Tag] = event.Outcome
		case port.Closed:
			return outcomes, event
		}
	}
}

// refusesAll checks that a channel that ended does nothing any more.
func refusesAll(t *testing.T, channel port.Channel) {
	t.Helper()
	tag, err := channel.Publish(within(t), port.Publishing{Key: "q"})
	if tag != 0 || !errors.Is(err, port.ErrClosed) {
		t.Errorf("Publish: %d, %v", tag, err)
	}
	if err := channel.Settle(within(t), port.Settlement{Tag: 1}); !errors.Is(err, port.ErrClosed) {
		t.Errorf("Settle: %v", err)
	}
	if _, err := channel.Do(within(t), port.Prefetch{Count: 1}); !errors.Is(err, port.ErrClosed) {
		t.Errorf("Do: %v", err)
	}
	if _, err := channel.Next(within(t)); !errors.Is(err, port.ErrClosed) {
		t.Errorf("Next: %v", err)
	}
	if err := channel.Close(within(t)); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// A tag of a channel that has closed must not reach the channel that has its number now.
func TestStaleSettlementIsRefusedHere(t *testing.T) {
	connection, stale := setup(t)
	name := queue(t, stale, nil)
	publish(t, stale, name, "m1")
	if _, err := stale.Do(within(t), port.Get{Queue: name}); err != nil {
		t.Fatal(err)
	}
	if _, err := stale.Do(within(t), port.DeclareQueue{Name: "nowhere", Passive: true}); !errors.Is(err, port.ErrClosed) {
		t.Fatalf("want a closed channel, have %v", err)
	}
	fresh := open(t, connection)
	if _, err := fresh.Do(within(t), port.Get{Queue: name}); err != nil {
		t.Fatal(err)
	}
	if err := stale.Settle(within(t), port.Settlement{Tag: 1}); !errors.Is(err, port.ErrClosed) {
		t.Fatalf("Settle: %v", err)
	}
	if err := fresh.Settle(within(t), port.Settlement{Tag: 1, Verdict: port.Requeue}); err != nil {
		t.Fatal(err)
	}
	reply, err := fresh.Do(within(t), port.Get{Queue: name})
	if err != nil || reply.Delivery == nil || !reply.Delivery.Redelivered {
		t.Fatalf("the message is gone: %+v, %v", reply, err)
	}
}

// Deliveries of several consumers come in the order of their tags.
func TestDeliveriesComeInOrderOfTags(t *testing.T) {
	_, channel := setup(t)
	const consumers, sent = 5, 2000
	var queues []string
	for range consumers {
		name := queue(t, channel, nil)
		queues = append(queues, name)
		if _, err := channel.Do(within(t), port.Consume{Queue: name}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range sent {
		publish(t, channel, queues[i%consumers], "m")
	}
	for want := uint64(1); want <= sent; {
		delivery, is := next(t, channel).(port.Delivery)
		if !is {
			continue
		}
		if delivery.Tag != want {
			t.Fatalf("delivery %d, want %d", delivery.Tag, want)
		}
		want++
	}
}

// What the broker sent before the answer of Do is there when Do returns.
func TestDoIsABarrierForEvents(t *testing.T) {
	_, channel := setup(t)
	name := queue(t, channel, nil)
	for i := range 300 {
		publish(t, channel, "nowhere-"+rand.Text(), "m")
		if _, err := channel.Do(within(t), port.DeclareQueue{Name: name, Passive: true}); err != nil {
			t.Fatal(err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if event, err := channel.Next(over); err != nil {
			t.Fatalf("round %d: %v, %v", i, event, err)
		}
		next(t, channel)
	}
}

func TestNextEndsWithItsContext(t *testing.T) {
	connection, channel := setup(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := channel.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("channel: %v", err)
	}
	if _, err := connection.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("connection: %v", err)
	}
}

// A broker that stops answering: every call ends with its context.
func TestCallsEndWithTheirContextWhenTheBrokerIsSilent(t *testing.T) {
	wire := newWire(t, servers.RabbitMQ(t))
	connection, channel := connect(t, wire.url)
	other := open(t, connection)
	wire.pause()
	short := func() context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	tag := publish(t, channel, "q", "m")
	if _, err := channel.Do(short(), port.Prefetch{Count: 1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Do: %v", err)
	}
	outcomes, last := drain(t, channel)
	if outcomes[tag] != port.Unknown || len(outcomes) != 1 || last.Err == nil || last.Err.Code != 0 {
		t.Errorf("outcomes %v, closed %+v", outcomes, last.Err)
	}
	refusesAll(t, channel)
	if _, err := connection.OpenChannel(short()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("OpenChannel: %v", err)
	}
	if err := other.Close(short()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close of a channel: %v", err)
	}
	if err := connection.Close(short()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	if event, err := connection.Next(within(t)); err != nil {
		t.Errorf("Next: %v", err)
	} else if closed, is := event.(port.Closed); !is || closed.Err == nil {
		t.Errorf("Next: %+v", event)
	}
}

// A late answer to an abandoned call closes the channel, and the connection lives on.
func TestAbandonedCallLeavesTheConnectionUsable(t *testing.T) {
	wire := newWire(t, servers.RabbitMQ(t))
	connection, channel := connect(t, wire.url)
	name := queue(t, channel, nil)
	publish(t, channel, name, "m")
	next(t, channel)
	wire.pause()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := channel.Do(ctx, port.Get{Queue: name}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Do: %v", err)
	}
	wire.resume()
	for range 200 {
		again := open(t, connection)
		reply, err := again.Do(within(t), port.Get{Queue: name})
		if err != nil {
			t.Fatal(err)
		}
		if reply.Delivery != nil {
			return // the abandoned channel was closed and gave it back
		}
		if err := again.Close(within(t)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the message of the abandoned call never came back")
}

// The broker stops reading: publishes are kept up to a bound, then wait with their context.
func TestPublishWaitsWhenTheBrokerDoesNotRead(t *testing.T) {
	wire := newWire(t, servers.RabbitMQ(t))
	_, channel := connect(t, wire.url)
	name := queue(t, channel, nil)
	wire.pause()
	body := make([]byte, 256<<10)
	sent := uint64(0)
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		tag, err := channel.Publish(ctx, port.Publishing{Key: name, Body: body})
		cancel()
		if err != nil {
			if tag != 0 || !errors.Is(err, context.DeadlineExceeded) || port.OutcomeOf(err) != port.NotDone {
				t.Fatalf("tag %d, %v, outcome %v", tag, err, port.OutcomeOf(err))
			}
			break
		}
		if sent = tag; sent > 5000 {
			t.Fatal("publishes are kept without bound")
		}
	}
	wire.resume()
	for range sent {
		if confirmed, is := next(t, channel).(port.Confirmed); !is || confirmed.Outcome != port.Done {
			t.Fatalf("%+v", confirmed)
		}
	}
}

func TestNetworkLossIsCodeZeroOnAll(t *testing.T) {
	wire := newWire(t, servers.RabbitMQ(t))
	connection, channel := connect(t, wire.url)
	wire.pause()
	tag := publish(t, channel, "q", "m")
	wire.cut()
	outcomes, last := drain(t, channel)
	if outcomes[tag] != port.Unknown || last.Err == nil || last.Err.Code != 0 || !last.Err.Connection {
		t.Errorf("outcomes %v, closed %+v", outcomes, last.Err)
	}
	event, err := connection.Next(within(t))
	if closed, is := event.(port.Closed); err != nil || !is || closed.Err == nil || closed.Err.Code != 0 {
		t.Errorf("connection: %+v, %v", event, err)
	}
	if _, err := connection.Next(within(t)); !errors.Is(err, port.ErrClosed) {
		t.Errorf("after Closed: %v", err)
	}
	if _, err := connection.OpenChannel(within(t)); !errors.Is(err, port.ErrClosed) {
		t.Errorf("OpenChannel: %v", err)
	}
	refusesAll(t, channel)
}

// A silent peer is dead after two heartbeats.
func TestHeartbeatFindsADeadPeer(t *testing.T) {
	wire := newWire(t, servers.RabbitMQ(t))
	broker, err := rabbitmq.New(rabbitmq.Config{URL: wire.url, Heartbeat: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	connection, err := broker.Connect(within(t), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if event, err := connection.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a healthy connection said %+v, %v", event, err)
	}
	wire.pause()
	event, err := connection.Next(within(t))
	closed, is := event.(port.Closed)
	if err != nil || !is || closed.Err == nil || !strings.Contains(closed.Err.Text, "silent for two heartbeats") {
		t.Errorf("%+v, %v", event, err)
	}
}

func TestAdministratorClosesConnections(t *testing.T) {
	server := servers.SharedRabbitMQ(t)
	connection, channel := connect(t, server.URL())
	if _, err := server.Ctl(within(t), "close_all_connections", "maintenance"); err != nil {
		if errors.Is(err, servers.ErrNotOurs) {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	_, last := drain(t, channel)
	if last.Err == nil || last.Err.Code != 320 || !last.Err.Connection || !strings.Contains(last.Err.Text, "maintenance") {
		t.Errorf("channel closed with %+v", last.Err)
	}
	event, err := connection.Next(within(t))
	if closed, is := event.(port.Closed); err != nil || !is || closed.Err == nil || closed.Err.Code != 320 {
		t.Errorf("connection: %+v, %v", event, err)
	}
}

// A memory alarm blocks publishers; a connection that is healthy must outlive it, though
// its heartbeats cannot be written.
func TestAlarmBlocksAndReleases(t *testing.T) {
	server := servers.SharedRabbitMQ(t)
	broker, err := rabbitmq.New(rabbitmq.Config{URL: server.URL(), Heartbeat: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	connection, err := broker.Connect(within(t), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	channel := open(t, connection)
	name := queue(t, channel, nil)
	if _, err := server.Ctl(within(t), "set_vm_memory_high_watermark", "0.000001"); err != nil {
		if errors.Is(err, servers.ErrNotOurs) {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	release := func() {
		if _, err := server.Ctl(context.Background(), "set_vm_memory_high_watermark", "0.4"); err != nil {
			t.Error(err)
		}
	}
	defer release()
	body := make([]byte, 128<<10)
	sent := 0
	for ; sent < 100; sent++ {
		if _, err := channel.Publish(within(t), port.Publishing{Key: name, Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	if event, err := connection.Next(within(t)); err != nil {
		t.Fatal(err)
	} else if _, is := event.(port.Blocked); !is {
		t.Fatalf("%+v", event)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if event, err := connection.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("during the alarm: %+v, %v", event, err)
	}
	release()
	if event, err := connection.Next(within(t)); err != nil {
		t.Fatal(err)
	} else if _, is := event.(port.Unblocked); !is {
		t.Fatalf("%+v", event)
	}
	for range sent {
		if confirmed, is := next(t, channel).(port.Confirmed); !is || confirmed.Outcome != port.Done {
			t.Fatalf("%+v", confirmed)
		}
	}
	_ = connection.Close(within(t))
}

func TestContentsPassUnchanged(t *testing.T) {
	_, channel := setup(t)
	name := queue(t, channel, nil)
	sent := port.Publishing{
		Key: name, Body: []byte(strings.Repeat("long body ", 50_000)),
		Properties: port.Properties{
			ContentType: "application/cloudevents+json", CorrelationID: "c", MessageID: "m", Type: "OrderPlaced",
			AppID: "order", Expiration: "60000", Persistent: true, Priority: 3,
			Timestamp: time.Date(2026, 11, 23, 14, 0, 1, 0, time.UTC),
			Headers: port.Table{
				"text": "t", "yes": true, "small": int32(-1), "big": int64(1) << 40, "bytes": []byte{0, 255},
				"at": time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), "table": port.Table{"list": []any{"a", int64(1)}},
			},
		},
	}
	if _, err := channel.Publish(within(t), sent); err != nil {
		t.Fatal(err)
	}
	next(t, channel)
	reply, err := channel.Do(within(t), port.Get{Queue: name, AutoAck: true})
	if err != nil || reply.Delivery == nil {
		t.Fatalf("%+v, %v", reply, err)
	}
	got := reply.Delivery
	if !bytes.Equal(got.Body, sent.Body) || fmt.Sprint(got.Properties) != fmt.Sprint(sent.Properties) || got.Key != name {
		t.Errorf("got  %v\nsent %v", got.Properties, sent.Properties)
	}
}

func TestPublishRefusesWhatDoesNotFit(t *testing.T) {
	_, channel := setup(t)
	name := queue(t, channel, nil)
	for title, message := range map[string]port.Publishing{
		"ErrHeaderType": {Properties: port.Properties{Headers: port.Table{"f": struct{}{}}}},
		"ErrNested":     {Properties: port.Properties{Headers: port.Table{"l": []any{port.Table{"f": uint64(1)}}}}},
		"ErrLongKey":    {Key: strings.Repeat("k", 256)},
		"ErrLongHeader": {Properties: port.Properties{Headers: port.Table{strings.Repeat("h", 256): "v"}}},
	} {
		t.Run(title, func(t *testing.T) {
			tag, err := channel.Publish(within(t), message)
			if tag != 0 || err == nil || port.OutcomeOf(err) != port.NotDone {
				t.Errorf("tag %d, %v", tag, err)
			}
		})
	}
	if tag := publish(t, channel, name, "m"); tag != 1 {
		t.Errorf("refused publishes took tags: %d", tag)
	}
}

func TestConnectErrs(t *testing.T) {
	url := servers.RabbitMQ(t)
	t.Run("ErrPassword", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "password")
		writeFile(t, file, "wrong\n")
		broker, err := rabbitmq.New(rabbitmq.Config{URL: url, PasswordFile: file})
		if err != nil {
			t.Fatal(err)
		}
		_, err = broker.Connect(within(t), "c")
		var refused *port.CloseError
		if !errors.As(err, &refused) || refused.Code != 403 || !refused.Connection {
			t.Errorf("%v", err)
		}
	})
	t.Run("OKPasswordFile", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "password")
		writeFile(t, file, "guest\n")
		broker, err := rabbitmq.New(rabbitmq.Config{URL: strings.Replace(url, "guest:guest", "guest:wrong", 1), PasswordFile: file})
		if err != nil {
			t.Fatal(err)
		}
		if version, err := broker.Version(within(t)); err != nil || version == "" {
			t.Errorf("%q, %v", version, err)
		}
	})
	t.Run("ErrVirtualHost", func(t *testing.T) {
		broker, err := rabbitmq.New(rabbitmq.Config{URL: strings.TrimSuffix(url, "/") + "/missing"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = broker.Connect(within(t), "c")
		var refused *port.CloseError
		if !errors.As(err, &refused) || refused.Code != 530 {
			t.Errorf("%v", err)
		}
	})
	t.Run("ErrSilentPeer", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		broker, err := rabbitmq.New(rabbitmq.Config{URL: "amqp://guest:secret@" + listener.Addr().String()})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := broker.Connect(ctx, "c"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
	t.Run("ErrConfig", func(t *testing.T) {
		for _, config := range []rabbitmq.Config{
			{URL: "http://example"}, {URL: "amqp://a b"}, {URL: url, Heartbeat: time.Millisecond},
			{URL: url, PasswordFile: "/does/not/exist"}, {URL: "amqp://u:secret@host:port"},
		} {
			if _, err := rabbitmq.New(config); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%+v: %v", config, err)
			}
		}
	})
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
