package postgres

import (
	"strings"
	"syscall"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h, in milliseconds (RFC 5482).
const tcpUserTimeout = 0x12

// limitUnacked has the kernel end a connection whose data nobody acknowledges, which
// keepalives do not: they are only sent when nothing else is.
func limitUnacked(network, _ string, conn syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var err error
	control := conn.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(unackedMax.Milliseconds()))
	})
	if control != nil {
		return control
	}
	return err
}
