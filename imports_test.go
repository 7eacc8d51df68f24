package main_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/squallhq/squall"

// law says who may import whom. "a < b" reads: b may import a, and whatever a may
// import. A package that stands nowhere in it has no place yet: give it one.
// "modules" are other people's packages; who has them not below makes do with the
// standard library. "main" is the squall command.
const law = `
	# The services, from the pure core outwards. No service imports another.
	system/event, modules < system/port < system/flow
	modules < system/web
	system/flow, system/web < system/order, system/payment, system/inventory, system/notification < system

	# The adapters, one technology each. Two of them serve a port that a service owns.
	system/port < system/postgres, system/rabbitmq, system/telemetry, system/process
	system/port, system/payment < system/stripe
	system/port, system/notification < system/smtp
	system, system/postgres, system/rabbitmq, system/telemetry, system/process < system/cmd/internal/deploy
	system/cmd/internal/deploy, system/stripe, system/smtp < system/cmd/*

	# The judge knows events, not the services that wrote them.
	system/event < invariants
	invariants, chaos < reports

	# The simulator knows the ports and the faults. It and chaos know no service.
	system/port, chaos < sim < sim/postgres, sim/rabbitmq
	sim/postgres/value < sim/postgres/store
	sim/postgres/sql, sim/postgres/store < sim/postgres
	chaos, modules < chaos/wire, chaos/live

	# The conformance suites set the simulated servers beside the real ones.
	modules < sim/conform/servers < sim/conform
	sim/postgres, sim/rabbitmq, system/postgres, system/rabbitmq, system/process < sim/conform

	# The scenarios bring everything together.
	system, sim, sim/postgres, sim/rabbitmq, invariants, reports < scenarios/collect, scenarios/outside < scenarios
	system/postgres, system/rabbitmq, system/telemetry, system/process < scenarios/collect, scenarios/outside
	system/stripe, system/smtp, chaos/wire, chaos/live < scenarios/collect, scenarios/outside
	scenarios/collect, scenarios/outside < scenarios/e2e
	scenarios < scenarios/containers < main
	invariants, reports < scenarios/mutants < main
	scenarios/containers, scenarios/mutants < scenarios/reproduce < main

	# Tests may import what their package may, the package, other people's packages, and:
	tests of system/... import system/process, system/postgres, system/rabbitmq, sim/conform/servers
	tests of sim/postgres/value import sim/postgres/sql
	tests of chaos/wire import sim, sim/conform/servers, system/port, system/postgres, system/rabbitmq
	tests of scenarios/... import sim/conform/servers, scenarios/mutants
	tests of sim/conform import scenarios/mutants
	tests of main import sim/conform/servers
`

func TestImportLaw(t *testing.T) {
	l, err := parseLaw(law)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := readGraph(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(graph) < 3 || len(graph["system/port"].code) == 0 {
		t.Fatalf("the graph has %d packages: nothing was read", len(graph))
	}
	for _, breach := range l.breaches(graph) {
		t.Error(breach)
	}
}

// TestImportLawCatches shows the checker a graph that breaks every kind of rule.
func TestImportLawCatches(t *testing.T) {
	l, err := parseLaw(law)
	if err != nil {
		t.Fatal(err)
	}
	got := l.breaches(map[string]imports{
		"system/event":     {code: []string{"github.com/gofrs/uuid/v5"}},
		"system/port":      {code: []string{"system/event", "github.com/jackc/pgx/v5"}},
		"system/flow":      {code: []string{"sim"}, tests: []string{"system/flow", "chaos"}},
		"system/order":     {code: []string{"system/payment", "system/event"}, tests: []string{"system/payment"}},
		"system/payment":   {code: []string{"system/postgres"}, tests: []string{"system/postgres", "sim/conform/servers"}},
		"system/cmd/order": {code: []string{"system", "system/smtp", "scenarios"}},
		"sim":              {code: []string{"system/order"}, tests: []string{"sim", "pgregory.net/rapid", "sim/conform/servers"}},
		"chaos":            {code: []string{"system/port"}},
		"sim/postgres/sql": {code: []string{"sim/postgres"}},
		"sim/wal":          {},
		"main":             {code: []string{"scenarios", "sim", "system/wal"}, tests: []string{"sim/conform/servers"}},
	})
	want := []string{
		"chaos imports system/port",
		"main imports system/wal",
		"sim imports system/order",
		"sim's tests import sim/conform/servers",
		"sim/postgres/sql imports sim/postgres",
		"sim/wal has no place in the law",
		"system/cmd/order imports scenarios",
		"system/event imports github.com/gofrs/uuid/v5",
		"system/flow imports sim",
		"system/flow's tests import chaos",
		"system/order imports system/payment",
		"system/order's tests import system/payment",
		"system/payment imports system/postgres",
	}
	if !slices.Equal(got, want) {
		t.Errorf("breaches:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestImportLawParses(t *testing.T) {
	for _, text := range []string{"a", "a <", "< a", "a < b\nb < a", "a b < c", "tests of import b", "tests of a"} {
		if _, err := parseLaw(text); err == nil {
			t.Errorf("parseLaw(%q) found nothing wrong", text)
		}
	}
}

// imports is what a package imports, without the standard library. Packages of the
// module are named by their path below it.
type imports struct{ code, tests []string }

// importLaw is the law, parsed.
type importLaw struct {
	below map[string]map[string]bool // what a package may import
	tests []testRule
}

type testRule struct {
	of    string // a package, or with /... all below it too
	extra []string
}

// breaches returns what in the graph breaks the law, sorted.
func (l *importLaw) breaches(graph map[string]imports) []string {
	var found []string
	for name, imported := range graph {
		place := placeOf(name)
		if l.below[place] == nil {
			found = append(found, name+" has no place in the law")
			continue
		}
		for _, target := range imported.code {
			if !l.below[place][placeOf(target)] {
				found = append(found, name+" imports "+target)
			}
		}
		for _, target := range imported.tests {
			if !l.testMayImport(place, placeOf(target)) {
				found = append(found, name+"'s tests import "+target)
			}
		}
	}
	slices.Sort(found)
	return found
}

func (l *importLaw) testMayImport(place, target string) bool {
	if target == place || target == "modules" || l.below[place][target] {
		return true
	}
	return slices.ContainsFunc(l.tests, func(r testRule) bool {
		return covers(r.of, place) && slices.Contains(r.extra, target)
	})
}

func covers(pattern, place string) bool {
	root, all := strings.CutSuffix(pattern, "/...")
	return place == root || all && strings.HasPrefix(place, root+"/")
}

// placeOf returns the name under which the law knows a package.
func placeOf(name string) string {
	first, _, _ := strings.Cut(name, "/")
	if strings.Contains(first, ".") {
		return "modules"
	}
	if rest, ok := strings.CutPrefix(name, "system/cmd/"); ok && !strings.Contains(rest, "/") {
		return "system/cmd/*"
	}
	return name
}

func parseLaw(text string) (*importLaw, error) {
	l := &importLaw{below: map[string]map[string]bool{}}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if err := l.parseLine(line); err != nil {
			return nil, fmt.Errorf("law: %q: %w", line, err)
		}
	}
	if err := l.close(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *importLaw) parseLine(line string) error {
	if rest, ok := strings.CutPrefix(line, "tests of "); ok {
		of, extra, ok := strings.Cut(rest, " import ")
		if !ok {
			return fmt.Errorf("want: tests of a import b, c")
		}
		l.tests = append(l.tests, testRule{of, strings.Split(extra, ", ")})
		return nil
	}
	levels := strings.Split(line, "<")
	if len(levels) < 2 {
		return fmt.Errorf("want: a, b < c, d")
	}
	var lower []string
	for _, level := range levels {
		upper := strings.Split(level, ",")
		for i, name := range upper {
			upper[i] = strings.TrimSpace(name)
			if upper[i] == "" || strings.Contains(upper[i], " ") {
				return fmt.Errorf("%q is no package", name)
			}
			l.allow(upper[i], lower)
		}
		lower = upper
	}
	return nil
}

func (l *importLaw) allow(upper string, lower []string) {
	if l.below[upper] == nil {
		l.below[upper] = map[string]bool{}
	}
	for _, name := range lower {
		l.below[upper][name] = true
	}
}

// close adds what follows: who may import b may import what b may.
func (l *importLaw) close() error {
	names := slices.Sorted(maps.Keys(l.below))
	for _, middle := range names {
		for _, upper := range names {
			if l.below[upper][middle] {
				maps.Copy(l.below[upper], l.below[middle])
			}
		}
	}
	for _, name := range names {
		if l.below[name][name] {
			return fmt.Errorf("law: %s is above itself", name)
		}
	}
	return nil
}

// readGraph reads the imports of all Go files of the module at root, for whatever
// system and build tags they are.
func readGraph(root string) (map[string]imports, error) {
	graph := map[string]imports{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && outside(path, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		return readFile(graph, root, path)
	})
	return graph, err
}

// outside says whether the go command leaves the folder out of the module.
func outside(path, name string) bool {
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil || name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

func readFile(graph map[string]imports, root, path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	folder, err := filepath.Rel(root, filepath.Dir(path))
	if err != nil {
		return err
	}
	name := filepath.ToSlash(folder)
	if name == "." {
		name = "main"
	}
	found := graph[name]
	for _, spec := range file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if target, ok := judged(target); ok && strings.HasSuffix(path, "_test.go") {
			found.tests = append(found.tests, target)
		} else if ok {
			found.code = append(found.code, target)
		}
	}
	graph[name] = found
	return nil
}

// judged returns the name of an imported package in the graph. The standard library
// is not judged: its paths have no dot in the first element.
func judged(target string) (string, bool) {
	if target == module {
		return "main", true
	}
	if below, ok := strings.CutPrefix(target, module+"/"); ok {
		return below, true
	}
	first, _, _ := strings.Cut(target, "/")
	return target, strings.Contains(first, ".")
}
