// Package floats computes.
//
//simsafe:strict
package floats

import (
	"fmt"
	"math"
	"strconv"
)

const ratio = 0.25 * 3

type rate float32

func bad(x, y float64, r rate, c complex128) {
	_ = x*y + 1        // want `floats: computing with float64: floats round differently` `floats: computing with float64`
	_ = x < y          // want `floats: computing with float64`
	_ = r == 0         // want `floats: computing with floats.rate`
	_ = c - 1          // want `floats: computing with complex128`
	x += 1             // want `floats: computing with float64`
	x++                // want `floats: computing with float64`
	_ = max(x, y)      // want `floats: computing with float64`
	_ = math.Sqrt(x)   // want `floats: math.Sqrt`
	_ = math.Max(x, y) // want `floats: math.Max`
}

func good(n int, x float64) string {
	x = float64(n)
	_ = math.MaxInt64 - n
	_ = math.Pi
	_ = math.Float64bits(x)
	_ = math.IsNaN(x)
	_ = max(n, 3)
	_, _ = strconv.ParseFloat("1", 64)
	return fmt.Sprint(x, -x, ratio, float32(x), int(x))
}
