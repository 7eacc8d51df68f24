package flow

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/port"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the key of the advisory lock that lets one replica migrate at a time.
const migrationLock = 0x53_51_4c

// migrationName names the statements of a file, as every statement has a name: it is known
// by that and not by what it says.
const migrationName = "-- name: Migration\n"

const (
	lockMigrations = `-- name: LockMigrations
SELECT pg_advisory_xact_lock($1)`
	createMigrations = `-- name: CreateMigrations
CREATE TABLE IF NOT EXISTS migrations (
    name       text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
)`
	selectMigrations = `-- name: SelectMigrations
SELECT name FROM migrations`
	insertMigration = `-- name: InsertMigration
INSERT INTO migrations (name) VALUES ($1)`
)

// Migrate brings a database to the schema of flow and then of the service. All files run
// in one transaction, in the order of their names, each once. On an error nothing has
// changed, unless the commit's outcome is unknown; running again is always safe. A file is
// known by its name alone, so a service's must not have the name of one of flow's.
func Migrate(ctx context.Context, db port.DB, service fs.FS) error {
	if err := checkNames(service); err != nil {
		return err
	}
	return pgx.BeginTxFunc(ctx, db, pgx.TxOptions{}, func(tx pgx.Tx) error {
		applied, err := appliedMigrations(ctx, tx)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		for _, folder := range []fs.FS{migrations, service} {
			if err := applyFolder(ctx, tx, folder, applied); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkNames refuses a service's file with the name of one of flow's: it would count as applied.
func checkNames(service fs.FS) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, file := range files {
		if _, err := fs.Stat(service, file); err == nil {
			return fmt.Errorf("migrate: %s has the name of a file of package flow, and would never be applied: give it another", file)
		}
	}
	return nil
}

func appliedMigrations(ctx context.Context, tx pgx.Tx) (map[string]bool, error) {
	if _, err := tx.Exec(ctx, lockMigrations, int64(migrationLock)); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, createMigrations); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, selectMigrations)
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	applied := make(map[string]bool, len(names))
	for _, name := range names {
		applied[name] = true
	}
	return applied, nil
}

func applyFolder(ctx context.Context, tx pgx.Tx, folder fs.FS, applied map[string]bool) error {
	files, err := fs.Glob(folder, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, file := range files {
		if applied[file] {
			continue
		}
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if _, err := tx.Exec(ctx, migrationName+string(text)); err != nil {
			return fmt.Errorf("migrate %s: %w", file, err)
		}
		if _, err := tx.Exec(ctx, insertMigration, file); err != nil {
			return fmt.Errorf("migrate %s: %w", file, err)
		}
	}
	return nil
}
