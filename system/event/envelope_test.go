package event_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/system/event"
)

func aFact() event.Envelope {
	return event.Envelope{
		ID: "payment/7/2", Type: "PaymentAuthorised", Version: 1, Source: "payment", Subject: "7",
		Time:     time.Date(2026, 11, 23, 14, 0, 0, 123456000, time.UTC),
		Sequence: 2, Correlation: "ann/order-7", Causation: "checkout/7/AuthorisePayment",
		Data: json.RawMessage(`{"order_id":"7","intent":"pi_1"}`),
	}
}

const factText = `{"specversion":"1.0","id":"payment/7/2","type":"PaymentAuthorised","source":"/payment",` +
	`"subject":"7","time":"2026-11-23T14:00:00.123456Z","datacontenttype":"application/json",` +
	`"dataschema":"/PaymentAuthorised/1","sequence":"2","correlationid":"ann/order-7",` +
	`"causationid":"checkout/7/AuthorisePayment","data":{"order_id":"7","intent":"pi_1"}}`

// The text of an envelope is a contract with whoever reads it, in any language.
func TestEnvelopeText(t *testing.T) {
	t.Run("Fact", func(t *testing.T) {
		fact := aFact()
		wantText(t, &fact, factText)
	})
	t.Run("CommandHasNoSequence", func(t *testing.T) {
		command := event.Envelope{
			ID: "checkout/7/CapturePayment", Type: "CapturePayment", Version: 1, Source: "order", Subject: "7",
			Time: time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC), Correlation: "ann/order-7",
			Data: json.RawMessage(`{"order_id":"7"}`),
		}
		wantText(t, &command, `{"specversion":"1.0","id":"checkout/7/CapturePayment","type":"CapturePayment","source":"/order",`+
			`"subject":"7","time":"2026-11-23T14:00:00Z","datacontenttype":"application/json",`+
			`"dataschema":"/CapturePayment/1","correlationid":"ann/order-7","data":{"order_id":"7"}}`)
	})
}

func wantText(t *testing.T, e *event.Envelope, want string) {
	t.Helper()
	text, err := e.Encode()
	if err != nil || string(text) != want {
		t.Errorf("%v, %s\nwant %s", err, text, want)
	}
}

// Every attribute that CloudEvents 1.0 demands or that we add is a string (section 3.1 of
// its JSON format), also the sequence.
func TestEnvelopeIsCloudEvent(t *testing.T) {
	var members map[string]any
	if err := json.Unmarshal([]byte(factText), &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "sequence"} {
		if text, ok := members[name].(string); !ok || text == "" {
			t.Errorf("%s is %v", name, members[name])
		}
	}
}

func TestEnvelopeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~é☂]{1,20}`)
		e := event.Envelope{
			ID: text.Draw(t, "id"), Type: text.Draw(t, "type"), Version: rapid.IntRange(1, 1000).Draw(t, "version"),
			Source: text.Draw(t, "source"), Subject: text.Draw(t, "subject"),
			Time:     time.UnixMicro(rapid.Int64Range(0, 1<<50).Draw(t, "time")).UTC(),
			Sequence: rapid.IntRange(0, 1<<40).Draw(t, "sequence"), Correlation: text.Draw(t, "correlation"),
			Causation: rapid.StringMatching(`[a-z/]{0,20}`).Draw(t, "causation"), Data: json.RawMessage(`{"order_id":"7"}`),
		}
		encoded, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := event.DecodeEnvelope(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Data) != string(e.Data) || !got.Time.Equal(e.Time) {
			t.Fatalf("%+v, want %+v", got, e)
		}
		again, err := got.Encode()
		if err != nil || !bytes.Equal(again, encoded) {
			t.Fatalf("%v, %s, want %s", err, again, encoded)
		}
		if got.ID != e.ID || got.Type != e.Type || got.Version != e.Version || got.Source != e.Source || got.Subject != e.Subject ||
			got.Sequence != e.Sequence || got.Correlation != e.Correlation || got.Causation != e.Causation {
			t.Fatalf("%+v, want %+v", got, e)
		}
	})
}

// A reader takes what others may add or leave out, and refuses what it would misread.
func TestDecodeEnvelope(t *testing.T) {
	t.Run("OKUnknownExtension", func(t *testing.T) {
		e, err := event.DecodeEnvelope([]byte(strings.Replace(factText, `"subject"`, `"traceparent":"00-1-2-01","subject"`, 1)))
		if err != nil || e.ID != "payment/7/2" || e.Sequence != 2 {
			t.Errorf("%+v, %v", e, err)
		}
	})
	for _, c := range []struct{ name, old, new, want string }{
		{"ErrNoJSON", `{"spec`, `<spec`, "invalid character"},
		{"ErrCutOff", `"}}`, `"`, "unexpected end"},
		{"ErrOtherCloudEvents", `"1.0"`, `"0.3"`, "not a CloudEvent 1.0"},
		{"ErrNoID", `"payment/7/2"`, `""`, "not a CloudEvent 1.0"},
		{"ErrNoType", `"PaymentAuthorised","source"`, `"","source"`, "not a CloudEvent 1.0"},
		{"ErrNoSource", `"/payment"`, `""`, "not a CloudEvent 1.0"},
		{"ErrForeignSource", `"/payment"`, `"https://example.com/shop"`, "https://example.com/shop"},
		{"ErrNoTime", `"2026-11-23T14:00:00.123456Z"`, `"yesterday"`, "yesterday"},
		{"ErrForeignSchema", `"/PaymentAuthorised/1"`, `"https://example.com/payment.json"`, "dataschema"},
		{"ErrSchemaOfOtherType", `"/PaymentAuthorised/1"`, `"/PaymentDeclined/1"`, "dataschema"},
		{"ErrVersionMissing", `"/PaymentAuthorised/1"`, `"/PaymentAuthorised/"`, "dataschema"},
		{"ErrVersionZero", `"/PaymentAuthorised/1"`, `"/PaymentAuthorised/0"`, "dataschema"},
		{"ErrVersionNoNumber", `"/PaymentAuthorised/1"`, `"/PaymentAuthorised/one"`, "dataschema"},
		{"ErrSequenceNoNumber", `"sequence":"2"`, `"sequence":"two"`, "sequence"},
		{"ErrSequenceNegative", `"sequence":"2"`, `"sequence":"-2"`, "sequence"},
		{"ErrSequenceNoText", `"sequence":"2"`, `"sequence":2`, "sequence"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(factText, c.old, c.new, 1)
			if text == factText {
				t.Fatalf("%s does not occur", c.old)
			}
			e, err := event.DecodeEnvelope([]byte(text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v, want an error about %s", e, err, c.want)
			}
		})
	}
}

func TestEnvelopePayload(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		e := aFact()
		payload, err := e.Payload()
		if want := (event.PaymentAuthorised{OrderID: "7", Intent: "pi_1"}); err != nil || payload != want {
			t.Errorf("%v, %v", payload, err)
		}
	})
	for name, change := range map[string]func(*event.Envelope){
		"ErrUnknownType":    func(e *event.Envelope) { e.Type = "PaymentLaundered" },
		"ErrUnknownVersion": func(e *event.Envelope) { e.Version = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			e := aFact()
			change(&e)
			_, err := e.Payload()
			var unknown *event.UnknownTypeError
			if !errors.As(err, &unknown) || unknown.Type != e.Type || unknown.Version != e.Version {
				t.Errorf("%v", err)
			}
		})
	}
	for name, data := range map[string]string{
		"ErrNoData": "", "ErrNull": "null", "ErrOtherShape": `{"order_id":7}`, "ErrList": `[]`, "ErrCutOff": `{"order_id":"7"`,
	} {
		t.Run(name, func(t *testing.T) {
			e := aFact()
			e.Data = json.RawMessage(data)
			if payload, err := e.Payload(); err == nil || !strings.Contains(err.Error(), "PaymentAuthorised") {
				t.Errorf("%v, %v, want an error that names the type", payload, err)
			}
		})
	}
}
