package postgres

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// batchResults are the answers to a batch, in order, as pgx gives them.
type batchResults struct {
	conn   *conn
	pool   *pool
	tx     *tx
	batch  *pgx.Batch
	next   int
	last   *rows
	err    error
	closed bool
	sent   bool
}

// sendBatch sends all statements at once. They run in one implicit transaction, up to the
// first that fails.
func (c *conn) sendBatch(ctx context.Context, b *pgx.Batch) *batchResults {
	r := &batchResults{conn: c, batch: b}
	if len(b.QueuedQueries) == 0 {
		return r
	}
	if r.err = c.lock(); r.err != nil {
		r.closed = true
		return r
	}
	r.sent = true
	if err := c.sendQueries(ctx, b); err != nil {
		r.err = err
		_ = r.Close() // it answers err
	}
	return r
}

func (c *conn) sendQueries(ctx context.Context, b *pgx.Batch) error {
	statements := make([]*prepared, len(b.QueuedQueries))
	arguments := make([][]any, len(b.QueuedQueries))
	opts := make([]options, len(b.QueuedQueries))
	texts := make([]string, len(b.QueuedQueries))
	for i, q := range b.QueuedQueries {
		o, args, text, err := takeOptions(ctx, q.SQL, q.Arguments, false)
		if err != nil {
			return err
		}
		opts[i], arguments[i], texts[i] = o, args, text
	}
	cache := c.pool.server.cache
	if err := c.cross(ctx, cache.script(texts[0]).batchName()); err != nil {
		return err
	}
	for i, text := range texts {
		p, err := c.describe(ctx, cache.script(text), text, opts[i])
		if err != nil {
			return preprocessing("prepare", err)
		}
		statements[i] = p
	}
	c.request.begin(requestBatch)
	for i, p := range statements {
		item := c.request.item(p)
		item.formats = p.formats
		if len(p.params) != len(arguments[i]) {
			return preprocessing("build", errArguments)
		}
		if err := c.encode(item, p, arguments[i], opts[i]); err != nil {
			return preprocessing("build", err)
		}
		if len(arguments[i]) > argumentsMax {
			c.close()
			return &unsentError{text: "write failed: too many parameter format codes"}
		}
	}
	return c.exchange(ctx)
}

func preprocessing(step string, err error) error {
	return fmt.Errorf("error preprocessing batch (%s): %w", step, err)
}

// beginsTx says whether Batch.BeginTx was called, which pgx keeps to itself.
func beginsTx(b *pgx.Batch) bool {
	if len(b.QueuedQueries) == 0 || !strings.HasPrefix(b.QueuedQueries[0].SQL, "begin") {
		return false
	}
	options := reflect.ValueOf(b).Elem().FieldByName("txOptions")
	return options.IsValid() && !options.IsNil()
}

func (r *batchResults) begun(b *pgx.Batch) bool { return beginsTx(b) && r.err == nil }

// take returns the next result as rows.
func (r *batchResults) take() (*rows, error) {
	if r.err == nil && r.closed {
		return nil, errors.New("batch already closed")
	}
	if r.err == nil && r.last != nil && r.last.err != nil {
		r.err = r.last.err
	}
	if r.err != nil {
		return nil, r.err
	}
	if r.next >= len(r.batch.QueuedQueries) {
		return nil, errors.New("no more results in batch")
	}
	i := r.next
	r.next++
	c := r.conn
	if i >= len(c.reply.results) {
		r.err = c.reply.err
		if r.err == nil {
			r.err = errors.New("no more results in batch")
		}
		return nil, r.err
	}
	result := c.rowsOf(i)
	result.batch = true
	r.last = result
	return result, nil
}

// Exec reads the next result for its tag.
func (r *batchResults) Exec() (pgconn.CommandTag, error) {
	result, err := r.take()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	result.Close()
	if result.err != nil {
		r.err = result.err
	}
	return result.tag, result.err
}

// Query reads the next result for its rows.
func (r *batchResults) Query() (pgx.Rows, error) {
	result, err := r.take()
	if err != nil {
		return &rows{closed: true, err: err}, err
	}
	return result, nil
}

// QueryRow reads the next result for its first row.
func (r *batchResults) QueryRow() pgx.Row {
	result, err := r.take()
	if err != nil {
		return &row{closed: true, err: err}
	}
	return (*row)(result)
}

// Close reads what was not read, calls the functions queued with the statements, and gives
// the connection back.
func (r *batchResults) Close() error {
	if r.err == nil && r.last != nil && r.last.err != nil {
		r.err = r.last.err
	}
	if r.closed {
		return r.err
	}
	for r.err == nil && r.next < len(r.batch.QueuedQueries) {
		if fn := r.batch.QueuedQueries[r.next].Fn; fn != nil {
			if err := fn(r); err != nil && r.err == nil {
				r.err = err
			}
		} else {
			_, _ = r.Exec()
		}
	}
	r.closed = true
	if r.sent {
		if r.err == nil && r.conn.reply.err != nil {
			r.err = r.conn.reply.err
		}
		if r.err != nil {
			for _, q := range r.batch.QueuedQueries {
				r.conn.forget(r.conn.pool.server.cache.script(q.SQL))
			}
		}
		r.conn.unlock()
	}
	if r.pool != nil {
		r.pool.release(r.conn)
		r.pool = nil
	}
	return r.err
}

// Tx is the transaction begun by Batch.BeginTx, or nil.
func (r *batchResults) Tx() pgx.Tx {
	if r.tx == nil {
		return nil
	}
	return r.tx
}

// copyFrom inserts rows by COPY: one statement, all rows or none.
func (c *conn) copyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (int64, error) {
	text := copyText(table, columns)
	if err := c.lock(); err != nil {
		return 0, err
	}
	defer c.unlock()
	if err := c.cross(ctx, "copy "+table.Sanitize()); err != nil {
		return 0, err
	}
	o := options{mode: pgx.QueryExecModeCacheStatement}
	p, err := c.describe(ctx, c.pool.server.cache.script(text), text, o)
	if err != nil {
		return 0, undescribed(err)
	}
	c.request.begin(requestCopy)
	c.request.copied = p
	if err := c.encodeRows(p, len(columns), source, o); err != nil {
		c.request.failure = err.Error()
	}
	if err := c.exchange(ctx); err != nil {
		return 0, err
	}
	if c.reply.err != nil {
		return 0, c.reply.err
	}
	return int64(c.reply.results[0].affected), nil
}

// encodeRows puts the rows into the request. An error ends the COPY at the server, where it becomes the answer.
func (c *conn) encodeRows(p *prepared, columns int, source pgx.CopyFromSource, o options) error {
	for source.Next() {
		values, err := source.Values()
		if err != nil {
			return err
		}
		if len(values) != columns {
			return fmt.Errorf("expected %d values, got %d values", columns, len(values))
		}
		if err := c.encode(c.request.item(p), p, values, o); err != nil {
			return errors.Unwrap(err)
		}
	}
	return source.Err()
}

// undescribed is the refusal of the SELECT by which pgx learns the columns' types.
func undescribed(err error) error {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	switch refused.Code {
	case "42703":
		refused.Message, _, _ = strings.Cut(refused.Message, " of relation ")
		refused.Message = strings.TrimSuffix(refused.Message, " does not exist") + " does not exist"
	case "42P01", "3F000", "25P02":
	default:
		return err
	}
	return fmt.Errorf("statement description failed: %w", err)
}

// copyText is the INSERT that stands for a COPY.
func copyText(table pgx.Identifier, columns []string) string {
	var text strings.Builder
	text.WriteString("INSERT INTO " + table.Sanitize() + " (")
	for i, column := range columns {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(pgx.Identifier{column}.Sanitize())
	}
	text.WriteString(") VALUES (")
	for i := range columns {
		if i > 0 {
			text.WriteString(", ")
		}
		fmt.Fprintf(&text, "$%d", i+1)
	}
	return text.String() + ")"
}
