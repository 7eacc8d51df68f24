// Package clock reads clocks.
//
//simsafe:strict
package clock

import (
	"net"
	. "time"
	t "time"
)

type node struct{ now func() t.Time }

func bad(at t.Time) {
	_ = t.Now()        // want `simsafe clock: time.Now: it reads the machine's clock; record instants with port.Clock.Wall`
	_ = t.Since(at)    // want `clock: time.Since`
	_ = t.Until(at)    // want `clock: time.Until`
	_ = Now()          // want `clock: time.Now`
	_ = node{t.Now}    // want `clock: time.Now`
	_ = at.In(t.Local) // want `clock: time.Local: it is the machine's time zone`
	_ = at.Local()     // want `clock: time.Time.Local`
}

func deadline(c net.Conn) error {
	return c.SetDeadline(t.Now()) // want `clock: time.Now`
}

func good(at t.Time) t.Duration {
	_ = t.Date(2026, 11, 23, 0, 0, 0, 0, t.UTC)
	_ = Unix(0, 0).UTC()
	return at.Sub(at.Add(3 * t.Second))
}
