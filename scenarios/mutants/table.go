package mutants

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the results for people, with the lines to paste.
func WriteTable(out io.Writer, results []*Result) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "id\tkilled by\tseeds\tcpu s\tfaults\t")
	for _, r := range results {
		fmt.Fprintf(table, "%s\t%s\t%d\t%.1f\t%d\t%s\n", r.ID, r.end(), r.Seeds, r.CPUSeconds, r.Faults, r.remark())
	}
	_ = table.Flush() // of writes to a terminal: nobody could be told
	for _, r := range results {
		if r.Plan != "" {
			r.lines(out)
		}
	}
}

// end says what became of the mutant.
func (r *Result) end() string {
	switch {
	case r.Broken != "":
		return "(no verdict)"
	case r.Killed && r.Invariant == "":
		return "(verdict unknown)" // only controls come here
	case r.Killed:
		return r.Invariant
	case r.Control:
		return "(survived)"
	default:
		return "(nothing)"
	}
}

func (r *Result) remark() string {
	first, _, _ := strings.Cut(r.Broken, "\n")
	switch {
	case r.Broken != "":
		return "BROKEN: " + first
	case r.Control && r.Killed:
		return "FAILED: a control must survive"
	case r.Control:
		return "a control, as it must"
	case !r.Killed && r.Note != "":
		return "SURVIVED; but " + r.Note
	case !r.Killed:
		return "SURVIVED"
	default:
		return ""
	}
}

func (r *Result) lines(out io.Writer) {
	fmt.Fprintf(out, "\n%s: seed %s: %s\n", r.ID, r.Seed, r.Message)
	fmt.Fprintf(out, "    go run -overlay %s . replay %s\n", r.Overlay, r.Plan)
	fmt.Fprintf(out, "    go test -overlay %s ./scenarios -run 'TestScenario/checkout' -squall.seed %s\n", r.Overlay, r.Seed)
}
