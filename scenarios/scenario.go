package scenarios

import "fmt"

// Scenario is a named situation that the services are put into.
type Scenario struct {
	Name     string
	Sentence string
	Workload func(seed uint64) Workload
	// Sometimes lists the marks that a campaign must reach.
	Sometimes []string
}

// All returns the scenarios in a fixed order.
func All() []Scenario {
	return []Scenario{{
		Name:     "checkout",
		Sentence: "ten orders of several customers over scarce articles; some declined or refused, some cancelled",
		Workload: func(seed uint64) Workload { return checkoutWorkload().Example(int(seed)) },
		Sometimes: []string{
			"undone_payment_declined_while_authorising", "authorisation_refused_while_started",
			"undone_out_of_stock_while_reserving",
			"undone_timed_out_while_reserving", "undone_timed_out_while_authorising",
			"undone_timed_out_while_committing", "undone_timed_out_while_capturing",
			"undone_cancelled_by_customer_while_reserving", "undone_cancelled_by_customer_while_authorising",
			"undone_cancelled_by_customer_while_committing", "undone_cancelled_by_customer_while_capturing",
			"commit reply lost, had committed", "commit reply lost, had not committed",
			"dead client's transaction committed after reboot",
			"inbox_duplicate", "publish_unknown", "publish_repeated",
			"unit_repeated_after_conflict", "unit_repeated_after_serialization_failure", "late_success_undone",
			"killed_between_commit_and_ack", "killed_between_commit_and_publish",
			"redelivery to another replica", "request_refused",
		},
	}}
}

// Find returns the scenario with a name. The error lists the names there are.
func Find(name string) (Scenario, error) {
	var names []string
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("there is no scenario %q; there are %v", name, names)
}
