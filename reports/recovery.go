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

// Recovery is how a system fared under a blow and from when its lifting began.
type Recovery struct {
	Fault    string   `json:"fault"`
	Target   float64  `json:"target_seconds"`  // until the target was proven to work again
	Asked    bool     `json:"asked"`           // somebody asked for every service after it, and was served; otherwise Seconds says nothing
	Seconds  float64  `json:"seconds"`         // until every service had served again
	Within   int      `json:"served_during"`   // requests served from the injection until the target worked again
	Never    []string `json:"never,omitempty"` // services that were asked and did not serve again
	Outboxes Drained  `json:"outboxes"`
	Queues   Drained  `json:"queues"`
}

// Drained is how long after the beginning of a blow's lifting a level was down to what is usual: the
// highest reading before the first blow of the run, 0 if there is none. Blows that came in between
// add to it.
type Drained struct {
	Known     bool    `json:"known"`     // it was seen to be down again; otherwise Seconds says nothing
	Usual     int     `json:"usual"`     // the level to which it had to come down
	Peak      int     `json:"peak"`      // the highest from the blow's beginning until then
	Seconds   float64 `json:"seconds"`   // as exact as the readings are dense
	Meanwhile int     `json:"meanwhile"` // blows that began after this one and before it was drained
}

func recoveries(e *Evidence) []Recovery {
	all := []Recovery{}
	for _, blow := range e.Blows {
		r := Recovery{Fault: blow.Fault, Outboxes: drained(e.Outboxes, blow, e.Blows), Queues: drained(e.Queues, blow, e.Blows)}
		if blow.Until > 0 { // what was never lifted has an error
			r.Target = (blow.Until - blow.lifting()).Seconds()
			r.serve(e.Attempts, blow)
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

// serve fills in what requests say about the recovery from a blow.
func (r *Recovery) serve(attempts []Attempt, blow Blow) {
	r.Asked = true
	for _, service := range services(attempts) {
		after, asked := servedAgain(attempts, service, blow.lifting())
		if asked && after < 0 {
			r.Never = append(r.Never, service)
		}
		r.Asked = r.Asked && after >= 0
		r.Seconds = max(r.Seconds, after.Seconds())
	}
	if !r.Asked {
		r.Seconds = 0
	}
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

// drained reads from levels, in the order of their times, how one of the blows was digested.
func drained(levels []Level, blow Blow, blows []Blow) Drained {
	var d Drained
	if blow.Until == 0 {
		return d
	}
	first := blow.From
	for _, other := range blows {
		first = min(first, other.From)
	}
	for _, level := range levels {
		if level.At < first {
			d.Usual = max(d.Usual, level.Count)
		}
		if level.At < blow.From {
			continue
		}
		d.Peak = max(d.Peak, level.Count)
		if level.At >= blow.lifting() && level.Count <= d.Usual {
			d.Known, d.Seconds = true, (level.At - blow.lifting()).Seconds()
			d.Meanwhile = begunBetween(blows, blow.From, level.At)
			break
		}
	}
	return d
}

// begunBetween counts the blows that began after an instant and before another.
func begunBetween(blows []Blow, after, before time.Duration) int {
	n := 0
	for _, b := range blows {
		if b.From > after && b.From < before {
			n++
		}
	}
	return n
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
	text := fmt.Sprintf("+%.1f s (at most %d", d.Seconds, d.Peak)
	if d.Meanwhile > 0 {
		text += fmt.Sprintf(", %d faults later", d.Meanwhile)
	}
	return text + ")"
}

func (c *Containers) textBlows(out io.Writer) {
	if len(c.Blows) == 0 {
		return
	}
	usual := c.Recoveries[0]
	fmt.Fprintln(out, "faults on containers, and how long after the beginning of their end the target worked, every service")
	fmt.Fprintf(out, "had served, and no more than the usual %d messages in outboxes and %d in queues were left:\n", usual.Outboxes.Usual, usual.Queues.Usual)
	for i, b := range c.Blows {
		r := c.Recoveries[i]
		served := "not asked"
		if r.Asked {
			served = fmt.Sprintf("+%.1f s", r.Seconds)
		}
		fmt.Fprintf(out, "  %.1f-%.1f s: %s\n", b.From.Seconds(), b.lifting().Seconds(), b.Fault)
		fmt.Fprintf(out, "         target +%.1f s, services %s, outboxes %v, queues %v; %d served under it\n", r.Target, served, r.Outboxes, r.Queues, r.Within)
		fmt.Fprintf(out, "         bit: %s\n         over: %s\n", b.Proof, b.Recovery)
	}
	c.textRecovery(out)
}

// textRecovery writes the quantiles over all blows.
func (c *Containers) textRecovery(out io.Writer) {
	var target, served, outboxes, queues []float64
	for i, r := range c.Recoveries {
		if c.Blows[i].Until > 0 {
			target = append(target, r.Target)
		}
		if r.Asked {
			served = append(served, r.Seconds)
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
	}{{"target works", target}, {"every service had served", served}, {"outboxes as usual", outboxes}, {"queues as usual", queues}} {
		q := quantiles(row.seconds)
		fmt.Fprintf(out, "  %-24s %3d of %d faults: p50 %.1f s, p99 %.1f s, longest %.1f s\n", row.what, q.Count, len(c.Recoveries), q.P50, q.P99, q.Max)
	}
}
