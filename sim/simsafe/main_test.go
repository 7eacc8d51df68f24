package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/squallhq/squall/sim/simsafe/rules"
)

// files is a module of the same name with one room, and tests inside and outside it.
var files = map[string]string{
	"go.mod":                       "module github.com/squallhq/squall\n\ngo 1.26\n",
	"system/order/order.go":        "package order\n\nimport \"time\"\n\nfunc now() time.Time { return time.Now() }\n",
	"system/order/inner_test.go":   "package order\n\nvar calls = now\n",
	"system/order/outside_test.go": "package order_test\n\nimport \"time\"\n\nvar _ = time.Now\n",
}

// TestVet runs the tool as people run it.
func TestVet(t *testing.T) {
	tool := filepath.Join(t.TempDir(), rules.Analyzer.Name) // naming it runs the test again when a rule changes
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", tool, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	vet := exec.Command("go", "vet", "-vettool="+tool, "./...")
	vet.Dir = root
	out, err := vet.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "order.go:5:36: simsafe clock: time.Now") {
		t.Errorf("go vet: %v, want the finding in order.go\n%s", err, out)
	}
	if n := strings.Count(string(out), "simsafe "); n != 1 {
		t.Errorf("%d findings, want 1\n%s", n, out)
	}
}
