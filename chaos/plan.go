package chaos

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// PlanVersion is the version of the plan format that this package writes. It reads
// this one and those before it.
const PlanVersion = 1

// Plan is everything that a run needs to happen again: what the clients do, what the
// seed chose for the world, and which faults strike. It is JSON, to be read and
// edited by hand.
type Plan struct {
	Version  int              `json:"version"`
	Scenario string           `json:"scenario"`
	Seed     Seed             `json:"seed"`
	Commit   string           `json:"commit,omitempty"`
	Go       string           `json:"go,omitempty"`
	Workload json.RawMessage  `json:"workload"`
	Swarm    map[string]int64 `json:"swarm"`
	Faults   []Sentence       `json:"faults"`
	Found    *Found           `json:"found,omitempty"`
}

// Found says what the plan showed when it was kept.
type Found struct {
	Invariant string `json:"invariant"`
	Message   string `json:"message"`
	TraceHash string `json:"trace_hash"`
}

// Seed is a run's seed, written as 0x and 16 hexadecimal digits, because JSON's
// numbers lose the low bits of 64.
type Seed uint64

// String writes the seed as 0x and 16 hexadecimal digits.
func (s Seed) String() string { return fmt.Sprintf("0x%016x", uint64(s)) }

// MarshalText writes the seed as String does.
func (s Seed) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a seed in decimal, or in hexadecimal with 0x before it.
func (s *Seed) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 0, 64)
	if err != nil {
		return fmt.Errorf("seed %q is not a number of 64 bits, decimal or with 0x", text)
	}
	*s = Seed(n)
	return nil
}

// Sentence is a fault in a plan.
type Sentence struct{ Fault }

// MarshalText writes the fault's sentence.
func (s Sentence) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a fault's sentence.
func (s *Sentence) UnmarshalText(text []byte) error {
	fault, err := Parse(string(text))
	s.Fault = fault
	return err
}

// Encode writes the plan as indented JSON with a newline at its end.
func (p *Plan) Encode() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(p); err != nil {
		return nil, fmt.Errorf("write plan: %w", err)
	}
	return out.Bytes(), nil
}

// DecodePlan reads a plan. Foreign files, unknown fields and other versions are errors
// that say which.
func DecodePlan(data []byte) (*Plan, error) {
	var head struct {
		Version *int             `json:"version"`
		Seed    *json.RawMessage `json:"seed"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("not a plan: %w", err)
	}
	if head.Version == nil {
		return nil, errors.New("not a plan: it has no version")
	}
	if *head.Version < 1 || *head.Version > PlanVersion {
		return nil, fmt.Errorf("plan version %d: this program reads versions 1 to %d", *head.Version, PlanVersion)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	plan := new(Plan)
	if err := decoder.Decode(plan); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if plan.Scenario == "" {
		return nil, errors.New("plan: no scenario is named")
	}
	if head.Seed == nil {
		return nil, errors.New("plan: no seed is named; it may be 0, but there must be one")
	}
	return plan, nil
}

// ReadPlan reads a plan file. Its errors name the file.
func ReadPlan(path string) (*Plan, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	plan, err := DecodePlan(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return plan, nil
}
