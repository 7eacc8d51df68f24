package value

import (
	"math/bits"
	"slices"
)

func transactionTime(c *Context, _ []Value) (Value, error) { return OfTimestamp(c.Now), nil }
func statementTime(c *Context, _ []Value) (Value, error)   { return OfTimestamp(c.Statement), nil }
func clockTime(c *Context, _ []Value) (Value, error)       { return OfTimestamp(c.clock()), nil }

// CurrentDate is CURRENT_DATE: the transaction's day in the session's time zone.
func (c *Context) CurrentDate() Value { return stampDate(toLocal(c.zone(), c.Now)) }

// LocalTimestamp is LOCALTIMESTAMP.
func (c *Context) LocalTimestamp() Value { return OfTimestamp(toLocal(c.zone(), c.Now)) }

// LocalTime is LOCALTIME.
func (c *Context) LocalTime() Value {
	v, _ := stampTime(toLocal(c.zone(), c.Now))
	return v
}

// randomUUID is a version 4 UUID.
func randomUUID(c *Context, _ []Value) (Value, error) {
	if c.Random == nil {
		return Value{}, &Unsupported{Construct: "function gen_random_uuid() here"}
	}
	var id [16]byte
	for i := range 2 {
		n := bits.ReverseBytes64(c.Random())
		for j := range 8 {
			id[i*8+j] = byte(n >> (8 * j))
		}
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return OfUUID(id), nil
}

func snapshotXmin(_ *Context, a []Value) (Value, error) {
	return OfInt(int64(a[0].Snapshot().Xmin)), nil
}
func snapshotXmax(_ *Context, a []Value) (Value, error) {
	return OfInt(int64(a[0].Snapshot().Xmax)), nil
}

// visibleIn says whether a transaction was over when the snapshot was taken.
func visibleIn(_ *Context, a []Value) (Value, error) {
	xid, s := uint64(a[0].N), a[1].Snapshot()
	switch {
	case xid < s.Xmin:
		return OfBool(true), nil
	case xid >= s.Xmax:
		return OfBool(false), nil
	}
	return OfBool(!slices.Contains(s.Running, xid)), nil
}

func finiteStamp(_ *Context, a []Value) (Value, error) { return OfBool(!infiniteStamp(a[0].N)), nil }
func finiteDate(_ *Context, a []Value) (Value, error)  { return OfBool(!infiniteDate(a[0].N)), nil }
func finiteSpan(*Context, []Value) (Value, error)      { return OfBool(true), nil }

var clockEvals = map[string]Eval{
	"now": transactionTime, "statement_timestamp": statementTime, "clock_timestamp": clockTime, "gen_random_uuid": randomUUID,
	"pg_snapshot_xmin": snapshotXmin, "pg_snapshot_xmax": snapshotXmax, "pg_visible_in_snapshot": visibleIn,
	"timestamp_finite": finiteStamp, "date_finite": finiteDate, "interval_finite": finiteSpan,
}
