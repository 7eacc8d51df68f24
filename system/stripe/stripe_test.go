package stripe_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/system/payment"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/stripe"
)

const secret = "sk_test_of_the_test"

// provider answers every call with one answer and keeps the last request.
type provider struct {
	gateway *stripe.Gateway
	server  *httptest.Server
	status  int
	answer  string

	path, body string
	header     http.Header
}

func setup(t *testing.T) *provider {
	p := &provider{status: http.StatusOK}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.path, p.body, p.header = r.Method+" "+r.URL.Path, string(body), r.Header
		w.Header().Set("Request-Id", "req_7")
		if p.status/100 == 3 {
			w.Header().Set("Location", "http://elsewhere.example/")
		}
		w.WriteHeader(p.status)
		_, _ = io.WriteString(w, p.answer)
	}))
	t.Cleanup(p.server.Close)
	gateway, err := stripe.New(stripe.Config{URL: p.server.URL, SecretFile: secretFile(t, secret+"\n")})
	if err != nil {
		t.Fatal(err)
	}
	p.gateway = gateway
	return p
}

func secretFile(t *testing.T, text string) string {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

var anOrder = payment.Authorisation{OrderID: "7", Customer: "ann", Amount: 1999}

func TestRequests(t *testing.T) {
	p := setup(t)
	for _, c := range []struct {
		name, answer, path, body string
		call                     func() error
	}{
		{"Authorise", `{"id":"pi_1","status":"requires_capture"}`, "POST /v1/payment_intents",
			"amount=1999&capture_method=manual&confirm=true&currency=eur&customer=ann&error_on_requires_action=true&metadata%5Border_id%5D=7",
			func() error { _, err := p.gateway.Authorise(t.Context(), "key", anOrder); return err }},
		{"Capture", `{"id":"pi_1","status":"succeeded"}`, "POST /v1/payment_intents/pi_1/capture", "",
			func() error { return p.gateway.Capture(t.Context(), "key", "pi_1") }},
		{"Cancel", `{"id":"pi_1","status":"canceled"}`, "POST /v1/payment_intents/pi_1/cancel", "",
			func() error { return p.gateway.Cancel(t.Context(), "key", "pi_1") }},
		{"Refund", `{"id":"re_1","status":"pending"}`, "POST /v1/refunds", "amount=500&payment_intent=pi_1",
			func() error { return p.gateway.Refund(t.Context(), "key", "pi_1", 500) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.answer = c.answer
			if err := c.call(); err != nil {
				t.Fatal(err)
			}
			if p.path != c.path || p.body != c.body {
				t.Errorf("asked %s %s, want %s %s", p.path, p.body, c.path, c.body)
			}
			for name, want := range map[string]string{
				"Authorization": "Bearer " + secret, "Idempotency-Key": "key", "Content-Type": "application/x-www-form-urlencoded",
			} {
				if got := p.header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func unexpected(status string) string {
	return `{"error":{"type":"invalid_request_error","code":"payment_intent_unexpected_state","message":"m","payment_intent":{"id":"pi_1","status":"` + status + `"}}}`
}

func TestAnswers(t *testing.T) {
	other, refused := errors.New("another error"), error(new(payment.RefusedError))
	for _, c := range []struct {
		name, call string
		status     int
		answer     string
		declined   string
		want       error // other: one that is none of the rest
	}{
		{"Declined", "authorise", 402, `{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","payment_intent":{"id":"pi_1"}}}`, "insufficient_funds", nil},
		{"DeclinedWithoutCode", "authorise", 402, `{"error":{"type":"card_error","payment_intent":{"id":"pi_1"}}}`, "declined", nil},
		{"ErrNotHeld", "authorise", 200, `{"id":"pi_1","status":"processing"}`, "", other},
		{"ErrRefused", "authorise", 400, `{"error":{"type":"invalid_request_error","code":"amount_too_small"}}`, "", refused},
		{"ErrRefusedWithoutCode", "authorise", 400, `{"error":{"type":"invalid_request_error"}}`, "", refused},
		{"ErrRequestFailed", "authorise", 402, `{"error":{"type":"invalid_request_error","code":"payment_intent_payment_attempt_failed"}}`, "", refused},
		{"ErrSecretToHold", "authorise", 401, `{"error":{"type":"invalid_request_error"}}`, "", port.ErrUnavailable},
		{"ErrForbiddenToHold", "authorise", 403, `{"error":{"type":"invalid_request_error"}}`, "", port.ErrUnavailable},
		{"ErrAddress", "authorise", 404, `{"error":{"type":"invalid_request_error"}}`, "", other},
		{"ErrHeldElsewhere", "authorise", 409, `{"error":{"type":"invalid_request_error"}}`, "", port.ErrUnavailable},
		{"ErrDependency", "authorise", 424, `{"error":{"type":"invalid_request_error"}}`, "", port.ErrUnavailable},
		{"ErrTooManyToHold", "authorise", 429, `{"error":{"type":"invalid_request_error","code":"lock_timeout"}}`, "", port.ErrUnavailable},
		{"ErrAmountToRefund", "refund", 400, `{"error":{"type":"invalid_request_error","code":"amount_too_large"}}`, "", other},
		{"ErrKeyReused", "authorise", 400, `{"error":{"type":"idempotency_error"}}`, "", other},
		{"ErrNotFound", "capture", 404, `{"error":{"type":"invalid_request_error","code":"resource_missing"}}`, "", other},
		{"ErrCancelled", "capture", 400, unexpected("canceled"), "", payment.ErrCancelled},
		{"ErrDeclined", "capture", 400, unexpected("requires_payment_method"), "", payment.ErrCancelled},
		{"CapturedBefore", "capture", 400, unexpected("succeeded"), "", nil},
		{"ErrCaptured", "cancel", 400, unexpected("succeeded"), "", payment.ErrCaptured},
		{"CancelledBefore", "cancel", 400, unexpected("canceled"), "", nil},
		{"RefundedBefore", "refund", 400, `{"error":{"type":"invalid_request_error","code":"charge_already_refunded"}}`, "", nil},
		{"ErrRefundFailed", "refund", 200, `{"id":"re_1","status":"failed"}`, "", other},
		{"ErrNoJSON", "capture", 200, `<html>`, "", port.ErrUnavailable},
		{"ErrNoErrorObject", "capture", 400, `{}`, "", port.ErrUnavailable},
		{"ErrTooLong", "capture", 200, `"` + strings.Repeat("a", 1<<20) + `"`, "", port.ErrUnavailable},
		{"ErrSecret", "capture", 401, `{"error":{"type":"invalid_request_error"}}`, "", port.ErrUnavailable},
		{"ErrInUse", "capture", 409, `{"error":{"type":"idempotency_error"}}`, "", port.ErrUnavailable},
		{"ErrTooMany", "capture", 429, ``, "", port.ErrUnavailable},
		{"ErrServer", "capture", 500, `{"error":{"type":"api_error"}}`, "", port.ErrUnavailable},
		{"ErrRedirect", "capture", 307, ``, "", port.ErrUnavailable},
		{"ErrPaymentRequired", "capture", 402, `{"error":{"type":"api_error"}}`, "", port.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := setup(t)
			p.status, p.answer = c.status, c.answer
			intent, err := p.call(t.Context(), c.call)
			if intent.Declined != c.declined {
				t.Errorf("declined %q, want %q", intent.Declined, c.declined)
			}
			if got := kindOf(err, other, refused); !errors.Is(got, c.want) {
				t.Errorf("error %v is %v, want %v", err, got, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), p.server.URL)) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

func (p *provider) call(ctx context.Context, name string) (payment.Intent, error) {
	switch name {
	case "authorise":
		return p.gateway.Authorise(ctx, "key", anOrder)
	case "capture":
		return payment.Intent{}, p.gateway.Capture(ctx, "key", "pi_1")
	case "cancel":
		return payment.Intent{}, p.gateway.Cancel(ctx, "key", "pi_1")
	default:
		return payment.Intent{}, p.gateway.Refund(ctx, "key", "pi_1", 500)
	}
}

func kindOf(err, other, refused error) error {
	if refusal, ok := errors.AsType[*payment.RefusedError](err); ok && refusal.Code != "" {
		return refused
	}
	for _, known := range []error{port.ErrUnavailable, payment.ErrCancelled, payment.ErrCaptured} {
		if errors.Is(err, known) {
			return known
		}
	}
	if err != nil {
		return other
	}
	return nil
}

func TestNoAnswer(t *testing.T) {
	t.Run("ErrNobodyListens", func(t *testing.T) {
		p := setup(t)
		p.server.Close()
		if err := p.gateway.Capture(t.Context(), "key", "pi_1"); !errors.Is(err, port.ErrUnavailable) || strings.Contains(err.Error(), "pi_1") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("ErrSlow", func(t *testing.T) {
		release := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		defer server.Close()
		defer close(release)
		gateway, err := stripe.New(stripe.Config{URL: server.URL, SecretFile: secretFile(t, secret)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err = gateway.Capture(ctx, "key", "pi_1")
		if !errors.Is(err, port.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestNew(t *testing.T) {
	good := secretFile(t, secret)
	for name, c := range map[string]stripe.Config{
		"ErrScheme":      {URL: "ftp://example.com", SecretFile: good},
		"ErrNoHost":      {URL: "https://", SecretFile: good},
		"ErrCredentials": {URL: "https://user:pa55@example.com", SecretFile: good},
		"ErrNoFile":      {URL: "https://example.com", SecretFile: good + "-not"},
		"ErrEmptyFile":   {URL: "https://example.com", SecretFile: secretFile(t, "\n")},
		"ErrTwoLines":    {URL: "https://example.com", SecretFile: secretFile(t, "a\nb\n")},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := stripe.New(c); err == nil || strings.Contains(err.Error(), "pa55") {
				t.Errorf("got %v", err)
			}
		})
	}
}
