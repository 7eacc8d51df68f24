package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/squallhq/squall/system/port"
)

// DB is a pool of connections to one database. It is safe for concurrent use.
type DB struct{ pool *pgxpool.Pool }

var _ port.DB = (*DB)(nil)

// Open makes a pool. It does not connect: connections are made when they are needed, so
// that a service may start before its database. An error is about the configuration.
func Open(ctx context.Context, config Config) (*DB, error) {
	poolConfig, err := config.poolConfig()
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return nil, err
	}
	return &DB{pool}, nil
}

// Close waits until every connection is back in the pool and closes them.
func (db *DB) Close() { db.pool.Close() }

// Exec is port.DB's.
func (db *DB) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	ctx, call := watch(ctx)
	tag, err := db.pool.Exec(ctx, sql, args...)
	return tag, call.explain(err)
}

// Query is port.DB's.
func (db *DB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	ctx, call := watch(ctx)
	rows, err := db.pool.Query(ctx, sql, args...)
	if err != nil {
		rows = failedRows{rows, call.explain(err)}
	}
	return rows, call.explain(err)
}

// QueryRow is port.DB's.
func (db *DB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	ctx, call := watch(ctx)
	return row{db.pool.QueryRow(ctx, sql, args...), call}
}

// BeginTx is port.DB's. A transaction that did not begin has done nothing, whatever the
// server heard, so every error is a *port.NotDoneError.
func (db *DB) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	begun, err := db.pool.BeginTx(ctx, withComment(ctx, options))
	if err != nil {
		return nil, &port.NotDoneError{Err: err}
	}
	return &tx{Tx: begun}, nil
}

// SendBatch is port.DB's.
func (db *DB) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	ctx, call := watch(ctx)
	results := db.pool.SendBatch(ctx, batch)
	return batchResults{results, call}
}

// Ping says whether the database answers: nil if it does.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }
