package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/system/port"
)

// driverCases are about port.DB itself: the pool, transactions as pgx has them, and
// what its helpers need.
func driverCases() []PostgresCase {
	var cases []PostgresCase
	for _, c := range slices.Concat(driverRules, limitRules) {
		cases = append(cases, PostgresCase{
			Topic: "driver", Name: c.name, Rule: c.rule, Source: c.source, PoolSize: 1,
			check: func(world PostgresWorld) error { return alone(world, c.work) },
		})
	}
	return append(cases, PostgresCase{
		Topic: "driver", Name: "a waiter gets the connection", PoolSize: 1, check: waiterGetsConnection,
		Rule:   "A call that waits for a connection goes on when the transaction that holds it ends.",
		Source: "port.DB; pgxpool documentation, Pool.Acquire",
	})
}

// driverRule is a case of one session.
type driverRule struct {
	name, rule, source string
	work               func(ctx context.Context, d dbClient) error
}

var driverRules = []driverRule{
	{"a call waits for a connection", "With every connection in use a call waits for one until its context ends; then nothing was done.",
		"port.DB; pgxpool documentation, Pool.Acquire", poolIsBounded},
	{"a result holds its connection", "The result of Query keeps its connection until it is closed.",
		"port.DB; pgxpool documentation, Pool.Query", rowsHoldConnection},
	{"conn busy", "In a transaction a second statement before the first one's rows are closed fails with conn busy.",
		"port.DB; pgx documentation, Conn", connBusy},
	{"an expired context ends the connection", "A context that ends during a call closes the connection; the transaction is lost and the pool makes a new one.",
		"port.DB; pgconn documentation, context", expiredContext},
	{"an expired context before a call", "A context that has ended already fails the call, and nothing was sent.",
		"port.OutcomeOf; pgconn documentation, SafeToRetry", endedContext},
	{"a commit that rolled back", "Commit of a transaction in which a statement failed is ErrTxCommitRollback: not done.",
		"port.DB; pgx documentation, ErrTxCommitRollback", commitRolledBack},
	{"a transaction ends once", "Commit and Rollback of an ended transaction are ErrTxClosed, as is everything else on it.",
		"pgx documentation, Tx", txClosed},
	{"nested transactions", "Begin on a transaction is a savepoint: its rollback leaves the outer one whole.",
		"pgx documentation, Tx.Begin", nestedTx},
	{"begin func", "BeginTxFunc commits when its function succeeds and rolls back when it fails.",
		"pgx documentation, BeginTxFunc", beginFunc},
	{"no rows", "QueryRow without a row is ErrNoRows; with several it gives the first.",
		"pgx documentation, Conn.QueryRow", noRows},
	{"collecting rows", "CollectRows, RowTo, RowToStructByName and CollectExactlyOneRow work on the port's rows.",
		"pgx documentation, CollectRows", collectRows},
	{"scanning", "Scan fills Go values and pointers of the usual types; a null needs a pointer.",
		"pgx documentation, Rows.Scan", scanning},
	{"named arguments", "NamedArgs rewrite @name to parameters before the statement is sent.",
		"pgx documentation, NamedArgs", namedArgs},
	{"a batch", "SendBatch answers its statements in order, in one implicit transaction.",
		"port.DB; pgx documentation, Batch", batch},
	{"a batch that fails", "When a statement of a batch fails the later ones are not run and the earlier ones are undone.",
		"port.DB; PostgreSQL documentation, 55.2.4 Pipelining", failedBatch},
	{"a batch in a transaction", "A batch on a transaction is part of it.",
		"pgx documentation, Tx.SendBatch", batchInTx},
	{"copy", "CopyFrom in a transaction loads rows and counts them; a refused row undoes all.",
		"pgx documentation, Tx.CopyFrom; PostgreSQL documentation, COPY", copyFrom},
	{"prepare", "Prepare on a transaction describes the statement: parameter types and columns.",
		"pgx documentation, Tx.Prepare", prepare},
	{"no way around the port", "Tx.Conn returns nil, of nested transactions as well.",
		"port.DB", noConn},
	{"a stale plan fails once", "After another session changed a table, a cached statement fails once with 0A000 and works when it is repeated.",
		"port.DB; PostgreSQL documentation, PREPARE; pgx documentation, QueryExecModeCacheStatement", stalePlan},
	{"arguments that do not fit", "A wrong number of arguments, or a value that cannot be encoded, fails before anything is sent; a string goes as text for any type.",
		"pgx documentation, Conn.Query", badArguments},
	{"options of a transaction", "BeginTx sets isolation level and access mode of that transaction only.",
		"pgx documentation, TxOptions", txOptions},
}

// dbClient is what a case works with.
type dbClient struct {
	db    port.DB
	clock port.Clock
}

func (d dbClient) exec(ctx context.Context, sql string) error {
	_, err := d.db.Exec(ctx, sql)
	return err
}

// alone runs a case that needs one session.
func alone(world PostgresWorld, work func(context.Context, dbClient) error) error {
	session := Session{Client: "s1"}
	var err error
	world.Start(session, func(ctx context.Context, db port.DB, clock port.Clock) { err = work(ctx, dbClient{db, clock}) })
	if _, returned := world.Await(session); !returned {
		return errors.New("the case does not come to its end")
	}
	return err
}

const brief = 100 * time.Millisecond

func poolIsBounded(ctx context.Context, d dbClient) error {
	tx, err := d.db.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return err
	}
	for i, call := range []func(context.Context) error{
		func(ctx context.Context) error { return d.exec(ctx, "CREATE TABLE t ()") },
		func(ctx context.Context) error { return d.db.QueryRow(ctx, "SELECT 1").Scan(new(int)) },
		func(ctx context.Context) error { _, err := d.db.BeginTx(ctx, pgx.TxOptions{}); return err },
		func(ctx context.Context) error { return drain(d.db.Query(ctx, "SELECT 1")) },
		func(ctx context.Context) error {
			batch := &pgx.Batch{}
			batch.Queue("SELECT 1")
			return d.db.SendBatch(ctx, batch).Close()
		},
	} {
		short, cancel := d.clock.WithTimeout(ctx, brief)
		begin := d.clock.Elapsed()
		err := call(short)
		waited := d.clock.Elapsed() - begin
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || port.OutcomeOf(err) != port.NotDone || waited < brief {
			return fmt.Errorf("call %d without a free connection: %v, %v, after %v", i, err, port.OutcomeOf(err), waited)
		}
	}
	if err := tx.Rollback(ctx); err != nil {
		return err
	}
	return d.exec(ctx, "CREATE TABLE t ()")
}

// drain reads a result to its end.
func drain(rows pgx.Rows, err error) error {
	if err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}

func waiterGetsConnection(world PostgresWorld) error {
	holder, waiter := Session{Client: "s1", Task: "holder"}, Session{Client: "s1", Task: "waiter"}
	var tx pgx.Tx
	var held, waited, setup error
	world.Start(holder, func(ctx context.Context, db port.DB, _ port.Clock) {
		_, setup = db.Exec(ctx, "CREATE TABLE seen (who text, at timestamptz)")
		tx, held = db.BeginTx(ctx, pgx.TxOptions{})
	})
	if _, ok := world.Await(holder); !ok || errors.Join(setup, held) != nil {
		return fmt.Errorf("begin: %w", errors.Join(setup, held))
	}
	world.Start(waiter, func(ctx context.Context, db port.DB, _ port.Clock) {
		_, waited = db.Exec(ctx, "INSERT INTO seen VALUES ('waiter', clock_timestamp())")
	})
	world.Start(holder, func(ctx context.Context, _ port.DB, clock port.Clock) {
		slept := clock.Sleep(ctx, brief)
		_, inserted := tx.Exec(ctx, "INSERT INTO seen VALUES ('holder', clock_timestamp())")
		held = errors.Join(slept, inserted, tx.Commit(ctx))
	})
	for _, session := range []Session{holder, waiter} {
		if _, ok := world.Await(session); !ok {
			return fmt.Errorf("%s does not return", session.Task)
		}
	}
	if err := errors.Join(held, waited); err != nil {
		return err
	}
	return alone(world, func(ctx context.Context, d dbClient) error {
		return expectRow(ctx, d.db, "SELECT string_agg(who, ',' ORDER BY at) FROM seen", "holder,waiter")
	})
}

func rowsHoldConnection(ctx context.Context, d dbClient) error {
	rows, err := d.db.Query(ctx, "SELECT n FROM generate_series(1, 3) n")
	if err != nil {
		return err
	}
	rows.Next()
	short, cancel := d.clock.WithTimeout(ctx, brief)
	defer cancel()
	if err := d.exec(short, "SELECT 1"); port.OutcomeOf(err) != port.NotDone {
		return fmt.Errorf("beside open rows: %v", err)
	}
	rows.Close()
	if rows.Next() {
		return errors.New("closed rows go on")
	}
	return d.exec(ctx, "SELECT 1")
}

func connBusy(ctx context.Context, d dbClient) error {
	return inTx(ctx, d, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT n FROM generate_series(1, 3) n")
		if err != nil {
			return err
		}
		rows.Next()
		_, err = tx.Exec(ctx, "SELECT 1")
		if err == nil || err.Error() != "conn busy" || port.OutcomeOf(err) != port.NotDone {
			return fmt.Errorf("beside open rows: %v, %v", err, port.OutcomeOf(err))
		}
		rows.Close()
		_, err = tx.Exec(ctx, "SELECT 1")
		return err
	})
}

func expiredContext(ctx context.Context, d dbClient) error {
	if err := d.exec(ctx, "CREATE TABLE t (id int)"); err != nil {
		return err
	}
	tx, err := d.db.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO t VALUES (1)"); err != nil {
		return err
	}
	short, cancel := d.clock.WithTimeout(ctx, brief)
	defer cancel()
	_, err = tx.Exec(short, "SELECT pg_sleep(2)")
	if !errors.Is(err, context.DeadlineExceeded) || port.OutcomeOf(err) != port.Unknown {
		return fmt.Errorf("the call that met the deadline: %v, %v", err, port.OutcomeOf(err))
	}
	if _, err = tx.Exec(ctx, "SELECT 1"); err == nil || port.OutcomeOf(err) != port.NotDone {
		return fmt.Errorf("the next statement: %v, %v", err, port.OutcomeOf(err))
	}
	if err := tx.Commit(ctx); err == nil || port.OutcomeOf(err) != port.NotDone {
		return fmt.Errorf("the commit: %v, %v", err, port.OutcomeOf(err))
	}
	return expectRow(ctx, d.db, "SELECT count(*) FROM t", int64(0))
}

func endedContext(ctx context.Context, d dbClient) error {
	ended, cancel := d.clock.WithTimeout(ctx, port.Forever)
	cancel()
	err := d.exec(ended, "CREATE TABLE t ()")
	if !errors.Is(err, context.Canceled) || port.OutcomeOf(err) != port.NotDone {
		return fmt.Errorf("on the pool: %v, %v", err, port.OutcomeOf(err))
	}
	return inTx(ctx, d, func(tx pgx.Tx) error {
		_, err := tx.Exec(ended, "CREATE TABLE t ()")
		if !errors.Is(err, context.Canceled) || port.OutcomeOf(err) != port.NotDone {
			return fmt.Errorf("in a transaction: %v, %v", err, port.OutcomeOf(err))
		}
		_, err = tx.Exec(ctx, "CREATE TABLE t ()")
		return err
	})
}

func commitRolledBack(ctx context.Context, d dbClient) error {
	tx, err := d.db.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SELECT 1/0"); sqlState(err) != "22012" || port.OutcomeOf(err) != port.NotDone {
		return fmt.Errorf("division by zero: %v", err)
	}
	err = tx.Commit(ctx)
	if !errors.Is(err, pgx.ErrTxCommitRollback) || port.OutcomeOf(err) != port.NotDone {
		return fmt.Errorf("commit: %v, %v", err, port.OutcomeOf(err))
	}
	return nil
}

func txClosed(ctx context.Context, d dbClient) error {
	tx, err := d.db.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	_, execErr := tx.Exec(ctx, "SELECT 1")
	queryErr := drain(tx.Query(ctx, "SELECT 1"))
	_, beginErr := tx.Begin(ctx)
	for _, err := range []error{
		tx.Commit(ctx), tx.Rollback(ctx), execErr, queryErr, beginErr, tx.QueryRow(ctx, "SELECT 1").Scan(new(int)),
	} {
		if !errors.Is(err, pgx.ErrTxClosed) {
			return fmt.Errorf("after the commit: %v", err)
		}
	}
	return nil
}

func txOptions(ctx context.Context, d dbClient) error {
	tx, err := d.db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	if err := expectRow(ctx, tx, "SHOW transaction_isolation", "repeatable read"); err != nil {
		return err
	}
	if err := expectRow(ctx, tx, "SHOW transaction_read_only", "on"); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	return expectRow(ctx, d.db, "SHOW transaction_isolation", "read committed")
}

func sqlState(err error) string {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refusal.Code
	}
	return ""
}

// inTx runs work in a transaction and commits it.
func inTx(ctx context.Context, d dbClient, work func(pgx.Tx) error) error {
	tx, err := d.db.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return err
	}
	if err := work(tx); err != nil {
		return errors.Join(err, tx.Rollback(ctx))
	}
	return tx.Commit(ctx)
}

type rowQuerier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// expectRow compares the single value of a query.
func expectRow[T comparable](ctx context.Context, on rowQuerier, sql string, want T) error {
	var got T
	if err := on.QueryRow(ctx, sql).Scan(&got); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	if got != want {
		return fmt.Errorf("%s: got %v, want %v", sql, got, want)
	}
	return nil
}
