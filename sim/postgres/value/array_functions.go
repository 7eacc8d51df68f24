package value

import "strconv"

// Subscript is array[i][j]; NULL outside the bounds or with the wrong number of subscripts.
func Subscript(array Value, subscripts []int64) Value {
	if array.IsNull() {
		return Value{}
	}
	a := array.Array()
	if len(subscripts) != len(a.Bounds) {
		return Value{}
	}
	at := int64(0)
	for i, b := range a.Bounds {
		offset := subscripts[i] - int64(b.Lower)
		if offset < 0 || offset >= int64(b.Length) {
			return Value{}
		}
		at = at*int64(b.Length) + offset
	}
	return a.Values[at]
}

// Slice is array[l:u] in one dimension or more; a nil bound is the array's own. The result has
// subscripts from 1. Missing dimensions are taken whole.
func Slice(array Value, lower, upper []*int64) Value {
	if array.IsNull() {
		return Value{}
	}
	a := array.Array()
	result := &ArrayData{Elem: a.Elem}
	if len(a.Bounds) < len(lower) || len(a.Bounds) == 0 {
		return OfArray(result)
	}
	starts := make([]int64, len(a.Bounds))
	for i, b := range a.Bounds {
		low, high := int64(b.Lower), int64(b.Lower)+int64(b.Length)-1
		if i < len(lower) && lower[i] != nil {
			low = max(low, *lower[i])
		}
		if i < len(upper) && upper[i] != nil {
			high = min(high, *upper[i])
		}
		if low > high {
			return OfArray(&ArrayData{Elem: a.Elem})
		}
		starts[i] = low - int64(b.Lower)
		result.Bounds = append(result.Bounds, Bound{Length: int32(high - low + 1), Lower: 1})
	}
	result.Values = a.cut(result.Values, starts, result.Bounds, 0, 0)
	return OfArray(result)
}

// cut collects the elements of a box, dimension by dimension.
func (a *ArrayData) cut(dst []Value, starts []int64, box []Bound, depth int, base int64) []Value {
	for i := range int64(box[depth].Length) {
		at := base*int64(a.Bounds[depth].Length) + starts[depth] + i
		if depth == len(box)-1 {
			dst = append(dst, a.Values[at])
			continue
		}
		dst = a.cut(dst, starts, box, depth+1, at)
	}
	return dst
}

func wrongSubscripts() error {
	return newError(CodeArraySubscript, "wrong number of array subscripts")
}

// Assign returns the array (or NULL) with one element set: UPDATE ... SET a[i] = v. A one-dimensional
// array grows; the gap is NULL.
func Assign(elem *Type, array Value, subscripts []int64, v Value) (Value, error) {
	if array.IsNull() || len(array.Array().Bounds) == 0 {
		bounds := make([]Bound, len(subscripts))
		for i, s := range subscripts {
			bounds[i] = Bound{Length: 1, Lower: int32(s)}
		}
		return OfArray(&ArrayData{Elem: elem, Bounds: bounds, Values: []Value{v}}), nil
	}
	a := array.Array()
	if len(a.Bounds) != len(subscripts) {
		return Value{}, wrongSubscripts()
	}
	if len(a.Bounds) == 1 {
		return OfArray(a.assignGrowing(subscripts[0], v)), nil
	}
	at := int64(0)
	for i, b := range a.Bounds {
		offset := subscripts[i] - int64(b.Lower)
		if offset < 0 || offset >= int64(b.Length) {
			return Value{}, newError(CodeArraySubscript, "array subscript out of range")
		}
		at = at*int64(b.Length) + offset
	}
	changed := &ArrayData{Elem: a.Elem, Bounds: a.Bounds, Values: append([]Value(nil), a.Values...)}
	changed.Values[at] = v
	return OfArray(changed), nil
}

func (a *ArrayData) assignGrowing(subscript int64, v Value) *ArrayData {
	low, high := int64(a.Bounds[0].Lower), int64(a.Bounds[0].Lower)+int64(a.Bounds[0].Length)
	newLow, newHigh := min(low, subscript), max(high, subscript+1)
	values := make([]Value, newHigh-newLow)
	copy(values[low-newLow:], a.Values)
	values[subscript-newLow] = v
	return &ArrayData{Elem: a.Elem, Bounds: []Bound{{Length: int32(newHigh - newLow), Lower: int32(newLow)}}, Values: values}
}

// has says whether an element equals v.
func (a *ArrayData) has(v Value) bool {
	for i := range a.Values {
		if !a.Values[i].IsNull() && Equal(a.Values[i], v) {
			return true
		}
	}
	return false
}

// containsAll says whether every element of b is one of a; a NULL is in no array.
func (a *ArrayData) containsAll(b *ArrayData) bool {
	for i := range b.Values {
		if b.Values[i].IsNull() || !a.has(b.Values[i]) {
			return false
		}
	}
	return true
}

func arrayContains(_ *Context, a []Value) (Value, error) {
	return OfBool(a[0].Array().containsAll(a[1].Array())), nil
}

func arrayContained(_ *Context, a []Value) (Value, error) {
	return OfBool(a[1].Array().containsAll(a[0].Array())), nil
}

func arrayOverlap(_ *Context, a []Value) (Value, error) {
	for _, v := range a[1].Array().Values {
		if !v.IsNull() && a[0].Array().has(v) {
			return OfBool(true), nil
		}
	}
	return OfBool(false), nil
}

func arrayNdims(_ *Context, a []Value) (Value, error) {
	if n := len(a[0].Array().Bounds); n > 0 {
		return intOf(n)
	}
	return Value{}, nil
}

func arrayCardinality(_ *Context, a []Value) (Value, error) { return intOf(len(a[0].Array().Values)) }

// arrayBound gives a number about one dimension, NULL if there is no such dimension.
func arrayBound(what func(Bound) int32) Eval {
	return func(_ *Context, a []Value) (Value, error) {
		bounds := a[0].Array().Bounds
		if a[1].N < 1 || a[1].N > int64(len(bounds)) {
			return Value{}, nil
		}
		return OfInt(int64(what(bounds[a[1].N-1]))), nil
	}
}

func arrayDims(_ *Context, a []Value) (Value, error) {
	var text []byte
	for _, b := range a[0].Array().Bounds {
		text = append(strconv.AppendInt(append(text, '['), int64(b.Lower), 10), ':')
		text = append(strconv.AppendInt(text, int64(b.Lower+b.Length-1), 10), ']')
	}
	if text == nil {
		return Value{}, nil
	}
	return textOf(string(text))
}

// arrayAppend and arrayPrepend take a NULL array as empty.
func arrayAppend(args []*Type, _ *Type) Eval {
	elem := args[1]
	return func(_ *Context, a []Value) (Value, error) {
		if a[0].IsNull() {
			return OfArray(NewArray(elem, []Value{a[1]})), nil
		}
		array := a[0].Array()
		if len(array.Bounds) > 1 {
			return Value{}, newError("22000", "argument must be empty or one-dimensional array")
		}
		return OfArray(array.joined(array.Values, []Value{a[1]}, 0)), nil
	}
}

func arrayPrepend(args []*Type, _ *Type) Eval {
	elem := args[0]
	return func(_ *Context, a []Value) (Value, error) {
		if a[1].IsNull() {
			return OfArray(NewArray(elem, []Value{a[0]})), nil
		}
		array := a[1].Array()
		if len(array.Bounds) > 1 {
			return Value{}, newError("22000", "argument must be empty or one-dimensional array")
		}
		return OfArray(array.joined([]Value{a[0]}, array.Values, 0)), nil
	}
}

// joined is a one-dimensional array of two runs of elements, keeping a's lower bound.
func (a *ArrayData) joined(first, second []Value, _ int) *ArrayData {
	values := append(append(make([]Value, 0, len(first)+len(second)), first...), second...)
	joined := NewArray(a.Elem, values)
	if len(a.Bounds) == 1 {
		joined.Bounds[0].Lower = a.Bounds[0].Lower
	}
	return joined
}

// arrayCat joins arrays along their first dimension; a NULL counts as empty.
func arrayCat(_ *Context, a []Value) (Value, error) {
	switch {
	case a[0].IsNull():
		return a[1], nil
	case a[1].IsNull():
		return a[0], nil
	}
	x, y := a[0].Array(), a[1].Array()
	switch {
	case len(x.Values) == 0:
		return a[1], nil
	case len(y.Values) == 0:
		return a[0], nil
	}
	bounds, detail := catBounds(x.Bounds, y.Bounds)
	if detail != "" {
		err := newError(CodeArraySubscript, "cannot concatenate incompatible arrays")
		err.Detail = detail
		return Value{}, err
	}
	values := append(append(make([]Value, 0, len(x.Values)+len(y.Values)), x.Values...), y.Values...)
	return OfArray(&ArrayData{Elem: x.Elem, Bounds: bounds, Values: values}), nil
}

// catBounds are the bounds of a concatenation: equal dimensions, or one array an element of the
// other; or why there are none.
func catBounds(x, y []Bound) (bounds []Bound, detail string) {
	inner, outer := x[1:], y[1:]
	bounds = append([]Bound(nil), x...)
	detail = "Arrays with differing dimensions are not compatible for concatenation."
	switch {
	case len(x) == len(y):
		bounds[0].Length += y[0].Length
		detail = "Arrays with differing element dimensions are not compatible for concatenation."
	case len(x) == len(y)+1:
		outer = y
		bounds[0].Length++
	case len(x)+1 == len(y):
		inner = x
		bounds = append([]Bound(nil), y...)
		bounds[0].Length++
	default:
		return nil, "Arrays of " + strconv.Itoa(len(x)) + " and " + strconv.Itoa(len(y)) + " dimensions are not compatible for concatenation."
	}
	if !sameBounds(inner, outer) {
		return nil, detail
	}
	return bounds, ""
}

// arrayPosition finds an element from a subscript on; NULL equals NULL here.
func arrayPosition(_ *Context, a []Value) (Value, error) {
	if a[0].IsNull() {
		return Value{}, nil
	}
	array := a[0].Array()
	if len(array.Bounds) > 1 {
		return Value{}, newError(CodeFeatureNotSupported, "searching for elements in multidimensional arrays is not supported")
	}
	if len(array.Bounds) == 0 {
		return Value{}, nil
	}
	lower := int64(array.Bounds[0].Lower)
	from := lower
	if len(a) == 3 {
		if a[2].IsNull() {
			return Value{}, newError(CodeNullNotAllowed, "initial position must not be null")
		}
		from = max(a[2].N, lower)
	}
	for i := from - lower; i < int64(len(array.Values)); i++ {
		if sameElement(array.Values[i], a[1]) {
			return OfInt(i + lower), nil
		}
	}
	return Value{}, nil
}

func sameElement(x, y Value) bool {
	return x.IsNull() && y.IsNull() || !x.IsNull() && !y.IsNull() && Equal(x, y)
}

func arrayPositions(_ *Context, a []Value) (Value, error) {
	if a[0].IsNull() {
		return Value{}, nil
	}
	array := a[0].Array()
	if len(array.Bounds) > 1 {
		return Value{}, newError(CodeFeatureNotSupported, "searching for elements in multidimensional arrays is not supported")
	}
	var found []Value
	for i, v := range array.Values {
		if sameElement(v, a[1]) {
			found = append(found, OfInt(int64(array.Bounds[0].Lower)+int64(i)))
		}
	}
	return OfArray(NewArray(Int4, found)), nil
}

func arrayRemove(_ *Context, a []Value) (Value, error) {
	if a[0].IsNull() {
		return Value{}, nil
	}
	array := a[0].Array()
	if len(array.Bounds) > 1 {
		return Value{}, newError(CodeFeatureNotSupported, "removing elements from multidimensional arrays is not supported")
	}
	var kept []Value
	for _, v := range array.Values {
		if !sameElement(v, a[1]) {
			kept = append(kept, v)
		}
	}
	changed := NewArray(array.Elem, kept)
	if len(kept) > 0 {
		changed.Bounds[0].Lower = array.Bounds[0].Lower
	}
	return OfArray(changed), nil
}

func arrayReplace(_ *Context, a []Value) (Value, error) {
	if a[0].IsNull() {
		return Value{}, nil
	}
	return a[0].Array().convert(a[0].Array().Elem, func(v Value) (Value, error) {
		if sameElement(v, a[1]) {
			return a[2], nil
		}
		return v, nil
	})
}

func trimArray(_ *Context, a []Value) (Value, error) {
	array := a[0].Array()
	n := int64(0)
	if len(array.Bounds) > 0 {
		n = int64(array.Bounds[0].Length)
	}
	if a[1].N < 0 || a[1].N > n {
		return Value{}, newError(CodeArraySubscript, "number of elements to trim must be between 0 and ", strconv.FormatInt(n, 10))
	}
	if n == 0 {
		return a[0], nil
	}
	upper := int64(array.Bounds[0].Lower) + n - a[1].N - 1
	return Slice(a[0], []*int64{nil}, []*int64{&upper}), nil
}

func arrayLess(_ *Context, a []Value) (Value, error) {
	if Compare(a[0], a[1]) <= 0 {
		return a[0], nil
	}
	return a[1], nil
}

var arrayEvals = map[string]Eval{
	"arraycontains": arrayContains, "arraycontained": arrayContained, "arrayoverlap": arrayOverlap,
	"array_ndims": arrayNdims, "array_cardinality": arrayCardinality, "array_dims": arrayDims,
	"array_length": arrayBound(func(b Bound) int32 { return b.Length }), "array_lower": arrayBound(func(b Bound) int32 { return b.Lower }),
	"array_upper": arrayBound(func(b Bound) int32 { return b.Lower + b.Length - 1 }),
	"array_cat":   arrayCat, "array_position": arrayPosition, "array_position_start": arrayPosition, "array_positions": arrayPositions,
	"array_remove": arrayRemove, "array_replace": arrayReplace, "trim_array": trimArray, "array_smaller": arrayLess,
}

var arrayMakers = map[string]maker{"array_append": arrayAppend, "array_prepend": arrayPrepend}

// NestArrays makes one array of arrays that are equally long (ARRAY[ARRAY[...], ...]; 2202E
// otherwise). NULL and empty arrays among empty ones give an empty array.
func NestArrays(elem *Type, arrays []Value) (Value, error) {
	nested := &ArrayData{Elem: elem}
	var inner []Bound
	empty := 0
	for _, v := range arrays {
		if v.IsNull() || len(v.Array().Bounds) == 0 {
			empty++
			continue
		}
		bounds := v.Array().Bounds
		if inner == nil {
			inner = bounds
		}
		if !sameBounds(inner, bounds) {
			return Value{}, mismatchedDimensions()
		}
		nested.Values = append(nested.Values, v.Array().Values...)
	}
	switch {
	case empty == len(arrays):
		return OfArray(&ArrayData{Elem: elem}), nil
	case empty > 0:
		return Value{}, mismatchedDimensions()
	}
	nested.Bounds = append([]Bound{{Length: int32(len(arrays)), Lower: 1}}, inner...)
	return OfArray(nested), nil
}

func sameBounds(x, y []Bound) bool {
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return false
		}
	}
	return len(x) == len(y)
}

func mismatchedDimensions() error {
	return newError(CodeArraySubscript, "multidimensional arrays must have array expressions with matching dimensions")
}
