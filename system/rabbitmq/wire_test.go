package rabbitmq_test

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// wire is a TCP forwarder to the broker that can stop reading and break.
type wire struct {
	url    string
	mutex  sync.Mutex
	moving *sync.Cond
	paused bool
	ends   []net.Conn
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	parsed, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	w.moving = sync.NewCond(&w.mutex)
	go w.serve(listener, parsed.Host)
	t.Cleanup(func() {
		_ = listener.Close()
		w.resume()
		w.cut()
	})
	parsed.Host = listener.Addr().String()
	w.url = parsed.String()
	return w
}

func (w *wire) serve(listener net.Listener, target string) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", target)
		if err != nil {
			_ = near.Close()
			continue
		}
		w.mutex.Lock()
		w.ends = append(w.ends, near, far)
		w.mutex.Unlock()
		go w.copy(near, far)
		go w.copy(far, near)
	}
}

func (w *wire) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		w.mutex.Lock()
		for w.paused {
			w.moving.Wait()
		}
		w.mutex.Unlock()
		n, err := from.Read(buffer)
		w.mutex.Lock()
		for w.paused {
			w.moving.Wait()
		}
		w.mutex.Unlock()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = to.Close()
}

func (w *wire) pause() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.paused = true
}

func (w *wire) resume() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.paused = false
	w.moving.Broadcast()
}

// cut resets both ends, paused or not.
func (w *wire) cut() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, end := range w.ends {
		_ = end.(*net.TCPConn).SetLinger(0)
		_ = end.Close()
	}
}
