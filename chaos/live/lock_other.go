//go:build !unix

package live

import (
	"errors"
	"os"
)

// lockFile: without locks that end with their holder, leftovers could not be told from a run
// under way.
func lockFile(*os.File) error {
	return errors.New("this operating system has no advisory locks that Squall knows")
}
