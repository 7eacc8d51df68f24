package value_test

import (
	"testing"

	"github.com/squallhq/squall/sim/postgres/value"
)

func BenchmarkOperator(b *testing.B) {
	op, err := value.ResolveOperator("=", value.Int8, value.Int4)
	if err != nil {
		b.Fatal(err)
	}
	args := []value.Value{value.OfInt(42), value.OfInt(42)}
	b.ReportAllocs()
	for b.Loop() {
		if v, err := op.Call(nil, args); err != nil || !v.True() {
			b.Fatal(err)
		}
	}
}

func BenchmarkResolveOperator(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := value.ResolveOperator("=", value.Varchar, value.Unknown); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTimestampPlusInterval(b *testing.B) {
	op, err := value.ResolveOperator("+", value.Timestamptz, value.Interval)
	if err != nil {
		b.Fatal(err)
	}
	c := testContext()
	args := []value.Value{value.OfTimestamp(1), mustParse(b, value.Interval, "30 seconds")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := op.Call(c, args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseJSONB(b *testing.B) {
	const text = `{"order_id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","lines":[{"sku":"A","quantity":2,"price_cents":1999}],"version":7}`
	b.ReportAllocs()
	for b.Loop() {
		if _, err := value.JSONB.ParseText(nil, text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJSONBField(b *testing.B) {
	op, err := value.ResolveOperator("->>", value.JSONB, value.Unknown)
	if err != nil {
		b.Fatal(err)
	}
	args := []value.Value{mustParse(b, value.JSONB, `{"order_id":"x","version":7}`), value.OfText("order_id")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := op.Call(nil, args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBinaryRoundTrip(b *testing.B) {
	types := []*value.Type{value.Int8, value.UUID, value.Timestamptz, value.Text}
	values := []value.Value{
		value.OfInt(42), mustParse(b, value.UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), value.OfTimestamp(1), value.OfText("OrderPlaced"),
	}
	buffer := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		for i, typ := range types {
			data, err := typ.AppendBinary(buffer[:0], values[i])
			if err != nil {
				b.Fatal(err)
			}
			if _, err := typ.DecodeBinary(data); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkTextRoundTrip(b *testing.B) {
	types := []*value.Type{value.Int8, value.UUID, value.Timestamptz, value.Numeric}
	texts := []string{"42", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "2026-11-23 21:44:49.123456+00", "19.99"}
	c := testContext()
	buffer := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		for i, typ := range types {
			v, err := typ.ParseText(c, texts[i])
			if err != nil {
				b.Fatal(err)
			}
			buffer = typ.AppendText(c, buffer[:0], v)
		}
	}
}

func BenchmarkCompareText(b *testing.B) {
	x, y := value.OfText("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), value.OfText("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12")
	for b.Loop() {
		if value.Compare(x, y) >= 0 {
			b.Fatal("wrong order")
		}
	}
}

func BenchmarkHashRow(b *testing.B) {
	row := []value.Value{value.OfText("order-service"), value.OfUUID([16]byte{1, 2, 3})}
	for b.Loop() {
		value.HashRow(row)
	}
}

func BenchmarkNumericAdd(b *testing.B) {
	op, err := value.ResolveOperator("+", value.Numeric, value.Numeric)
	if err != nil {
		b.Fatal(err)
	}
	args := []value.Value{mustParse(b, value.Numeric, "19.99"), mustParse(b, value.Numeric, "5.01")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := op.Call(nil, args); err != nil {
			b.Fatal(err)
		}
	}
}
