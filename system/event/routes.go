package event

import "slices"

// Services returns the names of all services, in a fixed order.
func Services() []string { return []string{Inventory, Notification, Order, Payment} }

// Subscriptions returns the types of the facts that a service wants to hear of. It is
// contract, not configuration: publishers declare their subscribers' queues as well, so
// that no fact is lost because its reader has not started yet.
func Subscriptions(service string) []string {
	switch service {
	case Order:
		return []string{
			"StockReserved", "StockRejected", "StockCommitted", "StockReleased",
			"PaymentAuthorised", "PaymentDeclined", "PaymentCaptured", "PaymentVoided",
		}
	case Notification:
		return []string{"OrderCompleted", "OrderCancelled"}
	default:
		return nil
	}
}

// Heard says whether some service subscribes to facts of a type.
func Heard(name string) bool {
	for _, service := range Services() {
		if slices.Contains(Subscriptions(service), name) {
			return true
		}
	}
	return false
}
