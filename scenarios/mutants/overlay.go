package mutants

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Overlay is a set of files that stand in for some of a module's. Paths are relative to the
// module's root, with slashes.
type Overlay struct {
	root  string
	files map[string][]byte // nil: the file is gone
}

// NewOverlay returns an overlay that changes nothing.
func NewOverlay(root string) *Overlay {
	return &Overlay{root: root, files: make(map[string][]byte)}
}

// Set puts a file in place of the one with the path, or where there is none.
func (o *Overlay) Set(path string, text []byte) { o.files[path] = append([]byte{}, text...) }

// Remove takes a file away.
func (o *Overlay) Remove(path string) { o.files[path] = nil }

// Paths returns the paths of the files that stand in, sorted.
func (o *Overlay) Paths() []string { return slices.Sorted(maps.Keys(o.files)) }

// Read returns a file as it is under the overlay. An error for one that there is not matches
// fs.ErrNotExist.
func (o *Overlay) Read(path string) ([]byte, error) {
	if text, known := o.files[path]; known {
		if text == nil {
			return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
		}
		return text, nil
	}
	return os.ReadFile(filepath.Join(o.root, filepath.FromSlash(path)))
}

// OverlayFile is the name of the file for `go build -overlay` that Write writes.
const OverlayFile = "overlay.json"

// Write writes the files and the OverlayFile into a folder. They do not look like Go there:
// the folder may lie in a module.
func (o *Overlay) Write(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("write overlay: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write overlay: %w", err)
	}
	replace := make(map[string]string)
	for i, path := range o.Paths() {
		stand := ""
		if text := o.files[path]; text != nil {
			stand = filepath.Join(dir, strconv.Itoa(i+1)+"-"+filepath.Base(path)+".txt")
			if err := os.WriteFile(stand, text, 0o644); err != nil {
				return fmt.Errorf("write overlay: %w", err)
			}
		}
		replace[filepath.Join(o.root, filepath.FromSlash(path))] = stand
	}
	text, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "  ")
	if err != nil {
		return fmt.Errorf("write overlay: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, OverlayFile), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write overlay: %w", err)
	}
	return nil
}
