package wire

import (
	"fmt"
	"strings"

	"github.com/squallhq/squall/chaos"
)

// What can strike at each kind of crossing: the same sets as in the simulator.
const (
	statementFates = chaos.Fates
	settleFates    = chaos.Fates | 1<<chaos.KindDisconnect
	publishFates   = settleFates | 1<<chaos.KindDuplicate
	confirmFates   = chaos.KindSet(1<<chaos.KindDelay | 1<<chaos.KindLoseReply | 1<<chaos.KindDisconnect)
	deliveryFates  = chaos.KindSet(1<<chaos.KindDelay | 1<<chaos.KindReorder | 1<<chaos.KindDisconnect)
)

// Carries returns nil if the wire can bring the fault about at a crossing with its identity,
// or else the reason why not. Kill and LoseMachine are carried for requests of the client's
// if the Book has a Crasher. A statement is struck only within a transaction whose BEGIN says
// what it is for, which the fault itself does not tell: such a fault is carried as far as
// Carries knows, and then never fires.
func Carries(f chaos.Fault) error {
	strike, ok := f.(chaos.Strike)
	if !ok {
		return fmt.Errorf("%s: not at a crossing: restarting a server is not the wire's", f)
	}
	id := strike.Crossing()
	if _, key, ok := strings.Cut(id.Op, "{"); !ok || key == "}" {
		return fmt.Errorf("%s: no business key by which to recognise it", f)
	}
	allowed, request := fatesAt(id.What)
	if request {
		allowed |= chaos.Crashes
	}
	switch {
	case allowed == 0:
		return fmt.Errorf("%s: %q does not cross the wire with an op that can be read there", f, id.What)
	case !allowed.Has(f.Kind()):
		return fmt.Errorf("%s: %s does not strike at %q", f, f.Kind(), id.What)
	}
	return nil
}

// fatesAt returns what can strike at a kind of crossing, and whether it is a request of
// the client's; nothing if the wire does not see its op.
func fatesAt(what string) (allowed chaos.KindSet, request bool) {
	switch what {
	case "begin", "commit", "rollback":
		return statementFates, true
	case "publish":
		return publishFates, true
	case "ack", "requeue", "reject":
		return settleFates, true
	case "confirm":
		return confirmFates, false
	}
	verb, rest, _ := strings.Cut(what, " ")
	switch verb {
	case "exec", "query", "batch", "copy":
		return statementFates, true
	case "delivery":
		if strings.HasPrefix(rest, "to ") {
			return deliveryFates, false
		}
	}
	return 0, false
}
