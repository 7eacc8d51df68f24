package sql_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/squallhq/squall/sim/postgres/sql"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata from what the parser does now")

// The transcripts in testdata are statements with what comes of them, divided by a line of four
// dashes; blank lines part the cases. The same statements were sent to a PostgreSQL 15 server,
// behind a statement that fails at run time: the server parses all of a query's text first, so that
// syntax errors can be told from what analysis would say. Acceptance, SQLSTATE, position, wording
// and hint of every case in accepted.txt and rejected.txt are the server's, but for one: COMMENT ON
// COLUMN without a table, which the server rejects a step later with the same error.

// transcript is one case of a file in testdata.
type transcript struct{ input, want string }

func readTranscript(t *testing.T, name string) []transcript {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var list []transcript
	for block := range strings.SplitSeq(strings.TrimRight(string(b), "\n"), "\n\n") {
		input, want, ok := strings.Cut(block, "\n----\n")
		if !ok && !*update {
			t.Fatalf("%s: no expectation behind %q", name, block)
		}
		list = append(list, transcript{input, want})
	}
	return list
}

// runTranscript compares what got makes of each input with the file, or rewrites the file.
func runTranscript(t *testing.T, name string, got func(text string) string) {
	list := readTranscript(t, name)
	if *update {
		var out strings.Builder
		for i, c := range list {
			if i > 0 {
				out.WriteString("\n")
			}
			fmt.Fprintf(&out, "%s\n----\n%s\n", c.input, got(c.input))
		}
		if err := os.WriteFile("testdata/"+name, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, c := range list {
		if g := got(c.input); g != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.input, g, c.want)
		}
	}
}

// describe prints what Parse makes of text: the statements, or the error with everything in it.
func describe(text string) string {
	list, err := sql.Parse(text)
	var e *sql.Error
	var u *sql.Unsupported
	switch {
	case errors.As(err, &u):
		return fmt.Sprintf("not simulated at %d: %s", u.Position, u.Construct)
	case errors.As(err, &e) && e.Hint != "":
		return fmt.Sprintf("%s at %d: %s\nhint: %s", e.Code, e.Position, e.Message, e.Hint)
	case errors.As(err, &e):
		return fmt.Sprintf("%s at %d: %s", e.Code, e.Position, e.Message)
	case err != nil:
		return "neither *Error nor *Unsupported: " + err.Error()
	}
	printed := make([]string, len(list))
	for i, s := range list {
		printed[i] = sql.Format(s)
	}
	return strings.Join(printed, ";\n")
}

func TestParse(t *testing.T) {
	t.Run("OK", func(t *testing.T) { runTranscript(t, "accepted.txt", describe) })
	t.Run("ErrSyntax", func(t *testing.T) { runTranscript(t, "rejected.txt", describe) })
	t.Run("ErrUnsupported", func(t *testing.T) { runTranscript(t, "unsupported.txt", describe) })
}

func TestFormatParsesBackToTheSameTree(t *testing.T) {
	for _, c := range readTranscript(t, "accepted.txt") {
		list, err := sql.Parse(c.input)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			checkRoundTrip(t, s)
		}
	}
}

// checkRoundTrip: printing and parsing again gives the same tree, and the same text.
func checkRoundTrip(t *testing.T, s sql.Statement) {
	t.Helper()
	printed := sql.Format(s)
	again, err := sql.ParseOne(printed)
	if err != nil {
		t.Fatalf("printed form does not parse: %v\n%s", err, printed)
	}
	if twice := sql.Format(again); twice != printed {
		t.Fatalf("printed form changes\n once  %s\n twice %s", printed, twice)
	}
	forgetPlaces(reflect.ValueOf(s))
	forgetPlaces(reflect.ValueOf(again))
	if !reflect.DeepEqual(s, again) {
		t.Fatalf("printed form parses to another tree\n%s", printed)
	}
}

// forgetPlaces sets every At in the tree to zero.
func forgetPlaces(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			forgetPlaces(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			forgetPlaces(v.Index(i))
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			forgetPlaces(field)
		}
	default:
		if v.CanSet() && v.Type() == reflect.TypeFor[sql.At]() {
			v.SetInt(0)
		}
	}
}

func TestParseOne(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		s, err := sql.ParseOne(" ; SELECT 1 ; ")
		if _, ok := s.(*sql.Select); !ok || err != nil {
			t.Fatalf("got %T, %v", s, err)
		}
	})
	t.Run("OKEmpty", func(t *testing.T) {
		s, err := sql.ParseOne(" -- nothing\n;")
		if _, ok := s.(*sql.Empty); !ok || err != nil {
			t.Fatalf("got %T, %v", s, err)
		}
	})
	t.Run("ErrSeveral", func(t *testing.T) {
		_, err := sql.ParseOne("SELECT 1; SELECT 2")
		var e *sql.Error
		if !errors.As(err, &e) || e.Code != "42601" ||
			e.Message != "cannot insert multiple commands into a prepared statement" {
			t.Fatalf("got %v", err)
		}
	})
}

func TestPlaces(t *testing.T) {
	const text = `SELECT é, a + b * c, f(x), y::int, "Z" AT TIME ZONE 'UTC' FROM t WHERE (u.v) IS NULL`
	s, err := sql.ParseOne(text)
	if err != nil {
		t.Fatal(err)
	}
	core := s.(*sql.Select).Body.(*sql.SelectCore)
	for i, want := range []struct{ own, start string }{
		{`é`, `é`}, {`+ b`, `a + b`}, {`f(`, `f(`}, {`::`, `y::`}, {`AT TIME`, `"Z" AT`},
	} {
		e := core.Targets[i].Value
		if got := e.Offset(); got != strings.Index(text, want.own) {
			t.Errorf("target %d stands at %q", i, text[got:])
		}
		if got := sql.Start(e).Offset(); got != strings.Index(text, want.start) {
			t.Errorf("target %d starts at %q", i, text[got:])
		}
	}
	if got := core.Where.Offset(); got != strings.Index(text, "IS NULL") {
		t.Errorf("the condition stands at %q", text[got:])
	}
	if got := sql.CharPosition(text, core.Targets[1].Value.Offset()); got != 13 {
		t.Errorf("the sum is at character %d, want 13", got)
	}
}

func TestStatementName(t *testing.T) {
	for text, want := range map[string]string{
		"-- name: ClaimOutbox :many\nSELECT 1": "ClaimOutbox",
		"\n  --name:GetOrder\nSELECT 1":        "GetOrder",
		"-- name: Last":                        "Last",
		"-- names: X\nSELECT 1":                "",
		"SELECT 1 -- name: X":                  "",
		"-- name:":                             "",
		"":                                     "",
	} {
		if got := sql.StatementName(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	text := "-- name: ClaimOutbox :many\nSELECT 1"
	var name string
	if n := testing.AllocsPerRun(100, func() { name = sql.StatementName(text) }); n != 0 || name != "ClaimOutbox" {
		t.Errorf("%v allocations for the name %q", n, name)
	}
}
