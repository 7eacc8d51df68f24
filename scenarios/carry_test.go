package scenarios_test

import (
	"slices"
	"testing"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/scenarios"
)

func TestSimulated(t *testing.T) {
	var faults []chaos.Sentence
	for _, text := range []string{
		"kill container database at 3s for 1s", "kill container order-1 at 4s for 1s", "kill container broker at 5s for 2s",
		"fail before order: commit of PlaceOrder{ann/order-1}, attempt 1", "pause container broker at 9s for 2s",
	} {
		fault, err := chaos.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, chaos.Sentence{Fault: fault})
	}
	carried, left := scenarios.Simulated(faults)
	if got, want := texts(carried), []string{
		"restart database inventory at 3s for 1s", "restart database notification at 3s for 1s",
		"restart database order at 3s for 1s", "restart database payment at 3s for 1s",
		"restart broker at 5s for 2s", "fail before order: commit of PlaceOrder{ann/order-1}, attempt 1",
	}; !slices.Equal(got, want) {
		t.Errorf("carried %q, want %q", got, want)
	}
	if got, want := texts(left), []string{"kill container order-1 at 4s for 1s", "pause container broker at 9s for 2s"}; !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
}

func texts(faults []chaos.Sentence) (all []string) {
	for _, f := range faults {
		all = append(all, f.String())
	}
	return all
}
