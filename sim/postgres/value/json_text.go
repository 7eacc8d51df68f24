package value

// Operators on json work on its text: what they give is a part of it, as written.

// jsonItem is a part of a JSON text: a member's key, decoded, and the value's own text.
type jsonItem struct {
	key  string
	text string
}

// jsonItems lists the members of an object or the elements of an array. mark is { or [ or, for a
// scalar, 0.
func jsonItems(text string) (items []jsonItem, mark byte) {
	r := &jsonReader{text: text, build: true}
	r.skip()
	if r.at >= len(text) || text[r.at] != '{' && text[r.at] != '[' {
		return nil, 0
	}
	mark = text[r.at]
	r.at++
	for r.err == nil {
		r.skip()
		if r.at >= len(text) || text[r.at] == '}' || text[r.at] == ']' {
			break
		}
		if text[r.at] == ',' {
			r.at++
			continue
		}
		var item jsonItem
		if mark == '{' {
			item.key, _ = r.key(false)
			r.skip()
		}
		start := r.at
		r.build = false
		r.value()
		r.build = true
		item.text = text[start:r.at]
		items = append(items, item)
	}
	return items, mark
}

// jsonMember finds a key; of equal keys the last counts.
func jsonMember(text, key string) (string, bool) {
	items, mark := jsonItems(text)
	for i := len(items) - 1; i >= 0 && mark == '{'; i-- {
		if items[i].key == key {
			return items[i].text, true
		}
	}
	return "", false
}

func jsonElement(text string, index int64) (string, bool) {
	items, mark := jsonItems(text)
	if index < 0 {
		index += int64(len(items))
	}
	if mark != '[' || index < 0 || index >= int64(len(items)) {
		return "", false
	}
	return items[index].text, true
}

func jsonFollow(text string, steps []Value) (string, bool) {
	text = trimJSON(text)
	for _, step := range steps {
		ok := false
		if step.IsNull() || text == "" {
			return "", false
		}
		switch text[0] {
		case '{':
			text, ok = jsonMember(text, step.S)
		case '[':
			if index, number := stepIndex(step.S); number {
				text, ok = jsonElement(text, index)
			}
		}
		if !ok {
			return "", false
		}
	}
	return text, true
}

func jsonPart(text string, ok bool) (Value, error) {
	if !ok {
		return Value{}, nil
	}
	return OfJSON(text), nil
}

// jsonPartText is what ->> gives.
func jsonPartText(text string, ok bool) (Value, error) {
	if !ok || text == "null" {
		return Value{}, nil
	}
	if text[0] != '"' {
		return textOf(text)
	}
	r := &jsonReader{text: text, build: true}
	s := r.str()
	if r.err != nil {
		return Value{}, r.err
	}
	return textOf(s)
}

func jsonFieldEval(give func(string, bool) (Value, error)) Eval {
	return func(_ *Context, a []Value) (Value, error) { return give(jsonMember(a[0].S, a[1].S)) }
}

func jsonElementEval(give func(string, bool) (Value, error)) Eval {
	return func(_ *Context, a []Value) (Value, error) { return give(jsonElement(a[0].S, a[1].N)) }
}

func jsonPathEval(give func(string, bool) (Value, error)) Eval {
	return func(_ *Context, a []Value) (Value, error) { return give(jsonFollow(a[0].S, a[1].Array().Values)) }
}

func jsonTypeof(_ *Context, a []Value) (Value, error) {
	switch trimJSON(a[0].S)[0] {
	case '{':
		return textOf("object")
	case '[':
		return textOf("array")
	case '"':
		return textOf("string")
	case 't', 'f':
		return textOf("boolean")
	case 'n':
		return textOf("null")
	}
	return textOf("number")
}

func jsonArrayLength(_ *Context, a []Value) (Value, error) {
	items, mark := jsonItems(a[0].S)
	switch mark {
	case '[':
		return intOf(len(items))
	case '{':
		return Value{}, newError(CodeInvalidParameter, "cannot get array length of a non-array")
	}
	return Value{}, newError(CodeInvalidParameter, "cannot get array length of a scalar")
}

// jsonStripNulls writes the text anew, without white space.
func jsonStripNulls(_ *Context, a []Value) (Value, error) {
	return jsonOf(appendStripped(nil, trimJSON(a[0].S)), nil)
}

func appendStripped(dst []byte, text string) []byte {
	items, mark := jsonItems(text)
	if mark == 0 {
		if text[0] == '"' {
			r := &jsonReader{text: text, build: true}
			return appendJSONString(dst, r.str())
		}
		return append(dst, text...)
	}
	dst = append(dst, mark)
	some := false
	for _, item := range items {
		if mark == '{' && item.text == "null" {
			continue
		}
		if some {
			dst = append(dst, ',')
		}
		some = true
		if mark == '{' {
			dst = append(appendJSONString(dst, item.key), ':')
		}
		dst = appendStripped(dst, item.text)
	}
	return append(dst, mark+2) // the closing mark stands two behind the opening one
}

func jsonRows(name string, give func(string, bool) (Value, error)) setMaker {
	return func([]*Type) setEval {
		return func(_ *Context, a []Value) ([]Value, error) {
			items, mark := jsonItems(a[0].S)
			switch mark {
			case '{':
				return nil, newError(CodeInvalidParameter, "cannot call ", name, " on a non-array")
			case 0:
				return nil, newError(CodeInvalidParameter, "cannot call ", name, " on a scalar")
			}
			rows := make([]Value, len(items))
			for i, item := range items {
				v, err := give(item.text, true)
				if err != nil {
					return nil, err
				}
				rows[i] = v
			}
			return rows, nil
		}
	}
}

func jsonPairs(valueType *Type, give func(string, bool) (Value, error)) setMaker {
	row := NewRecord([]Field{{"key", Text, NoMod}, {"value", valueType, NoMod}})
	return func([]*Type) setEval {
		return func(_ *Context, a []Value) ([]Value, error) {
			items, mark := jsonItems(a[0].S)
			switch mark {
			case '[':
				return nil, newError(CodeInvalidParameter, "cannot deconstruct an array as an object")
			case 0:
				return nil, newError(CodeInvalidParameter, "cannot deconstruct a scalar")
			}
			rows := make([]Value, len(items))
			for i, item := range items {
				v, err := give(item.text, true)
				if err != nil {
					return nil, err
				}
				rows[i] = OfRecord(&RecordData{Type: row, Values: []Value{OfText(item.key), v}})
			}
			return rows, nil
		}
	}
}

func jsonKeys([]*Type) setEval {
	return func(_ *Context, a []Value) ([]Value, error) {
		items, mark := jsonItems(a[0].S)
		switch mark {
		case '[':
			return nil, newError(CodeInvalidParameter, "cannot call json_object_keys on an array")
		case 0:
			return nil, newError(CodeInvalidParameter, "cannot call json_object_keys on a scalar")
		}
		rows := make([]Value, len(items))
		for i, item := range items {
			rows[i] = OfText(item.key)
		}
		return rows, nil
	}
}

var jsonTextEvals = map[string]Eval{
	"json_object_field": jsonFieldEval(jsonPart), "json_object_field_text": jsonFieldEval(jsonPartText),
	"json_array_element": jsonElementEval(jsonPart), "json_array_element_text": jsonElementEval(jsonPartText),
	"json_extract_path": jsonPathEval(jsonPart), "json_extract_path_text": jsonPathEval(jsonPartText),
	"json_typeof": jsonTypeof, "json_array_length": jsonArrayLength, "json_strip_nulls": jsonStripNulls,
}
