package value

import (
	"strconv"
)

// Operators on jsonb, and on json by way of its text (manual, 9.16).

func docOf(d *Doc) (Value, error) {
	if d == nil {
		return Value{}, nil
	}
	return OfJSONB(d), nil
}

// docText is what ->> gives: a string bare, null as NULL, others as JSON.
func docText(d *Doc) (Value, error) {
	switch {
	case d == nil || d.Kind == DocNull:
		return Value{}, nil
	case d.Kind == DocString:
		return textOf(d.Text)
	}
	return textOf(d.String())
}

// at is an array's element; a negative index counts from the end. nil if there is none.
func (d *Doc) at(index int64) *Doc {
	if d.Kind != DocArray {
		return nil
	}
	if index < 0 {
		index += int64(len(d.Items))
	}
	if index < 0 || index >= int64(len(d.Items)) {
		return nil
	}
	return &d.Items[index]
}

// rootAt is at for a whole jsonb, of which the server stores a scalar as an array of one.
func (d *Doc) rootAt(index int64) *Doc {
	if d.scalar() && (index == 0 || index == -1) {
		return d
	}
	return d.at(index)
}

// path follows keys and indexes; nil if it leads nowhere.
func (d *Doc) path(steps []Value) *Doc {
	for _, step := range steps {
		if d == nil || step.IsNull() {
			return nil
		}
		switch d.Kind {
		case DocObject:
			d = d.Get(step.S)
		case DocArray:
			index, ok := stepIndex(step.S)
			if !ok {
				return nil
			}
			d = d.at(index)
		default:
			return nil
		}
	}
	return d
}

// stepIndex reads a path step as an array index, as strtoint does: blanks in front, all digits.
func stepIndex(s string) (int64, bool) {
	n, err := strconv.ParseInt(trimSpace(s), 10, 32)
	return n, err == nil
}

func jsonbField(_ *Context, a []Value) (Value, error)     { return docOf(a[0].Doc().Get(a[1].S)) }
func jsonbFieldText(_ *Context, a []Value) (Value, error) { return docText(a[0].Doc().Get(a[1].S)) }
func jsonbElement(_ *Context, a []Value) (Value, error)   { return docOf(a[0].Doc().rootAt(a[1].N)) }
func jsonbElementText(_ *Context, a []Value) (Value, error) {
	return docText(a[0].Doc().rootAt(a[1].N))
}

func jsonbPath(_ *Context, a []Value) (Value, error) {
	return docOf(a[0].Doc().path(a[1].Array().Values))
}

func jsonbPathText(_ *Context, a []Value) (Value, error) {
	return docText(a[0].Doc().path(a[1].Array().Values))
}

// contains says whether e is contained in d (manual, 8.14.3). top allows an array to contain a bare scalar.
func (d *Doc) contains(e *Doc, top bool) bool {
	switch {
	case d.Kind == DocObject && e.Kind == DocObject:
		for i, key := range e.Keys {
			if own := d.Get(key); own == nil || !own.contains(&e.Items[i], false) {
				return false
			}
		}
		return true
	case d.Kind == DocArray && e.Kind == DocArray:
		for i := range e.Items {
			if !d.containsItem(&e.Items[i]) {
				return false
			}
		}
		return true
	case top && d.Kind == DocArray && e.scalar():
		return d.containsItem(e)
	}
	return d.scalar() && e.scalar() && d.compare(e) == 0
}

func (d *Doc) containsItem(e *Doc) bool {
	for i := range d.Items {
		if d.Items[i].contains(e, false) {
			return true
		}
	}
	return false
}

func jsonbContains(_ *Context, a []Value) (Value, error) {
	return OfBool(a[0].Doc().contains(a[1].Doc(), true)), nil
}

func jsonbContained(_ *Context, a []Value) (Value, error) {
	return OfBool(a[1].Doc().contains(a[0].Doc(), true)), nil
}

// has says whether a string is a key of the object, an element of the array, or the scalar itself.
func (d *Doc) has(key string) bool {
	switch d.Kind {
	case DocObject:
		return d.Get(key) != nil
	case DocString:
		return d.Text == key
	case DocArray:
		for i := range d.Items {
			if d.Items[i].Kind == DocString && d.Items[i].Text == key {
				return true
			}
		}
	}
	return false
}

func jsonbExists(_ *Context, a []Value) (Value, error) { return OfBool(a[0].Doc().has(a[1].S)), nil }

func jsonbExistsAny(_ *Context, a []Value) (Value, error) {
	for _, key := range a[1].Array().Values {
		if !key.IsNull() && a[0].Doc().has(key.S) {
			return OfBool(true), nil
		}
	}
	return OfBool(false), nil
}

func jsonbExistsAll(_ *Context, a []Value) (Value, error) {
	for _, key := range a[1].Array().Values {
		if !key.IsNull() && !a[0].Doc().has(key.S) {
			return OfBool(false), nil
		}
	}
	return OfBool(true), nil
}

// jsonbConcat merges two objects, or joins arrays, in which a value that is none counts as one of
// one element.
func jsonbConcat(_ *Context, a []Value) (Value, error) {
	d, e := a[0].Doc(), a[1].Doc()
	if d.Kind == DocObject && e.Kind == DocObject {
		merged := d
		for i, key := range e.Keys {
			merged = merged.with(key, e.Items[i])
		}
		return docOf(merged)
	}
	items := append(append([]Doc(nil), d.elements()...), e.elements()...)
	return docOf(&Doc{Kind: DocArray, Items: items})
}

func (d *Doc) elements() []Doc {
	if d.Kind == DocArray {
		return d.Items
	}
	return []Doc{*d}
}

// with returns the object with a key set.
func (d *Doc) with(key string, v Doc) *Doc {
	at, ok := d.find(key)
	changed := &Doc{Kind: DocObject}
	if ok {
		changed.Keys, changed.Items = d.Keys, append([]Doc(nil), d.Items...)
		changed.Items[at] = v
		return changed
	}
	changed.Keys = append(append(append(make([]string, 0, len(d.Keys)+1), d.Keys[:at]...), key), d.Keys[at:]...)
	changed.Items = append(append(append(make([]Doc, 0, len(d.Items)+1), d.Items[:at]...), v), d.Items[at:]...)
	return changed
}

// without returns the object or array with one place left out.
func (d *Doc) without(at int) *Doc {
	changed := &Doc{Kind: d.Kind, Items: append(append([]Doc(nil), d.Items[:at]...), d.Items[at+1:]...)}
	if d.Kind == DocObject {
		changed.Keys = append(append([]string(nil), d.Keys[:at]...), d.Keys[at+1:]...)
	}
	return changed
}

func cannotChange(what string) error { return newError(CodeInvalidParameter, "cannot ", what) }

// deleteKey removes a key of an object, or all equal strings of an array.
func (d *Doc) deleteKey(key string) (*Doc, error) {
	switch d.Kind {
	case DocObject:
		if at, ok := d.find(key); ok {
			return d.without(at), nil
		}
		return d, nil
	case DocArray:
		kept := &Doc{Kind: DocArray}
		for _, item := range d.Items {
			if item.Kind != DocString || item.Text != key {
				kept.Items = append(kept.Items, item)
			}
		}
		return kept, nil
	}
	return nil, cannotChange("delete from scalar")
}

func jsonbDelete(_ *Context, a []Value) (Value, error) {
	d, err := a[0].Doc().deleteKey(a[1].S)
	if err != nil {
		return Value{}, err
	}
	return docOf(d)
}

func jsonbDeleteArray(_ *Context, a []Value) (Value, error) {
	d := a[0].Doc()
	if d.scalar() {
		return Value{}, cannotChange("delete from scalar")
	}
	for _, key := range a[1].Array().Values {
		if !key.IsNull() {
			d, _ = d.deleteKey(key.S)
		}
	}
	return docOf(d)
}

func jsonbDeleteIndex(_ *Context, a []Value) (Value, error) {
	d, index := a[0].Doc(), a[1].N
	switch {
	case d.scalar():
		return Value{}, cannotChange("delete from scalar")
	case d.Kind == DocObject:
		return Value{}, cannotChange("delete from object using integer index")
	}
	if index < 0 {
		index += int64(len(d.Items))
	}
	if index < 0 || index >= int64(len(d.Items)) {
		return docOf(d)
	}
	return docOf(d.without(int(index)))
}

func jsonbTypeof(_ *Context, a []Value) (Value, error) { return textOf(a[0].Doc().typeName()) }

func (d *Doc) typeName() string {
	switch d.Kind {
	case DocNull:
		return "null"
	case DocString:
		return "string"
	case DocNumber:
		return "number"
	case DocFalse, DocTrue:
		return "boolean"
	case DocArray:
		return "array"
	}
	return "object"
}

func jsonbArrayLength(_ *Context, a []Value) (Value, error) {
	switch d := a[0].Doc(); {
	case d.Kind == DocArray:
		return intOf(len(d.Items))
	case d.scalar():
		return Value{}, newError(CodeInvalidParameter, "cannot get array length of a scalar")
	}
	return Value{}, newError(CodeInvalidParameter, "cannot get array length of a non-array")
}

// stripNulls leaves out members whose value is null, at every depth.
func (d *Doc) stripNulls() Doc {
	if d.scalar() {
		return *d
	}
	stripped := Doc{Kind: d.Kind}
	for i := range d.Items {
		if d.Kind == DocObject {
			if d.Items[i].Kind == DocNull {
				continue
			}
			stripped.Keys = append(stripped.Keys, d.Keys[i])
		}
		stripped.Items = append(stripped.Items, d.Items[i].stripNulls())
	}
	return stripped
}

func jsonbStripNulls(_ *Context, a []Value) (Value, error) {
	d := a[0].Doc().stripNulls()
	return docOf(&d)
}

// jsonbTo is a cast from a jsonb scalar.
func jsonbTo(to string, convert Eval, kinds ...DocKind) Eval {
	return func(c *Context, a []Value) (Value, error) {
		d := a[0].Doc()
		for _, kind := range kinds {
			if d.Kind != kind {
				continue
			}
			if d.Kind != DocNumber {
				return OfBool(d.Kind == DocTrue), nil
			}
			return convert(c, []Value{OfDecimal(d.Num)})
		}
		return Value{}, newError(CodeInvalidParameter, "cannot cast jsonb ", d.castName(), " to type ", to)
	}
}

func (d *Doc) castName() string {
	switch d.Kind {
	case DocArray, DocObject:
		return map[DocKind]string{DocArray: "array", DocObject: "object"}[d.Kind]
	case DocNumber:
		return "numeric"
	}
	return d.typeName()
}

var jsonbEvals = map[string]Eval{
	"jsonb_object_field": jsonbField, "jsonb_object_field_text": jsonbFieldText, "jsonb_array_element": jsonbElement, "jsonb_array_element_text": jsonbElementText,
	"jsonb_extract_path": jsonbPath, "jsonb_extract_path_text": jsonbPathText, "jsonb_contains": jsonbContains, "jsonb_contained": jsonbContained,
	"jsonb_exists": jsonbExists, "jsonb_exists_any": jsonbExistsAny, "jsonb_exists_all": jsonbExistsAll, "jsonb_concat": jsonbConcat,
	"jsonb_delete": jsonbDelete, "jsonb_delete_array": jsonbDeleteArray, "jsonb_delete_idx": jsonbDeleteIndex, "jsonb_delete_path": jsonbDeletePath,
	"jsonb_typeof": jsonbTypeof, "jsonb_array_length": jsonbArrayLength, "jsonb_strip_nulls": jsonbStripNulls,
	"jsonb_set": jsonbSet, "jsonb_insert": jsonbInsert, "jsonb_set_lax": jsonbSetLax, "jsonb_pretty": jsonbPretty,
	"jsonb_numeric": jsonbTo("numeric", same, DocNumber), "jsonb_bool": jsonbTo("boolean", same, DocTrue, DocFalse),
	"jsonb_int2": jsonbTo("smallint", numericToInt(width2), DocNumber), "jsonb_int4": jsonbTo("integer", numericToInt(width4), DocNumber),
	"jsonb_int8":   jsonbTo("bigint", numericToInt(width8), DocNumber),
	"jsonb_float4": jsonbTo("real", numericToFloat4, DocNumber), "jsonb_float8": jsonbTo("double precision", numericToFloat8, DocNumber),
}
