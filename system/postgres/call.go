package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/squallhq/squall/system/port"
)

// call is one use of a connection, and what must be known of it to tell what its
// error means.
type call struct {
	acquired bool // it got a connection
	open     bool // which was open when the call began
}

// explain corrects an error whose meaning for the effect pgx hides or gets wrong:
//
//   - Without a connection nothing was sent, but the errors do not say so.
//   - When a connection breaks during a statement of the simple protocol (COMMIT is one)
//     or a batch, pgx 5.12 drops the error of the read and reports `conn closed`,
//     which it declares safe to retry (pgconn.MultiResultReader.NextResult). The
//     statement may have been done.
func (c *call) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case !c.acquired:
		return &port.NotDoneError{Err: err}
	case c.open && errors.Is(err, pgconn.ErrConnClosed):
		return errLost
	default:
		return err
	}
}

// errLost does not wrap pgx's error, which would say that it is safe to retry.
var errLost = fmt.Errorf("postgres: the connection broke during the call: %w", io.ErrUnexpectedEOF)

type callKey struct{}

// watch returns a context for one call of the pool. The pool hands it to the tracer, the
// only place where the connection is seen.
func watch(ctx context.Context) (context.Context, *call) {
	c := new(call)
	return context.WithValue(ctx, callKey{}, c), c
}

// acquireTracer is told by the pool how acquiring a connection went.
type acquireTracer struct{}

var _ pgxpool.AcquireTracer = acquireTracer{}

func (acquireTracer) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return ctx
}

func (acquireTracer) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	if c, ok := ctx.Value(callKey{}).(*call); ok && data.Err == nil {
		c.acquired, c.open = true, !data.Conn.IsClosed()
	}
}

// TraceQueryStart does nothing: pgx wants a tracer of statements.
func (acquireTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd does nothing.
func (acquireTracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// row explains the error of a QueryRow, which Scan returns.
type row struct {
	pgx.Row
	call *call
}

func (r row) Scan(dest ...any) error { return r.call.explain(r.Row.Scan(dest...)) }

// failedRows tells the same error as the Query that returned it.
type failedRows struct {
	pgx.Rows
	err error
}

func (r failedRows) Err() error { return r.err }

func (r failedRows) Scan(...any) error { return r.err }
