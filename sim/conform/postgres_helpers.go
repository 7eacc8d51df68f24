package conform

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/squallhq/squall/system/port"
)

// The cases in this file use what pgx builds on a DB: services do too.

func nestedTx(ctx context.Context, d dbClient) error {
	if err := d.exec(ctx, "CREATE TABLE t (id int PRIMARY KEY)"); err != nil {
		return err
	}
	err := inTx(ctx, d, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO t VALUES (1)"); err != nil {
			return err
		}
		nested, err := tx.Begin(ctx)
		if err != nil {
			return err
		}
		if _, err := nested.Exec(ctx, "INSERT INTO t VALUES (1)"); sqlState(err) != "23505" {
			return fmt.Errorf("duplicate: %v", err)
		}
		if err := nested.Rollback(ctx); err != nil {
			return err
		}
		return pgx.BeginFunc(ctx, tx, func(nested pgx.Tx) error {
			_, err := nested.Exec(ctx, "INSERT INTO t VALUES (2)")
			return err
		})
	})
	if err != nil {
		return err
	}
	return expectRow(ctx, d.db, "SELECT count(*) FROM t", int64(2))
}

func beginFunc(ctx context.Context, d dbClient) error {
	if err := d.exec(ctx, "CREATE TABLE t (id int)"); err != nil {
		return err
	}
	broken := errors.New("broken")
	for _, result := range []error{nil, broken} {
		err := pgx.BeginTxFunc(ctx, d.db, pgx.TxOptions{}, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO t VALUES (1)")
			return errors.Join(err, result)
		})
		if !errors.Is(err, result) {
			return fmt.Errorf("function returned %v, BeginTxFunc %v", result, err)
		}
	}
	return expectRow(ctx, d.db, "SELECT count(*) FROM t", int64(1))
}

func noRows(ctx context.Context, d dbClient) error {
	var n int
	if err := d.db.QueryRow(ctx, "SELECT 1 WHERE false").Scan(&n); !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("no row: %v", err)
	}
	if err := d.db.QueryRow(ctx, "SELECT n FROM generate_series(7, 9) n ORDER BY n").Scan(&n); err != nil || n != 7 {
		return fmt.Errorf("several rows: %d, %v", n, err)
	}
	if err := d.db.QueryRow(ctx, "SELECT 1/0").Scan(&n); sqlState(err) != "22012" {
		return fmt.Errorf("refused: %v", err)
	}
	return nil
}

func collectRows(ctx context.Context, d dbClient) error {
	type line struct {
		SKU   string
		Units int
		Note  *string `db:"remark"`
	}
	const sql = "SELECT * FROM (VALUES ('rum', 1, NULL), ('tea', 2, 'hot')) t (sku, units, remark) ORDER BY sku"
	rows, _ := d.db.Query(ctx, sql)
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByName[line])
	if err != nil {
		return err
	}
	hot := "hot"
	if want := []line{{"rum", 1, nil}, {"tea", 2, &hot}}; !reflect.DeepEqual(lines, want) {
		return fmt.Errorf("lines: %+v", lines)
	}
	rows, _ = d.db.Query(ctx, "SELECT generate_series(1, 3)::bigint")
	if numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil || len(numbers) != 3 {
		return fmt.Errorf("numbers: %v, %w", numbers, err)
	}
	rows, _ = d.db.Query(ctx, "SELECT 1 AS a UNION ALL SELECT 2")
	if _, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int]); !errors.Is(err, pgx.ErrTooManyRows) {
		return fmt.Errorf("two rows for one: %v", err)
	}
	rows, _ = d.db.Query(ctx, "SELECT 'x' AS sku")
	if _, err := pgx.CollectRows(rows, pgx.RowToStructByName[line]); err == nil {
		return errors.New("a struct with fields that the result lacks was filled")
	}
	return nil
}

func scanning(ctx context.Context, d dbClient) error {
	var (
		i    int64
		s    string
		raw  []byte
		at   time.Time
		yes  bool
		tags []string
		doc  map[string]int
		id   [16]byte
		none *string
		n    pgtype.Numeric
		gap  time.Duration
	)
	const sql = `SELECT 7::bigint, 'x'::text, '\x01'::bytea, '2026-01-02 03:04:05+00'::timestamptz, true, '{a,b}'::text[],
		'{"k": 1}'::jsonb, '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid, NULL::text, 1.5::numeric, '90 s'::interval`
	err := d.db.QueryRow(ctx, sql).Scan(&i, &s, &raw, &at, &yes, &tags, &doc, &id, &none, &n, &gap)
	if err != nil {
		return err
	}
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if i != 7 || s != "x" || raw[0] != 1 || !at.Equal(when) || !yes || len(tags) != 2 || doc["k"] != 1 ||
		id[0] != 0x6b || none != nil || n.Exp != -1 || gap != 90*time.Second {
		return fmt.Errorf("got %v %v %v %v %v %v %v %v %v %v %v", i, s, raw, at, yes, tags, doc, id, none, n, gap)
	}
	if err := d.db.QueryRow(ctx, "SELECT NULL::text").Scan(&s); err == nil {
		return errors.New("a null was scanned into a string")
	}
	if err := d.db.QueryRow(ctx, "SELECT 'x'").Scan(&i); err == nil {
		return errors.New("text was scanned into an integer")
	}
	if err := d.db.QueryRow(ctx, "SELECT 1, 2").Scan(&i); err == nil {
		return errors.New("two columns were scanned into one variable")
	}
	return d.exec(ctx, "SELECT 1")
}

func namedArgs(ctx context.Context, d dbClient) error {
	var sum int64
	err := d.db.QueryRow(ctx, "SELECT @a::bigint + @b::bigint + @a", pgx.NamedArgs{"a": 1, "b": 10}).Scan(&sum)
	if err == nil && sum != 12 {
		err = fmt.Errorf("got %d", sum)
	}
	return err
}

func batch(ctx context.Context, d dbClient) error {
	if err := d.exec(ctx, "CREATE TABLE t (id int PRIMARY KEY)"); err != nil {
		return err
	}
	var counted int
	batch := &pgx.Batch{}
	batch.Queue("INSERT INTO t VALUES ($1)", 1)
	batch.Queue("INSERT INTO t VALUES ($1), ($2)", 2, 3)
	batch.Queue("SELECT count(*) FROM t").QueryRow(func(row pgx.Row) error { return row.Scan(&counted) })
	results := d.db.SendBatch(ctx, batch)
	for _, want := range []int64{1, 2} {
		if tag, err := results.Exec(); err != nil || tag.RowsAffected() != want {
			return fmt.Errorf("statement of the batch: %v, %w", tag, err)
		}
	}
	if err := results.Close(); err != nil || counted != 3 {
		return fmt.Errorf("counted %d, %w", counted, err)
	}
	return nil
}

func failedBatch(ctx context.Context, d dbClient) error {
	if err := d.exec(ctx, "CREATE TABLE t (id int PRIMARY KEY)"); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for _, id := range []int{1, 1, 2} {
		batch.Queue("INSERT INTO t VALUES ($1)", id)
	}
	results := d.db.SendBatch(ctx, batch)
	if _, err := results.Exec(); err != nil {
		return fmt.Errorf("first statement: %w", err)
	}
	if _, err := results.Exec(); sqlState(err) != "23505" {
		return fmt.Errorf("second statement: %v", err)
	}
	if err := results.Close(); sqlState(err) != "23505" || port.OutcomeOf(err) != port.NotDone {
		return fmt.Errorf("close: %v", err)
	}
	return expectRow(ctx, d.db, "SELECT count(*) FROM t", int64(0))
}

func batchInTx(ctx context.Context, d dbClient) error {
	if err := d.exec(ctx, "CREATE TABLE t (id int)"); err != nil {
		return err
	}
	rolledBack := errors.New("rolled back")
	err := inTx(ctx, d, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("INSERT INTO t VALUES (1)")
		batch.Queue("INSERT INTO t VALUES (2)")
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if err := expectRow(ctx, tx, "SELECT count(*) FROM t", int64(2)); err != nil {
			return err
		}
		return rolledBack
	})
	if !errors.Is(err, rolledBack) {
		return err
	}
	return expectRow(ctx, d.db, "SELECT count(*) FROM t", int64(0))
}

func copyFrom(ctx context.Context, d dbClient) error {
	if err := d.exec(ctx, "CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT 'x')"); err != nil {
		return err
	}
	load := func(ids ...any) (n int64, err error) {
		var rows [][]any
		for _, id := range ids {
			rows = append(rows, []any{id})
		}
		err = inTx(ctx, d, func(tx pgx.Tx) (err error) {
			n, err = tx.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"id"}, pgx.CopyFromRows(rows))
			return err
		})
		return n, err
	}
	if n, err := load(int32(1), int32(2)); err != nil || n != 2 {
		return fmt.Errorf("copied %d, %w", n, err)
	}
	if _, err := load(int32(3), int32(1)); sqlState(err) != "23505" {
		return fmt.Errorf("duplicate: %v", err)
	}
	return expectRow(ctx, d.db, "SELECT string_agg(id || v, ',' ORDER BY id) FROM t", "1x,2x")
}

func prepare(ctx context.Context, d dbClient) error {
	return inTx(ctx, d, func(tx pgx.Tx) error {
		described, err := tx.Prepare(ctx, "sum", "SELECT $1::bigint + 1 AS n, $2::text AS s")
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(described.ParamOIDs, []uint32{pgtype.Int8OID, pgtype.TextOID}) || len(described.Fields) != 2 ||
			described.Fields[0].Name != "n" || described.Fields[0].DataTypeOID != pgtype.Int8OID {
			return fmt.Errorf("described as %v, %v", described.ParamOIDs, described.Fields)
		}
		var n int64
		var s string
		if err := tx.QueryRow(ctx, "sum", 4, "x").Scan(&n, &s); err != nil || n != 5 || s != "x" {
			return fmt.Errorf("by its name: %d %s, %w", n, s, err)
		}
		return nil
	})
}

func noConn(ctx context.Context, d dbClient) error {
	return inTx(ctx, d, func(tx pgx.Tx) error {
		nested, err := tx.Begin(ctx)
		if err != nil {
			return err
		}
		if tx.Conn() != nil || nested.Conn() != nil {
			return errors.New("a transaction hands out its connection")
		}
		return nested.Commit(ctx)
	})
}

func stalePlan(ctx context.Context, d dbClient) error {
	if err := d.exec(ctx, "CREATE TABLE t (id int); INSERT INTO t VALUES (1)"); err != nil {
		return err
	}
	read := func() error { return drain(d.db.Query(ctx, "SELECT * FROM t")) }
	if err := read(); err != nil {
		return err
	}
	if err := d.exec(ctx, "ALTER TABLE t ADD COLUMN v text"); err != nil {
		return err
	}
	if err := read(); sqlState(err) != "0A000" || !strings.Contains(err.Error(), "cached plan must not change result type") {
		return fmt.Errorf("the first read after the change: %v", err)
	}
	return read()
}

func badArguments(ctx context.Context, d dbClient) error {
	for _, args := range [][]any{{}, {1, 2}, {struct{}{}}} {
		if err := drain(d.db.Query(ctx, "SELECT $1::int", args...)); err == nil || sqlState(err) != "" {
			return fmt.Errorf("arguments %v: %v", args, err)
		}
	}
	if err := drain(d.db.Query(ctx, "SELECT $1::int", "seven")); sqlState(err) != "22P02" {
		return fmt.Errorf("text that is no number: %v", err)
	}
	return drain(d.db.Query(ctx, "SELECT $1::int", "7"))
}
