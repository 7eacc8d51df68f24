package value

import "strconv"

// How a path's last step changes a document (setPath in jsonfuncs.c).
type pathChange uint8

const (
	pathReplace      pathChange = iota // set what is there
	pathCreate                         // set, or add if it is not there
	pathDelete                         // remove
	pathInsertBefore                   // insert into an array, or add a key
	pathInsertAfter
)

// pathEdit is one change along a path.
type pathEdit struct {
	steps  []Value
	value  *Doc
	change pathChange
}

// apply returns the document changed at the path from depth on.
func (e *pathEdit) apply(d *Doc, depth int) (*Doc, error) {
	step := e.steps[depth]
	if step.IsNull() {
		return nil, newError(CodeNullNotAllowed, "path element at position ", strconv.Itoa(depth+1), " is null")
	}
	switch d.Kind {
	case DocObject:
		return e.inObject(d, depth, step.S)
	case DocArray:
		return e.inArray(d, depth, step.S)
	}
	return d, nil
}

func (e *pathEdit) last(depth int) bool { return depth == len(e.steps)-1 }

func (e *pathEdit) inObject(d *Doc, depth int, key string) (*Doc, error) {
	at, found := d.find(key)
	switch {
	case !found && e.last(depth) && e.change != pathReplace && e.change != pathDelete:
		return d.with(key, *e.value), nil
	case !found:
		return d, nil
	case !e.last(depth):
		inner, err := e.apply(&d.Items[at], depth+1)
		if err != nil {
			return nil, err
		}
		return d.with(key, *inner), nil
	case e.change == pathDelete:
		return d.without(at), nil
	case e.change == pathInsertBefore || e.change == pathInsertAfter:
		err := newError(CodeInvalidParameter, "cannot replace existing key")
		err.Hint = "Try using the function jsonb_set to replace key value."
		return nil, err
	}
	return d.with(key, *e.value), nil
}

func (e *pathEdit) inArray(d *Doc, depth int, step string) (*Doc, error) {
	index, ok := stepIndex(step)
	if !ok {
		return nil, newError(CodeInvalidText, "path element at position ", strconv.Itoa(depth+1), ` is not an integer: "`, step, `"`)
	}
	n := int64(len(d.Items))
	before := false
	if index < 0 {
		if before = -index > n; !before {
			index += n
		}
	}
	if before || index >= n {
		return e.beyond(d, depth, before), nil
	}
	return e.inside(d, depth, int(index))
}

// beyond changes an array at an index outside it.
func (e *pathEdit) beyond(d *Doc, depth int, before bool) *Doc {
	if !e.last(depth) || e.change == pathReplace || e.change == pathDelete {
		return d
	}
	at := len(d.Items)
	if before {
		at = 0
	}
	return d.insert(at, *e.value)
}

func (e *pathEdit) inside(d *Doc, depth, at int) (*Doc, error) {
	if !e.last(depth) {
		inner, err := e.apply(&d.Items[at], depth+1)
		if err != nil {
			return nil, err
		}
		return d.replace(at, *inner), nil
	}
	switch e.change {
	case pathDelete:
		return d.without(at), nil
	case pathInsertBefore:
		return d.insert(at, *e.value), nil
	case pathInsertAfter:
		return d.insert(at+1, *e.value), nil
	}
	return d.replace(at, *e.value), nil
}

func (d *Doc) insert(at int, v Doc) *Doc {
	items := append(append(append(make([]Doc, 0, len(d.Items)+1), d.Items[:at]...), v), d.Items[at:]...)
	return &Doc{Kind: DocArray, Items: items}
}

func (d *Doc) replace(at int, v Doc) *Doc {
	items := append([]Doc(nil), d.Items...)
	items[at] = v
	return &Doc{Kind: DocArray, Items: items}
}

// edit runs a path edit on a document at top level.
func edit(d *Doc, path Value, v *Doc, change pathChange, verb string) (Value, error) {
	steps := path.Array()
	if len(steps.Bounds) > 1 {
		return Value{}, newError(CodeArraySubscript, "wrong number of array subscripts")
	}
	if d.scalar() {
		return Value{}, cannotChange(verb + " scalar")
	}
	if len(steps.Values) == 0 || len(d.Items) == 0 && (change == pathReplace || change == pathDelete) {
		return docOf(d)
	}
	e := pathEdit{steps: steps.Values, value: v, change: change}
	changed, err := e.apply(d, 0)
	if err != nil {
		return Value{}, err
	}
	return docOf(changed)
}

func jsonbSet(_ *Context, a []Value) (Value, error) {
	change := pathReplace
	if a[3].True() {
		change = pathCreate
	}
	return edit(a[0].Doc(), a[1], a[2].Doc(), change, "set path in")
}

func jsonbInsert(_ *Context, a []Value) (Value, error) {
	change := pathInsertBefore
	if a[3].True() {
		change = pathInsertAfter
	}
	return edit(a[0].Doc(), a[1], a[2].Doc(), change, "set path in")
}

func jsonbDeletePath(_ *Context, a []Value) (Value, error) {
	return edit(a[0].Doc(), a[1], nil, pathDelete, "delete path in")
}

// jsonbSetLax is jsonb_set with a say in what a NULL value does.
func jsonbSetLax(c *Context, a []Value) (Value, error) {
	if a[0].IsNull() || a[1].IsNull() || a[3].IsNull() {
		return Value{}, nil
	}
	if a[4].IsNull() {
		return Value{}, newError(CodeInvalidParameter, `null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"`)
	}
	if !a[2].IsNull() {
		return jsonbSet(c, a)
	}
	switch a[4].S {
	case "raise_exception":
		err := newError(CodeNullNotAllowed, "JSON value must not be null")
		err.Detail = `Exception was raised because null_value_treatment is "raise_exception".`
		err.Hint = "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed."
		return Value{}, err
	case "use_json_null":
		return jsonbSet(c, []Value{a[0], a[1], OfJSONB(&Doc{}), a[3]})
	case "delete_key":
		return jsonbDeletePath(c, a[:2])
	case "return_target":
		return a[0], nil
	}
	return Value{}, newError(CodeInvalidParameter, `null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"`)
}

func jsonbPretty(_ *Context, a []Value) (Value, error) {
	return textOf(string(a[0].Doc().appendPretty(nil, 0)))
}

// appendPretty indents by four blanks a level.
func (d *Doc) appendPretty(dst []byte, depth int) []byte {
	if d.scalar() {
		return d.Append(dst)
	}
	marks := "[]"
	if d.Kind == DocObject {
		marks = "{}"
	}
	dst = append(dst, marks[0])
	for i := range d.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendIndent(dst, depth+1)
		if d.Kind == DocObject {
			dst = append(appendJSONString(dst, d.Keys[i]), ": "...)
		}
		dst = d.Items[i].appendPretty(dst, depth+1)
	}
	return append(appendIndent(dst, depth), marks[1])
}

func appendIndent(dst []byte, depth int) []byte {
	dst = append(dst, '\n')
	for range depth {
		dst = append(dst, "    "...)
	}
	return dst
}
