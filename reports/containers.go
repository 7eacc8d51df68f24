package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/squallhq/squall/invariants"
)

// Attempt is one request to a service over the network, as its sender saw it. Times are since
// the run's start.
type Attempt struct {
	Service string        `json:"service"`
	Route   string        `json:"route"`
	Start   time.Duration `json:"start"`
	Took    time.Duration `json:"took"`
	Status  int           `json:"status,omitempty"` // of HTTP; 0 if no answer came: the outcome is unknown
}

// Served says whether the service did its duty: it answered, and not with its own failure.
func (a Attempt) Served() bool { return a.Status > 0 && a.Status < 500 }

// end is when the sender knew.
func (a Attempt) end() time.Duration { return a.Start + a.Took }

// Blow is a fault that was brought about on containers, with what proves that it bit and that
// it was over. Times are since the run's start.
type Blow struct {
	Fault    string        `json:"fault"`
	From     time.Duration `json:"from"`
	Lifting  time.Duration `json:"lifting"` // when its lifting began
	Until    time.Duration `json:"until"`   // when its target was proven to work again; 0 if never
	Proof    string        `json:"proof"`
	Recovery string        `json:"recovery"` // what proves that it was lifted
	Error    string        `json:"error,omitempty"`
}

// lifting is when the lifting began, or, in a run that did not note it, when that was proven.
func (b Blow) lifting() time.Duration {
	if b.Lifting == 0 {
		return b.Until
	}
	return b.Lifting
}

// lasts says whether the target was not, or not yet again, as it should be.
func (b Blow) lasts(at time.Duration) bool { return at >= b.From && at < b.Until }

// Evidence is what a run on containers leaves behind besides its history: with that, all that
// the judgement needs.
type Evidence struct {
	Scenario     string            `json:"scenario"`
	Seed         string            `json:"seed"`
	Commit       string            `json:"commit"`
	Go           string            `json:"go"`
	Images       map[string]string `json:"images"` // by container: name and id
	Replicas     int               `json:"replicas"`
	Drawn        bool              `json:"drawn"` // by a seed; otherwise the faults are a plan's
	Purchases    int               `json:"purchases"`
	GaveUp       []string          `json:"gave_up"`            // customers who never had an answer
	Rate         float64           `json:"offered_per_second"` // customers that came
	Load         time.Duration     `json:"load"`               // until the last customer came
	Done         time.Duration     `json:"done"`               // until the last customer was done
	Keyed        int               `json:"keyed_crossings"`    // crossings on the wire that could be struck
	Drain        time.Duration     `json:"drain"`              // from the end of the load and the last fault until nothing was unsent and no checkout open
	Blows        []Blow            `json:"blows"`
	Crossings    map[string]int    `json:"crossings"`    // seen on the wire, by what crossed
	Struck       []string          `json:"struck"`       // faults that struck on the wire
	NotHappened  []string          `json:"not_happened"` // planned, but their crossing or target was not there
	NotCarried   []string          `json:"not_carried"`  // planned, but not to be had on containers, with the reason
	NotSet       []string          `json:"not_set"`      // settings of a plan's services that those in the images have otherwise
	Sent         int               `json:"requests"`     // how many attempts there are
	SagaSeconds  []float64         `json:"saga_seconds"` // how long each checkout took
	Outboxes     []Level           `json:"outboxes"`     // messages that are not sent yet
	Queues       []Level           `json:"queues"`       // messages that are ready, dead letters not counted
	Attempts     []Attempt         `json:"-"`            // in a file of their own
	LeftUndone   []string          `json:"left_undone"`  // what the tool itself could not do
	KindsOfBlows map[string]int    `json:"kinds_of_blows"`
}

// Containers is the judged outcome of a run on containers.
type Containers struct {
	*Evidence

	Verdict      string         `json:"verdict"`
	Findings     []Judged       `json:"findings"`
	Orders       int            `json:"orders"`
	Completed    int            `json:"completed"`
	DeadLetters  int            `json:"dead_letters"` // messages that no repetition would mend, or that used up their attempts
	Availability []Availability `json:"availability"`
	Recoveries   []Recovery     `json:"recoveries"` // of each blow
	Sagas        Quantiles      `json:"saga"`
	Red          []string       `json:"red"`      // why the run is not a pass, besides violations
	Problems     []Problem      `json:"problems"` // all that is red, by signature
}

// Judged is a finding in a report.
type Judged struct {
	Invariant  string   `json:"invariant"`
	Verdict    string   `json:"verdict"`
	Facts      int      `json:"facts"`
	Violations []string `json:"violations,omitempty"`
}

// Availability is how a service fared under the load.
type Availability struct {
	Service     string  `json:"service"`
	Served      int     `json:"served"`
	Failed      int     `json:"failed"`  // answered with 5xx
	Unknown     int     `json:"unknown"` // no answer
	GapSeconds  float64 `json:"longest_gap_seconds"`
	UnderFaults int     `json:"served_under_faults"` // while a blow lasted
}

// Quantiles are durations in seconds.
type Quantiles struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_seconds"`
	P99   float64 `json:"p99_seconds"`
	Max   float64 `json:"max_seconds"`
}

// JudgeContainers judges a run from what it left behind. It is red, besides for a violated
// invariant, if a fault could not be brought about or lifted, and if it judged no order.
func JudgeContainers(e *Evidence, h *invariants.History) *Containers {
	findings, verdict := invariants.JudgeAll(h)
	c := &Containers{Evidence: e, Verdict: verdict.String(), Orders: len(h.Orders), Sagas: quantiles(e.SagaSeconds)}
	for _, f := range findings {
		c.Findings = append(c.Findings, Judged{f.Invariant, f.Verdict.String(), f.Facts, f.Violations})
	}
	for _, order := range h.Orders {
		if order.Completed {
			c.Completed++
		}
	}
	for _, handled := range h.Handled {
		if handled.Dead {
			c.DeadLetters++
		}
	}
	c.Availability, c.Recoveries = availability(e), recoveries(e)
	c.Red = append(reasons(e, h, c), e.LeftUndone...)
	if verdict == invariants.Pass && len(c.Red) > 0 {
		c.Verdict = invariants.Unknown.String()
	}
	c.Problems = c.problems()
	return c
}

// reasons returns why a run is not a pass although nothing is violated. What was planned and did not
// happen has shown nothing; nor has a drawn run without faults, or an invariant without facts.
func reasons(e *Evidence, h *invariants.History, c *Containers) []string {
	red := []string{}
	if !h.Converged {
		red = append(red, "the system did not come to rest: "+strings.Join(append([]string{fmt.Sprintf("%d things pending", len(h.Pending))}, h.Pending[:min(1, len(h.Pending))]...), ", first: "))
	}
	if len(h.Orders) == 0 {
		red = append(red, "no order was judged")
	}
	if missing := e.Purchases - len(e.GaveUp) - len(h.Orders); missing > 0 {
		red = append(red, fmt.Sprintf("%d of %d purchases did not become an order", missing, e.Purchases))
	}
	if !e.Drawn && len(e.NotCarried) > 0 && len(e.Struck)+len(e.Blows)+len(e.NotHappened) == 0 {
		red = append(red, fmt.Sprintf("none of the %d faults planned can be carried over", len(e.NotCarried)))
	}
	for _, who := range e.GaveUp {
		red = append(red, "the customer of "+who+" never had an answer")
	}
	for _, what := range e.NotHappened {
		if !e.Drawn { // what a seed draws may meet a connection that ends by itself
			red = append(red, "did not happen: "+what)
		}
	}
	for _, blow := range e.Blows {
		if blow.Error != "" {
			red = append(red, blow.Fault+": "+blow.Error)
		}
	}
	for _, r := range c.Recoveries {
		for _, service := range r.Never {
			red = append(red, service+" did not serve again after "+r.Fault)
		}
	}
	red = append(red, undrained(e, c.Recoveries)...)
	for _, service := range services(e.Attempts) {
		if after, asked := servedAgain(e.Attempts, service, e.Load-lastStretch); asked && (after < 0 || after > lastStretch) {
			red = append(red, fmt.Sprintf("%s served nothing in the last %v of the load", service, lastStretch))
		}
	}
	return append(red, unshown(e, c)...)
}

// lastStretch is a time at the end of the load in which every service must serve.
const lastStretch = 10 * time.Second

// unshown says what a drawn run has not shown.
func unshown(e *Evidence, c *Containers) []string {
	if !e.Drawn {
		return nil
	}
	var red []string
	if len(e.KindsOfBlows) == 0 {
		red = append(red, "no fault of a container happened")
	}
	if len(e.Struck) == 0 {
		red = append(red, "no fault struck on the wire")
	}
	if len(e.Outboxes) == 0 || len(e.Queues) == 0 {
		red = append(red, "how much was in the outboxes and queues was not read")
	}
	for _, f := range c.Findings {
		if f.Facts == 0 {
			red = append(red, f.Invariant+" has judged nothing")
		}
	}
	return red
}

// services returns the names of those that were asked, sorted.
func services(attempts []Attempt) []string {
	seen := make(map[string]bool)
	for _, a := range attempts {
		seen[a.Service] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func availability(e *Evidence) []Availability {
	var all []Availability
	for _, service := range services(e.Attempts) {
		a := Availability{Service: service}
		var served []time.Duration
		for _, attempt := range e.Attempts {
			if attempt.Service != service {
				continue
			}
			switch {
			case attempt.Served():
				a.Served++
				served = append(served, attempt.end())
				if slices.ContainsFunc(e.Blows, func(b Blow) bool { return b.lasts(attempt.end()) }) {
					a.UnderFaults++
				}
			case attempt.Status > 0:
				a.Failed++
			default:
				a.Unknown++
			}
		}
		a.GapSeconds = longestGap(served, e.Load).Seconds()
		all = append(all, a)
	}
	return all
}

// longestGap is the longest time without a success, from the start to the end of the load.
func longestGap(served []time.Duration, load time.Duration) time.Duration {
	slices.Sort(served)
	var longest, last time.Duration
	for _, at := range append(served, max(load, last)) {
		longest = max(longest, at-last)
		last = max(last, at)
	}
	return longest
}

func quantiles(seconds []float64) Quantiles {
	if len(seconds) == 0 {
		return Quantiles{}
	}
	sorted := slices.Sorted(slices.Values(seconds))
	at := func(percent int) float64 { return sorted[(len(sorted)*percent+99)/100-1] } // nearest rank
	return Quantiles{len(sorted), at(50), at(99), at(100)}
}

// ExitCode is the program's exit code: 0 pass, 1 failed, unknown or red.
func (c *Containers) ExitCode() int {
	if c.Verdict != invariants.Pass.String() || len(c.Red) > 0 {
		return 1
	}
	return 0
}

// JSON writes the outcome as indented JSON.
func (c *Containers) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write outcome: %w", err)
	}
	return append(text, '\n'), nil
}

// Text writes the outcome for people.
func (c *Containers) Text(out io.Writer) {
	fmt.Fprintf(out, "%s on containers, seed %s: %s; %d orders, %d completed, offered %.0f/s for %.0f s, customers done after %.0f s, at rest %.1f s later\n",
		c.Scenario, c.Seed, c.Verdict, c.Orders, c.Completed, c.Rate, c.Load.Seconds(), c.Done.Seconds(), c.Drain.Seconds())
	c.textBlows(out)
	c.textAvailability(out)
	fmt.Fprintf(out, "checkouts took: p50 %.2f s, p99 %.2f s, longest %.2f s (%d of them)\n", c.Sagas.P50, c.Sagas.P99, c.Sagas.Max, c.Sagas.Count)
	fmt.Fprintf(out, "struck on the wire: %d faults\n", len(c.Struck))
	fmt.Fprintf(out, "dead letters: %d\n", c.DeadLetters)
	list(out, "could not be carried over:", c.NotCarried)
	list(out, "settings of the plan that the services in the images have otherwise:", c.NotSet)
	list(out, "did not happen, or was not seen to bite:", c.NotHappened)
	fmt.Fprintln(out, "judged:")
	for _, f := range c.Findings {
		fmt.Fprintf(out, "  %-26s %-8s %8d facts\n", f.Invariant, f.Verdict, f.Facts)
	}
	for _, f := range c.Findings {
		for _, violation := range f.Violations {
			fmt.Fprintf(out, "FAIL %s: %s\n", f.Invariant, violation)
		}
	}
	for _, red := range c.Red {
		fmt.Fprintf(out, "RED: %s\n", red)
	}
}

func list(out io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(out, title)
	for _, line := range lines {
		fmt.Fprintf(out, "  %s\n", line)
	}
}

func (c *Containers) textAvailability(out io.Writer) {
	fmt.Fprintln(out, "availability (served, failed, unknown, served under faults, longest gap):")
	for _, a := range c.Availability {
		fmt.Fprintf(out, "  %-14s %8d %6d %6d %8d  %.1f s\n", a.Service, a.Served, a.Failed, a.Unknown, a.UnderFaults, a.GapSeconds)
	}
}
