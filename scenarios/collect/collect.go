// Package collect reads the ground truth of a system that has come to rest: the databases
// by SQL, the broker's dead letters by AMQP, the gateway's ledger, the mailbox, the clients.
//
// It needs ports only, so it reads simulated and real servers alike, and it changes
// nothing: dead letters are fetched and given back.
package collect

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/port"
)

// Sources is where the truth is.
type Sources struct {
	Databases map[string]port.DB // by service
	Broker    port.Broker
	Charges   []invariants.Charge
	Mails     []invariants.Mail
	Requests  []invariants.Request
}

// Collect reads everything. What is still under way stands in the history's Pending, and
// Converged is true if there is nothing.
//
// The parts are read one after the other while the system may still run, so their order
// matters: of each service the inbox before the outbox, and all of those before what they
// led to. Then what a seen inbox row has caused is seen too, and if every seen message is
// in a seen inbox, nothing was under way when the first state was read.
func Collect(ctx context.Context, s Sources) (*invariants.History, error) {
	h := &invariants.History{Charges: s.Charges, Mails: s.Mails, Requests: s.Requests}
	for _, collect := range []func(context.Context, port.DB, string, *invariants.History) error{collectMessages, collectState} {
		for _, service := range event.Services() {
			if err := collect(ctx, s.Databases[service], service, h); err != nil {
				return nil, fmt.Errorf("collect from the database of %s: %w", service, err)
			}
		}
	}
	if err := collectDead(ctx, s.Broker, h); err != nil {
		return nil, fmt.Errorf("collect from the broker: %w", err)
	}
	foldOrders(h)
	h.Pending = append(h.Pending, pending(h)...)
	h.Converged = len(h.Pending) == 0
	return h, nil
}

const (
	selectFacts = `-- name: CollectFacts
SELECT stream, version, type, schema_version, subject, causation, data FROM events ORDER BY position`
	selectOutbox = `-- name: CollectOutbox
SELECT message_id, type, exchange, routing_key, sent_at IS NOT NULL FROM outbox ORDER BY id`
	selectInbox = `-- name: CollectInbox
SELECT message_id FROM inbox ORDER BY message_id`
	selectCheckouts = `-- name: CollectCheckouts
SELECT order_id, step, step IN ('completed', 'cancelled') FROM checkouts ORDER BY order_id`
	selectStock = `-- name: CollectStock
SELECT sku, on_hand, reserved FROM stock ORDER BY sku`
	selectShown = `-- name: CollectShown
SELECT order_id, status FROM order_view ORDER BY order_id`
	selectOverdue = `-- name: CollectOverdue
SELECT message_id FROM timers WHERE due_at <= now() ORDER BY message_id`
)

// collectMessages reads what a service has taken in and sent.
func collectMessages(ctx context.Context, db port.DB, service string, h *invariants.History) error {
	handled, err := rowsOf(ctx, db, selectInbox, func(row pgx.CollectableRow) (invariants.Handled, error) {
		m := invariants.Handled{Service: service}
		return m, row.Scan(&m.ID)
	})
	if err != nil {
		return err
	}
	h.Handled = append(h.Handled, handled...)
	messages, err := rowsOf(ctx, db, selectOutbox, func(row pgx.CollectableRow) (invariants.Message, error) {
		m := invariants.Message{Service: service}
		var exchange, key string
		err := row.Scan(&m.ID, &m.Type, &exchange, &key, &m.Sent)
		m.Receivers = receivers(exchange, key)
		return m, err
	})
	h.Messages = append(h.Messages, messages...)
	return err
}

// collectState reads what has become of it.
func collectState(ctx context.Context, db port.DB, service string, h *invariants.History) error {
	facts, err := collectFacts(ctx, db, service)
	if err != nil {
		return err
	}
	h.Facts = append(h.Facts, facts...)
	views, err := collectViews(ctx, db, service, facts)
	if err != nil {
		return err
	}
	h.Views = append(h.Views, views...)
	overdue, err := rowsOf(ctx, db, selectOverdue, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, timer := range overdue {
		h.Pending = append(h.Pending, fmt.Sprintf("%s has yet to fire %s", service, timer))
	}
	switch service {
	case event.Order:
		h.Shown, err = rowsOf(ctx, db, selectShown, pgx.RowToStructByPos[invariants.Shown])
		if err != nil {
			return err
		}
		h.Checkouts, err = rowsOf(ctx, db, selectCheckouts, func(row pgx.CollectableRow) (c invariants.Checkout, err error) {
			return c, row.Scan(&c.OrderID, &c.Step, &c.Ended)
		})
	case event.Inventory:
		h.Stock, err = rowsOf(ctx, db, selectStock, func(row pgx.CollectableRow) (s invariants.Stock, err error) {
			return s, row.Scan(&s.SKU, &s.OnHand, &s.Reserved)
		})
	}
	return err
}

func rowsOf[T any](ctx context.Context, db port.DB, sql string, scan pgx.RowToFunc[T]) ([]T, error) {
	rows, err := db.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

func collectFacts(ctx context.Context, db port.DB, service string) ([]invariants.Fact, error) {
	return rowsOf(ctx, db, selectFacts, func(row pgx.CollectableRow) (invariants.Fact, error) {
		f := invariants.Fact{Service: service}
		var schema int
		var data json.RawMessage
		err := row.Scan(&f.Stream, &f.Version, &f.Type, &schema, &f.Subject, &f.Causation, &data)
		if err == nil {
			f.Payload, err = event.Decode(f.Type, schema, data)
		}
		return f, err
	})
}

// receivers returns the services that are bound to messages of an exchange and key.
func receivers(exchange, key string) []string {
	if exchange == flow.CommandExchange {
		return []string{key}
	}
	var bound []string
	for _, service := range event.Services() {
		for _, name := range event.Subscriptions(service) {
			if name == key {
				bound = append(bound, service)
			}
		}
	}
	return bound
}

// collectDead looks through the dead letters of each service on a connection of its own,
// and closes it: what was fetched and not settled returns to its queue.
func collectDead(ctx context.Context, broker port.Broker, h *invariants.History) error {
	connection, err := broker.Connect(ctx, "collector")
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	channel, err := connection.OpenChannel(ctx)
	if err != nil {
		return err
	}
	for _, service := range event.Services() {
		for {
			reply, err := channel.Do(ctx, port.Get{Queue: flow.DeadQueue(service)})
			if err != nil {
				return fmt.Errorf("dead letters of %s: %w", service, err)
			}
			if reply.Delivery == nil {
				break
			}
			h.Handled = append(h.Handled, invariants.Handled{Service: service, ID: reply.Delivery.MessageID, Dead: true})
		}
	}
	return nil
}

// foldOrders makes the orders from the facts of the order service.
func foldOrders(h *invariants.History) {
	index := make(map[string]int)
	for _, fact := range h.Facts {
		if fact.Service != event.Order {
			continue
		}
		at, known := index[fact.Subject]
		if !known {
			at = len(h.Orders)
			index[fact.Subject] = at
			h.Orders = append(h.Orders, invariants.Order{ID: fact.Subject})
		}
		order := &h.Orders[at]
		switch p := fact.Payload.(type) {
		case event.OrderPlaced:
			order.Customer, order.Key, order.Email = p.Customer, p.Key, p.Email
			order.Lines, order.Total = p.Lines, p.Total
		case event.OrderCompleted:
			order.Completed = true
		case event.OrderCancelled:
			order.Cancelled, order.Reason = true, p.Reason
		}
	}
}

// pending returns what is still under way, in words.
func pending(h *invariants.History) []string {
	var left []string
	for _, c := range h.Checkouts {
		if !c.Ended {
			left = append(left, fmt.Sprintf("the checkout of %s is %s", c.OrderID, c.Step))
		}
	}
	handled := make(map[[2]string]bool, len(h.Handled))
	for _, m := range h.Handled {
		handled[[2]string{m.Service, m.ID}] = true
	}
	for _, m := range h.Messages {
		if !m.Sent {
			left = append(left, fmt.Sprintf("%s has yet to send %s", m.Service, m.ID))
		}
		for _, receiver := range m.Receivers {
			if m.Sent && !handled[[2]string{receiver, m.ID}] {
				left = append(left, fmt.Sprintf("%s has yet to handle %s", receiver, m.ID))
			}
		}
	}
	return left
}

const (
	anyUnsent = `-- name: CollectUnsent
SELECT EXISTS (SELECT 1 FROM outbox WHERE sent_at IS NULL)`
	anyOpen = `-- name: CollectOpen
SELECT EXISTS (SELECT 1 FROM checkouts WHERE step NOT IN ('completed', 'cancelled'))`
)

const selectSagaSeconds = `-- name: CollectSagaSeconds
SELECT extract(epoch FROM updated_at - started_at)::float8 FROM checkouts
WHERE step IN ('completed', 'cancelled') ORDER BY order_id`

// SagaSeconds returns how long each checkout took that has ended, by the database's clock.
func SagaSeconds(ctx context.Context, orders port.DB) ([]float64, error) {
	return rowsOf(ctx, orders, selectSagaSeconds, pgx.RowTo[float64])
}

// Still says, at little cost, whether the system may be at rest: no message unsent, no
// checkout open.
func Still(ctx context.Context, s Sources) (bool, error) {
	for _, service := range event.Services() {
		questions := []string{anyUnsent}
		if service == event.Order {
			questions = append(questions, anyOpen)
		}
		for _, question := range questions {
			var busy bool
			if err := s.Databases[service].QueryRow(ctx, question).Scan(&busy); err != nil {
				return false, fmt.Errorf("look whether %s is at rest: %w", service, err)
			}
			if busy {
				return false, nil
			}
		}
	}
	return true, nil
}
