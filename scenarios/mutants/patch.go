package mutants

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/squallhq/squall/invariants"
)

// Patch is a mutant: a diff with a header.
type Patch struct {
	Path      string // of the file
	ID        string
	Source    string   // where the bug was reported
	Mechanism string   // what it does
	Breaks    []string // the invariants that count, any of them
	Control   bool     // it is harmless and must survive
	Files     []FileDiff
}

// ReadPatches reads all *.patch files of a folder, in the order of their names. A folder
// without any, a malformed file, or an id that stands twice is an error that says which.
func ReadPatches(dir string) ([]*Patch, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("folder of mutants: %w", err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	if err != nil {
		return nil, fmt.Errorf("folder of mutants: %w", err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("there are no *.patch files in %s", dir)
	}
	patches := make([]*Patch, len(paths))
	byID := make(map[string]string)
	for i, path := range paths {
		patch, err := readPatch(path)
		if err != nil {
			return nil, err
		}
		if other, twice := byID[patch.ID]; twice {
			return nil, fmt.Errorf("%s: id %s is that of %s too", path, patch.ID, other)
		}
		patches[i], byID[patch.ID] = patch, path
	}
	return patches, nil
}

func readPatch(path string) (*Patch, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read mutant: %w", err)
	}
	patch, err := ParsePatch(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	patch.Path = path
	return patch, nil
}

// Select returns the patches with the id, or all if it is empty. An unknown id is an error
// that lists those there are.
func Select(patches []*Patch, id string) ([]*Patch, error) {
	if id == "" {
		return patches, nil
	}
	var known []string
	for _, patch := range patches {
		if patch.ID == id {
			return []*Patch{patch}, nil
		}
		known = append(known, patch.ID)
	}
	return nil, fmt.Errorf("there is no mutant %q; there are %s", id, strings.Join(known, ", "))
}

// ParsePatch reads a patch: lines `# key: value`, perhaps other text, and a unified diff.
func ParsePatch(text string) (*Patch, error) {
	header, diff, skipped := splitHeader(text)
	patch := new(Patch)
	for _, line := range header {
		if err := patch.readHeader(line); err != nil {
			return nil, err
		}
	}
	if err := patch.checkHeader(); err != nil {
		return nil, err
	}
	var err error
	patch.Files, err = parseDiff(diff, skipped)
	return patch, err
}

// splitHeader divides the text before the first file of the diff from the rest, and counts
// the lines before that.
func splitHeader(text string) (header, diff []string, skipped int) {
	lines := slices.Collect(strings.Lines(text))
	at := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "--- ") })
	if at < 0 {
		at = len(lines)
	}
	return lines[:at], lines[at:], at
}

func (p *Patch) readHeader(line string) error {
	key, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "#")), ":")
	if !ok {
		return nil
	}
	value = strings.TrimSpace(value)
	switch key {
	case "id":
		p.ID = value
	case "source":
		p.Source = value
	case "mechanism":
		p.Mechanism = value
	case "breaks":
		for name := range strings.SplitSeq(value, ",") {
			p.Breaks = append(p.Breaks, strings.TrimSpace(name))
		}
	case "control":
		if value != "true" && value != "false" {
			return fmt.Errorf("header: control is %q, neither true nor false", value)
		}
		p.Control = value == "true"
	}
	return nil
}

func (p *Patch) checkHeader() error {
	switch {
	case p.ID == "":
		return errors.New("header: there is no line `# id: B12` before the diff")
	case !filepath.IsLocal(p.ID) || filepath.Base(p.ID) != p.ID:
		return fmt.Errorf("header: id %q cannot be the name of a folder", p.ID)
	case p.Control && len(p.Breaks) > 0:
		return errors.New("header: a control breaks nothing")
	case !p.Control && len(p.Breaks) == 0:
		return errors.New("header: there is no line `# breaks: NothingLost` that names an invariant, nor `# control: true`")
	}
	for _, name := range p.Breaks {
		if !slices.ContainsFunc(invariants.All(), func(i invariants.Invariant) bool { return i.Name == name }) {
			return fmt.Errorf("header: breaks: there is no invariant %q", name)
		}
	}
	return nil
}
