package chaos_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
)

var update = flag.Bool("update", false, "write the transcripts anew")

const transcript = "testdata/sentences.txt"

// TestSentences plays the transcript: every sentence parses to the fault that prints it, and
// every error says what it said.
func TestSentences(t *testing.T) {
	old, err := os.ReadFile(transcript)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[chaos.Kind]bool)
	var played strings.Builder
	for line := range strings.Lines(string(old)) {
		if strings.HasPrefix(line, "=") || strings.HasPrefix(line, "!") {
			continue
		}
		played.WriteString(line)
		if sentence, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "> "); ok {
			played.WriteString(outcome(t, sentence, seen))
		}
	}
	for _, kind := range chaos.Kinds() {
		if !seen[kind] {
			t.Errorf("no sentence of kind %v was parsed", kind)
		}
	}
	if *update {
		if err := os.WriteFile(transcript, []byte(played.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if played.String() != string(old) {
		t.Errorf("the transcript has changed (go test ./chaos -update writes it anew); it would be:\n%s", played.String())
	}
}

// outcome parses a sentence and returns the line that the transcript has for it.
func outcome(t *testing.T, sentence string, seen map[chaos.Kind]bool) string {
	t.Helper()
	fault, err := chaos.Parse(sentence)
	if err != nil {
		return "! " + err.Error() + "\n"
	}
	seen[fault.Kind()] = true
	again, err := chaos.Parse(fault.String())
	if err != nil || again != fault {
		t.Errorf("%q prints as %q, which parses to %v, %v", sentence, fault, again, err)
	}
	return "= " + fault.Kind().String() + ": " + fault.String() + "\n"
}

func TestNewStrike(t *testing.T) {
	id := chaos.Identity{Where: "payment", What: "commit", Op: "CapturePayment{ann/order-7}", N: 2}
	t.Run("OK", func(t *testing.T) {
		for _, kind := range chaos.Kinds() {
			if kind >= chaos.KindRestart {
				continue // strikes at an instant
			}
			strike := chaos.NewStrike(kind, id, time.Second)
			if strike.Kind() != kind || strike.Crossing() != id {
				t.Errorf("NewStrike(%v) is %v at %v", kind, strike.Kind(), strike.Crossing())
			}
			if parsed, err := chaos.Parse(strike.String()); err != nil || parsed != strike {
				t.Errorf("%q parses to %v, %v", strike, parsed, err)
			}
		}
	})
	t.Run("ErrNoCrossing", func(t *testing.T) {
		for _, kind := range chaos.Kinds() {
			if kind < chaos.KindRestart {
				continue
			}
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%v was made to strike at a crossing", kind)
					}
				}()
				chaos.NewStrike(kind, id, 0)
			}()
		}
	})
}

func TestKindSet(t *testing.T) {
	for _, kind := range chaos.Kinds() {
		set := chaos.SetOf(kind)
		for _, other := range chaos.Kinds() {
			if set.Has(other) != (other == kind) {
				t.Errorf("SetOf(%v).Has(%v) = %v", kind, other, set.Has(other))
			}
		}
		if chaos.Fates.Has(kind) != (kind <= chaos.KindDelay) {
			t.Errorf("Fates.Has(%v) = %v", kind, chaos.Fates.Has(kind))
		}
		if chaos.Crashes.Has(kind) != (kind == chaos.KindKill || kind == chaos.KindLoseMachine) {
			t.Errorf("Crashes.Has(%v) = %v", kind, chaos.Crashes.Has(kind))
		}
	}
}
