// Simsafe is a vettool that reports code which would behave differently each time
// it runs inside the simulator, and words that left their room (package rules has
// the rules, the rooms, and how to excuse a line).
//
//	go build -C sim/simsafe -o ../../.bin/simsafe . && go vet -vettool=.bin/simsafe ./...
//
// It is a module of its own, so that nobody who imports Squall inherits its
// dependencies.
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/squallhq/squall/sim/simsafe/rules"
)

func main() { unitchecker.Main(rules.Analyzer) }
