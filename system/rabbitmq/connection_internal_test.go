package rabbitmq

import (
	"errors"
	"io"
	"net"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/system/port"
)

// Between the tap's word that the transport has ended and the library's, nothing is written:
// what the system says of such a write is no reason that a caller could tell from others.
func TestOpenChannelAsksTheTapBeforeTheLibrary(t *testing.T) {
	near, far := net.Pipe()
	_ = far.Close()
	tapped := newTap(near)
	c := newConnection(tapped, &amqp.Connection{}) // of which no end has been heard
	if _, err := tapped.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	event, err := c.Next(t.Context())
	if closed, is := event.(port.Closed); err != nil || !is || closed.Err == nil {
		t.Fatalf("%+v, %v", event, err)
	}
	for range 2 { // the turn to open is given back
		if _, err := c.OpenChannel(t.Context()); !errors.Is(err, port.ErrClosed) {
			t.Errorf("OpenChannel: %v", err)
		}
	}
	if err := c.openError(errors.New("write: connection reset by peer")); !errors.Is(err, port.ErrClosed) {
		t.Errorf("an error that came while it ended: %v", err)
	}
}
