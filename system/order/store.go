package order

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	insertRequest = `-- name: InsertRequest
INSERT INTO requests (customer, idempotency_key, fingerprint, order_id, total_cents)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (customer, idempotency_key) DO NOTHING`
	selectRequest = `-- name: SelectRequest
SELECT fingerprint, order_id, total_cents FROM requests WHERE customer = $1 AND idempotency_key = $2`
	selectPrices = `-- name: SelectPrices
SELECT sku, price_cents FROM prices WHERE sku = ANY($1)`
	upsertPrice = `-- name: UpsertPrice
INSERT INTO prices (sku, price_cents) VALUES ($1, $2)
ON CONFLICT (sku) DO UPDATE SET price_cents = excluded.price_cents`
	insertCheckout = `-- name: InsertCheckout
INSERT INTO checkouts (order_id, customer, email, lines, total_cents, step)
VALUES ($1, $2, $3, $4, $5, $6)`
	lockCheckout = `-- name: LockCheckout
SELECT order_id, customer, email, lines, total_cents, step, reason, stock_open, payment_open
FROM checkouts WHERE order_id = $1 FOR UPDATE`
	updateCheckout = `-- name: UpdateCheckout
UPDATE checkouts SET step = $2, reason = $3, stock_open = $4, payment_open = $5, updated_at = now()
WHERE order_id = $1`
	upsertView = `-- name: UpsertOrderView
INSERT INTO order_view (order_id, customer, idempotency_key, status, reason, total_cents, version)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, reason = excluded.reason, version = excluded.version
WHERE order_view.version < excluded.version`
	selectView = `-- name: SelectOrderView
SELECT order_id, customer, idempotency_key, status, reason, total_cents, version FROM order_view WHERE order_id = $1`
)

// request is a customer's request to place an order, and its answer.
type request struct {
	customer, key, fingerprint string
	placed                     Answer
}

// claimRequest records a request. If another has used its key since the unit began, the unit
// must be done afresh, and will find what the other has recorded.
func claimRequest(ctx context.Context, unit *flow.Unit, r request) error {
	tag, err := unit.Exec(ctx, insertRequest, r.customer, r.key, r.fingerprint, r.placed.OrderID, r.placed.Total)
	if err == nil && tag.RowsAffected() == 0 {
		err = flow.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("record request %s: %w", r.key, err)
	}
	return nil
}

func findRequest(ctx context.Context, from flow.Querier, customer, key string) (r request, found bool, err error) {
	r.customer, r.key = customer, key
	err = from.QueryRow(ctx, selectRequest, customer, key).Scan(&r.fingerprint, &r.placed.OrderID, &r.placed.Total)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("find request %s: %w", key, err)
	}
	return r, true, nil
}

func loadPrices(ctx context.Context, unit *flow.Unit, skus []string) (map[string]event.Cents, error) {
	rows, err := unit.Query(ctx, selectPrices, skus)
	if err != nil {
		return nil, fmt.Errorf("load prices: %w", err)
	}
	var (
		sku    string
		price  event.Cents
		prices = make(map[string]event.Cents, len(skus))
	)
	_, err = pgx.ForEachRow(rows, []any{&sku, &price}, func() error {
		prices[sku] = price
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load prices: %w", err)
	}
	return prices, nil
}

func createCheckout(ctx context.Context, unit *flow.Unit, c Checkout) error {
	lines, err := json.Marshal(c.Lines)
	if err == nil {
		_, err = unit.Exec(ctx, insertCheckout, c.OrderID, c.Customer, c.Email, lines, c.Total, c.Step)
	}
	if err != nil {
		return fmt.Errorf("create checkout %s: %w", c.OrderID, err)
	}
	return nil
}

// errNoCheckout says that an order is not known.
var errNoCheckout = errors.New("no such order")

// lockedCheckout loads a checkout and keeps others from it until the unit ends.
func lockedCheckout(ctx context.Context, unit *flow.Unit, orderID string) (Checkout, error) {
	var (
		c     Checkout
		lines json.RawMessage
	)
	err := unit.QueryRow(ctx, lockCheckout, orderID).Scan(
		&c.OrderID, &c.Customer, &c.Email, &lines, &c.Total, &c.Step, &c.Reason, &c.StockOpen, &c.PaymentOpen)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, errNoCheckout
	}
	if err == nil {
		err = json.Unmarshal(lines, &c.Lines)
	}
	if err != nil {
		return c, fmt.Errorf("lock checkout %s: %w", orderID, err)
	}
	return c, nil
}

func saveCheckout(ctx context.Context, unit *flow.Unit, c Checkout) error {
	if _, err := unit.Exec(ctx, updateCheckout, c.OrderID, c.Step, c.Reason, c.StockOpen, c.PaymentOpen); err != nil {
		return fmt.Errorf("save checkout %s: %w", c.OrderID, err)
	}
	return nil
}

// FindView returns the row of an order in the read model, and whether there is one.
func FindView(ctx context.Context, from flow.Querier, orderID string) (v View, found bool, err error) {
	err = from.QueryRow(ctx, selectView, orderID).Scan(&v.OrderID, &v.Customer, &v.Key, &v.Status, &v.Reason, &v.Total, &v.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, false, nil
	}
	if err != nil {
		return v, false, fmt.Errorf("find order %s: %w", orderID, err)
	}
	return v, true, nil
}

// project brings the read model up to date with a fact.
func project(ctx context.Context, unit *flow.Unit, envelope event.Envelope, fact event.Payload) error {
	view, _, err := FindView(ctx, unit, envelope.Subject)
	if err != nil {
		return err
	}
	v := Apply(view, fact)
	_, err = unit.Exec(ctx, upsertView, v.OrderID, v.Customer, v.Key, v.Status, v.Reason, v.Total, v.Version)
	return err
}
