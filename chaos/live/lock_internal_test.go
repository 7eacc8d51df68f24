package live

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestAlive(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	lock, err := newRunLock("alive")
	if err != nil {
		t.Fatal(err)
	}
	if lives, err := alive(lock.path); !lives || err != nil {
		t.Errorf("with the lock held: %v, %v", lives, err)
	}
	if err := lock.file.Close(); err != nil { // as the end of its process does
		t.Fatal(err)
	}
	if lives, err := alive(lock.path); lives || err != nil {
		t.Errorf("with the lock let go: %v, %v", lives, err)
	}
	if lives, err := alive(lock.path + "-of-nobody"); lives || err != nil {
		t.Errorf("without a file: %v, %v", lives, err)
	}
}

// TestAliveDespite: another user's lock does not keep this one's run from opening. Root may
// open every file, so the error is made here.
func TestAliveDespite(t *testing.T) {
	_, notThere := os.OpenFile(filepath.Join(t.TempDir(), "none"), os.O_RDWR, 0)
	for name, c := range map[string]struct {
		err   error
		lives bool
		known bool
	}{
		"NotThere":     {notThere, false, true},
		"AnotherUsers": {&fs.PathError{Op: "open", Path: "squall-x.lock", Err: fs.ErrPermission}, true, true},
		"Wrapped":      {fmt.Errorf("open: %w", fs.ErrPermission), true, true},
		"Unknown":      {errors.New("input/output error"), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			lives, err := aliveDespite(c.err)
			if lives != c.lives || (err == nil) != c.known {
				t.Errorf("alive: %v, %v", lives, err)
			}
		})
	}
}
