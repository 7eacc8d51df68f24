package order

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/web"
)

// StepLimit is how long a checkout waits for the answer to one step before it is undone.
const StepLimit = 20 * time.Second

// Service is one replica of the order service.
type Service struct {
	*flow.Engine
	ports flow.Ports
}

// New returns a replica. Prepare and Run are the engine's.
func New(ports flow.Ports, settings flow.Settings) *Service {
	s := &Service{ports: ports}
	s.Engine = flow.NewEngine(ports, flow.Definition{
		Name: event.Order, Migrations: migrations, Handle: s.handle, Project: project,
	}, settings)
	return s
}

// Basket is what a customer wants to order. Its JSON is what fingerprints are made of, and
// those are stored: another name of a field would refuse the repeats of earlier requests.
type Basket struct {
	Customer string       `json:"Customer"`
	Email    string       `json:"Email"`
	Lines    []event.Line `json:"Lines"` // without prices
}

// Answer is what a customer gets for a request to place an order, the same each time.
type Answer struct {
	OrderID string
	Total   event.Cents
}

// Place places an order, once for each key of a customer. Errors that are a *web.Refusal
// mean that nothing was done; after any other the caller may ask again under the same key.
func (s *Service) Place(ctx context.Context, key string, basket Basket) (Answer, error) {
	correlation := BusinessKey(basket.Customer, key)
	ctx = port.WithOp(ctx, port.Op{Name: "PlaceOrder", Key: correlation})
	cause := event.Envelope{ID: "request/" + correlation, Correlation: correlation}
	var answer Answer
	err := s.DoOnSnapshot(ctx, cause, func(ctx context.Context, unit *flow.Unit) (err error) {
		answer, err = place(ctx, unit, key, basket)
		return err
	})
	return answer, err
}

func place(ctx context.Context, unit *flow.Unit, key string, basket Basket) (Answer, error) {
	mark, err := fingerprint(basket)
	if err != nil {
		return Answer{}, err
	}
	if known, found, err := findRequest(ctx, unit, basket.Customer, key); err != nil || found {
		return answerKnown(known, mark, err)
	}
	lines, err := priced(ctx, unit, basket.Lines)
	if err != nil {
		return Answer{}, err
	}
	placed := event.OrderPlaced{
		OrderID: ID(basket.Customer, key), Customer: basket.Customer, Key: key, Email: basket.Email,
		Lines: lines, Total: event.Total(lines),
	}
	answer := Answer{OrderID: placed.OrderID, Total: placed.Total}
	if err := claimRequest(ctx, unit, request{basket.Customer, key, mark, answer}); err != nil {
		return Answer{}, err
	}
	return answer, begin(ctx, unit, placed)
}

// answerKnown answers a request whose key was used before.
func answerKnown(known request, mark string, err error) (Answer, error) {
	if err != nil {
		return Answer{}, err
	}
	if known.fingerprint != mark {
		return Answer{}, &web.Refusal{
			Status: http.StatusUnprocessableEntity, Code: "idempotency_key_reused", Field: "header.Idempotency-Key",
			Text: "this Idempotency-Key was used for a different order",
		}
	}
	return known.placed, nil
}

// fingerprint tells baskets apart.
func fingerprint(basket Basket) (string, error) {
	text, err := json.Marshal(basket)
	if err != nil {
		return "", fmt.Errorf("fingerprint of basket: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// priced puts the current prices on the lines.
func priced(ctx context.Context, unit *flow.Unit, lines []event.Line) ([]event.Line, error) {
	skus := make([]string, len(lines))
	for i, line := range lines {
		skus[i] = line.SKU
	}
	prices, err := loadPrices(ctx, unit, skus)
	if err != nil {
		return nil, err
	}
	withPrices := make([]event.Line, len(lines))
	for i, line := range lines {
		price, known := prices[line.SKU]
		if !known {
			return nil, &web.Refusal{
				Status: http.StatusUnprocessableEntity, Code: "unknown_sku",
				Field: "body.lines[" + strconv.Itoa(i) + "].sku", Text: "there is no article " + strconv.Quote(line.SKU),
			}
		}
		line.Price = price
		withPrices[i] = line
	}
	return withPrices, nil
}

// begin records an order and starts its checkout.
func begin(ctx context.Context, unit *flow.Unit, placed event.OrderPlaced) error {
	if err := unit.Append(ctx, Stream(placed.OrderID), placed.OrderID, 0, placed); err != nil {
		return err
	}
	checkout, commands := Begin(placed)
	if err := createCheckout(ctx, unit, checkout); err != nil {
		return err
	}
	return enter(ctx, unit, checkout, commands)
}

// Cancel asks to undo an order. It may be asked any number of times before the order is
// completed. The errors are as Place's.
func (s *Service) Cancel(ctx context.Context, orderID string) error {
	view, found, err := FindView(ctx, s.ports.DB, orderID)
	if err != nil {
		return err
	}
	if !found {
		return noOrder(orderID)
	}
	correlation := BusinessKey(view.Customer, view.Key)
	ctx = port.WithOp(ctx, port.Op{Name: "CancelOrder", Key: correlation})
	cause := event.Envelope{ID: "cancel/" + view.OrderID, Correlation: correlation}
	return s.Do(ctx, cause, func(ctx context.Context, unit *flow.Unit) error {
		return s.cancel(ctx, unit, orderID)
	})
}

func noOrder(orderID string) error {
	return &web.Refusal{
		Status: http.StatusNotFound, Code: "unknown_order", Field: "path.order_id",
		Text: "there is no order " + strconv.Quote(orderID),
	}
}

func (s *Service) cancel(ctx context.Context, unit *flow.Unit, orderID string) error {
	checkout, err := lockedCheckout(ctx, unit, orderID)
	if errors.Is(err, errNoCheckout) {
		return noOrder(orderID)
	}
	if err != nil {
		return err
	}
	switch checkout.Step {
	case Completed:
		return &web.Refusal{Status: http.StatusConflict, Code: "order_completed", Text: "the order is completed already"}
	case Undoing, Cancelled:
		return nil
	}
	wish := event.CancellationRequested{OrderID: orderID}
	if err := record(ctx, unit, orderID, wish); err != nil {
		return err
	}
	return s.advance(ctx, unit, checkout, wish)
}

// handle obeys a message: an answer of another service, or a timer.
func (s *Service) handle(ctx context.Context, message event.Envelope) error {
	payload, err := message.Payload()
	if err != nil {
		return flow.Permanent(err)
	}
	return s.Once(ctx, message, func(ctx context.Context, unit *flow.Unit) error {
		checkout, err := lockedCheckout(ctx, unit, message.Subject)
		if errors.Is(err, errNoCheckout) {
			return flow.Permanent(fmt.Errorf("%s about %s: %w", message.Type, message.Subject, err))
		}
		if err != nil {
			return err
		}
		return s.advance(ctx, unit, checkout, payload)
	})
}

// advance takes a checkout one message further.
func (s *Service) advance(ctx context.Context, unit *flow.Unit, checkout Checkout, message event.Payload) error {
	next, commands := checkout.Next(message)
	if next.Step == checkout.Step && next.StockOpen == checkout.StockOpen && next.PaymentOpen == checkout.PaymentOpen {
		return nil
	}
	if err := saveCheckout(ctx, unit, next); err != nil {
		return err
	}
	if next.Step == checkout.Step {
		return nil
	}
	if next.Reason != checkout.Reason {
		s.Count("undone_" + string(next.Reason) + "_while_" + string(checkout.Step))
	}
	if err := unit.Unschedule(ctx, overdueID(checkout)); err != nil {
		return err
	}
	return enter(ctx, unit, next, commands)
}

// enter does what a checkout's new step demands: its commands, its time limit, its end.
func enter(ctx context.Context, unit *flow.Unit, c Checkout, commands []event.Command) error {
	for _, command := range commands {
		if err := unit.Send(ctx, "checkout/"+c.OrderID+"/"+command.Type(), c.OrderID, command); err != nil {
			return err
		}
	}
	if fact := c.Fact(); fact != nil {
		return record(ctx, unit, c.OrderID, fact)
	}
	if c.Step == Undoing {
		return nil // takes as long as it takes
	}
	overdue := event.CheckoutOverdue{OrderID: c.OrderID, Step: string(c.Step)}
	return unit.Schedule(ctx, overdueID(c), c.OrderID, StepLimit, overdue)
}

func overdueID(c Checkout) string { return "checkout/" + c.OrderID + "/overdue/" + string(c.Step) }

// record appends a fact to an order's stream.
func record(ctx context.Context, unit *flow.Unit, orderID string, fact event.Payload) error {
	version, err := flow.Load(ctx, unit, Stream(orderID), func(event.Payload) {})
	if err != nil {
		return err
	}
	return unit.Append(ctx, Stream(orderID), orderID, version, fact)
}
