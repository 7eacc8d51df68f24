package store

import (
	"strings"
	"unicode/utf8"

	"github.com/squallhq/squall/sim/postgres/value"
)

func concurrentUpdate() error {
	return &value.Error{Code: "40001", Message: "could not serialize access due to concurrent update"}
}

func concurrentDelete() error {
	return &value.Error{Code: "40001", Message: "could not serialize access due to concurrent delete"}
}

// quote is PostgreSQL's quoting of names in messages: always double quotes, nothing escaped.
func quote(name string) string { return `"` + name + `"` }

// detailMax is how many bytes of a column a detail shows (ExecConstraints, BuildIndexValueDescription).
const detailMax = 64

// clip cuts a value's text to detailMax bytes, whole characters.
func clip(text string) string {
	if len(text) <= detailMax {
		return text
	}
	cut := detailMax
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}

// print is a value as the type's output function prints it.
func (s *Session) print(typ *value.Type, v value.Value) string {
	if v.IsNull() {
		return "null"
	}
	return string(typ.AppendText(s.text, nil, v))
}

// failingRow is the detail of not-null and check violations.
func (s *Session) failingRow(columns []Column, row value.Row) string {
	var b strings.Builder
	b.WriteString("Failing row contains (")
	first := true
	for i := range columns {
		if columns[i].Dropped {
			continue
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		b.WriteString(clip(s.print(columns[i].Type, row[i])))
	}
	b.WriteString(").")
	return b.String()
}

// describeKey is (a, b)=(1, 2), as details of key violations have it; values are not cut.
func (s *Session) describeKey(names []string, types []*value.Type, key value.Row) string {
	var b strings.Builder
	b.WriteString("(" + strings.Join(names, ", ") + ")=(")
	for i := range key {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.print(types[i], key[i]))
	}
	b.WriteString(")")
	return b.String()
}

// describe is describeKey for a key of the index.
func (ix *Index) describe(t *Tx, key value.Row) string {
	def := ix.Table.Def(t)
	names := make([]string, len(ix.Keys))
	types := make([]*value.Type, len(ix.Keys))
	for i, k := range ix.Keys {
		names[i], types[i] = k.Text, k.Type
		if k.Column >= 0 {
			names[i] = value.QuoteIdent(def.Columns[k.Column].Name)
			types[i] = def.Columns[k.Column].Type
		}
	}
	return t.session.describeKey(names, types, key)
}
