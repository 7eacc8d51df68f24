package smtp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	server "github.com/emersion/go-smtp"

	"github.com/squallhq/squall/system/notification"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/smtp"
)

// sink is a mail server that answers each stage as told and keeps what it took.
type sink struct {
	address string
	fail    map[string]error // by stage: mail, rcpt, data
	silent  bool             // it takes the content and never answers

	mutex sync.Mutex
	to    []string
	texts []string
}

func setup(t *testing.T) *sink {
	s := &sink{fail: make(map[string]error)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := server.NewServer(server.BackendFunc(func(c *server.Conn) (server.Session, error) { return &session{s, c}, nil }))
	srv.Domain = "localhost"
	srv.ErrorLog = quiet{}
	go func() { _ = srv.Serve(listener) }()
	t.Cleanup(func() { _ = srv.Close() })
	s.address = listener.Addr().String()
	return s
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type session struct {
	*sink
	conn *server.Conn
}

func (s *session) Reset()                                 {}
func (s *session) Logout() error                          { return nil }
func (s *session) Mail(string, *server.MailOptions) error { return s.fail["mail"] }
func (s *session) Rcpt(to string, _ *server.RcptOptions) error {
	if s.fail["rcpt"] != nil {
		return s.fail["rcpt"]
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.fail["data"] != nil {
		return s.fail["data"]
	}
	s.mutex.Lock()
	s.texts = append(s.texts, string(text))
	s.mutex.Unlock()
	if s.silent {
		_ = s.conn.Conn().Close()
	}
	return nil
}

// taken returns what the server took.
func (s *sink) taken() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.texts)
}

func (s *sink) mailer(t *testing.T) *smtp.Mailer {
	m, err := smtp.New(smtp.Config{Address: s.address, From: "orders@shop.example", TLS: "none"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var good = notification.Mail{ID: "completed.7", To: "ann@example.com", Subject: "Your order", Text: "It is on its way.\n.\nReally: 19.99 €\n"}

func TestSend(t *testing.T) {
	s := setup(t)
	if err := s.mailer(t).Send(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if len(s.taken()) != 1 || len(s.to) != 1 || s.to[0] != good.To {
		t.Fatalf("%d mails to %q", len(s.taken()), s.to)
	}
	message, err := mail.ReadMessage(strings.NewReader(s.taken()[0]))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Message-Id": "<completed.7@shop.example>", "To": "<ann@example.com>", "From": "<orders@shop.example>", "Subject": "Your order",
	} {
		if got := message.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, err := message.Header.Date(); err != nil {
		t.Errorf("Date: %v", err)
	}
}

func answer(code int) error {
	return &server.SMTPError{Code: code, EnhancedCode: server.EnhancedCode{code / 100, 0, 0}, Message: "for ann@example.com"}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, stage string
		code        int
		want        error
	}{
		{"ErrNoMailbox", "rcpt", 550, notification.ErrRefused},
		{"ErrMailboxFull", "rcpt", 452, port.ErrUnavailable},
		{"ErrContent", "data", 554, notification.ErrRefused},
		{"ErrGreylisted", "data", 451, port.ErrUnavailable},
		{"ErrSender", "mail", 550, port.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := setup(t)
			s.fail[c.stage] = answer(c.code)
			err := s.mailer(t).Send(t.Context(), good)
			if !errors.Is(err, c.want) || errors.Is(err, port.ErrUnavailable) && errors.Is(err, notification.ErrRefused) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "ann@") {
				t.Errorf("the error names the customer: %v", err)
			}
		})
	}
}

func TestUnavailable(t *testing.T) {
	t.Run("ErrNobodyListens", func(t *testing.T) {
		s := &sink{address: "127.0.0.1:1"}
		if err := s.mailer(t).Send(t.Context(), good); !errors.Is(err, port.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("ErrReplyLost", func(t *testing.T) {
		s := setup(t)
		s.silent = true
		if err := s.mailer(t).Send(t.Context(), good); !errors.Is(err, port.ErrUnavailable) || len(s.taken()) != 1 {
			t.Errorf("got %v after %d mails", err, len(s.taken()))
		}
	})
	t.Run("ErrNoGreeting", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		s := &sink{address: listener.Addr().String()}
		began := time.Now()
		err = s.mailer(t).Send(ctx, good)
		if !errors.Is(err, port.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
	t.Run("ErrNoTLS", func(t *testing.T) {
		s := setup(t)
		m, err := smtp.New(smtp.Config{Address: s.address, From: "orders@shop.example"})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Send(t.Context(), good); !errors.Is(err, port.ErrUnavailable) || len(s.taken()) != 0 {
			t.Errorf("got %v after %d mails", err, len(s.taken()))
		}
	})
}

func TestInjection(t *testing.T) {
	s := setup(t)
	for name, change := range map[string]func(*notification.Mail){
		"ErrSubject":   func(m *notification.Mail) { m.Subject = "Hi\r\nBcc: eve@example.com" },
		"ErrTo":        func(m *notification.Mail) { m.To = "ann@example.com\r\nRCPT TO:<eve@example.com>" },
		"ErrTwoTo":     func(m *notification.Mail) { m.To = "ann@example.com, eve@example.com" },
		"ErrID":        func(m *notification.Mail) { m.ID = "1@shop.example>\nX: y" },
		"ErrEmptyID":   func(m *notification.Mail) { m.ID = "" },
		"ErrNoAddress": func(m *notification.Mail) { m.To = "ann" },
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			change(&bad)
			if err := s.mailer(t).Send(t.Context(), bad); !errors.Is(err, notification.ErrRefused) {
				t.Errorf("got %v", err)
			}
		})
	}
	if len(s.taken()) > 0 {
		t.Errorf("sent %q", s.taken())
	}
}

func TestNew(t *testing.T) {
	for name, c := range map[string]smtp.Config{
		"ErrNoPort":     {Address: "mail.example", From: "a@b.example"},
		"ErrNoHost":     {Address: ":25", From: "a@b.example"},
		"ErrPort":       {Address: "mail.example:70000", From: "a@b.example"},
		"ErrFrom":       {Address: "mail.example:25", From: "shop"},
		"ErrTLS":        {Address: "mail.example:25", From: "a@b.example", TLS: "maybe"},
		"ErrNoPassword": {Address: "mail.example:25", From: "a@b.example", User: "u", PasswordFile: "/nonexistent"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := smtp.New(c); err == nil {
				t.Error("no error")
			}
		})
	}
}
