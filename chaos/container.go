package chaos

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The faults of containers strike at a time since the start of the run. Their target is a
// container: a server (broker, database) or a replica of a service (order-1), or all replicas of a service.

// ContainerFault is a fault that strikes a container, or the containers of a service.
type ContainerFault interface {
	Fault
	On() string            // the container, or the service
	Starts() time.Duration // since the start of the run
	Lasts() time.Duration  // until recovery begins
}

// KillContainer ends the container's process by SIGKILL. It starts again after Down.
type KillContainer struct {
	Target   string
	At, Down time.Duration
}

// StopContainer tells the container's process to end, by the signal that its image names,
// SIGTERM if none. It starts again after Down. A process that does not end by itself in time
// is killed, and the fault has not happened.
type StopContainer struct {
	Target   string
	At, Down time.Duration
}

// RestartContainer tells the container's process to end and starts it again at once.
type RestartContainer struct {
	Target string
	At     time.Duration
}

// PauseContainer freezes the container for a time. Its connections stay open and silent.
type PauseContainer struct {
	Target  string
	At, For time.Duration
}

// CutContainer takes the container off its network, in both directions, for a time. Nobody
// is told.
type CutContainer struct {
	Target  string
	At, For time.Duration
}

// FillDisk fills the volume on which a server keeps its data, for a time.
type FillDisk struct {
	Target  string
	At, For time.Duration
}

// SqueezeMemory leaves the container little more memory than it uses and lets somebody else
// in it ask for more, for a time.
type SqueezeMemory struct {
	Target  string
	At, For time.Duration
}

// Scale changes the number of a service's replicas for a time, up or down.
type Scale struct {
	Service  string
	Replicas int
	At, For  time.Duration
}

// CutRequests lets nothing through from a service to its database and the broker for a time, on present
// and new connections of all its replicas; what those send back still arrives. Nobody is told. The proxies
// bring it about.
type CutRequests struct {
	Service string
	At, For time.Duration
}

// CutAnswers lets nothing through from its database and the broker to a service for a time; what the
// service sends still arrives, and has its effect. Nobody is told. The proxies bring it about.
type CutAnswers struct {
	Service string
	At, For time.Duration
}

// Kind returns KindKillContainer.
func (KillContainer) Kind() Kind { return KindKillContainer }

// Kind returns KindStopContainer.
func (StopContainer) Kind() Kind { return KindStopContainer }

// Kind returns KindRestartContainer.
func (RestartContainer) Kind() Kind { return KindRestartContainer }

// Kind returns KindPauseContainer.
func (PauseContainer) Kind() Kind { return KindPauseContainer }

// Kind returns KindCutContainer.
func (CutContainer) Kind() Kind { return KindCutContainer }

// Kind returns KindFillDisk.
func (FillDisk) Kind() Kind { return KindFillDisk }

// Kind returns KindSqueezeMemory.
func (SqueezeMemory) Kind() Kind { return KindSqueezeMemory }

// Kind returns KindScale.
func (Scale) Kind() Kind { return KindScale }

// Kind returns KindCutRequests.
func (CutRequests) Kind() Kind { return KindCutRequests }

// Kind returns KindCutAnswers.
func (CutAnswers) Kind() Kind { return KindCutAnswers }

// On returns the server's name, as the simulator and the containers know it.
func (f Restart) On() string { return f.Server }

// On returns the container's name.
func (f KillContainer) On() string { return f.Target }

// On returns the container's name.
func (f StopContainer) On() string { return f.Target }

// On returns the container's name.
func (f RestartContainer) On() string { return f.Target }

// On returns the container's name.
func (f PauseContainer) On() string { return f.Target }

// On returns the container's name.
func (f CutContainer) On() string { return f.Target }

// On returns the container's name.
func (f FillDisk) On() string { return f.Target }

// On returns the container's name.
func (f SqueezeMemory) On() string { return f.Target }

// On returns the service's name.
func (f Scale) On() string { return f.Service }

// On returns the service's name.
func (f CutRequests) On() string { return f.Service }

// On returns the service's name.
func (f CutAnswers) On() string { return f.Service }

// Starts returns when the fault strikes, since the start of the run.
func (f Restart) Starts() time.Duration { return f.At }

// Starts returns when the fault strikes, since the start of the run.
func (f KillContainer) Starts() time.Duration { return f.At }

// Starts returns when the fault strikes, since the start of the run.
func (f StopContainer) Starts() time.Duration { return f.At }

// Starts returns when the fault strikes, since the start of the run.
func (f RestartContainer) Starts() time.Duration { return f.At }

// Starts returns when the fault strikes, since the start of the run.
func (f PauseContainer) Starts() time.Duration { return f.At }

// Starts returns when the fault strikes, since the start of the run.
func (f CutContainer) Starts() time.Duration { return f.At }

// Starts returns when the fault strikes, since the start of the run.
func (f FillDisk) Starts() time.Duration { return f.At }

// Starts returns when the fault strikes, since the start of the run.
func (f SqueezeMemory) Starts() time.Duration { return f.At }

// Starts returns when the fault strikes, since the start of the run.
func (f Scale) Starts() time.Duration { return f.At }

// Starts returns when the fault strikes, since the start of the run.
func (f CutRequests) Starts() time.Duration { return f.At }

// Starts returns when the fault strikes, since the start of the run.
func (f CutAnswers) Starts() time.Duration { return f.At }

// Lasts returns how long the server stays down.
func (f Restart) Lasts() time.Duration { return f.Down }

// Lasts returns how long the container stays down.
func (f KillContainer) Lasts() time.Duration { return f.Down }

// Lasts returns how long the container stays down.
func (f StopContainer) Lasts() time.Duration { return f.Down }

// Lasts returns 0: the container starts again at once.
func (f RestartContainer) Lasts() time.Duration { return 0 }

// Lasts returns how long the fault lasts.
func (f PauseContainer) Lasts() time.Duration { return f.For }

// Lasts returns how long the fault lasts.
func (f CutContainer) Lasts() time.Duration { return f.For }

// Lasts returns how long the fault lasts.
func (f FillDisk) Lasts() time.Duration { return f.For }

// Lasts returns how long the fault lasts.
func (f SqueezeMemory) Lasts() time.Duration { return f.For }

// Lasts returns how long the fault lasts.
func (f Scale) Lasts() time.Duration { return f.For }

// Lasts returns how long the fault lasts.
func (f CutRequests) Lasts() time.Duration { return f.For }

// Lasts returns how long the fault lasts.
func (f CutAnswers) Lasts() time.Duration { return f.For }

func (f KillContainer) String() string  { return "kill container " + span(f) }
func (f StopContainer) String() string  { return "stop container " + span(f) }
func (f PauseContainer) String() string { return "pause container " + span(f) }
func (f CutContainer) String() string   { return "cut off container " + span(f) }
func (f FillDisk) String() string       { return "fill disk of " + span(f) }
func (f SqueezeMemory) String() string  { return "squeeze memory of " + span(f) }
func (f CutRequests) String() string    { return "cut requests of " + span(f) }
func (f CutAnswers) String() string     { return "cut answers to " + span(f) }
func (f RestartContainer) String() string {
	return "restart container " + f.Target + " at " + f.At.String()
}
func (f Scale) String() string {
	return "scale " + f.Service + " to " + strconv.Itoa(f.Replicas) + " at " + f.At.String() + " for " + f.For.String()
}

// span writes what parseSpan reads.
func span(f ContainerFault) string {
	return f.On() + " at " + f.Starts().String() + " for " + f.Lasts().String()
}

var containerForms = []struct {
	prefix string
	parse  func(rest string) (Fault, error)
}{
	{"kill container ", spanned(func(on string, at, d time.Duration) Fault { return KillContainer{on, at, d} })},
	{"stop container ", spanned(func(on string, at, d time.Duration) Fault { return StopContainer{on, at, d} })},
	{"pause container ", spanned(func(on string, at, d time.Duration) Fault { return PauseContainer{on, at, d} })},
	{"cut off container ", spanned(func(on string, at, d time.Duration) Fault { return CutContainer{on, at, d} })},
	{"fill disk of ", spanned(func(on string, at, d time.Duration) Fault { return FillDisk{on, at, d} })},
	{"squeeze memory of ", spanned(func(on string, at, d time.Duration) Fault { return SqueezeMemory{on, at, d} })},
	{"cut requests of ", spanned(func(on string, at, d time.Duration) Fault { return CutRequests{on, at, d} })},
	{"cut answers to ", spanned(func(on string, at, d time.Duration) Fault { return CutAnswers{on, at, d} })},
	{"restart container ", parseRestartContainer},
	{"scale ", parseScale},
}

// parseContainerFault reads a sentence of a container; known says whether it begins like one.
func parseContainerFault(sentence string) (fault Fault, known bool, err error) {
	for _, form := range containerForms {
		if rest, ok := strings.CutPrefix(sentence, form.prefix); ok {
			fault, err = form.parse(rest)
			return fault, true, err
		}
	}
	return nil, false, nil
}

func spanned(fault func(on string, at, d time.Duration) Fault) func(string) (Fault, error) {
	return func(rest string) (Fault, error) {
		on, at, d, err := parseSpan(rest)
		if err != nil {
			return nil, err
		}
		return fault(on, at, d), nil
	}
}

// parseRestartContainer reads `CONTAINER at TIME`.
func parseRestartContainer(rest string) (Fault, error) {
	split := strings.LastIndex(rest, " at ")
	if split < 1 {
		return nil, fmt.Errorf("fault %q: not `CONTAINER at TIME`", rest)
	}
	at, err := parseDuration(rest[split+len(" at "):])
	if err != nil {
		return nil, err
	}
	return RestartContainer{rest[:split], at}, nil
}

// parseScale reads `SERVICE to NUMBER at TIME for DURATION`.
func parseScale(rest string) (Fault, error) {
	subject, at, d, err := parseSpan(rest)
	if err != nil {
		return nil, err
	}
	split := strings.LastIndex(subject, " to ")
	if split < 1 {
		return nil, fmt.Errorf("fault %q: no ` to NUMBER` after the service", rest)
	}
	n, err := strconv.Atoi(subject[split+len(" to "):])
	if err != nil || n < 0 || strconv.Itoa(n) != subject[split+len(" to "):] {
		return nil, fmt.Errorf("fault %q: the replicas are not a number from 0", rest)
	}
	return Scale{subject[:split], n, at, d}, nil
}
