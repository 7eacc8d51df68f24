// Package flow may hold SQL.
package flow

const claim = "UPDATE outbox SET claimed = true"

var last int // want `state: package variable last changes`

func next(m map[string]int) {
	for k := range m { // want `maporder: range over a map`
		println(k)
	}
	last++
}
