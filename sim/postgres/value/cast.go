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
		cast.Relabel = from.Kind == to.Kind && from.unsigned() == to.unsigned() || Same(from, to)
		cast.function.eval = fitting(same, to)
	case throughFunction:
		cast.stable = stableCasts[row.source]
		if eval := implementation(row.source, cast.function.Args, to); eval != nil {
			cast.function.eval = fitting(eval, to)
		}
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

// stableCasts are the functions of casts that depend on the session (pg_proc.provolatile).
var stableCasts = map[string]bool{
	"date_timestamptz": true, "timestamp_timestamptz": true, "timestamptz_date": true, "timestamptz_time": true,
	"timestamptz_timestamp": true, "text_regclass": true,
}

// stableOutput says whether the type's output function depends on the session.
func (t *Type) stableOutput() bool {
	switch t {
	case Date, Interval, Timestamp, Timestamptz, RegClass, RegType:
		return true
	}
	return t.Elem != nil || t.Kind == KindRecord || t.Kind == KindEnum
}

// stableInput says whether the type's input function does.
func (t *Type) stableInput() bool { return t == Time || t.stableOutput() }

func cannotCast(from, to *Type) error {
	return newError(CodeCannotCoerce, "cannot cast type ", from.Display, " to ", to.Display)
}

// unsigned says whether a type's values are unsigned numbers of 32 bits: oid and its like.
func (t *Type) unsigned() bool { return t.Kind == KindInt && t.Size == 4 && t != Int4 }

// fitting is a cast's function whose result is held as the type holds it: bpchar as KindChar, oid
// without a sign. One function of the server serves several such types.
func fitting(eval Eval, to *Type) Eval {
	switch {
	case to.Kind == KindChar, to.Kind == KindText:
		return func(c *Context, a []Value) (Value, error) {
			v, err := eval(c, a)
			if err == nil && v.Kind != KindNull {
				v.Kind = to.Kind
			}
			return v, err
		}
	case to.unsigned():
		return func(c *Context, a []Value) (Value, error) {
			v, err := eval(c, a)
			v.N = int64(uint32(v.N))
			return v, err
		}
	case to == Int4:
		return func(c *Context, a []Value) (Value, error) {
			v, err := eval(c, a)
			return Value{Kind: v.Kind, N: int64(int32(v.N))}, err
		}
	}
	return eval
}

// textCast converts through the output function of one type and the input function of the other.
func textCast(from, to *Type) (*Cast, error) {
	if !from.Simulated() || !to.Simulated() {
		return nil, &Unsupported{Construct: "cast from " + from.Display + " to " + to.Display}
	}
	cast := &Cast{From: from, To: to, stable: from.stableOutput() || to.stableInput()}
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
	cast := &Cast{From: from, To: to, stable: elem.stable}
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
		cast.stable = cast.stable || field.stable
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
