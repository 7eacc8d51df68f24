package wire_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/sim/conform/servers"
)

// BenchmarkPostgres is a transaction of BEGIN, one INSERT and COMMIT, in turns without and
// with the proxy: the ratio of their times is its overhead.
func BenchmarkPostgres(b *testing.B) {
	server, err := servers.NewPostgres(b.Context())
	servers.Require(b, err)
	defer server.Stop()
	host, through := hostOf(b, server.URL())
	p := open(b, wire.PostgreSQL, wire.NewBook(1), host)
	connect := func(address string) func() error {
		conn, err := pgx.Connect(b.Context(), address)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close(context.Background()) })
		if _, err := conn.Exec(b.Context(), "CREATE TABLE IF NOT EXISTS bench (n int)"); err != nil {
			b.Fatal(err)
		}
		return func() error {
			return pgx.BeginTxFunc(b.Context(), conn, pgx.TxOptions{BeginQuery: "begin /* Bench{key} */"}, func(tx pgx.Tx) error {
				_, err := tx.Exec(b.Context(), "-- name: Bench\nINSERT INTO bench VALUES ($1)", 1)
				return err
			})
		}
	}
	ratio(b, connect(server.URL()), connect(through(p.Addr())))
}

// BenchmarkAMQP is a publish of a kilobyte and its confirm.
func BenchmarkAMQP(b *testing.B) {
	address := servers.RabbitMQ(b)
	host, through := hostOf(b, address)
	p := open(b, wire.AMQP, wire.NewBook(1), host)
	connect := func(address string) func() error {
		conn, err := amqp.Dial(address)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		channel, err := conn.Channel()
		if err == nil {
			err = channel.Confirm(false)
		}
		if err != nil {
			b.Fatal(err)
		}
		m := message("order-7", string(make([]byte, 1024)))
		return func() error {
			confirm, err := channel.PublishWithDeferredConfirm("", "wire.nowhere", false, false, m)
			if err == nil {
				confirm.Wait()
			}
			return err
		}
	}
	ratio(b, connect(address), connect(through(p.Addr())))
}

// BenchmarkPostgresRows reads 100,000 rows in one statement, for the cost by volume.
func BenchmarkPostgresRows(b *testing.B) {
	server, err := servers.NewPostgres(b.Context())
	servers.Require(b, err)
	defer server.Stop()
	host, through := hostOf(b, server.URL())
	p := open(b, wire.PostgreSQL, wire.NewBook(1), host)
	connect := func(address string) func() error {
		conn, err := pgx.Connect(b.Context(), address)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close(context.Background()) })
		return func() error {
			rows, err := conn.Query(b.Context(), "SELECT g, repeat('w', 50) FROM generate_series(1, 100000) g")
			if err != nil {
				return err
			}
			rows.Close()
			return rows.Err()
		}
	}
	ratio(b, connect(server.URL()), connect(through(p.Addr())))
}

// ratio runs both in turns, so that other load on the machine falls on both.
func ratio(b *testing.B, direct, proxied func() error) {
	b.Helper()
	var times [2]time.Duration
	for b.Loop() {
		for i, run := range []func() error{direct, proxied} {
			start := time.Now()
			if err := run(); err != nil {
				b.Fatal(err)
			}
			times[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(times[0].Microseconds())/float64(b.N), "µs-direct/op")
	b.ReportMetric(float64(times[1].Microseconds())/float64(b.N), "µs-proxied/op")
	b.ReportMetric(float64(times[1])/float64(times[0]), "ratio")
}
