package postgres_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
)

// fate is what a proxy does with a COMMIT, or a marked statement, and its answer.
type fate int32

const (
	pass      fate = iota
	cutBefore      // the COMMIT is lost
	cutAfter       // the COMMIT arrives, its answer is lost
	holdReply      // the COMMIT arrives, its answer never does, and the connection stays
)

// proxy stands between a pool and the server.
type proxy struct {
	listener net.Listener
	server   string
	fate     atomic.Int32
}

// newProxy returns a proxy and the URL of the database through it.
func newProxy(t *testing.T, database string) (*proxy, string) {
	t.Helper()
	parsed, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, server: parsed.Host}
	t.Cleanup(func() { _ = listener.Close() })
	go p.accept()
	parsed.Host = listener.Addr().String()
	return p, parsed.String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		go p.serve(client, server)
	}
}

func (p *proxy) serve(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	var committed atomic.Bool
	go func() {
		defer client.Close()
		defer server.Close()
		p.answers(client, server, &committed)
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if fateful(buffer[:n]) {
			if fate(p.fate.Load()) == cutBefore {
				return
			}
			committed.Store(true)
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// fateful says whether the message is a COMMIT, or holds the text that a test marks a
// statement with.
func fateful(message []byte) bool {
	return bytes.Contains(message, []byte("commit\x00")) || bytes.Contains(message, []byte("LOSE"))
}

// answers forwards what the server says, up to the answer to a COMMIT.
func (p *proxy) answers(client, server net.Conn, committed *atomic.Bool) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		if committed.Load() {
			switch fate(p.fate.Load()) {
			case cutAfter:
				return
			case holdReply:
				_, _ = io.Copy(io.Discard, server)
				return
			}
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}
