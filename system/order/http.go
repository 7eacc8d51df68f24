package order

import (
	"context"
	"net/http"
	"net/mail"
	"strconv"
	"strings"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/web"
)

type placeInput struct {
	Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$" doc:"Names the request; repeat it with the same key after any doubt"`
	Body struct {
		Customer string      `json:"customer" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$"`
		Email    string      `json:"email" minLength:"3" maxLength:"254" format:"email"`
		Lines    []lineInput `json:"lines" minItems:"1" maxItems:"100" nullable:"false"`
	}
}

type lineInput struct {
	SKU      string `json:"sku" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"10000"`
}

type placeOutput struct {
	Location string `header:"Location"`
	Body     struct {
		OrderID string      `json:"order_id"`
		Total   event.Cents `json:"total_cents"`
	}
}

type orderInput struct {
	OrderID string `path:"order_id" format:"uuid"`
}

type orderOutput struct {
	Body struct {
		OrderID string       `json:"order_id"`
		Status  Status       `json:"status" enum:"placed,cancelling,completed,cancelled"`
		Reason  event.Reason `json:"reason,omitempty"`
		Total   event.Cents  `json:"total_cents"`
		Version int          `json:"version"`
	}
}

type cancelOutput struct {
	Body struct {
		OrderID string `json:"order_id"`
	}
}

type priceInput struct {
	SKU  string `path:"sku" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$"`
	Body struct {
		Price event.Cents `json:"price_cents" minimum:"1" maximum:"100000000"`
	}
}

// NewAPI returns the service's HTTP interface, to be bound to a *Service.
func NewAPI() *web.API {
	api := web.New("Squall order service")
	web.Handle(api, http.MethodPost, "/orders", "Place an order", http.StatusAccepted, postOrder)
	web.Handle(api, http.MethodPost, "/orders/{order_id}/cancel", "Cancel an order", http.StatusAccepted, postCancel)
	web.Handle(api, http.MethodGet, "/orders/{order_id}", "Show an order", http.StatusOK, getOrder)
	web.Handle(api, http.MethodPut, "/prices/{sku}", "Set a price", http.StatusNoContent, putPrice)
	return api
}

func postOrder(ctx context.Context, s *Service, input *placeInput) (*placeOutput, error) {
	basket, err := basketOf(input)
	if err != nil {
		return nil, err
	}
	answer, err := s.Place(ctx, input.Key, basket)
	if err != nil {
		return nil, err
	}
	output := &placeOutput{Location: "/orders/" + answer.OrderID}
	output.Body.OrderID, output.Body.Total = answer.OrderID, answer.Total
	return output, nil
}

// basketOf checks what the schema cannot say.
func basketOf(input *placeInput) (Basket, error) {
	basket := Basket{Customer: input.Body.Customer, Email: input.Body.Email}
	if _, err := mail.ParseAddress(basket.Email); err != nil || strings.ContainsRune(basket.Email, 0) {
		return basket, badInput("body.email", "this is not an e-mail address")
	}
	for i, line := range input.Body.Lines {
		for _, earlier := range basket.Lines {
			if earlier.SKU == line.SKU {
				return basket, badInput("body.lines["+strconv.Itoa(i)+"].sku", "the article stands in two lines")
			}
		}
		basket.Lines = append(basket.Lines, event.Line{SKU: line.SKU, Quantity: line.Quantity})
	}
	return basket, nil
}

func badInput(field, text string) error {
	return &web.Refusal{Status: http.StatusUnprocessableEntity, Code: "bad_input", Field: field, Text: text}
}

func postCancel(ctx context.Context, s *Service, input *orderInput) (*cancelOutput, error) {
	id, err := web.ParseID(input.OrderID)
	if err != nil {
		return nil, err
	}
	if err := s.Cancel(ctx, id); err != nil {
		return nil, err
	}
	output := new(cancelOutput)
	output.Body.OrderID = id
	return output, nil
}

func getOrder(ctx context.Context, s *Service, input *orderInput) (*orderOutput, error) {
	id, err := web.ParseID(input.OrderID)
	if err != nil {
		return nil, err
	}
	view, found, err := FindView(ctx, s.ports.DB, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, noOrder(input.OrderID)
	}
	output := new(orderOutput)
	b := &output.Body
	b.OrderID, b.Status, b.Reason, b.Total, b.Version = view.OrderID, view.Status, view.Reason, view.Total, view.Version
	return output, nil
}

func putPrice(ctx context.Context, s *Service, input *priceInput) (*struct{}, error) {
	_, err := s.ports.DB.Exec(ctx, upsertPrice, input.SKU, input.Body.Price)
	return nil, err
}
