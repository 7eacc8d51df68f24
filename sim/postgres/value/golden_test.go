package value_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/squallhq/squall/sim/postgres/value"
)

// The files in testdata hold expressions and what a PostgreSQL 15 answered. To ask one again, point
// the PG* variables of libpq at it and run
//
//	go test ./sim/postgres/value -run TestGolden -update
//
// A line beginning with > is an expression; = type: value and # binary format follow, or ! lines with
// SQLSTATE and message, detail and hint. A line "zone X" sets the session's time zone. Other lines
// are comments.
var update = flag.Bool("update", false, "ask a real PostgreSQL for the answers of the golden files")

// answerer is a function that answers one expression as the files note it.
const answerer = `
SET timezone = 'UTC'; SET client_min_messages = error;
CREATE FUNCTION pg_temp.hexed(v anyelement) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE result text;
BEGIN
  EXECUTE format('SELECT encode(%s($1), ''hex'')', (SELECT typsend FROM pg_type WHERE oid = pg_typeof(v))) INTO result USING v;
  RETURN result;
EXCEPTION WHEN others THEN RETURN NULL;
END $f$;
CREATE FUNCTION pg_temp.answer(expression text) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE result text; state text; message text; detail text; hint text;
BEGIN
  EXECUTE 'SELECT string_agg(CASE WHEN v IS NULL AND NOT v IS DISTINCT FROM NULL THEN ''= '' || pg_typeof(v) || '' is NULL''
    ELSE ''= '' || pg_typeof(v) || '': '' || replace(format(''%s'', v), E''\n'', ''\n'') || coalesce(E''\n# '' || pg_temp.hexed(v), '''') END, E''\n'')
    FROM (SELECT ' || expression || ' AS v) s' INTO result;
  RETURN coalesce(result, '= no rows');
EXCEPTION WHEN others THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN '! ' || state || ' ' || message || CASE WHEN detail <> '' THEN E'\n! DETAIL: ' || replace(detail, E'\n', '\n') ELSE '' END
    || CASE WHEN hint <> '' THEN E'\n! HINT: ' || hint ELSE '' END;
END $f$;
`

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				data = askServer(t, string(data))
				if err := os.WriteFile(file, data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			checkGolden(t, string(data))
		})
	}
}

// checkGolden evaluates every expression of a file and compares with what stands behind it.
func checkGolden(t *testing.T, data string) {
	var expression string
	var want []string
	zone, n := "UTC", 0
	check := func() {
		if expression == "" {
			return
		}
		n++
		if got := answer(expression, zone); got != strings.Join(want, "\n") {
			t.Errorf("%s\n--- simulated\n%s\n--- PostgreSQL\n%s", expression, got, strings.Join(want, "\n"))
		}
	}
	for line := range strings.SplitSeq(data, "\n") {
		switch {
		case strings.HasPrefix(line, "> "):
			check()
			expression, want = line[2:], nil
		case strings.HasPrefix(line, "zone "):
			check()
			expression, zone = "", line[5:]
		case strings.HasPrefix(line, "= "), strings.HasPrefix(line, "# "), strings.HasPrefix(line, "! "), line == "#":
			want = append(want, line)
		}
	}
	check()
	t.Logf("%d expressions", n)
}

// answer evaluates an expression here and notes the result as the files do.
func answer(expression, zone string) string {
	c := testContext()
	location, err := value.LoadZone(zone)
	if err != nil {
		return err.Error()
	}
	c.Zone = location
	typ, rows, err := evaluate(c, expression)
	var failure *value.Error
	switch {
	case errors.As(err, &failure):
		return noteError(failure)
	case err != nil:
		return "UNSUPPORTED " + err.Error()
	case len(rows) == 0:
		return "= no rows"
	}
	var notes []string
	for _, v := range rows {
		notes = append(notes, noteValue(c, typ, v))
	}
	return strings.Join(notes, "\n")
}

func noteError(e *value.Error) string {
	note := "! " + e.Code + " " + e.Message
	if e.Detail != "" {
		note += "\n! DETAIL: " + strings.ReplaceAll(e.Detail, "\n", `\n`)
	}
	if e.Hint != "" {
		note += "\n! HINT: " + e.Hint
	}
	return note
}

func noteValue(c *value.Context, typ *value.Type, v value.Value) string {
	if v.IsNull() {
		return "= " + typ.Display + " is NULL"
	}
	note := "= " + typ.Display + ": " + strings.ReplaceAll(typ.Text(c, v), "\n", `\n`)
	binary, err := typ.AppendBinary(nil, v)
	if err != nil {
		return note + "\nBINARY " + err.Error()
	}
	note += "\n# " + hex.EncodeToString(binary)
	return note + roundTrips(c, typ, v, binary)
}

// roundTrips reads text and binary format back; what differs is noted and so fails the comparison.
func roundTrips(c *value.Context, typ *value.Type, v value.Value, binary []byte) string {
	if typ.Kind == value.KindRecord || typ.Kind == value.KindVoid {
		return ""
	}
	decoded, err := typ.DecodeBinary(binary)
	if err != nil {
		return "\nDECODING " + err.Error()
	}
	again, err := typ.AppendBinary(nil, decoded)
	if err != nil || !bytes.Equal(again, binary) {
		return "\nDECODED OTHERWISE"
	}
	parsed, err := typ.ParseText(c, typ.Text(c, v))
	if err != nil {
		return "\nPARSING " + err.Error()
	}
	if typ.Text(c, parsed) != typ.Text(c, v) {
		return "\nPARSED OTHERWISE " + typ.Text(c, parsed)
	}
	if typ.Sortable() && (!value.Equal(parsed, v) || value.Hash(parsed) != value.Hash(v) || value.Hash(decoded) != value.Hash(v)) {
		return "\nNOT EQUAL TO ITSELF"
	}
	return ""
}

// askServer replaces the answers in a file by those of the server that libpq's variables name.
func askServer(t *testing.T, data string) []byte {
	var script strings.Builder
	script.WriteString(answerer)
	n := 0
	for line := range strings.SplitSeq(data, "\n") {
		if zone, ok := strings.CutPrefix(line, "zone "); ok {
			script.WriteString("SET timezone = '" + zone + "';\n")
		}
		if expression, ok := strings.CutPrefix(line, "> "); ok {
			n++
			script.WriteString("SELECT pg_temp.answer($golden$" + expression + "$golden$);\n")
		}
	}
	return merge(data, askScript(t, script.String(), n))
}

func merge(data string, answers []string) []byte {
	var merged strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(data, "\n"), "\n") {
		if strings.HasPrefix(line, "= ") || strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "! ") || line == "#" {
			continue
		}
		merged.WriteString(line + "\n")
		if strings.HasPrefix(line, "> ") {
			merged.WriteString(answers[0] + "\n")
			answers = answers[1:]
		}
	}
	return []byte(merged.String())
}

// askScript lets psql run a script and returns its answers.
func askScript(t *testing.T, script string, count int) []string {
	psql := exec.Command("psql", "-X", "-q", "-A", "-t", "-0")
	psql.Stdin = strings.NewReader(script)
	psql.Stderr = os.Stderr
	output, err := psql.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSuffix(string(output), "\x00"), "\x00")
	if len(answers) != count {
		t.Fatalf("%d answers for %d expressions", len(answers), count)
	}
	return answers
}
