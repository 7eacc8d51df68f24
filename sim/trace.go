package sim

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Trace is the record of a run: a hash of everything that happened, in order, and on
// demand the same as text, one line an entry. Call Begin, then a method for each part.
// It is not a log: what is not in it cannot be shown to be deterministic.
type Trace struct {
	buffer  []byte
	sum     *xxhash.Digest
	keep    bool
	line    []byte
	lines   []string
	entries int
}

const traceBlock = 1 << 13

func newTrace(keep bool) *Trace {
	return &Trace{buffer: make([]byte, 0, traceBlock+1<<10), sum: xxhash.New(), keep: keep}
}

// Begin starts an entry of a kind at a virtual time.
func (t *Trace) Begin(at time.Duration, kind string) {
	t.entries++
	if t.keep {
		t.endLine()
		t.line = strconv.AppendInt(t.line, int64(at/time.Microsecond), 10)
		t.line = append(append(t.line, "us "...), kind...)
	}
	t.number(uint64(at))
	t.bytes(kind)
}

// String adds a text.
func (t *Trace) String(s string) {
	if t.keep {
		t.line = append(append(t.line, ' '), s...)
	}
	t.bytes(s)
}

// Bytes adds bytes.
func (t *Trace) Bytes(b []byte) {
	if t.keep {
		t.line = strconv.AppendQuoteToASCII(append(t.line, ' '), string(b))
	}
	t.number(uint64(len(b)))
	t.buffer = append(t.buffer, b...)
	t.flush(traceBlock)
}

// Int adds a number.
func (t *Trace) Int(n int64) {
	if t.keep {
		t.line = strconv.AppendInt(append(t.line, ' '), n, 10)
	}
	t.number(uint64(n))
}

// Hash returns the hash of all entries so far, in hexadecimal.
func (t *Trace) Hash() string {
	t.flush(0)
	return hex.EncodeToString(t.sum.Sum(nil))
}

// Lines returns the entries as text, if the world keeps them.
func (t *Trace) Lines() []string {
	t.endLine()
	return t.lines
}

// Entries counts the entries.
func (t *Trace) Entries() int { return t.entries }

func (t *Trace) endLine() {
	if len(t.line) > 0 {
		t.lines = append(t.lines, string(t.line))
		t.line = t.line[:0]
	}
}

func (t *Trace) number(n uint64) { t.buffer = binary.AppendUvarint(t.buffer, n) }

func (t *Trace) bytes(s string) {
	t.number(uint64(len(s)))
	t.buffer = append(t.buffer, s...)
	t.flush(traceBlock)
}

func (t *Trace) flush(above int) {
	if len(t.buffer) > above {
		_, _ = t.sum.Write(t.buffer) // never fails
		t.buffer = t.buffer[:0]
	}
}
