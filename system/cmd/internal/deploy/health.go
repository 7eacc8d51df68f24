package deploy

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
)

// healthWord is the one argument that a service's command knows.
const healthWord = "health"

// health asks the replica that listens where this process would whether it serves HTTP, and
// returns the exit code: an image without a shell has nothing else to ask with.
func health(ctx context.Context, defaultAddr string, stderr io.Writer) int {
	config, err := Read[config]()
	if err == nil {
		err = healthy(ctx, first(config.HTTPAddr, defaultAddr))
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "%s: %v\n", healthWord, err)
		return exitFailed
	}
	return exitOK
}

func healthy(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("SQUALL_HTTP_ADDR: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost" // it listens on all addresses; this is one of them
	}
	ctx, cancel := context.WithTimeout(ctx, probeMax)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("/healthz answers %s", response.Status)
	}
	return nil
}

// first returns a if it is not empty, and b otherwise.
func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
