//go:build unix

package sql_test

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/squallhq/squall/sim/postgres/sql"
)

// What five megabytes may cost, whatever they say. It is counted in processor time of this process,
// which other programs on the machine do not lengthen, and takes a tenth of a second or so. Work that
// grew with the square of the text would take minutes at the least: the bound is far from both, also
// under -race.
const (
	junkSize    = 5 << 20
	junkTime    = 20 * time.Second
	junkPerByte = 400 // bytes allocated
)

// Five megabytes of anything are an answer, quickly, and without much memory.
func TestJunk(t *testing.T) {
	for _, piece := range []string{
		"\x01", "(", ")", "a ", "a.", "1 ", "'", "''", "'a'\n", "\"", "\"\" ", "$", "$$", "$a$", "$a$$b$", "/*", "*/", "--", "--\n",
		"/* */", "+", "+-", "@", "E'\\", "E'\\x41'\n", "SELECT ", "SELECT 1;", "SELECT (", "((SELECT 1) ", "{", "[", "\u00e9",
		"U&'", "B'", "1e", "1e1", "..", "1.", "$1", "a$", "NOT ", "NULLS ", "a,", "SELECT a.b.c.d.e.f.g.h.",
		"INSERT INTO t VALUES ((1)),", "CASE ", "WITH a AS (", "SELECT 1 UNION ", ";",
	} {
		junk := strings.Repeat(piece, junkSize/len(piece))
		checkCost(t, junk)
		checkCost(t, "SELECT "+junk)
	}
}

func checkCost(t *testing.T, text string) {
	t.Helper()
	used, allocated := processorTime(t), allocatedBytes()
	_, err := sql.Parse(text)
	used, allocated = processorTime(t)-used, allocatedBytes()-allocated
	if used > junkTime || allocated > junkPerByte*junkSize {
		t.Errorf("%.20q takes %v and %d bytes per byte", text, used, allocated/junkSize)
	}
	if err != nil {
		checkError(t, text, err)
	}
}

// processorTime is what the process has used outside the kernel.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano())
}

func allocatedBytes() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}
