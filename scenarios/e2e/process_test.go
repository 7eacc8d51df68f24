package e2e_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/squallhq/squall/system/event"
)

// program is a replica that is a process.
type program struct {
	service string
	cmd     *exec.Cmd
	url     string
	ended   chan struct{} // closed when the process has
	code    int

	mutex sync.Mutex
	log   strings.Builder
}

func (p *program) base() string { return p.url }

// environment is all that a service's process is told.
func (s *shop) environment(service string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"SQUALL_HTTP_ADDR=127.0.0.1:0",
		"SQUALL_POSTGRES_URL=" + s.databases[service],
		"SQUALL_RABBITMQ_URL=" + s.server.URL(),
		"SQUALL_GATEWAY_URL=" + s.gatewayServer.URL,
		"SQUALL_GATEWAY_SECRET_FILE=" + s.secretFile,
		"SQUALL_SMTP_ADDR=" + s.mailAddr,
		"SQUALL_SMTP_FROM=orders@shop.example",
		"SQUALL_SMTP_TLS=none",
	}
}

// start starts a process of a service and waits until it listens.
func (s *shop) start(service string) *program {
	s.t.Helper()
	p := s.launch(service)
	s.awaitListening(p)
	return p
}

// startAll starts one process of each service.
func (s *shop) startAll() map[string]*program {
	s.t.Helper()
	all := make(map[string]*program)
	for _, service := range event.Services() {
		all[service] = s.launch(service)
	}
	for _, p := range all {
		s.awaitListening(p)
	}
	return all
}

func (s *shop) launch(service string) *program {
	s.t.Helper()
	if err := build(); err != nil {
		s.t.Fatal(err)
	}
	p := &program{service: service, ended: make(chan struct{})}
	p.cmd = exec.Command(filepath.Join(programs, service))
	p.cmd.Env = s.environment(service)
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { p.cleanUp(s.t) })
	go p.follow(stderr)
	return p
}

// follow keeps what the process says until it ends.
func (p *program) follow(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mutex.Lock()
		p.log.WriteString(lines.Text() + "\n")
		p.mutex.Unlock()
	}
	_ = p.cmd.Wait()
	p.code = p.cmd.ProcessState.ExitCode()
	close(p.ended)
}

// said returns what the process has written so far.
func (p *program) said() string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.log.String()
}

func (p *program) listening() (addr string) {
	for line := range strings.Lines(p.said()) {
		var record struct {
			Msg  string `json:"msg"`
			Addr string `json:"addr"`
		}
		if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "listening" {
			addr = record.Addr
		}
	}
	return addr
}

func (s *shop) awaitListening(p *program) {
	s.t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if addr := p.listening(); addr != "" {
			p.url = "http://" + addr
			s.add(p.service, p)
			return
		}
		select {
		case <-p.ended:
			s.t.Fatalf("%s ended with %d:\n%s", p.service, p.code, p.said())
		default:
		}
	}
	s.t.Fatalf("%s does not listen:\n%s", p.service, p.said())
}

// kill ends the process by SIGKILL, in the middle of whatever it does.
func (s *shop) kill(p *program) {
	s.t.Helper()
	s.remove(p.service, p)
	if err := p.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-p.ended
}

// stop ends the process by SIGTERM and returns its exit code and how long it took.
func (s *shop) stop(p *program) (code int, took time.Duration) {
	s.t.Helper()
	s.remove(p.service, p)
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(60 * time.Second):
		s.t.Fatalf("%s does not end:\n%s", p.service, p.said())
	}
	return p.code, time.Since(began)
}

func (p *program) cleanUp(t *testing.T) {
	_ = p.cmd.Process.Kill()
	<-p.ended
	if said := p.said(); t.Failed() {
		t.Logf("--- %s\n%s", p.service, said)
	} else if strings.Contains(said, "DATA RACE") {
		t.Errorf("--- %s\n%s", p.service, said)
	}
}
