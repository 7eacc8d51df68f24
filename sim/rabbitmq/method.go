package rabbitmq

import "github.com/squallhq/squall/system/port"

// nameOf names the crossing of a method.
func nameOf(method port.Method) string {
	switch m := method.(type) {
	case port.DeclareExchange:
		return "declare exchange " + m.Name
	case port.DeclareQueue:
		return "declare queue " + m.Name
	case port.BindQueue:
		return "bind queue " + m.Queue
	case port.UnbindQueue:
		return "unbind queue " + m.Queue
	case port.BindExchange:
		return "bind exchange " + m.Destination
	case port.UnbindExchange:
		return "unbind exchange " + m.Destination
	case port.PurgeQueue:
		return "purge queue " + m.Name
	case port.DeleteQueue:
		return "delete queue " + m.Name
	case port.DeleteExchange:
		return "delete exchange " + m.Name
	case port.Prefetch:
		return "prefetch"
	case port.Consume:
		return "consume from " + m.Queue
	case port.CancelConsumer:
		return "cancel consumer"
	case port.Get:
		return "get from " + m.Queue
	}
	return "method"
}

// argsOf returns the table of a method.
func argsOf(method port.Method) port.Table {
	switch m := method.(type) {
	case port.DeclareExchange:
		return m.Args
	case port.DeclareQueue:
		return m.Args
	case port.BindQueue:
		return m.Args
	case port.UnbindQueue:
		return m.Args
	case port.BindExchange:
		return m.Args
	case port.UnbindExchange:
		return m.Args
	case port.Consume:
		return m.Args
	}
	return nil
}
