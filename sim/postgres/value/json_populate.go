package value

// PopulateRecord makes a composite value of a JSON object: a member for each field of the same
// name, converted as jsonb_populate_record does; a field without one keeps base's value, or is NULL. It is what
// jsonb_to_record and jsonb_to_recordset do with a column definition list.
func PopulateRecord(c *Context, t *Type, base Value, d *Doc) (Value, error) {
	if d.Kind != DocObject {
		return Value{}, newError(CodeInvalidParameter, "cannot call populate_composite on ", anArrayOrScalar(d))
	}
	record := &RecordData{Type: t, Values: make([]Value, len(t.Fields))}
	if !base.IsNull() {
		copy(record.Values, base.Record().Values)
	}
	for i, f := range t.Fields {
		member := d.Get(f.Name)
		if member == nil {
			continue
		}
		v, err := populateField(c, f.Type, member, f.Name)
		if err == nil {
			v, err = f.Type.Coerce(f.Mod, v, Assignment)
		}
		if err != nil {
			return Value{}, err
		}
		record.Values[i] = v
	}
	return OfRecord(record), nil
}

func anArrayOrScalar(d *Doc) string {
	if d.Kind == DocArray {
		return "an array"
	}
	return "a scalar"
}

func populateField(c *Context, t *Type, d *Doc, key string) (Value, error) {
	switch {
	case d.Kind == DocNull:
		return Value{}, nil
	case t == JSONB:
		return OfJSONB(d), nil
	case t == JSON:
		return OfJSON(d.String()), nil
	case d.Kind == DocString:
		return t.ParseText(c, d.Text)
	case t.Elem != nil:
		return populateArray(c, t, d, key)
	case t.Kind == KindRecord && d.Kind == DocObject:
		return PopulateRecord(c, t, Value{}, d)
	}
	return t.ParseText(c, d.String())
}

func populateArray(c *Context, t *Type, d *Doc, key string) (Value, error) {
	if d.Kind != DocArray {
		err := newError(CodeInvalidText, "expected JSON array")
		err.Hint = `See the value of key "` + key + `".`
		return Value{}, err
	}
	var items []Value
	for i := range d.Items {
		if d.Items[i].Kind == DocArray {
			return Value{}, &Unsupported{Construct: "arrays of more than one dimension out of JSON"}
		}
		v, err := populateField(c, t.Elem, &d.Items[i], key)
		if err != nil {
			return Value{}, err
		}
		items = append(items, v)
	}
	return OfArray(NewArray(t.Elem, items)), nil
}

// PopulateRecords is PopulateRecord for each element of a JSON array. name is the function's, for errors.
func PopulateRecords(c *Context, t *Type, base Value, d *Doc, name string) ([]Value, error) {
	if d.Kind != DocArray {
		return nil, newError(CodeInvalidParameter, "cannot call ", name, " on a non-array")
	}
	rows := make([]Value, len(d.Items))
	for i := range d.Items {
		if d.Items[i].Kind != DocObject {
			return nil, newError(CodeInvalidParameter, "argument of ", name, " must be an array of objects")
		}
		row, err := PopulateRecord(c, t, base, &d.Items[i])
		if err != nil {
			return nil, err
		}
		rows[i] = row
	}
	return rows, nil
}

func jsonbPopulate(args []*Type, _ *Type) Eval {
	t := args[0]
	if t.Kind != KindRecord || t.OID == Record.OID {
		return nil
	}
	return func(c *Context, a []Value) (Value, error) {
		if a[1].IsNull() {
			return a[0], nil
		}
		return PopulateRecord(c, t, a[0], a[1].Doc())
	}
}

func jsonbPopulateSet(args []*Type) setEval {
	t := args[0]
	if t.Kind != KindRecord || t.OID == Record.OID {
		return nil
	}
	return func(c *Context, a []Value) ([]Value, error) {
		if a[1].IsNull() {
			return nil, nil
		}
		return PopulateRecords(c, t, a[0], a[1].Doc(), "jsonb_populate_recordset")
	}
}
