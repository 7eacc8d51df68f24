package rabbitmq

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/system/port"
)

// Broker is a port.Broker over the network.
type Broker struct{ config Config }

var _ port.Broker = (*Broker)(nil)

// New checks config and returns the broker that it describes. It connects to nothing yet.
func New(config Config) (*Broker, error) {
	if _, err := config.endpoint(); err != nil {
		return nil, fmt.Errorf("rabbitmq: %w", err)
	}
	return &Broker{config}, nil
}

// Connect opens a connection that the broker's tools show under name. A refusal is a
// *port.CloseError: 403 for wrong credentials, 530 for the virtual host or a limit. On
// an error there is no connection.
func (b *Broker) Connect(ctx context.Context, name string) (port.Connection, error) {
	opened, err := b.connect(ctx, name)
	if err != nil {
		return nil, err // never a nil *connection in an interface
	}
	return opened, nil
}

func (b *Broker) connect(ctx context.Context, name string) (*connection, error) {
	endpoint, err := b.config.endpoint()
	if err != nil {
		return nil, fmt.Errorf("rabbitmq: %w", err)
	}
	transport, err := endpoint.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("rabbitmq: connect to %s: %w", endpoint.address, err)
	}
	tap := newTap(transport)
	stop := context.AfterFunc(ctx, func() { tap.cut(ctx.Err()) })
	library, err := amqp.Open(tap, endpoint.settings(name))
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = transport.Close()
		return nil, fmt.Errorf("rabbitmq: connect to %s: %w", endpoint.address, connectError(ctx, err))
	}
	tap.heartbeat.Store(int64(library.Config.Heartbeat))
	return newConnection(tap, library), nil
}

// Version connects and returns the version of the broker that answers, such as 3.10.8.
func (b *Broker) Version(ctx context.Context) (string, error) {
	opened, err := b.connect(ctx, "version")
	if err != nil {
		return "", err
	}
	properties := opened.library.Properties
	version, _ := properties["version"].(string)
	return version, opened.Close(ctx)
}

func connectError(ctx context.Context, err error) error {
	var refused *amqp.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &refused) && (refused.Server || refused.Code == amqp.AccessRefused):
		return &port.CloseError{Code: refused.Code, Text: refused.Reason, Connection: true}
	default:
		return err
	}
}
