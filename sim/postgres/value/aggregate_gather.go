package value

// gathering finds the aggregates that keep what they see: strings, arrays and JSON.
func gathering(f *Function, elem *Type) func(*Context) Accumulator {
	switch f.Name {
	case "string_agg":
		kind := elem.Kind
		return func(*Context) Accumulator { return &joiner{kind: kind} }
	case "array_agg":
		if elem.Elem != nil {
			return nil
		}
		return func(*Context) Accumulator { return &arrayGatherer{elem: elem} }
	}
	return nil
}

// joiner is string_agg of text or bytea.
type joiner struct {
	kind Kind
	seen bool
	text []byte
}

func (j *joiner) Add(args []Value) error {
	if args[0].IsNull() {
		return nil
	}
	if j.seen {
		j.text = append(j.text, args[1].S...)
	}
	j.seen, j.text = true, append(j.text, args[0].S...)
	return nil
}

func (j *joiner) Result() (Value, error) {
	if !j.seen {
		return Value{}, nil
	}
	return Value{Kind: j.kind, S: string(j.text)}, nil
}

// arrayGatherer is array_agg; NULLs stay.
type arrayGatherer struct {
	elem   *Type
	values []Value
}

func (g *arrayGatherer) Add(args []Value) error {
	g.values = append(g.values, args[0])
	return nil
}

func (g *arrayGatherer) Result() (Value, error) {
	if g.values == nil {
		return Value{}, nil
	}
	return OfArray(NewArray(g.elem, append([]Value(nil), g.values...))), nil
}
