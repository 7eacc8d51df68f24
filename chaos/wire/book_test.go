package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/wire"
)

func TestCarries(t *testing.T) {
	for _, sentence := range []string{
		"fail before payment: commit of CapturePayment{ann/order-7}, attempt 1",
		"fail after payment: exec ClaimMessage of CapturePayment{ann/order-7}, attempt 2",
		"lose reply of payment: query LookUp of CapturePayment{ann/order-7}, attempt 1",
		"delay payment: batch First of CapturePayment{ann/order-7}, attempt 1 by 1s",
		"fail before payment: begin of CapturePayment{ann/order-7}, attempt 1",
		"fail before payment: rollback of CapturePayment{ann/order-7}, attempt 1",
		`fail before payment: copy "t" of CapturePayment{ann/order-7}, attempt 1`,
		"kill node at payment: commit of CapturePayment{ann/order-7}, attempt 1 for 1s",
		"lose machine at order: publish of OrderPlaced{eve/order-1}, attempt 1 for 627ms",
		"duplicate order: publish of OrderPlaced{eve/order-1}, attempt 1",
		"disconnect at order: ack of OrderPlaced{eve/order-1}, attempt 1",
		"lose reply of order: confirm of OrderPlaced{eve/order-1}, attempt 1",
		"reorder order: delivery to order.saga of OrderPlaced{eve/order-1}, attempt 1",
	} {
		if err := wire.Carries(parse(t, sentence)); err != nil {
			t.Error(err)
		}
	}
	for sentence, why := range map[string]string{
		"restart broker at 12.5s for 3s":                                                         "not at a crossing",
		"fail before payment: relay of relay, attempt 1":                                         "no business key",
		"fail before payment: commit of relay{}, attempt 1":                                      "no business key",
		"duplicate payment: commit of CapturePayment{ann/order-7}, attempt 1":                    "duplicate does not strike",
		"disconnect at payment: exec X of CapturePayment{ann/order-7}, attempt 1":                "disconnect does not strike",
		"fail before order: confirm of OrderPlaced{eve/order-1}, attempt 1":                      "fail_before does not strike",
		"kill node at order: confirm of OrderPlaced{eve/order-1}, attempt 1 for 1s":              "kill does not strike",
		"fail before order: delivery to q of OrderPlaced{eve/order-1}, attempt 1":                "fail_before does not strike",
		"fail before order: declare queue q of OrderPlaced{eve/order-1}, attempt 1":              "does not cross the wire",
		"fail before payment: capture at the gateway of CapturePayment{ann/order-7}, attempt 1":  "does not cross the wire",
		"fail before payment: connect to payment-db of CapturePayment{ann/order-7}, attempt 1":   "does not cross the wire",
		"kill node at payment: backoff jitter of CapturePayment{ann/order-7}, attempt 1 for 5ms": "does not cross the wire",
	} {
		if err := wire.Carries(parse(t, sentence)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %s", sentence, err, why)
		}
	}
}

func parse(t *testing.T, sentence string) chaos.Fault {
	t.Helper()
	fault, err := chaos.Parse(sentence)
	if err != nil {
		t.Fatal(err)
	}
	return fault
}

// everywhere is a storm that delays every crossing that can be.
type everywhere struct{ asked map[uint64]int }

func (e everywhere) Strike(_, crossing uint64, allowed chaos.KindSet) (chaos.Kind, time.Duration) {
	e.asked[crossing]++
	if !allowed.Has(chaos.KindDelay) {
		return chaos.NoFault, 0
	}
	return chaos.KindDelay, time.Millisecond
}

// TestBookIsShared: attempts are counted for all proxies together, every identity is asked for
// once, and the storm ends when it is taken away.
func TestBookIsShared(t *testing.T) {
	b := newBroker(t)
	book := wire.NewBook(1)
	storm := everywhere{map[uint64]int{}}
	book.SetStorm(storm)
	for range 3 {
		channel := b.publisher(open(t, wire.AMQP, book, b.host))
		if acked, err := b.publish(channel, "order-7", "again"); !acked {
			t.Fatal(err)
		}
	}
	book.SetStorm(nil)
	if acked, err := b.publish(b.publisher(open(t, wire.AMQP, book, b.host)), "order-7", "calm"); !acked {
		t.Fatal(err)
	}
	all := book.Fired()
	if len(all) != 6 || len(storm.asked) != 6 {
		t.Fatalf("%d fired, %d asked", len(all), len(storm.asked))
	}
	attempts := map[string]int{}
	for _, f := range all {
		id := f.Fault.Crossing()
		attempts[id.What]++
		if id.N != attempts[id.What] || storm.asked[id.Hash()] != 1 || !f.Proof.Bit || f.At <= 0 {
			t.Errorf("%v: %+v", f.Fault, f)
		}
	}
	if seen := seenOf(book, "publish"); seen.Keyed != 4 {
		t.Errorf("%+v", seen)
	}
}
