package payment

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	upsertView = `-- name: UpsertPaymentView
INSERT INTO payment_view (order_id, customer, status, amount_cents, captured_cents, refunded_cents, version)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (order_id) DO UPDATE SET customer = excluded.customer, status = excluded.status,
    amount_cents = excluded.amount_cents, captured_cents = excluded.captured_cents,
    refunded_cents = excluded.refunded_cents, version = excluded.version
WHERE payment_view.version < excluded.version`
	selectView = `-- name: SelectPaymentView
SELECT order_id, customer, status, amount_cents, captured_cents, refunded_cents, version
FROM payment_view WHERE order_id = $1`
)

// load returns the payment of an order; its version is 0 if there is none.
func load(ctx context.Context, from flow.Querier, orderID string) (p Payment, err error) {
	_, err = flow.Load(ctx, from, Stream(orderID), func(fact event.Payload) { p = Apply(p, fact) })
	return p, err
}

// FindView returns the row of an order's payment, and whether there is one.
func FindView(ctx context.Context, from flow.Querier, orderID string) (v View, found bool, err error) {
	err = from.QueryRow(ctx, selectView, orderID).Scan(
		&v.OrderID, &v.Customer, &v.Status, &v.Amount, &v.Captured, &v.Refunded, &v.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, false, nil
	}
	if err != nil {
		return v, false, fmt.Errorf("find payment of %s: %w", orderID, err)
	}
	return v, true, nil
}

// project brings the read model up to date with a fact.
func project(ctx context.Context, unit *flow.Unit, envelope event.Envelope, fact event.Payload) error {
	view, _, err := FindView(ctx, unit, envelope.Subject)
	if err != nil {
		return err
	}
	v := Apply(Payment{View: view}, fact).View
	_, err = unit.Exec(ctx, upsertView, v.OrderID, v.Customer, v.Status, v.Amount, v.Captured, v.Refunded, v.Version)
	return err
}
