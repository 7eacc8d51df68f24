package value

// gathering finds the aggregates that keep what they see: strings, arrays, JSON and bits.
func gathering(f *Function, elem *Type) func(*Context) Accumulator {
	switch f.Name {
	case "string_agg":
		kind := elem.Kind
		return func(*Context) Accumulator { return &joiner{kind: kind} }
	case "array_agg":
		if elem.Elem != nil {
			return func(*Context) Accumulator { return &nestGatherer{elem: elem.Elem} }
		}
		return func(*Context) Accumulator { return &arrayGatherer{elem: elem} }
	case "jsonb_agg":
		return func(c *Context) Accumulator { return &docGatherer{context: c, elem: elem} }
	case "jsonb_object_agg":
		return func(c *Context) Accumulator { return &objectGatherer{context: c, key: f.Args[0], elem: f.Args[1]} }
	case "json_agg":
		return func(c *Context) Accumulator { return &jsonGatherer{context: c, elem: elem} }
	case "json_object_agg":
		return func(c *Context) Accumulator { return &jsonObjectGatherer{context: c, key: f.Args[0], elem: f.Args[1]} }
	case "bit_and", "bit_or", "bit_xor":
		if elem.Kind != KindInt {
			return nil
		}
		how := map[string]Eval{"bit_and": intAnd, "bit_or": intOr, "bit_xor": intXor}[f.Name]
		return func(*Context) Accumulator { return &bitGatherer{how: how} }
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

// nestGatherer is array_agg of arrays, which adds a dimension.
type nestGatherer struct {
	elem   *Type
	arrays []Value
}

func (g *nestGatherer) Add(args []Value) error {
	v := args[0]
	switch {
	case v.IsNull():
		return newError(CodeNullNotAllowed, "cannot accumulate null arrays")
	case len(v.Array().Bounds) == 0:
		return newError(CodeArraySubscript, "cannot accumulate empty arrays")
	case len(g.arrays) > 0 && !sameLengths(g.arrays[0].Array().Bounds, v.Array().Bounds):
		return newError(CodeArraySubscript, "cannot accumulate arrays of different dimensionality")
	}
	g.arrays = append(g.arrays, v)
	return nil
}

func sameLengths(x, y []Bound) bool {
	for i := range x {
		if i >= len(y) || x[i].Length != y[i].Length {
			return false
		}
	}
	return len(x) == len(y)
}

func (g *nestGatherer) Result() (Value, error) {
	if g.arrays == nil {
		return Value{}, nil
	}
	return NestArrays(g.elem, g.arrays)
}

// docGatherer is jsonb_agg.
type docGatherer struct {
	context *Context
	elem    *Type
	seen    bool
	items   []Doc
}

func (g *docGatherer) Add(args []Value) error {
	d, err := toDoc(g.context, g.elem, args[0])
	g.seen, g.items = true, append(g.items, d)
	return err
}

func (g *docGatherer) Result() (Value, error) {
	if !g.seen {
		return Value{}, nil
	}
	return docOf(&Doc{Kind: DocArray, Items: append([]Doc(nil), g.items...)})
}

// objectGatherer is jsonb_object_agg: of equal keys the last stays.
type objectGatherer struct {
	context   *Context
	key, elem *Type
	seen      bool
	pairs     []docPair
}

func (g *objectGatherer) Add(args []Value) error {
	if args[0].IsNull() {
		return newError(CodeInvalidParameter, "field name must not be null")
	}
	key, err := keyText(g.context, g.key, args[0])
	if err != nil {
		return err
	}
	d, err := toDoc(g.context, g.elem, args[1])
	g.seen, g.pairs = true, append(g.pairs, docPair{key, d})
	return err
}

func (g *objectGatherer) Result() (Value, error) {
	if !g.seen {
		return Value{}, nil
	}
	d := objectOf(append([]docPair(nil), g.pairs...))
	return docOf(&d)
}

// jsonGatherer is json_agg.
type jsonGatherer struct {
	context *Context
	elem    *Type
	text    []byte
}

func (g *jsonGatherer) Add(args []Value) error {
	switch {
	case g.text == nil:
		g.text = append(g.text, '[')
	case g.elem.Kind == KindArray || g.elem.Kind == KindRecord:
		g.text = append(g.text, ", \n "...)
	default:
		g.text = append(g.text, ", "...)
	}
	text, err := appendJSON(g.context, g.text, g.elem, args[0])
	if err == nil {
		g.text = text
	}
	return err
}

func (g *jsonGatherer) Result() (Value, error) {
	if g.text == nil {
		return Value{}, nil
	}
	return OfJSON(string(g.text) + "]"), nil
}

// jsonObjectGatherer is json_object_agg.
type jsonObjectGatherer struct {
	context   *Context
	key, elem *Type
	text      []byte
}

func (g *jsonObjectGatherer) Add(args []Value) error {
	if args[0].IsNull() {
		return newError(CodeInvalidParameter, "field name must not be null")
	}
	key, err := keyText(g.context, g.key, args[0])
	if err != nil {
		return err
	}
	if g.text == nil {
		g.text = append(g.text, "{ "...)
	} else {
		g.text = append(g.text, ", "...)
	}
	g.text = append(appendJSONString(g.text, key), " : "...)
	text, err := appendJSON(g.context, g.text, g.elem, args[1])
	if err == nil {
		g.text = text
	}
	return err
}

func (g *jsonObjectGatherer) Result() (Value, error) {
	if g.text == nil {
		return Value{}, nil
	}
	return OfJSON(string(g.text) + " }"), nil
}

// bitGatherer is bit_and, bit_or and bit_xor of integers.
type bitGatherer struct {
	how   Eval
	total Value
}

func (g *bitGatherer) Add(args []Value) error {
	switch {
	case args[0].IsNull():
	case g.total.IsNull():
		g.total = OfInt(args[0].N)
	default:
		g.total, _ = g.how(nil, []Value{g.total, args[0]})
	}
	return nil
}

func (g *bitGatherer) Result() (Value, error) { return g.total, nil }
