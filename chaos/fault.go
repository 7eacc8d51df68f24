package chaos

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind names a kind of fault. The kinds from FailBefore to LoseMachine strike at
// crossings, the others at instants. Worlds says where a kind is available.
type Kind uint8

// The kinds of faults.
const (
	NoFault Kind = iota
	KindFailBefore
	KindFailAfter
	KindLoseReply
	KindDelay
	KindDuplicate
	KindReorder
	KindDisconnect
	KindKill
	KindLoseMachine
	KindRestart
	KindKillContainer
	KindStopContainer
	KindRestartContainer
	KindPauseContainer
	KindCutContainer
	KindFillDisk
	KindSqueezeMemory
	KindScale
	KindCutRequests
	KindCutAnswers
	kindEnd
)

var kindNames = [kindEnd]string{
	NoFault: "none", KindFailBefore: "fail_before", KindFailAfter: "fail_after",
	KindLoseReply: "lose_reply", KindDelay: "delay", KindDuplicate: "duplicate",
	KindReorder: "reorder", KindDisconnect: "disconnect", KindKill: "kill",
	KindLoseMachine: "lose_machine", KindRestart: "restart",
	KindKillContainer: "kill_container", KindStopContainer: "stop_container",
	KindRestartContainer: "restart_container", KindPauseContainer: "pause_container",
	KindCutContainer: "cut_container", KindFillDisk: "fill_disk",
	KindSqueezeMemory: "squeeze_memory", KindScale: "scale",
	KindCutRequests: "cut_requests", KindCutAnswers: "cut_answers",
}

// String returns the kind's name as reports write it.
func (k Kind) String() string { return kindNames[k] }

// Kinds returns all kinds of faults in their order. KindsIn returns those of a world.
func Kinds() []Kind {
	var all []Kind
	for k := KindFailBefore; k < kindEnd; k++ {
		all = append(all, k)
	}
	return all
}

// KindSet is a set of kinds.
type KindSet uint32

// SetOf returns the set of kinds.
func SetOf(kinds ...Kind) KindSet {
	var s KindSet
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Has says whether k is in the set.
func (s KindSet) Has(k Kind) bool { return s&(1<<k) != 0 }

// Fates is the set of the four fates that a request over a boundary can meet.
const Fates = KindSet(1<<KindFailBefore | 1<<KindFailAfter | 1<<KindLoseReply | 1<<KindDelay)

// Crashes is the set of the two ways in which a node can end.
const Crashes = KindSet(1<<KindKill | 1<<KindLoseMachine)

// Fault is one thing that goes wrong, once. Its String is a sentence that Parse reads.
type Fault interface {
	fmt.Stringer
	Kind() Kind
}

// Strike is a fault at a crossing.
type Strike interface {
	Fault
	Crossing() Identity
}

// FailBefore breaks the connection before the request has an effect.
type FailBefore struct{ At Identity }

// FailAfter lets the request have its effect, then breaks the connection.
type FailAfter struct{ At Identity }

// LoseReply lets the request have its effect; nothing comes back, and the connection
// stays silent until somebody gives it up.
type LoseReply struct{ At Identity }

// Delay makes the request late.
type Delay struct {
	At Identity
	By time.Duration
}

// Duplicate makes a message arrive twice, as a publisher's retry would.
type Duplicate struct{ At Identity }

// Reorder lets later messages of the queue overtake this delivery.
type Reorder struct{ At Identity }

// Disconnect breaks the whole connection that the crossing uses, with all its channels.
type Disconnect struct{ At Identity }

// Kill ends the node's process at the crossing, before its effect; the operating
// system closes its connections. It boots again after Down.
type Kill struct {
	At   Identity
	Down time.Duration
}

// LoseMachine takes the node's machine away at the crossing, before its effect; nobody
// is told. It boots again after Down.
type LoseMachine struct {
	At   Identity
	Down time.Duration
}

// Restart stops a server (broker, or database of a service) at a time since the
// start of the run and boots it again after Down.
type Restart struct {
	Server string
	At     time.Duration
	Down   time.Duration
}

// Kind returns KindFailBefore.
func (FailBefore) Kind() Kind { return KindFailBefore }

// Kind returns KindFailAfter.
func (FailAfter) Kind() Kind { return KindFailAfter }

// Kind returns KindLoseReply.
func (LoseReply) Kind() Kind { return KindLoseReply }

// Kind returns KindDelay.
func (Delay) Kind() Kind { return KindDelay }

// Kind returns KindDuplicate.
func (Duplicate) Kind() Kind { return KindDuplicate }

// Kind returns KindReorder.
func (Reorder) Kind() Kind { return KindReorder }

// Kind returns KindDisconnect.
func (Disconnect) Kind() Kind { return KindDisconnect }

// Kind returns KindKill.
func (Kill) Kind() Kind { return KindKill }

// Kind returns KindLoseMachine.
func (LoseMachine) Kind() Kind { return KindLoseMachine }

// Kind returns KindRestart.
func (Restart) Kind() Kind { return KindRestart }

// Crossing returns the identity the fault strikes at.
func (f FailBefore) Crossing() Identity { return f.At }

// Crossing returns the identity the fault strikes at.
func (f FailAfter) Crossing() Identity { return f.At }

// Crossing returns the identity the fault strikes at.
func (f LoseReply) Crossing() Identity { return f.At }

// Crossing returns the identity the fault strikes at.
func (f Delay) Crossing() Identity { return f.At }

// Crossing returns the identity the fault strikes at.
func (f Duplicate) Crossing() Identity { return f.At }

// Crossing returns the identity the fault strikes at.
func (f Reorder) Crossing() Identity { return f.At }

// Crossing returns the identity the fault strikes at.
func (f Disconnect) Crossing() Identity { return f.At }

// Crossing returns the identity the fault strikes at.
func (f Kill) Crossing() Identity { return f.At }

// Crossing returns the identity the fault strikes at.
func (f LoseMachine) Crossing() Identity { return f.At }

func (f FailBefore) String() string { return "fail before " + f.At.String() }
func (f FailAfter) String() string  { return "fail after " + f.At.String() }
func (f LoseReply) String() string  { return "lose reply of " + f.At.String() }
func (f Delay) String() string      { return "delay " + f.At.String() + " by " + f.By.String() }
func (f Duplicate) String() string  { return "duplicate " + f.At.String() }
func (f Reorder) String() string    { return "reorder " + f.At.String() }
func (f Disconnect) String() string { return "disconnect at " + f.At.String() }
func (f Kill) String() string {
	return "kill node at " + f.At.String() + " for " + f.Down.String()
}
func (f LoseMachine) String() string {
	return "lose machine at " + f.At.String() + " for " + f.Down.String()
}
func (f Restart) String() string {
	return "restart " + f.Server + " at " + f.At.String() + " for " + f.Down.String()
}

// NewStrike returns the fault of a crossing kind at id. The duration is Delay's By or
// a crash's Down; other kinds have none.
func NewStrike(kind Kind, id Identity, d time.Duration) Strike {
	switch kind {
	case KindFailBefore:
		return FailBefore{id}
	case KindFailAfter:
		return FailAfter{id}
	case KindLoseReply:
		return LoseReply{id}
	case KindDelay:
		return Delay{id, d}
	case KindDuplicate:
		return Duplicate{id}
	case KindReorder:
		return Reorder{id}
	case KindDisconnect:
		return Disconnect{id}
	case KindKill:
		return Kill{id, d}
	case KindLoseMachine:
		return LoseMachine{id, d}
	default:
		panic("chaos: " + kind.String() + " does not strike at a crossing")
	}
}

// DurationOf returns the duration that NewStrike takes: Delay's By, a crash's Down, otherwise 0.
func DurationOf(strike Strike) time.Duration {
	switch f := strike.(type) {
	case Delay:
		return f.By
	case Kill:
		return f.Down
	case LoseMachine:
		return f.Down
	default:
		return 0
	}
}

var strikeForms = []struct {
	kind          Kind
	prefix, infix string // infix stands before the duration
}{
	{KindFailBefore, "fail before ", ""},
	{KindFailAfter, "fail after ", ""},
	{KindLoseReply, "lose reply of ", ""},
	{KindDelay, "delay ", " by "},
	{KindDuplicate, "duplicate ", ""},
	{KindReorder, "reorder ", ""},
	{KindDisconnect, "disconnect at ", ""},
	{KindKill, "kill node at ", " for "},
	{KindLoseMachine, "lose machine at ", " for "},
}

// Parse reads a fault's sentence. Its errors say what part is wrong.
func Parse(sentence string) (Fault, error) {
	for _, form := range strikeForms {
		if rest, ok := strings.CutPrefix(sentence, form.prefix); ok {
			return parseStrike(form.kind, rest, form.infix)
		}
	}
	if fault, known, err := parseContainerFault(sentence); known {
		return fault, err
	}
	if rest, ok := strings.CutPrefix(sentence, "restart "); ok {
		server, at, down, err := parseSpan(rest)
		return Restart{server, at, down}, err
	}
	return nil, fmt.Errorf("fault %q: no fault begins like this", sentence)
}

func parseStrike(kind Kind, rest, infix string) (Fault, error) {
	var d time.Duration
	if infix != "" {
		at := strings.LastIndex(rest, infix)
		if at < 0 {
			return nil, fmt.Errorf("fault %q: no `%sDURATION` at its end", rest, infix[1:])
		}
		var err error
		if d, err = parseDuration(rest[at+len(infix):]); err != nil {
			return nil, err
		}
		rest = rest[:at]
	}
	id, err := ParseIdentity(rest)
	if err != nil {
		return nil, err
	}
	return NewStrike(kind, id, d), nil
}

// parseSpan reads `SUBJECT at TIME for DURATION`.
func parseSpan(text string) (subject string, at, span time.Duration, err error) {
	split := strings.LastIndex(text, " at ")
	if split < 1 {
		return "", 0, 0, fmt.Errorf("fault %q: not `NAME at TIME for DURATION`", text)
	}
	start, length, ok := strings.Cut(text[split+len(" at "):], " for ")
	if !ok {
		return "", 0, 0, fmt.Errorf("fault %q: no ` for DURATION` at its end", text)
	}
	if at, err = parseDuration(start); err != nil {
		return "", 0, 0, err
	}
	span, err = parseDuration(length)
	return text[:split], at, span, err
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("fault: %s is not a duration such as 1.5s", strconv.Quote(text))
	}
	return d, nil
}
