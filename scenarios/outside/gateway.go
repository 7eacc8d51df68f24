package outside

import (
	"fmt"
	"strings"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/payment"
)

// DeclinedPrefix begins the names of the customers whose payments are declined.
const DeclinedPrefix = "broke"

// RefusedPrefix begins the names of the customers whom the gateway does not know: it refuses
// to authorise anything for them, for good.
const RefusedPrefix = "stranger"

// Gateway is the core of a payment provider: intents, and the answers given under each
// idempotency key. It is not safe for use by several goroutines at once.
type Gateway struct {
	intents []*intent
	answers map[string]*answer
}

type intent struct {
	id, orderID string
	status      status
	amount      event.Cents
	refunded    event.Cents
	refunds     int
}

type status int

const (
	held status = iota
	captured
	cancelled
	declined
)

// answer is what was answered under a key, and to which request.
type answer struct {
	request string
	intent  payment.Intent
	err     error
}

// NewGateway returns a gateway with an empty ledger.
func NewGateway() *Gateway { return &Gateway{answers: make(map[string]*answer)} }

// KeyReusedError says that an idempotency key came with another request than before.
type KeyReusedError struct{ Key string }

func (e *KeyReusedError) Error() string {
	return "idempotency key " + e.Key + " was used for another request"
}

// UnknownIntentError says that there is no such payment.
type UnknownIntentError struct{ Intent string }

func (e *UnknownIntentError) Error() string { return "no such payment: " + e.Intent }

// once answers a request under its key: as before, if it was answered before.
func (g *Gateway) once(key, request string, do func() (payment.Intent, error)) (payment.Intent, error) {
	known := g.answers[key]
	if known == nil {
		known = &answer{request: request}
		known.intent, known.err = do()
		g.answers[key] = known
	}
	if known.request != request {
		return payment.Intent{}, &KeyReusedError{key}
	}
	return known.intent, known.err
}

// Authorise holds an amount.
func (g *Gateway) Authorise(key string, request payment.Authorisation) (payment.Intent, error) {
	return g.authorise(key, request, declines(request))
}

// declines says whether the customer's bank refuses.
func declines(request payment.Authorisation) bool {
	return strings.HasPrefix(request.Customer, DeclinedPrefix)
}

func (g *Gateway) authorise(key string, request payment.Authorisation, decline bool) (payment.Intent, error) {
	return g.once(key, fmt.Sprintf("authorise %v", request), func() (payment.Intent, error) {
		if strings.HasPrefix(request.Customer, RefusedPrefix) {
			return payment.Intent{}, &payment.RefusedError{Code: "resource_missing"}
		}
		i := &intent{id: fmt.Sprintf("pi_%d", len(g.intents)+1), orderID: request.OrderID, amount: request.Amount}
		g.intents = append(g.intents, i)
		if decline {
			i.status = declined
			return payment.Intent{ID: i.id, Declined: "card_declined"}, nil
		}
		return payment.Intent{ID: i.id}, nil
	})
}

// Capture takes the amount held.
func (g *Gateway) Capture(key, id string) error {
	return g.change(key, "capture", id, func(i *intent) error {
		switch i.status {
		case cancelled, declined:
			return payment.ErrCancelled
		}
		i.status = captured
		return nil
	})
}

// Cancel gives the hold up.
func (g *Gateway) Cancel(key, id string) error {
	return g.change(key, "cancel", id, func(i *intent) error {
		if i.status == captured {
			return payment.ErrCaptured
		}
		i.status = cancelled
		return nil
	})
}

// Refund gives back an amount taken.
func (g *Gateway) Refund(key, id string, amount event.Cents) error {
	return g.change(key, fmt.Sprintf("refund %d", amount), id, func(i *intent) error {
		if i.status != captured || i.refunded+amount > i.amount {
			return fmt.Errorf("refund of %d for %s: not that much was taken", amount, i.id)
		}
		i.refunded += amount
		i.refunds++
		return nil
	})
}

func (g *Gateway) change(key, what, id string, apply func(*intent) error) error {
	_, err := g.once(key, what+" "+id, func() (payment.Intent, error) {
		for _, i := range g.intents {
			if i.id == id {
				return payment.Intent{}, apply(i)
			}
		}
		return payment.Intent{}, &UnknownIntentError{id}
	})
	return err
}

// Ledger returns all payments in the order in which they were made.
func (g *Gateway) Ledger() []invariants.Charge {
	charges := make([]invariants.Charge, len(g.intents))
	for n, i := range g.intents {
		c := invariants.Charge{OrderID: i.orderID, Intent: i.id, Refunded: i.refunded, Refunds: i.refunds}
		switch i.status {
		case held:
			c.Held = i.amount
		case captured:
			c.Captured = i.amount
		case declined:
			c.Declined = true
		}
		charges[n] = c
	}
	return charges
}
