// Package rules holds what simsafe checks: the rules, the rooms they hold in, and
// the one way to be excused.
//
// A package is simsafe when running it twice on the same inputs gives the same
// result: it asks nobody but its ports for time, randomness and concurrency. The
// simulator replays a run from a seed only if everything in it is simsafe.
//
//	source file --> room (by import path, rooms.go) --> rules in force
//	                                                        |
//	     //simsafe:allow reason  --excuses-->  finding  <---+
//
// # Rules
//
//	clock        time.Now and its kin read the machine's clock (an adapter's
//	             SetReadDeadline(time.Now().Add(d)) is a timer, and fine)
//	timers       time.Sleep, time.NewTimer and their kin wait on it
//	contexts     context.WithTimeout, WithCancel and their kin run timers and goroutines
//	randomness   global math/rand, crypto/rand, hash/maphash
//	environment  os.Getenv, os.Getpid, runtime.NumCPU and their kin
//	concurrency  go, channels, select, sync, sync/atomic, golang.org/x/sync, iter.Pull
//	maporder     ranging over a map where the order can escape
//	floats       arithmetic, comparison and package math on floating point
//	state        package variables that can change
//	addresses    %p, package unsafe, pointers as numbers
//	sql          SQL text outside flow, the services' store*.go and the databases' packages
//	pool         pgxpool outside system/postgres
//	amqp         amqp091 outside system/rabbitmq
//
// maporder accepts a loop only if its body cannot tell the order: it collects into
// a slice that is sorted next, fills or empties another map, accumulates integers
// commutatively, or looks for a constant answer (harmless.go). The comparison
// function of such a sort is trusted to leave no ties between different elements,
// and two names are taken for two variables.
//
// floats accepts conversions, constants, storing and formatting: a float may pass
// through, but nothing may be computed or decided with it, because the compiler
// fuses multiply and add on some machines and not on others.
//
// state accepts error values, embedded files, compiled regular expressions,
// sync.OnceValue, and unexported values that the package never assigns, writes
// into or takes the address of. Handing such a table to a function that changes
// it is not seen.
//
// # Exceptions
//
//	//simsafe:allow reason
//
// excuses its line, or, standing alone, the next line of code. Above the package
// clause of a test file it excuses the file: for a test that drives real servers
// and processes. A missing reason and an allow that excuses nothing are findings.
//
// # Other people's packages
//
// A package outside the rooms is free, unless its package doc has the line
//
//	//simsafe:strict
//
// Then every rule but sql holds in it. Write it into the packages that you run in
// the simulator.
package rules
