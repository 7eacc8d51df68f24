package invariants_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/system/event"
)

// TestHistoryInAFile: a history that was written and read is judged as before.
func TestHistoryInAFile(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		h := invariants.History{
			Converged: true,
			Requests:  []invariants.Request{{Client: "ann", Key: "order-1", Attempt: 2, Action: invariants.Place, Status: 202, Answered: true}},
			Facts: []invariants.Fact{{
				Service: event.Order, Stream: "order/1", Version: 1, Type: "OrderPlaced", Subject: "1", Causation: "request/ann/order-1",
				Payload: event.OrderPlaced{OrderID: "1", Customer: "ann", Key: "order-1", Lines: []event.Line{{SKU: "tea", Quantity: 2, Price: 350}}, Total: 700},
			}},
			Charges: []invariants.Charge{{OrderID: "1", Intent: "pi_1", Captured: 700}},
		}
		text, err := json.Marshal(&h)
		if err != nil {
			t.Fatal(err)
		}
		var read invariants.History
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(read, h) {
			t.Errorf("got %+v\nwant %+v", read, h)
		}
	})
	t.Run("ErrUnknownType", func(t *testing.T) {
		var read invariants.History
		err := json.Unmarshal([]byte(`{"facts": [{"stream": "order/7", "version": 3, "type": "OrderDreamt", "schema": 1, "data": {}}]}`), &read)
		if err == nil || !strings.Contains(err.Error(), "fact 3 of order/7") || !strings.Contains(err.Error(), "OrderDreamt") {
			t.Errorf("got %v", err)
		}
	})
}
