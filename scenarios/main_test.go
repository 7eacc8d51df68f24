package scenarios_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain gives the collector the leisure that the command gives it: worlds make much
// short-lived garbage and little that lasts.
func TestMain(m *testing.M) {
	debug.SetGCPercent(1000)
	os.Exit(m.Run())
}
