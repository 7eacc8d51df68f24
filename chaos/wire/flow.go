package wire

import (
	"bufio"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// bufferBytes is how much of a direction is buffered. Frames up to heldBytes are seen whole,
// of longer ones as much.
const (
	bufferBytes = 32 << 10
	heldBytes   = 16 << 10
)

// flow is one direction of a session: frames are looked at in the buffer and forwarded
// from it.
type flow struct {
	session   *session
	direction Direction
	src, dst  net.Conn
	in        *bufio.Reader
	out       *bufio.Writer // onto gate

	// frame is held while a frame is written, by whoever writes one.
	frame sync.Mutex

	carried  int64 // bytes that left; only the gate touches it
	silent   atomic.Bool
	withheld atomic.Int64
}

func newFlow(s *session, d Direction, src, dst net.Conn) *flow {
	f := &flow{session: s, direction: d, src: src, dst: dst}
	f.in = bufio.NewReaderSize(src, bufferBytes)
	f.out = bufio.NewWriterSize((*gate)(f), bufferBytes)
	return f
}

// peek returns the next n bytes, n <= bufferBytes, without taking them. Before it waits for
// them it sends what is in the buffer.
func (f *flow) peek(n int) ([]byte, error) {
	if f.in.Buffered() < n {
		if err := f.flush(); err != nil {
			return nil, err
		}
	}
	return f.in.Peek(n)
}

func (f *flow) flush() error {
	f.frame.Lock()
	defer f.frame.Unlock()
	return f.out.Flush()
}

// forward passes the next n bytes on.
func (f *flow) forward(n int64) error {
	f.frame.Lock()
	defer f.frame.Unlock()
	return f.pass(n)
}

// pass is forward by somebody who holds frame.
func (f *flow) pass(n int64) error {
	for n > 0 {
		if f.in.Buffered() == 0 {
			if err := f.out.Flush(); err != nil {
				return err
			}
			if _, err := f.in.Peek(1); err != nil {
				return unexpected(err)
			}
		}
		chunk, _ := f.in.Peek(int(min(int64(f.in.Buffered()), n))) // they are there
		if _, err := f.out.Write(chunk); err != nil {
			return err
		}
		discarded, _ := f.in.Discard(len(chunk)) // so they can be discarded
		n -= int64(discarded)
	}
	return nil
}

// write sends bytes of the proxy's own, or held ones.
func (f *flow) write(b []byte) error {
	f.frame.Lock()
	defer f.frame.Unlock()
	_, err := f.out.Write(b)
	return err
}

// withhold takes the next n bytes and sends them nowhere.
func (f *flow) withhold(n int64) error {
	for n > 0 {
		chunk := min(n, 1<<20)
		discarded, err := f.in.Discard(int(chunk))
		f.withheld.Add(int64(discarded))
		if err != nil {
			return unexpected(err)
		}
		n -= chunk
	}
	return nil
}

// rest forwards what is left when src has ended, perhaps in the middle of a frame.
func (f *flow) rest() error {
	if err := f.forward(int64(f.in.Buffered())); err != nil {
		return err
	}
	return f.flush()
}

// blindly forwards everything until src ends.
func (f *flow) blindly() error {
	if err := f.rest(); err != nil {
		return err
	}
	_, err := io.Copy((*gate)(f), f.src)
	if err == nil {
		err = io.EOF
	}
	return err
}

func unexpected(err error) error {
	if err == io.EOF { //nolint:errorlint // bufio hands on what the connection returned, unwrapped
		return io.ErrUnexpectedEOF
	}
	return err
}

// gate is the way out of a flow: past a cut, a silence and a trap.
type gate flow

// Write writes b, or as much as may pass.
func (g *gate) Write(b []byte) (int, error) {
	s := g.session
	if !s.proxy.cuts[g.direction].wait(s.done) {
		return 0, errBroken
	}
	if g.silent.Load() {
		g.withheld.Add(int64(len(b)))
		return len(b), nil
	}
	trap := s.proxy.traps.resetWithin(g.direction, g.carried, len(b))
	if trap == nil {
		return g.send(b)
	}
	n, err := g.send(b[:trap.at-g.carried])
	if err == nil {
		s.reset()
		trap.spring(nil)
		err = errBroken
	}
	return n, err
}

func (g *gate) send(b []byte) (int, error) {
	n, err := g.dst.Write(b)
	g.carried += int64(n)
	g.session.proxy.stats.carried[g.direction].Add(int64(n))
	if err != nil && g.session.down.silent.Load() {
		g.silent.Store(true) // the client must not learn it
		return len(b), nil
	}
	if err != nil {
		err = &writeError{err}
	}
	return n, err
}

// writeError says that the receiver takes nothing any more.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }
