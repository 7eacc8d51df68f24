package main

import (
	"fmt"
	"os"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios"
)

type replayCommand struct {
	Plan  string `arg:"" help:"The plan's file." type:"path"`
	Trace bool   `help:"Print every step."`
	JSON  string `name:"json" help:"Write the outcome to this file." placeholder:"FILE"`

	carry bool // leave out, and list, what the simulator does not have
}

// Run runs the plan.
func (c *replayCommand) Run() error {
	plan, err := chaos.ReadPlan(c.Plan)
	if err != nil {
		return usageError{err}
	}
	scenario, err := scenarios.Find(plan.Scenario)
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", c.Plan, err)}
	}
	kit := scenarios.NewKit()
	kit.Stuck = stuck
	notCarried := []string{}
	if c.carry {
		var left []chaos.Sentence
		plan.Faults, left = scenarios.Simulated(plan.Faults)
		for _, fault := range left {
			notCarried = append(notCarried, fault.String())
		}
	}
	result, err := scenario.RunPlan(kit, plan, c.Trace)
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", c.Plan, err)}
	}
	for _, line := range result.Lines {
		fmt.Println(line)
	}
	replay := replayOf(c.Plan, plan, result)
	replay.NotCarried = notCarried
	if len(notCarried) > 0 && len(plan.Faults) == 0 && replay.Verdict == invariants.Pass.String() {
		replay.Verdict = invariants.Unknown.String() // nothing of the plan has happened
	}
	replay.Text(os.Stdout)
	return concluded(replay, c.JSON)
}

func replayOf(path string, plan *chaos.Plan, result *scenarios.Result) *reports.Replay {
	r := &reports.Replay{
		Plan: path, Scenario: plan.Scenario, Seed: plan.Seed.String(), Verdict: result.Verdict.String(),
		Violations: []reports.Violation{}, Missed: []string{}, Steps: result.Steps, Planned: len(plan.Faults), Fired: len(result.Plan.Faults), TraceHash: result.Hash,
	}
	if plan.Found != nil {
		r.KeptInvariant, r.KeptHash, r.KeptCommit = plan.Found.Invariant, plan.Found.TraceHash, plan.Commit
	}
	for _, strike := range result.Missed {
		r.Missed = append(r.Missed, strike.String())
	}
	if len(r.Missed) > 0 && result.Verdict == invariants.Pass {
		// What did not strike has shown nothing.
		r.Verdict = invariants.Unknown.String()
	}
	for _, finding := range result.Findings {
		if finding.Verdict == invariants.Fail {
			r.Violations = append(r.Violations, reports.Violation{Invariant: finding.Invariant, Messages: finding.Violations})
		}
	}
	if result.Err != nil {
		r.Broken = result.Err.Error()
	}
	return r
}
