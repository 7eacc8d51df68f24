package invariants

var nothingLost = Invariant{
	Name:  "NothingLost",
	Claim: "every committed message was sent, and handled or put aside by everyone bound to it",
	judge: func(h *History, f *Finding) {
		handled := make(map[[2]string]bool)
		for _, m := range h.Handled {
			handled[[2]string{m.Service, m.ID}] = true
		}
		for _, m := range h.Messages {
			f.fact(m.Sent, "%s has not sent %s %s", m.Service, m.Type, m.ID)
			for _, receiver := range m.Receivers {
				f.fact(handled[[2]string{receiver, m.ID}], "%s of %s never reached %s: %s", m.Type, m.Service, receiver, m.ID)
			}
		}
	},
}

// handledOnce judges by what messages led to: an inbox that is looked at but not obeyed has
// every message once, too.
var handledOnce = Invariant{
	Name:  "HandledOnce",
	Claim: "no message leads to the same kind of fact twice in one service",
	judge: func(h *History, f *Finding) {
		count := make(map[[3]string]int)
		for _, fact := range h.Facts {
			if fact.Causation == "" {
				continue
			}
			key := [3]string{fact.Service, fact.Causation, fact.Type}
			count[key]++
			f.fact(count[key] == 1, "%s recorded %s %d times because of %s", fact.Service, fact.Type, count[key], fact.Causation)
		}
	},
}

var projectionsEqualReplay = Invariant{
	Name:  "ProjectionsEqualReplay",
	Claim: "every row of a read model is what the facts say it is",
	judge: func(h *History, f *Finding) {
		for _, v := range h.Views {
			f.fact(v.Row == v.Replayed, "%s shows %s as %q, its facts say %q", v.Service, v.Key, v.Row, v.Replayed)
		}
		// The replay is the service's own; how an order ended is told apart from it.
		shown := make(map[string]string)
		for _, s := range h.Shown {
			shown[s.OrderID] = s.Status
		}
		for _, order := range h.Orders {
			status := shown[order.ID]
			f.fact((status == "completed") == order.Completed && (status == "cancelled") == order.Cancelled,
				"order %s is shown as %q: completed %v, cancelled %v", order.ID, status, order.Completed, order.Cancelled)
		}
	},
}
