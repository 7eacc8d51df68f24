package inventory

import (
	"context"
	"fmt"
	"net/http"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/port"
	"github.com/squallhq/squall/system/web"
)

// Service is one replica of the inventory service.
type Service struct {
	*flow.Engine
	ports flow.Ports
}

// New returns a replica. Prepare and Run are the engine's.
func New(ports flow.Ports, settings flow.Settings) *Service {
	s := &Service{ports: ports}
	s.Engine = flow.NewEngine(ports, flow.Definition{
		Name: event.Inventory, Migrations: migrations, Handle: s.handle, Project: project,
	}, settings)
	return s
}

func (s *Service) handle(ctx context.Context, message event.Envelope) error {
	payload, err := message.Payload()
	if err != nil {
		return flow.Permanent(err)
	}
	return s.Once(ctx, message, func(ctx context.Context, unit *flow.Unit) error {
		r, err := load(ctx, unit, message.Subject)
		if err != nil {
			return err
		}
		switch command := payload.(type) {
		case event.ReserveStock:
			return reserve(ctx, unit, r, command)
		case event.CommitStock:
			return commit(ctx, unit, r, command)
		case event.ReleaseStock:
			return release(ctx, unit, r, command)
		default:
			return flow.Permanent(fmt.Errorf("the inventory service does not obey %s", message.Type))
		}
	})
}

func reserve(ctx context.Context, unit *flow.Unit, r Reservation, command event.ReserveStock) error {
	if r.Status != None {
		return nil
	}
	short, err := missing(ctx, unit, command.Lines)
	if err != nil {
		return err
	}
	if short != "" {
		return record(ctx, unit, r, command.OrderID, event.StockRejected{OrderID: command.OrderID, SKU: short})
	}
	if err := move(ctx, unit, movements(command.Lines, 0, +1)); err != nil {
		return err
	}
	return record(ctx, unit, r, command.OrderID, event.StockReserved(command))
}

func commit(ctx context.Context, unit *flow.Unit, r Reservation, command event.CommitStock) error {
	if r.Status != Reserved {
		return nil
	}
	if err := record(ctx, unit, r, command.OrderID, event.StockCommitted(command)); err != nil {
		return err
	}
	return move(ctx, unit, movements(r.Lines, -1, -1))
}

func release(ctx context.Context, unit *flow.Unit, r Reservation, command event.ReleaseStock) error {
	if r.Status == Released {
		return nil
	}
	if err := record(ctx, unit, r, command.OrderID, event.StockReleased(command)); err != nil {
		return err
	}
	return move(ctx, unit, r.Release())
}

func record(ctx context.Context, unit *flow.Unit, r Reservation, orderID string, fact event.Payload) error {
	return unit.Append(ctx, Stream(orderID), orderID, r.Version, fact)
}

// Receive records goods that have come in, once for each key. If the key was used before
// for the same goods it changes nothing; for others the error is a *web.Refusal.
func (s *Service) Receive(ctx context.Context, key, sku string, quantity int64) error {
	ctx = port.WithOp(ctx, port.Op{Name: "ReceiveGoods", Key: key})
	cause := event.Envelope{ID: "receipt/" + key, Correlation: key}
	stream := "receipt/" + key
	err := s.Do(ctx, cause, func(ctx context.Context, unit *flow.Unit) error {
		goods := event.GoodsReceived{SKU: sku, Quantity: quantity}
		var known event.Payload
		version, err := flow.Load(ctx, unit, stream, func(fact event.Payload) { known = fact })
		if err != nil {
			return err
		}
		if version > 0 {
			return sameGoods(known, goods)
		}
		if err := unit.Append(ctx, stream, sku, 0, goods); err != nil {
			return err
		}
		_, err = unit.Exec(ctx, receiveStock, sku, quantity)
		return err
	})
	if err != nil {
		return fmt.Errorf("receive %s: %w", sku, err)
	}
	return nil
}

func sameGoods(known, goods event.Payload) error {
	if known == goods {
		return nil
	}
	return &web.Refusal{
		Status: http.StatusUnprocessableEntity, Code: "idempotency_key_reused", Field: "header.Idempotency-Key",
		Text: "this Idempotency-Key was used for other goods",
	}
}
