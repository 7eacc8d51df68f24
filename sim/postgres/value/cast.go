package value

// FindCast chooses the conversion between two types in a context (manual, 10.4 and CREATE CAST).
// From Unknown it reads the literal by the type's input function. With the same types it is a
// Relabel: a type modifier is Type.Coerce's business. Error: 42846 if there is no cast in this context;
// *Unsupported.
func FindCast(from, to *Type, context CastContext) (*Cast, error) {
	if from == Unknown && to != Unknown {
		return textCast(from, to)
	}
	way, row := findPath(from, to, context)
	cast := &Cast{From: from, To: to}
	cast.function = Function{Name: to.Name, Args: []*Type{from}, Result: to, Strict: true, pack: -1}
	switch way {
	case relabel:
		cast.Relabel = from.Kind == to.Kind || Same(from, to) || to == Unknown
		cast.function.eval = rekind(to.Kind)
	case throughFunction:
		cast.function.eval = implementation(row.source, cast.function.Args, to)
	case throughText:
		return textCast(from, to)
	case elementwise:
		return arrayCast(from, to, context)
	case noPath:
		return recordCast(from, to)
	}
	if cast.function.eval == nil {
		return nil, &Unsupported{Construct: "cast from " + from.Display + " to " + to.Display}
	}
	return cast, nil
}

func cannotCast(from, to *Type) error {
	return newError(CodeCannotCoerce, "cannot cast type ", from.Display, " to ", to.Display)
}

// rekind is a cast that keeps the datum but not how it is held: bpchar and text, text and unknown.
func rekind(kind Kind) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		v := a[0]
		v.Kind = kind
		return v, nil
	}
}

// textCast converts through the output function of one type and the input function of the other.
func textCast(from, to *Type) (*Cast, error) {
	if !from.Simulated() || !to.Simulated() {
		return nil, &Unsupported{Construct: "cast from " + from.Display + " to " + to.Display}
	}
	cast := &Cast{From: from, To: to}
	cast.function = Function{Name: to.Name, Args: []*Type{from}, Result: to, Strict: true, pack: -1}
	cast.function.eval = func(c *Context, a []Value) (Value, error) {
		if a[0].Kind == KindText && from.Kind == KindText {
			return to.ParseText(c, a[0].S)
		}
		return to.ParseText(c, string(from.AppendText(c, nil, a[0])))
	}
	return cast, nil
}

// arrayCast converts the elements of an array.
func arrayCast(from, to *Type, context CastContext) (*Cast, error) {
	elem, err := FindCast(from.Elem, to.Elem, context)
	if err != nil {
		return nil, err
	}
	cast := &Cast{From: from, To: to}
	cast.function = Function{Name: to.Name, Args: []*Type{from}, Result: to, Strict: true, pack: -1}
	cast.function.eval = func(c *Context, a []Value) (Value, error) {
		return a[0].Array().convert(to.Elem, func(v Value) (Value, error) { return elem.Call(c, v) })
	}
	return cast, nil
}

// convert makes an array of the same shape from converted elements.
func (a *ArrayData) convert(elem *Type, each func(Value) (Value, error)) (Value, error) {
	changed := &ArrayData{Elem: elem, Bounds: a.Bounds, Values: make([]Value, len(a.Values))}
	for i := range a.Values {
		v, err := each(a.Values[i])
		if err != nil {
			return Value{}, err
		}
		changed.Values[i] = v
	}
	return OfArray(changed), nil
}

// recordCast converts a row to a composite type, field by field.
func recordCast(from, to *Type) (*Cast, error) {
	if from.Kind != KindRecord || to.Kind != KindRecord {
		return nil, cannotCast(from, to)
	}
	cast := &Cast{From: from, To: to, Relabel: to.OID == Record.OID}
	if cast.Relabel {
		return cast, nil
	}
	if len(from.Fields) != len(to.Fields) {
		err := newError(CodeCannotCoerce, "cannot cast type ", from.Display, " to ", to.Display)
		err.Detail = "Input has too few columns."
		if len(from.Fields) > len(to.Fields) {
			err.Detail = "Input has too many columns."
		}
		return nil, err
	}
	fields := make([]*Cast, len(from.Fields))
	for i := range fields {
		field, err := FindCast(from.Fields[i].Type, to.Fields[i].Type, Assignment)
		if err != nil {
			return nil, err
		}
		fields[i] = field
	}
	cast.function.eval = func(c *Context, a []Value) (Value, error) { return convertFields(c, to, fields, a[0]) }
	return cast, nil
}

func convertFields(c *Context, to *Type, fields []*Cast, v Value) (Value, error) {
	values := make([]Value, len(fields))
	for i, field := range fields {
		converted, err := field.Call(c, v.Record().Values[i])
		if err != nil {
			return Value{}, err
		}
		values[i] = converted
	}
	return OfRecord(&RecordData{Type: to, Values: values}), nil
}
