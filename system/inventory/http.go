package inventory

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/web"
)

type receiveInput struct {
	Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$"`
	SKU  string `path:"sku" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$"`
	Body struct {
		Quantity int64 `json:"quantity" minimum:"1" maximum:"1000000000"`
	}
}

type stockInput struct {
	SKU string `path:"sku" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$"`
}

type stockOutput struct {
	Body struct {
		SKU      string `json:"sku"`
		OnHand   int64  `json:"on_hand"`
		Reserved int64  `json:"reserved"`
	}
}

type reservationInput struct {
	OrderID string `path:"order_id" format:"uuid"`
}

type reservationOutput struct {
	Body struct {
		OrderID string `json:"order_id"`
		Status  Status `json:"status"`
		Units   int64  `json:"units"`
	}
}

// NewAPI returns the service's HTTP interface, to be bound to a *Service.
func NewAPI() *web.API {
	api := web.New("Squall inventory service")
	web.Handle(api, http.MethodPost, "/stock/{sku}/receipts", "Receive goods", http.StatusNoContent, postReceipt)
	web.Handle(api, http.MethodGet, "/stock/{sku}", "Show the stock of an article", http.StatusOK, getStock)
	web.Handle(api, http.MethodGet, "/reservations/{order_id}", "Show the reservation of an order", http.StatusOK, getReservation)
	return api
}

func postReceipt(ctx context.Context, s *Service, input *receiveInput) (*struct{}, error) {
	return nil, s.Receive(ctx, input.Key, input.SKU, input.Body.Quantity)
}

func getStock(ctx context.Context, s *Service, input *stockInput) (*stockOutput, error) {
	output := new(stockOutput)
	output.Body.SKU = input.SKU
	err := s.ports.DB.QueryRow(ctx, selectStock, input.SKU).Scan(&output.Body.OnHand, &output.Body.Reserved)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, notFound("unknown_sku", "path.sku", "there is no article "+strconv.Quote(input.SKU))
	}
	if err != nil {
		return nil, err
	}
	return output, nil
}

func getReservation(ctx context.Context, s *Service, input *reservationInput) (*reservationOutput, error) {
	id, err := web.ParseID(input.OrderID)
	if err != nil {
		return nil, err
	}
	view, found, err := FindView(ctx, s.ports.DB, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notFound("unknown_reservation", "path.order_id", "there is no reservation for order "+strconv.Quote(input.OrderID))
	}
	output := new(reservationOutput)
	output.Body.OrderID, output.Body.Status, output.Body.Units = view.OrderID, view.Status, view.Units
	return output, nil
}

func notFound(code, field, text string) error {
	return &web.Refusal{Status: http.StatusNotFound, Code: code, Field: field, Text: text}
}
