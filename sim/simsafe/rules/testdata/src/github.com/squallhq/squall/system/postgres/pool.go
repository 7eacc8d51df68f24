// Package postgres may hold pools and SQL, but asks no clock.
package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

type db struct {
	mu   sync.Mutex
	pool *pgxpool.Pool
}

const ping = "SELECT 1"

func connect(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	go func() { <-ctx.Done() }()
	_ = time.Now() // want `clock: time.Now`
}
