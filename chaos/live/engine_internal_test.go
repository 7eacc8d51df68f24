package live

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	docker "github.com/ory/dockertest/v3/docker"
)

// scriptedEngine is as much of a Docker engine as the creation and removal of containers needs.
// It fails where it is told to.
type scriptedEngine struct {
	mutex      sync.Mutex
	containers map[string]bool // their ids, which are their names
	refusals   int             // how often a removal fails yet, -1 for always
	late       string          // a container that is created when the first list has been seen
	lateAfter  time.Duration
	start      func(r *http.Request) int // the status of a start
}

func (s *scriptedEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	switch path := strings.Trim(r.URL.Path, "/"); {
	case path == "containers/json":
		s.list(w)
	case path == "containers/create":
		name := r.URL.Query().Get("name")
		s.containers[name] = true
		w.WriteHeader(http.StatusCreated)
		reply(w, fmt.Sprintf(`{"Id": %q}`, name))
	case r.Method == http.MethodDelete:
		s.remove(w, strings.TrimPrefix(path, "containers/"))
	case strings.HasSuffix(path, "/start"):
		w.WriteHeader(s.start(r))
	case strings.HasPrefix(path, "images/"), path == "volumes":
		reply(w, "{}")
	case path == "networks":
		reply(w, "[]")
	default: // to unpause, and whatever else comes
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *scriptedEngine) list(w http.ResponseWriter) {
	var all []string
	for name := range s.containers {
		all = append(all, fmt.Sprintf(`{"Id": %q, "Names": [%q]}`, name, "/"+name))
	}
	reply(w, "["+strings.Join(all, ", ")+"]")
	if name := s.late; name != "" {
		s.late = ""
		time.AfterFunc(s.lateAfter, func() {
			s.mutex.Lock()
			defer s.mutex.Unlock()
			s.containers[name] = true
		})
	}
}

func (s *scriptedEngine) remove(w http.ResponseWriter, name string) {
	if s.refusals != 0 {
		s.refusals--
		http.Error(w, "driver is busy", http.StatusInternalServerError)
		return
	}
	if !s.containers[name] {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	delete(s.containers, name)
	w.WriteHeader(http.StatusNoContent)
}

func reply(w http.ResponseWriter, text string) { _, _ = io.WriteString(w, text) }

// scriptedEnvironment is an environment named run on a scripted engine.
func scriptedEnvironment(t *testing.T, s *scriptedEngine) *Environment {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client, err := docker.NewClient(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &Environment{
		config: Config{Name: "run"}.complete(), engine: engine{client}, lock: new(runLock),
		network: &docker.Network{Name: "squall-run"}, services: make(map[string]*service),
	}
}

// TestRemoveAll: what the engine refuses to remove at first, and what it creates after nobody
// waits for it any more, is removed too; what it never removes is named.
func TestRemoveAll(t *testing.T) {
	for name, c := range map[string]struct {
		engine *scriptedEngine
		doubt  bool
		limit  time.Duration
		err    []string
	}{
		"OK":        {&scriptedEngine{}, false, time.Minute, nil},
		"OKRefused": {&scriptedEngine{refusals: 2}, false, time.Minute, nil},
		"OKLate":    {&scriptedEngine{late: "squall-run-order-3"}, false, time.Minute, nil},
		"OKDoubt":   {&scriptedEngine{late: "squall-run-order-3", lateAfter: time.Second}, true, time.Minute, nil},
		"ErrLeft": {
			&scriptedEngine{refusals: -1}, false, time.Second,
			[]string{"remove container squall-run-broker: ", "driver is busy", "still there: container squall-run-broker"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.engine
			s.containers = map[string]bool{"squall-run-broker": true}
			e := scriptedEnvironment(t, s)
			if c.doubt {
				gone, cancel := context.WithCancel(t.Context())
				cancel()
				e.doubt(gone)
			}
			ctx, cancel := context.WithTimeout(t.Context(), c.limit)
			defer cancel()
			errs := []error{e.removeAll(ctx), e.nothingLeft(t.Context())}
			if c.err == nil && (errs[0] != nil || errs[1] != nil) {
				t.Errorf("the errors are %v", errs)
			}
			for _, want := range c.err {
				if text := errs[0].Error() + errs[1].Error(); !strings.Contains(text, want) {
					t.Errorf("%q lacks %q", text, want)
				}
			}
		})
	}
}

// TestCreate: a container whose start fails, or is given up, does not stay and keep its name.
func TestCreate(t *testing.T) {
	started := func(*http.Request) int { return http.StatusNoContent }
	failed := func(*http.Request) int { return http.StatusInternalServerError }
	ctx, giveUp := context.WithCancel(t.Context())
	givenUp := func(r *http.Request) int {
		giveUp()
		<-r.Context().Done()
		return http.StatusNoContent
	}
	for name, c := range map[string]struct {
		start func(r *http.Request) int
		err   string
	}{
		"OK":         {started, ""},
		"ErrStart":   {failed, "start container order-3: "},
		"ErrGivenUp": {givenUp, "start container order-3: context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scriptedEngine{containers: make(map[string]bool), start: c.start}
			e := scriptedEnvironment(t, s)
			caller := t.Context()
			if name == "ErrGivenUp" {
				caller = ctx
			}
			id, err := e.create(caller, spec{name: "order-3", image: "squall-order"})
			if (err == nil) != (c.err == "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
				t.Errorf("the error is %v", err)
			}
			s.mutex.Lock()
			defer s.mutex.Unlock()
			if there := s.containers["squall-run-order-3"]; there != (c.err == "") || there && id != "squall-run-order-3" {
				t.Errorf("the engine has %v, the id is %q", s.containers, id)
			}
		})
	}
}

func TestAmissSentences(t *testing.T) {
	const on, off = true, false
	for want, c := range map[string]struct {
		state docker.State
		on    bool
	}{
		"":                                       {docker.State{Status: "running", Running: true}, on},
		"is paused":                              {docker.State{Status: "paused", Running: true, Paused: true}, on},
		"is off the run's network":               {docker.State{Status: "running", Running: true}, off},
		"is paused and off the run's network":    {docker.State{Status: "paused", Running: true, Paused: true}, off},
		"has ended by itself (exit code 2)":      {docker.State{Status: "exited", ExitCode: 2}, on},
		"has ended by itself (exit code 0)":      {docker.State{Status: "exited"}, off},
		"does not run: it is dead (exit code 1)": {docker.State{Status: "dead", ExitCode: 1, Dead: true}, on},
		"has ended by itself (exit code 137, killed for want of memory)": {
			docker.State{Status: "exited", ExitCode: 137, OOMKilled: true}, on,
		},
		"does not run: it is created (exit code 128, no such port)": {
			docker.State{Status: "created", ExitCode: 128, Error: "no such port"}, on,
		},
	} {
		if got := amiss(&docker.Container{State: c.state}, c.on); got != want {
			t.Errorf("%+v, on the network: %v: %q, want %q", c.state, c.on, got, want)
		}
	}
}

// TestAmissOfTheGone: a container that somebody has removed is named.
func TestAmissOfTheGone(t *testing.T) {
	e := scriptedEnvironment(t, new(scriptedEngine))
	e.add(&container{name: "broker", id: "gone"})
	sentences, err := e.Amiss(t.Context())
	if err != nil || len(sentences) != 1 || sentences[0] != "broker is gone: the engine has no such container" {
		t.Errorf("amiss: %q, %v", sentences, err)
	}
}
