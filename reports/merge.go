package reports

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/squallhq/squall/chaos"
)

// SeedRange is Seeds seeds, the first of them First.
type SeedRange struct {
	First chaos.Seed `json:"first_seed"`
	Seeds int        `json:"seeds"`
}

// after is the seed behind the last one.
func (r SeedRange) after() chaos.Seed { return r.First + chaos.Seed(r.Seeds) }

// HashSum is the sum of the trace hashes of seeds. It does not depend on their order, so the
// sums of two campaigns add up to that of both.
type HashSum struct{ high, low uint64 }

// Add adds the trace hash of a seed.
func (h HashSum) Add(seed uint64, hash string) HashSum {
	digest := sha256.Sum256(fmt.Appendf(nil, "%d %s", seed, hash))
	return h.Plus(HashSum{binary.BigEndian.Uint64(digest[:8]), binary.BigEndian.Uint64(digest[8:16])})
}

// Plus is the sum of two sums.
func (h HashSum) Plus(other HashSum) HashSum {
	low, carry := bits.Add64(h.low, other.low, 0)
	high, _ := bits.Add64(h.high, other.high, carry)
	return HashSum{high, low}
}

// String writes the sum as 32 hexadecimal digits.
func (h HashSum) String() string { return fmt.Sprintf("%016x%016x", h.high, h.low) }

// ParseHashSum reads what String writes.
func ParseHashSum(text string) (HashSum, error) {
	sum, err := hex.DecodeString(text)
	if err != nil || len(sum) != 16 {
		return HashSum{}, fmt.Errorf("%q is not a trace hash of 32 hexadecimal digits", text)
	}
	return HashSum{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}, nil
}

// Part is a summary to be merged, and the file that it is from.
type Part struct {
	Path string
	*Summary
}

// ReadPart reads a summary that squall sim has written. It refuses what is none, and what
// does not add up: a count that was lost would be merged into a pass. Errors name the file.
func ReadPart(path string) (Part, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Part{}, fmt.Errorf("read summary: %w", err)
	}
	var head struct {
		Scenario  string      `json:"scenario"`
		FirstSeed *chaos.Seed `json:"first_seed"`
	}
	part := Part{path, new(Summary)}
	if err := json.Unmarshal(text, &head); err != nil {
		return Part{}, fmt.Errorf("%s is not a summary of squall sim: %w", path, err)
	}
	if head.Scenario == "" || head.FirstSeed == nil {
		return Part{}, fmt.Errorf("%s is not a summary of squall sim, or an older one: it has no scenario or no first_seed", path)
	}
	if err := json.Unmarshal(text, part.Summary); err != nil {
		return Part{}, fmt.Errorf("%s is not a summary of squall sim: %w", path, err)
	}
	if err := part.check(); err != nil {
		return Part{}, fmt.Errorf("%s: %w", path, err)
	}
	return part, nil
}

// check finds counts that contradict each other.
func (s *Summary) check() error {
	if _, err := ParseHashSum(s.TraceHash); err != nil {
		return err
	}
	ran := 0
	for _, r := range s.ranges() {
		if r.Seeds < 0 {
			return fmt.Errorf("%d seeds from %v on", r.Seeds, r.First)
		}
		ran += r.Seeds
	}
	switch judged := s.Passed + s.Failed + s.Unknown + len(s.Broken); {
	case judged != s.Seeds:
		return fmt.Errorf("%d seeds, but %d passed, %d failed, %d unknown and %d broken", s.Seeds, s.Passed, s.Failed, s.Unknown, len(s.Broken))
	case len(s.Failures) != s.Failed+s.Unknown:
		return fmt.Errorf("%d failed and %d unknown, but %d failures", s.Failed, s.Unknown, len(s.Failures))
	case ran != s.Seeds:
		return fmt.Errorf("%d seeds, but %d in its ranges", s.Seeds, ran)
	case s.SeedsWanted < s.Seeds:
		return fmt.Errorf("%d seeds, but only %d wanted", s.Seeds, s.SeedsWanted)
	}
	return nil
}

// ranges are the seeds that were run.
func (s *Summary) ranges() []SeedRange {
	if len(s.Ranges) > 0 {
		return s.Ranges
	}
	return []SeedRange{{s.FirstSeed, s.Seeds}}
}

// Merge makes one summary of those of several processes, each of which ran seeds of its own
// in the same scenario at the same commit; anything else is an error. Counts add up. The
// parts are taken to have run side by side: the wall time is that of the longest, speeds and
// workers add up. Medians cannot be had from medians and are left out. What was never
// reached the caller finds out: it depends on the scenario.
func Merge(parts []Part) (*Summary, error) {
	if len(parts) == 0 {
		return nil, errors.New("there is nothing to merge")
	}
	parts = slices.SortedStableFunc(slices.Values(parts), func(a, b Part) int { return cmp.Compare(a.FirstSeed, b.FirstSeed) })
	for _, part := range parts[1:] {
		if err := parts[0].sameAs(part); err != nil {
			return nil, err
		}
	}
	ranges, err := rangesOf(parts)
	if err != nil {
		return nil, err
	}
	merged := &Summary{
		Scenario: parts[0].Scenario, Commit: parts[0].Commit, FirstSeed: parts[0].FirstSeed, TraceHash: HashSum{}.String(),
		FaultsFired: make(map[string]int), Sometimes: make(map[string]int), Facts: make(map[string]int),
		NeverReached: []string{}, Failures: []Failure{}, Broken: []string{},
	}
	if len(ranges) > 0 {
		merged.FirstSeed = ranges[0].First
	}
	if len(ranges) > 1 {
		merged.Ranges = ranges
	}
	for _, part := range parts {
		if err := merged.add(part.Summary); err != nil {
			return nil, fmt.Errorf("%s: %w", part.Path, err)
		}
	}
	return merged, nil
}

func (p Part) sameAs(other Part) error {
	if p.Scenario != other.Scenario {
		return fmt.Errorf("different scenarios: %s of %s, %s of %s", p.Path, p.Scenario, other.Path, other.Scenario)
	}
	if p.Commit != other.Commit {
		return fmt.Errorf("different commits: %s of %s, %s of %s", p.Path, p.Commit, other.Path, other.Commit)
	}
	return nil
}

// rangesOf returns the seeds of all parts, in order; ranges without a gap between them are
// one. A seed that two parts ran is an error.
func rangesOf(parts []Part) ([]SeedRange, error) {
	type owned struct {
		SeedRange
		path string
	}
	var all []owned
	for _, part := range parts {
		for _, r := range part.ranges() {
			if r.Seeds > 0 {
				all = append(all, owned{r, part.Path})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b owned) int { return cmp.Compare(a.First, b.First) })
	var joined []SeedRange
	for i, r := range all {
		switch {
		case i > 0 && uint64(r.First-all[i-1].First) < uint64(all[i-1].Seeds):
			return nil, fmt.Errorf("seed %v was run twice: in %s and in %s", r.First, all[i-1].path, r.path)
		case i > 0 && r.First == all[i-1].after():
			joined[len(joined)-1].Seeds += r.Seeds
		default:
			joined = append(joined, r.SeedRange)
		}
	}
	return joined, nil
}

// add adds a part.
func (s *Summary) add(part *Summary) error {
	mine, err := ParseHashSum(s.TraceHash)
	if err != nil {
		return err
	}
	theirs, err := ParseHashSum(part.TraceHash)
	if err != nil {
		return err
	}
	s.TraceHash = mine.Plus(theirs).String()
	s.addCounts(part)
	s.Go = joinDistinct(s.Go, part.Go)
	// Added as durations: a sum of fractions would depend on how the seeds were shared out.
	s.VirtualSeconds = (seconds(s.VirtualSeconds) + seconds(part.VirtualSeconds)).Seconds()
	s.WallSeconds = max(s.WallSeconds, part.WallSeconds)
	s.SeedsPerSecond += part.SeedsPerSecond
	s.StepsPerSecond += part.StepsPerSecond
	s.Parallel += part.Parallel
	s.Failures = append(s.Failures, part.Failures...)
	s.Broken = append(s.Broken, part.Broken...)
	if s.Determinism.First == nil {
		s.Determinism.First = part.Determinism.First
	}
	return nil
}

func (s *Summary) addCounts(part *Summary) {
	s.Parts += max(part.Parts, 1)
	s.Seeds += part.Seeds
	s.SeedsWanted += part.SeedsWanted
	s.Passed += part.Passed
	s.Failed += part.Failed
	s.Unknown += part.Unknown
	s.Orders += part.Orders
	s.Completed += part.Completed
	s.Steps += part.Steps
	s.Determinism.Checked += part.Determinism.Checked
	s.Determinism.Mismatches += part.Determinism.Mismatches
	addEach(s.FaultsFired, part.FaultsFired)
	addEach(s.Sometimes, part.Sometimes)
	addEach(s.Facts, part.Facts)
}

func addEach(to, from map[string]int) {
	for name, n := range from {
		to[name] += n
	}
}

// seconds is a duration of so many of them, to the nanosecond.
func seconds(n float64) time.Duration { return time.Duration(n*float64(time.Second) + 0.5) }

// joinDistinct adds a word to a list of words with commas between them, unless it is there.
func joinDistinct(list, word string) string {
	words := strings.Split(list, ", ")
	switch {
	case list == "":
		return word
	case slices.Contains(words, word):
		return list
	default:
		return list + ", " + word
	}
}
