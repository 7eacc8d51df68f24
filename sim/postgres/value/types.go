package value

import (
	_ "embed"
	"strconv"
	"strings"
)

// Type is a data type. Types are immutable; the built-in ones exist once and may be compared by
// pointer, types made at run time by OID (Same), because ALTER TYPE makes a new Type of the same OID.
type Type struct {
	OID       uint32
	Name      string // pg_type.typname: int4, _text
	Display   string // as format_type prints it: integer, text[]
	Kind      Kind   // of its values; KindNull if the type is not simulated
	Size      int16  // pg_type.typlen: bytes, -1 varying
	Category  byte   // pg_type.typcategory
	Preferred bool   // in its category
	Pseudo    bool   // anyelement, record, unknown, ...
	Elem      *Type  // of an array
	Labels    []Label
	renamed   bool    // a label was, see label
	Fields    []Field // of a composite
	Relation  uint32  // of which the composite is the row type; 0: record
	array     *Type
}

// Label is one value of an enum. Order sorts the labels; gaps leave room for ADD VALUE BEFORE.
type Label struct {
	Name  string
	Order int64
}

// Field is a named column of a composite type or of a set-returning function.
type Field struct {
	Name string
	Type *Type
	Mod  int32 // type modifier; NoMod: none
}

// NoMod is the type modifier of a type without one.
const NoMod int32 = -1

//go:embed catalog/types.txt
var typeLines string

// typeTable is the built-in types by name and OID.
type typeTable struct {
	byName map[string]*Type
	byOID  map[uint32]*Type
}

var types = readTypes(typeLines)

// The types with values of their own. They are never assigned again.
var (
	Bool  = builtin("bool")  //simsafe:allow assigned once at start; a Type never changes
	Bytea = builtin("bytea") //simsafe:allow assigned once at start; a Type never changes
	UUID  = builtin("uuid")  //simsafe:allow assigned once at start; a Type never changes
	JSON  = builtin("json")  //simsafe:allow assigned once at start; a Type never changes
	JSONB = builtin("jsonb") //simsafe:allow assigned once at start; a Type never changes

	Int2 = builtin("int2") //simsafe:allow assigned once at start; a Type never changes
	Int4 = builtin("int4") //simsafe:allow assigned once at start; a Type never changes
	Int8 = builtin("int8") //simsafe:allow assigned once at start; a Type never changes
	OID  = builtin("oid")  //simsafe:allow assigned once at start; a Type never changes
	XID  = builtin("xid")  //simsafe:allow assigned once at start; a Type never changes
	XID8 = builtin("xid8") //simsafe:allow assigned once at start; a Type never changes

	Numeric = builtin("numeric") //simsafe:allow assigned once at start; a Type never changes
	Float4  = builtin("float4")  //simsafe:allow assigned once at start; a Type never changes
	Float8  = builtin("float8")  //simsafe:allow assigned once at start; a Type never changes

	Text    = builtin("text")    //simsafe:allow assigned once at start; a Type never changes
	Varchar = builtin("varchar") //simsafe:allow assigned once at start; a Type never changes
	BPChar  = builtin("bpchar")  //simsafe:allow assigned once at start; a Type never changes
	Name    = builtin("name")    //simsafe:allow assigned once at start; a Type never changes

	Timestamptz = builtin("timestamptz") //simsafe:allow assigned once at start; a Type never changes
	Timestamp   = builtin("timestamp")   //simsafe:allow assigned once at start; a Type never changes
	Date        = builtin("date")        //simsafe:allow assigned once at start; a Type never changes
	Time        = builtin("time")        //simsafe:allow assigned once at start; a Type never changes
	Interval    = builtin("interval")    //simsafe:allow assigned once at start; a Type never changes

	RegClass = builtin("regclass")    //simsafe:allow assigned once at start; a Type never changes
	RegType  = builtin("regtype")     //simsafe:allow assigned once at start; a Type never changes
	Snapshot = builtin("pg_snapshot") //simsafe:allow assigned once at start; a Type never changes

	Unknown = builtin("unknown") //simsafe:allow assigned once at start; a Type never changes
	Record  = builtin("record")  //simsafe:allow assigned once at start; a Type never changes
	Void    = builtin("void")    //simsafe:allow assigned once at start; a Type never changes
)

// The pseudo-types of polymorphic functions (manual, 38.2.5).
var (
	//simsafe:allow assigned once at start; a Type never changes
	anyType, anyElement, anyArray, anyNonArray, anyEnum = builtin("any"), builtin("anyelement"), builtin("anyarray"), builtin("anynonarray"), builtin("anyenum")
	//simsafe:allow assigned once at start; a Type never changes
	anyRange, anyMultirange, anyCompatible, anyCompatibleArray = builtin("anyrange"), builtin("anymultirange"), builtin("anycompatible"), builtin("anycompatiblearray")
	//simsafe:allow assigned once at start; a Type never changes
	anyCompatibleNonArray, anyCompatibleRange, anyCompatibleMultirange = builtin("anycompatiblenonarray"), builtin("anycompatiblerange"), builtin("anycompatiblemultirange")
)

// kindOf lists the types whose values are simulated.
var kindOf = map[string]Kind{
	"bool": KindBool, "bytea": KindBytes, "uuid": KindUUID, "json": KindJSON, "jsonb": KindJSONB,
	"int2": KindInt, "int4": KindInt, "int8": KindInt, "oid": KindInt, "xid": KindInt, "xid8": KindInt,
	"regclass": KindInt, "regtype": KindInt, "numeric": KindNumeric, "float4": KindFloat, "float8": KindFloat,
	"text": KindText, "varchar": KindText, "bpchar": KindChar, "name": KindText, "unknown": KindText,
	"cstring": KindText, "char": KindText, "timestamptz": KindTimestamp, "timestamp": KindTimestamp,
	"date": KindDate, "time": KindTime, "interval": KindInterval, "pg_snapshot": KindSnapshot,
	"txid_snapshot": KindSnapshot, "record": KindRecord, "void": KindVoid,
}

// sqlNames are the names under which SQL knows a type besides pg_type's (manual, table 8.1).
var sqlNames = map[string]string{
	"boolean": "bool", "smallint": "int2", "integer": "int4", "int": "int4", "bigint": "int8",
	"decimal": "numeric", "dec": "numeric", "real": "float4", "float": "float8", "double precision": "float8",
	"character varying": "varchar", "character": "bpchar", "char": "bpchar",
	"timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp",
	"time without time zone": "time", "time with time zone": "timetz", "bit varying": "varbit",
}

func builtin(name string) *Type { return types.byName[name] }

// readTypes reads lines of OID, name, size, category, preferred, array OID, type class and display
// name, in which underscores stand for blanks.
func readTypes(lines string) typeTable {
	table := typeTable{byName: map[string]*Type{}, byOID: map[uint32]*Type{}}
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		t := &Type{
			OID: parseOID(f[0]), Name: f[1], Size: int16(parseOID(f[2])), Category: f[3][0],
			Preferred: f[4] == "t", Pseudo: f[6] == "p", Display: typeDisplay(f[1], f[7]), Kind: kindOf[f[1]],
		}
		table.add(t)
		if array := parseOID(f[5]); array != 0 {
			t.array = arrayType(array, t)
			table.add(t.array)
		}
	}
	return table
}

func typeDisplay(name, display string) string {
	if name == "pg_snapshot" || strings.HasPrefix(name, "pg_") || strings.HasPrefix(name, "txid_") {
		return name
	}
	if strings.Contains(display, "_") && !strings.Contains(name, "_") {
		return strings.ReplaceAll(display, "_", " ")
	}
	return display
}

func (t typeTable) add(typ *Type) { t.byName[typ.Name], t.byOID[typ.OID] = typ, typ }

func parseOID(s string) uint32 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic("value: bad number in the catalog: " + s)
	}
	return uint32(n)
}

// arrayType makes the array type over elem.
func arrayType(oid uint32, elem *Type) *Type {
	kind := KindArray
	if elem.Kind == KindNull {
		kind = KindNull
	}
	return &Type{
		OID: oid, Name: "_" + elem.Name, Display: elem.Display + "[]", Kind: kind, Size: -1,
		Category: 'A', Elem: elem, Pseudo: elem.Pseudo,
	}
}

// TypeByName finds a built-in type by its name in pg_type or in SQL, in lower case; nil if there is none.
// A name with a trailing [] is the array type.
func TypeByName(name string) *Type {
	if elem, ok := strings.CutSuffix(name, "[]"); ok {
		if t := TypeByName(elem); t != nil {
			return ArrayOf(t)
		}
		return nil
	}
	if t := types.byName[name]; t != nil && name != "char" {
		return t
	}
	return types.byName[sqlNames[name]]
}

// TypeByOID finds a built-in type; nil if there is none.
func TypeByOID(oid uint32) *Type { return types.byOID[oid] }

// ArrayOf returns the array type over elem; nil if there is none. An array type is its own array
// type: PostgreSQL does not tell int[] from int[][].
func ArrayOf(elem *Type) *Type {
	if elem.Elem != nil {
		return elem
	}
	return elem.array
}

// NewEnum makes an enum type, and its array type, with labels in order.
func NewEnum(oid, arrayOID uint32, name string, labels []string) *Type {
	t := &Type{OID: oid, Name: name, Display: QuoteIdent(name), Kind: KindEnum, Size: 4, Category: 'E'}
	for i, label := range labels {
		t.Labels = append(t.Labels, Label{Name: label, Order: int64(i+1) << 32})
	}
	t.array = arrayType(arrayOID, t)
	return t
}

// NewComposite makes a row type, and its array type if arrayOID is not 0.
func NewComposite(oid, arrayOID uint32, name string, fields []Field) *Type {
	t := &Type{OID: oid, Name: name, Display: QuoteIdent(name), Kind: KindRecord, Size: -1, Category: 'C', Fields: fields}
	if arrayOID != 0 {
		t.array = arrayType(arrayOID, t)
	}
	return t
}

// NewRecord makes an anonymous row type, as ROW(...) has.
func NewRecord(fields []Field) *Type {
	return &Type{OID: Record.OID, Name: Record.Name, Display: Record.Display, Kind: KindRecord, Size: -1,
		Category: 'P', Pseudo: true, Fields: fields, array: Record.array}
}

// Same says whether two types are one and the same.
func Same(a, b *Type) bool { return a == b || a != nil && b != nil && a.OID == b.OID }

// Simulated says whether values of the type exist here.
func (t *Type) Simulated() bool { return t.Kind != KindNull }

// IsEnum says whether the type is an enum.
func (t *Type) IsEnum() bool { return t.Kind == KindEnum }

// IsArray says whether the type is an array.
func (t *Type) IsArray() bool { return t.Elem != nil }

// Sortable says whether the type has an order (a default btree operator class); json has none.
func (t *Type) Sortable() bool {
	switch {
	case t.Elem != nil:
		return t.Elem.Sortable()
	case t.Kind == KindJSON, t.Kind == KindNull, t.Kind == KindVoid, t.Kind == KindSnapshot:
		return false
	}
	return t != Unknown && t != XID
}

// Groupable says whether the type has an equality (for GROUP BY, DISTINCT and hash joins).
func (t *Type) Groupable() bool { return t.Sortable() || t == XID }

// Enum returns the value of a label, and whether the enum has it.
func (t *Type) Enum(label string) (Value, bool) {
	for _, l := range t.Labels {
		if l.Name == label {
			return Value{Kind: KindEnum, N: l.Order, S: l.Name}, true
		}
	}
	return Value{}, false
}

// WithLabel returns the enum with one more label: last, or before or after a neighbour. The result
// has the same OID; older values stay comparable with newer ones. The error is the server's (42710,
// 22023).
func (t *Type) WithLabel(label, neighbour string, before bool) (*Type, error) {
	if _, ok := t.Enum(label); ok {
		return nil, newError("42710", `enum label "`, label, `" already exists`)
	}
	at := len(t.Labels)
	if neighbour != "" {
		if at = t.labelIndex(neighbour); at < 0 {
			return nil, newError(CodeInvalidParameter, `"`, neighbour, `" is not an existing enum label`)
		}
		if !before {
			at++
		}
	}
	labels := append(append(append([]Label{}, t.Labels[:at]...), Label{Name: label, Order: t.orderAt(at)}), t.Labels[at:]...)
	return t.withLabels(labels), nil
}

func (t *Type) labelIndex(label string) int {
	for i, l := range t.Labels {
		if l.Name == label {
			return i
		}
	}
	return -1
}

// orderAt is a sort order between the labels around position at.
func (t *Type) orderAt(at int) int64 {
	switch {
	case len(t.Labels) == 0:
		return 1 << 32
	case at == len(t.Labels):
		return t.Labels[at-1].Order + 1<<32
	case at == 0:
		return t.Labels[0].Order - 1<<32
	}
	return t.Labels[at-1].Order + (t.Labels[at].Order-t.Labels[at-1].Order)/2
}

// WithLabelRenamed returns the enum with one label renamed (22023 if there is none, 42710 if taken).
func (t *Type) WithLabelRenamed(from, to string) (*Type, error) {
	at := t.labelIndex(from)
	if at < 0 {
		return nil, newError(CodeInvalidParameter, `"`, from, `" is not an existing enum label`)
	}
	if t.labelIndex(to) >= 0 {
		return nil, newError("42710", `enum label "`, to, `" already exists`)
	}
	labels := append([]Label{}, t.Labels...)
	labels[at].Name = to
	renamed := t.withLabels(labels)
	renamed.renamed = true
	return renamed, nil
}

// label is what the enum calls a value now: a value that was stored before a label was renamed has
// its old name.
func (t *Type) label(v Value) string {
	if t.renamed {
		for _, l := range t.Labels {
			if l.Order == v.N {
				return l.Name
			}
		}
	}
	return v.S
}

// relabelled is an array of the enum as it is now.
func (t *Type) relabelled(a *ArrayData) *ArrayData {
	if t.Elem == nil || !t.Elem.renamed || t.Elem.OID != a.Elem.OID {
		return a
	}
	changed := *a
	changed.Elem = t.Elem
	return &changed
}

func (t *Type) withLabels(labels []Label) *Type {
	changed := *t
	changed.Labels = labels
	changed.array = arrayType(t.array.OID, &changed)
	return &changed
}

// WithName returns the type under another name, with the same OID.
func (t *Type) WithName(name string) *Type {
	changed := *t
	changed.Name, changed.Display = name, QuoteIdent(name)
	if t.array != nil {
		changed.array = arrayType(t.array.OID, &changed)
	}
	return &changed
}
