//go:build unix

package live

import (
	"os"
	"syscall"
)

// lockFile takes the file's lock or fails at once.
func lockFile(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
