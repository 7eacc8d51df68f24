package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
)

// The pace of asking, and the longest that one question takes.
const (
	pollPause = 200 * time.Millisecond
	pingMax   = 3 * time.Second
)

// poll calls f until it succeeds, and returns its last error if that takes longer than limit
// or ctx ends.
func poll(ctx context.Context, limit time.Duration, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := ctx.Err()
	for ctx.Err() == nil {
		now := f(ctx)
		if now == nil {
			return nil
		}
		if ctx.Err() == nil || err == nil {
			err = now // rather than what the end of ctx did to the last attempt
		}
		select {
		case <-ctx.Done():
		case <-time.After(pollPause):
		}
	}
	return err
}

// await waits until the container does its work. One that has ended is not waited for.
func (e *Environment) await(ctx context.Context, c *container, limit time.Duration) error {
	e.config.Progress("wait for " + c.name)
	var ended error
	err := poll(ctx, limit, func(ctx context.Context) error {
		state, err := e.engine.inspect(ctx, c.id)
		if err == nil && !state.State.Running {
			ended = fmt.Errorf("%s has ended with exit code %d; it wrote: %s", c.name, state.State.ExitCode, e.lastLines(ctx, c))
			return nil
		}
		return e.ping(ctx, c)
	})
	if ended != nil {
		return ended
	}
	if err != nil {
		return fmt.Errorf("%s is not ready after %v: %w", c.name, limit, err)
	}
	return nil
}

// ping asks once whether the container does its work.
func (e *Environment) ping(ctx context.Context, c *container) error {
	ctx, cancel := context.WithTimeout(ctx, pingMax)
	defer cancel()
	return c.ready(ctx)
}

func (e *Environment) pingPostgres(ctx context.Context, c *container) error {
	address, err := e.address(ctx, c, postgresPort)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, e.PostgresURL(address, "postgres"))
	if err != nil {
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Close(ctx))
}

// pingRabbitMQ succeeds if the broker answers the protocol header with connection.start, a
// method frame (AMQP 0-9-1, 2.2.4 and 4.2.3). RabbitMQ listens last of all in its boot.
func (e *Environment) pingRabbitMQ(ctx context.Context, c *container) error {
	address, err := e.address(ctx, c, amqpPort)
	if err != nil {
		return err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
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

// pingHTTP succeeds if the path answers 200.
func (e *Environment) pingHTTP(ctx context.Context, c *container, path string) error {
	address, err := e.address(ctx, c, c.port)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, http.NoBody)
	if err != nil {
		return err
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", path, response.Status)
	}
	return nil
}
