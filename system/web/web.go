// Package web is the services' HTTP edge: what their APIs have in common.
//
// An API is built once in a process, since describing it costs far more than serving a
// request; Bind then ties it to one service:
//
//	request -> Bind(api, service) -> operation(ctx, service, input)
//
// Refusals are problem details (RFC 9457), also of paths and methods that there are not, each
// with a code of the domain that programs can rely on and, for bad input, the field. Every
// failure that is not a refusal answers 503: the client may repeat the request with the same
// Idempotency-Key and will get the one answer. So is answered, at once and before anything is
// done, a well-formed request that comes while as many are in progress as the service takes:
// those that wait for the database would else be given up by their clients before their turn,
// and sent again, and a service that was slow for a moment would serve nobody from then on.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/gofrs/uuid/v5"
)

// API is the description of a service's HTTP interface and its routes.
type API struct {
	huma huma.API
	mux  *http.ServeMux
}

// New returns an API without operations. It serves its OpenAPI 3.1 description at
// /openapi.json and no page.
func New(title string) *API {
	config := huma.DefaultConfig(title, "1")
	config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", nil
	config.Transformers = append(config.Transformers, completeProblems)
	mux := http.NewServeMux()
	return &API{humago.New(mux, config), mux}
}

// completeProblems names the field where huma does not, and puts the details in the order
// of their fields: they come in the order of a map.
func completeProblems(_ huma.Context, _ string, body any) (any, error) {
	problem, ok := body.(*huma.ErrorModel)
	if !ok {
		return body, nil
	}
	aboutBody := problem.Status == http.StatusBadRequest || problem.Status == http.StatusRequestEntityTooLarge
	if aboutBody && len(problem.Errors) == 0 {
		problem.Errors = []*huma.ErrorDetail{{Location: "body", Message: problem.Detail}}
	}
	slices.SortFunc(problem.Errors, func(a, b *huma.ErrorDetail) int {
		return strings.Compare(a.Location+"\n"+a.Message, b.Location+"\n"+b.Message)
	})
	return body, nil
}

// Service is what an operation needs of the service that it belongs to.
type Service interface {
	// Enter says whether the service takes one more request; if so, Leave follows it.
	Enter(ctx context.Context) bool
	Leave(ctx context.Context)
	// Within runs work under the service's call time-out.
	Within(ctx context.Context, work func(context.Context) error) error
	// Failed notes an error of which the client is told nothing.
	Failed(ctx context.Context, operation string, err error)
}

// Handle adds an operation. It runs within the service's call time-out; its errors become
// problem details.
func Handle[S Service, I, O any](api *API, method, path, summary string, status int, operation func(context.Context, S, *I) (*O, error)) {
	huma.Register(api.huma, huma.Operation{
		OperationID: huma.GenerateOperationID(method, path, new(O)),
		Method:      method, Path: path, Summary: summary, DefaultStatus: status, BodyReadTimeout: -1,
	}, func(ctx context.Context, input *I) (output *O, err error) {
		service := from[S](ctx)
		if !service.Enter(ctx) { // its body has been read: a slow client takes no room
			return nil, overloaded()
		}
		defer service.Leave(ctx)
		err = service.Within(ctx, func(ctx context.Context) error {
			output, err = operation(ctx, service, input)
			return err
		})
		if err != nil {
			return nil, problem(ctx, service, method+" "+path, err)
		}
		return output, nil
	})
}

type serviceKey struct{}

func from[S any](ctx context.Context) S { return ctx.Value(serviceKey{}).(S) }

// Bind returns the API as served by service, which must be of the type that its operations
// were registered with.
func Bind(api *API, service any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handler, pattern := api.mux.Handler(r); pattern == "" {
			noRoute(handler, w, r)
			return
		}
		api.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), serviceKey{}, service)))
	})
}

// noRoute answers with problem details where the mux would answer in plain text: there is no
// such path (404), or it has other methods (405), which the header Allow lists.
func noRoute(handler http.Handler, w http.ResponseWriter, r *http.Request) {
	plain := &plainAnswer{header: make(http.Header)}
	handler.ServeHTTP(plain, r)
	model := &huma.ErrorModel{Title: http.StatusText(plain.status), Status: plain.status}
	switch plain.status {
	case http.StatusNotFound:
		model.Type, model.Detail = "urn:squall:no_such_path", "there is nothing at this path"
	case http.StatusMethodNotAllowed:
		allowed := plain.header.Get("Allow")
		w.Header().Set("Allow", allowed)
		model.Type, model.Detail = "urn:squall:method_not_allowed", "this path takes "+allowed
	default: // the way to the path's clean form
		handler.ServeHTTP(w, r)
		return
	}
	text, err := json.Marshal(model)
	if err != nil {
		panic("web: problem details that are no JSON: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(plain.status)
	_, _ = w.Write(text)
}

// plainAnswer is an http.ResponseWriter that keeps all but the text.
type plainAnswer struct {
	header http.Header
	status int
}

func (a *plainAnswer) Header() http.Header            { return a.header }
func (a *plainAnswer) WriteHeader(status int)         { a.status = status }
func (a *plainAnswer) Write(text []byte) (int, error) { return len(text), nil }

// Refusal is an error that the client can understand: the request is not obeyed, and
// nothing was done.
type Refusal struct {
	Status int    // of HTTP
	Code   string // of the domain, stable
	Field  string // of the input that is wrong, such as body.lines[0].sku, or empty
	Text   string
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Text }

// ParseID reads an order's id in any spelling and returns the one that is used everywhere.
func ParseID(text string) (string, error) {
	id, err := uuid.FromString(text)
	if err != nil {
		return "", &Refusal{
			Status: http.StatusUnprocessableEntity, Code: "bad_input", Field: "path.order_id",
			Text: "this is not an order's id",
		}
	}
	return id.String(), nil
}

// problem turns an error into problem details. What is not a refusal tells the client
// nothing but that trying again is right, and is noted.
func problem(ctx context.Context, service Service, operation string, err error) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		service.Failed(ctx, operation, err)
		return huma.ErrorWithHeaders(
			huma.Error503ServiceUnavailable("the request could not be completed; repeat it with the same Idempotency-Key"),
			http.Header{"Retry-After": {retryAfter}})
	}
	model := &huma.ErrorModel{
		Type: "urn:squall:" + refusal.Code, Title: http.StatusText(refusal.Status),
		Status: refusal.Status, Detail: refusal.Text,
	}
	if refusal.Field != "" {
		model.Errors = []*huma.ErrorDetail{{Location: refusal.Field, Message: refusal.Text}}
	}
	return model
}

// overloaded is the answer to a request of which nothing was done for want of room.
func overloaded() error {
	return huma.ErrorWithHeaders(&huma.ErrorModel{
		Type: "urn:squall:overloaded", Title: http.StatusText(http.StatusServiceUnavailable),
		Status: http.StatusServiceUnavailable,
		Detail: "too many requests are in progress; repeat this one with the same Idempotency-Key",
	}, http.Header{"Retry-After": {retryAfter}})
}

// retryAfter is a header's value, in seconds (RFC 9110, 10.2.3).
const retryAfter = "1"
