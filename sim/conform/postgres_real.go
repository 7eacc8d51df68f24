package conform

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/postgres"
)

// RealPostgres is the arm on the server that package servers finds or starts. It skips
// the test where there is none.
func RealPostgres(t testing.TB) PostgresArm {
	t.Helper()
	return &realArm{server: servers.SharedPostgres(t), owner: t}
}

// realArm empties databases and uses them again: creating one takes ten times as long
// as emptying it, and dropping one a checkpoint.
type realArm struct {
	server *servers.PostgresServer
	owner  testing.TB // databases are dropped when it ends
	mutex  sync.Mutex
	free   []string
}

func (a *realArm) Open(t testing.TB, poolSize int) PostgresWorld {
	t.Helper()
	url, err := a.take()
	if err != nil {
		t.Fatalf("database: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	observer, err := pgx.Connect(ctx, url)
	if err == nil {
		err = empty(ctx, observer)
	}
	if err != nil {
		t.Fatalf("observer: %v", err)
	}
	world := &realWorld{
		t: t, ctx: ctx, url: url, poolSize: poolSize, observer: observer, started: time.Now(),
		clients: map[string]*postgres.DB{}, running: map[Session]chan struct{}{},
	}
	t.Cleanup(func() {
		world.end(cancel)
		a.give(url)
	})
	return world
}

func (a *realArm) take() (string, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if last := len(a.free) - 1; last >= 0 {
		url := a.free[last]
		a.free = a.free[:last]
		return url, nil
	}
	url, err := a.server.NewDatabase(context.Background())
	if err == nil {
		a.owner.Cleanup(func() { _ = a.server.DropDatabase(context.Background(), url) })
	}
	return url, err
}

func (a *realArm) give(url string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.free = append(a.free, url)
}

// empty ends the sessions that an earlier world may have left, waits until they are
// gone, and drops everything.
func empty(ctx context.Context, conn *pgx.Conn) error {
	const others = `FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
	for left := 1; left > 0; {
		if _, err := conn.Exec(ctx, `SELECT pg_terminate_backend(pid) `+others); err != nil {
			return err
		}
		if err := conn.QueryRow(ctx, `SELECT count(*) `+others).Scan(&left); err != nil {
			return err
		}
	}
	_, err := conn.Exec(ctx, `SET client_min_messages = warning; DO $$
		DECLARE name text;
		BEGIN
			FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
				EXECUTE format('DROP SCHEMA %I CASCADE', name);
			END LOOP;
			CREATE SCHEMA public;
		END $$`)
	return err
}

// realWorld runs each piece of work in a goroutine, and asks the server who waits.
type realWorld struct {
	t        testing.TB
	ctx      context.Context
	url      string
	poolSize int
	observer *pgx.Conn
	started  time.Time
	clients  map[string]*postgres.DB
	running  map[Session]chan struct{} // closed when the work returns
}

const (
	patience     = 10 * time.Second // of Await, and of Settle before it fails the test
	pollInterval = 2 * time.Millisecond
)

func (w *realWorld) Start(session Session, work Work) {
	w.t.Helper()
	if w.running[session] != nil {
		w.t.Fatalf("%v started work while at work", session)
	}
	db := w.client(session.Client)
	done := make(chan struct{})
	w.running[session] = done
	go func() {
		defer close(done)
		work(w.ctx, db, realClock{w.started})
	}()
}

func (w *realWorld) client(name string) *postgres.DB {
	w.t.Helper()
	if db := w.clients[name]; db != nil {
		return db
	}
	db, err := postgres.Open(w.ctx, postgres.Config{URL: w.url, MaxConns: w.poolSize, ApplicationName: name})
	if err != nil {
		w.t.Fatalf("client %s: %v", name, err)
	}
	w.clients[name] = db
	return db
}

func (w *realWorld) Settle(session Session) bool {
	w.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pollInterval) {
		if w.returned(session) {
			return true
		}
		if w.waitsForLock(session.Client) {
			return false
		}
	}
	w.t.Fatalf("%v neither returns nor waits for a lock within %v", session, patience)
	return false
}

func (w *realWorld) Await(sessions ...Session) (Session, bool) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pollInterval) {
		for _, session := range sessions {
			if w.returned(session) {
				return session, true
			}
		}
	}
	return Session{}, false
}

func (w *realWorld) returned(session Session) bool {
	select {
	case <-w.running[session]:
		delete(w.running, session)
		return true
	default:
		return false
	}
}

// waitsForLock asks pg_locks, where a wait is seen from its beginning to its end (the
// wait events of pg_stat_activity lag behind). Row locks are waited for as
// transaction ids or tuples (PostgreSQL documentation, 54.12).
func (w *realWorld) waitsForLock(client string) bool {
	w.t.Helper()
	const sql = `SELECT EXISTS (
		SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
		WHERE NOT l.granted AND a.datname = current_database() AND a.application_name = $1)`
	var waits bool
	if err := w.observer.QueryRow(w.ctx, sql, client).Scan(&waits); err != nil {
		w.t.Fatalf("observer: %v", err)
	}
	return waits
}

// end abandons work that has not returned: its context ends, and with it its connection.
func (w *realWorld) end(cancel context.CancelFunc) {
	cancel()
	for _, done := range w.running {
		<-done
	}
	_ = w.observer.Close(context.Background())
	for _, db := range w.clients {
		go db.Close() // returns only when abandoned transactions are gone: empty ends them
	}
}

// realClock is the machine's own.
type realClock struct{ started time.Time }

func (realClock) Wall() time.Time { return time.Now().UTC() }

func (c realClock) Elapsed() time.Duration { return time.Since(c.started) }

func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (realClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d == port.Forever {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}
