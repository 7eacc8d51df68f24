// Package reproduce shows on real servers in containers what the simulator has found: each
// planted bug of scenarios/mutants is built into images of the services, and a plan of
// scenarios/testdata that broke an invariant in the simulator happens to them.
//
//	patch --> overlay --> images squall-SERVICE:planted-ID --+
//	                                                         +--> containers.Run --> the same invariant breaks
//	plan of the simulator -----------------------------------+
//	                                                         +--> containers.Run --> passes
//	working tree -------> images squall-SERVICE:clean -------+
//
// A bug is shown if an invariant that its header names breaks with it, and clean code passes the
// same plan: every invariant holds, every fault of the plan has struck, and nothing else is
// wrong with the run. What prevents a verdict shows nothing.
package reproduce
