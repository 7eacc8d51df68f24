package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/postgres"
)

// TestCommitOutcome loses COMMITs and their answers. The outcome is unknown each time, and
// the database shows that it really can be either.
func TestCommitOutcome(t *testing.T) {
	for _, test := range []struct {
		name string
		fate fate
		done bool // what became of the transaction
	}{
		{"request lost", cutBefore, false},
		{"answer lost", cutAfter, true},
		{"answer late", holdReply, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			database := servers.Postgres(t)
			proxy, through := newProxy(t, database)
			db, direct := open(t, through), open(t, database)
			mustExec(t, direct, "CREATE TABLE t (id int)")

			tx, err := db.BeginTx(t.Context(), pgx.TxOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(t.Context(), "INSERT INTO t VALUES (1)"); err != nil {
				t.Fatal(err)
			}
			proxy.fate.Store(int32(test.fate))
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			err = tx.Commit(ctx)
			if err == nil || port.OutcomeOf(err) != port.Unknown {
				t.Errorf("commit: %v, outcome %v", err, port.OutcomeOf(err))
			}
			if got := committed(t, direct); got != test.done {
				t.Errorf("committed %v, want %v", got, test.done)
			}
			proxy.fate.Store(int32(pass))
			mustExec(t, db, "SELECT 1") // on a new connection
		})
	}
}

// TestLostAnswer loses the answers to statements outside transactions. Each of them was
// done, and none of the errors may say that it was not.
func TestLostAnswer(t *testing.T) {
	database := servers.Postgres(t)
	proxy, through := newProxy(t, database)
	direct := open(t, database)
	mustExec(t, direct, "CREATE TABLE t (v text)")
	const insert = "INSERT INTO t VALUES ($1) RETURNING 1"
	for _, test := range []struct {
		name string
		call func(db *postgres.DB, v string) error
	}{
		{"Exec", func(db *postgres.DB, v string) error {
			_, err := db.Exec(t.Context(), insert, v)
			return err
		}},
		{"Exec without arguments", func(db *postgres.DB, v string) error {
			_, err := db.Exec(t.Context(), "INSERT INTO t VALUES ('"+v+"')")
			return err
		}},
		{"QueryRow", func(db *postgres.DB, v string) error {
			return db.QueryRow(t.Context(), insert, v).Scan(new(int))
		}},
		{"Query", func(db *postgres.DB, v string) error {
			rows, err := db.Query(t.Context(), insert, v)
			if err != nil {
				return err
			}
			_, err = pgx.CollectRows(rows, pgx.RowTo[int])
			return err
		}},
		{"SendBatch", func(db *postgres.DB, v string) error {
			batch := &pgx.Batch{}
			batch.Queue(insert, v)
			return db.SendBatch(t.Context(), batch).Close()
		}},
		{"SendBatch, Exec", func(db *postgres.DB, v string) error {
			batch := &pgx.Batch{}
			batch.Queue(insert, v)
			results := db.SendBatch(t.Context(), batch)
			_, err := results.Exec()
			if err != nil {
				_ = results.Close()
				return err
			}
			return results.Close()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			mustExec(t, direct, "TRUNCATE t")
			db := open(t, through)
			if err := test.call(db, "kept"); err != nil { // so that the statement is prepared
				t.Fatal(err)
			}
			proxy.fate.Store(int32(cutAfter))
			defer proxy.fate.Store(int32(pass))
			err := test.call(db, "LOSE")
			if err == nil || port.OutcomeOf(err) != port.Unknown {
				t.Errorf("%v, outcome %v", err, port.OutcomeOf(err))
			}
			var count int
			mustExec(t, direct, "BEGIN; LOCK TABLE t IN EXCLUSIVE MODE; COMMIT")
			if err := direct.QueryRow(t.Context(), "SELECT count(*) FROM t").Scan(&count); err != nil || count != 2 {
				t.Errorf("%d rows, %v; the statement was to be done", count, err)
			}
		})
	}
}

// committed reads the table once nobody else writes it any more.
func committed(t *testing.T, db *postgres.DB) bool {
	t.Helper()
	var count int
	mustExec(t, db, "BEGIN; LOCK TABLE t IN EXCLUSIVE MODE; COMMIT")
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM t").Scan(&count); err != nil {
		t.Fatal(err)
	}
	return count > 0
}

func TestTerminatedSession(t *testing.T) {
	database := servers.Postgres(t)
	db, admin := open(t, database), open(t, database)
	mustExec(t, admin, "CREATE TABLE t (id int)")
	tx, err := db.BeginTx(t.Context(), pgx.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if err := tx.QueryRow(t.Context(), "INSERT INTO t VALUES (1) RETURNING pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	mustExec(t, admin, "SELECT pg_terminate_backend($1, 5000)", pid)
	err = tx.Commit(t.Context())
	if err == nil || port.OutcomeOf(err) != port.Unknown {
		t.Errorf("commit of a session that was ended: %v, outcome %v", err, port.OutcomeOf(err))
	}
	if committed(t, admin) {
		t.Error("the transaction was committed")
	}
	mustExec(t, db, "SELECT 1")
}

func TestUnreachable(t *testing.T) {
	db := open(t, "postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	calls := map[string]func() error{
		"Exec": func() error { _, err := db.Exec(t.Context(), "SELECT 1"); return err },
		"Query": func() error {
			rows, err := db.Query(t.Context(), "SELECT 1")
			if err == nil {
				rows.Close()
			}
			return err
		},
		"QueryRow": func() error { return db.QueryRow(t.Context(), "SELECT 1").Scan(new(int)) },
		"BeginTx":  func() error { _, err := db.BeginTx(t.Context(), pgx.TxOptions{}); return err },
		"SendBatch": func() error {
			batch := &pgx.Batch{}
			batch.Queue("SELECT 1")
			return db.SendBatch(t.Context(), batch).Close()
		},
	}
	for name, call := range calls {
		err := call()
		var connect *pgconn.ConnectError
		if !errors.As(err, &connect) || port.OutcomeOf(err) != port.NotDone {
			t.Errorf("%s: %v, outcome %v", name, err, port.OutcomeOf(err))
		}
	}
}

// TestRestart restarts the server under a statement, in order and by a crash. The
// pool is of use again when the server is.
func TestRestart(t *testing.T) {
	server, err := servers.NewPostgres(t.Context())
	servers.Require(t, err)
	t.Cleanup(server.Stop)
	for _, crash := range []bool{false, true} {
		db := open(t, server.URL())
		mustExec(t, db, "SELECT 1")
		asleep := make(chan error, 1)
		go func() {
			_, err := db.Exec(context.WithoutCancel(t.Context()), "SELECT pg_sleep(20)")
			asleep <- err
		}()
		awaitSleeper(t, server.URL())
		if err := server.Restart(t.Context(), crash); errors.Is(err, servers.ErrNotOurs) {
			t.Skip("the server comes from the environment")
		} else if err != nil {
			t.Fatal(err)
		}
		err := <-asleep
		if err == nil || port.OutcomeOf(err) != port.Unknown {
			t.Errorf("crash %v: %v, outcome %v", crash, err, port.OutcomeOf(err))
		}
		var refusal *pgconn.PgError
		if !crash && (!errors.As(err, &refusal) || refusal.Code != "57P01") {
			t.Errorf("shutdown in order: %v, want 57P01", err)
		}
		mustExec(t, db, "SELECT 1")
	}
}

func awaitSleeper(t *testing.T, url string) {
	t.Helper()
	db := open(t, url)
	defer db.Close()
	for range 1000 {
		var sleeps bool
		err := db.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')").Scan(&sleeps)
		if err != nil {
			t.Fatal(err)
		}
		if sleeps {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the statement does not run")
}
