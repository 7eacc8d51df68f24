// Package payment is a service.
package payment

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"     // want `pool: github.com/jackc/pgx/v5/pgxpool: its connections bypass the port; use port.DB`
	amqp "github.com/rabbitmq/amqp091-go" // want `amqp: github.com/rabbitmq/amqp091-go: its connections bypass the port; use port.Broker`
)

type handler struct {
	pool    *pgxpool.Pool
	channel *amqp.Channel
}

const byID = "SELECT state FROM payments WHERE id = $1" // want `sql: SELECT statement: a service keeps its SQL text in store\*.go; move it there`

const named = "-- name: Count\n-- for reports\nSELECT count(*) FROM payments" // want `sql: SELECT statement`

func bad() {
	_ = "\n\tINSERT INTO payments VALUES (1)" // want `sql: INSERT statement`
	_ = time.Now()                            // want `clock: time.Now`
}

func good() {
	_ = "SELECTED for you"
	_ = "Select a card, then CREATE an order"
	_ = "the CREATE statement"
	_ = "-- SELECT 1"
}
