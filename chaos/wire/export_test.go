package wire

import (
	"net"
	"time"
)

// Carry carries one connection between two ends that need not be sockets, and returns the
// proxy when it is over.
func Carry(protocol Protocol, book *Book, client, server net.Conn) *Proxy {
	p := &Proxy{
		config:   Config{Protocol: protocol, Service: "payment", Book: book, GiveUp: time.Millisecond},
		sessions: map[*session]bool{},
	}
	newSession(p, client, server).run()
	p.running.Wait()
	return p
}
