package value

import (
	"math"
	"strings"
)

// toDoc is to_jsonb: how a value of a type looks as JSON (manual, table 9.47).
func toDoc(c *Context, t *Type, v Value) (Doc, error) {
	switch v.Kind {
	case KindNull:
		return Doc{}, nil
	case KindBool:
		return Doc{Kind: DocFalse + DocKind(v.N)}, nil
	case KindJSONB:
		return *v.Doc(), nil
	case KindJSON:
		d, err := ParseDoc(v.S)
		return *d, err
	case KindArray:
		index := 0
		return arrayDoc(c, t.relabelled(v.Array()), 0, &index)
	case KindRecord:
		return recordDoc(c, v.Record())
	}
	if numberType(t) && finiteNumber(v) {
		d, err := ParseDecimal(t.Text(c, v))
		return Doc{Kind: DocNumber, Num: d}, err
	}
	return Doc{Kind: DocString, Text: jsonText(c, t, v)}, nil
}

// numberType says whether a type's values are JSON numbers: not oid and its like.
func numberType(t *Type) bool {
	switch t {
	case Int2, Int4, Int8, Numeric, Float4, Float8:
		return true
	}
	return false
}

func finiteNumber(v Value) bool {
	switch v.Kind {
	case KindNumeric:
		return v.Decimal().form == finite
	case KindFloat:
		return !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0)
	}
	return true
}

// jsonText is the text of what becomes a JSON string: dates and times in ISO 8601.
func jsonText(c *Context, t *Type, v Value) string {
	if v.Kind != KindTimestamp || infiniteStamp(v.N) {
		return t.Text(c, v)
	}
	zone := c.zone()
	offset := int64(0)
	if t == Timestamptz {
		offset = offsetAt(zone, v.N)
	}
	days, micros := split(v.N + offset*microsPerSecond)
	d := civilOf(days)
	text := appendClock(append(appendCivil(nil, d), 'T'), micros)
	if t == Timestamptz {
		at := len(text)
		if text = appendOffset(text, offset); len(text)-at == 3 {
			text = append(text, ":00"...)
		}
	}
	return string(appendEra(text, d))
}

func arrayDoc(c *Context, a *ArrayData, depth int, index *int) (Doc, error) {
	d := Doc{Kind: DocArray}
	if len(a.Bounds) == 0 {
		return d, nil
	}
	for range a.Bounds[depth].Length {
		var item Doc
		var err error
		if depth+1 < len(a.Bounds) {
			item, err = arrayDoc(c, a, depth+1, index)
		} else {
			item, err = toDoc(c, a.Elem, a.Values[*index])
			*index++
		}
		if err != nil {
			return d, err
		}
		d.Items = append(d.Items, item)
	}
	return d, nil
}

func recordDoc(c *Context, r *RecordData) (Doc, error) {
	pairs := make([]docPair, len(r.Values))
	for i, v := range r.Values {
		d, err := toDoc(c, r.Type.Fields[i].Type, v)
		if err != nil {
			return Doc{}, err
		}
		pairs[i] = docPair{r.Type.Fields[i].Name, d}
	}
	return objectOf(pairs), nil
}

func toJSONB(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		d, err := toDoc(c, args[0], a[0])
		if err != nil {
			return Value{}, err
		}
		return docOf(&d)
	}
}

func jsonbBuildArray(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		d := &Doc{Kind: DocArray, Items: make([]Doc, len(a))}
		for i := range a {
			item, err := toDoc(c, args[i], a[i])
			if err != nil {
				return Value{}, err
			}
			d.Items[i] = item
		}
		return docOf(d)
	}
}

func oddArguments() error {
	err := newError(CodeInvalidParameter, "argument list must have even number of elements")
	err.Hint = "The arguments of jsonb_build_object() must consist of alternating keys and values."
	return err
}

func jsonbBuildObject(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		if len(a)%2 != 0 {
			return Value{}, oddArguments()
		}
		pairs := make([]docPair, len(a)/2)
		for i := range pairs {
			if a[2*i].IsNull() {
				return Value{}, newError(CodeInvalidParameter, "argument ", string(Int4.AppendText(nil, nil, OfInt(int64(2*i+1)))), ": key must not be null")
			}
			key, err := keyText(c, args[2*i], a[2*i])
			if err != nil {
				return Value{}, err
			}
			d, err := toDoc(c, args[2*i+1], a[2*i+1])
			if err != nil {
				return Value{}, err
			}
			pairs[i] = docPair{key, d}
		}
		d := objectOf(pairs)
		return docOf(&d)
	}
}

// keyText is a value as an object's key: only scalars can be.
func keyText(c *Context, t *Type, v Value) (string, error) {
	switch v.Kind {
	case KindArray, KindRecord, KindJSON, KindJSONB:
		return "", newError(CodeInvalidParameter, "key value must be scalar, not array, composite, or json")
	case KindBool:
		return map[int64]string{0: "false", 1: "true"}[v.N], nil
	}
	return jsonText(c, t, v), nil
}

// jsonObject is jsonb_object and json_object of text arrays.
func jsonObject(asText bool) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		keys, values, err := objectArrays(a)
		if err != nil {
			return Value{}, err
		}
		var text []byte
		pairs := make([]docPair, len(keys))
		for i, key := range keys {
			if key.IsNull() {
				return Value{}, newError(CodeNullNotAllowed, "null value not allowed for object key")
			}
			pairs[i].key = key.S
			if !values[i].IsNull() {
				pairs[i].value = Doc{Kind: DocString, Text: values[i].S}
			}
			if i > 0 {
				text = append(text, ", "...)
			}
			text = append(appendJSONString(text, key.S), " : "...)
			text = pairs[i].value.Append(text)
		}
		if asText {
			return OfJSON("{" + string(text) + "}"), nil
		}
		d := objectOf(pairs)
		return docOf(&d)
	}
}

func objectArrays(a []Value) (keys, values []Value, err error) {
	first := a[0].Array()
	if len(a) == 2 {
		second := a[1].Array()
		switch {
		case len(first.Bounds) > 1 || len(first.Bounds) != len(second.Bounds):
			return nil, nil, wrongSubscripts()
		case len(first.Values) != len(second.Values):
			return nil, nil, newError(CodeArraySubscript, "mismatched array dimensions")
		}
		return first.Values, second.Values, nil
	}
	switch {
	case len(first.Bounds) > 2:
		return nil, nil, wrongSubscripts()
	case len(first.Bounds) == 2 && first.Bounds[1].Length != 2:
		return nil, nil, newError(CodeArraySubscript, "array must have two columns")
	case len(first.Bounds) == 1 && len(first.Values)%2 != 0:
		return nil, nil, newError(CodeArraySubscript, "array must have even number of elements")
	}
	for i := 0; i+1 < len(first.Values); i += 2 {
		keys, values = append(keys, first.Values[i]), append(values, first.Values[i+1])
	}
	return keys, values, nil
}

// The separators of json_build_object and its like; to_json writes none around them.
const (
	looseComma = ", "
	looseColon = " : "
)

// appendJSON is to_json: like toDoc, but as text in which order and numbers stay as they are.
func appendJSON(c *Context, dst []byte, t *Type, v Value) ([]byte, error) {
	switch v.Kind {
	case KindNull:
		return append(dst, "null"...), nil
	case KindBool:
		return (&Doc{Kind: DocFalse + DocKind(v.N)}).Append(dst), nil
	case KindJSON:
		return append(dst, v.S...), nil
	case KindJSONB:
		return v.Doc().Append(dst), nil
	case KindArray:
		index := 0
		return appendJSONArray(c, dst, t.relabelled(v.Array()), 0, &index)
	case KindRecord:
		return appendJSONRecord(c, dst, v.Record())
	}
	if numberType(t) && finiteNumber(v) {
		return t.AppendText(c, dst, v), nil
	}
	return appendJSONString(dst, jsonText(c, t, v)), nil
}

func appendJSONArray(c *Context, dst []byte, a *ArrayData, depth int, index *int) ([]byte, error) {
	dst = append(dst, '[')
	for i := 0; len(a.Bounds) > 0 && i < int(a.Bounds[depth].Length); i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if depth+1 < len(a.Bounds) {
			dst, err = appendJSONArray(c, dst, a, depth+1, index)
		} else {
			dst, err = appendJSON(c, dst, a.Elem, a.Values[*index])
			*index++
		}
		if err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendJSONRecord(c *Context, dst []byte, r *RecordData) ([]byte, error) {
	dst = append(dst, '{')
	for i, v := range r.Values {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		dst = append(appendJSONString(dst, r.Type.Fields[i].Name), ':')
		if dst, err = appendJSON(c, dst, r.Type.Fields[i].Type, v); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func jsonOf(text []byte, err error) (Value, error) {
	if err != nil {
		return Value{}, err
	}
	return OfJSON(string(text)), nil
}

func toJSON(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) { return jsonOf(appendJSON(c, nil, args[0], a[0])) }
}

func jsonBuildArray(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		text := []byte{'['}
		var err error
		for i := range a {
			if i > 0 {
				text = append(text, looseComma...)
			}
			if text, err = appendJSON(c, text, args[i], a[i]); err != nil {
				return Value{}, err
			}
		}
		return jsonOf(append(text, ']'), nil)
	}
}

func jsonBuildObject(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		if len(a)%2 != 0 {
			err := newError(CodeInvalidParameter, "argument list must have even number of elements")
			err.Hint = "The arguments of json_build_object() must consist of alternating keys and values."
			return Value{}, err
		}
		text := []byte{'{'}
		for i := 0; i < len(a); i += 2 {
			if i > 0 {
				text = append(text, looseComma...)
			}
			if a[i].IsNull() {
				err := newError(CodeInvalidParameter, "argument ", string(Int4.AppendText(nil, nil, OfInt(int64(i+1)))), " cannot be null")
				err.Hint = "Object keys should be text."
				return Value{}, err
			}
			key, err := keyText(c, args[i], a[i])
			if err != nil {
				return Value{}, err
			}
			text = append(appendJSONString(text, key), looseColon...)
			if text, err = appendJSON(c, text, args[i+1], a[i+1]); err != nil {
				return Value{}, err
			}
		}
		return jsonOf(append(text, '}'), nil)
	}
}

func emptyJSON(v Value) Eval { return func(*Context, []Value) (Value, error) { return v, nil } }

var jsonMakers = map[string]maker{
	"jsonb_populate_record": jsonbPopulate, "to_jsonb": toJSONB, "jsonb_build_array": jsonbBuildArray, "jsonb_build_object": jsonbBuildObject,
	"to_json": toJSON, "row_to_json": toJSON, "array_to_json": toJSON, "json_build_array": jsonBuildArray, "json_build_object": jsonBuildObject,
}

var jsonBuildEvals = map[string]Eval{
	"jsonb_object": jsonObject(false), "jsonb_object_two_arg": jsonObject(false), "json_object": jsonObject(true), "json_object_two_arg": jsonObject(true),
	"jsonb_build_array_noargs": emptyJSON(OfJSONB(&Doc{Kind: DocArray})), "jsonb_build_object_noargs": emptyJSON(OfJSONB(&Doc{Kind: DocObject})),
	"json_build_array_noargs": emptyJSON(OfJSON("[]")), "json_build_object_noargs": emptyJSON(OfJSON("{}")),
}

// trimJSON leaves out white space around a JSON text.
func trimJSON(s string) string { return strings.Trim(s, " \t\n\r") }
