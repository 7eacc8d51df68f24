package state

import "testing"

var seen int

func TestHook(t *testing.T) {
	still.n = 1 // a test may
	seen++
}
