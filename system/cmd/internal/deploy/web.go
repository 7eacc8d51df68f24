package deploy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// The time-outs of the HTTP server.
const (
	headerMax   = 5 * time.Second
	readMax     = 15 * time.Second
	writeMax    = 30 * time.Second
	idleMax     = 90 * time.Second
	headerBytes = 16 << 10
	probeMax    = 2 * time.Second
	drainMax    = 8 * time.Second // for requests under way when the process ends
)

// web returns the HTTP server: the service's interface and the probes.
func (r *replica) web(ctx context.Context) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("/", r.service.Handler)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, request *http.Request) { r.ready(ctx, w, request) })
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: headerMax, ReadTimeout: readMax, WriteTimeout: writeMax, IdleTimeout: idleMax,
		MaxHeaderBytes: headerBytes,
		ErrorLog:       slog.NewLogLogger(r.log.Handler(), slog.LevelWarn),
	}
}

// ready answers whether the replica should get requests. process ends when it should not.
func (r *replica) ready(process context.Context, w http.ResponseWriter, request *http.Request) {
	if process.Err() != nil {
		answer(w, http.StatusServiceUnavailable, "ending")
		return
	}
	ctx, cancel := context.WithTimeout(request.Context(), probeMax)
	defer cancel()
	if err := r.db.Ping(ctx); err != nil {
		answer(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	answer(w, http.StatusOK, "ready")
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text)
}

// end stops the HTTP server, then the loops, and closes the pool: all within StopMax.
func (r *replica) end(web *http.Server, cancel context.CancelFunc, ended <-chan error) error {
	limit, release := context.WithTimeout(context.Background(), StopMax)
	defer release()
	drain, releaseDrain := context.WithTimeout(limit, drainMax)
	defer releaseDrain()
	var failure error
	if err := web.Shutdown(drain); err != nil {
		failure = errors.Join(fmt.Errorf("requests under way were cut: %w", err), web.Close())
	}
	cancel()
	select {
	case why := <-ended:
		r.log.Info("loops ended", "because", why)
	case <-limit.Done():
		return errors.Join(failure, errors.New("the loops did not end in time"))
	}
	closed := make(chan struct{})
	go func() { r.db.Close(); close(closed) }()
	select {
	case <-closed:
		return failure
	case <-limit.Done():
		return errors.Join(failure, errors.New("the database's connections did not come back in time"))
	}
}
