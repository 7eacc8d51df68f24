package value

// Set-returning functions (manual, 9.25, and those of JSON and text).

func unnest([]*Type) setEval {
	return func(_ *Context, a []Value) ([]Value, error) { return a[0].Array().Values, nil }
}

// seriesMax bounds what generate_series may give: the executor holds it whole.
const seriesMax = 10_000_000

func zeroStep() error { return newError(CodeInvalidParameter, "step size cannot equal zero") }

func integerSeries(w intWidth) setMaker {
	return func([]*Type) setEval {
		return func(_ *Context, a []Value) ([]Value, error) {
			step := int64(1)
			if len(a) == 3 {
				step = a[2].N
			}
			if step == 0 {
				return nil, zeroStep()
			}
			var rows []Value
			for n, ok := a[0].N, true; ok && (step > 0 && n <= a[1].N || step < 0 && n >= a[1].N); n, ok = addInt(n, step) {
				if rows = append(rows, OfInt(n)); len(rows) > seriesMax {
					return nil, &Unsupported{Construct: "generate_series of more than 10 million rows"}
				}
				if n > w.high-max(step, 0) || n < w.low-min(step, 0) {
					break
				}
			}
			return rows, nil
		}
	}
}

func numericSeries([]*Type) setEval {
	return func(_ *Context, a []Value) ([]Value, error) {
		step := NewDecimal(1, 0)
		if len(a) == 3 {
			step = a[2].Decimal()
		}
		for i, what := range [...]string{"start", "stop", "step size"} {
			if i < len(a) && a[i].Decimal().form != finite {
				not := "infinity"
				if a[i].Decimal().isNaN() {
					not = "NaN"
				}
				return nil, newError(CodeInvalidParameter, what, " value cannot be ", not)
			}
		}
		if step.sign() == 0 {
			return nil, zeroStep()
		}
		scale := max(a[0].Decimal().scale, step.scale)
		var rows []Value
		for d := a[0].Decimal(); d.Compare(a[1].Decimal())*step.sign() <= 0; d = d.add(step) {
			if rows = append(rows, OfDecimal(d.round(scale))); len(rows) > seriesMax {
				return nil, &Unsupported{Construct: "generate_series of more than 10 million rows"}
			}
		}
		return rows, nil
	}
}

func stampSeries(args []*Type) setEval {
	zoned := args[0] == Timestamptz
	return func(c *Context, a []Value) ([]Value, error) {
		step := a[2].Span()
		direction := step.compare(Span{})
		if direction == 0 {
			return nil, zeroStep()
		}
		var rows []Value
		for n := a[0].N; direction > 0 && n <= a[1].N || direction < 0 && n >= a[1].N; {
			if rows = append(rows, OfTimestamp(n)); len(rows) > seriesMax {
				return nil, &Unsupported{Construct: "generate_series of more than 10 million rows"}
			}
			next, err := addSpan(n, step)
			if zoned {
				next, err = addSpanIn(c.zone(), n, step)
			}
			if err != nil {
				return nil, err
			}
			n = next
		}
		return rows, nil
	}
}

func subscripts([]*Type) setEval {
	return func(_ *Context, a []Value) ([]Value, error) {
		bounds := a[0].Array().Bounds
		if a[1].N < 1 || a[1].N > int64(len(bounds)) {
			return nil, nil
		}
		b := bounds[a[1].N-1]
		rows := make([]Value, b.Length)
		for i := range rows {
			at := i
			if len(a) == 3 && a[2].True() {
				at = len(rows) - 1 - i
			}
			rows[at] = OfInt(int64(b.Lower) + int64(i))
		}
		return rows, nil
	}
}

// docRows lists the elements of a jsonb array.
func docRows(name string, each func(*Doc) (Value, error)) setMaker {
	return func([]*Type) setEval {
		return func(_ *Context, a []Value) ([]Value, error) {
			d := a[0].Doc()
			switch {
			case d.Kind == DocObject:
				return nil, newError(CodeInvalidParameter, "cannot extract elements from an object")
			case d.scalar():
				return nil, newError(CodeInvalidParameter, "cannot extract elements from a scalar")
			}
			_ = name
			rows := make([]Value, len(d.Items))
			for i := range d.Items {
				rows[i], _ = each(&d.Items[i])
			}
			return rows, nil
		}
	}
}

// docPairs lists the members of a jsonb object as records of key and value.
func docPairs(name string, valueType *Type, each func(*Doc) (Value, error)) setMaker {
	row := NewRecord([]Field{{"key", Text, NoMod}, {"value", valueType, NoMod}})
	return func([]*Type) setEval {
		return func(_ *Context, a []Value) ([]Value, error) {
			d := a[0].Doc()
			if d.Kind != DocObject {
				return nil, newError(CodeInvalidParameter, "cannot call ", name, " on a non-object")
			}
			rows := make([]Value, len(d.Items))
			for i := range d.Items {
				v, _ := each(&d.Items[i])
				rows[i] = OfRecord(&RecordData{Type: row, Values: []Value{OfText(d.Keys[i]), v}})
			}
			return rows, nil
		}
	}
}

func docKeys([]*Type) setEval {
	return func(_ *Context, a []Value) ([]Value, error) {
		d := a[0].Doc()
		switch {
		case d.Kind == DocArray:
			return nil, newError(CodeInvalidParameter, "cannot call jsonb_object_keys on an array")
		case d.scalar():
			return nil, newError(CodeInvalidParameter, "cannot call jsonb_object_keys on a scalar")
		}
		rows := make([]Value, len(d.Keys))
		for i, key := range d.Keys {
			rows[i] = OfText(key)
		}
		return rows, nil
	}
}

var setTable = map[string]setMaker{
	"array_unnest": unnest, "generate_series_int4": integerSeries(width4), "generate_series_step_int4": integerSeries(width4),
	"generate_series_int8": integerSeries(width8), "generate_series_step_int8": integerSeries(width8),
	"generate_series_numeric": numericSeries, "generate_series_step_numeric": numericSeries,
	"generate_series_timestamp": stampSeries, "generate_series_timestamptz": stampSeries,
	"generate_subscripts": subscripts, "generate_subscripts_nodir": subscripts,
	"jsonb_array_elements": docRows("jsonb_array_elements", docOf), "jsonb_array_elements_text": docRows("jsonb_array_elements_text", docText),
	"jsonb_each": docPairs("jsonb_each", JSONB, docOf), "jsonb_each_text": docPairs("jsonb_each_text", Text, docText), "jsonb_object_keys": docKeys,
	"jsonb_populate_recordset": jsonbPopulateSet,
	"json_array_elements":      jsonRows("json_array_elements", jsonPart), "json_array_elements_text": jsonRows("json_array_elements_text", jsonPartText),
	"json_each": jsonPairs(JSON, jsonPart), "json_each_text": jsonPairs(Text, jsonPartText), "json_object_keys": jsonKeys,
	"regexp_matches": regexMatches, "regexp_matches_no_flags": regexMatches,
	"text_to_table": stringToTable, "text_to_table_null": stringToTable,
	"regexp_split_to_table": regexSplitTable, "regexp_split_to_table_no_flags": regexSplitTable,
}
