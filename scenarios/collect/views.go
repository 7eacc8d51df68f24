package collect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/inventory"
	"github.com/squallhq/squall/system/notification"
	"github.com/squallhq/squall/system/order"
	"github.com/squallhq/squall/system/payment"
	"github.com/squallhq/squall/system/port"
)

const (
	selectOrderView = `-- name: CollectOrderView
SELECT order_id, customer, idempotency_key, status, reason, total_cents, version FROM order_view`
	selectPaymentView = `-- name: CollectPaymentView
SELECT order_id, customer, status, amount_cents, captured_cents, refunded_cents, version FROM payment_view`
	selectReservationView = `-- name: CollectReservationView
SELECT order_id, status, units, version FROM reservation_view`
	selectNoticeView = `-- name: CollectNoticeView
SELECT order_id, notice, version FROM notice_view`
)

// collectViews reads a service's read model and sets the replay of its facts beside it.
func collectViews(ctx context.Context, db port.DB, service string, facts []invariants.Fact) ([]invariants.View, error) {
	switch service {
	case event.Order:
		return beside(ctx, db, service, selectOrderView, facts, order.Apply, func(v order.View) string { return v.OrderID })
	case event.Payment:
		return beside(ctx, db, service, selectPaymentView, facts,
			func(v payment.View, fact event.Payload) payment.View {
				return payment.Apply(payment.Payment{View: v}, fact).View
			},
			func(v payment.View) string { return v.OrderID })
	case event.Inventory:
		return beside(ctx, db, service, selectReservationView, withoutGoods(facts),
			func(v inventory.View, fact event.Payload) inventory.View {
				return inventory.Apply(inventory.Reservation{View: v}, fact).View
			},
			func(v inventory.View) string { return v.OrderID })
	case event.Notification:
		return beside(ctx, db, service, selectNoticeView, facts, notification.Apply, func(v notification.View) string { return v.OrderID })
	}
	return nil, fmt.Errorf("no read model of a service %q is known", service)
}

func withoutGoods(facts []invariants.Fact) []invariants.Fact {
	return slices.DeleteFunc(slices.Clone(facts), func(f invariants.Fact) bool { return f.Type == "GoodsReceived" })
}

// beside returns the rows of a read model and the folds of the facts, matched by subject.
// The columns are those of V, in order.
func beside[V any](ctx context.Context, db port.DB, service, sql string, facts []invariants.Fact,
	apply func(V, event.Payload) V, key func(V) string) ([]invariants.View, error) {
	rows, err := rowsOf(ctx, db, sql, pgx.RowToStructByPos[V])
	if err != nil {
		return nil, err
	}
	views := make(map[string]*invariants.View)
	at := func(subject string) *invariants.View {
		if views[subject] == nil {
			views[subject] = &invariants.View{Service: service, Key: subject}
		}
		return views[subject]
	}
	for _, row := range rows {
		at(key(row)).Row = fmt.Sprintf("%+v", row)
	}
	folds := make(map[string]V)
	var subjects []string
	for _, fact := range facts {
		if _, known := folds[fact.Subject]; !known {
			subjects = append(subjects, fact.Subject)
		}
		folds[fact.Subject] = apply(folds[fact.Subject], fact.Payload)
	}
	for _, subject := range subjects {
		at(subject).Replayed = fmt.Sprintf("%+v", folds[subject])
	}
	return sorted(views), nil
}

func sorted(views map[string]*invariants.View) []invariants.View {
	all := make([]invariants.View, 0, len(views))
	for _, v := range views {
		all = append(all, *v)
	}
	slices.SortFunc(all, func(a, b invariants.View) int { return strings.Compare(a.Key, b.Key) })
	return all
}
