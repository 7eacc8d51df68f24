// Package flow is what every service stands on: it makes facts durable, sends them on,
// and takes in those of others, each once.
//
//	request or message
//	      |
//	      v
//	 +---------- Unit: one transaction -----------+
//	 | inbox    claim the message, or it is known |
//	 | events   append facts (stream, version)    |
//	 | view     bring the read model up to date   |
//	 | timers   what to do if nothing comes       |
//	 | outbox   what others must be told          |
//	 +---------------------+----------------------+
//	                       | commit
//	                       v
//	   relay: claim unsent -> publish -> confirmed -> mark sent
//	                       |
//	                       v
//	   broker: squall.events (topic), squall.commands (direct)
//	                       |
//	                       v
//	   consumer: decode -> Handle -> ack;  retry tier;  dead letter
//
// # The promise
//
// Delivery is at least once; effects happen once. What a Unit appends and sends becomes
// true together or not at all. A committed outbox row is published until the broker
// confirms it, so it may be published twice; the inbox of each service recognises the
// second by its id. A message is acknowledged after its Unit has committed.
//
// # What can fail
//
//   - The process dies anywhere: an uncommitted Unit never was; an unsent row is sent by
//     another replica's relay; an unacknowledged message comes again.
//   - A commit's answer is lost: the work is repeated under the same ids and finds itself
//     done (inbox, request key, stream version).
//   - A publish's outcome is unknown: the row stays unsent and is published again.
//   - The database or the broker is away: loops wait with backoff and try again; a
//     delivery in hand is held and retried, it does not use up its attempts.
//   - A handler fails for its own reasons: the message goes through the retry tiers, one
//     queue per delay, and after MaxAttempts to the dead letters of its queue. A message
//     that cannot be read goes there at once.
package flow
