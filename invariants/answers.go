package invariants

// sameKeySameAnswer judges the clients' histories against the orders.
var sameKeySameAnswer = Invariant{
	Name:  "SameKeySameAnswer",
	Claim: "a request that is repeated under its key is one order and gets one answer; one that is refused is none",
	judge: func(h *History, f *Finding) {
		answers := make(map[[2]string]Request)
		asked := make(map[[2]string]bool)
		for _, r := range h.Requests {
			key := [2]string{r.Client, r.Key}
			if r.Action != Place {
				continue
			}
			asked[key] = true
			if !r.Accepted() {
				continue
			}
			first, repeated := answers[key]
			if !repeated {
				answers[key] = r
				continue
			}
			f.fact(first.Body == r.Body, "%s asked under %s and got %q, then %q", r.Client, r.Key, first.Body, r.Body)
		}
		judgeOrders(h, f, answers, asked)
	},
}

// acceptedCancelsAreKept judges the clients' histories: who was told that the order is being
// cancelled is not charged for it later.
var acceptedCancelsAreKept = Invariant{
	Name:  "AcceptedCancelsAreKept",
	Claim: "an order whose cancellation was accepted is never completed",
	judge: func(h *History, f *Finding) {
		completed := make(map[string]bool)
		for _, order := range h.Orders {
			completed[order.ID] = order.Completed
		}
		for _, r := range h.Requests {
			if r.Action == Cancel && r.Accepted() {
				f.fact(!completed[r.OrderID], "%s was told that order %s is being cancelled, and it was completed", r.Client, r.OrderID)
			}
		}
	},
}

func judgeOrders(h *History, f *Finding, answers map[[2]string]Request, asked map[[2]string]bool) {
	orders := make(map[[2]string]string)
	for _, order := range h.Orders {
		key := [2]string{order.Customer, order.Key}
		f.fact(asked[key], "order %s was placed under %s, which %s never used", order.ID, order.Key, order.Customer)
		other, twice := orders[key]
		f.fact(!twice, "%s asked once under %s and has orders %s and %s", order.Customer, order.Key, other, order.ID)
		orders[key] = order.ID
	}
	for _, r := range h.Requests {
		if r.Action == Place && r.Refused() {
			id, placed := orders[[2]string{r.Client, r.Key}]
			f.fact(!placed, "%s was refused under %s (%d), and has order %s", r.Client, r.Key, r.Status, id)
		}
		if answer, ok := answers[[2]string{r.Client, r.Key}]; ok && r.Action == Place && r.Attempt == answer.Attempt {
			f.fact(orders[[2]string{r.Client, r.Key}] == answer.OrderID,
				"%s was told order %s under %s, and there is %q", r.Client, answer.OrderID, r.Key, orders[[2]string{r.Client, r.Key}])
		}
	}
}
