package rabbitmq

// Profile is a version of RabbitMQ whose rules the server follows.
type Profile int

// The versions that differ in what a client can see.
const (
	V310 Profile = iota // 3.10, the Debian package, and up to 3.12
	V313                // 3.13
	V40                 // 4.0 to 4.2
	V43                 // 4.3
)

// String returns the version's number: 3.10, 3.13, 4.0 or 4.3.
func (p Profile) String() string { return [...]string{"3.10", "3.13", "4.0", "4.3"}[p] }

// Profiles returns all profiles, oldest first.
func Profiles() []Profile { return []Profile{V310, V313, V40, V43} }

// deliveryLimit is the default of quorum queues (RabbitMQ 4.0 release notes, "Quorum
// Queues Now Have a Default Redelivery Limit"), or unlimited.
func (p Profile) deliveryLimit() int {
	if p >= V40 {
		return 20
	}
	return unlimited
}

// countsOnlyFailures says that a delivery limit counts only failed attempts: a
// basic.reject or a lost consumer, not a basic.nack (RabbitMQ 4.3, Quorum Queues,
// "Poison Message Handling").
func (p Profile) countsOnlyFailures() bool { return p >= V43 }

// tellsAcquired says that redeliveries from a quorum queue carry x-acquired-count.
func (p Profile) tellsAcquired() bool { return p >= V43 }

// countsFromZero says that basic.get from a quorum queue tells a delivery count of zero as well
// (rabbitmq-server 3.10, rabbit_fifo_client:add_delivery_count_header).
func (p Profile) countsFromZero() bool { return p < V313 }

// honoursDeaths says that an x-death header that a client publishes is continued, and
// takes part in the detection of cycles (4.0.1 release notes, "AMQP 0.9.1 x-death header").
// 3.13 stands for 3.13.3 and later: the first three did not (rabbitmq-server, PR 11339).
func (p Profile) honoursDeaths() bool { return p < V40 }

// turnsDeaths says that each death turns round the entries of x-death which were there before, so
// that from the third on they are not newest first (rabbit_dead_letter up to 3.12,
// update_x_death_header; 3.13 keeps deaths by recency: mc, record_death). It is what
// clients see, and what the detection of cycles goes by.
func (p Profile) turnsDeaths() bool { return p < V313 }

// watchesReads says that a channel which reads from a classic queue with basic.get hears of its end
// (rabbit_classic_queue from 3.12 on, dequeue, ensure_monitor).
func (p Profile) watchesReads() bool { return p >= V313 }

// tellsLastDeath says that dead letters carry x-last-death-* headers.
func (p Profile) tellsLastDeath() bool { return p >= V313 }

// prioritises says that a quorum queue would not take the message in its turn: 4.0 has two
// priorities, of which 5 and above is the higher one, and 4.3 has many (4.0.1 and 4.3.0 release notes).
func (p Profile) prioritises(m *message) bool {
	return p >= V43 && m.props.Priority > 0 || p >= V40 && m.props.Priority > 4
}

// messageMax is the default of max_message_size, in bytes.
func (p Profile) messageMax() int {
	if p >= V40 {
		return 16 << 20
	}
	return 128 << 20
}

// timeoutCancels says that an acknowledgement timeout on a quorum queue ends the
// consumer and not the channel.
func (p Profile) timeoutCancels() bool { return p >= V43 }

// timesOut says whether deliveries from the queue must be acknowledged in time: with 4.3 the
// timeout went from the channels to the quorum queues, and classic ones have none.
func (p Profile) timesOut(q *queue) bool { return q.quorum || !p.timeoutCancels() }

// confirmsUnsynced says that a classic queue confirms persistent messages before they
// are synced to disk, so that losing the machine may lose them.
func (p Profile) confirmsUnsynced() bool { return p >= V313 }

// refusesTransient says that queues which are neither durable nor exclusive are denied
// (deprecated feature transient_nonexcl_queues, denied by default).
func (p Profile) refusesTransient() bool { return p >= V43 }

// creditsDeadTwice says that a consumer whose return is beyond the delivery limit may have one
// message more from then on: its credit is given back for the death and for the return
// (rabbit_fifo up to machine version 2, return_one and return).
func (p Profile) creditsDeadTwice() bool { return p == V310 }

// knowsConsumersByTag says that a quorum queue orders its consumers by their tags, not by their
// arrival (rabbit_fifo before and after machine version 4).
func (p Profile) knowsConsumersByTag() bool { return p < V40 }
