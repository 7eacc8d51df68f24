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

// striking is a storm that strikes one crossing.
func striking(kind chaos.Kind, what, op string, d time.Duration) sim.Storm {
	id := chaos.Identity{Where: "client", What: what, Op: op, N: 1}
	return sim.NewPlannedStorm([]chaos.Sentence{{Fault: chaos.NewStrike(kind, id, d)}})
}

// commitUnder lets a client insert a row in a transaction whose COMMIT meets a fault, and
// reports the error, whether the row is there afterwards, and the marks.
func commitUnder(t *testing.T, kind chaos.Kind) (stored bool, marks map[string]int, err error) {
	t.Helper()
	world, server := newWorld(striking(kind, "commit", "Insert{1}", 0))
	client := world.AddNode("client", "client")
	client.Boot = func(ctx context.Context) {
		db := server.Open(client, postgres.PoolConfig{})
		_, ddl := db.Exec(ctx, `CREATE TABLE t (id int PRIMARY KEY)`)
		must(t, ddl)
		ctx = port.WithOp(ctx, port.Op{Name: "Insert", Key: "1"})
		timeout, cancel := client.Runtime().WithTimeout(ctx, 5*time.Second)
		defer cancel()
		err = pgx.BeginTxFunc(timeout, db, pgx.TxOptions{}, func(tx pgx.Tx) error {
			_, err := tx.Exec(timeout, `INSERT INTO t VALUES ($1)`, 1)
			return err
		})
		must(t, world.Sleep(ctx, time.Second))
		must(t, db.QueryRow(ctx, `SELECT count(*) = 1 FROM t`).Scan(&stored))
		world.Stop()
	}
	client.Start()
	must(t, world.Run())
	return stored, world.Marks(), err
}

func TestCommitFates(t *testing.T) {
	for _, test := range []struct {
		kind   chaos.Kind
		stored bool
		mark   string
	}{
		{chaos.KindFailBefore, false, "commit reply lost, had not committed"},
		{chaos.KindFailAfter, true, "commit reply lost, had committed"},
		{chaos.KindLoseReply, true, "commit reply lost, had committed"},
	} {
		t.Run("Err"+test.kind.String(), func(t *testing.T) {
			stored, marks, err := commitUnder(t, test.kind)
			if err == nil || port.OutcomeOf(err) != port.Unknown {
				t.Errorf("error %v, outcome %v; want an unknown outcome", err, port.OutcomeOf(err))
			}
			if stored != test.stored {
				t.Errorf("stored %v, want %v", stored, test.stored)
			}
			if marks[test.mark] != 1 {
				t.Errorf("marks %v, want %q", marks, test.mark)
			}
		})
	}
	t.Run("OKdelay", func(t *testing.T) {
		stored, _, err := commitUnder(t, chaos.KindDelay)
		if err != nil || !stored {
			t.Errorf("error %v, stored %v", err, stored)
		}
	})
}

// TestDeadClient kills a client whose statement waits for a lock: the session goes on, and
// rolls back when it finds its client gone.
func TestDeadClient(t *testing.T) {
	world, server := newWorld(nil)
	blocker := world.AddNode("blocker", "blocker")
	client := world.AddNode("client", "client")
	client.Boot = func(ctx context.Context) {
		if client.Boots() > 1 {
			_ = world.Park(ctx)
		}
		db := server.Open(client, postgres.PoolConfig{})
		_, _ = db.Exec(ctx, `UPDATE t SET v = v + 1`)
		t.Error("the statement returned to a dead client")
	}
	blocker.Boot = func(ctx context.Context) {
		db := server.Open(blocker, postgres.PoolConfig{})
		_, err := db.Exec(ctx, `CREATE TABLE t (v int); INSERT INTO t VALUES (1)`)
		must(t, err)
		tx, err := db.BeginTx(ctx, pgx.TxOptions{})
		must(t, err)
		_, err = tx.Exec(ctx, `UPDATE t SET v = v`)
		must(t, err)
		client.Start()
		must(t, world.Sleep(ctx, 100*time.Millisecond))
		client.Crash(chaos.KindKill, 50*time.Millisecond)
		must(t, world.Sleep(ctx, 100*time.Millisecond))
		must(t, tx.Commit(ctx))
		must(t, world.Sleep(ctx, 100*time.Millisecond))
		var v int
		must(t, db.QueryRow(ctx, `SELECT v FROM t`).Scan(&v))
		if v != 2 {
			t.Errorf("v = %d, want 2: the dead client's statement was on its way", v)
		}
		world.Stop()
	}
	blocker.Start()
	must(t, world.Run())
	if world.Marks()["dead client's transaction committed after reboot"] != 1 {
		t.Errorf("marks %v", world.Marks())
	}
}

// TestServerRestart crashes the database: what was committed stays, clients find their
// connections broken and get new ones.
func TestServerRestart(t *testing.T) {
	world, server := newWorld(nil)
	client := world.AddNode("client", "client")
	client.Boot = func(ctx context.Context) {
		db := server.Open(client, postgres.PoolConfig{})
		_, err := db.Exec(ctx, `CREATE TABLE t (v int); INSERT INTO t VALUES (1)`)
		must(t, err)
		tx, err := db.BeginTx(ctx, pgx.TxOptions{})
		must(t, err)
		_, err = tx.Exec(ctx, `INSERT INTO t VALUES (2)`)
		must(t, err)
		server.Node().Crash(chaos.KindKill, 100*time.Millisecond)
		if err := tx.Commit(ctx); port.OutcomeOf(err) != port.Unknown || err == nil {
			t.Errorf("commit: %v, outcome %v", err, port.OutcomeOf(err))
		}
		_, err = db.Exec(ctx, `SELECT 1`)
		if port.OutcomeOf(err) != port.NotDone || !port.Outage(err) || pgconn.SafeToRetry(err) {
			t.Errorf("refused connection: %v", err)
		}
		must(t, world.Sleep(ctx, 110*time.Millisecond))
		var starting *pgconn.PgError
		if _, err = db.Exec(ctx, `SELECT 1`); !errors.As(err, &starting) || starting.Code != "57P03" || port.OutcomeOf(err) != port.NotDone {
			t.Errorf("starting up: %v", err)
		}
		must(t, world.Sleep(ctx, time.Second))
		var n int
		must(t, db.QueryRow(ctx, `SELECT count(*) FROM t`).Scan(&n))
		if n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
		world.Stop()
	}
	client.Start()
	must(t, world.Run())
}

func TestDeadlock(t *testing.T) {
	world, server := newWorld(nil)
	client := world.AddNode("client", "client")
	victims := 0
	client.Boot = func(ctx context.Context) {
		db := server.Open(client, postgres.PoolConfig{})
		_, err := db.Exec(ctx, `CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0), (2, 0)`)
		must(t, err)
		left := 2
		cross := func(first, second int) {
			client.Go(ctx, "crossing", func(ctx context.Context) {
				err := pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, func(tx pgx.Tx) error {
					for _, id := range []int{first, second} {
						if _, err := tx.Exec(ctx, `UPDATE t SET v = v + 1 WHERE id = $1`, id); err != nil {
							return err
						}
						if err := world.Sleep(ctx, 10*time.Millisecond); err != nil {
							return err
						}
					}
					return nil
				})
				var refused *pgconn.PgError
				if errors.As(err, &refused) && refused.Code == "40P01" {
					victims++
				} else {
					must(t, err)
				}
				if left--; left == 0 {
					world.Stop()
				}
			})
		}
		cross(1, 2)
		cross(2, 1)
		_ = world.Park(ctx)
	}
	client.Start()
	must(t, world.Run())
	if victims != 1 || world.Marks()["deadlock"] != 1 {
		t.Errorf("%d victims, marks %v", victims, world.Marks())
	}
}

func TestPool(t *testing.T) {
	world, server := newWorld(nil)
	client := world.AddNode("client", "client")
	client.Boot = func(ctx context.Context) {
		runtime := client.Runtime()
		db := server.Open(client, postgres.PoolConfig{MaxConns: 1})
		tx, err := db.BeginTx(ctx, pgx.TxOptions{})
		must(t, err)
		short, cancel := runtime.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		if _, err := db.Exec(short, `SELECT 1`); !errors.Is(err, context.DeadlineExceeded) || port.OutcomeOf(err) != port.NotDone {
			t.Errorf("waiting for a connection: %v", err)
		}
		rows, err := tx.Query(ctx, `SELECT 1`)
		must(t, err)
		if _, err := tx.Exec(ctx, `SELECT 1`); err == nil || err.Error() != "conn busy" {
			t.Errorf("second statement: %v, want conn busy", err)
		}
		rows.Close()
		_, err = tx.Exec(ctx, `SELECT 1/0`)
		if err == nil {
			t.Error("no error from 1/0")
		}
		if err := tx.Commit(ctx); !errors.Is(err, pgx.ErrTxCommitRollback) {
			t.Errorf("commit: %v", err)
		}
		if err := tx.Rollback(ctx); !errors.Is(err, pgx.ErrTxClosed) {
			t.Errorf("rollback: %v", err)
		}
		soon, cancel := runtime.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := db.Exec(soon, `SELECT pg_sleep(10)`); !errors.Is(err, context.DeadlineExceeded) || port.OutcomeOf(err) != port.Unknown {
			t.Errorf("pg_sleep: %v", err)
		}
		_, err = db.Exec(ctx, `SELECT 1`)
		must(t, err)
		world.Stop()
	}
	client.Start()
	must(t, world.Run())
}

func TestBatchAndCopy(t *testing.T) {
	setup(t, func(ctx context.Context, db port.DB) {
		_, err := db.Exec(ctx, `CREATE TABLE t (id int PRIMARY KEY, name text)`)
		must(t, err)
		batch := &pgx.Batch{}
		batch.Queue(`INSERT INTO t VALUES ($1, $2)`, 1, "one")
		batch.Queue(`SELECT name FROM t WHERE id = $1`, 1).QueryRow(func(row pgx.Row) error {
			var name string
			err := row.Scan(&name)
			if name != "one" {
				t.Errorf("name %q", name)
			}
			return err
		})
		must(t, db.SendBatch(ctx, batch).Close())
		failing := &pgx.Batch{}
		failing.Queue(`INSERT INTO t VALUES (2, 'two')`)
		failing.Queue(`INSERT INTO t VALUES (1, 'again')`)
		var refused *pgconn.PgError
		if err := db.SendBatch(ctx, failing).Close(); !errors.As(err, &refused) || refused.Code != "23505" {
			t.Errorf("failing batch: %v", err)
		}
		must(t, pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, func(tx pgx.Tx) error {
			n, err := tx.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"id", "name"}, pgx.CopyFromRows([][]any{{5, "five"}, {6, nil}}))
			if n != 2 {
				t.Errorf("copied %d", n)
			}
			return err
		}))
		rows, err := db.Query(ctx, `SELECT id FROM t ORDER BY id`)
		must(t, err)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
		must(t, err)
		if len(ids) != 3 || ids[1] != 5 {
			t.Errorf("ids %v, want 1 5 6: a failing batch leaves nothing", ids)
		}
	})
}

// TestSameSeedSameTrace runs a contended workload twice.
func TestSameSeedSameTrace(t *testing.T) {
	run := func() string {
		world, server := newWorld(&sim.DrawnStorm{})
		client := world.AddNode("client", "client")
		client.Boot = func(ctx context.Context) {
			db := server.Open(client, postgres.PoolConfig{})
			_, err := db.Exec(ctx, `CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)`)
			must(t, err)
			left := 10
			for range left {
				client.Go(ctx, "adding", func(ctx context.Context) {
					_, err := db.Exec(ctx, `UPDATE t SET v = v + $1 WHERE id = 1`, 1)
					must(t, err)
					if left--; left == 0 {
						world.Stop()
					}
				})
			}
			_ = world.Park(ctx)
		}
		client.Start()
		must(t, world.Run())
		return world.Trace().Hash()
	}
	if a, b := run(), run(); a != b {
		t.Errorf("hashes %s and %s", a, b)
	}
}
