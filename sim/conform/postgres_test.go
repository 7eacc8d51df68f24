package conform_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/squallhq/squall/sim/conform"
	"github.com/squallhq/squall/sim/conform/servers"
)

var update = flag.Bool("update", false, "rewrite the transcripts from the real server; read the difference before keeping it")

func TestPostgresReal(t *testing.T) {
	arm := conform.RealPostgres(t)
	if *update {
		refreshPostgres(t, arm)
		return
	}
	conform.RunPostgres(t, arm)
}

func refreshPostgres(t *testing.T, arm conform.PostgresArm) {
	files, err := filepath.Glob("testdata/postgres/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fresh := conform.RefreshPostgres(t, arm, filepath.Base(file), string(text))
		if err := os.WriteFile(file, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMain(m *testing.M) { servers.Main(m) }
