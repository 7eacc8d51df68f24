package value

import (
	_ "embed"
	"strings"
	"sync"
)

var (
	//go:embed catalog/operators.txt
	operatorLines string
	//go:embed catalog/functions.txt
	functionLines string
	//go:embed catalog/casts.txt
	castLines string
)

// operatorRow is a row of pg_operator with what it needs of pg_proc.
type operatorRow struct {
	oid                 uint32
	name                string
	left, right, result *Type
	operands            []*Type // left and right, or right of a prefix operator
	volatility          Volatility
	strict              bool
	strategy            Comparison
	commutator, negator string
	source              string
}

// functionRow is a row of pg_proc.
type functionRow struct {
	oid         uint32
	name        string
	kind        FunctionKind
	volatility  Volatility
	strict, set bool
	variadic    *Type // element type; nil if not variadic
	result      *Type
	args        []*Type
	argNames    []string
	columns     []Field
	defaults    []string // of the last parameters
	source      string
}

// castRow is a row of pg_cast.
type castRow struct {
	context CastContext
	method  byte // f function, b binary, i text
	source  string
}

// castKey is the pair of types of a castRow.
type castKey struct{ from, to *Type }

// catalogTable is the catalog by name.
type catalogTable struct {
	operators map[string][]operatorRow
	functions map[string][]functionRow
	casts     map[castKey]castRow
}

// catalog is read when it is first needed and never changes.
var catalog = sync.OnceValue(readCatalog)

func readCatalog() *catalogTable {
	return &catalogTable{readOperators(), readFunctions(), readCasts()}
}

func readOperators() map[string][]operatorRow {
	rows := make(map[string][]operatorRow, 256)
	for line := range strings.Lines(operatorLines) {
		f := strings.Fields(line)
		left, right := builtin(f[2]), builtin(f[3])
		rows[f[1]] = append(rows[f[1]], operatorRow{
			oid: parseOID(f[0]), name: f[1], left: left, right: right, result: builtin(f[4]), operands: operandsOf(left, right),
			volatility: Volatility(f[5][0]), strict: f[6] == "t", strategy: strategyOf(f[7]),
			commutator: present(f[8]), negator: present(f[9]), source: f[10],
		})
	}
	return rows
}

func operandsOf(left, right *Type) []*Type {
	if left == nil {
		return []*Type{right}
	}
	return []*Type{left, right}
}

func strategyOf(field string) Comparison {
	if field == "-" {
		return NotComparison
	}
	return Comparison(field[0] - '0') // btree strategies 1 to 5 are Less to Greater
}

// present turns the catalog's - into nothing.
func present(field string) string {
	if field == "-" {
		return ""
	}
	return field
}

func readFunctions() map[string][]functionRow {
	rows := make(map[string][]functionRow, 2048)
	for line := range strings.Lines(functionLines) {
		f := strings.Fields(line)
		rows[f[1]] = append(rows[f[1]], functionRow{
			oid: parseOID(f[0]), name: f[1], kind: kindOfRow(f[2][0]), volatility: Volatility(f[3][0]),
			strict: f[4] == "t", set: f[5] == "t", variadic: builtin(f[6]), result: builtin(f[7]),
			args: readTypeList(f[8]), argNames: splitList(f[9]), columns: readColumns(f[10]),
			defaults: splitList(f[11]), source: f[12],
		})
	}
	return rows
}

func kindOfRow(c byte) FunctionKind {
	switch c {
	case 'a':
		return AggregateFunction
	case 'w':
		return WindowFunction
	}
	return PlainFunction
}

func splitList(field string) []string {
	if field == "-" {
		return nil
	}
	return strings.Split(field, ",")
}

func readTypeList(field string) []*Type {
	if field == "-" {
		return nil
	}
	list := make([]*Type, 0, strings.Count(field, ",")+1)
	for name := range strings.SplitSeq(field, ",") {
		list = append(list, builtin(name))
	}
	return list
}

func readColumns(field string) []Field {
	var columns []Field
	for _, column := range splitList(field) {
		name, typ, _ := strings.Cut(column, ":")
		columns = append(columns, Field{Name: name, Type: builtin(typ), Mod: NoMod})
	}
	return columns
}

func readCasts() map[castKey]castRow {
	rows := make(map[castKey]castRow, 256)
	for line := range strings.Lines(castLines) {
		f := strings.Fields(line)
		rows[castKey{builtin(f[0]), builtin(f[1])}] = castRow{contextOf(f[2][0]), f[3][0], f[4]}
	}
	return rows
}

func contextOf(c byte) CastContext {
	switch c {
	case 'i':
		return Implicit
	case 'a':
		return Assignment
	}
	return Explicit
}
