package smtp

import (
	"context"
	"net"
	"sync"
)

// line is the connection of one mail: the library keeps to a time-out of its own and not to
// a context, and leaves a connection open whose greeting fails.
type line struct {
	mutex  sync.Mutex
	conn   net.Conn
	closed bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.closed {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	l.conn = conn
	return conn, nil
}

// close ends the connection, now or as soon as there is one.
func (l *line) close() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.closed = true
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
