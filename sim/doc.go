// Package sim is the kernel of the simulator: one seed drives a world of nodes whose
// tasks run one at a time, in virtual time.
//
// A world is a set of nodes, the network between them, and a queue of events. A task is
// ordinary blocking code on a coroutine. Exactly one task runs at any moment; it runs
// until it calls a port, and every port call is a point where the kernel may delay it,
// fail it, run others, or end its node:
//
//	           +------------------------- World --------------------------+
//	           |  events, ordered by (virtual time, order of scheduling)  |
//	           +----+----------------------+-----------------------+------+
//	resume / park   |                      |                       |
//	           +----+-----+   Conn    +----+------+           +----+-----+
//	           |   Node   |----------- |   Node    |-----------|   Node   |
//	           | order-1  | in-order, | database  |  may fail |  broker  |
//	           |  tasks   | may fail  |  order    |           |          |
//	           +----------+           +-----------+           +----------+
//
// # Time
//
// Time is virtual and jumps to the next event. Nothing here reads the machine's clock,
// except the watchdog that reports a task which never calls a port.
//
// # Choice
//
// Every choice is a keyed draw (chaos.Draw) from the seed and the identity of the
// crossing at which it is made. The Storm decides which crossings meet a fault; a
// drawn storm takes its choices from the seed, a planned one from a list. Crossings of
// background loops that have not yet touched a row or a message have no business key:
// they meet no strikes, and nothing is keyed by how often they happened.
//
// # What can fail
//
// A node is killed (its operating system closes its connections) or loses its machine
// (nobody is told). Its tasks end at their port call by runtime.Goexit, so that no
// recover in the code can stop it; deferred calls run, but every port answers them
// ErrCrashed and does nothing. What the node had sent is still on its way. Connections
// break, go silent, and refuse. Servers restart.
//
// # Determinism
//
// Trace hashes every event, port call, argument, row and error. Two runs with the same
// seed, plan and code have the same hash. A panic, a task that never yields, a task
// that spins at one instant, and a construct that a simulated server does not support
// fail the world itself: World.Run returns an error, which is not a verdict about the
// services.
//
// The kernel knows no service, no SQL and no AMQP. Simulated servers are nodes whose
// behaviour is written with Conn, Cross, Park and Wake.
package sim
