package value

import "time"

// Context is what an expression may know of its surroundings. One serves a whole statement; the
// executor sets the times anew for each.
type Context struct {
	Now       int64          // transaction start, microseconds since 2000-01-01 UTC: now()
	Statement int64          // statement start: statement_timestamp()
	ClockNow  func() int64   // the running clock: clock_timestamp()
	Zone      *time.Location // the session's TimeZone; nil is UTC
	Random    func() uint64  // the seeded source behind gen_random_uuid() and random()

	// RegClass turns a possibly qualified, possibly quoted name into a regclass, whose S is how the
	// session would print it; nil when names cannot be resolved.
	RegClass func(name string) (Value, error)

	// Serve evaluates functions that need the server: sequences, settings, locks, transactions.
	// Function.Server says which they are.
	Serve func(f *Function, args []Value) (Value, error)

	patterns map[patternKey]*pattern   // compiled regular expressions
	zones    map[string]*time.Location // named by AT TIME ZONE
}

// zone is the session's time zone.
func (c *Context) zone() *time.Location {
	if c == nil || c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// clock is the running clock, or the transaction's start where there is none.
func (c *Context) clock() int64 {
	if c.ClockNow == nil {
		return c.Now
	}
	return c.ClockNow()
}
