package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
)

// conn is the client's end of a connection: pgx.Conn and pgconn.PgConn in one.
type conn struct {
	pool    *pool
	world   *sim.World
	link    *sim.Conn
	session *session
	task    *sim.Task // that waits for the answer

	statements map[*script]*prepared // pgx's statement cache
	named      map[string]*prepared  // by Prepare
	invalid    []*script             // to be forgotten unless a transaction has failed

	request   request
	reply     reply
	replied   bool
	lost      bool
	farewell  *pgconn.PgError // what the server said before it closed the connection
	busy      bool
	closed    bool
	status    byte // of the transaction: I, T or E
	idleSince time.Duration
}

func newConn(p *pool, link *sim.Conn, s *session) *conn {
	c := &conn{pool: p, world: p.world, link: link, session: s, status: 'I', idleSince: p.world.Now()}
	c.statements = make(map[*script]*prepared)
	s.client = c
	link.ClientLost = func() {
		c.lost = true
		if c.task != nil {
			c.task.Wake()
		}
	}
	return c
}

// close ends the connection from the client's side.
func (c *conn) close() {
	if c.closed {
		return
	}
	c.closed = true
	c.link.Close(c.pool.client)
}

func (c *conn) refuse(u *Unsupported) { c.pool.server.fail(u) }

// lock takes the connection for a call.
func (c *conn) lock() error {
	switch {
	case c.closed:
		return errClosed
	case c.busy:
		return errBusy
	}
	c.busy = true
	if len(c.invalid) > 0 && (c.status == 'I' || c.status == 'T') { // as deallocateInvalidatedCachedStatements of pgx
		for _, stale := range c.invalid {
			delete(c.statements, stale)
		}
		c.invalid = c.invalid[:0]
	}
	return nil
}

// cross announces a call. The error is of a call that was not sent.
func (c *conn) cross(ctx context.Context, what string) error {
	crossing, err := c.world.Cross(ctx, what, chaos.Fates)
	if err != nil {
		return endedBefore(err)
	}
	c.request.crossing = crossing
	return nil
}

// exec runs a statement for its tag: by the simple protocol if there are no arguments.
func (c *conn) exec(ctx context.Context, text string, args []any) (pgconn.CommandTag, error) {
	options, args, text, err := takeOptions(ctx, text, args, false)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	s := c.pool.server.cache.script(text)
	if len(args) == 0 {
		if p := c.named[text]; p == nil {
			return c.simple(ctx, s.execName(), text)
		}
	}
	if err := c.lock(); err != nil {
		return pgconn.CommandTag{}, err
	}
	defer c.unlock()
	if err := c.cross(ctx, s.execName()); err != nil {
		return pgconn.CommandTag{}, err
	}
	if err := c.execute(ctx, s, text, options, args, errArguments); err != nil {
		return pgconn.CommandTag{}, err
	}
	r := &c.reply
	if r.err != nil {
		c.forget(s)
		return pgconn.CommandTag{}, r.err
	}
	return r.results[0].commandTag(), nil
}

func (c *conn) unlock() { c.busy = false }

// argumentsMax is what the protocol can count.
const argumentsMax = math.MaxUint16

var errTooMany = errors.New("extended protocol limited to 65535 parameters")

var errArguments = errors.New("mismatched param and argument count")

// simple runs a text by the simple protocol: several statements in one implicit transaction.
func (c *conn) simple(ctx context.Context, what, text string) (pgconn.CommandTag, error) {
	if err := c.lock(); err != nil {
		return pgconn.CommandTag{}, err
	}
	defer c.unlock()
	if err := c.cross(ctx, what); err != nil {
		return pgconn.CommandTag{}, err
	}
	c.request.begin(requestSimple)
	c.request.text = text
	if err := c.exchange(ctx); err != nil {
		return pgconn.CommandTag{}, err
	}
	var tag pgconn.CommandTag
	if n := len(c.reply.results); n > 0 {
		tag = c.reply.results[n-1].commandTag()
	}
	if c.reply.err != nil {
		return tag, c.reply.err
	}
	return tag, nil
}

// query runs a statement for its rows, which hold the connection until closed.
func (c *conn) query(ctx context.Context, text string, args []any) (*rows, error) {
	options, args, text, err := takeOptions(ctx, text, args, true)
	if err != nil {
		return &rows{closed: true, err: err}, err
	}
	s := c.pool.server.cache.script(text)
	if err := c.lock(); err != nil {
		return c.failed(err)
	}
	if err := c.cross(ctx, s.queryName()); err != nil {
		c.unlock()
		return c.failed(err)
	}
	if options.mode == pgx.QueryExecModeSimpleProtocol || text == "" {
		return c.querySimple(ctx, text, args)
	}
	err = c.execute(ctx, s, text, options, args, nil)
	if local, ok := errors.AsType[*localError](err); ok {
		c.unlock()
		return &rows{closed: true, err: local.cause}, local.cause
	}
	if err != nil {
		c.unlock()
		return &rows{conn: c, closed: true, err: err}, nil //nolint:nilerr // pgx reports it when the rows are read
	}
	r := c.rowsOf(0)
	if c.reply.err != nil {
		c.forget(s)
	}
	return r, nil
}

// failed is a call that could not be sent: pgx reports a busy connection from Query itself.
func (c *conn) failed(err error) (*rows, error) {
	return &rows{closed: true, err: err}, err
}

func (c *conn) querySimple(ctx context.Context, text string, args []any) (*rows, error) {
	if len(args) > 0 {
		c.unlock()
		u := &Unsupported{"arguments by the simple protocol", text}
		c.refuse(u)
		return c.failed(u)
	}
	c.request.begin(requestSimple)
	c.request.text = text
	if err := c.exchange(ctx); err != nil {
		c.unlock()
		return c.failed(err)
	}
	return c.rowsOf(0), nil
}

// localError is an error of the driver itself, or of PREPARE: Query returns it at once.
type localError struct{ cause error }

func (e *localError) Error() string { return e.cause.Error() }
func (e *localError) Unwrap() error { return e.cause }

// execute describes the statement if this connection has not yet, encodes the arguments for
// the types that the server inferred, and runs it. mismatch replaces pgx's text for a
// wrong number of arguments.
func (c *conn) execute(ctx context.Context, s *script, text string, o options, args []any, mismatch error) error {
	p, err := c.describe(ctx, s, text, o)
	if err != nil {
		return &localError{err}
	}
	if len(p.params) != len(args) {
		if mismatch == nil {
			mismatch = fmt.Errorf("expected %d arguments, got %d", len(p.params), len(args))
		}
		return &localError{mismatch}
	}
	c.request.begin(requestExecute)
	i := c.request.item(p)
	i.formats = o.formatsFor(p)
	if err := c.encode(i, p, args, o); err != nil {
		return &localError{err}
	}
	if len(args) > argumentsMax {
		return errTooMany
	}
	return c.exchange(ctx)
}

// describe returns the statement as the server understands it, asking once per connection.
func (c *conn) describe(ctx context.Context, s *script, text string, o options) (*prepared, error) {
	if p := c.named[text]; p != nil {
		return p, nil
	}
	if o.mode == pgx.QueryExecModeCacheStatement {
		if p := c.statements[s]; p != nil {
			return p, nil
		}
	}
	if err := c.prepare(ctx, text); err != nil {
		return nil, err
	}
	p := c.reply.prepared
	if o.mode == pgx.QueryExecModeCacheStatement {
		c.statements[s] = p
	}
	return p, nil
}

// prepare asks the server to parse and describe a statement: a round trip of its own.
func (c *conn) prepare(ctx context.Context, text string) error {
	c.request.begin(requestPrepare)
	c.request.text = text
	if err := c.exchange(ctx); err != nil {
		return err
	}
	if c.reply.err != nil {
		return c.reply.err
	}
	return nil
}

func (c *conn) prepareNamed(ctx context.Context, name, text string) (*pgconn.StatementDescription, error) {
	if err := c.lock(); err != nil {
		return nil, err
	}
	defer c.unlock()
	if err := c.cross(ctx, "prepare "+c.pool.server.cache.script(text).name()); err != nil {
		return nil, err
	}
	if err := c.prepare(ctx, text); err != nil {
		return nil, err
	}
	p := c.reply.prepared
	if c.named == nil {
		c.named = make(map[string]*prepared)
	}
	if name != "" {
		c.named[name] = p
	}
	return p.description(name, text), nil
}

// forget lets the next call describe the statement again, as pgx does after an error.
func (c *conn) forget(s *script) { c.invalid = append(c.invalid, s) }

// ping is pgxpool's check of a connection that has been idle for long.
func (c *conn) ping(ctx context.Context) error {
	if err := c.lock(); err != nil {
		return err
	}
	defer c.unlock()
	c.request.crossing = sim.Crossing{}
	c.request.begin(requestPing)
	return c.exchange(ctx)
}

var (
	purposeRequest      = chaos.PurposeOf("statement latency")
	purposeReply        = chaos.PurposeOf("statement reply latency")
	purposePrepare      = chaos.PurposeOf("prepare latency")
	purposePrepareReply = chaos.PurposeOf("prepare reply latency")
	purposeCancel       = chaos.PurposeOf("cancel latency")
	purposeReady        = chaos.PurposeOf("recovery of the database")
	pingLatency         = 200 * time.Microsecond
)

// exchange sends the request, lets the crossing meet its fate, and waits for the answer.
// An error means that no answer came; the connection is closed then.
func (c *conn) exchange(ctx context.Context) error {
	if c.lost {
		return c.ended()
	}
	r := &c.request
	c.reply.begin()
	c.replied = false
	c.task = c.world.Current()
	r.send(c)
	for !c.replied && !c.lost {
		if err := c.world.Park(ctx); err != nil {
			c.abandon(err)
			return endedDuring(err)
		}
	}
	c.task = nil
	if !c.replied {
		r.unanswered(c)
		return c.ended()
	}
	c.status = c.reply.status
	return nil
}

// ended is the error of a connection that the other side has ended.
func (c *conn) ended() error {
	c.close()
	if c.farewell != nil {
		return c.farewell
	}
	return io.ErrUnexpectedEOF // the outcome is unknown
}

// abandon gives up waiting: pgx closes the connection and asks the server, over another
// one, to cancel what it is doing.
func (c *conn) abandon(err error) {
	c.task = nil
	if errors.Is(err, sim.ErrCrashed) {
		return
	}
	c.request.unanswered(c)
	s, n := c.session, c.session.served
	epoch := s.server.node.Epoch()
	c.world.After(2*c.request.latency(purposeCancel), func() {
		if s.server.node.Epoch() == epoch && s.served == n {
			s.cancel(refusal("57014", "canceling statement due to user request"))
		}
	})
	c.close()
}

// typeMap is pgx's knowledge of types.
func (c *conn) typeMap() *pgtype.Map { return c.pool.server.cache.types }
