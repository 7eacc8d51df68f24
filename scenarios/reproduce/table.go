package reproduce

import (
	"fmt"
	"io"
	"strings"
)

// WriteTable writes the results as a table in Markdown.
func WriteTable(out io.Writer, results []*Result) {
	fmt.Fprintln(out, "| Bug | Plan | Its faults | With the bug | Clean code |")
	fmt.Fprintln(out, "|---|---|---|---|---|")
	for _, r := range results {
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", r.ID, r.Plan, strings.Join(r.Faults, "; "), r.withBug(), r.without())
	}
}

// line is a result in one line.
func (r *Result) line() string {
	if r.Shown() {
		return "shown: " + r.withBug() + "; clean code: " + r.without()
	}
	return "NOT SHOWN: with the bug: " + r.withBug() + "; clean code: " + r.without()
}

func (r *Result) withBug() string {
	switch {
	case r.Bug.Verdict == "":
		return "no verdict: " + firstLine(r.Error)
	case r.Invariant() == "":
		return fmt.Sprintf("%s: none of %s broke, but %v", r.Bug.Verdict, strings.Join(r.Breaks, ", "), r.Bug.Broken)
	default:
		return r.Bug.Verdict + ": " + r.Invariant()
	}
}

func (r *Result) without() string {
	switch s := r.Clean; {
	case s.Verdict == "":
		return "no verdict: " + firstLine(r.Error)
	case s.passed():
		return fmt.Sprintf("%s, at rest after %.0f s", s.Verdict, s.Seconds)
	default:
		return fmt.Sprintf("%s; broken %v, not happened %v, red %v", s.Verdict, s.Broken, s.NotHappened, s.Red)
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
