package value

import (
	"encoding/binary"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"
)

// The binary formats of the wire protocol: what each type's send and receive functions use.

// AppendBinary appends the value in the type's binary format, without its length. NULL has none.
func (t *Type) AppendBinary(dst []byte, v Value) ([]byte, error) {
	order := binary.BigEndian
	switch v.Kind {
	case KindText, KindChar, KindJSON, KindBytes, KindUUID:
		return append(dst, v.S...), nil
	case KindEnum:
		return append(dst, t.label(v)...), nil
	case KindInt:
		return t.appendIntBinary(dst, v.N), nil
	case KindBool:
		return append(dst, byte(v.N)), nil
	case KindTimestamp, KindTime:
		return order.AppendUint64(dst, uint64(v.N)), nil
	case KindDate:
		return order.AppendUint32(dst, uint32(v.N)), nil
	case KindFloat:
		if t == Float4 {
			return order.AppendUint32(dst, math.Float32bits(float32(v.Float()))), nil
		}
		return order.AppendUint64(dst, uint64(v.N)), nil
	}
	return t.appendBoxedBinary(dst, v)
}

func (t *Type) appendIntBinary(dst []byte, n int64) []byte {
	switch t.Size {
	case 2:
		return binary.BigEndian.AppendUint16(dst, uint16(n))
	case 4:
		return binary.BigEndian.AppendUint32(dst, uint32(n))
	}
	return binary.BigEndian.AppendUint64(dst, uint64(n))
}

func (t *Type) appendBoxedBinary(dst []byte, v Value) ([]byte, error) {
	order := binary.BigEndian
	switch v.Kind {
	case KindNumeric:
		return appendDecimalBinary(dst, v.Decimal()), nil
	case KindInterval:
		s := v.Span()
		dst = order.AppendUint64(dst, uint64(s.Micros))
		return order.AppendUint32(order.AppendUint32(dst, uint32(s.Days)), uint32(s.Months)), nil
	case KindJSONB:
		return v.Doc().Append(append(dst, 1)), nil
	case KindArray:
		return appendArrayBinary(dst, t.relabelled(v.Array()))
	case KindRecord:
		return appendRecordBinary(dst, v.Record())
	case KindSnapshot:
		return appendSnapshotBinary(dst, v.Snapshot()), nil
	case KindVoid:
		return dst, nil
	}
	return nil, &Unsupported{Construct: "binary format of type " + t.Display}
}

func appendArrayBinary(dst []byte, a *ArrayData) ([]byte, error) {
	order := binary.BigEndian
	nulls := uint32(0)
	for i := range a.Values {
		if a.Values[i].IsNull() {
			nulls = 1
		}
	}
	dst = order.AppendUint32(dst, uint32(len(a.Bounds)))
	dst = order.AppendUint32(order.AppendUint32(dst, nulls), a.Elem.OID)
	for _, b := range a.Bounds {
		dst = order.AppendUint32(order.AppendUint32(dst, uint32(b.Length)), uint32(b.Lower))
	}
	for i := range a.Values {
		var err error
		if dst, err = a.Elem.appendSized(dst, a.Values[i]); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// appendSized appends a value with its length in front; -1 stands for NULL.
func (t *Type) appendSized(dst []byte, v Value) ([]byte, error) {
	if v.IsNull() {
		return binary.BigEndian.AppendUint32(dst, math.MaxUint32), nil
	}
	at := len(dst)
	dst, err := t.AppendBinary(append(dst, 0, 0, 0, 0), v)
	if err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst, nil
}

func appendRecordBinary(dst []byte, r *RecordData) ([]byte, error) {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.Values)))
	for i, v := range r.Values {
		field := r.Type.Fields[i].Type
		var err error
		if dst, err = field.appendSized(binary.BigEndian.AppendUint32(dst, field.OID), v); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func appendSnapshotBinary(dst []byte, s *SnapshotData) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(s.Running)))
	dst = binary.BigEndian.AppendUint64(dst, s.Xmin)
	dst = binary.BigEndian.AppendUint64(dst, s.Xmax)
	for _, x := range s.Running {
		dst = binary.BigEndian.AppendUint64(dst, x)
	}
	return dst
}

// The signs of a numeric on the wire.
const (
	wireNegative         = 0x4000
	wireNaN              = 0xc000
	wireInfinity         = 0xd000
	wireNegativeInfinity = 0xf000
	wireInfinityScale    = 0x20 // what the server sends along
)

// appendDecimalBinary sends base-10000 digits with the weight of the first, sign and scale.
func appendDecimalBinary(dst []byte, d *Decimal) []byte {
	order := binary.BigEndian
	header := func(n, weight int, sign uint16, scale int32) []byte {
		dst = order.AppendUint16(order.AppendUint16(dst, uint16(n)), uint16(weight))
		return order.AppendUint16(order.AppendUint16(dst, sign), uint16(scale))
	}
	switch d.form {
	case notANumber:
		return header(0, 0, wireNaN, 0)
	case positiveInfinity:
		return header(0, 0, wireInfinity, wireInfinityScale)
	case negativeInfinity:
		return header(0, 0, wireNegativeInfinity, wireInfinityScale)
	}
	groups, weight := d.groups()
	sign := uint16(0)
	if d.sign() < 0 {
		sign = wireNegative
	}
	dst = header(len(groups), weight, sign, d.scale)
	for _, g := range groups {
		dst = order.AppendUint16(dst, g)
	}
	return dst
}

// groups are the base-10000 digits without zeros at either end, and the weight of the first.
func (d *Decimal) groups() ([]uint16, int) {
	digits := strings.TrimPrefix(d.coefficient().String(), "-")
	if digits == "0" {
		return nil, 0
	}
	fraction := int(d.scale)
	if pad := (groupDigits - fraction%groupDigits) % groupDigits; pad > 0 {
		digits, fraction = digits+strings.Repeat("0", pad), fraction+pad
	}
	if pad := (groupDigits - len(digits)%groupDigits) % groupDigits; pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	var groups []uint16
	for i := 0; i < len(digits); i += groupDigits {
		n := uint16(0)
		for _, c := range []byte(digits[i : i+groupDigits]) {
			n = n*10 + uint16(c-'0')
		}
		groups = append(groups, n)
	}
	weight := len(groups) - fraction/groupDigits - 1
	for len(groups) > 0 && groups[0] == 0 {
		groups, weight = groups[1:], weight-1
	}
	for len(groups) > 0 && groups[len(groups)-1] == 0 {
		groups = groups[:len(groups)-1]
	}
	return groups, weight
}

func badBinary(t *Type) error {
	return newError(CodeInvalidBinary, "incorrect binary data format for type ", t.Display)
}

// DecodeBinary reads the type's binary format (22P03, 22021 ... if it is malformed).
func (t *Type) DecodeBinary(src []byte) (Value, error) {
	switch t.Kind {
	case KindText, KindChar, KindEnum, KindJSON, KindJSONB:
		return t.decodeString(src)
	case KindBytes:
		return OfBytes(src), nil
	case KindInt, KindTimestamp, KindTime, KindDate, KindFloat, KindBool, KindUUID:
		if len(src) != int(t.Size) {
			return Value{}, badBinary(t)
		}
		return t.decodeFixed(src)
	}
	return t.decodeBoxed(src)
}

func (t *Type) decodeFixed(src []byte) (Value, error) {
	order := binary.BigEndian
	switch t.Kind {
	case KindBool:
		return OfBool(src[0] != 0), nil
	case KindUUID:
		return Value{Kind: KindUUID, S: string(src)}, nil
	case KindDate:
		return receivedDate(int64(int32(order.Uint32(src))))
	case KindTime, KindTimestamp:
		return receivedTime(t, int64(order.Uint64(src)))
	case KindFloat:
		if t == Float4 {
			return OfFloat(float64(math.Float32frombits(order.Uint32(src)))), nil
		}
		return Value{Kind: KindFloat, N: int64(order.Uint64(src))}, nil
	}
	switch {
	case t.Size == 2:
		return OfInt(int64(int16(order.Uint16(src)))), nil
	case t == Int4:
		return OfInt(int64(int32(order.Uint32(src)))), nil
	case t.Size == 4:
		return OfInt(int64(order.Uint32(src))), nil
	}
	return OfInt(int64(order.Uint64(src))), nil
}

func receivedDate(days int64) (Value, error) {
	if !infiniteDate(days) && (days < dateMin || days > dateMax) {
		return Value{}, dateRange()
	}
	return OfDate(days), nil
}

func receivedTime(t *Type, n int64) (Value, error) {
	switch {
	case t.Kind == KindTime && (n < 0 || n > microsPerDay):
		return Value{}, newError(CodeDatetimeOverflow, "time out of range")
	case t.Kind == KindTimestamp && !ValidTimestamp(n):
		return Value{}, stampRange()
	}
	return Value{Kind: t.Kind, N: n}, nil
}

// ValidTimestamp says whether a timestamp with this many microseconds since 2000 exists.
func ValidTimestamp(n int64) bool { return infiniteStamp(n) || n >= timestampMin && n < timestampEnd }

func (t *Type) decodeString(src []byte) (Value, error) {
	if t.Kind == KindJSONB {
		if len(src) == 0 || src[0] != 1 {
			return Value{}, newError(CodeInternal, "unsupported jsonb version number")
		}
		src = src[1:]
	}
	s := string(src)
	if err := CheckText(s); err != nil {
		return Value{}, err
	}
	if t == Text || t == Varchar {
		return OfText(s), nil
	}
	return t.ParseText(nil, s)
}

// CheckText says whether a string from a client can be text: UTF-8 without zero bytes (22021).
func CheckText(s string) error {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return nil
	}
	for i, r := range s {
		if r == 0 {
			return newError(CodeNotInRepertoire, `invalid byte sequence for encoding "UTF8": 0x00`)
		}
		if r != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
			return newError(CodeNotInRepertoire, `invalid byte sequence for encoding "UTF8":`, brokenBytes(s[i:]))
		}
	}
	return nil
}

// brokenBytes prints the bytes of a broken character: as many as its first byte announces.
func brokenBytes(s string) string {
	n := 1
	switch c := s[0]; {
	case c&0xe0 == 0xc0:
		n = 2
	case c&0xf0 == 0xe0:
		n = 3
	case c&0xf8 == 0xf0:
		n = 4
	}
	var text []byte
	for i := range min(n, len(s)) {
		text = append(append(text, " 0x"...), hexDigits[s[i]>>4], hexDigits[s[i]&15])
	}
	return string(text)
}

func (t *Type) decodeBoxed(src []byte) (Value, error) {
	r := wireReader{src: src}
	var v Value
	switch t.Kind {
	case KindNumeric:
		v = OfDecimal(r.decimal())
	case KindInterval:
		micros := int64(r.uint64())
		days := int32(r.uint32())
		v = OfInterval(Span{Micros: micros, Days: days, Months: int32(r.uint32())})
	case KindArray:
		v = r.array(t)
	case KindRecord:
		v = r.record(t)
	case KindSnapshot:
		v = r.snapshot()
	case KindVoid:
		return OfVoid(), nil
	default:
		return Value{}, &Unsupported{Construct: "binary format of type " + t.Display}
	}
	if r.err != nil {
		return Value{}, r.err
	}
	if r.bad || len(r.src) > 0 {
		return Value{}, badBinary(t)
	}
	return v, nil
}

// wireReader takes fixed-size parts off a message; bad is set when it runs out.
type wireReader struct {
	src []byte
	bad bool
	err error
}

func (r *wireReader) take(n int) []byte {
	if n < 0 || len(r.src) < n {
		r.bad, r.src = true, nil
		return make([]byte, 8)
	}
	part := r.src[:n]
	r.src = r.src[n:]
	return part
}

func (r *wireReader) uint16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *wireReader) uint32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }
func (r *wireReader) uint64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

func (r *wireReader) decimal() *Decimal {
	n, weight := int(r.uint16()), int(int16(r.uint16()))
	sign, scale := r.uint16(), int32(r.uint16())
	switch sign {
	case wireNaN:
		return &Decimal{form: notANumber}
	case wireInfinity:
		return &Decimal{form: positiveInfinity}
	case wireNegativeInfinity:
		return &Decimal{form: negativeInfinity}
	case 0, wireNegative:
	default:
		r.bad = true
	}
	whole := new(big.Int)
	for range n {
		group := r.uint16()
		r.bad = r.bad || group > 9999 || scale > numericScaleMax
		if r.bad {
			return NewDecimal(0, 0)
		}
		whole.Add(whole.Mul(whole, big.NewInt(10000)), big.NewInt(int64(group)))
	}
	if sign == wireNegative {
		whole.Neg(whole)
	}
	// The last group has the weight of 10000^(weight-n+1).
	exponent := int32(groupDigits * (weight - n + 1))
	if exponent >= 0 {
		return newBigDecimal(whole.Mul(whole, powerOfTen(exponent)), 0).round(scale)
	}
	return newBigDecimal(whole, -exponent).rescale(scale, func(a, b *big.Int) *big.Int { return new(big.Int).Quo(a, b) })
}

// arrayElementsMax bounds an array, as MaxArraySize does.
const arrayElementsMax = 1 << 27

func (r *wireReader) array(t *Type) Value {
	dims := int(r.uint32())
	r.uint32()
	if elem := r.uint32(); elem != t.Elem.OID && !r.bad {
		r.err = newError(CodeDatatypeMismatch, "wrong element type")
	}
	if dims < 0 || dims > 6 {
		r.bad = true
		return Value{}
	}
	a := &ArrayData{Elem: t.Elem}
	count := 1
	for range dims {
		b := Bound{Length: int32(r.uint32()), Lower: int32(r.uint32())}
		if b.Length < 0 || int64(count)*int64(b.Length) > arrayElementsMax {
			r.bad = true
			return Value{}
		}
		count *= int(b.Length)
		a.Bounds = append(a.Bounds, b)
	}
	if dims == 0 || count == 0 {
		a.Bounds = nil
		return OfArray(a)
	}
	if count > len(r.src)/4 {
		r.bad = true
		return Value{}
	}
	a.Values = make([]Value, count)
	for i := range a.Values {
		a.Values[i] = r.sized(t.Elem)
	}
	return OfArray(a)
}

func (r *wireReader) sized(t *Type) Value {
	n := int32(r.uint32())
	if n == -1 || r.bad {
		return Value{}
	}
	v, err := t.DecodeBinary(r.take(int(n)))
	if err != nil && r.err == nil {
		r.err = err
	}
	return v
}

func (r *wireReader) record(t *Type) Value {
	if n := int(r.uint32()); n != len(t.Fields) && !r.bad {
		r.err = newError(CodeDatatypeMismatch, "wrong number of columns")
		return Value{}
	}
	record := &RecordData{Type: t, Values: make([]Value, len(t.Fields))}
	for i, f := range t.Fields {
		r.uint32()
		record.Values[i] = r.sized(f.Type)
	}
	return OfRecord(record)
}

func (r *wireReader) snapshot() Value {
	n := int(r.uint32())
	s := &SnapshotData{Xmin: r.uint64(), Xmax: r.uint64()}
	for i := 0; i < n && !r.bad; i++ {
		s.Running = append(s.Running, r.uint64())
	}
	return OfSnapshot(s)
}
