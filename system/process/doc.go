// Package process is the Runtime of a real operating-system process.
//
// It implements port.Runtime with what Go has: goroutines, timers on the monotonic
// clock, and the operating system's entropy.
//
//	Wall        time.Now in UTC, its monotonic part removed, so that nobody subtracts it unseen
//	Elapsed     the monotonic clock since New
//	Random      crypto/rand
//	Go          a goroutine; a panic is logged with its stack and ends the process
//	Monitor     a one-slot channel as the lock, a closed channel as the broadcast
//
// What can fail: nothing but by its context. The entropy of the operating system is
// taken as reliable (crypto/rand.Read ends the program otherwise).
package process
