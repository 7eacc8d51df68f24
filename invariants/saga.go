package invariants

var everySagaEnds = Invariant{
	Name:  "EverySagaEnds",
	Claim: "every order that was placed is completed or cancelled, and not both",
	judge: func(h *History, f *Finding) {
		for _, left := range h.Pending {
			f.fact(false, "not at rest: %s", left)
		}
		for _, c := range h.Checkouts {
			f.fact(c.Ended, "the checkout of %s stands at %s", c.OrderID, c.Step)
		}
		for _, order := range h.Orders {
			f.fact(order.Completed != order.Cancelled, "order %s: completed %v, cancelled %v", order.ID, order.Completed, order.Cancelled)
		}
	},
}

// compensatedExactlyOnce judges the facts of the services that undo, and the refunds at the
// gateway.
var compensatedExactlyOnce = Invariant{
	Name:  "CompensatedExactlyOnce",
	Claim: "what a cancelled order had done is undone once; what a completed one did, never",
	judge: func(h *History, f *Finding) {
		count := make(map[string]int)
		for _, fact := range h.Facts {
			count[fact.Subject+" "+fact.Type]++
		}
		for _, order := range h.Orders {
			released, voided := count[order.ID+" StockReleased"], count[order.ID+" PaymentVoided"]
			if order.Completed {
				f.fact(released == 0 && voided == 0, "completed order %s: released %d times, voided %d times", order.ID, released, voided)
			}
			if order.Cancelled && count[order.ID+" StockReserved"] > 0 {
				f.fact(released == 1, "cancelled order %s held stock, and released it %d times", order.ID, released)
			}
			if order.Cancelled && count[order.ID+" PaymentStarted"] > 0 {
				f.fact(voided == 1, "cancelled order %s had a payment, and voided it %d times", order.ID, voided)
			}
		}
		for _, c := range h.Charges {
			f.fact(c.Refunds <= 1, "payment %s was refunded %d times", c.Intent, c.Refunds)
		}
	},
}

// customersTold judges the mailbox: a repeated mail has the same id and counts once.
var customersTold = Invariant{
	Name:  "CustomersTold",
	Claim: "every customer is told once how the order ended, and of nothing else",
	judge: func(h *History, f *Finding) {
		expected := make(map[string]string)
		address := make(map[string]string)
		for _, order := range h.Orders {
			address[order.ID] = order.Email
			switch {
			case order.Completed:
				expected["completed."+order.ID] = order.ID
			case order.Cancelled:
				expected["cancelled."+order.ID] = order.ID
			}
		}
		told := make(map[string]bool)
		for _, mail := range h.Mails {
			order, known := expected[mail.ID]
			f.fact(known, "mail %s tells of something that did not happen", mail.ID)
			f.fact(!known || mail.To == address[order], "mail %s went to somebody else", mail.ID)
			told[expected[mail.ID]] = true
		}
		for _, order := range h.Orders {
			f.fact(told[order.ID] || !order.Completed && !order.Cancelled, "nobody was told how order %s ended", order.ID)
		}
	},
}
