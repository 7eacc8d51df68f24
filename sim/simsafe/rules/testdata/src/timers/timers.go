// Package timers waits.
//
//simsafe:strict
package timers

import "time"

func bad() {
	time.Sleep(time.Second)          // want `timers: time.Sleep: it waits on the machine's clock; use port.Clock.Sleep`
	_ = time.After(1)                // want `timers: time.After`
	_ = time.Tick(1)                 // want `timers: time.Tick`
	_ = time.NewTimer(1)             // want `timers: time.NewTimer`
	_ = time.NewTicker(1)            // want `timers: time.NewTicker`
	_ = time.AfterFunc(1, func() {}) // want `timers: time.AfterFunc`
}
