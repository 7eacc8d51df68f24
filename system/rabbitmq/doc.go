// Package rabbitmq is the port.Broker of a real RabbitMQ, by amqp091-go.
//
// The library opens connections, encodes, and runs the synchronous methods. What it
// says about events cannot be taken as it is, so the package listens on the wire for
// their order and for the truth about confirms:
//
//	 Do   Publish  Settle                        Next
//	  |      |       |                             ^
//	  |   +--v-------v--+                     +----+----+
//	  |   |   writer    | one per channel     |  pump   | one per channel
//	  |   +------+------+                     +-^-----^-+
//	  |          |              contents        |     |  tokens: what came, in what order
//	+-v----------v-----------------------------++     |
//	|                amqp091-go                 |     |
//	+-------------------------^-----------------+     |
//	                          +------------- tap -----+
//	                                          |  net.Conn
//
// The tap reads the frames that pass to the library and notes, for each channel,
// delivery, return, ack, nack, cancel and close, a few bytes each. The pump turns them
// into events and fetches contents from the library, which has decoded them. All in
// between is unbounded; deliveries are bounded by the prefetch, confirms by the
// publisher. So nothing waits for a slow Next.
//
// # Why not the library's notifications (amqp091-go 1.16.0)
//
//   - NotifyPublish turns nacks into acks: a nack of 2 that is followed by a multiple
//     ack of 3 is reported as three acks (confirms.Multiple forgets what One stored).
//   - A DeferredConfirmation has no such fault, but reports a channel that closed as a nack,
//     although then nobody knows. Only the wire tells the two apart for certain.
//   - Deliveries, returns and confirms come by Go channels of their own, so that their
//     order is lost. A return must be seen before its confirm.
//   - A notification that waits for 5 s is dropped without a word (notifyAll). So returns
//     are taken by a task of their own, which waits for nothing else.
//   - The read deadline is set by the task that writes heartbeats. When the broker has
//     stopped reading (alarm) that task blocks, and a healthy connection times out. The tap
//     sets the deadline itself: dead is who said nothing for two heartbeats.
//
// # What can fail
//
// The broker closes a channel or the connection, with a code. The network ends, or the
// heartbeat says so; code 0. A context ends within Do or Close: the call may have
// had its effect, the channel counts as closed from here, and it is closed for real
// when the broker answers.
//
// In all cases the publishes that are open are Unknown, in order of their tags, then
// Closed. A publish that was accepted here and never left is Unknown too.
//
// Publish and Settle hand over to the writer and return. If the broker does not read,
// up to 256 of them per channel are kept; the next waits until its context ends, and
// then nothing of it was sent.
package rabbitmq
