package invariants

import (
	"encoding/json"
	"fmt"

	"github.com/squallhq/squall/system/event"
)

// storedFact is a fact in a file: its payload with the version of its schema, so that a later
// program reads it as it reads the services' own events.
type storedFact struct {
	Service   string          `json:"service"`
	Stream    string          `json:"stream"`
	Version   int             `json:"version"`
	Type      string          `json:"type"`
	Schema    int             `json:"schema"`
	Subject   string          `json:"subject"`
	Causation string          `json:"causation"`
	Data      json.RawMessage `json:"data"`
}

// MarshalJSON writes the fact with its payload.
func (f Fact) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(f.Payload)
	if err != nil {
		return nil, fmt.Errorf("fact %d of %s: %w", f.Version, f.Stream, err)
	}
	return json.Marshal(storedFact{
		f.Service, f.Stream, f.Version, f.Type, event.Version(f.Payload), f.Subject, f.Causation, data,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Fact) UnmarshalJSON(text []byte) error {
	var s storedFact
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	payload, err := event.Decode(s.Type, s.Schema, s.Data)
	if err != nil {
		return fmt.Errorf("fact %d of %s: %w", s.Version, s.Stream, err)
	}
	*f = Fact{s.Service, s.Stream, s.Version, s.Type, s.Subject, s.Causation, payload}
	return nil
}
