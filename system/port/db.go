package port

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// DB is the part of pgxpool.Pool that services use, so that pgx's helpers
// (BeginTxFunc, CollectRows, RowToStructByName) and sqlc's generated code work on
// it. The contract is pgxpool's:
//
//   - Each call takes a connection from a pool of bounded size and waits for one
//     until ctx ends. The result of Query holds its connection until closed, a
//     transaction until its end.
//   - A server's refusal is a *pgconn.PgError with its SQLSTATE.
//   - A ctx that ends during a call closes the connection: the statement may still
//     run to its end on the server, and so may a COMMIT.
//   - Within a transaction a second statement before the rows of the first are
//     closed fails with `conn busy`. Tx.Conn returns nil; large objects are refused.
//   - Commit of a transaction in which a statement failed is
//     pgx.ErrTxCommitRollback: not done. See OutcomeOf for the rest.
//
// Statements begin with a comment that names them, as sqlc's do:
//
//	-- name: ClaimMessage
//	INSERT INTO ...
type DB interface {
	// Exec runs one statement. Without arguments it may be several, separated by
	// semicolons, run in one implicit transaction (PostgreSQL protocol, simple
	// query).
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)

	// Query runs one statement. Errors of the server may appear only in the rows.
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)

	// QueryRow runs one statement; Scan returns its error, or pgx.ErrNoRows.
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row

	// BeginTx starts a transaction.
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)

	// SendBatch sends several statements at once, run in one implicit
	// transaction. The results must be closed.
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}
