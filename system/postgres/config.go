package postgres

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says which database, and how much of it.
type Config struct {
	// URL is a PostgreSQL connection URL. Its parameters override the settings that
	// the package documentation lists.
	URL string

	// PasswordFile names a file that holds the password, if it is not in the URL. It
	// is read for every new connection, so a rotated secret needs no restart.
	PasswordFile string

	// MaxConns bounds the pool; zero means 10.
	MaxConns int

	// ApplicationName is what pg_stat_activity shows.
	ApplicationName string
}

const (
	defaultMaxConns = 10
	dialTimeout     = 5 * time.Second

	// A peer that answers nothing for so long is given up: 30 s idle and 3 probes, or
	// data that stays unacknowledged.
	keepAliveIdle     = 30 * time.Second
	keepAliveInterval = 10 * time.Second
	keepAliveProbes   = 3
	unackedMax        = 60 * time.Second
)

// sessionSettings hold for every connection (PostgreSQL documentation, 20.3.2, 20.11.1
// and 20.11.2). Times without a unit are milliseconds, those of keepalives seconds.
var sessionSettings = map[string]string{
	"TimeZone":                            "UTC",
	"statement_timeout":                   "30s",
	"lock_timeout":                        "10s",
	"idle_in_transaction_session_timeout": "60s",
	"tcp_keepalives_idle":                 "30",
	"tcp_keepalives_interval":             "10",
	"tcp_keepalives_count":                "3",
	"tcp_user_timeout":                    "60000",
	"client_connection_check_interval":    "10s",
}

// poolConfig turns config into pgxpool's.
func (config Config) poolConfig() (*pgxpool.Config, error) {
	pool, err := pgxpool.ParseConfig(config.URL)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	pool.MaxConns = defaultMaxConns
	if config.MaxConns > 0 {
		pool.MaxConns = int32(min(config.MaxConns, 1<<15))
	}
	if config.PasswordFile != "" {
		if _, err := readPassword(config.PasswordFile); err != nil {
			return nil, err
		}
		pool.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) (err error) {
			conn.Password, err = readPassword(config.PasswordFile)
			return err
		}
	}
	config.prepareSession(pool.ConnConfig)
	return pool, nil
}

func (config Config) prepareSession(conn *pgx.ConnConfig) {
	for name, value := range sessionSettings {
		if !isSet(conn.RuntimeParams, name) {
			conn.RuntimeParams[name] = value
		}
	}
	if config.ApplicationName != "" {
		conn.RuntimeParams["application_name"] = config.ApplicationName
	}
	timeout := conn.ConnectTimeout
	if timeout == 0 {
		timeout = dialTimeout
		conn.ConnectTimeout = timeout
	}
	conn.DialFunc = (&net.Dialer{
		Timeout: timeout,
		Control: limitUnacked,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveProbes,
		},
	}).DialContext
	conn.Tracer = acquireTracer{}
}

// isSet says whether the URL has the setting; the server does not mind its case.
func isSet(params map[string]string, name string) bool {
	for given := range params {
		if strings.EqualFold(given, name) {
			return true
		}
	}
	return false
}

func readPassword(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("postgres: password file: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}
