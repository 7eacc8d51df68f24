//go:build lockstep

package value_test

import (
	"math/rand"
	"strings"
	"testing"
)

func TestLockstep(t *testing.T) {
	r := sampler{rand.New(rand.NewSource(*lockstepSeed))}
	expressions := append(append(r.operators(t), r.functions(t)...), r.casts()...)
	answers := ask(t, expressions)
	unsupported := 0
	for i, expression := range expressions {
		got := answer(expression, "UTC")
		switch {
		case strings.HasPrefix(got, "UNSUPPORTED"):
			unsupported++
		case got != answers[i]:
			t.Errorf("%s\n--- simulated\n%s\n--- PostgreSQL\n%s", expression, got, answers[i])
		}
	}
	t.Logf("%d expressions, %d of them not simulated", len(expressions), unsupported)
}
