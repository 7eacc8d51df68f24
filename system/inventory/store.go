package inventory

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	lockStock = `-- name: LockStock
SELECT sku, on_hand - reserved FROM stock WHERE sku = ANY($1) ORDER BY sku COLLATE "C" FOR UPDATE`
	moveStock = `-- name: MoveStock
UPDATE stock SET on_hand = on_hand + $2, reserved = reserved + $3 WHERE sku = $1`
	receiveStock = `-- name: ReceiveStock
INSERT INTO stock (sku, on_hand, reserved) VALUES ($1, $2, 0)
ON CONFLICT (sku) DO UPDATE SET on_hand = stock.on_hand + excluded.on_hand`
	selectStock = `-- name: SelectStock
SELECT on_hand, reserved FROM stock WHERE sku = $1`
	upsertView = `-- name: UpsertReservationView
INSERT INTO reservation_view (order_id, status, units, version) VALUES ($1, $2, $3, $4)
ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, units = excluded.units, version = excluded.version
WHERE reservation_view.version < excluded.version`
	selectView = `-- name: SelectReservationView
SELECT order_id, status, units, version FROM reservation_view WHERE order_id = $1`
)

// load returns the reservation of an order; its version is 0 if there is none.
func load(ctx context.Context, from flow.Querier, orderID string) (r Reservation, err error) {
	_, err = flow.Load(ctx, from, Stream(orderID), func(fact event.Payload) { r = Apply(r, fact) })
	return r, err
}

// missing locks the articles of lines and returns the first that has too little, or "".
func missing(ctx context.Context, unit *flow.Unit, lines []event.Line) (string, error) {
	free, err := lockFree(ctx, unit, lines)
	if err != nil {
		return "", err
	}
	for _, line := range lines {
		if free[line.SKU] < line.Quantity {
			return line.SKU, nil
		}
	}
	return "", nil
}

// lockFree locks the articles of lines in the order of their SKUs, by bytes as everywhere here
// whatever the database's collation, and returns how much of each is free.
func lockFree(ctx context.Context, unit *flow.Unit, lines []event.Line) (map[string]int64, error) {
	skus := make([]string, len(lines))
	for i, line := range lines {
		skus[i] = line.SKU
	}
	rows, err := unit.Query(ctx, lockStock, skus)
	if err != nil {
		return nil, fmt.Errorf("lock stock: %w", err)
	}
	var (
		sku  string
		n    int64
		free = make(map[string]int64, len(skus))
	)
	_, err = pgx.ForEachRow(rows, []any{&sku, &n}, func() error {
		free[sku] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lock stock: %w", err)
	}
	return free, nil
}

// move changes the numbers of articles, in the order of their SKUs. Every order of an article waits
// for the row until the unit has committed, so a unit that need not look at it first moves last.
func move(ctx context.Context, unit *flow.Unit, moves []Movement) error {
	slices.SortFunc(moves, func(a, b Movement) int { return strings.Compare(a.SKU, b.SKU) })
	for _, m := range moves {
		if _, err := unit.Exec(ctx, moveStock, m.SKU, m.OnHand, m.Reserved); err != nil {
			return fmt.Errorf("move stock of %s: %w", m.SKU, err)
		}
	}
	return nil
}

// FindView returns the row of an order's reservation, and whether there is one.
func FindView(ctx context.Context, from flow.Querier, orderID string) (v View, found bool, err error) {
	err = from.QueryRow(ctx, selectView, orderID).Scan(&v.OrderID, &v.Status, &v.Units, &v.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, false, nil
	}
	if err != nil {
		return v, false, fmt.Errorf("find reservation of %s: %w", orderID, err)
	}
	return v, true, nil
}

// project brings the read model up to date with a fact. Goods received concern no order.
func project(ctx context.Context, unit *flow.Unit, envelope event.Envelope, fact event.Payload) error {
	if _, goods := fact.(event.GoodsReceived); goods {
		return nil
	}
	view, _, err := FindView(ctx, unit, envelope.Subject)
	if err != nil {
		return err
	}
	v := Apply(Reservation{View: view}, fact).View
	_, err = unit.Exec(ctx, upsertView, v.OrderID, v.Status, v.Units, v.Version)
	return err
}
