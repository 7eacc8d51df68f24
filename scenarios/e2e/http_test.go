package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/squallhq/squall/system/event"
)

// send sends a request as it is and returns the answer, its media type and its body.
func (s *shop) send(service, method, path string, header http.Header, body string) (status int, mediaType, answer string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.door(service).Address()+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header = header
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Content-Type"), string(text)
}

func withKey(key string) http.Header {
	return http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {key}}
}

// TestHTTP holds the deployed services' HTTP edge: refusals name the field and store
// nothing, and the same key gets the same answer.
func TestHTTP(t *testing.T) {
	s := newShop(t)
	s.startAll()
	s.stock("book", 10, 1999)

	const line = `{"sku":"book","quantity":1}`
	for _, c := range []struct {
		name, service, method, path string
		header                      http.Header
		body                        string
		status                      int
		field                       string
	}{
		{"ErrNoKey", event.Order, "POST", "/orders", http.Header{"Content-Type": {"application/json"}},
			`{"customer":"ann","email":"a@example.com","lines":[` + line + `]}`, 422, "header.Idempotency-Key"},
		{"ErrNoJSON", event.Order, "POST", "/orders", withKey("k"), `{"customer":`, 400, "body"},
		{"ErrNoBody", event.Order, "POST", "/orders", withKey("k"), ``, 400, "body"},
		{"ErrTooLong", event.Order, "POST", "/orders", withKey("k"), `{"customer":"` + strings.Repeat("a", 2<<20) + `"}`, 413, "body"},
		{"ErrNotJSON", event.Order, "POST", "/orders",
			http.Header{"Content-Type": {"text/csv"}, "Idempotency-Key": {"k"}}, `a;b`, 415, "body"},
		{"ErrMissing", event.Order, "POST", "/orders", withKey("k"), `{"customer":"ann","lines":[` + line + `]}`, 422, "body"},
		{"ErrUnknownProperty", event.Order, "POST", "/orders", withKey("k"),
			`{"customer":"ann","email":"a@example.com","lines":[` + line + `],"vip":true}`, 422, "body.vip"},
		{"ErrQuantity", event.Order, "POST", "/orders", withKey("k"),
			`{"customer":"ann","email":"a@example.com","lines":[{"sku":"book","quantity":0}]}`, 422, "body.lines[0].quantity"},
		{"ErrQuantityText", event.Order, "POST", "/orders", withKey("k"),
			`{"customer":"ann","email":"a@example.com","lines":[{"sku":"book","quantity":"many"}]}`, 422, "body.lines[0].quantity"},
		{"ErrEmail", event.Order, "POST", "/orders", withKey("k"),
			`{"customer":"ann","email":"nobody","lines":[` + line + `]}`, 422, "body.email"},
		{"ErrEmailInjection", event.Order, "POST", "/orders", withKey("k"),
			`{"customer":"ann","email":"a@example.com\r\nBcc: b@example.com","lines":[` + line + `]}`, 422, "body.email"},
		{"ErrEmailNUL", event.Order, "POST", "/orders", withKey("k"),
			`{"customer":"ann","email":"a@example.com (\u0000)","lines":[` + line + `]}`, 422, "body.email"},
		{"ErrNullLines", event.Order, "POST", "/orders", withKey("k"),
			`{"customer":"ann","email":"a@example.com","lines":null}`, 422, "body.lines"},
		{"ErrTwice", event.Order, "POST", "/orders", withKey("k"),
			`{"customer":"ann","email":"a@example.com","lines":[` + line + `,` + line + `]}`, 422, "body.lines[1].sku"},
		{"ErrUnknownSKU", event.Order, "POST", "/orders", withKey("k"),
			`{"customer":"ann","email":"a@example.com","lines":[{"sku":"lamp","quantity":1}]}`, 422, "body.lines[0].sku"},
		{"ErrOrderID", event.Order, "GET", "/orders/7", nil, ``, 422, "path.order_id"},
		{"ErrUnknownOrder", event.Order, "POST", "/orders/00000000-0000-4000-8000-000000000000/cancel", nil, ``, 404, "path.order_id"},
		{"ErrPrice", event.Order, "PUT", "/prices/book", withKey("k"), `{"price_cents":-1}`, 422, "body.price_cents"},
		{"ErrReceipt", event.Inventory, "POST", "/stock/book/receipts", withKey("k"), `{"quantity":0}`, 422, "body.quantity"},
		{"ErrUnknownPayment", event.Payment, "GET", "/payments/00000000-0000-4000-8000-000000000000", nil, ``, 404, "path.order_id"},
		{"ErrUnknownNotice", event.Notification, "GET", "/notices/00000000-0000-4000-8000-000000000000", nil, ``, 404, "path.order_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, mediaType, body := s.send(c.service, c.method, c.path, c.header, c.body)
			if status != c.status || mediaType != "application/problem+json" {
				t.Errorf("answered %d %s, want %d application/problem+json: %s", status, mediaType, c.status, body)
			}
			if fields := fieldsOf(t, body); !slices.Contains(fields, c.field) {
				t.Errorf("it names %q, not %q: %s", fields, c.field, body)
			}
		})
	}
	if history := s.rest(); len(history.Orders)+len(history.Checkouts)+len(history.Charges) > 0 {
		t.Errorf("something is stored: %+v", history.Orders)
	}

	t.Run("SameKeySameAnswer", func(t *testing.T) {
		s.buy(purchase("ann", "order-1", "book", 1))
		s.buy(purchase("ann", "order-1", "book", 1))
		history := s.rest()
		if n := len(history.Orders); n != 1 {
			t.Errorf("%d orders", n)
		}
		status, _, body := s.send(event.Order, "POST", "/orders", withKey("order-1"),
			`{"customer":"ann","email":"ann@example.com","lines":[{"sku":"book","quantity":2}]}`)
		if fields := fieldsOf(t, body); status != 422 || !slices.Contains(fields, "header.Idempotency-Key") {
			t.Errorf("another order under the key: %d %s", status, body)
		}
	})
	t.Run("ErrCompleted", func(t *testing.T) {
		id := s.buy(purchase("ann", "order-1", "book", 1))
		status, _, body := s.send(event.Order, "POST", "/orders/"+id+"/cancel", nil, "")
		if status != http.StatusConflict || !strings.Contains(body, "urn:squall:order_completed") {
			t.Errorf("cancelling a completed order: %d %s", status, body)
		}
	})
	t.Run("Probes", func(t *testing.T) {
		for _, service := range event.Services() {
			for _, path := range []string{"/healthz", "/readyz", "/openapi.json"} {
				if status, _, body := s.send(service, "GET", path, nil, ""); status != http.StatusOK {
					t.Errorf("%s of %s: %d %s", path, service, status, body)
				}
			}
		}
	})
	s.judge()
}

// fieldsOf returns the fields that a problem names (RFC 9457, as huma writes it).
func fieldsOf(t *testing.T, body string) []string {
	t.Helper()
	var problem struct {
		Status int `json:"status"`
		Errors []struct {
			Location string `json:"location"`
		} `json:"errors"`
	}
	if err := json.Unmarshal([]byte(body), &problem); err != nil || problem.Status == 0 {
		t.Errorf("no problem details: %s", body)
	}
	var fields []string
	for _, e := range problem.Errors {
		fields = append(fields, e.Location)
	}
	return fields
}
