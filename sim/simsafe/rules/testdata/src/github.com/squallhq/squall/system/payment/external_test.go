package payment_test

import (
	"testing"

	amqp "github.com/rabbitmq/amqp091-go" // want `amqp: github.com/rabbitmq/amqp091-go`
)

func TestExternal(t *testing.T) { _ = amqp.Channel{} }
