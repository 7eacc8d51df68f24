package outside_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/squallhq/squall/scenarios/outside"
)

// TestDoorSendsOnce: whoever repeats a request is the client, which writes its attempts down, and
// not net/http, which would where a request carries an Idempotency-Key.
func TestDoorSendsOnce(t *testing.T) {
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		panic(http.ErrAbortHandler) // breaks the connection, which has been used before
	}))
	defer server.Close()
	door := &outside.HTTPDoor{Client: server.Client(), Address: func() string { return server.URL }}
	request := func() *http.Request {
		return outside.NewRequest(t.Context(), http.MethodPost, "/orders", "order-1", map[string]any{"customer": "ann"})
	}
	if _, err := door.Do(t.Context(), request()); err != nil {
		t.Fatal(err)
	}
	if answer, err := door.Do(t.Context(), request()); err == nil {
		t.Errorf("a connection that broke answered %d", answer.Status)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("the server saw %d requests, want 2", n)
	}
}
