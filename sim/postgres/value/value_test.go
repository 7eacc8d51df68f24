package value_test

import (
	"errors"
	"testing"

	"github.com/squallhq/squall/sim/postgres/value"
)

// mustParse reads a literal of a built-in type.
func mustParse(t testing.TB, typ *value.Type, text string) value.Value {
	t.Helper()
	v, err := typ.ParseText(testContext(), text)
	if err != nil {
		t.Fatalf("%s %q: %v", typ.Display, text, err)
	}
	return v
}

func TestCompareAcrossScales(t *testing.T) {
	equal := [][2]value.Value{
		{mustParse(t, value.Numeric, "1.0"), mustParse(t, value.Numeric, "1.000")},
		{mustParse(t, value.Numeric, "123456789012345678901234567890.0"), mustParse(t, value.Numeric, "123456789012345678901234567890")},
		{mustParse(t, value.Numeric, "0"), mustParse(t, value.Numeric, "-0.00")},
		{mustParse(t, value.Interval, "1 mon"), mustParse(t, value.Interval, "30 days")},
		{mustParse(t, value.Interval, "1 day"), mustParse(t, value.Interval, "24:00:00")},
		{mustParse(t, value.Float8, "-0"), mustParse(t, value.Float8, "0")},
		{mustParse(t, value.Float8, "NaN"), mustParse(t, value.Float8, "NaN")},
		{mustParse(t, value.BPChar, "a  "), mustParse(t, value.BPChar, "a")},
		{mustParse(t, value.JSONB, `{"a":1.0,"b":2}`), mustParse(t, value.JSONB, `{"b":2,"a":1}`)},
	}
	for _, pair := range equal {
		if !value.Equal(pair[0], pair[1]) || value.Compare(pair[0], pair[1]) != 0 {
			t.Errorf("%v and %v are not equal", pair[0], pair[1])
		}
		if value.Hash(pair[0]) != value.Hash(pair[1]) {
			t.Errorf("%v and %v are equal and hash differently", pair[0], pair[1])
		}
	}
}

func TestCompareIsAnOrder(t *testing.T) {
	lists := map[*value.Type][]string{
		value.Int8:        {"-9223372036854775808", "-1", "0", "1", "9223372036854775807"},
		value.Numeric:     {"-Infinity", "-12345678901234567890.5", "-1.5", "0", "0.0001", "1", "1.5", "12345678901234567890", "Infinity", "NaN"},
		value.Float8:      {"-Infinity", "-1.5", "0", "1e-300", "1.5", "Infinity", "NaN"},
		value.Text:        {"", "B", "a", "ab", "b", "é"},
		value.Bool:        {"f", "t"},
		value.Timestamptz: {"-infinity", "0044-03-15 00:00+00 BC", "1999-01-01 00:00+00", "2026-01-01 00:00+00", "infinity"},
		value.Date:        {"-infinity", "1999-01-01", "2026-01-01", "infinity"},
		value.Interval:    {"-1 mons", "-1 day", "0", "1 s", "1 day", "25 hours", "1 mon", "1 year"},
		value.UUID:        {"00000000-0000-0000-0000-000000000001", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		value.Bytea:       {`\x`, `\x00`, `\x0001`, `\xff`},
		value.JSONB:       {"[]", "null", `"a"`, "1", "false", "true", "[1]", "[2]", "[1,2]", "{}", `{"a":1}`, `{"b":0}`, `{"a":1,"b":1}`},

		value.ArrayOf(value.Int4): {"{}", "{1}", "{1,2}", "{1,NULL}", "{2}"},
	}
	for typ, texts := range lists {
		for i := range texts {
			for j := range texts {
				got := value.Compare(mustParse(t, typ, texts[i]), mustParse(t, typ, texts[j]))
				if (got < 0) != (i < j) || (got > 0) != (i > j) {
					t.Errorf("%s: Compare(%s, %s) = %d", typ.Display, texts[i], texts[j], got)
				}
			}
		}
	}
}

func TestEnum(t *testing.T) {
	mood := value.NewEnum(70000, 70001, "mood", []string{"sad", "ok", "happy"})
	sad, happy := mustParse(t, mood, "sad"), mustParse(t, mood, "happy")
	t.Run("OrderOfLabels", func(t *testing.T) {
		if value.Compare(sad, happy) >= 0 {
			t.Error("sad is not less than happy")
		}
	})
	t.Run("NewLabelBetween", func(t *testing.T) {
		changed, err := mood.WithLabel("meh", "ok", true)
		if err != nil {
			t.Fatal(err)
		}
		meh := mustParse(t, changed, "meh")
		if !value.Same(mood, changed) || value.Compare(sad, meh) >= 0 || value.Compare(meh, mustParse(t, mood, "ok")) >= 0 {
			t.Error("meh does not stand between sad and ok")
		}
	})
	t.Run("Operators", func(t *testing.T) {
		op, err := value.ResolveOperator("<", mood, value.Unknown)
		if err != nil || op.Right != mood || op.Comparison != value.Less {
			t.Errorf("enum < literal: %+v, %v", op, err)
		}
	})
	t.Run("ArrayOfEnum", func(t *testing.T) {
		v := mustParse(t, value.ArrayOf(mood), "{ok,sad}")
		if got := value.ArrayOf(mood).Text(nil, v); got != "{ok,sad}" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("ErrLabel", func(t *testing.T) {
		_, err := mood.ParseText(nil, "angry")
		wantError(t, err, "22P02", `invalid input value for enum mood: "angry"`)
	})
	t.Run("ErrDuplicate", func(t *testing.T) {
		_, err := mood.WithLabel("ok", "", false)
		wantError(t, err, "42710", `enum label "ok" already exists`)
	})
	t.Run("ErrOtherType", func(t *testing.T) {
		_, err := value.ResolveOperator("=", mood, value.Text)
		wantError(t, err, "42883", "operator does not exist: mood = text")
	})
}

func wantError(t *testing.T, err error, code, message string) {
	t.Helper()
	e, ok := errors.AsType[*value.Error](err)
	if !ok || e.Code != code || e.Message != message {
		t.Errorf("got %v, want %s %s", err, code, message)
	}
}

func TestCoerceOnAssignment(t *testing.T) {
	varchar3, _ := value.Varchar.Modifier([]int64{3})
	char3, _ := value.BPChar.Modifier([]int64{3})
	numeric42, _ := value.Numeric.Modifier([]int64{4, 2})
	t.Run("OK", func(t *testing.T) {
		v, err := value.Varchar.Coerce(varchar3, value.OfText("ab   "), value.Assignment)
		if err != nil || v.S != "ab " {
			t.Errorf("got %q, %v", v.S, err)
		}
		v, err = value.BPChar.Coerce(char3, mustParse(t, value.BPChar, "x"), value.Assignment)
		if err != nil || v.S != "x  " {
			t.Errorf("got %q, %v", v.S, err)
		}
	})
	t.Run("ErrTooLong", func(t *testing.T) {
		_, err := value.Varchar.Coerce(varchar3, value.OfText("abcd"), value.Assignment)
		wantError(t, err, "22001", "value too long for type character varying(3)")
		_, err = value.BPChar.Coerce(char3, mustParse(t, value.BPChar, "abcd"), value.Assignment)
		wantError(t, err, "22001", "value too long for type character(3)")
	})
	t.Run("ErrPrecision", func(t *testing.T) {
		_, err := value.Numeric.Coerce(numeric42, mustParse(t, value.Numeric, "100"), value.Assignment)
		wantError(t, err, "22003", "numeric field overflow")
	})
	t.Run("Format", func(t *testing.T) {
		if got := value.Numeric.Format(numeric42); got != "numeric(4,2)" {
			t.Errorf("got %s", got)
		}
		if got := value.ArrayOf(value.Varchar).Format(varchar3); got != "character varying(3)[]" {
			t.Errorf("got %s", got)
		}
	})
}

func TestCastContexts(t *testing.T) {
	cases := []struct {
		from, to *value.Type
		least    value.CastContext
	}{
		{value.Int4, value.Int8, value.Implicit}, {value.Int8, value.Int4, value.Assignment}, {value.Int4, value.Text, value.Assignment},
		{value.Text, value.Int4, value.Explicit}, {value.Bool, value.Int4, value.Explicit}, {value.Text, value.Varchar, value.Implicit},
		{value.Date, value.Timestamptz, value.Implicit}, {value.Timestamptz, value.Date, value.Assignment}, {value.Text, value.UUID, value.Explicit},
		{value.JSONB, value.Text, value.Assignment}, {value.ArrayOf(value.Int4), value.ArrayOf(value.Int8), value.Implicit},
	}
	for _, c := range cases {
		for context := value.Implicit; context <= value.Explicit; context++ {
			_, err := value.FindCast(c.from, c.to, context)
			if (err == nil) != (context >= c.least) {
				t.Errorf("%s to %s in context %d: %v", c.from.Display, c.to.Display, context, err)
			}
		}
	}
	_, err := value.FindCast(value.UUID, value.Int4, value.Explicit)
	wantError(t, err, "42846", "cannot cast type uuid to integer")
}

func TestUnsupportedIsNamed(t *testing.T) {
	cases := map[string]error{}
	_, cases["operator text @@ text"] = value.ResolveOperator("@@", value.Text, value.Text)
	_, cases["function sin(double precision)"] = value.ResolveFunction(value.FunctionCall{Name: "sin", Args: []*value.Type{value.Float8}})
	_, cases["type inet"] = value.TypeByName("inet").ParseText(nil, "::1")
	for want, err := range cases {
		u, ok := errors.AsType[*value.Unsupported](err)
		if !ok || u.Construct != want {
			t.Errorf("got %v, want Unsupported %s", err, want)
		}
	}
}

func TestAssign(t *testing.T) {
	ints := value.ArrayOf(value.Int4)
	cases := []struct {
		array string
		at    []int64
		want  string
	}{
		{"{1,2}", []int64{2}, "{1,9}"}, {"{1,2}", []int64{4}, "{1,2,NULL,9}"}, {"{1,2}", []int64{-1}, "[-1:2]={9,NULL,1,2}"},
		{"{}", []int64{3}, "[3:3]={9}"}, {"{{1,2},{3,4}}", []int64{2, 1}, "{{1,2},{9,4}}"},
	}
	for _, c := range cases {
		v, err := value.Assign(value.Int4, mustParse(t, ints, c.array), c.at, value.OfInt(9))
		if err != nil || ints.Text(nil, v) != c.want {
			t.Errorf("%s%v = 9: got %s, %v, want %s", c.array, c.at, ints.Text(nil, v), err, c.want)
		}
	}
	_, err := value.Assign(value.Int4, mustParse(t, ints, "{{1,2}}"), []int64{1}, value.OfInt(9))
	wantError(t, err, "2202E", "wrong number of array subscripts")
}

func TestDecodeBinaryRefusesJunk(t *testing.T) {
	types := []*value.Type{value.Int4, value.UUID, value.Numeric, value.Interval, value.ArrayOf(value.Int4), value.JSONB, value.Snapshot, value.Timestamptz}
	for _, typ := range types {
		for n := range 40 {
			junk := make([]byte, n)
			for i := range junk {
				junk[i] = byte(i*37 + n)
			}
			_, err := typ.DecodeBinary(junk) // must not panic
			if fixed := int(typ.Size); fixed > 0 && n != fixed && err == nil {
				t.Errorf("%s: %d bytes were accepted", typ.Display, n)
			}
		}
	}
	_, err := value.Text.DecodeBinary([]byte("a\xc3("))
	wantError(t, err, "22021", `invalid byte sequence for encoding "UTF8": 0xc3 0x28`)
	_, err = value.Text.DecodeBinary([]byte("a\x00"))
	wantError(t, err, "22021", `invalid byte sequence for encoding "UTF8": 0x00`)
}

func TestRandomUUID(t *testing.T) {
	f, err := value.ResolveFunction(value.FunctionCall{Name: "gen_random_uuid"})
	if err != nil {
		t.Fatal(err)
	}
	first, _ := f.Call(testContext(), nil)
	again, _ := f.Call(testContext(), nil)
	if !value.Equal(first, again) {
		t.Error("the same source gave two different identifiers")
	}
	if first.S[6]>>4 != 4 || first.S[8]>>6 != 2 {
		t.Errorf("%s is not of version 4", value.UUID.Text(nil, first))
	}
}

func TestPopulateRecord(t *testing.T) {
	varchar3, _ := value.Varchar.Modifier([]int64{3})
	field := func(name string, typ *value.Type) value.Field {
		return value.Field{Name: name, Type: typ, Mod: value.NoMod}
	}
	row := value.NewRecord([]value.Field{
		field("a", value.Int4), field("b", value.Text), field("c", value.ArrayOf(value.Int4)), field("d", value.JSONB),
		field("e", value.Text), field("f", value.Date), field("g", value.Text), field("h", value.Int4),
	})
	populate := func(typ *value.Type, text string) (value.Value, error) {
		return value.PopulateRecord(testContext(), typ, value.Value{}, mustParse(t, value.JSONB, text).Doc())
	}
	t.Run("OK", func(t *testing.T) {
		v, err := populate(row, `{"a":1,"b":"x","c":[1,2],"d":{"k":1},"e":null,"f":"2026-01-01","g":true}`)
		if want := `(1,x,"{1,2}","{""k"": 1}",,2026-01-01,true,)`; err != nil || row.Text(nil, v) != want {
			t.Errorf("got %s, %v, want %s", row.Text(nil, v), err, want)
		}
	})
	t.Run("ErrNotAnArray", func(t *testing.T) {
		_, err := populate(row, `{"c":5}`)
		wantError(t, err, "22P02", "expected JSON array")
	})
	t.Run("ErrInput", func(t *testing.T) {
		_, err := populate(row, `{"a":"x"}`)
		wantError(t, err, "22P02", `invalid input syntax for type integer: "x"`)
	})
	t.Run("ErrTooLong", func(t *testing.T) {
		_, err := populate(value.NewRecord([]value.Field{{Name: "b", Type: value.Varchar, Mod: varchar3}}), `{"b":"long"}`)
		wantError(t, err, "22001", "value too long for type character varying(3)")
	})
	t.Run("ErrRows", func(t *testing.T) {
		_, err := value.PopulateRecords(testContext(), row, value.Value{}, mustParse(t, value.JSONB, "[1]").Doc(), "jsonb_to_recordset")
		wantError(t, err, "22023", "argument of jsonb_to_recordset must be an array of objects")
	})
}

func TestRegexGroupsAreNotGuessed(t *testing.T) {
	_, _, err := evaluate(testContext(), `regexp_match('foobar', '(fo|foob)(.*)')`)
	if _, ok := errors.AsType[*value.Unsupported](err); !ok {
		t.Errorf("got %v, want Unsupported: PostgreSQL gives {foob,ar}, Go {fo,obar}", err)
	}
}
