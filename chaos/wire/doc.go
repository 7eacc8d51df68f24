// Package wire holds the protocol-aware proxies: they stand between the services and the
// real PostgreSQL and RabbitMQ, and let happen there what the simulator lets happen to the
// same crossings.
//
// A crossing is one passage over the boundary: a statement, a commit, a publish, a
// confirm, a delivery, an acknowledgement. The proxy reads as much of the protocol as it
// takes to name each as the simulator does, asks the Book, and brings the fate about:
//
//	service            Proxy (one per service and server)               server
//	                 +--------------------------------------+
//	  pgx,  -- up -->| frames -> crossing -> fate -> frames |-- up --> PostgreSQL,
//	  amqp091        |              |   ^                    |          RabbitMQ
//	      <-- down --| frames <- fate <-+- crossing <- frames |<-- down --
//	                 +--------------|---|--------------------+
//	                       identity v   | kind, duration
//	                             Book: attempts per identity,    <-- Storm: of a plan,
//	                             what was seen, what fired            or drawn
//
// # Transparent otherwise
//
// Frames are forwarded as the same bytes in the same order, streaming: a large frame is
// never held whole. The end of a connection is forwarded as what it was, orderly or a
// reset. A session that turns to TLS (or GSS encryption) is passed through blindly and counted
// in Stats.Encrypted: nothing in it can be struck. What is not the protocol at all ends the
// session with an error that Proxy.Errors keeps.
//
// # Identity
//
// Where is the service that the proxy is configured for. What is, as in sim/postgres and
// sim/rabbitmq:
//
//	begin, commit, rollback, exec X, query X, batch X, copy "t"     X from `-- name: X`
//	publish, ack, requeue, reject, confirm, delivery to q
//
// The Op of a message and of its confirm, delivery and settlement is its type and
// correlation id. The Op of a statement is that of its transaction: system/postgres writes
// it as a comment behind BEGIN (`begin /* CapturePayment{ann/order-7} */`). A statement
// outside a transaction has none, and so have AMQP's methods (declare, consume): they are
// counted, but cannot be struck. In the simulator each statement has the op of its own
// context; within a transaction of ours the two are the same.
//
// A statement by the extended protocol that returns rows is a query, any other an exec;
// one by the simple protocol is an exec, as pgx uses it for Exec without arguments. Two or
// more statements up to one Sync are a batch, named by the first. An attempt that never
// reached the wire (no connection was to be had), or a statement outside a transaction, counts in
// the simulator and not here. Of a confirm of several publishes each is a crossing; a fate of one
// strikes them all. A second FailAfter, LoseReply or Disconnect of the same connection cannot be
// seen by anybody.
//
// # Fates
//
//	FailBefore   what was sent before still arrives, this does not; the client's connection
//	             is reset, the server's ends in order
//	FailAfter    the request arrives; the server's reply (ReadyForQuery, the publish's confirm)
//	             is awaited and withheld; then as above. Where the protocol has no reply
//	             (ack), the server reads the frame before it reads the end of the connection
//	LoseReply    the request arrives; from the reply on nothing comes back any more, until the
//	             client gives up or Config.GiveUp has passed
//	Delay        the frame is late, and so is what follows it in its direction
//	Duplicate    the message is published twice; the second confirm is hidden from the
//	             publisher, and the numbers of later ones corrected
//	Reorder      the proxy keeps the delivery for a while as another consumer would and then
//	             requeues it (basic.reject), so that the client sees it later and redelivered
//	Disconnect   the whole connection breaks; whether the frame still arrives is drawn
//	Kill, LoseMachine   handed to the Book's Crasher with the frame held, if there is one
//
// Carries says of a fault whether the wire can bring it about at all, and if not why.
//
// # Faults of the wire only
//
// ResetAt, HoldConfirm, SwallowAck and Cut are for tests and for faults that no plan of the
// simulator knows.
package wire
