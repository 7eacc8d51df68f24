package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/squallhq/squall/system/web"
)

// shop is a service with one operation of each kind of outcome.
type shop struct {
	failed []string
	name   string
	err    error
	full   bool
	inside int
	// entered is how many were inside when the last request was obeyed.
	entered int
}

func (s *shop) Enter(context.Context) bool {
	if !s.full {
		s.inside++
	}
	return !s.full
}

func (s *shop) Leave(context.Context) { s.inside-- }

func (s *shop) Within(ctx context.Context, work func(context.Context) error) error {
	s.entered = s.inside
	return work(ctx)
}

func (s *shop) Failed(_ context.Context, operation string, err error) {
	s.failed = append(s.failed, operation+": "+err.Error())
}

type greetInput struct {
	Key  string `header:"Idempotency-Key" required:"true" maxLength:"8"`
	Body struct {
		Name   string   `json:"name" minLength:"2"`
		Age    int      `json:"age" minimum:"18"`
		Wishes []string `json:"wishes,omitempty" maxItems:"2"`
	}
}

type greetOutput struct {
	Body struct {
		Greeting string `json:"greeting"`
	}
}

var api = newAPI()

func newAPI() *web.API {
	a := web.New("shop")
	web.Handle(a, http.MethodPost, "/greetings", "Greet", http.StatusCreated,
		func(_ context.Context, s *shop, input *greetInput) (*greetOutput, error) {
			output := new(greetOutput)
			output.Body.Greeting = s.name + " greets " + input.Body.Name
			return output, s.err
		})
	return a
}

func ask(s *shop, key, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "/greetings", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	recorder := httptest.NewRecorder()
	web.Bind(api, s).ServeHTTP(recorder, request)
	return recorder
}

// problem is an answer of RFC 9457, section 3.1, with our details.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Status int    `json:"status"`
	Errors []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

// problemIn checks what is common to all problem details.
func problemIn(t *testing.T, answer *httptest.ResponseRecorder, status int) problem {
	t.Helper()
	if answer.Code != status || answer.Header().Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d, %s: %s", answer.Code, answer.Header().Get("Content-Type"), answer.Body)
	}
	var p problem
	if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != status || p.Title != http.StatusText(status) {
		t.Errorf("%+v", p)
	}
	return p
}

func (p problem) fields() []string {
	fields := make([]string, len(p.Errors))
	for i, e := range p.Errors {
		fields[i] = e.Location
	}
	return fields
}

const goodBody = `{"name":"bob","age":30}`

// One API serves every service that is bound to it.
func TestBind(t *testing.T) {
	for _, name := range []string{"ann", "eve"} {
		t.Run(name, func(t *testing.T) {
			answer := ask(&shop{name: name}, "key", goodBody)
			if want := name + " greets bob"; answer.Code != http.StatusCreated || !strings.Contains(answer.Body.String(), want) {
				t.Errorf("%d: %s", answer.Code, answer.Body)
			}
		})
	}
}

func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		name, key, body string
		status          int
		fields          []string
	}{
		{"NoKey", "", goodBody, 422, []string{"header.Idempotency-Key"}},
		{"KeyTooLong", "123456789", goodBody, 422, []string{"header.Idempotency-Key"}},
		{"NoBody", "key", "", 400, []string{"body"}},
		{"Malformed", "key", `{"name":`, 400, []string{"body"}},
		{"NoJSON", "key", `name=bob`, 400, []string{"body"}},
		{"TooLong", "key", `{"name":"` + strings.Repeat("b", 2<<20) + `","age":30}`, 413, []string{"body"}},
		{"OtherType", "key", `{"name":"bob","age":"old"}`, 422, []string{"body.age"}},
		{"Unknown", "key", `{"name":"bob","age":30,"admin":true}`, 422, []string{"body.admin"}},
		{"Missing", "key", `{"name":"bob"}`, 422, []string{"body"}},
		{"Several", "", `{"zoo":1,"name":"b","age":3,"aim":2,"wishes":["a","b","c"]}`, 422,
			[]string{"body.age", "body.aim", "body.name", "body.wishes", "body.zoo", "header.Idempotency-Key"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := ask(&shop{err: errors.New("must not be asked")}, c.key, c.body)
			if got := problemIn(t, first, c.status).fields(); !reflect.DeepEqual(got, c.fields) {
				t.Errorf("%v, want %v: %s", got, c.fields, first.Body)
			}
			for range 20 {
				if again := ask(new(shop), c.key, c.body); again.Body.String() != first.Body.String() {
					t.Fatalf("the same request is answered\n%s and\n%s", first.Body, again.Body)
				}
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name    string
		refusal web.Refusal
		fields  []string
	}{
		{"WithField", web.Refusal{Status: 422, Code: "unknown_sku", Field: "body.lines[0].sku", Text: "there is no tea"}, []string{"body.lines[0].sku"}},
		{"WithoutField", web.Refusal{Status: 409, Code: "order_completed", Text: "the order is completed already"}, []string{}},
		{"NotFound", web.Refusal{Status: 404, Code: "unknown_order", Field: "path.order_id", Text: "there is no order 7"}, []string{"path.order_id"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := ask(&shop{err: fmt.Errorf("place: %w", &c.refusal)}, "key", goodBody)
			p := problemIn(t, answer, c.refusal.Status)
			if p.Type != "urn:squall:"+c.refusal.Code || p.Detail != c.refusal.Text || !reflect.DeepEqual(p.fields(), c.fields) {
				t.Errorf("%+v", p)
			}
			if after := answer.Header().Get("Retry-After"); after != "" {
				t.Errorf("a refusal is to be retried after %s", after)
			}
		})
	}
}

// What the client cannot help is none of its business, but it may try again.
func TestFailures(t *testing.T) {
	for name, err := range map[string]error{
		"Database": errors.New("dial tcp 10.0.0.7:5432: connection refused"),
		"TimeOut":  fmt.Errorf("place order 10.0.0.7: %w", context.DeadlineExceeded),
		"ByHand":   errors.Join(errors.New("10.0.0.7")),
	} {
		t.Run(name, func(t *testing.T) {
			answer := ask(&shop{err: err}, "key", goodBody)
			p := problemIn(t, answer, http.StatusServiceUnavailable)
			if answer.Header().Get("Retry-After") != "1" || !strings.Contains(p.Detail, "Idempotency-Key") {
				t.Errorf("%v, %+v", answer.Header(), p)
			}
			if strings.Contains(answer.Body.String(), "10.0.0.7") {
				t.Errorf("the answer tells of the inside: %s", answer.Body)
			}
		})
	}
}

// What no operation serves is answered with problem details as well, and with the methods that
// a path has (RFC 9110, 15.5.6).
func TestNoRoute(t *testing.T) {
	for _, c := range []struct {
		method, path, allow, kind string
		status                    int
	}{
		{http.MethodGet, "/greeting", "", "urn:squall:no_such_path", http.StatusNotFound},
		{http.MethodDelete, "/greetings", http.MethodPost, "urn:squall:method_not_allowed", http.StatusMethodNotAllowed},
		{http.MethodPost, "/openapi.json", "GET, HEAD", "urn:squall:method_not_allowed", http.StatusMethodNotAllowed},
	} {
		t.Run(c.method+c.path, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			web.Bind(api, new(shop)).ServeHTTP(recorder, httptest.NewRequest(c.method, c.path, nil))
			if p := problemIn(t, recorder, c.status); p.Type != c.kind || p.Detail == "" || recorder.Header().Get("Allow") != c.allow {
				t.Errorf("%+v, allows %q", p, recorder.Header().Get("Allow"))
			}
		})
	}
}

// A request for which the service has no room is refused, and nothing of it is done. Bad input
// and what has no route do not ask for room.
func TestOverload(t *testing.T) {
	s := &shop{name: "cid", full: true}
	answer := ask(s, "k", `{"name": "ann", "age": 18}`)
	p := problemIn(t, answer, http.StatusServiceUnavailable)
	if p.Type != "urn:squall:overloaded" || !strings.Contains(p.Detail, "Idempotency-Key") || answer.Header().Get("Retry-After") != "1" {
		t.Errorf("%+v, %v", p, answer.Header())
	}
	if answer := ask(s, "k", `{"name": "a", "age": 18}`); answer.Code != http.StatusUnprocessableEntity {
		t.Errorf("bad input: %d", answer.Code)
	}
	if s.inside != 0 || s.entered != 0 {
		t.Errorf("%d inside, %d at once", s.inside, s.entered)
	}
	s.full = false
	for _, s.err = range []error{nil, errors.New("no database")} {
		ask(s, "k", `{"name": "ann", "age": 18}`)
		ask(s, "k", `{"name": "a"}`)
		if s.inside != 0 || s.entered != 1 {
			t.Errorf("after an answer %d inside, %d at once", s.inside, s.entered)
		}
	}
}

func TestUncleanPath(t *testing.T) {
	recorder := httptest.NewRecorder()
	web.Bind(api, new(shop)).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/a/../nowhere", nil))
	if recorder.Code/100 != 3 || recorder.Header().Get("Location") != "/nowhere" {
		t.Errorf("%d, %v", recorder.Code, recorder.Header())
	}
}

func TestPages(t *testing.T) {
	for path, status := range map[string]int{"/openapi.json": 200, "/docs": 404, "/schemas/GreetOutputBody.json": 404, "/": 404} {
		t.Run(path, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			web.Bind(api, new(shop)).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
			if recorder.Code != status {
				t.Errorf("%d: %s", recorder.Code, recorder.Body)
			}
		})
	}
}
