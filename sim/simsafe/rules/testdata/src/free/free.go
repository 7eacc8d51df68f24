// Package free has no room and says nothing, so it may do as it likes.
package free

import "time"

var started time.Time

func run(m map[string]int, x float64) {
	go func() { started = time.Now() }()
	for k := range m {
		println(k, x*2)
	}
	_ = "SELECT 1"
}
