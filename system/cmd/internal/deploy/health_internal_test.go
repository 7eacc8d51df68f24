package deploy

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			t.Errorf("it asks for %s", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	addr := server.Listener.Addr().String()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, addr string
		status     int
		code       int
		says       string
	}{
		{"OK", addr, http.StatusOK, exitOK, ""},
		{"OKAllAddresses", "0.0.0.0:" + port, http.StatusOK, exitOK, ""},
		{"OKNoHost", ":" + port, http.StatusOK, exitOK, ""},
		{"ErrStatus", addr, http.StatusServiceUnavailable, exitFailed, "/healthz answers 503"},
		{"ErrNobody", "127.0.0.1:1", http.StatusOK, exitFailed, "refused"},
		{"ErrAddr", "8080", http.StatusOK, exitFailed, "SQUALL_HTTP_ADDR"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("SQUALL_HTTP_ADDR", c.addr)
			status = c.status
			var says strings.Builder
			if code := health(t.Context(), "127.0.0.1:2", &says); code != c.code || !strings.Contains(says.String(), c.says) {
				t.Errorf("exit code %d: %s", code, says.String())
			}
		})
	}
	t.Run("OKDefault", func(t *testing.T) {
		t.Setenv("SQUALL_HTTP_ADDR", "")
		status = http.StatusOK
		var says strings.Builder
		if code := health(t.Context(), addr, &says); code != exitOK {
			t.Errorf("exit code %d: %s", code, says.String())
		}
	})
}
