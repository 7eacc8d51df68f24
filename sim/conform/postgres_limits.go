package conform

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/system/port"
)

// Cases about what pgx and the protocol do at their limits.

var limitRules = []driverRule{
	{"text that is not UTF-8", "A statement's text must be valid UTF-8; a zero byte breaks the message.",
		"PostgreSQL documentation, 55.7 Message Formats; Appendix A, 22021", brokenText},
	{"times that the server does not know", "A time beyond the type's range is refused by the server, which keeps the connection.",
		"PostgreSQL documentation, 8.5 Date/Time Types, Table 8.9", timesOutOfRange},
	{"result formats", "Result formats are none, one for all columns, or one for each.",
		"PostgreSQL documentation, 55.7 Message Formats, Bind", resultFormats},
	{"too many arguments", "The protocol counts 65535 parameters; pgx sends no statement with more.",
		"pgx source, PgConn.ExecPrepared", tooManyArguments},
	{"rows before an error", "A SELECT sends the rows that it finds before an error; a statement that writes or sorts sends none.",
		"PostgreSQL source, ChoosePortalStrategy", rowsBeforeError},
	{"a copy that is refused", "CopyFrom asks for the columns' types first; what fails at the client ends the COPY at the server, and the transaction.",
		"pgx documentation, Conn.CopyFrom; PostgreSQL documentation, 55.2.6 COPY Operations", copyRefused},
	{"safe to retry", "A call without a connection is not done, but not safe to retry in pgx's eyes; on a connection it is.",
		"port.OutcomeOf; pgconn documentation, SafeToRetry", safeToRetry},
}

// refusedAs says whether an error is the server's with this code and text.
func refusedAs(err error, code, text string) error {
	if err == nil || sqlState(err) != code || !strings.Contains(err.Error(), text) {
		return fmt.Errorf("got %w, want %s %s", err, code, text)
	}
	return nil
}

// rowsThen counts the rows of a query and returns them with the error at their end.
func rowsThen(ctx context.Context, d dbClient, sql string, args ...any) (count int, err error) {
	rows, err := d.db.Query(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		count++
	}
	return count, rows.Err()
}

func brokenText(ctx context.Context, d dbClient) error {
	_, extended := d.db.Exec(ctx, "SELECT '\xff', $1", "x")
	return errors.Join(
		refusedAs(d.exec(ctx, "SELECT '\xc3('"), "22021", `encoding "UTF8": 0xc3 0x28`), refusedAs(extended, "22021", "0xff"),
		refusedAs(d.exec(ctx, "SELECT 'a\x00b'"), "08P01", "invalid message format"), d.exec(ctx, "SELECT 1"))
}

func timesOutOfRange(ctx context.Context, d dbClient) error {
	for text, year := range map[string]int{"timestamptz": 300000, "timestamp": -6000} {
		_, err := rowsThen(ctx, d, "SELECT $1::"+text, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
		if err := refusedAs(err, "22008", "timestamp out of range"); err != nil {
			return err
		}
	}
	_, err := rowsThen(ctx, d, "SELECT $1::date", time.Date(6_000_000, 1, 1, 0, 0, 0, 0, time.UTC))
	_, last := rowsThen(ctx, d, "SELECT $1::timestamptz", time.Date(294276, 12, 31, 0, 0, 0, 0, time.UTC))
	return errors.Join(refusedAs(err, "22008", "date out of range"), last)
}

func resultFormats(ctx context.Context, d dbClient) error {
	for _, test := range []struct {
		sql, code, text string
		formats         pgx.QueryResultFormats
	}{
		{"SELECT 1", "08P01", "bind message has 2 result formats but query has 1 columns", pgx.QueryResultFormats{1, 1}},
		{"SELECT 1, 2, 3", "08P01", "bind message has 2 result formats but query has 3 columns", pgx.QueryResultFormats{1, 1}},
		{"SELECT 1", "22023", "unsupported format code: 7", pgx.QueryResultFormats{7}},
	} {
		_, err := rowsThen(ctx, d, test.sql, test.formats)
		if err := refusedAs(err, test.code, test.text); err != nil {
			return err
		}
	}
	if _, err := d.db.Exec(ctx, "SELECT 1", pgx.QueryResultFormats{1}); err == nil || err.Error() != "mismatched param and argument count" {
		return fmt.Errorf("formats of Exec: %w", err)
	}
	n, err := rowsThen(ctx, d, "SELECT 1, 2, 3", pgx.QueryResultFormats{1})
	if n != 1 {
		err = errors.Join(err, errors.New("one format for all columns: no row"))
	}
	return err
}

// argumentsTooMany is one more than the protocol counts.
const argumentsTooMany = 65536

func tooManyArguments(ctx context.Context, d dbClient) error {
	var sql strings.Builder
	sql.WriteString("INSERT INTO t VALUES ")
	args := make([]any, argumentsTooMany)
	for i := range args {
		if i > 0 {
			sql.WriteString(",")
		}
		fmt.Fprintf(&sql, "($%d)", i+1)
		args[i] = "x"
	}
	if err := d.exec(ctx, "CREATE TABLE t (s text)"); err != nil {
		return err
	}
	_, exec := d.db.Exec(ctx, sql.String(), args...)
	_, query := rowsThen(ctx, d, sql.String(), args...)
	for _, err := range []error{exec, query} {
		if err == nil || err.Error() != "extended protocol limited to 65535 parameters" {
			return fmt.Errorf("got %w", err)
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(sql.String(), args...)
	if err := d.db.SendBatch(ctx, batch).Close(); err == nil || port.OutcomeOf(err) != port.NotDone {
		return fmt.Errorf("in a batch: %w", err)
	}
	return expectRow(ctx, d.db, "SELECT count(*) FROM t", int64(0))
}

func rowsBeforeError(ctx context.Context, d dbClient) error {
	if err := d.exec(ctx, "CREATE TABLE t (g int)"); err != nil {
		return err
	}
	for sql, want := range map[string]int{
		"SELECT 1/(2-g) FROM generate_series(1, 3) g":                                                       1,
		"SELECT 1/(2-g) FROM generate_series(1, 3) g ORDER BY 1":                                            0,
		"INSERT INTO t SELECT generate_series(1, 3) RETURNING 1/(2-g)":                                      0,
		"WITH w AS (INSERT INTO t VALUES (1)) SELECT 1/(2-g) FROM generate_series(1, 3) g":                  0,
		"WITH w AS (SELECT g FROM generate_series(1, 3) g) SELECT 1/(2-g) FROM w WHERE g = ANY ('{1,2,3}')": 1,
	} {
		if n, err := rowsThen(ctx, d, sql); n != want || sqlState(err) != "22012" {
			return fmt.Errorf("%s: %d rows, want %d; %w", sql, n, want, err)
		}
	}
	var n int
	if err := d.db.QueryRow(ctx, "SELECT 1/(2-g) FROM generate_series(1, 3) g").Scan(&n); n != 1 || sqlState(err) != "22012" {
		return fmt.Errorf("QueryRow: %d, %w", n, err)
	}
	return expectRow(ctx, d.db, "SELECT count(*) FROM t", int64(0))
}

func copyRefused(ctx context.Context, d dbClient) error {
	if err := d.exec(ctx, "CREATE TABLE t (s text)"); err != nil {
		return err
	}
	copying := func(table string, columns []string, rows ...[]any) error {
		tx, err := d.db.BeginTx(ctx, pgx.TxOptions{})
		if err != nil {
			return err
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
		_, after := tx.Exec(ctx, "SELECT 1")
		if failed := sqlState(after) == "25P02"; failed != (err != nil) {
			return fmt.Errorf("after %w: %w", err, after)
		}
		return errors.Join(err, tx.Rollback(ctx))
	}
	s := []string{"s"}
	return errors.Join(
		refusedAs(copying("t", []string{"nope"}, []any{"x"}), "42703", `statement description failed: ERROR: column "nope" does not exist`),
		refusedAs(copying("nope", s, []any{"x"}), "42P01", `statement description failed: ERROR: relation "nope" does not exist`),
		refusedAs(copying("t", []string{"s", "s"}, []any{"x", "y"}), "42701", `column "s" specified more than once`),
		refusedAs(copying("t", s, []any{"a\x00"}), "22021", "0x00"),
		refusedAs(copying("t", s, []any{"x"}, []any{"x", "y"}), "57014", "COPY from stdin failed: expected 1 values, got 2 values"),
		copying("t", s))
}

func safeToRetry(ctx context.Context, d dbClient) error {
	ended, cancel := d.clock.WithTimeout(ctx, port.Forever)
	cancel()
	_, queried := rowsThen(ended, d, "SELECT 1")
	_, begun := d.db.BeginTx(ended, pgx.TxOptions{})
	batch := &pgx.Batch{}
	batch.Queue("SELECT 1")
	for i, err := range []error{d.exec(ended, "SELECT 1"), queried, begun, d.db.SendBatch(ended, batch).Close()} {
		if !errors.Is(err, context.Canceled) || pgconn.SafeToRetry(err) || port.OutcomeOf(err) != port.NotDone {
			return fmt.Errorf("call %d without a connection: %w, %v", i, err, pgconn.SafeToRetry(err))
		}
	}
	return inTx(ctx, d, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ended, "SELECT 1"); !pgconn.SafeToRetry(err) {
			return fmt.Errorf("on a connection: %w", err)
		}
		return nil
	})
}
