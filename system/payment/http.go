package payment

import (
	"context"
	"net/http"
	"strconv"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/web"
)

type paymentInput struct {
	OrderID string `path:"order_id" format:"uuid"`
}

type paymentOutput struct {
	Body struct {
		OrderID  string      `json:"order_id"`
		Status   Status      `json:"status"`
		Amount   event.Cents `json:"amount_cents"`
		Captured event.Cents `json:"captured_cents"`
		Refunded event.Cents `json:"refunded_cents"`
	}
}

// NewAPI returns the service's HTTP interface, to be bound to a *Service.
func NewAPI() *web.API {
	api := web.New("Squall payment service")
	web.Handle(api, http.MethodGet, "/payments/{order_id}", "Show the payment of an order", http.StatusOK, getPayment)
	return api
}

func getPayment(ctx context.Context, s *Service, input *paymentInput) (*paymentOutput, error) {
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
			Status: http.StatusNotFound, Code: "unknown_payment", Field: "path.order_id",
			Text: "there is no payment for order " + strconv.Quote(input.OrderID),
		}
	}
	output := new(paymentOutput)
	b := &output.Body
	b.OrderID, b.Status, b.Amount, b.Captured, b.Refunded = view.OrderID, view.Status, view.Amount, view.Captured, view.Refunded
	return output, nil
}
