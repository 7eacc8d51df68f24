package inventory

import (
	"context"
	"fmt"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/port"
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
	if err := move(ctx, unit, movements(r.Lines, -1, -1)); err != nil {
		return err
	}
	return record(ctx, unit, r, command.OrderID, event.StockCommitted(command))
}

func release(ctx context.Context, unit *flow.Unit, r Reservation, command event.ReleaseStock) error {
	if r.Status == Released {
		return nil
	}
	if err := move(ctx, unit, r.Release()); err != nil {
		return err
	}
	return record(ctx, unit, r, command.OrderID, event.StockReleased(command))
}

func record(ctx context.Context, unit *flow.Unit, r Reservation, orderID string, fact event.Payload) error {
	return unit.Append(ctx, Stream(orderID), orderID, r.Version, fact)
}

// Receive records goods that have come in, once for each key. If the key was used before
// it changes nothing.
func (s *Service) Receive(ctx context.Context, key, sku string, quantity int64) error {
	ctx = port.WithOp(ctx, port.Op{Name: "ReceiveGoods", Key: key})
	cause := event.Envelope{ID: "receipt/" + key, Correlation: key}
	stream := "receipt/" + key
	err := s.Do(ctx, cause, func(ctx context.Context, unit *flow.Unit) error {
		version, err := flow.Load(ctx, unit, stream, func(event.Payload) {})
		if err != nil || version > 0 {
			return err
		}
		if err := unit.Append(ctx, stream, sku, 0, event.GoodsReceived{SKU: sku, Quantity: quantity}); err != nil {
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
