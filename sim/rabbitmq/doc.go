// Package rabbitmq is a simulated RabbitMQ: a server on a node of a sim.World that keeps
// RabbitMQ's rules, and the port.Broker through which clients reach it.
//
// A channel publishes messages to an exchange; bindings route them to queues; a queue
// delivers them to consumers, which settle them. The rules of all that are one state
// machine without network or clock (broker), which is told the time with every input and
// leaves the frames that it sends in order:
//
//	client node                               broker node
//	clientBroker                              Server
//	  connection      -- frames, by Conn -->    session
//	    clientChannel                             channel
//	      Do, Publish, Settle                       |
//	                                                v
//	                              exchange -- binding --> queue --+--> consumer
//	                                 ^           (log, if quorum) |       |
//	                                 |                            v       | settle
//	                                 +------ dead letter <---- expired, --+
//	                                                       rejected, over limit
//	      Next       <-- frames, by Conn --  confirms, returns, deliveries, closes
//
// # What can fail
//
// Every frame crosses the network in a crossing: "publish", "ack", "requeue", "reject"
// and the methods ("declare queue q") at the client, "confirm" and "delivery to q" at the
// broker. A crossing is identified by its message: its type and correlation id, not by
// the loop that relays it. What a fault means, in TCP's terms:
//
//	FailBefore   the connection breaks before the frame arrives
//	FailAfter    the frame arrives and acts; then the connection breaks
//	LoseReply    from here on nothing comes back; two missed heartbeats end the connection
//	Delay        the frame is late, and so is what follows it on its connection
//	Duplicate    the message is stored twice, as a publisher's retry below our sight does
//	Reorder      somebody else has the message for a while and returns it
//	Disconnect   the whole connection breaks, with all its channels
//
// Nothing else is ever lost: frames of one connection stay in order.
//
// When the broker's node crashes, connections, transient queues and transient messages are
// gone. A quorum queue keeps what it has confirmed; what was being written may be gone,
// from a drawn point of its log on, and acknowledgements that were being written may be
// lost, so that their messages are back. A classic queue keeps persistent messages that
// were written.
//
// # What is not modelled
//
// Asking for these fails the world with *Unsupported; each has a case in sim/conform/testdata/rabbitmq
// that says so (refused):
//
//   - streams: another data structure with another protocol of its own;
//   - priorities of messages and consumers: nothing of ours uses them, and they would be a
//     second order in every queue. From 4.0 on quorum queues have them unasked: there a message that
//     would overtake is refused;
//   - delayed retries of 4.3, timeouts for acknowledgements per queue or consumer, and exchange types of
//     plugins other than the consistent-hash exchange.
//
// Not offered by the port, so not there: transactions (a channel in confirm mode refuses
// tx.select with 406), basic.recover, basic.qos for a whole channel, direct reply-to,
// policies and with them mirrored classic queues. One node: a quorum queue's leader can be
// taken away for a time (ElectLeader), but nodes of a cluster do not fail one by one.
// The hash of the consistent-hash exchange is not RabbitMQ's own: which key goes where
// differs, that a key stays with its queue does not.
package rabbitmq
