package flow

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
)

const selectDue = `-- name: SelectDue
SELECT message_id, body FROM timers WHERE due_at <= now() ORDER BY due_at LIMIT 20`

// runTimers hands due timers to the service until ctx ends. All replicas look; the inbox
// lets one of them act.
func (e *Engine) runTimers(ctx context.Context) error {
	ctx = port.WithOp(ctx, port.Op{Name: "timers"})
	for attempt := 0; ; {
		err := e.fireDue(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			attempt = 0
			err = e.ports.Runtime.Sleep(ctx, e.settings.PollInterval)
		} else {
			attempt++
			e.ports.Log.WarnContext(ctx, "timers failed, will try again", "error", err)
			err = e.backoff(ctx, attempt)
		}
		if err != nil {
			return err
		}
	}
}

type timer struct {
	id   string
	body []byte
}

func (e *Engine) fireDue(ctx context.Context) error {
	var due []timer
	err := e.within(ctx, func(ctx context.Context) (err error) {
		due, err = e.selectDue(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for due timers: %w", err)
	}
	for _, t := range due {
		if err := e.within(ctx, func(ctx context.Context) error { return e.fire(ctx, t) }); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) selectDue(ctx context.Context) ([]timer, error) {
	rows, err := e.ports.DB.Query(ctx, selectDue)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t timer, err error) {
		return t, row.Scan(&t.id, &t.body)
	})
}

// fire lets the service handle a timer and then forgets it. If the process dies in between
// the timer fires again, and the inbox knows it.
func (e *Engine) fire(ctx context.Context, t timer) error {
	message, err := event.DecodeEnvelope(t.body)
	if err != nil {
		return fmt.Errorf("timer %s: %w", t.id, err)
	}
	ctx = port.WithOp(ctx, port.Op{Name: message.Type, Key: message.Correlation})
	if err := e.definition.Handle(ctx, message); err != nil {
		return fmt.Errorf("timer %s: %w", t.id, err)
	}
	e.ports.Count("timer_fired")
	if _, err := e.ports.DB.Exec(ctx, deleteTimer, t.id); err != nil {
		return fmt.Errorf("delete timer %s: %w", t.id, err)
	}
	return nil
}
