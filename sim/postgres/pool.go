package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/port"
)

// PoolConfig is what a client asks of its pool and of the sessions on it. Zero time-outs
// mean none, as in PostgreSQL.
type PoolConfig struct {
	MaxConns                 int // 4 if zero
	ApplicationName          string
	StatementTimeout         time.Duration
	LockTimeout              time.Duration
	IdleInTransactionTimeout time.Duration
	DeadlockTimeout          time.Duration // 1 s if zero, as the server has it
}

// pool is a client's connections, in pgxpool's semantics: whoever finds none free waits
// in order of arrival; a connection is dialled when it is first needed, checked when it
// has been idle for a second, and dropped when it is broken or not idle on return.
type pool struct {
	server  *Server
	client  *sim.Node
	world   *sim.World
	config  PoolConfig
	idle    []*conn // the one released last is taken first
	open    int     // connections open or being dialled
	waiting []*waiter
}

// waiter is a task that waits for a connection, or for the right to dial one.
type waiter struct {
	task *sim.Task
	conn *conn
	slot bool
}

// Open returns the database as the client node sees it during its present life. Nothing
// is dialled yet.
func (s *Server) Open(client *sim.Node, config PoolConfig) port.DB {
	if config.MaxConns == 0 {
		config.MaxConns = 4
	}
	return &pool{server: s, client: client, world: s.world, config: config}
}

// pingAfter is how long pgxpool trusts an idle connection.
const pingAfter = time.Second

func (p *pool) acquire(ctx context.Context) (*conn, error) {
	for {
		c, err := p.next(ctx)
		if err != nil {
			return nil, err
		}
		if p.world.Now()-c.idleSince <= pingAfter {
			return c, nil
		}
		if err := c.ping(ctx); err == nil {
			return c, nil
		}
		p.drop(c)
		if err := ctx.Err(); err != nil {
			return nil, acquireEnded(err)
		}
	}
}

// next returns an idle connection, a new one, or one that another task gives back.
func (p *pool) next(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, acquireEnded(err)
	}
	if n := len(p.idle); n > 0 && len(p.waiting) == 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return c, nil
	}
	if p.open < p.config.MaxConns && len(p.waiting) == 0 {
		p.open++
		return p.dial(ctx)
	}
	return p.wait(ctx)
}

func (p *pool) wait(ctx context.Context) (*conn, error) {
	w := &waiter{task: p.world.Current()}
	p.waiting = append(p.waiting, w)
	for w.conn == nil && !w.slot {
		if err := p.world.Park(ctx); err != nil {
			p.leave(w)
			return nil, acquireEnded(err)
		}
	}
	if w.slot {
		return p.dial(ctx)
	}
	return w.conn, nil
}

// leave takes a waiter whose context ended out of the queue, and passes on what it was
// given at the same instant.
func (p *pool) leave(w *waiter) {
	for i, other := range p.waiting {
		if other == w {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			return
		}
	}
	if w.conn != nil {
		p.release(w.conn)
	} else if w.slot {
		p.free()
	}
}

func (p *pool) dial(ctx context.Context) (*conn, error) {
	link, err := p.world.Dial(ctx, p.server.node)
	if err != nil {
		p.free()
		return nil, connectError(p.server.node.Name, err)
	}
	session, refused := p.server.accept(link, p.config)
	if refused != nil {
		link.Close(p.client)
		p.free()
		return nil, connectError(p.server.node.Name, pgError("FATAL", refused))
	}
	return newConn(p, link, session), nil
}

// release gives a connection back. One that is broken, busy or in a transaction is closed.
func (p *pool) release(c *conn) {
	if c.closed || c.busy || c.status != 'I' {
		p.drop(c)
		return
	}
	c.idleSince = p.world.Now()
	if len(p.waiting) == 0 {
		p.idle = append(p.idle, c)
		return
	}
	w := p.waiting[0]
	p.waiting = p.waiting[1:]
	w.conn = c
	w.task.Wake()
}

func (p *pool) drop(c *conn) {
	c.close()
	p.free()
}

// free gives the right to dial to the task that waits longest.
func (p *pool) free() {
	if len(p.waiting) == 0 {
		p.open--
		return
	}
	w := p.waiting[0]
	p.waiting = p.waiting[1:]
	w.slot = true
	w.task.Wake()
}

// acquireEnded is the error of a task whose context ended while it waited for a connection.
func acquireEnded(err error) error { return &port.NotDoneError{Err: err} }

// Exec runs one statement, or several without arguments.
func (p *pool) Exec(ctx context.Context, text string, args ...any) (pgconn.CommandTag, error) {
	c, err := p.acquire(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := c.exec(ctx, text, args)
	p.release(c)
	return tag, err
}

// Query runs one statement. The rows hold the connection until closed.
func (p *pool) Query(ctx context.Context, text string, args ...any) (pgx.Rows, error) {
	c, err := p.acquire(ctx)
	if err != nil {
		return &rows{err: err, closed: true}, err
	}
	r, err := c.query(ctx, text, args)
	if err != nil {
		p.release(c)
		return r, err
	}
	r.holds(p)
	return r, nil
}

// QueryRow runs one statement. Scan gives the connection back.
func (p *pool) QueryRow(ctx context.Context, text string, args ...any) pgx.Row {
	r, _ := p.Query(ctx, text, args...)
	return (*row)(r.(*rows))
}

// SendBatch sends several statements. The results hold the connection until closed.
func (p *pool) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	c, err := p.acquire(ctx)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	results := c.sendBatch(ctx, b)
	switch {
	case results.begun(b):
		results.tx = &tx{conn: c, pool: p}
	case results.closed: // it was not sent
		p.release(c)
	default:
		results.pool = p
	}
	return results
}

// BeginTx starts a transaction, which holds a connection until its end.
func (p *pool) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	c, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	t, err := c.begin(ctx, options)
	if err != nil {
		p.release(c)
		return nil, &port.NotDoneError{Err: err}
	}
	t.pool = p
	return t, nil
}

// Begin starts a transaction with the session's characteristics, for pgx.BeginFunc.
func (p *pool) Begin(ctx context.Context) (pgx.Tx, error) { return p.BeginTx(ctx, pgx.TxOptions{}) }
