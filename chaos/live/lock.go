package live

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// runLock is how a run shows that it lives. The operating system lets go of it when the
// process ends, however it ends; a process id could belong to somebody else by then.
type runLock struct {
	path string
	file *os.File
}

// A run's lock is a file with these around the run's name, among the temporary files.
const (
	lockPrefix = "squall-"
	lockSuffix = ".lock"
)

// isLockPath says whether a path from a label can be a lock's.
func isLockPath(path string) bool {
	name := filepath.Base(path)
	return filepath.Join(os.TempDir(), name) == path && strings.HasPrefix(name, lockPrefix) && strings.HasSuffix(name, lockSuffix)
}

// newRunLock takes the lock of a run.
func newRunLock(run string) (*runLock, error) {
	path := filepath.Join(os.TempDir(), lockPrefix+run+lockSuffix)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock of the run: %w", err)
	}
	if err := lockFile(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("a run named %s is under way: %w", run, err)
	}
	return &runLock{path, file}, nil
}

// release removes the file and lets go.
func (l *runLock) release() error {
	return errors.Join(os.Remove(l.path), l.file.Close())
}

// alive says whether a process holds the lock on the file. An error means that this is not
// known.
func alive(path string) (bool, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return aliveDespite(err)
	}
	defer file.Close()
	return lockFile(file) != nil, nil
}

// aliveDespite says what a lock file that cannot be opened means. One that may not be opened is
// another user's, who alone can say; to be left alone is all that this run needs to know.
func aliveDespite(err error) (bool, error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, fs.ErrPermission):
		return true, nil
	default:
		return true, err
	}
}
