package live_test

import (
	"context"
	"io"
	"net"

	"github.com/squallhq/squall/chaos/live"
)

// forward listens for containers and passes their connections on to where the server is at
// that time. It returns the address that containers dial.
func forward(e *live.Environment, upstream func(context.Context) (string, error)) (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(e.ListenHost(), "0"))
	if err != nil {
		return "", err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go pass(conn, upstream)
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return net.JoinHostPort(e.DialHost(), port), err
}

func pass(conn net.Conn, upstream func(context.Context) (string, error)) {
	defer conn.Close()
	address, err := upstream(context.Background())
	if err != nil {
		return
	}
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, conn)
		_ = server.Close()
	}()
	_, _ = io.Copy(conn, server)
}
