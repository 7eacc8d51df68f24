package conform_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A fault is a bug planted in the simulated PostgreSQL by replacing text in one of its files: the
// suite or, where it is silent, the fuzzer must turn red. Old stands in the file exactly once.
type fault struct{ name, file, old, new string }

const (
	storeFiles    = "../postgres/store/"
	executorFiles = "../postgres/"
	valueFiles    = "../postgres/value/"
)

var postgresFaults = []fault{
	{"UPDATE does not test its condition again after a lock wait", executorFiles + "exec_modify.go",
		"if ok, err := u.source.recheck(f); err != nil || !ok {", "if err := error(nil); err != nil {"},
	{"DELETE does not test its condition again after a lock wait", executorFiles + "exec_modify.go",
		"if ok, err := d.source.recheck(f); err != nil || !ok {", "if err := error(nil); err != nil {"},
	{"FOR UPDATE does not test its condition again after a lock wait", executorFiles + "exec_core.go",
		"if ok, err := c.source.recheck(f); err != nil || !ok {", "if err := error(nil); err != nil {"},
	{"a sequence is rolled back", storeFiles + "sequence.go",
		"	q.last, q.called = next, true\n", "	if last, called := q.last, q.called; s.tx != nil {\n\t\ts.tx.logCatalog(func() { q.last, q.called = last, called }, nil)\n\t}\n\tq.last, q.called = next, true\n"},
	{"ON CONFLICT does not wait for a key in progress", storeFiles + "unique.go",
		"		if other == nil {\n			return v, nil", "		if v != nil || other == nil {\n			return v, nil"},
	{"a unique index ignores keys in progress", storeFiles + "unique.go",
		"if has && !v.awaits(ix) {", "if false && has && !v.awaits(ix) {"},
	{"SKIP LOCKED does as NOWAIT", storeFiles + "locks_row.go",
		"		case p == SkipLocked:\n			return WouldBlock, nil\n		case p == NoWait:", "		case p == NoWait, p == SkipLocked:"},
	{"NOWAIT waits", storeFiles + "locks_row.go",
		"		case p == NoWait:\n			return 0, t.rowNotAvailable(tbl)\n		}\n		if w == nil {", "		}\n		if w == nil {"},
	{"rows are not had in the order of asking", storeFiles + "locks_row.go",
		"	if !w.held && !w.tup.rec.holds(w.t, ForKeyShare) {", "	if false {"},
	{"FOR NO KEY UPDATE conflicts with FOR KEY SHARE", storeFiles + "locks_row.go",
		"return m+other > 4", "return m+other >= 4"},
	{"FOR SHARE conflicts with itself", storeFiles + "locks_row.go",
		"return m+other > 4", "return m+other > 3 || m == other && m > ForKeyShare"},
	{"READ COMMITTED has one snapshot", storeFiles + "snapshot.go",
		"	if t.level == ReadCommitted {\n		t.take(s)\n		return s\n	}\n", ""},
	{"REPEATABLE READ has a snapshot for each statement", storeFiles + "snapshot.go",
		"	if t.level == ReadCommitted {\n		t.take(s)", "	if t.level != Serializable {\n		t.take(s)"},
	{"REPEATABLE READ takes its snapshot after waiting for a table", storeFiles + "snapshot.go",
		"	if t.level != ReadCommitted {\n		t.takeOwn()\n	}\n", ""},
	{"REPEATABLE READ updates what changed meanwhile", storeFiles + "dml.go",
		"	case t.level != ReadCommitted:\n		return 0, nil, concurrentUpdate()\n", ""},
	{"SERIALIZABLE admits write skew", storeFiles + "ssi.go",
		"	if reader == nil || writer == nil ||", "	if reader != nil || writer == nil ||"},
	{"ON CONFLICT DO UPDATE changes what the snapshot does not show", storeFiles + "unique.go",
		"	if t.level == ReadCommitted {\n		return nil\n	}\n", "	if t.level <= Serializable {\n		return nil\n	}\n"},
	{"a foreign key is not checked", storeFiles + "foreign.go",
		"	return t.referenceOf(fk, v.Row)", "	_ = fk\n	return nil"},
	{"a foreign key does not lock its parent", storeFiles + "foreign.go",
		"t.Lock(s, fk.Parent, v, ForKeyShare, Wait, true)", "Done, v, error(nil)"},
	{"ON DELETE CASCADE deletes nothing", storeFiles + "foreign.go",
		"		return t.Delete(s, fk.Table, v)\n", "		return Done, v, nil\n"},
	{"ROLLBACK TO keeps row locks", storeFiles + "subtx.go",
		"		t.rows[i].letGo(func(l *xact) bool { return l.tx == t && l.resolve() == x })\n", ""},
	{"ROLLBACK TO keeps the work", storeFiles + "subtx.go",
		"	t.undoSince(x.changes)\n	if t.version", "	if t.version"},
	{"a deadlock is not found", storeFiles + "deadlock.go",
		"	if !s.Waiting() {\n		return nil\n	}\n	if cycle", "	if s != nil {\n		return nil\n	}\n	if cycle"},
	{"a lock queue is not fair", storeFiles + "lock.go",
		"		if conflicts.has(r.mode) {\n			return false\n		}\n", ""},
	{"advisory locks of a transaction are the session's", storeFiles + "advisory.go",
		"	if tx {\n		return s.tx.lock(l, m)\n	}\n", ""},
	{"NULLs sort first", executorFiles + "exec_query.go",
		"if an == nullsFirst {", "if an {"},
	{"count is off by one", valueFiles + "aggregate.go",
		"return OfInt(c.n), nil }", "return OfInt(c.n + 1), nil }"},
	{"count(x) counts NULLs", valueFiles + "aggregate.go",
		"	if c.star || !args[0].IsNull() {\n		c.n++", "	if true {\n		c.n++"},
	{"LIMIT gives one more", executorFiles + "exec_query.go",
		"if left--; left == 0 {", "if left--; left < 0 {"},
	{"ON CONFLICT DO UPDATE may change a row twice", executorFiles + "exec_modify.go",
		"case store.Invisible, store.SelfModified:", "case store.SelfModified:"},
	{"a CHECK is not checked", storeFiles + "dml.go",
		"		if !holds {\n			return &value.Error{", "		if false {\n			return &value.Error{"},
	{"an unlocked update loses the wait for a key change", storeFiles + "dml.go",
		"	if def.keyChanges(tup.Row, row) {\n		mode = ForUpdate\n	}\n", ""},
}

// TestPlantedPostgresFaultsFit holds the faults to the sources.
func TestPlantedPostgresFaultsFit(t *testing.T) {
	for _, f := range postgresFaults {
		text, err := os.ReadFile(f.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), f.old); n != 1 {
			t.Errorf("%s: what it replaces stands %d times in %s", f.name, n, f.file)
		}
	}
}

// buildPlanted builds this package's tests with the fault, without touching the sources.
func buildPlanted(t *testing.T, f fault) string {
	t.Helper()
	text, err := os.ReadFile(f.file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path, err := filepath.Abs(f.file)
	if err != nil {
		t.Fatal(err)
	}
	stand, overlay, program := filepath.Join(dir, "stand.txt"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "planted.test")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{path: stand}})
	if err == nil {
		err = os.WriteFile(overlay, replace, 0o644)
	}
	if err == nil {
		err = os.WriteFile(stand, []byte(strings.Replace(string(text), f.old, f.new, 1)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if output, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", overlay, "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("the fault does not build: %v\n%s", err, output)
	}
	return program
}

// playPlanted returns what fails: the innermost tests, or the panic.
func playPlanted(t *testing.T, program, run string) map[string]bool {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, "-test.run", run, "-test.timeout", "5m", "-rapid.shrinktime", "1s")
	command.Env = append(os.Environ(), "SQUALL_FUZZ_SCRIPTS=1500", "SQUALL_REQUIRE_SERVERS=1")
	output, err := command.CombinedOutput()
	failures := map[string]bool{}
	if err == nil {
		return failures
	}
	for line := range strings.Lines(string(output)) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " (")
		if strings.HasPrefix(line, "--- FAIL") && strings.Contains(line, "/") || strings.HasPrefix(line, "panic:") {
			failures[line] = true
		}
	}
	if len(failures) == 0 {
		t.Fatalf("%s: %v\n%s", run, err, output)
	}
	return failures
}
