package rabbitmq

import (
	"fmt"

	"github.com/squallhq/squall/system/port"
)

// Unsupported is something that RabbitMQ does and this server does not. It fails the
// world, because guessing would make every verdict after it worthless.
type Unsupported struct {
	What string // the construct: a queue type, an argument
	Why  string // where it was asked for
}

func (e *Unsupported) Error() string {
	return "the simulated RabbitMQ does not support " + e.What + " (" + e.Why + ")"
}

// exception is what the broker raises against a channel or a whole connection.
type exception struct {
	code int
	text string
}

// Names of AMQP's reply codes as RabbitMQ writes them before the text (AMQP 0-9-1, 1.2).
var codeNames = map[int]string{
	320: "CONNECTION_FORCED", 403: "ACCESS_REFUSED", 404: "NOT_FOUND", 405: "RESOURCE_LOCKED",
	406: "PRECONDITION_FAILED", 503: "COMMAND_INVALID", 504: "CHANNEL_ERROR", 530: "NOT_ALLOWED",
	540: "NOT_IMPLEMENTED", 541: "INTERNAL_ERROR",
}

func raise(code int, format string, args ...any) *exception {
	return &exception{code, codeNames[code] + " - " + fmt.Sprintf(format, args...)}
}

// hard says that the exception ends the connection (AMQP 0-9-1, 1.2: codes 320, 402 and
// from 501 on).
func (e *exception) hard() bool { return e.code >= 500 || e.code == 320 }

func (e *exception) closeError() *port.CloseError {
	return &port.CloseError{Code: e.code, Text: e.text, Connection: e.hard()}
}

func noQueue(name string) *exception { return raise(404, "no %s", queueIn(name)) }

func noExchange(name string) *exception { return raise(404, "no %s", exchangeIn(name)) }

func queueIn(name string) string { return "queue '" + name + "' in vhost '/'" }

func exchangeIn(name string) string { return "exchange '" + name + "' in vhost '/'" }

func locked(name string) *exception {
	return raise(405, "cannot obtain exclusive access to locked %s. It could be originally declared on another "+
		"connection or the exclusive property value does not match that of the original declaration.", queueIn(name))
}

// networkEnd is the end of a connection of which AMQP knows nothing.
func networkEnd(text string) *port.CloseError {
	return &port.CloseError{Text: text, Connection: true}
}
