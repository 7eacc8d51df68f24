// Package mutants plants bugs into the services, one at a time, and sees whether the
// invariants find them. Who has never seen a judge condemn has no reason to believe it.
//
// A mutant is a unified diff against the module with a header that says what it is:
//
//	# id: B22
//	# source: affinidi-tdk-rs#606
//	# mechanism: the message is acknowledged before its handler has run
//	# breaks: NothingLost
//	--- a/system/flow/consumer.go
//	+++ b/system/flow/consumer.go
//	@@ -95,7 +95,7 @@
//
// The working tree is never touched: the diff is applied to copies, and the squall command
// is built with `go build -overlay`, which also replaces embedded SQL.
//
//	patch --> copies, overlay.json --> go build --> squall sim --seeds N --stop-at 1
//	                                                     |
//	                    plan of the failure <------------+
//	                     |            |
//	       mutant replays it      clean code replays it
//	       and breaks the         and breaks nothing
//	       invariant named
//	             \                   /
//	              +---- killed -----+
//
// A panic, a time-out, or a run that the simulator could not finish (exit code 3) kills
// nothing. With `# control: true` a patch changes nothing that matters, and must survive:
// it shows that the judge does not condemn at random.
package mutants
