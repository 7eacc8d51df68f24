// Package outside is the world around the services: a payment gateway with its own ledger,
// a mailbox, and the clients who place orders and change their minds.
//
// Each is a core, a plain value that answers calls, and the ways in which the services
// reach it: in the simulator over a sim.Call, deployed over HTTP and SMTP.
//
//	                 +-- SimGateway (sim.Call) --+
//	payment.Gateway -+                           +--> Gateway: intents by idempotency key
//	                 +-- stripe over HTTP -------+
//
// The judge reads the cores, not what the services believe.
package outside
