package outside

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/payment"
)

// StripeServer serves a Gateway over HTTP in the shape of Stripe's API, as far as package
// system/stripe uses it.
type StripeServer struct {
	guard  guard
	core   *Gateway
	secret string
	fate   func(context.Context, GatewayCall) Fate
}

// GatewayCall is a call to the gateway as a hook sees it.
type GatewayCall struct {
	What string // authorise, capture, cancel, refund
	Key  string // the Idempotency-Key
}

// Fate is what becomes of a call to the gateway or of a mail.
type Fate int

// The fates.
const (
	Serve     Fate = iota
	Decline        // an authorisation: the customer's bank refuses; else as Serve
	FailFirst      // it fails for now, without effect
	LoseReply      // it has its effect, and the connection breaks
	RefuseAll      // it is refused for good, without effect
)

// NewStripeServer returns the server of core. Calls must carry secret. fate is asked about
// each call before it has its effect, without a lock: while it blocks, the call is slow. It
// may be nil.
func NewStripeServer(core *Gateway, secret string, fate func(context.Context, GatewayCall) Fate) *StripeServer {
	if fate == nil {
		fate = func(context.Context, GatewayCall) Fate { return Serve }
	}
	return &StripeServer{core: core, secret: secret, fate: fate}
}

// Ledger returns the core's.
func (s *StripeServer) Ledger() (ledger []invariants.Charge) {
	s.guard.do(func() { ledger = s.core.Ledger() })
	return ledger
}

// Handler returns the API.
func (s *StripeServer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/payment_intents", s.call("authorise", s.authorise))
	mux.HandleFunc("POST /v1/payment_intents/{id}/capture", s.call("capture", s.capture))
	mux.HandleFunc("POST /v1/payment_intents/{id}/cancel", s.call("cancel", s.cancel))
	mux.HandleFunc("POST /v1/refunds", s.call("refund", s.refund))
	return mux
}

// stripeAnswer is an answer in Stripe's form. Status 0 means none.
type stripeAnswer struct {
	status int
	body   any
}

type stripeObject struct {
	ID       string            `json:"id"`
	Object   string            `json:"object"`
	Status   string            `json:"status"`
	Amount   int64             `json:"amount,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

type stripeError struct {
	Kind        string        `json:"type"`
	Code        string        `json:"code,omitempty"`
	DeclineCode string        `json:"decline_code,omitempty"`
	Message     string        `json:"message"`
	Intent      *stripeObject `json:"payment_intent,omitempty"`
}

func refuse(status int, e stripeError) stripeAnswer {
	return stripeAnswer{status, map[string]stripeError{"error": e}}
}

func invalid(status int, code, message string) stripeAnswer {
	return refuse(status, stripeError{Kind: "invalid_request_error", Code: code, Message: message})
}

// call wraps what all calls have in common.
func (s *StripeServer) call(what string, obey func(*http.Request, GatewayCall, Fate) stripeAnswer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		call := GatewayCall{What: what, Key: r.Header.Get("Idempotency-Key")}
		switch {
		case r.Header.Get("Authorization") != "Bearer "+s.secret:
			reply(w, invalid(http.StatusUnauthorized, "", "Invalid API key provided"))
		case r.ParseForm() != nil || call.Key == "":
			reply(w, invalid(http.StatusBadRequest, "parameter_missing", "a form and an Idempotency-Key are needed"))
		default:
			s.meet(w, r, call, obey)
		}
	}
}

// meet lets a call have its fate.
func (s *StripeServer) meet(w http.ResponseWriter, r *http.Request, call GatewayCall, obey func(*http.Request, GatewayCall, Fate) stripeAnswer) {
	fate := s.fate(r.Context(), call)
	switch fate {
	case FailFirst:
		reply(w, refuse(http.StatusServiceUnavailable, stripeError{Kind: "api_error", Message: "try again"}))
		return
	case RefuseAll:
		reply(w, invalid(http.StatusBadRequest, "parameter_invalid", "no"))
		return
	}
	var answer stripeAnswer
	s.guard.do(func() { answer = obey(r, call, fate) })
	if fate == LoseReply {
		panic(http.ErrAbortHandler) // net/http's way to break the connection
	}
	reply(w, answer)
}

func reply(w http.ResponseWriter, answer stripeAnswer) {
	text, err := json.Marshal(answer.body)
	if err != nil {
		panic("outside: an answer that is no JSON: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.status)
	_, _ = w.Write(text)
}

func (s *StripeServer) authorise(r *http.Request, call GatewayCall, fate Fate) stripeAnswer {
	amount, err := strconv.ParseInt(r.PostForm.Get("amount"), 10, 64)
	request := payment.Authorisation{
		OrderID: r.PostForm.Get("metadata[order_id]"), Customer: r.PostForm.Get("customer"), Amount: event.Cents(amount),
	}
	if err != nil || amount <= 0 || request.OrderID == "" || r.PostForm.Get("currency") != "eur" ||
		r.PostForm.Get("capture_method") != "manual" || r.PostForm.Get("confirm") != "true" {
		return invalid(http.StatusBadRequest, "parameter_invalid", "amount, currency, capture_method, confirm or metadata[order_id] is wrong")
	}
	intent, err := s.core.authorise(call.Key, request, fate == Decline || declines(request))
	if err != nil {
		return failure(err)
	}
	object := stripeObject{intent.ID, "payment_intent", "requires_capture", amount, map[string]string{"order_id": request.OrderID}}
	if intent.Declined != "" {
		object.Status = "requires_payment_method"
		return refuse(http.StatusPaymentRequired, stripeError{
			Kind: "card_error", Code: intent.Declined, Message: "Your card was declined.", Intent: &object,
		})
	}
	return stripeAnswer{http.StatusOK, object}
}

func (s *StripeServer) capture(r *http.Request, call GatewayCall, _ Fate) stripeAnswer {
	id := r.PathValue("id")
	return changed(id, "succeeded", s.core.Capture(call.Key, id))
}

func (s *StripeServer) cancel(r *http.Request, call GatewayCall, _ Fate) stripeAnswer {
	id := r.PathValue("id")
	return changed(id, "canceled", s.core.Cancel(call.Key, id))
}

func changed(id, status string, err error) stripeAnswer {
	switch {
	case errors.Is(err, payment.ErrCancelled):
		return unexpected(id, "canceled")
	case errors.Is(err, payment.ErrCaptured):
		return unexpected(id, "succeeded")
	case err != nil:
		return failure(err)
	}
	return stripeAnswer{http.StatusOK, stripeObject{ID: id, Object: "payment_intent", Status: status}}
}

// unexpected says what status an intent has instead of the one that a call needs.
func unexpected(id, status string) stripeAnswer {
	return refuse(http.StatusBadRequest, stripeError{
		Kind: "invalid_request_error", Code: "payment_intent_unexpected_state",
		Message: "This PaymentIntent has a status of " + status,
		Intent:  &stripeObject{ID: id, Object: "payment_intent", Status: status},
	})
}

func (s *StripeServer) refund(r *http.Request, call GatewayCall, _ Fate) stripeAnswer {
	amount, err := strconv.ParseInt(r.PostForm.Get("amount"), 10, 64)
	if err != nil || amount <= 0 {
		return invalid(http.StatusBadRequest, "parameter_invalid", "amount is wrong")
	}
	if err := s.core.Refund(call.Key, r.PostForm.Get("payment_intent"), event.Cents(amount)); err != nil {
		return failure(err)
	}
	return stripeAnswer{http.StatusOK, stripeObject{ID: "re_" + call.Key, Object: "refund", Status: "succeeded", Amount: amount}}
}

// failure is the answer to what the core does not do.
func failure(err error) stripeAnswer {
	var reused *KeyReusedError
	var unknown *UnknownIntentError
	var refused *payment.RefusedError
	switch {
	case errors.As(err, &reused):
		return refuse(http.StatusBadRequest, stripeError{Kind: "idempotency_error", Message: err.Error()})
	case errors.As(err, &refused):
		return invalid(http.StatusBadRequest, refused.Code, err.Error())
	case errors.As(err, &unknown):
		return invalid(http.StatusNotFound, "resource_missing", err.Error())
	default:
		return invalid(http.StatusBadRequest, "amount_too_large", err.Error())
	}
}
