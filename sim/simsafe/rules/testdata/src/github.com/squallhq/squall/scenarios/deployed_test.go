//simsafe:allow drives the deployed services, which live in real time

package scenarios

import (
	"testing"
	"time"
)

func TestDeployed(t *testing.T) {
	go println(time.Now().String())
}
