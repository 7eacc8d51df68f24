package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres"
	"github.com/squallhq/squall/system/port"
)

// benchmark measures statements through the whole path: pool, crossing, network, session,
// execution, reply, scan.
func benchmark(b *testing.B, schema string, prepare, statement func(ctx context.Context, db port.DB, i int) error) {
	b.Helper()
	world := sim.NewWorld(1, sim.Options{Limit: 1 << 62})
	node := world.AddNode("database", "database")
	server := postgres.NewServer(world, node, postgres.Options{})
	node.Start()
	client := world.AddNode("client", "client")
	client.Boot = func(ctx context.Context) {
		defer world.Stop()
		db := server.Open(client, postgres.PoolConfig{})
		if _, err := db.Exec(ctx, schema); err != nil {
			b.Error(err)
			return
		}
		ctx = port.WithOp(ctx, port.Op{Name: "benchmark"})
		for i := 0; prepare != nil && i < 10_000; i++ {
			if err := prepare(ctx, db, i); err != nil {
				b.Error(err)
				return
			}
		}
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			if err := statement(ctx, db, i); err != nil {
				b.Error(err)
				return
			}
		}
		b.StopTimer()
	}
	client.Start()
	if err := world.Run(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkPointSelect(b *testing.B) {
	benchmark(b, `CREATE TABLE stock (sku bigint PRIMARY KEY, units int NOT NULL)`,
		func(ctx context.Context, db port.DB, i int) error {
			_, err := db.Exec(ctx, `INSERT INTO stock VALUES ($1, $2)`, i, i)
			return err
		},
		func(ctx context.Context, db port.DB, i int) error {
			var units int
			return db.QueryRow(ctx, "-- name: Units\nSELECT units FROM stock WHERE sku = $1", int64(i%10_000)).Scan(&units)
		})
}

func BenchmarkInboxInsert(b *testing.B) {
	benchmark(b, `CREATE TABLE inbox (consumer text, message text, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (consumer, message))`, nil,
		func(ctx context.Context, db port.DB, i int) error {
			_, err := db.Exec(ctx, "-- name: ClaimMessage\nINSERT INTO inbox (consumer, message) VALUES ($1, $2) ON CONFLICT DO NOTHING", "payment", fmt.Sprint(i))
			return err
		})
}

func BenchmarkOutboxClaim(b *testing.B) {
	benchmark(b, `CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text, sent_at timestamptz);
		CREATE INDEX outbox_pending ON outbox (id) WHERE sent_at IS NULL`,
		func(ctx context.Context, db port.DB, i int) error {
			_, err := db.Exec(ctx, `INSERT INTO outbox (body) VALUES ($1)`, "{}")
			return err
		},
		func(ctx context.Context, db port.DB, i int) error {
			return pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, func(tx pgx.Tx) error {
				rows, err := tx.Query(ctx, "-- name: Claim\nSELECT id, body FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED", 10)
				if err != nil {
					return err
				}
				for rows.Next() {
					var id int64
					var body string
					if err := rows.Scan(&id, &body); err != nil {
						return err
					}
				}
				return rows.Err()
			})
		})
}

func BenchmarkEventAppend(b *testing.B) {
	benchmark(b, `CREATE TABLE event (position bigint GENERATED ALWAYS AS IDENTITY, stream text, version int, type text NOT NULL, body jsonb NOT NULL,
		at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (stream, version))`, nil,
		func(ctx context.Context, db port.DB, i int) error {
			var position int64
			return db.QueryRow(ctx, "-- name: Append\nINSERT INTO event (stream, version, type, body) VALUES ($1, $2, $3, $4) RETURNING position",
				"order-7", i, "OrderPlaced", []byte(`{"order":7,"lines":[{"sku":"tea","units":2}]}`)).Scan(&position)
		})
}
