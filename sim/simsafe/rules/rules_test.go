package rules_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/squallhq/squall/sim/simsafe/rules"
)

// TestRules shows each rule its own package of testdata, which is marked
// //simsafe:strict, with what it must report and what it must leave alone.
func TestRules(t *testing.T) {
	for _, name := range []string{
		"clock", "timers", "contexts", "randomness", "environment", "concurrency",
		"maporder", "floats", "state", "addresses", "allow", "free",
	} {
		t.Run(name, func(t *testing.T) {
			analysistest.Run(t, analysistest.TestData(), rules.Analyzer, name)
		})
	}
}

// TestRooms shows that the import path decides which rules hold.
func TestRooms(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), rules.Analyzer, "github.com/squallhq/squall/...")
}
