package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres"
	"github.com/squallhq/squall/system/port"
)

// setup runs body as a client's only task against an empty database.
func setup(t *testing.T, body func(ctx context.Context, db port.DB)) {
	t.Helper()
	world, server := newWorld(nil)
	client := world.AddNode("client", "client")
	client.Boot = func(ctx context.Context) {
		body(ctx, server.Open(client, postgres.PoolConfig{}))
		world.Stop()
	}
	client.Start()
	if err := world.Run(); err != nil {
		t.Fatal(err)
	}
}

func newWorld(storm sim.Storm) (*sim.World, *postgres.Server) {
	world := sim.NewWorld(1, sim.Options{Storm: storm, KeepTrace: true})
	node := world.AddNode("database", "database")
	server := postgres.NewServer(world, node, postgres.Options{})
	node.Start()
	return world, server
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStatements(t *testing.T) {
	setup(t, func(ctx context.Context, db port.DB) {
		_, err := db.Exec(ctx, `CREATE TABLE stock (sku text PRIMARY KEY, units int NOT NULL DEFAULT 0 CHECK (units >= 0), at timestamptz DEFAULT now())`)
		must(t, err)
		tag, err := db.Exec(ctx, `INSERT INTO stock (sku, units) VALUES ($1, $2), ('milk', 3)`, "tea", 7)
		must(t, err)
		if tag.String() != "INSERT 0 2" {
			t.Errorf("tag %q", tag)
		}
		var units int
		must(t, db.QueryRow(ctx, `SELECT units FROM stock WHERE sku = $1`, "tea").Scan(&units))
		if units != 7 {
			t.Errorf("units = %d, want 7", units)
		}
		rows, err := db.Query(ctx, `UPDATE stock SET units = units - 1 WHERE units > $1 RETURNING sku, units`, 1)
		must(t, err)
		type line struct {
			SKU   string
			Units int
		}
		lines, err := pgx.CollectRows(rows, pgx.RowToStructByPos[line])
		must(t, err)
		if len(lines) != 2 {
			t.Errorf("lines %v", lines)
		}
		_, err = db.Exec(ctx, `INSERT INTO stock VALUES ('tea', 1)`)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "23505" {
			t.Errorf("error %v, want 23505", err)
		}
		tag, err = db.Exec(ctx, `INSERT INTO stock VALUES ('tea', 1) ON CONFLICT (sku) DO UPDATE SET units = stock.units + excluded.units`)
		must(t, err)
		if tag.RowsAffected() != 1 {
			t.Errorf("tag %q", tag)
		}
		err = pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `SELECT sku FROM stock ORDER BY sku LIMIT 1 FOR UPDATE SKIP LOCKED`)
			if err != nil {
				return err
			}
			skus, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			if len(skus) != 1 || skus[0] != "milk" {
				t.Errorf("skus %v", skus)
			}
			_, err = tx.Exec(ctx, `DELETE FROM stock WHERE sku = ANY($1)`, skus)
			return err
		})
		must(t, err)
		var n int
		must(t, db.QueryRow(ctx, `SELECT count(*) FROM stock`).Scan(&n))
		if n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

func TestLockWait(t *testing.T) {
	world, server := newWorld(nil)
	client := world.AddNode("client", "client")
	var seen []string
	client.Boot = func(ctx context.Context) {
		db := server.Open(client, postgres.PoolConfig{MaxConns: 3})
		_, err := db.Exec(ctx, `CREATE TABLE stock (sku text PRIMARY KEY, units int); INSERT INTO stock VALUES ('tea', 1)`)
		must(t, err)
		tx, err := db.BeginTx(ctx, pgx.TxOptions{})
		must(t, err)
		_, err = tx.Exec(ctx, `UPDATE stock SET units = units - 1 WHERE sku = 'tea'`)
		must(t, err)
		done := false
		client.Go(ctx, "other", func(ctx context.Context) {
			tag, err := db.Exec(ctx, `UPDATE stock SET units = units - 1 WHERE sku = 'tea' AND units > 0`)
			must(t, err)
			seen = append(seen, tag.String())
			done = true
		})
		must(t, world.Sleep(ctx, 100*time.Millisecond))
		if waits := server.LockWaits(); len(waits) != 1 || done {
			t.Errorf("waits %v, done %v", waits, done)
		}
		must(t, tx.Commit(ctx))
		must(t, world.Sleep(ctx, 100*time.Millisecond))
		world.Stop()
	}
	client.Start()
	must(t, world.Run())
	if len(seen) != 1 || seen[0] != "UPDATE 0" {
		t.Errorf("tags %v, want UPDATE 0 after the re-check", seen)
	}
	_ = chaos.Fates
}
