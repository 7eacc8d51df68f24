package reports

import (
	"fmt"
	"io"
	"time"
)

// Level is how many messages were on their way at an instant since the run's start.
type Level struct {
	At    time.Duration `json:"at"`
	Count int           `json:"count"`
}

// Recovery is how a system fared under a blow and after it was lifted.
type Recovery struct {
	Fault    string   `json:"fault"`
	Asked    bool     `json:"asked"`           // somebody asked after it; otherwise Seconds says nothing
	Seconds  float64  `json:"seconds"`         // from its end until every service served again
	Within   int      `json:"served_during"`   // requests served while it lasted
	Never    []string `json:"never,omitempty"` // services that were asked and did not serve again
	Outboxes Drained  `json:"outboxes"`
	Queues   Drained  `json:"queues"`
}

// Drained is how long after a blow's end a level was down to what it had been before: to the highest
// reading of the levelBefore that preceded the blow. Faults that came in between add to it.
type Drained struct {
	Known   bool    `json:"known"`   // it was seen to be down again; otherwise Seconds says nothing
	Before  int     `json:"before"`  // the level to which it had to come down; 0 if that was not read
	Peak    int     `json:"peak"`    // the highest from the blow's beginning until then
	Seconds float64 `json:"seconds"` // as exact as the readings are dense
}

// levelBefore is the time before a blow whose highest level counts as usual.
const levelBefore = 5 * time.Second

func recoveries(e *Evidence) []Recovery {
	all := []Recovery{}
	for _, blow := range e.Blows {
		r := Recovery{Fault: blow.Fault, Outboxes: drained(e.Outboxes, blow), Queues: drained(e.Queues, blow)}
		for _, service := range services(e.Attempts) {
			after, asked := servedAgain(e.Attempts, service, blow.Until)
			switch {
			case !asked || blow.Until == 0: // what was never lifted has an error
			case after < 0:
				r.Never = append(r.Never, service)
			default:
				r.Asked, r.Seconds = true, max(r.Seconds, after.Seconds())
			}
		}
		for _, attempt := range e.Attempts {
			if attempt.Served() && blow.lasts(attempt.end()) {
				r.Within++
			}
		}
		all = append(all, r)
	}
	return all
}

// servedAgain is how long after an instant a service served a request that began then or
// later; negative if it did not.
func servedAgain(attempts []Attempt, service string, from time.Duration) (after time.Duration, asked bool) {
	after = -1
	for _, a := range attempts {
		if a.Service != service || a.Start < from {
			continue
		}
		asked = true
		if took := a.end() - from; a.Served() && (after < 0 || took < after) {
			after = took
		}
	}
	return after, asked
}

// drained reads from levels, in the order of their times, how a blow was digested.
func drained(levels []Level, blow Blow) Drained {
	var d Drained
	if blow.Until == 0 {
		return d
	}
	for _, level := range levels {
		if level.At < blow.From {
			if level.At >= blow.From-levelBefore {
				d.Before = max(d.Before, level.Count)
			}
			continue
		}
		d.Peak = max(d.Peak, level.Count)
		if level.At >= blow.Until && level.Count <= d.Before {
			d.Known, d.Seconds = true, (level.At - blow.Until).Seconds()
			break
		}
	}
	return d
}

// undrained says after which blows the outboxes or queues were read, and not seen as low as before.
func undrained(e *Evidence, recoveries []Recovery) []string {
	var red []string
	for i, r := range recoveries {
		if e.Blows[i].Until == 0 {
			continue // what was never lifted has an error
		}
		if len(e.Outboxes) > 0 && !r.Outboxes.Known {
			red = append(red, "the outboxes were not drained after "+r.Fault)
		}
		if len(e.Queues) > 0 && !r.Queues.Known {
			red = append(red, "the queues were not drained after "+r.Fault)
		}
	}
	return red
}

func (d Drained) String() string {
	if !d.Known {
		return "not seen to be"
	}
	return fmt.Sprintf("+%.1f s (%d, %d)", d.Seconds, d.Before, d.Peak)
}

func (c *Containers) textBlows(out io.Writer) {
	if len(c.Blows) == 0 {
		return
	}
	fmt.Fprintln(out, "faults on containers: when, served during, recovered after;")
	fmt.Fprintln(out, "outboxes and queues as low as before after (messages before, and at most):")
	for i, b := range c.Blows {
		r := c.Recoveries[i]
		recovered := "not asked"
		if r.Asked {
			recovered = fmt.Sprintf("+%.1f s", r.Seconds)
		}
		fmt.Fprintf(out, "  %.1f-%.1f s: %s\n", b.From.Seconds(), b.Until.Seconds(), b.Fault)
		fmt.Fprintf(out, "         served %d, recovered %s; outboxes %v; queues %v\n", r.Within, recovered, r.Outboxes, r.Queues)
		fmt.Fprintf(out, "         bit: %s\n         over: %s\n", b.Proof, b.Recovery)
	}
	c.textRecovery(out)
}

// textRecovery writes the quantiles over all blows.
func (c *Containers) textRecovery(out io.Writer) {
	var recovered, outboxes, queues []float64
	for _, r := range c.Recoveries {
		if r.Asked {
			recovered = append(recovered, r.Seconds)
		}
		if r.Outboxes.Known {
			outboxes = append(outboxes, r.Outboxes.Seconds)
		}
		if r.Queues.Known {
			queues = append(queues, r.Queues.Seconds)
		}
	}
	for _, row := range []struct {
		what    string
		seconds []float64
	}{{"every service served again", recovered}, {"outboxes as low as before", outboxes}, {"queues as low as before", queues}} {
		q := quantiles(row.seconds)
		fmt.Fprintf(out, "  %-27s after %d of %d faults: p50 %.1f s, p99 %.1f s, longest %.1f s\n", row.what, q.Count, len(c.Recoveries), q.P50, q.P99, q.Max)
	}
}
