package servers_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/sim/conform/servers"
)

// orphanVariable turns the test binary into a process that starts a server and waits
// to be killed.
const orphanVariable = "SQUALL_TEST_ORPHAN"

func TestMain(m *testing.M) {
	if os.Getenv(orphanVariable) != "" {
		orphan()
	}
	servers.Main(m)
}

func orphan() {
	server, err := servers.NewPostgres(context.Background())
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(server.URL())
	select {}
}

func TestPostgres(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		first, second := connect(t, servers.Postgres(t)), connect(t, servers.Postgres(t))
		if _, err := first.Exec(t.Context(), "CREATE TABLE only_here ()"); err != nil {
			t.Fatal(err)
		}
		if _, err := second.Exec(t.Context(), "SELECT FROM only_here"); err == nil {
			t.Error("two databases share a table")
		}
	})
	t.Run("Restart", func(t *testing.T) {
		server := ownPostgres(t)
		for _, crash := range []bool{false, true} {
			if err := server.Restart(t.Context(), crash); err != nil {
				t.Fatalf("restart, crash %v: %v", crash, err)
			}
			connect(t, server.URL())
		}
	})
	t.Run("ErrNoAnswer", func(t *testing.T) {
		t.Setenv("SQUALL_POSTGRES_URL", "postgres://nobody@127.0.0.1:1/none")
		if _, err := servers.NewPostgres(t.Context()); err == nil || errors.Is(err, servers.ErrNotFound) {
			t.Errorf("a server that is named but does not answer: got %v", err)
		}
	})
}

// TestPostgresDiesWithUs kills a process that started a server and expects the
// server to go.
func TestPostgresDiesWithUs(t *testing.T) {
	ownPostgres(t) // skips where there is none
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), orphanVariable+"=1")
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(output).ReadString('\n')
	parsed, err := url.Parse(strings.TrimSpace(line))
	if err != nil || parsed.Host == "" {
		t.Fatalf("the process printed %q", line)
	}
	if !listens(parsed.Host) {
		t.Fatal("the server does not listen")
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for range 100 {
		if !listens(parsed.Host) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error("the server outlived the process that started it")
}

func TestRabbitMQ(t *testing.T) {
	server, err := servers.NewRabbitMQ(t.Context())
	servers.Require(t, err)
	t.Cleanup(server.Stop)
	parsed, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	if !listens(parsed.Host) {
		t.Error("the broker does not listen")
	}
	output, err := server.Ctl(t.Context(), "list_vhosts")
	if errors.Is(err, servers.ErrNotOurs) {
		t.Skip("the broker comes from the environment")
	}
	if err != nil || !strings.Contains(output, "/") {
		t.Errorf("rabbitmqctl list_vhosts: %q, %v", output, err)
	}
	for _, crash := range []bool{false, true} {
		if err := server.Restart(t.Context(), crash); err != nil {
			t.Fatalf("restart, crash %v: %v", crash, err)
		}
	}
}

func ownPostgres(t *testing.T) *servers.PostgresServer {
	t.Helper()
	if os.Getenv("SQUALL_POSTGRES_URL") != "" {
		t.Skip("the server comes from the environment")
	}
	server, err := servers.NewPostgres(t.Context())
	servers.Require(t, err)
	t.Cleanup(server.Stop)
	return server
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func listens(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}
