// Package notification is the notification service: it tells customers how their orders
// ended. It listens (choreography); nobody waits for it.
//
//	OrderCompleted, OrderCancelled -> Mailer.Send -> record CustomerNotified
//
// Mail cannot be taken back and has no transaction: if the process dies between sending and
// recording, the mail is sent again under the same Message-ID, by which mail systems
// recognise a copy (RFC 5322, 3.6.4). A fact whose mail is refused for good goes to the dead
// letters.
package notification

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Mail is a message to a customer.
type Mail struct {
	ID      string // of the message, the same each time it is sent
	To      string
	Subject string
	Text    string
}

// Mailer sends mail. An error that matches port.ErrUnavailable leaves the outcome unknown;
// one that matches ErrRefused means that the mail was not sent and never will be.
type Mailer interface {
	Send(ctx context.Context, mail Mail) error
}

// ErrRefused says that mail systems want nothing of a mail: there is no such recipient, or
// its content is not acceptable.
var ErrRefused = errors.New("the mail is refused for good")

// MailTimeout bounds the sending of one mail.
const MailTimeout = 3 * time.Second

// Service is one replica of the notification service.
type Service struct {
	*flow.Engine
	ports  flow.Ports
	mailer Mailer
}

// New returns a replica. Prepare and Run are the engine's.
func New(ports flow.Ports, mailer Mailer, settings flow.Settings) *Service {
	s := &Service{ports: ports, mailer: mailer}
	s.Engine = flow.NewEngine(ports, flow.Definition{
		Name: event.Notification, Migrations: migrations, Handle: s.handle, Project: project,
	}, settings)
	return s
}

func (s *Service) handle(ctx context.Context, message event.Envelope) error {
	payload, err := message.Payload()
	if err != nil {
		return flow.Permanent(err)
	}
	mail, known := compose(payload)
	if !known {
		return flow.Permanent(fmt.Errorf("the notification service does not listen to %s", message.Type))
	}
	told, err := s.Handled(ctx, message)
	if err != nil || told {
		return err
	}
	if err := s.send(ctx, mail); err != nil {
		return err
	}
	return s.Once(ctx, message, func(ctx context.Context, unit *flow.Unit) error {
		view, err := load(ctx, unit, message.Subject)
		if err != nil {
			return err
		}
		notified := event.CustomerNotified{OrderID: message.Subject, Notice: message.Type}
		return unit.Append(ctx, Stream(message.Subject), message.Subject, view.Version, notified)
	})
}

func (s *Service) send(ctx context.Context, mail Mail) error {
	ctx, cancel := s.ports.Runtime.WithTimeout(ctx, MailTimeout)
	defer cancel()
	err := s.mailer.Send(ctx, mail)
	if errors.Is(err, ErrRefused) {
		return flow.Permanent(err)
	}
	return err
}

// compose writes the mail about a fact, if customers are told of it.
func compose(fact event.Payload) (Mail, bool) {
	switch f := fact.(type) {
	case event.OrderCompleted:
		return Mail{
			ID: "completed." + f.OrderID, To: f.Email, Subject: "Your order is on its way",
			Text: fmt.Sprintf("We have taken %d.%02d %s for order %s.\n", f.Total/100, f.Total%100, event.Currency, f.OrderID),
		}, true
	case event.OrderCancelled:
		return Mail{
			ID: "cancelled." + f.OrderID, To: f.Email, Subject: "Your order was cancelled",
			Text: fmt.Sprintf("Order %s was cancelled: %s. It has cost you nothing.\n", f.OrderID, inWords(f.Reason)),
		}, true
	default:
		return Mail{}, false
	}
}

func inWords(reason event.Reason) string {
	switch reason {
	case event.OutOfStock:
		return "an article is out of stock"
	case event.Declined:
		return "the payment was declined"
	case event.ByCustomer:
		return "as you asked"
	default:
		return "it could not be carried out in time"
	}
}

// View is an order's row of the read model.
type View struct {
	OrderID string
	Notice  string
	Version int
}

// Apply returns the view after one more fact.
func Apply(v View, fact event.Payload) View {
	v.Version++
	if f, ok := fact.(event.CustomerNotified); ok {
		v.OrderID, v.Notice = f.OrderID, f.Notice
	}
	return v
}

// Stream is the name of the stream of an order's notices.
func Stream(orderID string) string { return "notice/" + orderID }

func load(ctx context.Context, from flow.Querier, orderID string) (v View, err error) {
	_, err = flow.Load(ctx, from, Stream(orderID), func(fact event.Payload) { v = Apply(v, fact) })
	return v, err
}

type noticeInput struct {
	OrderID string `path:"order_id" format:"uuid"`
}

type noticeOutput struct {
	Body struct {
		OrderID string `json:"order_id"`
		Notice  string `json:"notice"`
	}
}

// NewAPI returns the service's HTTP interface, to be bound to a *Service.
func NewAPI() *web.API {
	api := web.New("Squall notification service")
	web.Handle(api, http.MethodGet, "/notices/{order_id}", "Show what a customer was told", http.StatusOK, getNotice)
	return api
}

func getNotice(ctx context.Context, s *Service, input *noticeInput) (*noticeOutput, error) {
	id, err := web.ParseID(input.OrderID)
	if err != nil {
		return nil, err
	}
	view, found, err := FindView(ctx, s.ports.DB, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, &web.Refusal{
			Status: http.StatusNotFound, Code: "unknown_notice", Field: "path.order_id",
			Text: "nothing was told about order " + strconv.Quote(input.OrderID),
		}
	}
	output := new(noticeOutput)
	output.Body.OrderID, output.Body.Notice = view.OrderID, view.Notice
	return output, nil
}
