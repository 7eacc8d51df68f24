//go:build planted

package conform_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// plantedTimeout bounds one build and run of the suite with a fault.
const plantedTimeout = 2 * time.Minute

var firstRed = regexp.MustCompile(`(?m)^ +--- FAIL: (TestRabbitMQSimulated/[^/\n]+/[^/\n]+/\S+)`)

// TestRabbitMQPlanted judges the suite: each fault planted in the simulated broker by a
// patch of testdata/planted must turn one of its cases red. It builds the package once
// per fault, so that it is built only with the tag planted (make conform-planted).
func TestRabbitMQPlanted(t *testing.T) {
	patches, err := filepath.Glob("testdata/planted/rabbitmq-*.patch")
	if err != nil || len(patches) < 12 {
		t.Fatalf("%d patches, want at least 12: %v", len(patches), err)
	}
	for _, patch := range patches {
		t.Run(strings.TrimSuffix(filepath.Base(patch), ".patch"), func(t *testing.T) {
			output, err := suiteWith(t, rabbitOverlay(t, patch))
			red := firstRed.FindStringSubmatch(output)
			if err == nil || red == nil {
				t.Fatalf("no case turns red: %v\n%s", err, output)
			}
			t.Log("red:", red[1])
		})
	}
}

// suiteWith runs the suite on the simulated broker of 3.10, built with an overlay.
func suiteWith(t *testing.T, overlay string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), plantedTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-overlay", overlay, "-run", "^TestRabbitMQSimulated$/^3.10$", ".")
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// rabbitOverlay writes the patched file and the overlay that names it.
func rabbitOverlay(t *testing.T, patch string) string {
	t.Helper()
	text, err := os.ReadFile(patch)
	if err != nil {
		t.Fatal(err)
	}
	path, hunks, err := readPlanted(string(text))
	if err != nil {
		t.Fatal(err)
	}
	original, err := filepath.Abs(filepath.Join("..", "..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	patched := string(source)
	for _, hunk := range hunks {
		if strings.Count(patched, hunk[0]) != 1 {
			t.Fatalf("%s no longer applies to %s: this is there %d times:\n%s", patch, path, strings.Count(patched, hunk[0]), hunk[0])
		}
		patched = strings.Replace(patched, hunk[0], hunk[1], 1)
	}
	folder := t.TempDir()
	replaced, overlay := filepath.Join(folder, "planted.go"), filepath.Join(folder, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: replaced}})
	if err == nil {
		err = os.WriteFile(replaced, []byte(patched), 0o600)
	}
	if err == nil {
		err = os.WriteFile(overlay, list, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return overlay
}

// readPlanted reads a unified diff of one file, after a line that says what is wrong: its
// path and its hunks as texts before and after.
func readPlanted(text string) (path string, hunks [][2]string, err error) {
	for _, line := range strings.SplitAfter(text, "\n") {
		last := len(hunks) - 1
		switch {
		case strings.HasPrefix(line, "--- a/"):
			path = strings.TrimSpace(strings.TrimPrefix(line, "--- a/"))
		case strings.HasPrefix(line, "+++ ") || line == "":
		case strings.HasPrefix(line, "@@ "):
			hunks = append(hunks, [2]string{})
		case last < 0: // what is wrong
		case line[0] == ' ':
			hunks[last][0] += line[1:]
			hunks[last][1] += line[1:]
		case line[0] == '-':
			hunks[last][0] += line[1:]
		case line[0] == '+':
			hunks[last][1] += line[1:]
		}
	}
	if path == "" || len(hunks) == 0 {
		return "", nil, fmt.Errorf("not a diff of one file")
	}
	return path, hunks, nil
}
