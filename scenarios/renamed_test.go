package scenarios_test

import (
	"bytes"
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios/mutants"
)

// sqlFolders are where SQL stands. The tables of flow are in every service's database, and
// columns of the same name in the tables of several: so that the renaming is the same
// wherever they meet, it covers all.
var sqlFolders = []string{"system/flow", "system/order", "system/payment", "system/inventory", "system/notification", "scenarios/collect"}

// TestRenamedSchema renames every table and every column, in the SQL and in the migrations
// alike, and runs the same seeds: the simulated database executes SQL, it does not recognise
// statements. So all must come out the same.
func TestRenamedSchema(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command twice")
	}
	root, err := mutants.FindModule(".")
	if err != nil {
		t.Fatal(err)
	}
	overlay := mutants.NewOverlay(root)
	files := sqlFiles(t, root)
	names := schemaNames(t, overlay, files)
	if len(names) < 50 || !slices.Contains(names, "reserved") || !slices.Contains(names, "outbox") || !slices.Contains(names, "applied_at") {
		t.Fatalf("%d tables and columns were found: %v", len(names), names)
	}
	renamed := renameAll(t, overlay, files, names)
	t.Logf("%d names in %d places of %d files", len(names), renamed, len(overlay.Paths()))
	plain, changed := build(t, root, mutants.NewOverlay(root)), build(t, root, overlay)
	for _, view := range []string{"order_view", "reservation_view"} { // names that nothing but SQL has
		if !mentions(t, plain, view) || mentions(t, changed, view) {
			t.Errorf("the renamed program still knows the table %s, or the other does not", view)
		}
	}
	original, other := simulate(t, plain), simulate(t, changed)
	if want, got := outcomeOf(original), outcomeOf(other); !reflect.DeepEqual(got, want) {
		t.Errorf("under other names:\n%+v\nwant:\n%+v", got, want)
	}
	if original.Passed != original.Seeds {
		t.Errorf("%d of %d seeds passed", original.Passed, original.Seeds)
	}
}

// mentions says whether a name stands anywhere in an executable.
func mentions(t *testing.T, program *mutants.Program, name string) bool {
	t.Helper()
	executable, err := os.ReadFile(program.Path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(executable, []byte(name))
}

// outcomeOf leaves out of a summary what differs between any two campaigns.
func outcomeOf(s reports.Summary) reports.Summary {
	s.WallSeconds, s.SeedsPerSecond, s.StepsPerSecond, s.TraceHash = 0, 0, 0, ""
	for i := range s.Failures {
		s.Failures[i].Plan = ""
	}
	return s
}

func simulate(t *testing.T, program *mutants.Program) reports.Summary {
	t.Helper()
	summary, outcome, err := program.Sim(t.Context(), t.TempDir(), "--seeds", "60")
	if err != nil {
		t.Fatal(err)
	}
	if outcome.ExitCode > 1 {
		t.Errorf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
	}
	return *summary
}

// sqlFiles returns the paths of the files that may hold SQL.
func sqlFiles(t *testing.T, root string) (files []string) {
	t.Helper()
	for _, folder := range sqlFolders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			if extension := filepath.Ext(path); extension == ".go" || extension == ".sql" {
				relative, err := filepath.Rel(root, path)
				files = append(files, filepath.ToSlash(relative))
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

var (
	tableBody  = regexp.MustCompile(`(?s)CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*?)\n\)`)
	columnLine = regexp.MustCompile(`(?m)^    ([a-z]\w*) `)
)

// schemaNames returns the names of all tables and columns that the files create.
func schemaNames(t *testing.T, overlay *mutants.Overlay, files []string) (names []string) {
	t.Helper()
	for _, file := range files {
		for _, table := range tableBody.FindAllStringSubmatch(read(t, overlay, file), -1) {
			names = append(names, table[1])
			for _, column := range columnLine.FindAllStringSubmatch(table[2], -1) {
				names = append(names, column[1])
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func read(t *testing.T, overlay *mutants.Overlay, file string) string {
	t.Helper()
	text, err := overlay.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// renameAll renames in all files and returns in how many places.
func renameAll(t *testing.T, overlay *mutants.Overlay, files, names []string) (places int) {
	t.Helper()
	others := make(map[string]string)
	for i, name := range names {
		others[name] = fmt.Sprintf("q%d_%c", len(names)-i, name[len(name)-1])
	}
	for _, file := range files {
		was := read(t, overlay, file)
		var (
			text string
			n    int
		)
		if strings.HasSuffix(file, ".sql") {
			text, n = renameSQL(was, others)
		} else {
			text, n = renameGo(was, others)
		}
		if n > 0 {
			overlay.Set(file, []byte(text))
			places += n
		}
	}
	return places
}

// renameGo renames in the string literals of a Go file that are SQL: they begin with the
// name of the statement.
func renameGo(text string, others map[string]string) (string, int) {
	var (
		s      scanner.Scanner
		out    strings.Builder
		done   int
		places int
	)
	file := token.NewFileSet().AddFile("", -1, len(text))
	s.Init(file, []byte(text), nil, 0)
	for {
		pos, kind, literal := s.Scan()
		if kind == token.EOF {
			return out.String() + text[done:], places
		}
		if value, err := strconv.Unquote(literal); kind == token.STRING && err == nil && strings.HasPrefix(value, "-- name: ") {
			renamed, n := renameSQL(value, others)
			out.WriteString(text[done:file.Offset(pos)])
			out.WriteString("`" + renamed + "`")
			done, places = file.Offset(pos)+len(literal), places+n
		}
	}
}

var sqlToken = regexp.MustCompile(`--[^\n]*|'[^']*'|[A-Za-z_]\w*`)

// renameSQL renames the words of a text that are neither in a comment nor in quotes.
func renameSQL(text string, others map[string]string) (string, int) {
	places := 0
	return sqlToken.ReplaceAllStringFunc(text, func(word string) string {
		if other, known := others[word]; known {
			places++
			return other
		}
		return word
	}), places
}
