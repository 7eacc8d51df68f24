package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/postgres"
)

var capture = port.Op{Name: "CapturePayment", Key: "ann/order-7"}

// modes are all transaction modes that pgx has a name for.
func modes() []pgx.TxOptions {
	var all []pgx.TxOptions
	for _, level := range []pgx.TxIsoLevel{"", pgx.Serializable, pgx.RepeatableRead, pgx.ReadCommitted, pgx.ReadUncommitted} {
		for _, access := range []pgx.TxAccessMode{"", pgx.ReadWrite, pgx.ReadOnly} {
			for _, deferrable := range []pgx.TxDeferrableMode{"", pgx.Deferrable, pgx.NotDeferrable} {
				all = append(all, pgx.TxOptions{IsoLevel: level, AccessMode: access, DeferrableMode: deferrable})
			}
		}
	}
	return all
}

// TestComment: the server is told what a transaction is for, and nothing else than pgx
// would tell it.
func TestComment(t *testing.T) {
	database := servers.Postgres(t)
	db, other := open(t, database), open(t, database)
	for _, options := range modes() {
		t.Run(fmt.Sprintf("%s %s %s", options.IsoLevel, options.AccessMode, options.DeferrableMode), func(t *testing.T) {
			plain := transaction(t, t.Context(), db, other, options)
			told := transaction(t, port.WithOp(t.Context(), capture), db, other, options)
			const comment = " /* CapturePayment{ann/order-7} */"
			if told.begin != plain.begin+comment || told.commit != "commit"+comment {
				t.Errorf("the server was told %q and %q; pgx says %q", told.begin, told.commit, plain.begin)
			}
			if told.modes != plain.modes {
				t.Errorf("the transaction is %s, pgx's is %s", told.modes, plain.modes)
			}
		})
	}
}

// TestCommentRefused: what could be more than a comment is left out.
func TestCommentRefused(t *testing.T) {
	database := servers.Postgres(t)
	db, other := open(t, database), open(t, database)
	ops := []port.Op{{}, {Name: "relay"}, {Key: "ann/order-7"}, {Name: "a*/", Key: "k"}}
	for _, key := range []string{
		"*/; DROP TABLE orders; --", "a */ b", "/* nested", "a*", "**/", "a}b", "{a", "a\nb", "a\x01b", "a b", "a'b", `a"b`, `a\b`,
		"a;b", "a$1b", "größe", "a\u2028b", "a\xffb", strings.Repeat("k", 2000),
	} {
		ops = append(ops, port.Op{Name: "PlaceOrder", Key: key})
	}
	for _, op := range ops {
		t.Run(fmt.Sprintf("%.40q", op.String()), func(t *testing.T) {
			got := transaction(t, port.WithOp(t.Context(), op), db, other, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
			if got.begin != "begin isolation level repeatable read" || got.commit != "commit" {
				t.Errorf("the server was told %q and %q", got.begin, got.commit)
			}
		})
	}
}

// TestCommentFits: keys of every shape that is allowed arrive whole.
func TestCommentFits(t *testing.T) {
	database := servers.Postgres(t)
	db, other := open(t, database), open(t, database)
	for _, key := range []string{"k", "/", "//", "/a/", "--", "a--b", "-", "#x@y+z=1,2:3_4.5", strings.Repeat("k", 400)} {
		op := port.Op{Name: "PlaceOrder", Key: key}
		got := transaction(t, port.WithOp(t.Context(), op), db, other, pgx.TxOptions{})
		if want := "begin /* " + op.String() + " */"; got.begin != want {
			t.Errorf("the server was told %q, want %q", got.begin, want)
		}
	}
}

// TestCommentOfTheCallers: a BEGIN and a COMMIT of the caller's own stay as they are.
func TestCommentOfTheCallers(t *testing.T) {
	database := servers.Postgres(t)
	db, other := open(t, database), open(t, database)
	own := pgx.TxOptions{BeginQuery: "start transaction read only", CommitQuery: "commit and no chain"}
	got := transaction(t, port.WithOp(t.Context(), capture), db, other, own)
	if got.begin != own.BeginQuery || got.commit != own.CommitQuery {
		t.Errorf("the server was told %q and %q", got.begin, got.commit)
	}
}

// told is what the server has heard of a transaction and made of it.
type told struct{ begin, modes, commit string }

// transaction runs a transaction on db and lets other look at it.
func transaction(t *testing.T, ctx context.Context, db, other *postgres.DB, options pgx.TxOptions) (got told) { //nolint:revive // t first, as in all helpers of tests
	t.Helper()
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	got.begin = lastQuery(t, other, "idle in transaction")
	err = tx.QueryRow(ctx, `SELECT current_setting('transaction_isolation') || ', read only ' ||
		current_setting('transaction_read_only') || ', deferrable ' || current_setting('transaction_deferrable')`).Scan(&got.modes)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	got.commit = lastQuery(t, other, "idle")
	return got
}

// lastQuery is what the one other session of the database, in a state, has run last.
func lastQuery(t *testing.T, db *postgres.DB, state string) (query string) {
	t.Helper()
	err := db.QueryRow(t.Context(), `SELECT query FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = $1`, state).Scan(&query)
	if err != nil {
		t.Fatal(err)
	}
	return query
}
