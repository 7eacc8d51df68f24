package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/squallhq/squall/system/port"
)

// sent notes whether a call got a connection. The pool hands it to the tracer, which is
// the only place where that can be seen: the errors look alike.
type sent struct{ acquired bool }

type sentKey struct{}

// watch returns a context for one call of the pool.
func watch(ctx context.Context) (context.Context, *sent) {
	s := new(sent)
	return context.WithValue(ctx, sentKey{}, s), s
}

// explain marks an error of a call that never got a connection.
func (s *sent) explain(err error) error {
	if err == nil || s.acquired {
		return err
	}
	return &port.NotDoneError{Err: err}
}

// acquireTracer is told by the pool how acquiring a connection went.
type acquireTracer struct{}

var _ pgxpool.AcquireTracer = acquireTracer{}

func (acquireTracer) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return ctx
}

func (acquireTracer) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	if s, ok := ctx.Value(sentKey{}).(*sent); ok && data.Err == nil {
		s.acquired = true
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
	sent *sent
}

func (r row) Scan(dest ...any) error { return r.sent.explain(r.Row.Scan(dest...)) }

// failedRows tells the same error as the Query that returned it.
type failedRows struct {
	pgx.Rows
	err error
}

func (r failedRows) Err() error { return r.err }

func (r failedRows) Scan(...any) error { return r.err }
