package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/system/event"
)

// TestConfiguration starts commands with what is wrong or missing: they say which variable
// it is, show no value, and exit with 2.
func TestConfiguration(t *testing.T) {
	if err := build(); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("sk_test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := map[string]string{
		"SQUALL_HTTP_ADDR": "127.0.0.1:0", "SQUALL_POSTGRES_URL": "postgres://u:pa55@127.0.0.1:1/db",
		"SQUALL_RABBITMQ_URL": "amqp://u:pa55@127.0.0.1:1/", "SQUALL_GATEWAY_URL": "http://127.0.0.1:1",
		"SQUALL_GATEWAY_SECRET_FILE": secret, "SQUALL_SMTP_ADDR": "127.0.0.1:1", "SQUALL_SMTP_FROM": "a@shop.example",
	}
	for _, c := range []struct{ name, service, variable, value, says string }{
		{"ErrNoPostgres", event.Order, "SQUALL_POSTGRES_URL", "", "SQUALL_POSTGRES_URL"},
		{"ErrPostgres", event.Order, "SQUALL_POSTGRES_URL", "mysql://u:pa55@h/db", "SQUALL_POSTGRES_URL"},
		{"ErrPostgresPort", event.Order, "SQUALL_POSTGRES_URL", "postgres://u:pa55@h:port/db", "SQUALL_POSTGRES_URL"},
		{"ErrPostgresTwice", event.Order, "SQUALL_POSTGRES_URL_FILE", secret, "SQUALL_POSTGRES_URL_FILE"},
		{"ErrPostgresPasswordFile", event.Order, "SQUALL_POSTGRES_PASSWORD_FILE", "/nonexistent", "SQUALL_POSTGRES_PASSWORD_FILE"},
		{"ErrNoRabbitMQ", event.Inventory, "SQUALL_RABBITMQ_URL", "", "SQUALL_RABBITMQ_URL"},
		{"ErrRabbitMQ", event.Inventory, "SQUALL_RABBITMQ_URL", "http://u:pa55@h/", "SQUALL_RABBITMQ_URL"},
		{"ErrHTTP", event.Inventory, "SQUALL_HTTP_ADDR", "8081", "SQUALL_HTTP_ADDR"},
		{"ErrNoGateway", event.Payment, "SQUALL_GATEWAY_URL", "", "SQUALL_GATEWAY_URL"},
		{"ErrGateway", event.Payment, "SQUALL_GATEWAY_URL", "https://u:pa55@h", "SQUALL_GATEWAY_URL"},
		{"ErrSecretFile", event.Payment, "SQUALL_GATEWAY_SECRET_FILE", "/nonexistent", "SQUALL_GATEWAY_SECRET_FILE"},
		{"ErrNoSMTP", event.Notification, "SQUALL_SMTP_ADDR", "", "SQUALL_SMTP_ADDR"},
		{"ErrSMTPFrom", event.Notification, "SQUALL_SMTP_FROM", "nobody", "SQUALL_SMTP_FROM"},
		{"ErrSMTPPassword", event.Notification, "SQUALL_SMTP_USER", "ann", "SQUALL_SMTP_PASSWORD_FILE"},
		{"ErrSMTPTLS", event.Notification, "SQUALL_SMTP_TLS", "maybe", "SQUALL_SMTP_TLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, filepath.Join(programs, c.service))
			for name, value := range good {
				if name != c.variable {
					cmd.Env = append(cmd.Env, name+"="+value)
				}
			}
			if c.value != "" {
				cmd.Env = append(cmd.Env, c.variable+"="+c.value)
			}
			output, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != 2 {
				t.Errorf("exit code %d", code)
			}
			said := string(output)
			if !strings.Contains(said, c.says) || strings.Contains(said, "pa55") || strings.Count(said, "\n") != 1 {
				t.Errorf("it said %q, which should name %s", said, c.says)
			}
		})
	}
}

// TestServersAwayAtStart starts a process before its servers: it waits, and ends in order
// when told to.
func TestServersAwayAtStart(t *testing.T) {
	s := newShop(t)
	s.databases[event.Payment] = "postgres://squall@127.0.0.1:1/nowhere"
	p := s.launch(event.Payment)
	for end := time.Now().Add(30 * time.Second); !strings.Contains(p.said(), "will try again"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it said:\n%s", p.said())
		}
	}
	if code, _ := s.stop(p); code != 0 {
		t.Errorf("it ended with %d:\n%s", code, p.said())
	}
}
