package servers

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
)

// PostgresServer is a running PostgreSQL.
type PostgresServer struct {
	url  *url.URL
	host host // nil if it comes from the environment
}

// NewPostgres finds or starts a PostgreSQL. A started one is this caller's own: end it
// with Stop. Without one the error matches ErrNotFound.
func NewPostgres(ctx context.Context) (*PostgresServer, error) {
	if address := os.Getenv("SQUALL_POSTGRES_URL"); address != "" {
		return externalPostgres(ctx, address)
	}
	image, why := findImage(ctx, "SQUALL_POSTGRES_IMAGE", "postgres:15")
	if image != "" {
		return startPostgres(ctx, func(port int) (host, error) { return postgresContainer(ctx, image, port) })
	}
	bin := findPostgres()
	if bin == "" {
		return nil, notFound("PostgreSQL", "SQUALL_POSTGRES_URL", why, "initdb and postgres in PATH and the usual folders")
	}
	return startPostgres(ctx, func(port int) (host, error) { return postgresProcess(ctx, bin, port) })
}

func externalPostgres(ctx context.Context, address string) (*PostgresServer, error) {
	parsed, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(parsed.Scheme, "postgres") {
		return nil, fmt.Errorf("SQUALL_POSTGRES_URL must be like postgres://user:password@host:5432/database")
	}
	server := &PostgresServer{url: parsed}
	if err := server.ping(ctx); err != nil {
		return nil, fmt.Errorf("SQUALL_POSTGRES_URL: %w", err)
	}
	return server, nil
}

func startPostgres(ctx context.Context, start func(port int) (host, error)) (*PostgresServer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	host, err := start(port)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	address := fmt.Sprintf("postgres://squall@127.0.0.1:%d/postgres?sslmode=disable", port)
	parsed, _ := url.Parse(address)
	server := &PostgresServer{url: parsed, host: host}
	if err := awaitReady(ctx, host, server.ping); err != nil {
		host.stop()
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return server, nil
}

// postgresSettings make a throw-away server: nothing is made durable against a crash
// of the machine, and no vacuum changes plans. A crash of the server loses nothing: commits
// are written before they are answered (synchronous_commit is on), only not flushed.
func postgresSettings() []string {
	return []string{
		"-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "autovacuum=off", "-c", "max_connections=200", "-c", "timezone=UTC",
	}
}

// URL returns the URL of the server's own database. Tests use NewDatabase.
func (s *PostgresServer) URL() string { return s.url.String() }

// NewDatabase creates an empty database and returns its URL.
func (s *PostgresServer) NewDatabase(ctx context.Context) (string, error) {
	name := uniqueName("squall_")
	if err := s.exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	database := *s.url
	database.Path = "/" + name
	return database.String(), nil
}

// DropDatabase removes a database made by NewDatabase, ending its sessions.
func (s *PostgresServer) DropDatabase(ctx context.Context, database string) error {
	parsed, err := url.Parse(database)
	if err != nil {
		return err
	}
	name := strings.TrimPrefix(parsed.Path, "/")
	return s.exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

// Restart ends the server's sessions and the server, in order (PostgreSQL's fast
// shutdown, 57P01 to the sessions) or by killing it, and returns when it answers again.
func (s *PostgresServer) Restart(ctx context.Context, crash bool) error {
	if s.host == nil {
		return ErrNotOurs
	}
	return restartReady(ctx, s.host, crash, s.ping)
}

// Stop ends the server, if it was started here, and removes its data.
func (s *PostgresServer) Stop() {
	if s.host != nil {
		s.host.stop()
	}
}

func (s *PostgresServer) ping(ctx context.Context) error { return s.exec(ctx, "SELECT 1") }

func (s *PostgresServer) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.url.String())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}
