package payment

import (
	"context"
	"errors"

	"github.com/squallhq/squall/system/event"
)

// Gateway is a payment provider with idempotency keys, shaped like Stripe's
// PaymentIntents. A call that is repeated with its key has the effect once and gets the
// same answer. An error that matches port.ErrUnavailable leaves the outcome unknown: the
// call must be repeated with the same key. Any other error that is not named here is one that
// somebody must look into: the call was not obeyed, and may be once that is mended.
type Gateway interface {
	// Authorise holds an amount on the customer's means of payment. A decline is an
	// answer, not an error. A *RefusedError: nothing is held under the key, nor ever will be.
	Authorise(ctx context.Context, key string, request Authorisation) (Intent, error)
	// Capture takes the amount held. ErrCancelled: it was not, the hold is gone.
	Capture(ctx context.Context, key, intent string) error
	// Cancel gives the hold up. ErrCaptured: it was not, the amount is taken.
	Cancel(ctx context.Context, key, intent string) error
	// Refund gives back an amount taken.
	Refund(ctx context.Context, key, intent string, amount event.Cents) error
}

// Authorisation is what is to be held, for whom, and the order's id as a reference.
type Authorisation struct {
	OrderID  string
	Customer string
	Amount   event.Cents
}

// Intent is the gateway's answer to an authorisation.
type Intent struct {
	ID       string // the gateway's name for the payment
	Declined string // the gateway's code if it declined, or empty
}

// RefusedError says that a gateway will not even try what it was asked for, however often it
// is asked: the amount is none that it takes, the customer none that it knows.
type RefusedError struct {
	Code  string // the gateway's, stable
	Cause error  // what it said, or nil
}

func (e *RefusedError) Error() string {
	if e.Cause != nil {
		return e.Cause.Error()
	}
	return "the gateway refuses the payment: " + e.Code
}

func (e *RefusedError) Unwrap() error { return e.Cause }

// The refusals that decide between capture and void.
var (
	ErrCancelled = errors.New("the payment was cancelled")
	ErrCaptured  = errors.New("the payment was captured")
)
