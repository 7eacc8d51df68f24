// Package rabbitmq may hold channels of both kinds, but no SQL.
package rabbitmq

import amqp "github.com/rabbitmq/amqp091-go"

var closed = make(chan *amqp.Channel)

const text = "SELECT 1 FROM queues" // want `sql: SELECT statement: SQL text stands in system/flow`
