// Package amqp091 stands in for the real one.
package amqp091

// Channel is a channel.
type Channel struct{}
