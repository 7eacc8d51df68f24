package value

// overlaps is (s1, e1) OVERLAPS (s2, e2); the ends of a period may come in any order, and one may be
// NULL (overlaps_timestamp in timestamp.c).
func overlaps(_ *Context, a []Value) (Value, error) {
	s1, e1, ok1 := period(a[0], a[1])
	s2, e2, ok2 := period(a[2], a[3])
	switch {
	case !ok1 || !ok2:
		return Value{}, nil
	case s1.N > s2.N:
		e1, s2, e2 = e2, s1, e1
	case s1.N == s2.N:
		if e1.IsNull() || e2.IsNull() {
			return Value{}, nil
		}
		return OfBool(true), nil
	}
	// s1 is before s2.
	switch {
	case e1.IsNull():
		return Value{}, nil
	case s2.N < e1.N:
		return OfBool(true), nil
	case e2.IsNull():
		return Value{}, nil
	}
	return OfBool(false), nil
}

// overlapsFor is overlaps where an end may be an interval, counted from its period's start.
func overlapsFor(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		ends := append([]Value(nil), a...)
		for i := 1; i < len(ends); i += 2 {
			if args[i] != Interval || ends[i].IsNull() || ends[i-1].IsNull() {
				continue
			}
			end, err := endOf(c, args[i-1], ends[i-1].N, ends[i].Span())
			if err != nil {
				return Value{}, err
			}
			ends[i] = end
		}
		return overlaps(c, ends)
	}
}

// endOf is a time, timestamp or timestamptz plus an interval.
func endOf(c *Context, t *Type, start int64, s Span) (Value, error) {
	switch t {
	case Time:
		return OfTime(floorMod(start+s.Micros%microsPerDay, microsPerDay)), nil
	case Timestamptz:
		return stampValue(addSpanIn(c.zone(), start, s))
	}
	return stampValue(addSpan(start, s))
}

var overlapsMakers = overlapsTable()

func overlapsTable() map[string]maker {
	table := map[string]maker{}
	for _, t := range [...]string{"time", "timestamp", "timestamptz"} {
		for _, ends := range [...][2]string{{"interval", "interval"}, {"interval", t}, {t, "interval"}} {
			table["overlaps("+t+","+ends[0]+","+t+","+ends[1]+")"] = overlapsFor
		}
	}
	return table
}

// period orders a period's ends; a NULL end stays behind. ok is false if both are NULL.
func period(start, end Value) (Value, Value, bool) {
	switch {
	case start.IsNull():
		return end, start, !end.IsNull()
	case !end.IsNull() && start.N > end.N:
		return end, start, true
	}
	return start, end, true
}
