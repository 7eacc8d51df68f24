package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/wire"
)

// end is one end of a connection without a network: it has said everything already, and keeps
// what it is told.
type end struct {
	mutex  sync.Mutex
	says   *bytes.Reader
	told   bytes.Buffer
	closed bool
}

func (e *end) Read(b []byte) (int, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.closed {
		return 0, net.ErrClosed
	}
	return e.says.Read(b)
}

func (e *end) Write(b []byte) (int, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.closed {
		return 0, net.ErrClosed
	}
	return e.told.Write(b)
}

func (e *end) Close() error {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.closed = true
	return nil
}

func (*end) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*end) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*end) SetDeadline(time.Time) error      { return nil }
func (*end) SetReadDeadline(time.Time) error  { return nil }
func (*end) SetWriteDeadline(time.Time) error { return nil }

// wild is a storm that does as the fuzzer says.
type wild struct {
	kinds []byte
	asked int
}

func (w *wild) Strike(_, _ uint64, allowed chaos.KindSet) (chaos.Kind, time.Duration) {
	if len(w.kinds) == 0 {
		return chaos.NoFault, 0
	}
	kind := chaos.Kind(w.kinds[w.asked%len(w.kinds)] % 10)
	w.asked++
	if !allowed.Has(kind) {
		return chaos.NoFault, 0
	}
	return kind, 0
}

// carry runs a connection on which each side has said something. Without faults everything
// must arrive as it was, up to where it is not the protocol.
func carry(t *testing.T, protocol wire.Protocol, up, down, kinds []byte) {
	t.Helper()
	client, server := &end{says: bytes.NewReader(up)}, &end{says: bytes.NewReader(down)}
	book := wire.NewBook(1)
	book.SetStorm(&wild{kinds: kinds})
	book.SetCrasher(func(chaos.Strike, net.Addr) error { return nil })
	p := wire.Carry(protocol, book, client, server)
	if len(book.Fired()) > 0 {
		return
	}
	if !bytes.HasPrefix(up, server.told.Bytes()) || !bytes.HasPrefix(down, client.told.Bytes()) {
		t.Fatalf("not what was said: the server was told %q, the client %q", server.told.Bytes(), client.told.Bytes())
	}
	if len(p.Errors()) > 1 {
		t.Fatalf("one connection, errors %v", p.Errors())
	}
	if len(p.Errors()) == 0 && len(up) > 0 && !bytes.Equal(server.told.Bytes(), up) {
		t.Fatalf("nothing was wrong, and %d bytes of %d arrived at the server", server.told.Len(), len(up))
	}
}

func FuzzPostgres(f *testing.F) {
	up, down := postgresSeeds(f)
	f.Add(up, down, []byte{})
	for kind := range byte(10) {
		f.Add(up, down, []byte{kind})
		f.Add(up, down, []byte{0, 0, 0, kind})
	}
	f.Add([]byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f}, []byte{'S'}, []byte{})
	f.Add([]byte{0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e, 0, 0, 0, 1, 0, 0, 0, 2}, []byte{}, []byte{})
	f.Add([]byte{0x16, 3, 1, 0, 5}, []byte{0x16, 3, 3}, []byte{})
	f.Fuzz(func(t *testing.T, up, down, kinds []byte) { carry(t, wire.PostgreSQL, up, down, kinds) })
}

// postgresSeeds are two sides of a session that has everything.
func postgresSeeds(f *testing.F) (up, down []byte) {
	f.Helper()
	encode := func(list []pgproto3.Message) (all []byte) {
		for _, m := range list {
			b, err := m.Encode(nil)
			if err != nil {
				f.Fatal(err)
			}
			all = append(all, b...)
		}
		return all
	}
	up = encode([]pgproto3.Message{
		&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "a"}},
		&pgproto3.Query{String: "begin /* A{b} */"},
		&pgproto3.Parse{Name: "s", Query: "-- name: X\nSELECT $1"}, &pgproto3.Describe{ObjectType: 'S', Name: "s"}, &pgproto3.Sync{},
		&pgproto3.Bind{PreparedStatement: "s", Parameters: [][]byte{{1}}}, &pgproto3.Describe{ObjectType: 'P'}, &pgproto3.Execute{}, &pgproto3.Sync{},
		&pgproto3.Bind{PreparedStatement: "s"}, &pgproto3.Execute{}, &pgproto3.Bind{PreparedStatement: "s"}, &pgproto3.Execute{}, &pgproto3.Sync{},
		&pgproto3.Query{String: `copy "t" ( "a" ) from stdin binary;`}, &pgproto3.CopyData{Data: []byte("x")}, &pgproto3.CopyDone{},
		&pgproto3.Query{String: "savepoint sp_1"}, &pgproto3.Query{String: "rollback to savepoint sp_1"},
		&pgproto3.Close{ObjectType: 'S', Name: "s"}, &pgproto3.Flush{}, &pgproto3.CopyFail{Message: "no"},
		&pgproto3.Query{String: "commit /* A{b} */"}, &pgproto3.Terminate{},
	})
	down = encode([]pgproto3.Message{
		&pgproto3.AuthenticationOk{}, &pgproto3.ParameterStatus{Name: "a", Value: "b"}, &pgproto3.ReadyForQuery{TxStatus: 'I'},
		&pgproto3.CommandComplete{CommandTag: []byte("BEGIN")}, &pgproto3.ReadyForQuery{TxStatus: 'T'},
		&pgproto3.ParseComplete{}, &pgproto3.ParameterDescription{ParameterOIDs: []uint32{23}}, &pgproto3.NoData{}, &pgproto3.ReadyForQuery{TxStatus: 'T'},
		&pgproto3.BindComplete{}, &pgproto3.RowDescription{}, &pgproto3.DataRow{Values: [][]byte{{1}}},
		&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")}, &pgproto3.ReadyForQuery{TxStatus: 'T'},
		&pgproto3.ErrorResponse{Severity: "ERROR", Code: "22012"}, &pgproto3.ReadyForQuery{TxStatus: 'E'},
		&pgproto3.CopyInResponse{}, &pgproto3.CommandComplete{CommandTag: []byte("COPY 1")}, &pgproto3.ReadyForQuery{TxStatus: 'T'},
		&pgproto3.NotificationResponse{Channel: "c"}, &pgproto3.NoticeResponse{Message: "m"}, &pgproto3.ReadyForQuery{TxStatus: 'I'},
	})
	return up, down
}

func FuzzAMQP(f *testing.F) {
	up, down := amqpSeeds()
	f.Add(up, down, []byte{})
	for kind := range byte(10) {
		f.Add(up, down, []byte{kind})
		f.Add(up, down, []byte{0, 0, 0, kind})
	}
	f.Add([]byte("AMQP\x00\x01\x00\x00"), []byte("AMQP\x00\x00\x09\x01"), []byte{})
	f.Add([]byte{0x16, 3, 1, 0, 5}, []byte{0x16, 3, 3}, []byte{})
	f.Fuzz(func(t *testing.T, up, down, kinds []byte) { carry(t, wire.AMQP, up, down, kinds) })
}

// frame writes a frame.
func frame(kind byte, channel uint16, payload ...[]byte) []byte {
	body := slices.Concat(payload...)
	b := []byte{kind}
	b = binary.BigEndian.AppendUint16(b, channel)
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(append(b, body...), 0xCE)
}

// call writes a method frame.
func call(class, method uint16, arguments ...[]byte) []byte {
	return frame(1, 1, binary.BigEndian.AppendUint16(nil, class), binary.BigEndian.AppendUint16(nil, method), slices.Concat(arguments...))
}

func short(s string) []byte { return append([]byte{byte(len(s))}, s...) }

func tag(n uint64, bits byte) []byte { return append(binary.BigEndian.AppendUint64(nil, n), bits) }

// content writes a header with every property, and a body in two frames.
func content() []byte {
	const body = "body"
	header := slices.Concat([]byte{0, 60, 0, 0}, binary.BigEndian.AppendUint64(nil, uint64(len(body))), []byte{0xff, 0xfc},
		short("text/plain"), short("gzip"), []byte{0, 0, 0, 5, 1, 'a', 't', 1, 0}, []byte{2, 5}, short("ann/order-7"), short("reply"), short("1000"),
		short("id"), make([]byte, 8), short("PlaceOrder"), short("guest"), short("app"), short(""))
	return slices.Concat(frame(2, 1, header), frame(3, 1, []byte(body[:1])), frame(8, 0), frame(3, 1, []byte(body[1:])))
}

// amqpSeeds are two sides of a connection that has everything.
func amqpSeeds() (up, down []byte) {
	two, table := []byte{0, 0}, []byte{0, 0, 0, 0}
	publish := slices.Concat(call(60, 40, two, short("x"), short("k"), []byte{1}), content())
	up = slices.Concat(startAMQP, call(10, 31, two, []byte{0, 2, 0, 0}, two), call(20, 10, short("")), call(85, 10, []byte{0}),
		call(50, 10, two, short("q"), []byte{0}, table), call(60, 20, two, short(""), short("c"), []byte{0}, table), call(60, 70, two, short("q"), []byte{0}),
		publish, publish, publish, call(60, 80, tag(1, 1)), call(60, 120, tag(2, 3)), call(60, 90, tag(3, 1)), call(60, 80, tag(0, 1)), call(20, 40))
	deliver := slices.Concat(call(60, 60, short("c"), tag(1, 0), short("x"), short("k")), content())
	down = slices.Concat(call(10, 10), call(50, 11, short("q")), call(60, 21, short("c")), deliver, deliver,
		call(60, 71, tag(3, 0), short("x"), short("k"), make([]byte, 4)), content(), call(60, 72, short("")),
		call(60, 50, two, short("no"), short("x"), short("k")), content(), call(60, 80, tag(1, 0)), call(60, 80, tag(5, 1)), call(60, 120, tag(2, 0)),
		call(20, 40, two, short("bye")))
	return up, down
}

// TestEndIsAnEnd holds the fuzzers' ends to what they stand for.
func TestEndIsAnEnd(t *testing.T) {
	e := &end{says: bytes.NewReader([]byte("a"))}
	b := make([]byte, 2)
	if n, err := e.Read(b); n != 1 || err != nil {
		t.Error(n, err)
	}
	if _, err := e.Read(b); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	_ = e.Close()
	if _, err := e.Write(b); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
