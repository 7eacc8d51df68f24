package inventory_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/inventory"
)

var (
	lines = []event.Line{{SKU: "tea", Quantity: 2, Price: 350}, {SKU: "cup", Quantity: 3, Price: 100}}

	reserved  = event.StockReserved{OrderID: "7", Lines: lines}
	rejected  = event.StockRejected{OrderID: "7", SKU: "cup"}
	committed = event.StockCommitted{OrderID: "7"}
	released  = event.StockReleased{OrderID: "7"}
)

func replay(facts ...event.Payload) (r inventory.Reservation) {
	for _, fact := range facts {
		r = inventory.Apply(r, fact)
	}
	return r
}

// What a reservation is after its facts, and what must change so that nothing of it remains.
func TestReservation(t *testing.T) {
	for _, c := range []struct {
		name    string
		facts   []event.Payload
		view    inventory.View
		lines   []event.Line
		release []inventory.Movement
	}{
		{"Nothing", nil, inventory.View{}, nil, nil},
		{"Reserved", []event.Payload{reserved}, inventory.View{OrderID: "7", Status: inventory.Reserved, Units: 5, Version: 1}, lines,
			[]inventory.Movement{{SKU: "tea", OnHand: 0, Reserved: -2}, {SKU: "cup", OnHand: 0, Reserved: -3}}},
		{"Rejected", []event.Payload{rejected}, inventory.View{OrderID: "7", Status: inventory.Rejected, Version: 1}, nil, nil},
		{"Committed", []event.Payload{reserved, committed}, inventory.View{OrderID: "7", Status: inventory.Committed, Units: 5, Version: 2}, lines,
			[]inventory.Movement{{SKU: "tea", OnHand: 2, Reserved: 0}, {SKU: "cup", OnHand: 3, Reserved: 0}}},
		{"ReleasedFirst", []event.Payload{released}, inventory.View{OrderID: "7", Status: inventory.Released, Version: 1}, nil, nil},
		{"ReleasedAfterReserved", []event.Payload{reserved, released},
			inventory.View{OrderID: "7", Status: inventory.Released, Version: 2}, lines, nil},
		{"ReleasedAfterRejected", []event.Payload{rejected, released},
			inventory.View{OrderID: "7", Status: inventory.Released, Version: 2}, nil, nil},
		{"ReleasedAfterCommitted", []event.Payload{reserved, committed, released},
			inventory.View{OrderID: "7", Status: inventory.Released, Version: 3}, lines, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := replay(c.facts...)
			if r.View != c.view || !reflect.DeepEqual(r.Lines, c.lines) {
				t.Errorf("%+v\nwant %+v, %v", r, c.view, c.lines)
			}
			if got := r.Release(); !reflect.DeepEqual(got, c.release) {
				t.Errorf("release moves %+v, want %+v", got, c.release)
			}
		})
	}
}

// An article's numbers after a reservation, perhaps a commitment, and a release are those
// before: here told by hand, article by article.
func TestReleaseRestoresStock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		basket := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) event.Line {
			return event.Line{SKU: rapid.StringMatching("[a-f]").Draw(t, "sku"), Quantity: rapid.Int64Range(1, 10_000).Draw(t, "quantity")}
		}), 1, 6, func(l event.Line) string { return l.SKU }).Draw(t, "basket")
		r := replay(event.StockReserved{OrderID: "7", Lines: basket})
		onHand, held := map[string]int64{}, map[string]int64{}
		for _, line := range basket {
			held[line.SKU] = line.Quantity
		}
		if rapid.Bool().Draw(t, "committed") {
			r = inventory.Apply(r, committed)
			for _, line := range basket {
				onHand[line.SKU], held[line.SKU] = -line.Quantity, 0
			}
		}
		for _, m := range r.Release() {
			onHand[m.SKU] += m.OnHand
			held[m.SKU] += m.Reserved
		}
		for _, line := range basket {
			if onHand[line.SKU] != 0 || held[line.SKU] != 0 {
				t.Fatalf("%s: %+d on hand, %+d reserved remain", line.SKU, onHand[line.SKU], held[line.SKU])
			}
		}
	})
}

func TestStream(t *testing.T) {
	if got := inventory.Stream("7"); got != "reservation/7" {
		t.Errorf("%s", got)
	}
}
