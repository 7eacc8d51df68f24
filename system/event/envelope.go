package event

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Envelope is a message as it travels and as it is recorded.
type Envelope struct {
	ID          string
	Type        string
	Version     int // of the data's schema, from 1
	Source      string
	Subject     string
	Time        time.Time
	Sequence    int
	Correlation string
	Causation   string
	Data        json.RawMessage
}

// wire is the envelope in CloudEvents' JSON format (CloudEvents 1.0.2, JSON Event Format;
// correlationid, causationid and sequence are extension attributes).
type wire struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Type        string          `json:"type"`
	Source      string          `json:"source"`
	Subject     string          `json:"subject"`
	Time        time.Time       `json:"time"`
	ContentType string          `json:"datacontenttype"`
	DataSchema  string          `json:"dataschema"`
	Sequence    string          `json:"sequence,omitempty"`
	Correlation string          `json:"correlationid"`
	Causation   string          `json:"causationid,omitempty"`
	Data        json.RawMessage `json:"data"`
}

// ContentType is the media type of an encoded envelope.
const ContentType = "application/cloudevents+json"

// Encode writes the envelope as CloudEvents JSON.
func (e *Envelope) Encode() ([]byte, error) {
	w := wire{
		SpecVersion: "1.0", ID: e.ID, Type: e.Type, Source: "/" + e.Source, Subject: e.Subject,
		Time: e.Time, ContentType: "application/json", DataSchema: schemaName(e.Type, e.Version),
		Correlation: e.Correlation, Causation: e.Causation, Data: e.Data,
	}
	if e.Sequence > 0 {
		w.Sequence = strconv.Itoa(e.Sequence)
	}
	return json.Marshal(&w)
}

// DecodeEnvelope reads what Encode wrote. The payload stays undecoded.
func DecodeEnvelope(data []byte) (Envelope, error) {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return Envelope{}, fmt.Errorf("envelope: %w", err)
	}
	if w.SpecVersion != "1.0" || w.ID == "" || w.Type == "" || len(w.Source) < 2 || w.Source[0] != '/' {
		return Envelope{}, fmt.Errorf("envelope %q of type %q from %q: not a CloudEvent 1.0 with id, type and /source", w.ID, w.Type, w.Source)
	}
	version, err := schemaVersion(w.Type, w.DataSchema)
	if err != nil {
		return Envelope{}, err
	}
	e := Envelope{
		ID: w.ID, Type: w.Type, Version: version, Source: w.Source[1:], Subject: w.Subject,
		Time: w.Time, Correlation: w.Correlation, Causation: w.Causation, Data: w.Data,
	}
	if w.Sequence != "" {
		if e.Sequence, err = strconv.Atoi(w.Sequence); err != nil || e.Sequence < 1 {
			return Envelope{}, fmt.Errorf("envelope %s: sequence %q is not a number from 1", w.ID, w.Sequence)
		}
	}
	return e, nil
}

func schemaName(name string, version int) string {
	return "/" + name + "/" + strconv.Itoa(version)
}

func schemaVersion(name, schema string) (int, error) {
	if prefix := "/" + name + "/"; len(schema) > len(prefix) && schema[:len(prefix)] == prefix {
		if version, err := strconv.Atoi(schema[len(prefix):]); err == nil && version > 0 {
			return version, nil
		}
	}
	return 0, fmt.Errorf("envelope of type %s: dataschema %q is not /%s/VERSION", name, schema, name)
}

// Payload decodes the data into the payload of the envelope's type.
func (e *Envelope) Payload() (Payload, error) { return Decode(e.Type, e.Version, e.Data) }
