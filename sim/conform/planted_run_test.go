//go:build planted

package conform_test

import (
	"testing"
)

// TestPlantedPostgresFaults judges the suite and the fuzzer (make conform-planted). It takes ten minutes,
// so that it is built only with the tag planted.
func TestPlantedPostgresFaults(t *testing.T) {
	suite := "^TestPostgresSimulated$"
	before := playPlanted(t, buildPlanted(t, fault{file: "doc.go"}), suite)
	for _, f := range postgresFaults {
		t.Run(f.name, func(t *testing.T) {
			program := buildPlanted(t, f)
			for _, run := range []string{suite, "^TestPostgresFuzz$"} {
				for failure := range playPlanted(t, program, run) {
					if !before[failure] { // what fails anyway notices nothing
						t.Logf("red: %s", failure)
						return
					}
				}
			}
			t.Error("neither the suite nor the fuzzer has noticed")
		})
	}
}
