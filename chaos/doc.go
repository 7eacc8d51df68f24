// Package chaos is the vocabulary of faults: what can go wrong, where, and the Plan
// that says what did.
//
// A crossing is one passage of work over a boundary: a statement, a commit, a
// publish, a delivery, a call to the gateway. Every crossing has an Identity that
// names its cause and not its place in a schedule, so that the same crossing is
// recognised in another run, at another commit, or on real servers:
//
//	payment: commit of CapturePayment{ann/order-7}, attempt 2
//	   |        |            |             |               |
//	 service  what           Op        business key    counted per identity
//
// A Fault is a sentence about a crossing or about an instant:
//
//	lose reply of payment: commit of CapturePayment{ann/order-7}, attempt 1
//	kill node at order: publish of ReserveStock{bob/order-2}, attempt 1 for 2s
//	restart broker at 12.5s for 3s
//
// String writes it, Parse reads it back. A Plan is a list of such sentences with
// everything else that a run needs; it is all that is kept of a failure.
//
// The random choices of a run are keyed draws: Draw(seed, purpose, identity) depends
// on nothing else, so removing one fault from a plan shifts no other choice. The
// function behind Draw is frozen: changing it would change every kept seed.
package chaos
