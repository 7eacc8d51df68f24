// Package servers speaks to real servers.
package servers

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rabbitmq/amqp091-go"
)

var started = time.Now()

const ready = "SELECT 1"

type drivers struct {
	pgxpool.Pool
	amqp091.Channel
}
