// Package port is the boundary between Squall's services and the world: the
// database, the broker, and the process they run in.
//
// A port is the narrow waist through which service code does everything that is
// not pure computation. There are three, shaped like the libraries they stand for,
// so that code above them stays idiomatic Go:
//
//	           services, flow            (ordinary blocking Go)
//	      DB         Broker        Runtime
//	       |            |             |
//	+------+------+-----+------+------+------+
//	| pgxpool     | amqp091-go | the process |   deployed   (system/postgres, rabbitmq, process)
//	| simulated   | simulated  | the kernel  |   simulated  (sim/postgres, sim/rabbitmq, sim)
//	+-------------+------------+-------------+
//
// # What an error means
//
// An error from a port says one of three things about the effect that was asked
// for: it did not happen, it happened, or nobody can know from here. OutcomeOf
// tells which. The third is the one that separates programs that survive from
// programs that mostly survive: a COMMIT or a publish whose answer was lost may
// have taken effect. Callers repeat such work under the same identity and let
// the receiver recognise it.
//
// # Identity
//
// A task says what it is doing by putting an Op into its context. Simulators name
// faults by it, traces group by it. It has no effect on behaviour.
//
// # Contexts
//
// Every blocking call ends when its context does. Contexts with a deadline or a
// cancel function come from Runtime.WithTimeout, never from package context: a
// deadline is measured on the process's own elapsed clock.
package port
