package conform

import (
	"fmt"
	"strings"
)

// RabbitFuzzStats are the figures of a run of RabbitFuzz.
type RabbitFuzzStats struct {
	Scripts, Steps int
	Busy           int            // scripts played again, see isBusy
	Kinds          map[string]int // steps by command
	Events         map[string]int // deliveries, redeliveries, returns, nacks, ...
	Closes         map[string]int // of channels, by code; with "connection", of all channels of one
}

// Add adds the figures of another run.
func (f *RabbitFuzzStats) Add(g RabbitFuzzStats) {
	f.Scripts += g.Scripts
	f.Steps += g.Steps
	f.Busy += g.Busy
	f.Kinds, f.Events, f.Closes = addCounts(f.Kinds, g.Kinds), addCounts(f.Events, g.Events), addCounts(f.Closes, g.Closes)
}

func (f *RabbitFuzzStats) String() string {
	return fmt.Sprintf("%d scripts, %d steps; %d times the real broker was too busy\nsteps:  %s\nevents: %s\nclosed: %s",
		f.Scripts, f.Steps, f.Busy, counts(f.Kinds), counts(f.Events), counts(f.Closes))
}

// Missing returns what a run of some length must have seen and has not.
func (f *RabbitFuzzStats) Missing() []string {
	var missing []string
	for _, event := range []string{"deliveries", "redeliveries", "dead letters", "returns", "nacks", "unknown", "cancels"} {
		if f.Events[event] == 0 {
			missing = append(missing, event)
		}
	}
	for _, code := range []string{"403", "404", "405", "406", "503 connection", "530 connection", "540 connection", "0 connection"} {
		if f.Closes[code] == 0 {
			missing = append(missing, "closed "+code)
		}
	}
	return missing
}

// count adds the figures of a script.
func (f *RabbitFuzzStats) count(c *RabbitCase) {
	if f.Kinds == nil {
		f.Kinds, f.Events, f.Closes = map[string]int{}, map[string]int{}, map[string]int{}
	}
	f.Scripts++
	f.Steps += len(c.steps)
	for _, step := range c.steps {
		f.Kinds[step.command[0]]++
		for _, line := range step.want {
			f.countLine(line)
		}
	}
}

func (f *RabbitFuzzStats) countLine(line string) {
	if channel, rest, found := strings.Cut(line, ": "); found && isRabbitChannel(channel) {
		line = rest
	}
	words := strings.Fields(line)
	switch {
	case words[0] == "closed":
		f.Closes[strings.Join(append(words[1:], "in order")[:max(1, len(words)-1)], " ")]++
	case words[0] == "delivery" && strings.Contains(line, " redelivered"):
		f.Events["redeliveries"]++
	case words[0] == "delivery":
		f.Events["deliveries"]++
	case words[0] == "returned":
		f.Events["returns"]++
	case words[0] == "cancelled":
		f.Events["cancels"]++
	case words[0] == "x-death":
		f.Events["dead letters"]++
	case words[0] == "confirmed":
		f.countConfirms(words)
	}
}

func (f *RabbitFuzzStats) countConfirms(words []string) {
	name := map[string]string{"done": "confirms", "not done": "nacks", "unknown": "unknown"}[strings.Join(words[2:], " ")]
	var first, last int
	if n, _ := fmt.Sscanf(words[1], "%d-%d", &first, &last); n < 2 {
		last = first
	}
	f.Events[name] += last - first + 1
}
