// Package e2e holds the tests that run the services end to end on a real PostgreSQL and a
// real RabbitMQ, and judge them by the invariants that judge the simulator.
//
//	clients --HTTP--> order, payment, inventory, notification --> PostgreSQL, RabbitMQ
//	                     |                            |
//	              StripeServer (HTTP)           SMTPSink (SMTP)
//	                     |                            |
//	                     +--> collect --> invariants <+
//
// The services run as operating-system processes, built from system/cmd with the defaults
// that they ship with, which the tests kill; and, in the tests named InProcess, as two
// replicas each within the test, so that the race detector sees them:
//
//	go test ./scenarios/e2e
//	go test -race ./scenarios/e2e -run InProcess
//	SQUALL_E2E_RACE=1 go test ./scenarios/e2e     processes with the race detector built in
//
// Servers are found as package servers says. Without any the tests are skipped with a loud line,
// or fail where servers are required. A broker from the environment must be one for tests:
// the services' queues there are deleted.
package e2e
