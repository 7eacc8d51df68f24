package rabbitmq_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/rabbitmq"
)

// fakeBroker speaks just enough AMQP for one connection with one channel in confirm mode
// (AMQP 0-9-1, 2.2.4), for what a real broker says too seldom.
type fakeBroker struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// Methods by class and number.
const (
	methodStart     = 10<<16 | 10
	methodTune      = 10<<16 | 30
	methodOpenOK    = 10<<16 | 41
	methodChannelOK = 20<<16 | 11
	methodConsume   = 60<<16 | 20
	methodConsumeOK = 60<<16 | 21
	methodReturn    = 60<<16 | 50
	methodDeliver   = 60<<16 | 60
	methodConfirmOK = 85<<16 | 11
)

func (f *fakeBroker) frame(kind byte, channel uint16, payload []byte) {
	frame := binary.BigEndian.AppendUint16([]byte{kind}, channel)
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(payload)))
	frame = append(append(frame, payload...), 0xce)
	if _, err := f.conn.Write(frame); err != nil {
		f.t.Log("fake broker:", err)
	}
}

func (f *fakeBroker) method(channel uint16, method uint32, arguments ...[]byte) {
	payload := binary.BigEndian.AppendUint32(nil, method)
	for _, argument := range arguments {
		payload = append(payload, argument...)
	}
	f.frame(1, channel, payload)
}

// content sends a header without properties and a body.
func (f *fakeBroker) content(body string) {
	header := []byte{0, 60, 0, 0}
	header = binary.BigEndian.AppendUint64(header, uint64(len(body)))
	f.frame(2, 1, append(header, 0, 0))
	f.frame(3, 1, []byte(body))
}

func shortText(text string) []byte { return append([]byte{byte(len(text))}, text...) }

func longText(text string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
}

// await reads frames up to a method on a channel.
func (f *fakeBroker) await(method uint32) {
	for {
		var head [7]byte
		if _, err := io.ReadFull(f.in, head[:]); err != nil {
			return
		}
		payload := make([]byte, int(binary.BigEndian.Uint32(head[3:]))+1)
		if _, err := io.ReadFull(f.in, payload); err != nil {
			return
		}
		if head[0] == 1 && binary.BigEndian.Uint32(payload) == method {
			return
		}
	}
}

// shakeHands opens the connection and channel 1.
func (f *fakeBroker) shakeHands() {
	if _, err := io.ReadFull(f.in, make([]byte, 8)); err != nil {
		f.t.Log("fake broker:", err)
		return
	}
	f.method(0, methodStart, []byte{0, 9}, longText(""), longText("PLAIN"), longText("en_US"))
	f.await(10<<16 | 11)
	f.method(0, methodTune, []byte{0, 10}, []byte{0, 2, 0, 0}, []byte{0, 0})
	f.await(10<<16 | 40)
	f.method(0, methodOpenOK, shortText(""))
	f.await(20<<16 | 10)
	f.method(1, methodChannelOK, longText(""))
	f.await(85<<16 | 10)
	f.method(1, methodConfirmOK)
}

// fakeBrokerURL serves one connection by script.
func fakeBrokerURL(t *testing.T, script func(*fakeBroker)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fake := &fakeBroker{t: t, conn: conn, in: bufio.NewReader(conn)}
		fake.shakeHands()
		script(fake)
		_, _ = io.Copy(io.Discard, conn)
	}()
	return "amqp://guest:guest@" + listener.Addr().String() + "/"
}

// The library drops a return that nobody takes for 5 s. While the adapter waited for the
// answer to a consume whose first message was there, it took none: the return was lost, and
// the channel waited for it for ever.
func TestReturnIsTakenWhileAConsumeIsUnderWay(t *testing.T) {
	url := fakeBrokerURL(t, func(f *fakeBroker) {
		f.await(methodConsume)
		f.method(1, methodDeliver, shortText("tag"), binary.BigEndian.AppendUint64(nil, 1), []byte{0}, shortText(""), shortText("q"))
		f.content("delivered")
		f.method(1, methodReturn, []byte{1, 56}, shortText("NO_ROUTE"), shortText(""), shortText("nowhere"))
		f.content("returned")
		f.method(1, methodConsumeOK, shortText("tag"))
	})
	broker, err := rabbitmq.New(rabbitmq.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t)
	connection, err := broker.Connect(ctx, "test")
	if err != nil {
		t.Fatal(err)
	}
	channel, err := connection.OpenChannel(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := channel.Do(ctx, port.Consume{Queue: "q", Consumer: "tag"}); err != nil {
		t.Fatal(err)
	}
	if d, ok := next(t, channel).(port.Delivery); !ok || string(d.Body) != "delivered" {
		t.Fatalf("first event: %v", d)
	}
	if r, ok := next(t, channel).(port.Returned); !ok || r.Code != 312 || string(r.Body) != "returned" {
		t.Fatalf("second event: %v", r)
	}
}
