package flow

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
)

const (
	anyUnsent = `-- name: AnyUnsent
SELECT EXISTS (SELECT 1 FROM outbox WHERE sent_at IS NULL)`
	claimUnsent = `-- name: ClaimUnsent
SELECT id, message_id, type, correlation, exchange, routing_key, mandatory, body, created_at FROM outbox
WHERE sent_at IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`
	markSent = `-- name: MarkSent
UPDATE outbox SET sent_at = now() WHERE id = ANY($1)`
)

// relay sends what the outbox holds, when nudged and at every poll, until ctx ends. The
// poll finds what a dead replica has left.
func (e *Engine) relay(ctx context.Context) error {
	ctx = port.WithOp(ctx, port.Op{Name: "relay"})
	for attempt := 0; ; {
		err := e.sendAll(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			attempt = 0
			err = e.pause(ctx)
		} else {
			attempt++
			e.ports.Log.WarnContext(ctx, "relay failed, will try again", "error", err)
			err = e.backoff(ctx, attempt)
		}
		if err != nil {
			return err
		}
	}
}

// sendAll sends batch after batch until nothing is left that others do not hold.
func (e *Engine) sendAll(ctx context.Context) error {
	for {
		var unsent bool
		err := e.within(ctx, func(ctx context.Context) error {
			return e.ports.DB.QueryRow(ctx, anyUnsent).Scan(&unsent)
		})
		if err != nil {
			return fmt.Errorf("look for unsent messages: %w", err)
		}
		if !unsent {
			return nil
		}
		claimed, err := e.sendBatch(ctx)
		if err != nil || claimed < e.settings.RelayBatch {
			return err
		}
	}
}

// outboxRow is a message of the outbox.
type outboxRow struct {
	id      int64
	message port.Publishing
}

// sendBatch claims rows, publishes them and marks those that the broker has confirmed, in
// one transaction: the claim holds as long as that does. If some are not confirmed the
// error says so, after the others are marked.
func (e *Engine) sendBatch(ctx context.Context) (claimed int, err error) {
	// The claim's transaction outlives the wait for confirms.
	ctx, cancel := e.ports.Runtime.WithTimeout(ctx, 2*e.settings.CallTimeout)
	defer cancel()
	var sent int
	err = pgx.BeginTxFunc(ctx, e.ports.DB, pgx.TxOptions{}, func(tx pgx.Tx) error {
		batch, err := e.claimUnsent(ctx, tx)
		if err != nil || len(batch) == 0 {
			return err
		}
		claimed = len(batch)
		sent, err = e.publishBatch(batchOp(ctx, batch), tx, batch)
		return err
	})
	if err == nil && sent < claimed {
		e.ports.Count("publish_repeated")
		err = fmt.Errorf("%d of %d messages not confirmed", claimed-sent, claimed)
	}
	return claimed, err
}

// batchOp names the work on a batch by its first message.
func batchOp(ctx context.Context, batch []outboxRow) context.Context {
	first := batch[0].message
	return port.WithOp(ctx, port.Op{Name: "Relay" + first.Type, Key: first.CorrelationID})
}

func (e *Engine) claimUnsent(ctx context.Context, tx pgx.Tx) ([]outboxRow, error) {
	rows, err := tx.Query(ctx, claimUnsent, e.settings.RelayBatch)
	if err != nil {
		return nil, fmt.Errorf("claim unsent messages: %w", err)
	}
	batch, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (outboxRow, error) {
		r := outboxRow{message: port.Publishing{Properties: port.Properties{
			ContentType: event.ContentType, AppID: e.definition.Name, Persistent: true,
		}}}
		m := &r.message
		err := row.Scan(&r.id, &m.MessageID, &m.Type, &m.CorrelationID, &m.Exchange, &m.Key, &m.Mandatory, &m.Body, &m.Timestamp)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("claim unsent messages: %w", err)
	}
	return batch, nil
}

// publishBatch returns how many messages the broker has confirmed.
func (e *Engine) publishBatch(ctx context.Context, tx pgx.Tx, batch []outboxRow) (int, error) {
	messages := make([]port.Publishing, len(batch))
	for i, row := range batch {
		messages[i] = row.message
	}
	var sent []int64
	for i, outcome := range e.publisher.publish(ctx, messages) {
		if outcome == port.Done {
			sent = append(sent, batch[i].id)
		}
	}
	if len(sent) == 0 {
		return 0, nil
	}
	if _, err := tx.Exec(ctx, markSent, sent); err != nil {
		return 0, fmt.Errorf("mark messages sent: %w", err)
	}
	return len(sent), nil
}
