package sim

import (
	"context"

	"github.com/squallhq/squall/chaos"
)

// ErrReset is a connection that ended before the answer came: the outcome of what was
// asked is unknown.
var ErrReset error = resetError{}

// resetError is a net.Error, as the real one is.
type resetError struct{}

func (resetError) Error() string   { return "connection reset by peer" }
func (resetError) Timeout() bool   { return false }
func (resetError) Temporary() bool { return false }

var (
	purposeRequest = chaos.PurposeOf("request latency")
	purposeReply   = chaos.PurposeOf("reply latency")
)

// Call sends one request from the current task to server on a connection of its own and
// waits for the answer: the shape of HTTP. serve runs as a task of the server node, and
// goes on if the caller gives up or dies. what names the crossing.
//
// Errors: a *DialError, nothing was sent; ErrReset or ctx's error, the outcome is unknown.
func Call[R any](ctx context.Context, server *Node, what string, serve func(context.Context) R) (R, error) {
	var none R
	w := server.world
	crossing, err := w.Cross(ctx, what, chaos.Fates)
	if err != nil {
		return none, err
	}
	if !server.up {
		if err := w.Sleep(ctx, 2*crossing.Latency(purposeRequest)); err != nil {
			return none, err
		}
		return none, &DialError{server.Name, "connection refused"}
	}
	call := &call[R]{conn: w.connect(server), caller: w.current, crossing: crossing, serve: serve}
	defer call.conn.Close(call.conn.Client())
	call.start()
	for !call.answered && !call.lost {
		if err := w.Park(ctx); err != nil {
			return none, err
		}
	}
	if call.lost {
		return none, ErrReset
	}
	return call.answer, nil
}

type call[R any] struct {
	conn     *Conn
	caller   *Task
	crossing Crossing
	serve    func(context.Context) R
	answer   R
	answered bool
	lost     bool
}

func (c *call[R]) start() {
	c.conn.ClientLost = func() { c.lost = true; c.caller.Wake() }
	latency := c.crossing.Latency(purposeRequest) + c.crossing.By
	switch c.crossing.Fault {
	case chaos.KindFailBefore:
		c.conn.Break(latency)
		return
	case chaos.KindLoseReply:
		c.conn.Silence(ToClient)
	}
	c.conn.Send(ToServer, latency, c.arrive)
}

func (c *call[R]) arrive() {
	server := c.conn.Server()
	server.Go(server.Context(), c.crossing.what, func(ctx context.Context) {
		answer := c.serve(ctx)
		latency := c.crossing.Latency(purposeReply)
		if c.crossing.Fault == chaos.KindFailAfter {
			c.conn.Break(latency)
			return
		}
		c.conn.Send(ToClient, latency, func() {
			c.answer, c.answered = answer, true
			c.caller.Wake()
		})
	})
}
