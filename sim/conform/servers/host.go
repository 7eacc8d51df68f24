package servers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"time"
)

// host is where a started server lives: a process or a container.
type host interface {
	// restart ends the server, in order or by a crash, and starts it again on the
	// same data and port. It does not wait until the server answers.
	restart(ctx context.Context, crash bool) error

	// run runs a program of the server's installation beside it.
	run(ctx context.Context, program string, args ...string) (string, error)

	// ended returns why the server is no longer running, or nil.
	ended() error

	// stop ends the server and removes what it left.
	stop()
}

// uniqueName returns a name that no other run on this machine uses.
func uniqueName(prefix string) string {
	var random [5]byte
	_, _ = rand.Read(random[:])
	return prefix + hex.EncodeToString(random[:])
}

// freePort returns a TCP port that was free on the loopback a moment ago.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// awaitReady polls ready until it succeeds, the server ends, or ctx does.
func awaitReady(ctx context.Context, server host, ready func(context.Context) error) error {
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		if server != nil {
			if end := server.ended(); end != nil {
				return end
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// restartTries is how often a server that ends right after its restart is started again.
const restartTries = 10

// restartReady restarts a server and waits until it is ready. A PostgreSQL refuses to
// start while backends of a crashed one still hold its shared memory, so an early end is
// no reason to give up.
func restartReady(ctx context.Context, server host, crash bool, ready func(context.Context) error) error {
	for try := 1; ; try++ {
		if err := server.restart(ctx, crash); err != nil {
			return err
		}
		err := awaitReady(ctx, server, ready)
		if err == nil || try == restartTries || server.ended() == nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}
