// Package invariants holds what must be true of the system after any storm, and the
// judges that say whether it is.
//
// An invariant is a claim about a History: what the databases, the broker, the gateway, the
// mailbox and the clients say once everything has come to rest. The history is collected
// the same way from simulated and from real servers (scenarios/collect); nothing here knows
// which.
//
//	databases  broker  gateway's ledger  mailbox  clients
//	     \        |          |             |        /
//	      +-------+----- History ----------+-------+
//	                        |
//	        one claim a file: StockConserved, EverySagaEnds, ...
//	                        |
//	          Finding: Pass, Fail or Unknown, and how many facts were judged
//
// The zero Verdict is Unknown, and Unknown is red. A claim that judged no facts is Unknown
// in a single run and red for a whole campaign: it has shown nothing.
//
// Each claim has a legal and an illegal history in its tests.
package invariants
