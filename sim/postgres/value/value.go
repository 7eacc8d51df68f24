package value

import "math"

// Kind says which fields of a Value hold it.
type Kind uint8

// The kinds. Several types share one kind: int2, int4, int8 and oid are all KindInt.
const (
	KindNull      Kind = iota // the zero Value
	KindBool                  // N: 0 or 1
	KindInt                   // N; a regclass also has its printed name in S
	KindFloat                 // N: bits of a float64 (float4 holds its rounded value)
	KindNumeric               // P: *Decimal
	KindText                  // S
	KindChar                  // S, blank padded: character(n), which ignores trailing blanks
	KindBytes                 // S
	KindUUID                  // S: 16 bytes
	KindTimestamp             // N: microseconds since 2000-01-01 (UTC for timestamptz)
	KindDate                  // N: days since 2000-01-01
	KindTime                  // N: microseconds since midnight
	KindInterval              // P: *Span
	KindJSON                  // S: the text as given
	KindJSONB                 // P: *Doc
	KindEnum                  // N: sort order; S: label
	KindArray                 // P: *ArrayData
	KindRecord                // P: *RecordData
	KindSnapshot              // P: *SnapshotData
	KindVoid                  // nothing
)

// Value is one datum. It carries no type: the same Value may be an int4 or an int8. It is small,
// copied freely and never changed; what P points to is never changed either. Two Values are
// compared by Compare or Equal only. The zero Value is NULL.
type Value struct {
	Kind Kind
	N    int64
	S    string
	P    any
}

// Row is a tuple's values in column order. It is never changed once stored.
type Row []Value

// NULL is the null value.
func NULL() Value { return Value{} }

// IsNull says whether the value is NULL.
func (v Value) IsNull() bool { return v.Kind == KindNull }

// True says whether the value is the boolean TRUE; NULL is not.
func (v Value) True() bool { return v.Kind == KindBool && v.N != 0 }

// OfBool makes a bool.
func OfBool(b bool) Value {
	if b {
		return Value{Kind: KindBool, N: 1}
	}
	return Value{Kind: KindBool}
}

// OfInt makes an int2, int4, int8, oid, xid or xid8.
func OfInt(n int64) Value { return Value{Kind: KindInt, N: n} }

// OfFloat makes a float4 or float8; for float4 the caller has rounded already.
func OfFloat(f float64) Value { return Value{Kind: KindFloat, N: int64(math.Float64bits(f))} }

// OfText makes a text, varchar or name.
func OfText(s string) Value { return Value{Kind: KindText, S: s} }

// OfBytes makes a bytea from bytes that are copied.
func OfBytes(b []byte) Value { return Value{Kind: KindBytes, S: string(b)} }

// OfUUID makes a uuid.
func OfUUID(id [16]byte) Value { return Value{Kind: KindUUID, S: string(id[:])} }

// OfTimestamp makes a timestamp or timestamptz from microseconds since 2000-01-01 00:00 UTC.
func OfTimestamp(micros int64) Value { return Value{Kind: KindTimestamp, N: micros} }

// OfDate makes a date from days since 2000-01-01.
func OfDate(days int64) Value { return Value{Kind: KindDate, N: days} }

// OfTime makes a time of day from microseconds since midnight.
func OfTime(micros int64) Value { return Value{Kind: KindTime, N: micros} }

// OfInterval makes an interval.
func OfInterval(s Span) Value { return Value{Kind: KindInterval, P: &s} }

// OfDecimal makes a numeric.
func OfDecimal(d *Decimal) Value { return Value{Kind: KindNumeric, P: d} }

// OfJSON makes a json from text that was checked.
func OfJSON(text string) Value { return Value{Kind: KindJSON, S: text} }

// OfJSONB makes a jsonb.
func OfJSONB(d *Doc) Value { return Value{Kind: KindJSONB, P: d} }

// OfArray makes an array.
func OfArray(a *ArrayData) Value { return Value{Kind: KindArray, P: a} }

// OfRecord makes a record.
func OfRecord(r *RecordData) Value { return Value{Kind: KindRecord, P: r} }

// OfSnapshot makes a pg_snapshot.
func OfSnapshot(s *SnapshotData) Value { return Value{Kind: KindSnapshot, P: s} }

// OfVoid is what a void function returns.
func OfVoid() Value { return Value{Kind: KindVoid} }

// Float returns the value of a KindFloat.
func (v Value) Float() float64 { return math.Float64frombits(uint64(v.N)) }

// Decimal returns the value of a KindNumeric.
func (v Value) Decimal() *Decimal { return v.P.(*Decimal) }

// Span returns the value of a KindInterval.
func (v Value) Span() Span { return *v.P.(*Span) }

// Doc returns the value of a KindJSONB.
func (v Value) Doc() *Doc { return v.P.(*Doc) }

// Array returns the value of a KindArray.
func (v Value) Array() *ArrayData { return v.P.(*ArrayData) }

// Record returns the value of a KindRecord.
func (v Value) Record() *RecordData { return v.P.(*RecordData) }

// Snapshot returns the value of a KindSnapshot.
func (v Value) Snapshot() *SnapshotData { return v.P.(*SnapshotData) }

// Span is an interval: months, days and microseconds are kept apart, because a month has no fixed
// number of days and a day none of hours (manual, 8.5.4).
type Span struct {
	Months, Days int32
	Micros       int64
}

// Bound is the length and the first subscript of one dimension of an array.
type Bound struct{ Length, Lower int32 }

// ArrayData is an array: its elements in row-major order. An empty array has no dimension.
type ArrayData struct {
	Elem   *Type
	Bounds []Bound
	Values []Value
}

// NewArray makes a one-dimensional array with subscripts from 1. The slice is kept.
func NewArray(elem *Type, values []Value) *ArrayData {
	a := &ArrayData{Elem: elem, Values: values}
	if len(values) > 0 {
		a.Bounds = []Bound{{Length: int32(len(values)), Lower: 1}}
	}
	return a
}

// RecordData is a composite value; Type gives the fields' names and types.
type RecordData struct {
	Type   *Type
	Values []Value
}

// SnapshotData is a pg_snapshot: transactions below Xmin are over, from Xmax on not yet begun;
// those in Running, sorted, were in progress.
type SnapshotData struct {
	Xmin, Xmax uint64
	Running    []uint64
}
