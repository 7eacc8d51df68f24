package scenarios

import (
	"testing"
	"time"
)

func TestCheckout(t *testing.T) {
	_ = time.Now() // want `clock: time.Now`
	_ = "SELECT 1"
}
