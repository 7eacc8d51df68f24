package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/event"
)

// programs is the folder with the services' commands, set by TestMain.
var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "squall-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs = dir
	code := servers.Run(m)
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// build builds the commands, once in a process.
var build = sync.OnceValue(func() error {
	args := []string{"build", "-o", programs + string(filepath.Separator)}
	if os.Getenv("SQUALL_E2E_RACE") == "1" {
		args = append(args, "-race")
	}
	for _, service := range event.Services() {
		args = append(args, "github.com/squallhq/squall/system/cmd/"+service)
	}
	if output, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	return nil
})
