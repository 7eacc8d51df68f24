package notification

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
)

const (
	upsertView = `-- name: UpsertNoticeView
INSERT INTO notice_view (order_id, notice, version) VALUES ($1, $2, $3)
ON CONFLICT (order_id) DO UPDATE SET notice = excluded.notice, version = excluded.version
WHERE notice_view.version < excluded.version`
	selectView = `-- name: SelectNoticeView
SELECT order_id, notice, version FROM notice_view WHERE order_id = $1`
)

// FindView returns the row of an order, and whether there is one.
func FindView(ctx context.Context, from flow.Querier, orderID string) (v View, found bool, err error) {
	err = from.QueryRow(ctx, selectView, orderID).Scan(&v.OrderID, &v.Notice, &v.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, false, nil
	}
	if err != nil {
		return v, false, fmt.Errorf("find notice of %s: %w", orderID, err)
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
	_, err = unit.Exec(ctx, upsertView, v.OrderID, v.Notice, v.Version)
	return err
}
