package rabbitmq

import (
	"strings"

	"github.com/squallhq/squall/system/port"
)

// checkHeadersBinding checks the arguments of a binding to a headers exchange.
func checkHeadersBinding(args port.Table) *exception {
	switch match := args["x-match"].(type) {
	case nil:
		return nil
	case string:
		switch match {
		case "all", "any", "all-with-x", "any-with-x":
			return nil
		}
		return raise(406, "Invalid x-match field value <<%q>>; expected all, any, all-with-x, or any-with-x", match)
	default:
		return raise(406, "Invalid x-match field type %s (value %s); expected longstr", typeName(match), erlang(match))
	}
}

// headersMatch says whether a binding's arguments match a message's headers (RabbitMQ
// documentation, AMQP 0-9-1 Model, "Headers Exchange"). Arguments whose names begin with
// x- count only for the -with-x kinds.
func headersMatch(args, headers port.Table) bool {
	kind, _ := args["x-match"].(string)
	oneIsEnough := strings.HasPrefix(kind, "any")
	withX := strings.HasSuffix(kind, "-with-x")
	matched, missed := false, false
	//simsafe:allow whether any or all match does not depend on the order
	for name, value := range args {
		if name == "x-match" || !withX && strings.HasPrefix(name, "x-") {
			continue
		}
		held, present := headers[name]
		if present && (value == nil || sameValue(value, held)) {
			matched = true
		} else {
			missed = true
		}
	}
	if oneIsEnough {
		return matched
	}
	return !missed
}
