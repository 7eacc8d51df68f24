package wire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/sim/conform/servers"
)

// operations is how many of each protocol must pass byte for byte.
const operations = 10_000

// TestPostgresBytes: operations of all kinds pass byte for byte, both ways.
func TestPostgresBytes(t *testing.T) {
	host, through := hostOf(t, servers.Postgres(t))
	book := wire.NewBook(1)
	address, compare := throughTees(t, wire.PostgreSQL, book, host)
	c := &postgresClient{t: t, url: through(address)}
	c.connect()
	for done := 0; done < operations; done++ {
		kinds := c.kinds()
		kind := kinds[done%len(kinds)]
		if err := kind.run(done); err != nil {
			t.Fatalf("operation %d, %s: %v", done, kind.name, err)
		}
		if done%500 == 499 { // new connections prepare everything again
			c.disconnect()
			c.connect()
		}
	}
	c.disconnect()
	compare()
	if seen := seenOf(book, "query Point"); seen.Unkeyed < operations/30 {
		t.Errorf("the proxy saw %d of the queries", seen.Unkeyed)
	}
}

type postgresClient struct {
	t               *testing.T
	url             string
	conn, listening *pgx.Conn
}

type operation struct {
	name string
	run  func(i int) error
}

func (c *postgresClient) connect() {
	ctx := c.t.Context()
	for _, conn := range []**pgx.Conn{&c.conn, &c.listening} {
		var err error
		if *conn, err = pgx.Connect(ctx, c.url); err != nil {
			c.t.Fatal(err)
		}
	}
	_, err := c.conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS things (id serial, n int, body text); SET client_min_messages = notice")
	if err == nil {
		_, err = c.listening.Exec(ctx, "LISTEN news")
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *postgresClient) disconnect() {
	for _, conn := range []*pgx.Conn{c.conn, c.listening} {
		if err := conn.Close(context.Background()); err != nil {
			c.t.Error(err)
		}
	}
}

func (c *postgresClient) kinds() []operation {
	return []operation{
		{"simple", c.simple}, {"extended", c.extended}, {"transaction", c.transaction}, {"batch", c.batch}, {"copy in", c.copyIn},
		{"copy out", c.copyOut}, {"notify", c.notify}, {"error", c.refused}, {"unprepared", c.unprepared}, {"large", c.large},
		{"simple rows", c.simpleRows}, {"prepare", c.prepare}, {"many rows", c.manyRows}, {"nested", c.nested}, {"pipeline", c.pipeline},
		{"copy refused", c.copyRefused}, {"notice", c.notice}, {"cancel", c.cancel}, {"several", c.several}, {"batch refused", c.batchRefused},
	}
}

func (c *postgresClient) exec(sql string, args ...any) error {
	_, err := c.conn.Exec(c.t.Context(), sql, args...)
	return err
}

func (c *postgresClient) simple(i int) error {
	return c.exec(fmt.Sprintf("INSERT INTO things (n, body) VALUES (%d, '%s')", i, strings.Repeat("x", i%977)))
}

func (c *postgresClient) extended(i int) (err error) {
	var got int
	err = c.conn.QueryRow(c.t.Context(), "-- name: Point\nSELECT $1::int + 1", i).Scan(&got)
	if err == nil && got != i+1 {
		err = fmt.Errorf("got %d", got)
	}
	return err
}

func (c *postgresClient) transaction(i int) error {
	return pgx.BeginTxFunc(c.t.Context(), c.conn, pgx.TxOptions{
		IsoLevel: pgx.RepeatableRead, BeginQuery: "begin /* Count{key-1} */",
	}, func(tx pgx.Tx) error {
		_, err := tx.Exec(c.t.Context(), "-- name: Change\nUPDATE things SET n = $1 WHERE id = $2", i, i)
		return err
	})
}

func (c *postgresClient) batch(i int) error {
	b := &pgx.Batch{}
	for n := range i%7 + 1 {
		b.Queue("SELECT $1::int", n)
		b.Queue("INSERT INTO things (n) VALUES ($1)", n)
	}
	return c.conn.SendBatch(c.t.Context(), b).Close()
}

func (c *postgresClient) batchRefused(int) error {
	b := &pgx.Batch{}
	b.Queue("SELECT 1 / $1::int", 1)
	b.Queue("SELECT 1 / $1::int", 0)
	b.Queue("SELECT 1 / $1::int", 2)
	return mustFail("22012", c.conn.SendBatch(c.t.Context(), b).Close())
}

func (c *postgresClient) copyIn(i int) error {
	rows := make([][]any, i%200)
	for n := range rows {
		rows[n] = []any{n, strings.Repeat("y", n)}
	}
	n, err := c.conn.CopyFrom(c.t.Context(), pgx.Identifier{"things"}, []string{"n", "body"}, pgx.CopyFromRows(rows))
	if err == nil && n != int64(len(rows)) {
		err = fmt.Errorf("%d rows of %d", n, len(rows))
	}
	return err
}

func (c *postgresClient) copyRefused(int) error {
	_, err := c.conn.PgConn().CopyFrom(c.t.Context(), strings.NewReader("no number\n"), "COPY things (n) FROM STDIN")
	return mustFail("22P02", err)
}

func (c *postgresClient) copyOut(int) error {
	_, err := c.conn.PgConn().CopyTo(c.t.Context(), io.Discard, "COPY (SELECT n, body FROM things LIMIT 300) TO STDOUT")
	return err
}

func (c *postgresClient) notify(i int) error {
	if err := c.exec("SELECT pg_notify('news', $1)", fmt.Sprint(i)); err != nil {
		return err
	}
	news, err := c.listening.WaitForNotification(c.t.Context())
	if err == nil && news.Payload != fmt.Sprint(i) {
		err = fmt.Errorf("heard %q", news.Payload)
	}
	return err
}

func (c *postgresClient) refused(int) error {
	return mustFail("42P01", c.exec("SELECT * FROM nowhere"))
}

func mustFail(code string, err error) error {
	if answer, ok := errors.AsType[*pgconn.PgError](err); !ok || answer.Code != code {
		return fmt.Errorf("want %s, got %w", code, err)
	}
	return nil
}

func (c *postgresClient) unprepared(i int) error {
	return c.exec("SELECT $1::text", pgx.QueryExecModeExec, fmt.Sprint(i))
}

func (c *postgresClient) large(i int) (err error) {
	var length int
	size := 1000 * (i % 100)
	if i%2000 < 20 { // a few are larger than any buffer
		size = 3 << 20
	}
	var back string
	err = c.conn.QueryRow(c.t.Context(), "SELECT length($1), $1::text", strings.Repeat("z", size)).Scan(&length, &back)
	if err == nil && (length != size || len(back) != size) {
		err = fmt.Errorf("%d of %d", length, size)
	}
	return err
}

func (c *postgresClient) simpleRows(i int) error {
	rows, err := c.conn.Query(c.t.Context(), "SELECT generate_series(1, $1::int)", pgx.QueryExecModeSimpleProtocol, i%50)
	if err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}

func (c *postgresClient) prepare(i int) error {
	name := fmt.Sprintf("prepared_%d", i)
	if _, err := c.conn.Prepare(c.t.Context(), name, "SELECT $1::int"); err != nil {
		return err
	}
	if err := c.exec(name, i); err != nil {
		return err
	}
	return c.conn.Deallocate(c.t.Context(), name)
}

func (c *postgresClient) manyRows(i int) error {
	rows, err := c.conn.Query(c.t.Context(), "SELECT g, repeat('w', g % 100) FROM generate_series(1, $1::int) g", i%1000)
	if err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}

func (c *postgresClient) nested(i int) error {
	return pgx.BeginFunc(c.t.Context(), c.conn, func(tx pgx.Tx) error {
		err := pgx.BeginFunc(c.t.Context(), tx, func(tx pgx.Tx) error {
			_, err := tx.Exec(c.t.Context(), "SELECT 1 / $1::int", i%2)
			return err
		})
		if i%2 == 0 {
			return mustFail("22012", err)
		}
		return err
	})
}

func (c *postgresClient) pipeline(i int) error {
	p := c.conn.PgConn().StartPipeline(c.t.Context())
	p.SendQueryParams("SELECT $1::int", [][]byte{[]byte(fmt.Sprint(i))}, nil, nil, nil)
	p.SendPrepare("", "SELECT 2", nil)
	if err := p.Sync(); err != nil {
		return err
	}
	p.SendQueryPrepared("", nil, nil, nil)
	if err := p.Sync(); err != nil {
		return err
	}
	return p.Close()
}

func (c *postgresClient) notice(int) error {
	return c.exec("DO $$ BEGIN RAISE NOTICE 'something to know'; END $$")
}

func (c *postgresClient) several(i int) error {
	return c.exec(fmt.Sprintf("BEGIN; SELECT %d; -- nothing\nROLLBACK; /* nor here */ SELECT 'a;b'", i))
}

// cancel lets a statement be cancelled by a request over a connection of its own.
func (c *postgresClient) cancel(i int) error {
	if i%200 != 17 { // it takes its time
		return c.exec(";")
	}
	failed := make(chan error, 1)
	go func() {
		time.Sleep(20 * time.Millisecond)
		failed <- c.conn.PgConn().CancelRequest(context.Background())
	}()
	err := mustFail("57014", c.exec("SELECT pg_sleep(20)"))
	return errors.Join(err, <-failed)
}
