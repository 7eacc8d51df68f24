package mutants

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Apply returns the overlay of a module's sources that a patch makes. The sources are read,
// not written. An error names the patch, the file and the hunk that does not fit.
func (p *Patch) Apply(root string) (*Overlay, error) {
	overlay := NewOverlay(root)
	for _, file := range p.Files {
		if err := apply(overlay, file); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", p.Path, file.Path(), err)
		}
	}
	return overlay, nil
}

func apply(overlay *Overlay, file FileDiff) error {
	var lines []string
	if file.Old == "" {
		if _, err := overlay.Read(file.New); !errors.Is(err, fs.ErrNotExist) {
			return errors.New("the file is there already")
		}
	} else {
		text, err := overlay.Read(file.Old)
		if err != nil {
			return err
		}
		lines = slices.Collect(strings.Lines(string(text)))
	}
	lines, err := applyHunks(lines, file.Hunks)
	if err != nil {
		return err
	}
	if file.Old != "" && file.Old != file.New {
		overlay.Remove(file.Old)
	}
	if file.New != "" {
		overlay.Set(file.New, []byte(strings.Join(lines, "")))
	}
	return nil
}

// applyHunks replaces the old lines of each hunk by its new ones. Hunks come in order and
// do not overlap; each stands where its title says or, if the file has changed since, at the
// nearest place where all its lines stand.
func applyHunks(lines []string, hunks []Hunk) ([]string, error) {
	var out []string
	done, shift := 0, 0
	for i, hunk := range hunks {
		want := max(hunk.Start-1, 0) + shift
		if len(hunk.Old) == 0 && hunk.Start > 0 {
			want++ // of a hunk that only adds, the title names the line before
		}
		at := nearest(lines, hunk.Old, done, want)
		if at < 0 {
			return nil, fmt.Errorf("hunk %d (%s) does not fit: %s", i+1, hunk.Title, misfit(lines, hunk.Old, want))
		}
		out = append(out, lines[done:at]...)
		out = append(out, hunk.New...)
		done, shift = at+len(hunk.Old), shift+at-want
	}
	return append(out, lines[done:]...), nil
}

// nearest returns the place from low on where block stands in lines that is nearest to want,
// or -1.
func nearest(lines, block []string, low, want int) int {
	for distance := range len(lines) + want + 1 {
		for _, at := range []int{want - distance, want + distance} {
			if at >= low && at+len(block) <= len(lines) && slices.Equal(lines[at:at+len(block)], block) {
				return at
			}
		}
	}
	return -1
}

// misfit says what first differs at the place where a block was wanted.
func misfit(lines, block []string, want int) string {
	for i, line := range block {
		switch at := want + i; {
		case at >= len(lines):
			return fmt.Sprintf("the file ends before line %d", at+1)
		case lines[at] != line:
			return fmt.Sprintf("line %d is %q, the patch has %q", at+1, strings.TrimSpace(lines[at]), strings.TrimSpace(line))
		}
	}
	return "its place is taken by the hunk before"
}

// moduleName is the module that patches are for.
const moduleName = "github.com/squallhq/squall"

// FindModule returns the root of Squall's module: dir or the nearest folder above it.
func FindModule(dir string) (string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find module: %w", err)
	}
	seen := "no go.mod at all"
	for at := start; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && nameIn(string(text)) == moduleName {
			return at, nil
		}
		if err == nil {
			seen = "module " + nameIn(string(text)) + " in " + at
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not in the sources of %s: from there upwards there is %s", start, moduleName, seen)
		}
	}
}

func nameIn(goMod string) string {
	for line := range strings.Lines(goMod) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(name)
		}
	}
	return "without a name"
}
