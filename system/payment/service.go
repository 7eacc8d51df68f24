package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
)

// GatewayTimeout bounds one call to the gateway.
const GatewayTimeout = 3 * time.Second

// Service is one replica of the payment service.
type Service struct {
	*flow.Engine
	ports   flow.Ports
	gateway Gateway
}

// New returns a replica. Prepare and Run are the engine's.
func New(ports flow.Ports, gateway Gateway, settings flow.Settings) *Service {
	s := &Service{ports: ports, gateway: gateway}
	s.Engine = flow.NewEngine(ports, flow.Definition{
		Name: event.Payment, Migrations: migrations, Handle: s.handle, Project: project,
	}, settings)
	return s
}

func (s *Service) handle(ctx context.Context, message event.Envelope) error {
	payload, err := message.Payload()
	if err != nil {
		return flow.Permanent(err)
	}
	switch command := payload.(type) {
	case event.AuthorisePayment:
		return s.authorise(ctx, message, command)
	case event.CapturePayment:
		return s.capture(ctx, message, command)
	case event.VoidPayment:
		return s.void(ctx, message, command)
	default:
		return flow.Permanent(fmt.Errorf("the payment service does not obey %s", message.Type))
	}
}

func (s *Service) authorise(ctx context.Context, message event.Envelope, command event.AuthorisePayment) error {
	payment, err := s.start(ctx, message, command)
	if err != nil {
		return err
	}
	if payment.Status != Started {
		return s.Once(ctx, message, func(context.Context, *flow.Unit) error { return nil })
	}
	intent, err := s.askToHold(ctx, payment)
	if err != nil {
		return err
	}
	return s.conclude(ctx, message, command.OrderID, func(payment Payment) event.Payload {
		switch {
		case payment.Status != Started:
			return nil
		case intent.Declined != "":
			return event.PaymentDeclined{OrderID: command.OrderID, Code: intent.Declined}
		default:
			return event.PaymentAuthorised{OrderID: command.OrderID, Intent: intent.ID}
		}
	})
}

// start records that the gateway is about to be asked, and returns the payment.
func (s *Service) start(ctx context.Context, message event.Envelope, command event.AuthorisePayment) (payment Payment, err error) {
	err = s.Do(ctx, message, func(ctx context.Context, unit *flow.Unit) error {
		if payment, err = load(ctx, unit, command.OrderID); err != nil || payment.Version > 0 {
			return err
		}
		started := event.PaymentStarted(command)
		payment = Apply(payment, started)
		return unit.Append(ctx, Stream(command.OrderID), command.OrderID, 0, started)
	})
	return payment, err
}

// askToHold asks for the authorisation of a payment that has been started. Asking again
// yields the same answer. A refusal for good is an answer too, and as good as a decline:
// nothing is held, and nothing will be.
func (s *Service) askToHold(ctx context.Context, payment Payment) (intent Intent, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		intent, err = s.gateway.Authorise(ctx, "authorise/"+payment.OrderID, Authorisation{
			OrderID: payment.OrderID, Customer: payment.Customer, Amount: payment.Amount,
		})
		return err
	})
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		s.Count("authorisation_refused_while_" + string(payment.Status))
		return Intent{Declined: refused.Code}, nil
	}
	return intent, err
}

func (s *Service) capture(ctx context.Context, message event.Envelope, command event.CapturePayment) error {
	payment, err := load(ctx, s.ports.DB, command.OrderID)
	if err != nil {
		return err
	}
	if payment.Status == Authorised {
		err := s.call(ctx, func(ctx context.Context) error {
			return s.gateway.Capture(ctx, "capture/"+command.OrderID, payment.Intent)
		})
		if err != nil && !errors.Is(err, ErrCancelled) {
			return err
		}
		if errors.Is(err, ErrCancelled) {
			// A void was faster. It answers.
			return s.Once(ctx, message, func(context.Context, *flow.Unit) error { return nil })
		}
	}
	return s.conclude(ctx, message, command.OrderID, func(payment Payment) event.Payload {
		if payment.Status != Authorised {
			return nil
		}
		return event.PaymentCaptured(command)
	})
}

func (s *Service) void(ctx context.Context, message event.Envelope, command event.VoidPayment) error {
	payment, err := s.requestVoid(ctx, message, command)
	if err != nil {
		return err
	}
	var refunded event.Cents
	if payment.Status == Voiding {
		if refunded, err = s.undo(ctx, payment); err != nil {
			return err
		}
	}
	return s.conclude(ctx, message, command.OrderID, func(payment Payment) event.Payload {
		if payment.Status == Voided {
			return nil
		}
		return event.PaymentVoided{OrderID: command.OrderID, Refunded: refunded}
	})
}

// requestVoid records that nothing more may be held or taken, and returns the payment.
func (s *Service) requestVoid(ctx context.Context, message event.Envelope, command event.VoidPayment) (payment Payment, err error) {
	err = s.Do(ctx, message, func(ctx context.Context, unit *flow.Unit) error {
		payment, err = load(ctx, unit, command.OrderID)
		if err != nil || payment.Status == Voiding || payment.Status == Voided {
			return err
		}
		requested := event.VoidRequested(command)
		expected := payment.Version
		payment = Apply(payment, requested)
		return unit.Append(ctx, Stream(command.OrderID), command.OrderID, expected, requested)
	})
	return payment, err
}

// undo leaves nothing held or taken at the gateway, and returns what was given back.
func (s *Service) undo(ctx context.Context, payment Payment) (refunded event.Cents, err error) {
	if !payment.WasSought || payment.Rejected {
		return 0, nil
	}
	intent := payment.Intent
	if !payment.WasHeld {
		answer, err := s.askToHold(ctx, payment)
		if err != nil || answer.Declined != "" {
			return 0, err
		}
		intent = answer.ID
	}
	err = s.call(ctx, func(ctx context.Context) error {
		return s.gateway.Cancel(ctx, "cancel/"+payment.OrderID, intent)
	})
	if !errors.Is(err, ErrCaptured) {
		return 0, err
	}
	s.Count("late_success_undone")
	return payment.Amount, s.call(ctx, func(ctx context.Context) error {
		return s.gateway.Refund(ctx, "refund/"+payment.OrderID, intent, payment.Amount)
	})
}

// conclude records the outcome of a message, once: decide sees the payment as it is now
// and returns the fact, or nil if there is nothing to add.
func (s *Service) conclude(ctx context.Context, message event.Envelope, orderID string, decide func(Payment) event.Payload) error {
	return s.Once(ctx, message, func(ctx context.Context, unit *flow.Unit) error {
		payment, err := load(ctx, unit, orderID)
		if err != nil {
			return err
		}
		fact := decide(payment)
		if fact == nil {
			return nil
		}
		return unit.Append(ctx, Stream(orderID), orderID, payment.Version, fact)
	})
}

// call bounds one call to the gateway.
func (s *Service) call(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := s.ports.Runtime.WithTimeout(ctx, GatewayTimeout)
	defer cancel()
	return work(ctx)
}
