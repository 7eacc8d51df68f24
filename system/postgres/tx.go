package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// tx is a transaction without a way to the connection under it: what would go
// around the port could not be simulated. Like pgx's it is used by one task at a time.
type tx struct {
	pgx.Tx
	outer *tx  // of a nested transaction
	ended bool // the connection is the pool's again
}

// call notes the state of the connection, as long as that is this transaction's.
func (t *tx) call() *call {
	outermost := t
	for outermost.outer != nil {
		outermost = outermost.outer
	}
	return &call{acquired: true, open: !outermost.ended && !t.Tx.Conn().IsClosed()}
}

// Begin starts a nested transaction, a savepoint.
func (t *tx) Begin(ctx context.Context) (pgx.Tx, error) {
	c := t.call()
	nested, err := t.Tx.Begin(ctx)
	if err != nil {
		return nil, c.explain(err)
	}
	return &tx{Tx: nested, outer: t}, nil
}

func (t *tx) Commit(ctx context.Context) error {
	c := t.call()
	err := t.Tx.Commit(ctx)
	t.ended = true
	return c.explain(err)
}

func (t *tx) Rollback(ctx context.Context) error {
	c := t.call()
	err := t.Tx.Rollback(ctx)
	t.ended = true
	return c.explain(err)
}

func (t *tx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	c := t.call()
	tag, err := t.Tx.Exec(ctx, sql, args...)
	return tag, c.explain(err)
}

func (t *tx) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	c := t.call()
	return batchResults{t.Tx.SendBatch(ctx, batch), c}
}

// Conn returns nil.
func (*tx) Conn() *pgx.Conn { return nil }

// LargeObjects panics: the port has none.
func (*tx) LargeObjects() pgx.LargeObjects { panic("postgres: the port has no large objects") }

// batchResults explains the errors of a batch, and hides the connection of a
// transaction that it began.
type batchResults struct {
	pgx.BatchResults
	call *call
}

func (r batchResults) Exec() (pgconn.CommandTag, error) {
	tag, err := r.BatchResults.Exec()
	return tag, r.call.explain(err)
}

func (r batchResults) Query() (pgx.Rows, error) {
	rows, err := r.BatchResults.Query()
	if err != nil {
		err = r.call.explain(err)
		rows = failedRows{rows, err}
	}
	return rows, err
}

func (r batchResults) QueryRow() pgx.Row { return row{r.BatchResults.QueryRow(), r.call} }

func (r batchResults) Close() error { return r.call.explain(r.BatchResults.Close()) }

func (r batchResults) Tx() pgx.Tx {
	if begun := r.BatchResults.Tx(); begun != nil {
		return &tx{Tx: begun}
	}
	return nil
}
