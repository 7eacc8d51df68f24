package postgres

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// tx is a transaction on a connection; the pool, if any, gets the connection back at its end.
type tx struct {
	conn        *conn
	pool        *pool
	savepoints  int64
	closed      bool
	commitQuery string
}

// beginText writes BEGIN as pgx does.
func beginText(o pgx.TxOptions) string {
	if o.BeginQuery != "" {
		return o.BeginQuery
	}
	if o == (pgx.TxOptions{CommitQuery: o.CommitQuery}) {
		return "begin"
	}
	text := "begin"
	if o.IsoLevel != "" {
		text += " isolation level " + string(o.IsoLevel)
	}
	if o.AccessMode != "" {
		text += " " + string(o.AccessMode)
	}
	if o.DeferrableMode != "" {
		text += " " + string(o.DeferrableMode)
	}
	return text
}

func (c *conn) begin(ctx context.Context, o pgx.TxOptions) (*tx, error) {
	if _, err := c.simple(ctx, "begin", beginText(o)); err != nil {
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Severity == "FATAL" {
			c.close()
		}
		return nil, err
	}
	return &tx{conn: c, commitQuery: o.CommitQuery}, nil
}

// Begin starts a nested transaction: a savepoint.
func (t *tx) Begin(ctx context.Context) (pgx.Tx, error) {
	if t.closed {
		return nil, pgx.ErrTxClosed
	}
	t.savepoints++
	name := "sp_" + strconv.FormatInt(t.savepoints, 10)
	if _, err := t.conn.exec(ctx, "savepoint "+name, nil); err != nil {
		return nil, err
	}
	return &nested{tx: t, name: name}, nil
}

// Commit commits. After an error that is not an answer of the server the outcome is unknown.
func (t *tx) Commit(ctx context.Context) error {
	if t.closed {
		return pgx.ErrTxClosed
	}
	text := t.commitQuery
	if text == "" {
		text = "commit"
	}
	tag, err := t.conn.simple(ctx, "commit", text)
	t.closed = true
	if err != nil && t.conn.status != 'I' {
		t.conn.close()
	}
	t.release()
	if err == nil && tag.String() == "ROLLBACK" {
		return pgx.ErrTxCommitRollback
	}
	return err
}

// Rollback rolls back.
func (t *tx) Rollback(ctx context.Context) error {
	if t.closed {
		return pgx.ErrTxClosed
	}
	_, err := t.conn.simple(ctx, "rollback", "rollback")
	t.closed = true
	if err != nil {
		t.conn.close()
	}
	t.release()
	return err
}

func (t *tx) release() {
	if t.pool != nil {
		t.pool.release(t.conn)
		t.pool = nil
	}
}

// Exec runs a statement in the transaction.
func (t *tx) Exec(ctx context.Context, text string, args ...any) (pgconn.CommandTag, error) {
	if t.closed {
		return pgconn.CommandTag{}, pgx.ErrTxClosed
	}
	return t.conn.exec(ctx, text, args)
}

// Query runs a statement in the transaction.
func (t *tx) Query(ctx context.Context, text string, args ...any) (pgx.Rows, error) {
	if t.closed {
		return &rows{closed: true, err: pgx.ErrTxClosed}, pgx.ErrTxClosed
	}
	return t.conn.query(ctx, text, args)
}

// QueryRow runs a statement in the transaction.
func (t *tx) QueryRow(ctx context.Context, text string, args ...any) pgx.Row {
	if t.closed {
		return &row{closed: true, err: pgx.ErrTxClosed}
	}
	r, _ := t.conn.query(ctx, text, args)
	return (*row)(r)
}

// CopyFrom inserts rows. All of them are one statement.
func (t *tx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (int64, error) {
	if t.closed {
		return 0, pgx.ErrTxClosed
	}
	return t.conn.copyFrom(ctx, table, columns, source)
}

// SendBatch sends several statements in the transaction.
func (t *tx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if t.closed {
		return pgx.FailedBatchResults(b, pgx.ErrTxClosed)
	}
	if beginsTx(b) {
		return pgx.FailedBatchResults(b, errors.New("Batch.BeginTx cannot be used within a transaction"))
	}
	return t.conn.sendBatch(ctx, b)
}

// LargeObjects is refused: the methods of what it returns fail for want of a transaction.
func (t *tx) LargeObjects() pgx.LargeObjects {
	t.conn.refuse(&Unsupported{"large objects", "LargeObjects"})
	return pgx.LargeObjects{}
}

// Prepare describes a statement and keeps it on the connection under a name.
func (t *tx) Prepare(ctx context.Context, name, text string) (*pgconn.StatementDescription, error) {
	if t.closed {
		return nil, pgx.ErrTxClosed
	}
	return t.conn.prepareNamed(ctx, name, text)
}

// Conn is nil: there is no *pgx.Conn.
func (t *tx) Conn() *pgx.Conn { return nil }

// nested is a savepoint as a transaction.
type nested struct {
	*tx
	name   string
	closed bool
}

// Begin starts a further savepoint.
func (n *nested) Begin(ctx context.Context) (pgx.Tx, error) {
	if n.closed {
		return nil, pgx.ErrTxClosed
	}
	return n.tx.Begin(ctx)
}

// Commit releases the savepoint.
func (n *nested) Commit(ctx context.Context) error {
	return n.end(ctx, "release savepoint "+n.name)
}

// Rollback rolls back to the savepoint.
func (n *nested) Rollback(ctx context.Context) error {
	return n.end(ctx, "rollback to savepoint "+n.name)
}

func (n *nested) end(ctx context.Context, text string) error {
	if n.closed {
		return pgx.ErrTxClosed
	}
	_, err := n.tx.Exec(ctx, text)
	n.closed = true
	return err
}

// Exec runs a statement under the savepoint.
func (n *nested) Exec(ctx context.Context, text string, args ...any) (pgconn.CommandTag, error) {
	if n.closed {
		return pgconn.CommandTag{}, pgx.ErrTxClosed
	}
	return n.tx.Exec(ctx, text, args...)
}

// Query runs a statement under the savepoint.
func (n *nested) Query(ctx context.Context, text string, args ...any) (pgx.Rows, error) {
	if n.closed {
		return &rows{closed: true, err: pgx.ErrTxClosed}, pgx.ErrTxClosed
	}
	return n.tx.Query(ctx, text, args...)
}

// QueryRow runs a statement under the savepoint.
func (n *nested) QueryRow(ctx context.Context, text string, args ...any) pgx.Row {
	if n.closed {
		return &row{closed: true, err: pgx.ErrTxClosed}
	}
	return n.tx.QueryRow(ctx, text, args...)
}

// CopyFrom inserts rows under the savepoint.
func (n *nested) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (int64, error) {
	if n.closed {
		return 0, pgx.ErrTxClosed
	}
	return n.tx.CopyFrom(ctx, table, columns, source)
}

// SendBatch sends several statements under the savepoint.
func (n *nested) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if n.closed {
		return pgx.FailedBatchResults(b, pgx.ErrTxClosed)
	}
	return n.tx.SendBatch(ctx, b)
}

// Prepare describes a statement.
func (n *nested) Prepare(ctx context.Context, name, text string) (*pgconn.StatementDescription, error) {
	if n.closed {
		return nil, pgx.ErrTxClosed
	}
	return n.tx.Prepare(ctx, name, text)
}
