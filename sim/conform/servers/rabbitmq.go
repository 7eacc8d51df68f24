package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
)

// RabbitMQServer is a running RabbitMQ.
type RabbitMQServer struct {
	url  string
	host host // nil if it comes from the environment
}

// NewRabbitMQ finds or starts a RabbitMQ. A started one is this caller's own: end it
// with Stop. Without one the error matches ErrNotFound.
func NewRabbitMQ(ctx context.Context) (*RabbitMQServer, error) {
	if address := os.Getenv("SQUALL_RABBITMQ_URL"); address != "" {
		return externalRabbitMQ(ctx, address)
	}
	image, why := findImage(ctx, "SQUALL_RABBITMQ_IMAGE", "rabbitmq:3.13")
	if image != "" {
		return startRabbitMQ(ctx, func(port int) (host, error) { return rabbitContainer(ctx, image, port) })
	}
	bin := findRabbitMQ()
	if bin == "" {
		return nil, notFound("RabbitMQ", "SQUALL_RABBITMQ_URL", why, "rabbitmq-server in the usual folders and PATH")
	}
	return startRabbitMQ(ctx, func(port int) (host, error) { return rabbitProcess(ctx, bin, port) })
}

func externalRabbitMQ(ctx context.Context, address string) (*RabbitMQServer, error) {
	parsed, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(parsed.Scheme, "amqp") {
		return nil, fmt.Errorf("SQUALL_RABBITMQ_URL must be like amqp://user:password@host:5672/")
	}
	server := &RabbitMQServer{url: address}
	if parsed.Scheme == "amqp" {
		if err := server.ping(ctx); err != nil {
			return nil, fmt.Errorf("SQUALL_RABBITMQ_URL: %w", err)
		}
	}
	return server, nil
}

func startRabbitMQ(ctx context.Context, start func(port int) (host, error)) (*RabbitMQServer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	host, err := start(port)
	if err != nil {
		return nil, fmt.Errorf("start RabbitMQ: %w", err)
	}
	server := &RabbitMQServer{url: fmt.Sprintf("amqp://guest:guest@127.0.0.1:%d/", port), host: host}
	if err := awaitReady(ctx, host, server.ping); err != nil {
		host.stop()
		return nil, fmt.Errorf("start RabbitMQ: %w", err)
	}
	return server, nil
}

// URL returns the broker's AMQP URL, with virtual host and credentials.
func (s *RabbitMQServer) URL() string { return s.url }

// Ctl runs rabbitmqctl on the broker's node and returns what it printed. It takes a
// second or two. For a broker from the environment it is ErrNotOurs.
//
//	server.Ctl(ctx, "close_all_connections", "test")
func (s *RabbitMQServer) Ctl(ctx context.Context, args ...string) (string, error) {
	if s.host == nil {
		return "", ErrNotOurs
	}
	return s.host.run(ctx, "rabbitmqctl", append([]string{"--quiet"}, args...)...)
}

// Restart ends the broker, in order or by killing it, and returns when it answers
// again on the same port.
func (s *RabbitMQServer) Restart(ctx context.Context, crash bool) error {
	if s.host == nil {
		return ErrNotOurs
	}
	return restartReady(ctx, s.host, crash, s.ping)
}

// Stop ends the broker, if it was started here, and removes its data.
func (s *RabbitMQServer) Stop() {
	if s.host != nil {
		s.host.stop()
	}
}

// ping succeeds if the broker answers the protocol header with connection.start, a
// method frame (AMQP 0-9-1, 2.2.4 and 4.2.3). RabbitMQ listens last of all in its boot.
func (s *RabbitMQServer) ping(ctx context.Context) error {
	parsed, err := url.Parse(s.url)
	if err != nil {
		return err
	}
	address := parsed.Host
	if parsed.Port() == "" {
		address = net.JoinHostPort(parsed.Hostname(), "5672")
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write([]byte{'A', 'M', 'Q', 'P', 0, 0, 9, 1}); err != nil {
		return err
	}
	var frameType [1]byte
	if _, err := io.ReadFull(conn, frameType[:]); err != nil {
		return err
	}
	if frameType[0] != 1 {
		return errors.New("not an AMQP 0-9-1 broker")
	}
	return nil
}
