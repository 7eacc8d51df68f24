package port

import (
	"context"
	"fmt"
	"time"
)

// Broker is AMQP 0-9-1 without Go channels. Tracking confirms, connecting again,
// declaring again and supervising consumers are done above the port, so that the
// simulator runs that code too.
type Broker interface {
	// Connect opens a connection that the broker's tools show under name. On an
	// error there is none.
	Connect(ctx context.Context, name string) (Connection, error)
}

// Connection is one connection to the broker. It carries channels.
type Connection interface {
	// OpenChannel opens a channel in confirm mode.
	OpenChannel(ctx context.Context) (Channel, error)

	// Next blocks for what the broker says about the connection as a whole:
	// Blocked, Unblocked, and last of all Closed. After Closed it returns
	// ErrClosed. On an error, which is ctx's otherwise, nothing was consumed.
	Next(ctx context.Context) (Event, error)

	// Close ends the connection and its channels in order. Messages not settled
	// return to their queues. It is safe to call twice.
	Close(ctx context.Context) error
}

// Channel is one AMQP channel in confirm mode. Each has its own numbering of
// publishes and of deliveries, from 1. At most one task at a time may call Do, and
// one Next; Publish and Settle may be called by any.
//
// The broker closes a channel at its own time, also for a publish or a settle that
// returned nil long ago. Then every open Publish gets Confirmed with Unknown,
// Closed follows, and all calls return an error that matches ErrClosed.
type Channel interface {
	// Do runs one synchronous method and waits for the broker's answer. A refusal
	// is a *CloseError and closes the channel (AMQP 0-9-1, 1.3). Any other error
	// leaves the outcome unknown and closes the channel too.
	Do(ctx context.Context, method Method) (Reply, error)

	// Publish sends a message and returns its tag at once, counted from 1 on
	// this channel. Its outcome comes later through Next, as Confirmed. On an error
	// without a tag (0) nothing was sent.
	Publish(ctx context.Context, message Publishing) (tag uint64, err error)

	// Settle acknowledges or rejects deliveries. Nothing answers it: nil means
	// sent, not done. A tag that the channel does not know closes it with 406.
	Settle(ctx context.Context, settlement Settlement) error

	// Next blocks for what the broker sends on the channel: Delivery, Returned,
	// Confirmed, ConsumerCancelled, and last of all Closed, in the order sent: a
	// message's Returned comes before its Confirmed. After Closed it returns
	// ErrClosed. On an error, which is ctx's otherwise, nothing was consumed.
	Next(ctx context.Context) (Event, error)

	// Close ends the channel in order. Messages not settled return to their
	// queues. It is safe to call twice.
	Close(ctx context.Context) error
}

// Method is a synchronous AMQP method, one of the types below it.
type Method interface{ method() }

// Table is an AMQP table of arguments or headers. Values are string, bool, int32,
// int64, time.Time, []byte, Table or []any of these.
type Table map[string]any

// DeclareExchange creates an exchange or, if it exists, checks that it is the same
// (406 otherwise). Passive only checks that it exists (404 otherwise).
type DeclareExchange struct {
	Name       string
	Kind       string // topic, direct, fanout, headers, or a plugin's
	Durable    bool
	AutoDelete bool
	Internal   bool
	Passive    bool
	Args       Table
}

// DeclareQueue creates a queue or, if it exists, checks that it is the same (406
// otherwise). Passive only checks that it exists (404 otherwise). With an empty name
// the broker makes one up; it is in the reply.
type DeclareQueue struct {
	Name       string
	Durable    bool
	Exclusive  bool
	AutoDelete bool
	Passive    bool
	Args       Table
}

// BindQueue routes messages from an exchange to a queue. Binding twice is binding once.
type BindQueue struct {
	Queue    string
	Exchange string
	Key      string
	Args     Table
}

// UnbindQueue removes a binding. One that is not there is no error.
type UnbindQueue BindQueue

// BindExchange routes messages from one exchange to another (a RabbitMQ extension).
type BindExchange struct {
	Destination string
	Source      string
	Key         string
	Args        Table
}

// UnbindExchange removes an exchange-to-exchange binding.
type UnbindExchange BindExchange

// PurgeQueue removes the messages of a queue that are ready, and counts them.
type PurgeQueue struct{ Name string }

// DeleteQueue removes a queue with its messages, and counts them.
type DeleteQueue struct {
	Name     string
	IfUnused bool
	IfEmpty  bool
}

// DeleteExchange removes an exchange with its bindings.
type DeleteExchange struct {
	Name     string
	IfUnused bool
}

// Prefetch bounds the unsettled deliveries of each consumer started afterwards on
// the channel (RabbitMQ documentation, Consumer Prefetch). Zero means no bound.
type Prefetch struct{ Count int }

// Consume starts a consumer; its messages come through Next.
type Consume struct {
	Queue     string
	Consumer  string // the consumer tag, unique on the channel; the broker makes one up if empty
	AutoAck   bool   // deliveries count as settled once sent
	Exclusive bool
	Args      Table
}

// CancelConsumer stops a consumer. Its unsettled deliveries stay unsettled.
type CancelConsumer struct{ Consumer string }

// Get fetches one message without a consumer. Reply.Delivery is nil if there was none.
type Get struct {
	Queue   string
	AutoAck bool
}

func (DeclareExchange) method() {}
func (DeclareQueue) method()    {}
func (BindQueue) method()       {}
func (UnbindQueue) method()     {}
func (BindExchange) method()    {}
func (UnbindExchange) method()  {}
func (PurgeQueue) method()      {}
func (DeleteQueue) method()     {}
func (DeleteExchange) method()  {}
func (Prefetch) method()        {}
func (Consume) method()         {}
func (CancelConsumer) method()  {}
func (Get) method()             {}

// Reply is the broker's answer to a Method; which fields are set depends on it.
type Reply struct {
	Name      string    // DeclareQueue: the queue; Consume: the consumer tag
	Messages  int       // DeclareQueue: ready messages; PurgeQueue, DeleteQueue: removed; Get: left
	Consumers int       // DeclareQueue: consumers of the queue
	Delivery  *Delivery // Get: the message, or nil
}

// Properties are the basic properties of a message (AMQP 0-9-1, 1.8.1).
type Properties struct {
	ContentType   string
	CorrelationID string
	MessageID     string
	Type          string
	AppID         string
	Expiration    string // time to live in milliseconds, as decimal text
	Persistent    bool
	Priority      uint8
	Timestamp     time.Time // to the second
	Headers       Table
}

// Publishing is a message to be routed by an exchange.
type Publishing struct {
	Exchange  string // empty: the default exchange, routing to the queue named by Key
	Key       string
	Mandatory bool // an unroutable message is returned; it is acked all the same
	Properties
	Body []byte
}

// Settlement settles the delivery Tag, or with Multiple all up to it.
type Settlement struct {
	Tag      uint64
	Multiple bool
	Verdict  SettleVerdict
}

// SettleVerdict says what becomes of a settled message.
type SettleVerdict int

// The verdicts: done with it; take it back to the queue; dead-letter or drop it.
// Requeue and Reject are basic.nack; RejectRequeue is basic.reject with requeue,
// which quorum queues of RabbitMQ 4.3 count differently.
const (
	Ack SettleVerdict = iota
	Requeue
	Reject
	RejectRequeue
)

// Event is what the broker sends by itself, one of the types below it.
type Event interface{ event() }

// Delivery is a message for a consumer. Redelivered is true if the broker may have
// delivered it before; it says nothing of what publishers repeated.
type Delivery struct {
	Consumer    string
	Tag         uint64
	Redelivered bool
	Exchange    string
	Key         string
	Properties
	Body []byte
}

// Returned is a mandatory message that no queue took.
type Returned struct {
	Code     int // 312 NO_ROUTE
	Text     string
	Exchange string
	Key      string
	Properties
	Body []byte
}

// Confirmed is the outcome of the Publish with this tag, one event each: Done the
// broker took responsibility, NotDone it refused (basic.nack), Unknown the channel
// closed before it said.
type Confirmed struct {
	Tag     uint64
	Outcome Outcome
}

// ConsumerCancelled says that the broker ended a consumer, because its queue is gone.
type ConsumerCancelled struct{ Consumer string }

// Blocked says that the broker has stopped reading from publishing connections.
type Blocked struct{ Reason string }

// Unblocked says that the broker reads again.
type Unblocked struct{}

// Closed is the last event of a channel or a connection. Err is nil after Close.
type Closed struct{ Err *CloseError }

func (Delivery) event()          {}
func (Returned) event()          {}
func (Confirmed) event()         {}
func (ConsumerCancelled) event() {}
func (Blocked) event()           {}
func (Unblocked) event()         {}
func (Closed) event()            {}

// ErrClosed is matched by every error of a channel or connection that has ended.
var ErrClosed = &CloseError{Text: "channel/connection is closed"}

// CloseError says why a channel or a connection ended. Code is AMQP's (403
// ACCESS_REFUSED, 404 NOT_FOUND, 405 RESOURCE_LOCKED, 406 PRECONDITION_FAILED, 320
// CONNECTION_FORCED, 541 INTERNAL_ERROR ...), or 0 if the network ended it.
type CloseError struct {
	Code       int
	Text       string
	Connection bool // the whole connection has ended, not only the channel
}

func (e *CloseError) Error() string {
	if e.Code == 0 {
		return "amqp: " + e.Text
	}
	return fmt.Sprintf("amqp %d: %s", e.Code, e.Text)
}

// Is matches ErrClosed: whatever a CloseError tells, the channel is gone.
func (e *CloseError) Is(target error) bool { return target == ErrClosed }
