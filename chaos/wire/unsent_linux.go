package wire

import (
	"net"
	"syscall"
	"unsafe"
)

// unsent returns how many bytes the peer's kernel has not acknowledged (SIOCOUTQ, which is
// TIOCOUTQ; tcp(7)).
func unsent(conn *net.TCPConn) int {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	var bytes int32
	err = raw.Control(func(fd uintptr) {
		_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&bytes)))
		if failed != 0 {
			bytes = 0
		}
	})
	if err != nil {
		return 0
	}
	return int(bytes)
}
