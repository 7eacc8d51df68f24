package chaos

// World is a place where a run can happen, or a set of such places.
type World uint8

// The worlds.
const (
	Simulator  World = 1 << iota // package sim, in virtual time
	Containers                   // package chaos/live, with the proxies of chaos/wire
)

// String returns the world's name as messages write it.
func (w World) String() string {
	switch w {
	case Simulator:
		return "the simulator"
	case Containers:
		return "containers"
	case Simulator | Containers:
		return "the simulator and containers"
	default:
		return "nowhere"
	}
}

// worldsOf says where the kinds are available, as far as that is not both. Faults at crossings
// happen on containers to what a proxy recognises on the wire: it says itself which it cannot
// bring about.
var worldsOf = [kindEnd]World{
	KindKillContainer: Containers, KindStopContainer: Containers, KindRestartContainer: Containers,
	KindPauseContainer: Containers, KindCutContainer: Containers, KindFillDisk: Containers,
	KindSqueezeMemory: Containers, KindScale: Containers,
	KindCutRequests: Containers, KindCutAnswers: Containers,
}

// Worlds returns where faults of the kind can happen.
func (k Kind) Worlds() World {
	if w := worldsOf[k]; w != 0 || k == NoFault {
		return w
	}
	return Simulator | Containers
}

// In says whether faults of the kind can happen in the world.
func (k Kind) In(w World) bool { return k.Worlds()&w != 0 }

// KindsIn returns the kinds that can happen in the world, in their order.
func KindsIn(w World) []Kind {
	var all []Kind
	for _, k := range Kinds() {
		if k.In(w) {
			all = append(all, k)
		}
	}
	return all
}

// Carry sorts a plan's faults into those that can happen in the world and those that
// cannot, for the caller to name. Both keep their order.
func Carry(faults []Sentence, w World) (carried, left []Sentence) {
	for _, f := range faults {
		if f.Kind().In(w) {
			carried = append(carried, f)
		} else {
			left = append(left, f)
		}
	}
	return carried, left
}
