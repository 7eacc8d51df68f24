package value

// aggregateFor finds what begins a group of an aggregate for its argument types; nil if it is not simulated.
func aggregateFor(f *Function) func(*Context) Accumulator {
	var elem *Type
	if len(f.Args) > 0 {
		elem = f.Args[0]
	}
	switch f.Name {
	case "count":
		return func(*Context) Accumulator { return &counter{star: elem == nil} }
	case "min", "max":
		if !elem.Sortable() {
			return nil
		}
		sign := 1
		if f.Name == "min" {
			sign = -1
		}
		return func(*Context) Accumulator { return &extreme{sign: sign} }
	case "bool_and", "every", "bool_or":
		either := f.Name == "bool_or"
		return func(*Context) Accumulator { return &truth{any: either} }
	case "sum", "avg":
		return summing(f.Name == "avg", elem, f.Result)
	}
	return gathering(f, elem)
}

// counter is count(*) and count(x).
type counter struct {
	star bool
	n    int64
}

func (c *counter) Add(args []Value) error {
	if c.star || !args[0].IsNull() {
		c.n++
	}
	return nil
}

func (c *counter) Result() (Value, error) { return OfInt(c.n), nil }

// extreme is min and max: sign 1 keeps the greatest.
type extreme struct {
	sign int
	best Value
}

func (e *extreme) Add(args []Value) error {
	v := args[0]
	if !v.IsNull() && (e.best.IsNull() || Compare(v, e.best)*e.sign > 0) {
		e.best = v
	}
	return nil
}

func (e *extreme) Result() (Value, error) { return e.best, nil }

// truth is bool_and and bool_or.
type truth struct {
	any  bool
	seen bool
	is   bool
}

func (t *truth) Add(args []Value) error {
	v := args[0]
	switch {
	case v.IsNull():
	case !t.seen:
		t.seen, t.is = true, v.True()
	case t.any:
		t.is = t.is || v.True()
	default:
		t.is = t.is && v.True()
	}
	return nil
}

func (t *truth) Result() (Value, error) {
	if !t.seen {
		return Value{}, nil
	}
	return OfBool(t.is), nil
}

func summing(average bool, elem, result *Type) func(*Context) Accumulator {
	switch elem.Kind {
	case KindInt, KindNumeric:
		return func(*Context) Accumulator { return &exactSum{average: average, result: result} }
	case KindFloat:
		return func(*Context) Accumulator { return &floatSum{average: average, single: result == Float4} }
	case KindInterval:
		return func(*Context) Accumulator { return &spanSum{average: average} }
	}
	return nil
}

// exactSum is sum and avg of integers and numerics.
type exactSum struct {
	average bool
	result  *Type
	n       int64
	small   int64    // of integers, while they fit
	total   *Decimal // of everything else
}

func (s *exactSum) Add(args []Value) error {
	v := args[0]
	if v.IsNull() {
		return nil
	}
	s.n++
	if v.Kind == KindNumeric {
		s.carry(v.Decimal())
		return nil
	}
	if sum, ok := addInt(s.small, v.N); ok {
		s.small = sum
		return nil
	}
	s.carry(NewDecimal(v.N, 0))
	return nil
}

func (s *exactSum) carry(d *Decimal) {
	if s.total == nil {
		s.total = NewDecimal(0, 0)
	}
	s.total = s.total.add(d)
}

func (s *exactSum) Result() (Value, error) {
	if s.n == 0 {
		return Value{}, nil
	}
	if s.result == Int8 {
		if s.total != nil {
			return Value{}, width8.overflow()
		}
		return OfInt(s.small), nil
	}
	sum := NewDecimal(s.small, 0)
	if s.total != nil {
		sum = sum.add(s.total)
	}
	if !s.average {
		return OfDecimal(sum), nil
	}
	return decimalOf(sum.divide(NewDecimal(s.n, 0)))
}

// floatSum is sum and avg of floats, added in the order of the rows.
type floatSum struct {
	average, single bool
	n               int64
	sum             float64
}

func (s *floatSum) Add(args []Value) error {
	if args[0].IsNull() {
		return nil
	}
	s.n++
	s.sum = roundedFloat(s.sum+args[0].Float(), s.single) //simsafe:allow PostgreSQL's float8
	return nil
}

func (s *floatSum) Result() (Value, error) {
	if s.n == 0 {
		return Value{}, nil
	}
	if s.average {
		return OfFloat(s.sum / float64(s.n)), nil //simsafe:allow PostgreSQL's float8
	}
	return OfFloat(s.sum), nil
}

// spanSum is sum and avg of intervals.
type spanSum struct {
	average bool
	n       int64
	sum     Span
}

func (s *spanSum) Add(args []Value) error {
	if args[0].IsNull() {
		return nil
	}
	sum, err := s.sum.add(args[0].Span())
	s.n, s.sum = s.n+1, sum
	return err
}

func (s *spanSum) Result() (Value, error) {
	if s.n == 0 {
		return Value{}, nil
	}
	if s.average {
		return spanOf(s.sum.divide(float64(s.n)))
	}
	return OfInterval(s.sum), nil
}
