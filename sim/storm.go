package sim

import (
	"time"

	"github.com/squallhq/squall/chaos"
)

// Storm decides which crossings meet a fault.
type Storm interface {
	// Strike returns the fault, among allowed, that meets the crossing with this
	// hash, and its duration if its kind has one; or NoFault.
	Strike(seed, crossing uint64, allowed chaos.KindSet) (chaos.Kind, time.Duration)
}

// Rates are the probabilities of each kind at one crossing, and the longest durations.
// Durations are drawn evenly between a hundredth of the longest and the longest.
type Rates struct {
	Of       [16]chaos.PPM // by chaos.Kind
	DelayMax time.Duration
	DownMax  time.Duration
}

// DrawnStorm draws its strikes from the seed.
type DrawnStorm struct{ Rates }

var (
	purposeStrike   = chaos.PurposeOf("strike")
	purposeDuration = chaos.PurposeOf("duration of strike")
)

// Strike draws once and compares with the rates one after another.
func (s *DrawnStorm) Strike(seed, crossing uint64, allowed chaos.KindSet) (chaos.Kind, time.Duration) {
	draw := chaos.Below(chaos.Draw(seed, purposeStrike, crossing), 1_000_000)
	for kind := chaos.KindFailBefore; kind <= chaos.KindLoseMachine; kind++ {
		rate := uint64(s.Of[kind])
		if draw >= rate {
			draw -= rate
			continue
		}
		if !allowed.Has(kind) {
			return chaos.NoFault, 0
		}
		return kind, s.duration(kind, chaos.Draw(seed, purposeDuration, crossing))
	}
	return chaos.NoFault, 0
}

func (s *DrawnStorm) duration(kind chaos.Kind, draw uint64) time.Duration {
	var longest time.Duration
	switch kind {
	case chaos.KindDelay:
		longest = s.DelayMax
	case chaos.KindKill, chaos.KindLoseMachine:
		longest = s.DownMax
	default:
		return 0
	}
	shortest := longest / 100
	d := shortest + time.Duration(chaos.Below(draw, uint64(longest-shortest)+1))
	return d.Round(time.Millisecond)
}

// PlannedStorm strikes where a plan says, once for each time that the plan says it.
type PlannedStorm struct {
	strikes map[uint64][]*plannedStrike // by the crossing's hash
	planned []*plannedStrike
}

type plannedStrike struct {
	chaos.Strike
	fired bool
}

// NewPlannedStorm returns a storm of the strikes among faults.
func NewPlannedStorm(faults []chaos.Sentence) *PlannedStorm {
	s := &PlannedStorm{strikes: make(map[uint64][]*plannedStrike)}
	for _, fault := range faults {
		if strike, ok := fault.Fault.(chaos.Strike); ok {
			key, planned := strike.Crossing().Hash(), &plannedStrike{Strike: strike}
			s.strikes[key] = append(s.strikes[key], planned)
			s.planned = append(s.planned, planned)
		}
	}
	return s
}

// Strike looks the crossing up.
func (s *PlannedStorm) Strike(_, crossing uint64, allowed chaos.KindSet) (chaos.Kind, time.Duration) {
	for _, strike := range s.strikes[crossing] {
		if !strike.fired && allowed.Has(strike.Kind()) {
			strike.fired = true
			return strike.Kind(), chaos.DurationOf(strike.Strike)
		}
	}
	return chaos.NoFault, 0
}

// Missed returns the planned strikes that did not happen, in the plan's order: there was no
// such crossing, or another planned strike has met it.
func (s *PlannedStorm) Missed() []chaos.Strike {
	var missed []chaos.Strike
	for _, strike := range s.planned {
		if !strike.fired {
			missed = append(missed, strike.Strike)
		}
	}
	return missed
}

// ScheduleRestart restarts the server node at the fault's time, or at once if that is past. It
// fires only if the node is up then and the storm still blows.
func (w *World) ScheduleRestart(f chaos.Restart, server *Node) {
	w.After(f.At-w.now, func() {
		if w.storm == nil || !server.up {
			return
		}
		w.fired = append(w.fired, f)
		server.Crash(chaos.KindKill, f.Down)
	})
}

// SetStorm lets a storm blow from now on.
func (w *World) SetStorm(storm Storm) { w.storm = storm }

// Heal ends the storm: no fault strikes any more, and every node that is down boots.
func (w *World) Heal() {
	w.storm = nil
	w.note("heal", "")
	for _, n := range w.nodes {
		n.Start()
	}
}
