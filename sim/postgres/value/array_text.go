package value

import (
	"strings"
	"unicode/utf8"
)

// arrayToString joins the elements' texts; a NULL is left out, or replaced by the third argument.
func arrayToString(args []*Type, _ *Type) Eval {
	return func(c *Context, a []Value) (Value, error) {
		if a[0].IsNull() || a[1].IsNull() {
			return Value{}, nil
		}
		var b []byte
		some := false
		for _, v := range a[0].Array().Values {
			null := v.IsNull()
			if null && (len(a) < 3 || a[2].IsNull()) {
				continue
			}
			if some {
				b = append(b, a[1].S...)
			}
			some = true
			if null {
				b = append(b, a[2].S...)
				continue
			}
			b = args[0].Elem.AppendText(c, b, v)
		}
		return textOf(string(b))
	}
}

// splitText is string_to_array and string_to_table: a NULL separator splits into characters, an
// empty one not at all; pieces equal to the third argument become NULL.
func splitText(a []Value) []Value {
	s := a[0].S
	if s == "" {
		return nil
	}
	var parts []string
	switch {
	case a[1].IsNull():
		for s != "" {
			_, size := utf8.DecodeRuneInString(s)
			parts, s = append(parts, s[:size]), s[size:]
		}
	case a[1].S == "":
		parts = []string{s}
	default:
		parts = strings.Split(s, a[1].S)
	}
	values := make([]Value, len(parts))
	for i, part := range parts {
		if len(a) < 3 || a[2].IsNull() || part != a[2].S {
			values[i] = OfText(part)
		}
	}
	return values
}

func stringToArray(_ *Context, a []Value) (Value, error) {
	if a[0].IsNull() {
		return Value{}, nil
	}
	return OfArray(NewArray(Text, splitText(a))), nil
}

func stringToTable([]*Type) setEval {
	return func(_ *Context, a []Value) ([]Value, error) {
		if a[0].IsNull() {
			return nil, nil
		}
		return splitText(a), nil
	}
}

func arrayFill(args []*Type, _ *Type) Eval {
	elem := args[0]
	return func(_ *Context, a []Value) (Value, error) {
		if err := checkFill(a); err != nil {
			return Value{}, err
		}
		filled := &ArrayData{Elem: elem}
		count := int64(1)
		for i, n := range a[1].Array().Values {
			lower := int32(1)
			if len(a) == 3 {
				lower = int32(a[2].Array().Values[i].N)
			}
			count *= max(n.N, 0)
			if count > arrayElementsMax {
				return Value{}, newError(CodeProgramLimit, "array size exceeds the maximum allowed (134217727)")
			}
			filled.Bounds = append(filled.Bounds, Bound{Length: int32(n.N), Lower: lower})
		}
		if len(filled.Bounds) == 0 || count == 0 {
			return OfArray(&ArrayData{Elem: elem}), nil
		}
		filled.Values = make([]Value, count)
		for i := range filled.Values {
			filled.Values[i] = a[0]
		}
		return OfArray(filled), nil
	}
}

// checkFill checks the arrays of dimensions and lower bounds, in the order in which the server does.
func checkFill(a []Value) error {
	for _, v := range a[1:] {
		if v.IsNull() {
			return newError(CodeNullNotAllowed, "dimension array or low bound array cannot be null")
		}
	}
	for _, v := range a[1:] {
		list := v.Array()
		if len(list.Bounds) > 1 {
			return fillError("Dimension array must be one dimensional.")
		}
		for _, n := range list.Values {
			if n.IsNull() {
				return newError(CodeNullNotAllowed, "dimension values cannot be null")
			}
		}
	}
	if len(a) == 3 && len(a[1].Array().Values) != len(a[2].Array().Values) {
		return fillError("Low bound array has different size than dimensions array.")
	}
	return nil
}

func fillError(detail string) error {
	err := newError(CodeArraySubscript, "wrong number of array subscripts")
	err.Detail = detail
	return err
}

// enumRange lists an enum's labels between two, NULL meaning the end.
func enumRange(args []*Type, _ *Type) Eval {
	enum := args[0]
	return func(_ *Context, a []Value) (Value, error) {
		var labels []Value
		for _, label := range enum.Labels {
			if len(a) == 2 && (!a[0].IsNull() && label.Order < a[0].N || !a[1].IsNull() && label.Order > a[1].N) {
				continue
			}
			labels = append(labels, Value{Kind: KindEnum, N: label.Order, S: label.Name})
		}
		return OfArray(NewArray(enum, labels)), nil
	}
}

func enumEnd(last bool) maker {
	return func(args []*Type, _ *Type) Eval {
		enum := args[0]
		return func(*Context, []Value) (Value, error) {
			if len(enum.Labels) == 0 {
				return Value{}, newError("55000", "enum ", enum.Display, " contains no values")
			}
			label := enum.Labels[0]
			if last {
				label = enum.Labels[len(enum.Labels)-1]
			}
			return Value{Kind: KindEnum, N: label.Order, S: label.Name}, nil
		}
	}
}

var arrayTextEvals = map[string]Eval{"text_to_array": stringToArray, "text_to_array_null": stringToArray}

var arrayTextMakers = map[string]maker{
	"array_to_text": arrayToString, "array_to_text_null": arrayToString, "array_fill": arrayFill, "array_fill_with_lower_bounds": arrayFill,
	"enum_range_all": enumRange, "enum_range_bounds": enumRange, "enum_first": enumEnd(false), "enum_last": enumEnd(true),
}
