//go:build unix

package servers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// findPostgres returns the folder with initdb and postgres, or "". Debian does not put
// them into PATH; of several versions the last in name order is taken.
func findPostgres() string {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if resolved, err := filepath.EvalSymlinks(initdb); err == nil && isFile(filepath.Join(filepath.Dir(resolved), "postgres")) {
			return filepath.Dir(resolved)
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
	} {
		folders, _ := filepath.Glob(pattern)
		for _, folder := range slices.Backward(folders) {
			if isFile(filepath.Join(folder, "initdb")) && isFile(filepath.Join(folder, "postgres")) {
				return folder
			}
		}
	}
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// firstOID is where a new cluster's OIDs begin: they all have as many digits, however long it lives.
// The triggers of foreign keys have their OIDs in their names, and fire in the order of names as texts
// (PostgreSQL source, commands/trigger.c), which is that of their creation as long as that is so.
const firstOID = "10000000"

// postgresProcess makes a cluster in a new directory and runs a server on it.
func postgresProcess(ctx context.Context, bin string, port int) (host, error) {
	p, err := newProcess("squall-postgres-", bin, "postgres")
	if err != nil {
		return nil, err
	}
	data := filepath.Join(p.dir, "data")
	_, err = p.run(ctx, "initdb", "-D", data, "-U", "squall", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if err == nil {
		_, err = p.run(ctx, "pg_resetwal", "-D", data, "-o", firstOID)
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	p.program = filepath.Join(bin, "postgres")
	p.args = append([]string{
		"-D", data, "-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(port), "-c", "unix_socket_directories=" + p.dir,
	}, postgresSettings()...)
	p.orderly = syscall.SIGINT // fast shutdown
	if err := p.start(); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}
