package wire_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/postgres"
)

var capturing = port.Op{Name: "CapturePayment", Key: "ann/order-7"}

const of = " of CapturePayment{ann/order-7}, attempt 1"

const insert = `-- name: Insert
INSERT INTO captures (id) VALUES ($1)`

const lookUp = `-- name: LookUp
SELECT id FROM captures WHERE id = $1`

// unit is a transaction of everything that can be struck.
func unit(ctx context.Context, db *postgres.DB, id int) error {
	return pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insert, id); err != nil {
			return err
		}
		var read int
		if err := tx.QueryRow(ctx, lookUp, id).Scan(&read); err != nil {
			return err
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"copies"}, []string{"id"}, pgx.CopyFromRows([][]any{{id}, {id}})); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue("-- name: First\nINSERT INTO batched (id) VALUES ($1)", id)
		batch.Queue("-- name: Second\nINSERT INTO batched (id) VALUES ($1)", id)
		return tx.SendBatch(ctx, batch).Close()
	})
}

// database makes the tables, and returns the database and its address through a proxy.
func database(t *testing.T) (direct *postgres.DB, host string, through func(string) string) {
	t.Helper()
	address := servers.Postgres(t)
	host, through = hostOf(t, address)
	direct = openDB(t, address)
	_, err := direct.Exec(t.Context(), "CREATE TABLE captures (id int PRIMARY KEY); CREATE TABLE copies (id int); CREATE TABLE batched (id int)")
	if err != nil {
		t.Fatal(err)
	}
	return direct, host, through
}

func openDB(t *testing.T, address string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: address, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// rowsOf is what is there of a unit: captures, copies and batched, a digit each.
func rowsOf(t *testing.T, db *postgres.DB, id int) (n int) {
	t.Helper()
	err := db.QueryRow(t.Context(), `SELECT 100 * (SELECT count(*) FROM captures WHERE id = $1)
		+ 10 * (SELECT count(*) FROM copies WHERE id = $1) + (SELECT count(*) FROM batched WHERE id = $1)`, id).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var statements = []string{"begin", "exec Insert", "query LookUp", `copy "copies"`, "batch First", "commit"}

// TestStatementFates brings every fate about at every kind of crossing. Before COMMIT the
// server forgets the transaction whatever befell it; COMMIT is the one that can have acted.
func TestStatementFates(t *testing.T) {
	direct, host, through := database(t)
	id := 0
	for _, what := range statements {
		for _, test := range []struct {
			sentence string
			done     bool // the COMMIT acts
			arrived  bool
		}{
			{"fail before payment: " + what + of, false, false},
			{"fail after payment: " + what + of, what == "commit", true},
			{"lose reply of payment: " + what + of, what == "commit", true},
		} {
			id++
			t.Run(test.sentence, func(t *testing.T) {
				book := planned(t, test.sentence)
				p := open(t, wire.PostgreSQL, book, host)
				db := openDB(t, through(p.Addr()))
				ctx, cancel := context.WithTimeout(port.WithOp(t.Context(), capturing), time.Second)
				defer cancel()
				err := unit(ctx, db, id)
				if err == nil {
					t.Fatal("the client saw nothing of it")
				}
				if outcome := port.OutcomeOf(err); what == "commit" && outcome != port.Unknown {
					t.Errorf("the outcome is %v by %v", outcome, err)
				}
				proof := fired(t, book).Proof
				if proof.Arrived != test.arrived || test.arrived && proof.Text == "" {
					t.Errorf("proof: %+v", proof)
				}
				want := 0
				if test.done {
					want = 122
				}
				eventually(t, "the session has ended", func() bool { return sessions(t, direct) == 0 })
				if got := rowsOf(t, direct, id); got != want {
					t.Errorf("the database has %d, want %d", got, want)
				}
				secondAttempt(t, db, book, id+1000)
			})
		}
	}
}

// secondAttempt does another unit under the same identity: the plan strikes the first only.
func secondAttempt(t *testing.T, db *postgres.DB, book *wire.Book, id int) {
	t.Helper()
	if err := unit(port.WithOp(t.Context(), capturing), db, id); err != nil {
		t.Errorf("the second attempt: %v", err)
	}
	if n := len(book.Fired()); n != 1 {
		t.Errorf("%d faults fired", n)
	}
}

// sessions counts the sessions that are in a transaction.
func sessions(t *testing.T, db *postgres.DB) (n int) {
	t.Helper()
	err := db.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND (state <> 'idle' OR xact_start IS NOT NULL)`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStatementDelay(t *testing.T) {
	direct, host, through := database(t)
	for i, what := range statements {
		t.Run(what, func(t *testing.T) {
			book := planned(t, "delay payment: "+what+of+" by 150ms")
			p := open(t, wire.PostgreSQL, book, host)
			start := time.Now()
			if err := unit(port.WithOp(t.Context(), capturing), openDB(t, through(p.Addr())), i); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took < 150*time.Millisecond {
				t.Errorf("it took %v", took)
			}
			if proof := fired(t, book).Proof; proof.Late < 150*time.Millisecond {
				t.Errorf("proof: %+v", proof)
			}
			if got := rowsOf(t, direct, i); got != 122 {
				t.Errorf("the database has %d", got)
			}
		})
	}
}

// TestReset: FailAfter is a reset and not an orderly end.
func TestResetIsOne(t *testing.T) {
	_, host, through := database(t)
	p := open(t, wire.PostgreSQL, planned(t, "fail after payment: exec Insert"+of), host)
	err := unit(port.WithOp(t.Context(), capturing), openDB(t, through(p.Addr())), 1)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client saw %v", err)
	}
	if p.Stats().Resets != 1 {
		t.Errorf("%+v", p.Stats())
	}
}

// TestRollbackFate: a rollback is a crossing too.
func TestRollbackFate(t *testing.T) {
	direct, host, through := database(t)
	book := planned(t, "fail before payment: rollback"+of)
	p := open(t, wire.PostgreSQL, book, host)
	ctx := port.WithOp(t.Context(), capturing)
	tx, err := openDB(t, through(p.Addr())).BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, insert, 1); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(ctx); err == nil {
		t.Error("the rollback was answered")
	}
	fired(t, book)
	eventually(t, "the session has ended", func() bool { return sessions(t, direct) == 0 })
	if got := rowsOf(t, direct, 1); got != 0 {
		t.Errorf("the database has %d", got)
	}
}

// TestIdentities: what crosses is named and counted as in the simulator, and what has no
// transaction has no op.
func TestIdentities(t *testing.T) {
	_, host, through := database(t)
	book := wire.NewBook(1)
	p := open(t, wire.PostgreSQL, book, host)
	db := openDB(t, through(p.Addr()))
	ctx := port.WithOp(t.Context(), capturing)
	for id := range 3 {
		if err := unit(ctx, db, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec(ctx, insert, 100); err != nil {
		t.Fatal(err)
	}
	if err := pgx.BeginTxFunc(ctx, db, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
		nested, err := tx.Begin(ctx)
		if err != nil {
			return err
		}
		return nested.Rollback(ctx)
	}); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string][2]int{
		"begin": {4, 0}, "commit": {4, 0}, "exec Insert": {3, 1}, "query LookUp": {3, 0}, `copy "copies"`: {3, 0}, "batch First": {3, 0},
		"exec savepoint": {1, 0}, "exec rollback to savepoint": {1, 0},
	} {
		if got := seenOf(book, what); got.Where != "payment" || got.Keyed != want[0] || got.Unkeyed != want[1] {
			t.Errorf("%s: %+v, want %v", what, got, want)
		}
	}
	if t.Failed() {
		t.Log(report(book))
	}
}

// TestCrash: a node that dies at a crossing is ended while its request is held.
func TestCrash(t *testing.T) {
	direct, host, through := database(t)
	for i, sentence := range []string{"kill node at payment: commit" + of + " for 2s", "lose machine at payment: commit" + of + " for 2s"} {
		t.Run(sentence, func(t *testing.T) {
			book := planned(t, sentence)
			var ended []string
			book.SetCrasher(func(strike chaos.Strike, client net.Addr) error {
				ended = append(ended, strike.String())
				if rowsOf(t, direct, i) != 0 || client == nil {
					t.Error("the commit has arrived")
				}
				return nil
			})
			p := open(t, wire.PostgreSQL, book, host)
			ctx, cancel := context.WithTimeout(port.WithOp(t.Context(), capturing), time.Second)
			defer cancel()
			if err := unit(ctx, openDB(t, through(p.Addr())), i); err == nil {
				t.Error("the commit was answered")
			}
			fired(t, book)
			if len(ended) != 1 || ended[0] != sentence {
				t.Errorf("ended %q", ended)
			}
			eventually(t, "the session has ended", func() bool { return sessions(t, direct) == 0 })
			if got := rowsOf(t, direct, i); got != 0 {
				t.Errorf("the database has %d", got)
			}
		})
	}
	t.Run("Refused", func(t *testing.T) {
		book := planned(t, "kill node at payment: commit"+of+" for 2s")
		book.SetCrasher(func(chaos.Strike, net.Addr) error { return errors.New("no such container") })
		p := open(t, wire.PostgreSQL, book, host)
		if err := unit(port.WithOp(t.Context(), capturing), openDB(t, through(p.Addr())), 9); err != nil {
			t.Error(err)
		}
		if all := book.Fired(); len(all) != 1 || all[0].Proof.Bit || all[0].Proof.Text == "" {
			t.Errorf("%+v", all)
		}
	})
}
