package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/port"
)

// The tables that services keep growing, of 10,000 rows each. The sequence counts how many rows a
// statement looks at: nextval in its WHERE is called for each.
const bigTables = `
	CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, sent_at timestamptz);
	CREATE INDEX outbox_pending ON outbox (id) WHERE sent_at IS NULL;
	INSERT INTO outbox (topic) SELECT 'topic ' || n % 100 FROM generate_series(1, 10000) n;
	CREATE TABLE event (stream text, version int, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (stream, version));
	INSERT INTO event SELECT 'stream ' || n % 1000, n / 1000 FROM generate_series(0, 9999) n;
	CREATE INDEX event_stream_upper ON event (upper(stream));
	CREATE SEQUENCE looked`

// TestIndexesServe: where an index serves a statement, the statement looks at what it needs and not
// at the whole table.
func TestIndexesServe(t *testing.T) {
	for _, c := range []struct {
		name, sql string
		most      int64
	}{
		{"point select", `SELECT topic FROM outbox WHERE id = 5000 AND nextval('looked') > 0`, 1},
		{"claim", `SELECT id FROM outbox WHERE sent_at IS NULL AND nextval('looked') > 0 ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED`, 10},
		{"claim and mark", `UPDATE outbox SET sent_at = now() WHERE id IN (SELECT id FROM outbox
			WHERE sent_at IS NULL AND nextval('looked') > 0 ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED) AND nextval('looked') > 0`, 20},
		{"claim and delete", `WITH claimed AS (SELECT id FROM outbox WHERE sent_at IS NULL AND nextval('looked') > 0 ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED)
			DELETE FROM outbox USING claimed WHERE outbox.id = claimed.id AND nextval('looked') > 0`, 20},
		{"newest first", `SELECT id FROM outbox WHERE nextval('looked') > 0 ORDER BY id DESC LIMIT 10`, 10},
		{"page", `SELECT id FROM outbox WHERE id > 5000 AND nextval('looked') > 0 ORDER BY id LIMIT 10`, 10},
		{"any", `SELECT id FROM outbox WHERE id = ANY ('{1, 5000, 9999}') AND nextval('looked') > 0`, 3},
		{"in", `SELECT id FROM outbox WHERE id IN (1, 5000, 9999) AND nextval('looked') > 0`, 3},
		{"load of a stream", `SELECT version FROM event WHERE stream = 'stream 7' AND nextval('looked') > 0 ORDER BY version`, 10},
		{"tail of a stream", `SELECT version FROM event WHERE stream = 'stream 7' AND version >= 8 AND nextval('looked') > 0`, 2},
		{"version of a stream", `SELECT max(version) FROM event WHERE stream = 'stream 7' AND nextval('looked') > 0`, 10},
		{"expression", `SELECT version FROM event WHERE upper(stream) = 'STREAM 7' AND nextval('looked') > 0`, 10},
		{"join", `SELECT o.id FROM outbox o JOIN event e ON e.stream = o.topic AND nextval('looked') > 0 WHERE o.id = 5000`, 10},
		{"update", `UPDATE event SET at = now() WHERE stream = 'stream 7' AND version = 3 AND nextval('looked') > 0`, 1},
		{"delete", `DELETE FROM outbox WHERE id <= 10 AND nextval('looked') > 0`, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			setup(t, func(ctx context.Context, db port.DB) {
				_, err := db.Exec(ctx, bigTables)
				must(t, err)
				_, err = db.Exec(ctx, c.sql)
				must(t, err)
				if n := looked(ctx, t, db); n > c.most || n == 0 {
					t.Errorf("looks at %d rows, at most %d are needed", n, c.most)
				}
			})
		})
	}
}

// TestLookedCounts: without an index that serves, the counter shows the whole table.
func TestLookedCounts(t *testing.T) {
	setup(t, func(ctx context.Context, db port.DB) {
		_, err := db.Exec(ctx, bigTables+`; SELECT count(*) FROM outbox WHERE nextval('looked') > 0 AND topic = 'topic 7'`)
		must(t, err)
		if n := looked(ctx, t, db); n != 10_000 {
			t.Errorf("counted %d rows", n)
		}
	})
}

// TestClaimsStayShort: a relay's claim looks past what others hold, and not at what was sent long ago.
func TestClaimsStayShort(t *testing.T) {
	setup(t, func(ctx context.Context, db port.DB) {
		_, err := db.Exec(ctx, bigTables)
		must(t, err)
		const claim = `SELECT id FROM outbox WHERE sent_at IS NULL AND nextval('looked') > 0 ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED`
		_, err = db.Exec(ctx, `UPDATE outbox SET sent_at = now() WHERE id <= 5000`)
		must(t, err)
		for relay := range int64(3) {
			tx, err := db.BeginTx(ctx, pgx.TxOptions{})
			must(t, err)
			defer func() { must(t, tx.Rollback(ctx)) }()
			_, err = tx.Exec(ctx, claim)
			must(t, err)
			if n := looked(ctx, t, db); n != 10*(relay+1) {
				t.Errorf("relay %d looks at %d rows", relay+1, n)
			}
		}
	})
}

// looked says how often the sequence was called, and begins again.
func looked(ctx context.Context, t *testing.T, db port.DB) (n int64) {
	t.Helper()
	must(t, db.QueryRow(ctx, `SELECT nextval('looked') - 1`).Scan(&n))
	_, err := db.Exec(ctx, `SELECT setval('looked', 1, false)`)
	must(t, err)
	return n
}
