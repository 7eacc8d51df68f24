package live

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	docker "github.com/ory/dockertest/v3/docker"
)

// The names of the servers, as faults call them.
const (
	databaseName = "database"
	brokerName   = "broker"
)

// startMax bounds the start of a server, once its image is there.
const startMax = 2 * time.Minute

const (
	postgresPort   = docker.Port("5432/tcp")
	amqpPort       = docker.Port("5672/tcp")
	managementPort = docker.Port("15672/tcp")
)

// postgresSettings keep the write-ahead log small beside the data, and leave room for the
// pools of several replicas.
var postgresSettings = []string{"postgres", "-c", "max_connections=300", "-c", "max_wal_size=128MB", "-c", "min_wal_size=32MB"}

// StartDatabase starts PostgreSQL and creates the databases, and returns when it answers.
func (e *Environment) StartDatabase(ctx context.Context, databases ...string) error {
	disk, bind, err := e.openDisk(ctx, databaseName, e.config.PostgresImage)
	if err != nil {
		return err
	}
	c := &container{name: databaseName, port: postgresPort, disk: disk, group: new(sync.RWMutex)}
	c.ready = func(ctx context.Context) error { return e.pingPostgres(ctx, c) }
	c.id, err = e.create(ctx, spec{
		name: databaseName, image: e.config.PostgresImage, command: postgresSettings,
		ports: []docker.Port{postgresPort}, binds: []string{bind},
		env: []string{"POSTGRES_USER=" + userName, "POSTGRES_PASSWORD=" + e.password, "POSTGRES_DB=postgres", "PGDATA=" + diskPath + "/data"},
	})
	if err != nil {
		return err
	}
	e.add(c)
	if err := e.await(ctx, c, startMax); err != nil {
		return err
	}
	for _, name := range databases {
		if err := execResult.must(e.engine.exec(ctx, c.id, "createdb", "--username", userName, name)); err != nil {
			return fmt.Errorf("create database %s: %w", name, err)
		}
		e.mutex.Lock()
		e.databases = append(e.databases, name)
		e.mutex.Unlock()
	}
	return nil
}

// StartBroker starts RabbitMQ and returns when it answers.
func (e *Environment) StartBroker(ctx context.Context) error {
	disk, bind, err := e.openDisk(ctx, brokerName, e.config.RabbitMQImage)
	if err != nil {
		return err
	}
	c := &container{name: brokerName, port: amqpPort, disk: disk, group: new(sync.RWMutex)}
	c.ready = func(ctx context.Context) error { return e.pingRabbitMQ(ctx, c) }
	c.id, err = e.create(ctx, spec{
		name: brokerName, image: e.config.RabbitMQImage,
		ports: []docker.Port{amqpPort, managementPort}, binds: []string{bind},
		env: []string{
			"RABBITMQ_DEFAULT_USER=" + userName, "RABBITMQ_DEFAULT_PASS=" + e.password,
			"RABBITMQ_NODENAME=rabbit@" + brokerName, "RABBITMQ_MNESIA_BASE=" + diskPath,
			// Few schedulers that do not spin: the machine belongs to the other containers too.
			"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
		},
	})
	if err != nil {
		return err
	}
	e.add(c)
	return e.await(ctx, c, startMax)
}

// DatabaseAddr returns the address, on the loopback, where PostgreSQL is published now.
func (e *Environment) DatabaseAddr(ctx context.Context) (string, error) {
	return e.serverAddr(ctx, databaseName, postgresPort)
}

// BrokerAddr returns the address, on the loopback, where RabbitMQ's AMQP is published now.
func (e *Environment) BrokerAddr(ctx context.Context) (string, error) {
	return e.serverAddr(ctx, brokerName, amqpPort)
}

// ManagementAddr returns the address, on the loopback, where RabbitMQ's management interface
// is published now.
func (e *Environment) ManagementAddr(ctx context.Context) (string, error) {
	return e.serverAddr(ctx, brokerName, managementPort)
}

func (e *Environment) serverAddr(ctx context.Context, name string, port docker.Port) (string, error) {
	c, err := e.find(name)
	if err != nil {
		return "", err
	}
	return e.address(ctx, c, port)
}

// PostgresURL returns the URL of a database at an address: DatabaseAddr's for this process,
// DialHost and the port of a proxy for a container.
func (e *Environment) PostgresURL(address, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(userName, e.password), Host: address, Path: "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// RabbitMQURL returns the broker's URL at an address: BrokerAddr's for this process, DialHost
// and the port of a proxy for a container.
func (e *Environment) RabbitMQURL(address string) string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(userName, e.password), Host: address, Path: "/"}
	return u.String()
}

// RabbitMQCtl runs rabbitmqctl in the broker's container and returns what it wrote. It takes
// a second or two.
func (e *Environment) RabbitMQCtl(ctx context.Context, args ...string) (string, error) {
	c, err := e.find(brokerName)
	if err != nil {
		return "", err
	}
	result, err := e.engine.exec(ctx, c.id, append([]string{"rabbitmqctl", "--quiet"}, args...)...)
	if err := result.must(err); err != nil {
		return "", fmt.Errorf("rabbitmqctl %s: %w", args[0], err)
	}
	return result.output, nil
}
