package scenarios

import (
	"fmt"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
)

// reachSeeds is the size from which a campaign must reach everything that its scenario
// names; from factsSeeds on every invariant must have had something to judge.
const (
	reachSeeds = 500
	factsSeeds = 20
)

// NeverReached returns what a campaign of the summary's size must have reached and has not:
// its end, a fact for every invariant, every kind of fault, every mark of the scenario. It
// depends on the summary's counts alone, so it holds for a merged one as well.
func (s Scenario) NeverReached(sum *reports.Summary) []string {
	never := []string{}
	if sum.Seeds < sum.SeedsWanted {
		never = append(never, fmt.Sprintf("the end: %d of %d seeds were run", sum.Seeds, sum.SeedsWanted))
	}
	if sum.Seeds >= factsSeeds {
		for _, invariant := range invariants.All() {
			if sum.Facts[invariant.Name] == 0 {
				never = append(never, invariant.Name+" has judged nothing")
			}
		}
	}
	if sum.Seeds < reachSeeds {
		return never
	}
	for _, kind := range chaos.KindsIn(chaos.Simulator) {
		if sum.FaultsFired[kind.String()] == 0 {
			never = append(never, "no fault of kind "+kind.String()+" has fired")
		}
	}
	for _, mark := range s.Sometimes {
		if sum.Sometimes[mark] == 0 {
			never = append(never, mark)
		}
	}
	return never
}

// Merge makes one summary of those of several processes and judges it as if one process had
// run all their seeds. If fewer than wanted seeds were run, a part is missing: the end was
// never reached. The error says why the parts do not belong together.
func Merge(parts []reports.Part, wanted int) (*reports.Summary, error) {
	merged, err := reports.Merge(parts)
	if err != nil {
		return nil, err
	}
	scenario, err := Find(merged.Scenario)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", parts[0].Path, err)
	}
	merged.SeedsWanted = max(merged.SeedsWanted, wanted)
	merged.NeverReached = scenario.NeverReached(merged)
	return merged, nil
}
