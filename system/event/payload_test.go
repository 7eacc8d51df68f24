package event_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/squallhq/squall/system/event"
)

var basket = []event.Line{{SKU: "tea", Quantity: 2, Price: 350}, {SKU: "cup", Quantity: 1, Price: 1299}}

const basketText = `[{"sku":"tea","quantity":2,"price_cents":350},{"sku":"cup","quantity":1,"price_cents":1299}]`

// payloads holds one of each message with every field filled, and its text.
var payloads = []struct {
	payload event.Payload
	text    string
}{
	{event.OrderPlaced{OrderID: "7", Customer: "ann", Key: "order-7", Email: "ann@example.com", Lines: basket, Total: 1999},
		`{"order_id":"7","customer":"ann","key":"order-7","email":"ann@example.com","lines":` + basketText + `,"total_cents":1999}`},
	{event.CancellationRequested{OrderID: "7"}, `{"order_id":"7"}`},
	{event.OrderCompleted{OrderID: "7", Email: "ann@example.com", Total: 1999}, `{"order_id":"7","email":"ann@example.com","total_cents":1999}`},
	{event.OrderCancelled{OrderID: "7", Email: "ann@example.com", Reason: event.OutOfStock},
		`{"order_id":"7","email":"ann@example.com","reason":"out_of_stock"}`},
	{event.ReserveStock{OrderID: "7", Lines: basket}, `{"order_id":"7","lines":` + basketText + `}`},
	{event.CommitStock{OrderID: "7"}, `{"order_id":"7"}`},
	{event.ReleaseStock{OrderID: "7"}, `{"order_id":"7"}`},
	{event.StockReserved{OrderID: "7", Lines: basket}, `{"order_id":"7","lines":` + basketText + `}`},
	{event.StockRejected{OrderID: "7", SKU: "cup"}, `{"order_id":"7","sku":"cup"}`},
	{event.StockCommitted{OrderID: "7"}, `{"order_id":"7"}`},
	{event.StockReleased{OrderID: "7"}, `{"order_id":"7"}`},
	{event.AuthorisePayment{OrderID: "7", Customer: "ann", Amount: 1999}, `{"order_id":"7","customer":"ann","amount_cents":1999}`},
	{event.CapturePayment{OrderID: "7"}, `{"order_id":"7"}`},
	{event.VoidPayment{OrderID: "7"}, `{"order_id":"7"}`},
	{event.PaymentStarted{OrderID: "7", Customer: "ann", Amount: 1999}, `{"order_id":"7","customer":"ann","amount_cents":1999}`},
	{event.PaymentAuthorised{OrderID: "7", Intent: "pi_1"}, `{"order_id":"7","intent":"pi_1"}`},
	{event.PaymentDeclined{OrderID: "7", Code: "card_declined"}, `{"order_id":"7","code":"card_declined"}`},
	{event.PaymentCaptured{OrderID: "7"}, `{"order_id":"7"}`},
	{event.VoidRequested{OrderID: "7"}, `{"order_id":"7"}`},
	{event.PaymentVoided{OrderID: "7", Refunded: 1999}, `{"order_id":"7","refunded_cents":1999}`},
	{event.GoodsReceived{SKU: "tea", Quantity: 100}, `{"sku":"tea","quantity":100}`},
	{event.CustomerNotified{OrderID: "7", Notice: "OrderCompleted"}, `{"order_id":"7","notice":"OrderCompleted"}`},
	{event.CheckoutOverdue{OrderID: "7", Step: "capturing"}, `{"order_id":"7","step":"capturing"}`},
}

// What is written today must be readable for ever: these texts stand in event stores.
func TestPayloads(t *testing.T) {
	for _, c := range payloads {
		name := reflect.TypeOf(c.payload).Name()
		t.Run(name, func(t *testing.T) {
			if c.payload.Type() != name {
				t.Errorf("its type is %s", c.payload.Type())
			}
			text, err := json.Marshal(c.payload)
			if err != nil || string(text) != c.text {
				t.Errorf("%v, %s\nwant %s", err, text, c.text)
			}
			back, err := event.Decode(name, event.Version(c.payload), []byte(c.text))
			if err != nil || !reflect.DeepEqual(back, c.payload) {
				t.Errorf("%+v, %v\nwant %+v", back, err, c.payload)
			}
		})
	}
}

// The table above must not fall behind the source.
func TestPayloadsAreAll(t *testing.T) {
	source, err := os.ReadFile("payload.go")
	if err != nil {
		t.Fatal(err)
	}
	var declared, tested []string
	for _, match := range regexp.MustCompile(`(?m)^func \((\w+)\) Type\(\)`).FindAllSubmatch(source, -1) {
		declared = append(declared, string(match[1]))
	}
	for _, c := range payloads {
		tested = append(tested, c.payload.Type())
	}
	slices.Sort(declared)
	slices.Sort(tested)
	if !slices.Equal(declared, tested) {
		t.Errorf("declared %v\ntested %v", declared, tested)
	}
}

func TestTotal(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []event.Line
		want  event.Cents
	}{
		{"Nothing", nil, 0},
		{"Several", basket, 1999},
		{"BeyondInt32", []event.Line{{SKU: "ship", Quantity: 10_000, Price: 100_000_000}}, 1_000_000_000_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := event.Total(c.lines); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestReceivers(t *testing.T) {
	want := map[string]string{
		"ReserveStock": event.Inventory, "CommitStock": event.Inventory, "ReleaseStock": event.Inventory,
		"AuthorisePayment": event.Payment, "CapturePayment": event.Payment, "VoidPayment": event.Payment,
	}
	got := map[string]string{}
	for _, c := range payloads {
		if command, ok := c.payload.(event.Command); ok {
			got[command.Type()] = command.Receiver()
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A subscription to what nobody writes, or to a command, would wait for ever.
func TestRoutes(t *testing.T) {
	known := map[string]event.Payload{}
	for _, c := range payloads {
		known[c.payload.Type()] = c.payload
	}
	heard := map[string]bool{}
	for _, service := range event.Services() {
		for _, name := range event.Subscriptions(service) {
			if heard[name] = true; known[name] == nil {
				t.Errorf("%s subscribes to the unknown %s", service, name)
			}
			if _, command := known[name].(event.Command); command {
				t.Errorf("%s subscribes to the command %s", service, name)
			}
		}
	}
	for name := range known {
		if event.Heard(name) != heard[name] {
			t.Errorf("Heard(%s) is %t", name, event.Heard(name))
		}
	}
	t.Run("SagaHearsEveryAnswer", func(t *testing.T) {
		for _, name := range []string{
			"StockReserved", "StockRejected", "StockCommitted", "StockReleased",
			"PaymentAuthorised", "PaymentDeclined", "PaymentCaptured", "PaymentVoided",
		} {
			if !slices.Contains(event.Subscriptions(event.Order), name) {
				t.Errorf("order does not hear %s", name)
			}
		}
	})
	t.Run("CustomersHearBothEnds", func(t *testing.T) {
		if got := event.Subscriptions(event.Notification); !slices.Equal(got, []string{"OrderCompleted", "OrderCancelled"}) {
			t.Errorf("%v", got)
		}
	})
	t.Run("NobodyElse", func(t *testing.T) {
		for _, name := range []string{event.Inventory, event.Payment, "warehouse", ""} {
			if got := event.Subscriptions(name); len(got) > 0 {
				t.Errorf("%q subscribes to %v", name, got)
			}
		}
		if event.Heard("PaymentStarted") || event.Heard("") {
			t.Error("somebody hears what nobody subscribes to")
		}
	})
}
