// Package scenarios runs the services through storms and judges them.
//
// A scenario is a workload generator and the world that the workload meets. A run is one
// world: built from a seed or a plan, stormed, healed, brought to rest, judged.
//
//	seed --> workload, swarm, restarts --+
//	                                     +--> Plan --> world --> storm --> heal --> rest
//	plan file ---------------------------+                                           |
//	                                                                                 v
//	                                    Result: verdict, findings, faults, marks, trace hash
//
// A seed draws everything; the plan that it makes holds the workload, the swarm (replicas,
// sizes, rates) and the faults that fired, and runs again without the rates. A campaign runs
// many seeds on all cores, checks determinism by running some twice, keeps the plans of
// failures, and is red if an invariant never had anything to judge.
package scenarios
