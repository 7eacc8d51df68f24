package flow

import (
	"context"
	"time"

	"github.com/squallhq/squall/system/port"
)

// link is a supervised channel on a connection of its own.
type link struct {
	ports   Ports
	name    string
	declare []port.Method
}

// keep connects, declares, and calls serve with the channel, again and again until ctx
// ends, with backoff. serve's context ends with the connection.
func (l *link) keep(ctx context.Context, timeout time.Duration, serve func(context.Context, port.Channel) error) error {
	for attempt := 1; ; attempt++ {
		started := l.ports.Runtime.Elapsed()
		err := l.once(ctx, timeout, serve)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if l.ports.Runtime.Elapsed()-started > time.Minute {
			attempt = 1
		}
		l.ports.Count("link_lost")
		l.ports.Log.WarnContext(ctx, "broker link lost, will connect again", "link", l.name, "error", err)
		if err := Backoff(ctx, l.ports.Runtime, attempt); err != nil {
			return err
		}
	}
}

func (l *link) once(ctx context.Context, timeout time.Duration, serve func(context.Context, port.Channel) error) error {
	connection, channel, err := l.open(ctx, timeout)
	if err != nil {
		return err
	}
	defer l.hangUp(context.WithoutCancel(ctx), timeout, connection)
	group, ctx := port.NewGroup(ctx, l.ports.Runtime)
	group.Go(ctx, l.name, func(ctx context.Context) error { return serve(ctx, channel) })
	group.Go(ctx, l.name+" connection", func(ctx context.Context) error { return l.watch(ctx, connection) })
	return group.Wait(context.WithoutCancel(ctx))
}

func (l *link) open(ctx context.Context, timeout time.Duration) (port.Connection, port.Channel, error) {
	ctx, cancel := l.ports.Runtime.WithTimeout(ctx, timeout)
	defer cancel()
	connection, err := l.ports.Broker.Connect(ctx, l.name)
	if err != nil {
		return nil, nil, err
	}
	channel, err := connection.OpenChannel(ctx)
	if err == nil {
		err = declare(ctx, channel, l.declare)
	}
	if err != nil {
		l.hangUp(context.WithoutCancel(ctx), timeout, connection)
		return nil, nil, err
	}
	return connection, channel, nil
}

// hangUp closes a connection, waiting for the broker up to the time-out: it may have stopped
// reading.
func (l *link) hangUp(ctx context.Context, timeout time.Duration, connection port.Connection) {
	ctx, cancel := l.ports.Runtime.WithTimeout(ctx, timeout)
	defer cancel()
	_ = connection.Close(ctx)
}

// watch returns when the connection has ended.
func (l *link) watch(ctx context.Context, connection port.Connection) error {
	for {
		happened, err := connection.Next(ctx)
		if err != nil {
			return err
		}
		switch happened := happened.(type) {
		case port.Blocked:
			l.ports.Log.WarnContext(ctx, "the broker has stopped reading", "link", l.name, "reason", happened.Reason)
		case port.Closed:
			return closedError(happened)
		}
	}
}

// closedError says why a channel or a connection has ended. It matches port.ErrClosed.
func closedError(closed port.Closed) error {
	if closed.Err == nil {
		return port.ErrClosed
	}
	return closed.Err
}
