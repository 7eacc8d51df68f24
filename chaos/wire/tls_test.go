package wire_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/system/port"
)

// certificate signs itself, for 127.0.0.1.
func certificate(t *testing.T) (cert, key []byte, trust *tls.Config) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return cert, key, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// TestPostgresTLS: a session that turns to TLS works, is counted, and nothing in it is struck.
func TestPostgresTLS(t *testing.T) {
	server, err := servers.NewPostgres(t.Context())
	servers.Require(t, err)
	t.Cleanup(server.Stop)
	address, err := server.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cert, key, trust := certificate(t)
	serveTLS(t, address, cert, key)
	host, _ := hostOf(t, address)
	book := planned(t, "fail before payment: begin"+of)
	p := open(t, wire.PostgreSQL, book, host)
	config, err := pgx.ParseConfig(strings.Replace(address, "sslmode=disable", "sslmode=require", 1))
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := net.ResolveTCPAddr("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	config.Port, config.TLSConfig = uint16(proxy.Port), trust
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	var encrypted bool
	if err := conn.QueryRow(t.Context(), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&encrypted); err != nil || !encrypted {
		t.Errorf("encrypted %t, %v", encrypted, err)
	}
	if _, err := conn.Exec(t.Context(), "begin /* CapturePayment{ann/order-7} */"); err != nil {
		t.Errorf("what cannot be seen was struck: %v", err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if stats := p.Stats(); stats.Encrypted != 1 || len(book.Seen()) != 0 || len(p.Errors()) != 0 {
		t.Errorf("%+v, seen %v, errors %v", stats, book.Seen(), p.Errors())
	}
	refusesTLS(t)
}

// serveTLS has the database write its own key, and read its configuration again.
func serveTLS(t *testing.T, address string, cert, key []byte) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // it was only needed for this
	for name, content := range map[string][]byte{"wire.crt": cert, "wire.key": key} {
		program := "COPY (SELECT 1 WHERE false) TO PROGRAM $squall$umask 077; printf '%s' '" + string(content) + "' > " + name + "$squall$"
		if _, err := conn.Exec(t.Context(), program); err != nil {
			t.Fatal(err)
		}
	}
	for _, setting := range []string{"ssl_cert_file = 'wire.crt'", "ssl_key_file = 'wire.key'", "ssl = on"} {
		if _, err := conn.Exec(t.Context(), "ALTER SYSTEM SET "+setting); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), "SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server has read its configuration", func() bool {
		var on string
		fresh, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer fresh.Close(context.Background()) //nolint:errcheck // it was only needed for this
		return fresh.QueryRow(t.Context(), "SHOW ssl").Scan(&on) == nil && on == "on"
	})
}

// refusesTLS: a server without TLS says so, and the session goes on in the clear.
func refusesTLS(t *testing.T) {
	t.Helper()
	host, through := hostOf(t, servers.Postgres(t))
	book := wire.NewBook(1)
	p := open(t, wire.PostgreSQL, book, host)
	db := openDB(t, strings.Replace(through(p.Addr()), "sslmode=disable", "sslmode=prefer", 1))
	tx, err := db.BeginTx(port.WithOp(t.Context(), capturing), pgx.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
	if stats := p.Stats(); stats.Encrypted != 0 || seenOf(book, "begin").Keyed != 1 {
		t.Errorf("%+v, seen %v", stats, book.Seen())
	}
}

// TestAMQPTLS: the same before a broker whose TLS ends in front of it.
func TestAMQPTLS(t *testing.T) {
	b := newBroker(t)
	cert, key, trust := certificate(t)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go terminate(listener, b.host)
	book := planned(t, "fail before payment: publish"+ofOrder)
	p := open(t, wire.AMQP, book, listener.Addr().String())
	address := strings.Replace(b.through(p.Addr()), "amqp://", "amqps://", 1)
	conn, err := amqp.DialTLS(address, trust)
	if err != nil {
		t.Fatal(err)
	}
	channel, err := conn.Channel()
	if err == nil {
		err = channel.Confirm(false)
	}
	if err != nil {
		t.Fatal(err)
	}
	body := bytes.Repeat([]byte("x"), 300_000)
	if acked, err := b.publish(channel, "order-7", string(body)); !acked {
		t.Errorf("what cannot be seen was struck: %v", err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if all := b.bodies(); len(all) != 1 || len(all[0]) != len(body) {
		t.Errorf("%d messages", len(all))
	}
	if stats := p.Stats(); stats.Encrypted != 1 || len(book.Seen()) != 0 || len(p.Errors()) != 0 {
		t.Errorf("%+v, seen %v, errors %v", stats, book.Seen(), fmt.Sprint(p.Errors()))
	}
}

// terminate passes decrypted connections on.
func terminate(listener net.Listener, target string) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", target)
		if err != nil {
			_ = conn.Close()
			continue
		}
		go func() {
			_, _ = io.Copy(server, conn) // the tests see what does not arrive
			_ = server.Close()
		}()
		go func() {
			_, _ = io.Copy(conn, server) // likewise
			_ = conn.Close()
		}()
	}
}
