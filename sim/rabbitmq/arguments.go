package rabbitmq

import (
	"fmt"
	"slices"
	"time"

	"github.com/squallhq/squall/system/port"
)

// The overflow behaviours.
const (
	dropHead         = "drop-head"
	rejectPublish    = "reject-publish"
	rejectPublishDLX = "reject-publish-dlx"
)

// argument is one x-argument of queues: which types know it and which values it takes.
type argument struct {
	name            string
	classic, quorum bool
	check           func(value any, args port.Table) string // what is wrong, or nothing
}

// arguments are checked in this order (rabbit_amqqueue, declare_args).
var arguments = []argument{
	{"x-expires", true, true, checkExpires},
	{"x-message-ttl", true, true, checkMilliseconds},
	{"x-dead-letter-exchange", true, true, checkText},
	{"x-dead-letter-routing-key", true, true, checkDeadKey},
	{"x-dead-letter-strategy", false, true, oneOf("invalid_dlx_strategy", "at-most-once", "at-least-once")},
	{"x-max-length", true, true, checkCount},
	{"x-max-length-bytes", true, true, checkCount},
	{"x-max-in-memory-length", false, true, checkCount},
	{"x-max-in-memory-bytes", false, true, checkCount},
	{"x-max-priority", true, false, checkCount},
	{"x-overflow", true, true, oneOf("invalid_overflow", dropHead, rejectPublish, rejectPublishDLX)},
	{"x-queue-mode", true, false, checkMode},
	{"x-queue-version", true, false, checkCount},
	{"x-single-active-consumer", true, true, checkBool},
	{"x-queue-type", true, true, nil},
	{"x-quorum-initial-group-size", false, true, checkCount},
	{"x-delivery-limit", false, true, nil},
	{"x-queue-leader-locator", false, true, checkText},
	{"x-queue-master-locator", true, false, checkText},
	{"x-max-age", false, false, nil},
	{"x-stream-max-segment-size-bytes", false, false, nil},
	{"x-initial-cluster-size", false, false, nil},
}

// unsupportedArguments change what a queue does in ways that are not modelled.
var unsupportedArguments = []string{
	"x-max-priority", "x-consumer-timeout", "x-consumer-disconnected-timeout",
	"x-delayed-retry-type", "x-delayed-retry-min", "x-delayed-retry-max",
}

func checkText(value any, _ port.Table) string {
	if _, ok := value.(string); !ok {
		return "{unacceptable_type," + typeName(value) + "}"
	}
	return ""
}

func checkDeadKey(value any, args port.Table) string {
	if wrong := checkText(value, nil); wrong != "" {
		return wrong
	}
	if args["x-dead-letter-exchange"] == nil {
		return "routing_key_but_no_dlx_defined"
	}
	return ""
}

func checkBool(value any, _ port.Table) string {
	if _, ok := value.(bool); !ok {
		return "{unacceptable_type," + typeName(value) + "}"
	}
	return ""
}

func checkMode(value any, args port.Table) string {
	if wrong := checkText(value, args); wrong != "" {
		return wrong
	}
	if value != "default" && value != "lazy" {
		return "\"unsupported queue mode '" + erlang(value) + "'\""
	}
	return ""
}

func checkCount(value any, _ port.Table) string {
	n, ok := integer(value)
	if !ok {
		return fmt.Sprintf("\"expected integer, got %s\"", typeName(value))
	}
	if n < 0 {
		return fmt.Sprintf("{value_negative,%d}", n)
	}
	return ""
}

func checkMilliseconds(value any, args port.Table) string {
	if wrong := checkCount(value, args); wrong != "" {
		return wrong
	}
	if n, _ := integer(value); n > tenYears {
		return fmt.Sprintf("{value_too_large,%d}", n)
	}
	return ""
}

func checkExpires(value any, args port.Table) string {
	if n, ok := integer(value); ok && n == 0 {
		return "{value_zero,0}"
	}
	return checkMilliseconds(value, args)
}

func oneOf(wrong string, values ...string) func(any, port.Table) string {
	return func(value any, args port.Table) string {
		if unacceptable := checkText(value, args); unacceptable != "" {
			return unacceptable
		}
		if !slices.Contains(values, erlang(value)) {
			return wrong
		}
		return ""
	}
}

// checkArguments checks the arguments of a new queue.
func checkArguments(name string, quorum bool, args port.Table) *exception {
	for _, a := range arguments {
		value, present := args[a.name]
		if !present {
			continue
		}
		if quorum && !a.quorum || !quorum && !a.classic {
			return raise(406, "invalid arg '%s' for %s of queue type %s", a.name, queueIn(name), typeModule(quorum))
		}
		if a.check == nil {
			continue
		}
		if wrong := a.check(value, args); wrong != "" {
			return raise(406, "invalid arg '%s' for %s: %s", a.name, queueIn(name), wrong)
		}
	}
	return nil
}

func typeModule(quorum bool) string {
	if quorum {
		return "rabbit_quorum_queue"
	}
	return "rabbit_classic_queue"
}

// limitsOf reads checked arguments.
func (p Profile) limitsOf(quorum bool, args port.Table) limits {
	l := limits{
		ttl: milliseconds(args["x-message-ttl"]), expires: milliseconds(args["x-expires"]),
		maxLength: count(args["x-max-length"]), maxBytes: count(args["x-max-length-bytes"]),
		deliveries: unlimited, overflow: dropHead,
	}
	l.deadExchange, l.deadLetters = args["x-dead-letter-exchange"].(string)
	l.deadKey, l.hasDeadKey = args["x-dead-letter-routing-key"].(string)
	l.singleActive, _ = args["x-single-active-consumer"].(bool)
	if overflow, ok := args["x-overflow"].(string); ok {
		l.overflow = overflow
	}
	if quorum {
		l.forQuorum(p, args)
	}
	return l
}

// forQuorum adds what only quorum queues know. At-least-once dead-lettering needs
// reject-publish, otherwise it falls back to at-most-once; reject-publish-dlx falls back
// to drop-head (RabbitMQ documentation, Quorum Queues).
func (l *limits) forQuorum(p Profile, args port.Table) {
	l.deliveries = p.deliveryLimit()
	if n, ok := integer(args["x-delivery-limit"]); ok {
		l.deliveries = max(int(n), unlimited)
	}
	if l.overflow == rejectPublishDLX {
		l.overflow = dropHead
	}
	l.atLeastOnce = args["x-dead-letter-strategy"] == "at-least-once" && l.overflow == rejectPublish
}

func milliseconds(value any) time.Duration {
	if n, ok := integer(value); ok {
		return time.Duration(n) * time.Millisecond
	}
	return never
}

func count(value any) int {
	if n, ok := integer(value); ok {
		return int(n)
	}
	return unlimited
}

// equivalent checks one argument of a declaration against what exists.
func equivalent(name, of string, current, received any) *exception {
	if current == nil && received == nil || current != nil && received != nil && sameValue(current, received) {
		return nil
	}
	if name == "x-queue-type" && (current == nil && received == "classic" || current == "classic" && received == nil) {
		return nil
	}
	if current != nil && received != nil {
		return equivalentField(name, of, erlang(current), erlang(received))
	}
	return raise(406, "inequivalent arg '%s' for %s: received %s but current is %s", name, of, shown(received), shown(current))
}

func shown(value any) string {
	if value == nil {
		return "none"
	}
	return "the value '" + erlang(value) + "' of type '" + typeName(value) + "'"
}

// equivalentField checks a property of a declaration against what exists.
func equivalentField(name, of, current, received string) *exception {
	if current == received {
		return nil
	}
	return raise(406, "inequivalent arg '%s' for %s: received '%s' but current is '%s'", name, of, received, current)
}
