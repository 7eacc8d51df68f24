package payment_test

import (
	"testing"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/payment"
)

var (
	started    = event.PaymentStarted{OrderID: "7", Customer: "ann", Amount: 1999}
	authorised = event.PaymentAuthorised{OrderID: "7", Intent: "pi_1"}
	declined   = event.PaymentDeclined{OrderID: "7", Code: "card_declined"}
	captured   = event.PaymentCaptured{OrderID: "7"}
	requested  = event.VoidRequested{OrderID: "7"}
	voided     = event.PaymentVoided{OrderID: "7"}
	refunded   = event.PaymentVoided{OrderID: "7", Refunded: 1999}
)

// What is known of a payment after its facts: a void must find out from it whether the
// gateway was asked, whether it declined, and what its name for the payment is.
func TestApply(t *testing.T) {
	view := func(version int, status payment.Status) payment.View {
		return payment.View{OrderID: "7", Customer: "ann", Amount: 1999, Status: status, Version: version}
	}
	taken := func(version int, status payment.Status, back event.Cents) payment.View {
		v := view(version, status)
		v.Captured, v.Refunded = 1999, back
		return v
	}
	for _, c := range []struct {
		name  string
		facts []event.Payload
		want  payment.Payment
	}{
		{"Nothing", nil, payment.Payment{}},
		{"Started", []event.Payload{started}, payment.Payment{View: view(1, payment.Started), WasSought: true}},
		{"Authorised", []event.Payload{started, authorised},
			payment.Payment{View: view(2, payment.Authorised), Intent: "pi_1", WasHeld: true, WasSought: true}},
		{"Declined", []event.Payload{started, declined},
			payment.Payment{View: view(2, payment.Declined), Rejected: true, WasSought: true}},
		{"Captured", []event.Payload{started, authorised, captured},
			payment.Payment{View: taken(3, payment.Captured, 0), Intent: "pi_1", WasHeld: true, WasSought: true}},
		{"VoidRequestedFirst", []event.Payload{requested},
			payment.Payment{View: payment.View{OrderID: "7", Status: payment.Voiding, Version: 1}}},
		{"VoidRequestedWhileAsking", []event.Payload{started, requested},
			payment.Payment{View: view(2, payment.Voiding), WasSought: true}},
		{"VoidRequestedWhileHeld", []event.Payload{started, authorised, requested},
			payment.Payment{View: view(3, payment.Voiding), Intent: "pi_1", WasHeld: true, WasSought: true}},
		{"VoidRequestedAfterDecline", []event.Payload{started, declined, requested},
			payment.Payment{View: view(3, payment.Voiding), Rejected: true, WasSought: true}},
		{"VoidRequestedAfterCapture", []event.Payload{started, authorised, captured, requested},
			payment.Payment{View: taken(4, payment.Voiding, 0), Intent: "pi_1", WasHeld: true, WasSought: true}},
		{"Voided", []event.Payload{started, authorised, requested, voided},
			payment.Payment{View: view(4, payment.Voided), Intent: "pi_1", WasHeld: true, WasSought: true}},
		{"Refunded", []event.Payload{started, authorised, captured, requested, refunded},
			payment.Payment{View: taken(5, payment.Voided, 1999), Intent: "pi_1", WasHeld: true, WasSought: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p payment.Payment
			for _, fact := range c.facts {
				p = payment.Apply(p, fact)
			}
			if p != c.want {
				t.Errorf("%+v\nwant %+v", p, c.want)
			}
		})
	}
}

func TestStream(t *testing.T) {
	if got := payment.Stream("7"); got != "payment/7" {
		t.Errorf("%s", got)
	}
}
