package sql_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/squallhq/squall/sim/postgres/sql"
)

// wantError parses text and wants the SQLSTATE.
func wantError(t *testing.T, text, code string) *sql.Error {
	t.Helper()
	_, err := sql.Parse(text)
	var e *sql.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	return e
}

// nested is n nestings around or beside an expression.
func nested(first, open, middle, end string, n int) string {
	return "SELECT " + first + strings.Repeat(open, n) + middle + strings.Repeat(end, n)
}

// The shapes whose depth an attacker, or a generator gone wrong, can choose: each nests once per
// repetition, to the inside or along its left side.
var deepShapes = []struct{ name, first, open, middle, end string }{
	{"parentheses", "", "(", "1", ")"},
	{"functions", "", "f(", "1", ")"},
	{"not", "", "NOT ", "true", ""},
	{"minus", "", "- ", "a", ""},
	{"case", "", "CASE WHEN ", "true", " THEN 1 END"},
	{"subqueries", "", "(SELECT ", "1", ")"},
	{"from", "", "1 FROM (SELECT ", "1", ") x"},
	{"joins", "1 FROM t", "", "", " CROSS JOIN u"},
	{"joins to the right", "1 FROM ", "t JOIN ", "u", " ON true"},
	{"joins in parentheses", "1 FROM ", "(t CROSS JOIN u) JOIN (", "u CROSS JOIN v", ") ON true"},
	{"parentheses in from", "1 FROM ", "(", "u CROSS JOIN v", ")"},
	{"queries in parentheses", "", "(((", "SELECT 1", ")))"},
	{"windows", "", "f(a) OVER (ORDER BY ", "a", ")"},
	{"arrays", "", "ARRAY[", "1", "]"},
	{"array brackets", "", "ARRAY[", "[[[1]]]", "]"},
	{"rows", "", "(1, ", "1", ")"},
	{"subscripts", "", "a[", "1", "]"},
	{"sums", "", "", "1", " + 1"},
	{"casts", "", "", "a", "::int"},
	{"is null", "", "", "a", " IS NULL"},
	{"powers", "", "2 ^ ", "2", ""},
	{"unions", "", "", "1", " UNION SELECT 1"},
	{"unions to the right", "", "1 UNION (SELECT ", "1", ")"},
	{"fields", "", "(", "a", ").f"},
	{"with", "", "1 UNION (WITH a AS (SELECT 1) SELECT ", "1", ")"},
	{"and or", "", "(a AND ", "b", " OR c)"},
}

func TestDepth(t *testing.T) {
	for _, s := range deepShapes {
		t.Run("OK "+s.name, func(t *testing.T) {
			if _, err := sql.Parse(nested(s.first, s.open, s.middle, s.end, sql.MaxDepth/8)); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("ErrTooDeep "+s.name, func(t *testing.T) {
			for _, n := range []int{sql.MaxDepth + 1, 100_000} {
				e := wantError(t, nested(s.first, s.open, s.middle, s.end, n), "54001")
				if e.Message != "stack depth limit exceeded" || e.Hint == "" {
					t.Fatalf("got %+v", e)
				}
			}
		})
	}
	t.Run("OK chains that do not nest", func(t *testing.T) {
		for _, text := range []string{
			"SELECT a" + strings.Repeat(" OR a = 1", 50_000),
			"SELECT a" + strings.Repeat(", a", 50_000),
			"SELECT 1 WHERE a IN (1" + strings.Repeat(", 1", 50_000) + ")",
			"INSERT INTO t VALUES (1)" + strings.Repeat(", (1)", 50_000),
			strings.Repeat("SELECT 1;", 50_000),
		} {
			if _, err := sql.Parse(text); err != nil {
				t.Errorf("%.30s...: %v", text, err)
			}
		}
	})
}

// Both sides of a chain count: a tree that grew on its left inside one that did so is as high as
// both together.
func TestDepthAddsUp(t *testing.T) {
	inner := "1" + strings.Repeat(" + 1", sql.MaxDepth-100)
	_ = wantError(t, "SELECT ("+inner+")"+strings.Repeat(" + 1", 200), "54001")
	if _, err := sql.Parse("SELECT 1, " + inner + ", " + inner); err != nil {
		t.Fatal(err)
	}
}

func TestEncoding(t *testing.T) {
	for text, message := range map[string]string{
		"SELECT '\xff'":         "0xff",
		"SELECT '\xc3('":        "0xc3 0x28",
		"SELECT '\xe2\x82":      "0xe2 0x82",
		"SELECT '\xe2\x28\xa1'": "0xe2 0x28 0xa1",
		"SELECT '\xed\xa0\x80'": "0xed 0xa0 0x80",
		"SELECT '\xf8\x88'":     "0xf8",
		"SELECT 1 -- \x00":      "0x00",
		`SELECT E'\xff'`:        "0xff",
		`SELECT E'\303('`:       "0xc3 0x28",
		`SELECT E'\0'`:          "0x00",
	} {
		e := wantError(t, text, "22021")
		if want := `invalid byte sequence for encoding "UTF8": ` + message; e.Message != want {
			t.Errorf("%q: got %s, want %s", text, e.Message, want)
		}
	}
	if _, err := sql.Parse(`SELECT E'\303\251', '😀'`); err != nil {
		t.Error(err)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"point select", `SELECT id, state, total FROM orders WHERE id = $1`},
		{"inbox insert", `-- name: InboxInsert :execrows
INSERT INTO inbox (consumer, message_id, received_at) VALUES ($1, $2, now()) ON CONFLICT (consumer, message_id) DO NOTHING`},
		{"outbox claim", `-- name: ClaimOutbox :many
UPDATE outbox SET claimed_by = $1, claimed_at = now() WHERE id IN (
  SELECT id FROM outbox WHERE published_at IS NULL AND claimed_at < now() - interval '30 seconds'
  ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED) RETURNING id, payload`},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				if _, err := sql.ParseOne(c.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
