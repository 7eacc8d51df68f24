package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/squallhq/squall/system/port"
)

// bodyMax bounds an answer, in bytes. Real ones have a few thousand.
const bodyMax = 1 << 20

// invalidRequest is the type of errors that say that a request is wrong as it stands.
const invalidRequest = "invalid_request_error"

// object is what matters of an intent or a refund.
type object struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// refusal is an error object of the provider (Stripe API reference, Errors).
type refusal struct {
	Kind        string `json:"type"`
	Code        string `json:"code"`
	DeclineCode string `json:"decline_code"`
	Intent      object `json:"payment_intent"`

	http      int    // status
	call      string // what was asked for
	requestID string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("stripe: %s: answered %d %s %s (request %s)", r.call, r.http, r.Kind, r.Code, r.requestID)
}

// decline is the most exact code that the provider gave for a decline.
func (r *refusal) decline() string {
	for _, code := range []string{r.DeclineCode, r.Code} {
		if code != "" {
			return code
		}
	}
	return "declined"
}

// unavailable says that a call has no answer to go by.
func unavailable(call string, cause error) error {
	return fmt.Errorf("stripe: %s: %w: %w", call, port.ErrUnavailable, cause)
}

// post makes one call. The error is a *refusal, or matches port.ErrUnavailable, or, before
// anything is sent, is about the call itself.
func (g *Gateway) post(ctx context.Context, call, key, path string, form url.Values) (object, error) {
	request, err := g.request(ctx, key, path, form)
	if err != nil {
		return object{}, unavailable(call, &port.NotDoneError{Err: err})
	}
	response, err := g.client.Do(request)
	if err != nil {
		return object{}, unavailable(call, withoutAddress(err))
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyMax+1))
	if err == nil && len(body) > bodyMax {
		err = errors.New("the answer is too long")
	}
	if err != nil {
		return object{}, unavailable(call, withoutAddress(err))
	}
	return read(call, response, body)
}

func (g *Gateway) request(ctx context.Context, key, path string, form url.Values) (*http.Request, error) {
	secret, err := readSecret(g.secretFile)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.base.JoinPath(path).String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, withoutAddress(err)
	}
	request.Header.Set("Authorization", "Bearer "+secret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Idempotency-Key", key)
	request.Header.Set("Stripe-Version", apiVersion)
	return request, nil
}

// read turns an answer into what it says.
func read(call string, response *http.Response, body []byte) (object, error) {
	switch status := response.StatusCode; status {
	case http.StatusOK:
		var answer object
		if err := json.Unmarshal(body, &answer); err != nil {
			return object{}, unavailable(call, errors.New("the answer is no JSON"))
		}
		return answer, nil
	case http.StatusBadRequest, http.StatusPaymentRequired, http.StatusNotFound:
		var answer struct {
			Error *refusal `json:"error"`
		}
		if json.Unmarshal(body, &answer) != nil || answer.Error == nil {
			return object{}, unavailable(call, fmt.Errorf("answered %d without an error object", status))
		}
		answer.Error.http, answer.Error.call, answer.Error.requestID = status, call, response.Header.Get("Request-Id")
		if status == http.StatusPaymentRequired && answer.Error.Kind != "card_error" && answer.Error.Kind != invalidRequest {
			return object{}, unavailable(call, answer.Error)
		}
		return object{}, answer.Error
	default:
		return object{}, unavailable(call, fmt.Errorf("answered %d", status))
	}
}

// withoutAddress drops the request's address from an error of net/http.
func withoutAddress(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

func readSecret(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("stripe: secret file: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" || strings.ContainsAny(secret, "\r\n") {
		return "", errors.New("stripe: secret file: it does not hold one line with the secret")
	}
	return secret, nil
}
