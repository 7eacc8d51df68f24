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
	ctx, sent := watch(ctx)
	tag, err := db.pool.Exec(ctx, sql, args...)
	return tag, sent.explain(err)
}

// Query is port.DB's.
func (db *DB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	ctx, sent := watch(ctx)
	rows, err := db.pool.Query(ctx, sql, args...)
	if err != nil {
		rows = failedRows{rows, sent.explain(err)}
	}
	return rows, sent.explain(err)
}

// QueryRow is port.DB's.
func (db *DB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	ctx, sent := watch(ctx)
	return row{db.pool.QueryRow(ctx, sql, args...), sent}
}

// BeginTx is port.DB's. A transaction that did not begin has done nothing, whatever the
// server heard, so every error is a *port.NotDoneError.
func (db *DB) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	begun, err := db.pool.BeginTx(ctx, options)
	if err != nil {
		return nil, &port.NotDoneError{Err: err}
	}
	return tx{begun}, nil
}

// SendBatch is port.DB's.
func (db *DB) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	ctx, sent := watch(ctx)
	results := db.pool.SendBatch(ctx, batch)
	if !sent.acquired {
		return pgx.FailedBatchResults(batch, sent.explain(results.Close()))
	}
	return batchResults{results}
}

// tx is a transaction without a way to the connection under it: what would go
// around the port could not be simulated.
type tx struct{ pgx.Tx }

// Begin starts a nested transaction, a savepoint.
func (t tx) Begin(ctx context.Context) (pgx.Tx, error) {
	nested, err := t.Tx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return tx{nested}, nil
}

// Conn returns nil.
func (tx) Conn() *pgx.Conn { return nil }

// LargeObjects panics: the port has none.
func (tx) LargeObjects() pgx.LargeObjects { panic("postgres: the port has no large objects") }

func (t tx) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	return batchResults{t.Tx.SendBatch(ctx, batch)}
}

// batchResults hides the connection of a transaction that the batch began.
type batchResults struct{ pgx.BatchResults }

func (r batchResults) Tx() pgx.Tx {
	if begun := r.BatchResults.Tx(); begun != nil {
		return tx{begun}
	}
	return nil
}
