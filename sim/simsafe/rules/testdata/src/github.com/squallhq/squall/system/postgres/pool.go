// Package postgres may hold pools and SQL, but asks no clock.
package postgres

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

type db struct {
	mu   sync.Mutex
	pool *pgxpool.Pool
}

const ping = "SELECT 1"

func read(c net.Conn) error { return c.SetReadDeadline(time.Now().Add(time.Second)) }

func connect(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	go func() { <-ctx.Done() }()
	_ = time.Now() // want `clock: time.Now`
}
