package postgres_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/postgres"
)

func TestMain(m *testing.M) { servers.Main(m) }

func TestOpen(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		open(t, "postgres://nobody@127.0.0.1:1/none") // does not connect
	})
	t.Run("ErrURL", func(t *testing.T) {
		if _, err := postgres.Open(t.Context(), postgres.Config{URL: "postgres://host:port/db"}); err == nil {
			t.Error("a URL with a port that is no number was accepted")
		}
	})
	t.Run("ErrPasswordFile", func(t *testing.T) {
		_, err := postgres.Open(t.Context(), postgres.Config{URL: "postgres://host/db", PasswordFile: filepath.Join(t.TempDir(), "none")})
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSettings(t *testing.T) {
	database := servers.Postgres(t)
	for _, test := range []struct{ parameters, setting, want string }{
		{"", "TimeZone", "UTC"},
		{"", "statement_timeout", "30s"},
		{"", "lock_timeout", "10s"},
		{"", "idle_in_transaction_session_timeout", "1min"},
		{"", "tcp_user_timeout", "60000"}, // SHOW asks the socket; Linux reports milliseconds
		{"", "client_connection_check_interval", "10s"},
		{"", "application_name", "test"},
		{"&statement_timeout=5s", "statement_timeout", "5s"},
		{"&timezone=Europe/Berlin", "TimeZone", "Europe/Berlin"},
	} {
		db := open(t, database+test.parameters)
		var got string
		if err := db.QueryRow(t.Context(), "SELECT current_setting($1)", test.setting).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != test.want {
			t.Errorf("%s with %q: got %s, want %s", test.setting, test.parameters, got, test.want)
		}
	}
}

func TestMaxConns(t *testing.T) {
	db := open(t, servers.Postgres(t)) // of two
	for range 2 {
		if _, err := db.BeginTx(t.Context(), pgx.TxOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.BeginTx(ended, pgx.TxOptions{}); port.OutcomeOf(err) != port.NotDone {
		t.Errorf("a third connection of two: %v, outcome %v", err, port.OutcomeOf(err))
	}
}

func TestNoWayAround(t *testing.T) {
	db := open(t, servers.Postgres(t))
	batch := &pgx.Batch{}
	batch.BeginTx(pgx.TxOptions{})
	batch.Queue("SELECT 1")
	results := db.SendBatch(t.Context(), batch)
	begun := results.Tx()
	if err := results.Close(); err != nil || begun == nil || begun.Conn() != nil {
		t.Errorf("transaction of a batch: %v, %v", begun, err)
	}
	if err := begun.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
	tx, err := db.BeginTx(t.Context(), pgx.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("large objects were handed out")
		}
		_ = tx.Rollback(context.Background())
	}()
	tx.LargeObjects()
}

// TestPasswordFile changes the file between two connections.
func TestPasswordFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	address, passwords := passwordServer(t)
	for _, password := range []string{"first", "second"} {
		if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := postgres.Open(t.Context(), postgres.Config{
			URL: "postgres://squall@" + address + "/db?sslmode=disable", PasswordFile: file,
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), "SELECT 1"); err == nil {
			t.Error("the server that refuses everybody let us in")
		}
		if got := <-passwords; got != password {
			t.Errorf("sent %q, want %q", got, password)
		}
		db.Close()
	}
}

// passwordServer asks for passwords and refuses them.
func passwordServer(t *testing.T) (address string, passwords <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	sent := make(chan string, 8)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if password, err := askPassword(conn); err == nil {
				sent <- password
			}
			_ = conn.Close()
		}
	}()
	return listener.Addr().String(), sent
}

func askPassword(conn net.Conn) (string, error) {
	backend := pgproto3.NewBackend(conn, conn)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return "", err
	}
	backend.Send(&pgproto3.AuthenticationCleartextPassword{})
	if err := backend.Flush(); err != nil {
		return "", err
	}
	if err := backend.SetAuthType(pgproto3.AuthTypeCleartextPassword); err != nil {
		return "", err
	}
	message, err := backend.Receive()
	if err != nil {
		return "", err
	}
	backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: "no"})
	return message.(*pgproto3.PasswordMessage).Password, backend.Flush()
}

func open(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, MaxConns: 2, ApplicationName: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func mustExec(t *testing.T, db *postgres.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
