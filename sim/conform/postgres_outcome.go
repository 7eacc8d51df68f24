package conform

import (
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// outcome is what a statement did, as lines of a transcript.
type outcome struct {
	columns string // empty without a result set
	rows    []string
	tail    []string // the command tag, or the error
	ordered bool
}

// tagged renders a command tag. An empty statement has none, which is written as noTag: an empty line
// would be the end of the step.
func tagged(tag string) *outcome {
	if tag == "" {
		tag = noTag
	}
	return &outcome{tail: []string{tag}}
}

const noTag = "(no tag)"

// failed renders an error: the fields of a server's refusal, or the text of another.
func failed(err error) *outcome {
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) {
		return tagged("FAILS " + err.Error())
	}
	var line strings.Builder
	line.WriteString("ERROR " + refusal.Code)
	for _, field := range []struct{ key, value string }{
		{"schema", refusal.SchemaName}, {"table", refusal.TableName}, {"column", refusal.ColumnName},
		{"datatype", refusal.DataTypeName}, {"constraint", refusal.ConstraintName},
	} {
		if field.value != "" {
			line.WriteString(" " + field.key + "=" + field.value)
		}
	}
	return &outcome{tail: []string{
		line.String(), messagePrefix + oneLine(refusal.Message), detailPrefix + oneLine(refusal.Detail), hintPrefix + oneLine(refusal.Hint),
	}}
}

// The lines of a refusal that count only where a transcript asks for them.
const (
	messagePrefix = "MESSAGE "
	detailPrefix  = "DETAIL "
	hintPrefix    = "HINT "
)

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", `\n`) }

// lines returns the outcome as it compares with what a transcript wants: without the
// optional lines that it does not ask for.
func (o *outcome) lines(want []string) []string {
	var lines []string
	if o.columns != "" {
		lines = append(lines, o.columns)
	}
	rows := slices.Clone(o.rows)
	if !o.ordered {
		slices.Sort(rows)
	}
	lines = append(lines, rows...)
	for _, line := range o.tail {
		if !isOptional(line) || asksFor(want, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

func isOptional(line string) bool {
	return strings.HasPrefix(line, messagePrefix) || strings.HasPrefix(line, detailPrefix) || strings.HasPrefix(line, hintPrefix)
}

func asksFor(want []string, line string) bool {
	prefix, _, _ := strings.Cut(line, " ")
	return slices.ContainsFunc(want, func(wanted string) bool {
		return strings.HasPrefix(wanted, prefix+" ") || wanted == prefix
	})
}

// equals compares with the wanted lines, rows as a multiset unless they are ordered.
func (o *outcome) equals(want []string) bool {
	got := o.lines(want)
	if o.columns != "" && !o.ordered && len(want) >= 2 {
		want = slices.Clone(want)
		slices.Sort(want[1 : len(want)-1])
	}
	return slices.Equal(got, want)
}

// collect reads a result set to its end and closes it.
func collect(rows pgx.Rows, ordered bool) *outcome {
	defer rows.Close()
	o := &outcome{ordered: ordered}
	for rows.Next() {
		line, err := renderRow(rows)
		if err != nil {
			return failed(err)
		}
		o.rows = append(o.rows, line)
	}
	if err := rows.Err(); err != nil {
		return failed(err)
	}
	o.columns = renderColumns(rows.FieldDescriptions())
	o.tail = tagged(rows.CommandTag().String()).tail
	return o
}

func renderColumns(fields []pgconn.FieldDescription) string {
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.Name + ":" + typeName(field.DataTypeOID)
	}
	return strings.Join(names, " | ")
}

// typeName returns PostgreSQL's name of a built-in type. Types made by a script have
// OIDs that differ from run to run.
func typeName(oid uint32) string {
	builtin, ok := builtinTypes.TypeForOID(oid)
	if !ok {
		return "user-defined"
	}
	if element, isArray := strings.CutPrefix(builtin.Name, "_"); isArray {
		return element + "[]"
	}
	return builtin.Name
}

var builtinTypes = pgtype.NewMap()

func renderRow(rows pgx.Rows) (string, error) {
	values, err := rows.Values()
	if err != nil {
		return "", err
	}
	raw := rows.RawValues()
	cells := make([]string, len(values))
	for i, field := range rows.FieldDescriptions() {
		cells[i] = renderCell(field, values[i], raw[i])
	}
	return strings.Join(cells, " | "), nil
}

// renderCell renders JSON as the server wrote it and dates and timestamps by their
// type, which the Go values do not tell apart.
func renderCell(field pgconn.FieldDescription, value any, raw []byte) string {
	at, isTime := value.(time.Time)
	switch {
	case raw == nil:
		return "NULL"
	case field.DataTypeOID == pgtype.JSONBOID && field.Format == pgtype.BinaryFormatCode:
		return renderJSON(string(raw[1:])) // after the version
	case field.DataTypeOID == pgtype.JSONBOID, field.DataTypeOID == pgtype.JSONOID:
		return renderJSON(string(raw))
	case field.DataTypeOID == pgtype.DateOID && isTime:
		return at.Format(time.DateOnly)
	case field.DataTypeOID == pgtype.TimestampOID && isTime:
		return at.Format("2006-01-02T15:04:05.999999")
	default:
		return renderValue(value)
	}
}

func renderValue(value any) string {
	switch v := value.(type) {
	case nil:
		return "NULL"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return quoteCell(v)
	case []byte:
		return `\x` + hex.EncodeToString(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case [16]byte:
		return pgtype.UUID{Bytes: v, Valid: true}.String()
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any:
		return renderArray(v)
	case driver.Valuer:
		inner, err := v.Value()
		if err != nil {
			return "unreadable: " + err.Error()
		}
		return renderValue(inner)
	default:
		return fmt.Sprint(v)
	}
}

func renderArray(elements []any) string {
	texts := make([]string, len(elements))
	for i, element := range elements {
		texts[i] = renderValue(element)
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// quoteCell quotes text that could be taken for something else in a row.
func quoteCell(text string) string {
	if text != "" && text != "NULL" && strings.TrimSpace(text) == text && !strings.ContainsAny(text, "|\"\n\r\t") {
		return text
	}
	return strconv.Quote(text)
}

// renderJSON leaves a document on one line as it is.
func renderJSON(text string) string {
	if strings.ContainsAny(text, "|\n\r\t") {
		return strconv.Quote(text)
	}
	return text
}
