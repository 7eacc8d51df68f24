package sql_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/squallhq/squall/sim/postgres/sql"
)

// FuzzParse: whatever the text, Parse answers with statements that print and parse back to the
// same tree, or with one of its two errors, whose position lies in the text.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"accepted.txt", "rejected.txt", "unsupported.txt"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		for block := range strings.SplitSeq(string(b), "\n\n") {
			input, _, _ := strings.Cut(block, "\n----\n")
			f.Add(input)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := sql.Parse(text)
		if err != nil {
			checkError(t, text, err)
			return
		}
		for _, s := range list {
			checkRoundTrip(t, s)
		}
	})
}

// checkError: the error is one of the two kinds, complete, and points into the text.
func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var e *sql.Error
	var u *sql.Unsupported
	position := 0
	switch {
	case errors.As(err, &e):
		position = e.Position
		if len(e.Code) != 5 || e.Message == "" {
			t.Fatalf("incomplete error %+v", e)
		}
	case errors.As(err, &u):
		position = u.Position
		if u.Construct == "" || position == 0 {
			t.Fatalf("incomplete error %+v", u)
		}
	default:
		t.Fatalf("foreign error %T: %v", err, err)
	}
	if position < 0 || position > utf8.RuneCountInString(text)+1 {
		t.Fatalf("position %d of %q", position, text)
	}
}
