package conform_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
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

// TestPostgresRunner judges the runner: each transcript is wrong in one way, and must be
// refused for that reason.
func TestPostgresRunner(t *testing.T) {
	arm := conform.RealPostgres(t)
	const prologue = "== c\nrule: r\nsource: s\n\nsetup> CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)\n\n"
	const lock = "s1> BEGIN\nBEGIN\n\ns1> UPDATE t SET v = 0 WHERE id = 1\nUPDATE 1\n\n"
	for _, test := range []struct{ name, script, want string }{
		{"OK", "s1> SELECT id, v FROM t\nid:int4 | v:int4\n2 | 20\n1 | 10\nSELECT 2\n", ""},
		{"OKBlocks", lock + "s2> DELETE FROM t\nblocks\n\ns1> ROLLBACK\nROLLBACK\n\ns2 resumes\nDELETE 2\n", ""},
		{"ErrValue", "s1> SELECT v FROM t WHERE id = 1\nv:int4\n11\nSELECT 1\n", "10"},
		{"ErrMissingRow", "s1> SELECT id FROM t\nid:int4\n1\nSELECT 2\n", "2"},
		{"ErrDoubledRow", "s1> SELECT 1 AS n UNION ALL SELECT 2\nn:int4\n1\n1\n2\nSELECT 2\n", "got"},
		{"ErrOrder", "s1> SELECT id FROM t ORDER BY id\nid:int4\n2\n1\nSELECT 2\n", "got"},
		{"ErrType", "s1> SELECT id FROM t WHERE id = 1\nid:int8\n1\nSELECT 1\n", "id:int4"},
		{"ErrColumnName", "s1> SELECT id FROM t WHERE id = 1\nid2:int4\n1\nSELECT 1\n", "id:int4"},
		{"ErrTag", "s1> UPDATE t SET v = 1\nUPDATE 1\n", "UPDATE 2"},
		{"ErrNothingWritten", "s1> UPDATE t SET v = 1\n", "UPDATE 2"},
		{"ErrCode", "s1> SELECT 1/0\nERROR 22003\n", "ERROR 22012"},
		{"ErrUnexpected", "s1> SELECT 1/0\nSELECT 1\n", "division by zero"},
		{"ErrField", "s1> INSERT INTO t VALUES (1)\nERROR 23505 schema=public table=t constraint=other\n", "constraint=t_pkey"},
		{"ErrMessage", "s1> SELECT 1/0\nERROR 22012\nMESSAGE division by one\n", "division by zero"},
		{"ErrDoesNotBlock", "s1> UPDATE t SET v = 1\nblocks\n", "UPDATE 2"},
		{"ErrBlocks", lock + "s2> UPDATE t SET v = 1\nUPDATE 2\n", "blocks"},
		{"ErrResumesAlready", lock + "s2> DELETE FROM t\nblocks\n\ns1> COMMIT\nCOMMIT\n\ns2 still blocks\n", "DELETE 2"},
		{"ErrNotWaiting", lock + "s2 resumes\nUPDATE 1\n", "s2 is not waiting"},
		{"ErrBusy", lock + "s2> DELETE FROM t\nblocks\n\ns2> SELECT 1\n", "s2 has not resumed"},
		{"ErrNeverResumes", lock + "s2> DELETE FROM t\nblocks\n", "s2 has not resumed"},
		{"ErrCommit", "s1> BEGIN\nBEGIN\n\ns1> SELECT 1/0\nERROR 22012\n\ns1> COMMIT\nCOMMIT\n", "ROLLBACK"},
		{"ErrSetup", "setup> CREATE TABLE t ()\n", "42P07"},
		{"ErrNoDeadlock", lock + "s2> UPDATE t SET v = 3 WHERE id = 1\nblocks\n\ns3> UPDATE t SET v = 4 WHERE id = 2\ndeadlock with s2\n", "no deadlock"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cases, err := conform.ParsePostgresCases("wrong.txt", prologue+test.script)
			if err != nil {
				t.Fatal(err)
			}
			err = cases[0].Check(arm.Open(t, cases[0].PoolSize))
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestPostgresTranscripts(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		cases, err := conform.PostgresCases()
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, c := range cases {
			name := c.Topic + "/" + c.Name
			if seen[name] || c.Rule == "" || c.Source == "" || c.PoolSize < 1 {
				t.Errorf("%s: a case needs a name of its own, a rule and a source", name)
			}
			seen[name] = true
		}
		if len(cases) < 60 {
			t.Errorf("only %d cases", len(cases))
		}
	})
	for _, test := range []struct{ name, text, want string }{
		{"ErrNoRule", "== c\nsource: s\n\ns1> SELECT 1\n", "no rule"},
		{"ErrNoSource", "== c\nrule: r\n\ns1> SELECT 1\n", "no source"},
		{"ErrNoCase", "s1> SELECT 1\n", "f.txt:1: text before the first case"},
		{"ErrStep", "== c\nrule: r\nsource: s\n\nSELECT 1\n", "f.txt:5: not a step: SELECT 1"},
		{"ErrBegin", "== c\nrule: r\nsource: s\n\ns1> BEGIN QUICKLY\n", "unknown option of BEGIN: quickly"},
		{"ErrArgumentType", "== c\nrule: r\nsource: s\n\ns1> SELECT $1\n    -- $1 = number 1\n", `unknown argument type "number"`},
		{"ErrArgument", "== c\nrule: r\nsource: s\n\ns1> SELECT $1\n    -- $1 = int64 x\n", "invalid syntax"},
		{"ErrArgumentOrder", "== c\nrule: r\nsource: s\n\ns1> SELECT $2\n    -- $2 = int64 1\n", "stands in the place of $1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := conform.ParsePostgresCases("f.txt", test.text); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}
