package flow

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
)

const (
	selectDue = `-- name: SelectDue
SELECT message_id, body FROM timers WHERE due_at <= now() ORDER BY due_at LIMIT 20`
	postponeTimer = `-- name: PostponeTimer
UPDATE timers SET due_at = now() + interval '5 seconds' WHERE message_id = $1`
)

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
	var failed error
	for _, t := range due {
		if err := e.fire(ctx, t); err != nil {
			failed = errors.Join(failed, fmt.Errorf("timer %s: %w", t.id, err))
		}
	}
	return failed
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
// the timer fires again, and the inbox knows it. A timer that fails is put off, so that it
// does not stand in the way of others, in a time of its own: handling it may have used up the
// other. One that cannot be read, or that no repetition will mend, goes to the dead letters.
func (e *Engine) fire(ctx context.Context, t timer) error {
	message, unreadable := event.DecodeEnvelope(t.body)
	if unreadable == nil {
		ctx = port.WithOp(ctx, port.Op{Name: message.Type, Key: message.Correlation})
	}
	err := e.within(ctx, func(ctx context.Context) error {
		if unreadable != nil {
			return e.bury(ctx, t, message, unreadable)
		}
		return e.obey(ctx, t, message)
	})
	if err == nil {
		return nil
	}
	late := e.within(ctx, func(ctx context.Context) error {
		_, err := e.ports.DB.Exec(ctx, postponeTimer, t.id)
		return err
	})
	return errors.Join(err, late)
}

func (e *Engine) obey(ctx context.Context, t timer, message event.Envelope) error {
	switch err := e.definition.Handle(ctx, message); {
	case err == nil:
		e.ports.Count("timer_fired")
		return e.forget(ctx, t)
	case permanent(err):
		return e.bury(ctx, t, message, err)
	default:
		return err
	}
}

func (e *Engine) forget(ctx context.Context, t timer) error {
	if _, err := e.ports.DB.Exec(ctx, deleteTimer, t.id); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return nil
}

// bury sends a timer to the dead letters and forgets it when the broker has confirmed that.
func (e *Engine) bury(ctx context.Context, t timer, message event.Envelope, cause error) error {
	e.ports.Count("dead_letter")
	e.ports.Log.ErrorContext(ctx, "timer goes to the dead letters", "timer", t.id, "error", cause)
	dead := port.Publishing{
		Exchange: DeadExchange, Key: e.definition.Name, Mandatory: true, Body: t.body,
		Properties: port.Properties{
			ContentType: event.ContentType, MessageID: t.id, Type: message.Type, CorrelationID: message.Correlation,
			AppID: e.definition.Name, Persistent: true, Headers: port.Table{errorHeader: shorten(cause.Error())},
		},
	}
	if outcome := e.publisher.publish(ctx, []port.Publishing{dead})[0]; outcome != port.Done {
		return fmt.Errorf("dead letter not confirmed (%v): %w", outcome, cause)
	}
	return e.forget(ctx, t)
}
