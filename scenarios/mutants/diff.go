package mutants

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// FileDiff is what a patch does to one file. Paths are relative to the module's root, with
// slashes.
type FileDiff struct {
	Old   string // the file's path, or empty for a new file
	New   string // the path afterwards, or empty for a file that goes
	Hunks []Hunk
}

// Path is the path by which the file is spoken of.
func (d FileDiff) Path() string {
	if d.Old == "" {
		return d.New
	}
	return d.Old
}

// Hunk replaces lines. They end with their newlines; the last of a file may have none.
type Hunk struct {
	Title string // @@ -95,7 +95,7 @@
	Start int    // where Old is expected: a line's number from 1, 0 in an empty file
	Old   []string
	New   []string
}

// noFile stands in place of a path.
const noFile = "/dev/null"

var hunkTitle = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)

// diffReader reads the lines of a diff one after another.
type diffReader struct {
	lines []string
	next  int
	first int // number of the first line in its file
}

func (r *diffReader) peek() string {
	if r.next < len(r.lines) {
		return r.lines[r.next]
	}
	return ""
}

func (r *diffReader) wrong(format string, args ...any) error {
	return fmt.Errorf("line %d: %w", r.first+r.next+1, fmt.Errorf(format, args...))
}

// ParseDiff reads a unified diff, perhaps after some text. A malformed one, or none, is an error that
// names the line.
func ParseDiff(text string) ([]FileDiff, error) {
	_, diff, skipped := splitHeader(text)
	return parseDiff(diff, skipped)
}

// parseDiff reads a unified diff. skipped is the number of lines before it in its file.
func parseDiff(lines []string, skipped int) ([]FileDiff, error) {
	r := &diffReader{lines: lines, first: skipped}
	var files []FileDiff
	for r.next < len(r.lines) {
		if !strings.HasPrefix(r.peek(), "--- ") {
			if strings.HasPrefix(r.peek(), "@@") || strings.HasPrefix(r.peek(), "+++") {
				return nil, r.wrong("no `--- a/FILE` before this")
			}
			r.next++ // diff --git, index, new file mode
			continue
		}
		file, err := r.file()
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, errors.New("there is no diff: no line begins with `--- `")
	}
	return files, nil
}

func (r *diffReader) file() (d FileDiff, err error) {
	if d.Old, err = r.path("--- ", "a/"); err != nil {
		return d, err
	}
	if d.New, err = r.path("+++ ", "b/"); err != nil {
		return d, err
	}
	if d.Old == "" && d.New == "" {
		return d, r.wrong("this is a diff of no file with no file")
	}
	for strings.HasPrefix(r.peek(), "@@") {
		hunk, err := r.hunk()
		if err != nil {
			return d, fmt.Errorf("%s: hunk %d: %w", d.Path(), len(d.Hunks)+1, err)
		}
		d.Hunks = append(d.Hunks, hunk)
	}
	if len(d.Hunks) == 0 && d.New != "" {
		return d, r.wrong("%s: no hunk follows", d.Path())
	}
	return d, nil
}

// path reads `--- a/PATH` or `+++ b/PATH`, with or without a time after a tab.
func (r *diffReader) path(mark, prefix string) (string, error) {
	rest, ok := strings.CutPrefix(r.peek(), mark)
	if !ok {
		return "", r.wrong("want `%s%sFILE`", mark, prefix)
	}
	name, _, _ := strings.Cut(strings.TrimRight(rest, "\r\n"), "\t")
	if name == noFile {
		r.next++
		return "", nil
	}
	name = strings.TrimPrefix(name, prefix)
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", r.wrong("%q does not lie in the module", name)
	}
	r.next++
	return name, nil
}

func (r *diffReader) hunk() (h Hunk, err error) {
	title := hunkTitle.FindStringSubmatch(r.peek())
	if title == nil {
		return h, r.wrong("want `@@ -LINE,COUNT +LINE,COUNT @@`")
	}
	h.Title = title[0]
	h.Start, _ = strconv.Atoi(title[1]) // too large a number fits nowhere
	olds, news := count(title[2]), count(title[4])
	for r.next++; len(h.Old) < olds || len(h.New) < news; r.next++ {
		if err := h.add(r.peek()); err != nil {
			return h, r.wrong("%w: the hunk's title promises %d old lines and %d new ones, these are %d and %d",
				err, olds, news, len(h.Old), len(h.New))
		}
		if len(h.Old) > olds || len(h.New) > news {
			return h, r.wrong("more lines than the hunk's title promises: %d old and %d new", olds, news)
		}
		r.chomp(&h)
	}
	return h, nil
}

// chomp obeys a line that says that the one before it has no newline at its end.
func (r *diffReader) chomp(h *Hunk) {
	if r.next+1 >= len(r.lines) || !strings.HasPrefix(r.lines[r.next+1], `\`) {
		return
	}
	mark := r.peek()[0]
	if mark != '+' {
		h.Old[len(h.Old)-1] = strings.TrimSuffix(h.Old[len(h.Old)-1], "\n")
	}
	if mark != '-' {
		h.New[len(h.New)-1] = strings.TrimSuffix(h.New[len(h.New)-1], "\n")
	}
	r.next++
}

func count(text string) int {
	if text == "" {
		return 1
	}
	n, _ := strconv.Atoi(text)
	return n
}

// add adds one line of a diff to a hunk.
func (h *Hunk) add(line string) error {
	if line == "" {
		return errors.New("the diff ends within a hunk")
	}
	text := line[1:]
	switch line[0] {
	case ' ':
		h.Old, h.New = append(h.Old, text), append(h.New, text)
	case '-':
		h.Old = append(h.Old, text)
	case '+':
		h.New = append(h.New, text)
	case '\n': // an empty line whose leading blank an editor has cut off
		h.Old, h.New = append(h.Old, line), append(h.New, line)
	default:
		return fmt.Errorf("a hunk's line begins with %q", line[:1])
	}
	return nil
}
