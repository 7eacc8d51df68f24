package outside

import (
	"context"
	"fmt"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/notification"
	"github.com/squallhq/squall/system/payment"
	"github.com/squallhq/squall/system/port"
)

// SimGateway is a gateway on a node of the simulator.
type SimGateway struct {
	Node *sim.Node
	Core *Gateway
}

var _ payment.Gateway = (*SimGateway)(nil)

// Authorise calls the gateway.
func (g *SimGateway) Authorise(ctx context.Context, key string, request payment.Authorisation) (payment.Intent, error) {
	return g.call(ctx, "authorise", func() (payment.Intent, error) { return g.Core.Authorise(key, request) })
}

// Capture calls the gateway.
func (g *SimGateway) Capture(ctx context.Context, key, intent string) error {
	_, err := g.call(ctx, "capture", func() (payment.Intent, error) { return payment.Intent{}, g.Core.Capture(key, intent) })
	return err
}

// Cancel calls the gateway.
func (g *SimGateway) Cancel(ctx context.Context, key, intent string) error {
	_, err := g.call(ctx, "cancel", func() (payment.Intent, error) { return payment.Intent{}, g.Core.Cancel(key, intent) })
	return err
}

// Refund calls the gateway.
func (g *SimGateway) Refund(ctx context.Context, key, intent string, amount event.Cents) error {
	_, err := g.call(ctx, "refund", func() (payment.Intent, error) { return payment.Intent{}, g.Core.Refund(key, intent, amount) })
	return err
}

type gatewayAnswer struct {
	intent payment.Intent
	err    error
}

func (g *SimGateway) call(ctx context.Context, what string, do func() (payment.Intent, error)) (payment.Intent, error) {
	answer, err := sim.Call(ctx, g.Node, what, func(context.Context) gatewayAnswer {
		intent, err := do()
		return gatewayAnswer{intent, err}
	})
	if err != nil {
		return payment.Intent{}, fmt.Errorf("gateway: %s: %w: %w", what, port.ErrUnavailable, err)
	}
	trace(g.Node, what, answer.intent.ID, answer.err)
	return answer.intent, answer.err
}

// SimMailer is a mail server on a node of the simulator.
type SimMailer struct {
	Node *sim.Node
	Core *Mailbox
}

var _ notification.Mailer = (*SimMailer)(nil)

// Send calls the mail server.
func (m *SimMailer) Send(ctx context.Context, mail notification.Mail) error {
	_, err := sim.Call(ctx, m.Node, "send mail", func(context.Context) bool { m.Core.Deliver(mail); return true })
	if err != nil {
		return fmt.Errorf("mail: %w: %w", port.ErrUnavailable, err)
	}
	trace(m.Node, "mail", mail.ID, nil)
	return nil
}

// trace puts an answer of the outside world into the world's trace.
func trace(node *sim.Node, what, about string, err error) {
	t := node.World().Trace()
	t.Begin(node.World().Now(), "answer")
	t.String(what)
	t.String(about)
	if err != nil {
		t.String(err.Error())
	}
}
