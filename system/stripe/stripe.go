package stripe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/payment"
)

// Config says where the provider is and who asks.
type Config struct {
	// URL is the provider's, as https://api.stripe.com, without credentials.
	URL string

	// SecretFile names a file with the secret key. It is read for each call, so that
	// a rotated secret needs no restart.
	SecretFile string
}

// Gateway is a payment.Gateway over HTTP. It is safe for concurrent use.
type Gateway struct {
	base       *url.URL
	secretFile string
	client     *http.Client
}

var _ payment.Gateway = (*Gateway)(nil)

// apiVersion is the version of Stripe's API whose shapes are relied on here.
const apiVersion = "2024-06-20"

// The time-outs of one call. A context that ends earlier ends it earlier.
const (
	callTimeout = 10 * time.Second
	dialTimeout = 2 * time.Second
	idleTimeout = 60 * time.Second
	idleMax     = 16 // connections kept open
)

// New checks config and returns the gateway that it describes. It connects to nothing yet.
func New(config Config) (*Gateway, error) {
	base, err := url.Parse(config.URL)
	if err != nil || base.Host == "" || base.User != nil || base.Scheme != "https" && base.Scheme != "http" {
		return nil, errors.New("stripe: the URL must be like https://api.stripe.com, without credentials")
	}
	if _, err := readSecret(config.SecretFile); err != nil {
		return nil, err
	}
	return &Gateway{base: base, secretFile: config.SecretFile, client: newClient()}, nil
}

// newClient returns a client that follows no redirect: it would carry the secret there.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout: dialTimeout,
			ForceAttemptHTTP2:   true,
			MaxIdleConns:        idleMax, MaxIdleConnsPerHost: idleMax, IdleConnTimeout: idleTimeout,
		},
	}
}

// The statuses of an intent (Stripe API reference, The PaymentIntent object).
const (
	statusHeld     = "requires_capture"
	statusCaptured = "succeeded"
	statusCanceled = "canceled"
	statusDeclined = "requires_payment_method"
)

// Authorise holds an amount. An intent that would need the customer's presence is declined; a
// request that is wrong as it stands is refused for good.
func (g *Gateway) Authorise(ctx context.Context, key string, request payment.Authorisation) (payment.Intent, error) {
	answer, err := g.post(ctx, "authorise", key, "/v1/payment_intents", url.Values{
		"amount":                   {amountOf(request.Amount)},
		"currency":                 {strings.ToLower(event.Currency)},
		"capture_method":           {"manual"},
		"confirm":                  {"true"},
		"error_on_requires_action": {"true"},
		"customer":                 {request.Customer},
		"metadata[order_id]":       {request.OrderID},
	})
	var refused *refusal
	switch {
	case errors.As(err, &refused) && refused.Kind == invalidRequest && refused.http != http.StatusNotFound:
		return payment.Intent{}, &payment.RefusedError{Code: cmp.Or(refused.Code, invalidRequest), Cause: refused}
	case errors.As(err, &refused) && refused.http == http.StatusPaymentRequired:
		return payment.Intent{ID: refused.Intent.ID, Declined: refused.decline()}, nil
	case err != nil:
		return payment.Intent{}, err
	case answer.ID == "" || answer.Status != statusHeld:
		return payment.Intent{}, fmt.Errorf("stripe: authorise: payment %q is %q", answer.ID, answer.Status)
	}
	return payment.Intent{ID: answer.ID}, nil
}

// Capture takes the amount held.
func (g *Gateway) Capture(ctx context.Context, key, intent string) error {
	_, err := g.post(ctx, "capture", key, "/v1/payment_intents/"+url.PathEscape(intent)+"/capture", nil)
	switch insteadOf(err) {
	case statusCanceled, statusDeclined:
		return payment.ErrCancelled
	case statusCaptured:
		return nil
	}
	return err
}

// Cancel gives the hold up.
func (g *Gateway) Cancel(ctx context.Context, key, intent string) error {
	_, err := g.post(ctx, "cancel", key, "/v1/payment_intents/"+url.PathEscape(intent)+"/cancel", nil)
	switch insteadOf(err) {
	case statusCaptured:
		return payment.ErrCaptured
	case statusCanceled:
		return nil
	}
	return err
}

// insteadOf returns the status that an intent had instead of the one that the call needs,
// or "" if err says nothing of it.
func insteadOf(err error) string {
	var refused *refusal
	if errors.As(err, &refused) && refused.Code == "payment_intent_unexpected_state" {
		return refused.Intent.Status
	}
	return ""
}

// Refund gives back an amount taken. That all of it was given back before is as good.
func (g *Gateway) Refund(ctx context.Context, key, intent string, amount event.Cents) error {
	answer, err := g.post(ctx, "refund", key, "/v1/refunds", url.Values{
		"payment_intent": {intent},
		"amount":         {amountOf(amount)},
	})
	var refused *refusal
	switch {
	case errors.As(err, &refused) && refused.Code == "charge_already_refunded":
		return nil
	case err != nil:
		return err
	case answer.Status == "failed" || answer.Status == statusCanceled:
		return fmt.Errorf("stripe: refund: refund %q is %q", answer.ID, answer.Status)
	}
	return nil
}

func amountOf(cents event.Cents) string { return strconv.FormatInt(int64(cents), 10) }
