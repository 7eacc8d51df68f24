package rabbitmq

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// DefaultHeartbeat is the heartbeat if Config has none. A peer that is silent for two of
// them is dead (RabbitMQ documentation, Detecting Dead TCP Connections with Heartbeats).
const DefaultHeartbeat = 10 * time.Second

// frameSizeMax is RabbitMQ's own default. AMQP's 0, no limit, would let the peer choose.
const frameSizeMax = 128 << 10

// Config says how to reach a broker.
type Config struct {
	// URL is amqp://user:password@host:port/vhost, or amqps:// for TLS with the
	// system's roots. Its query may name cacertfile, certfile, keyfile and
	// server_name_indication (RabbitMQ documentation, URI Query Parameters).
	URL string

	// PasswordFile holds the password instead of the URL. It is read at each
	// connect, so that a rotated secret is used. A newline at its end is no part of it.
	PasswordFile string

	// Heartbeat is at least a second; zero means DefaultHeartbeat. The broker may
	// ask for a shorter one.
	Heartbeat time.Duration
}

// endpoint is Config read and checked.
type endpoint struct {
	uri       amqp.URI
	address   string
	tls       *tls.Config // nil without TLS
	heartbeat time.Duration
}

func (c Config) endpoint() (*endpoint, error) {
	uri, err := amqp.ParseURI(c.URL)
	if err != nil {
		return nil, errors.New("broker URL must be like amqp://user:password@host:5672/vhost") // the cause would show the password
	}
	e := &endpoint{
		uri: uri, heartbeat: c.Heartbeat,
		address: net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port)),
	}
	if e.heartbeat == 0 {
		e.heartbeat = DefaultHeartbeat
	}
	if e.heartbeat < time.Second {
		return nil, fmt.Errorf("heartbeat of %v: at least a second is needed", e.heartbeat)
	}
	if c.PasswordFile != "" {
		if e.uri.Password, err = readSecret(c.PasswordFile); err != nil {
			return nil, err
		}
	}
	if uri.Scheme == "amqps" {
		if e.tls, err = tlsOf(uri); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func readSecret(file string) (string, error) {
	secret, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the broker's password: %w", err)
	}
	return strings.TrimRight(string(secret), "\r\n"), nil
}

func tlsOf(uri amqp.URI) (*tls.Config, error) {
	config := &tls.Config{ServerName: uri.ServerName, MinVersion: tls.VersionTLS12}
	if config.ServerName == "" {
		config.ServerName = uri.Host
	}
	if uri.CACertFile != "" {
		roots, err := os.ReadFile(uri.CACertFile)
		if err != nil {
			return nil, fmt.Errorf("read the broker's certificate authority: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(roots) {
			return nil, fmt.Errorf("no certificate in %s", uri.CACertFile)
		}
	}
	if uri.CertFile != "" || uri.KeyFile != "" {
		certificate, err := tls.LoadX509KeyPair(uri.CertFile, uri.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read the client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, nil
}

// dial opens the transport.
func (e *endpoint) dial(ctx context.Context) (net.Conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", e.address)
	if err != nil || e.tls == nil {
		return raw, err
	}
	secured := tls.Client(raw, e.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return secured, nil
}

// settings are the library's. The name is what the broker's tools show.
func (e *endpoint) settings(name string) amqp.Config {
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName(name)
	return amqp.Config{
		SASL:  []amqp.Authentication{e.uri.PlainAuth()},
		Vhost: e.uri.Vhost, Locale: "en_US", Properties: properties,
		FrameSize: frameSizeMax, Heartbeat: e.heartbeat,
	}
}
