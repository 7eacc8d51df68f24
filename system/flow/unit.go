package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
)

// Unit is one transaction of a service: what it appends, sends and schedules becomes true
// together, or not at all. The embedded transaction is for the service's own tables.
type Unit struct {
	pgx.Tx
	engine *Engine
	cause  event.Envelope
	sends  bool
}

// unitAttempts bounds how often a unit is tried when the database asks for it.
const unitAttempts = 8

// Do runs work in a transaction, again if the database asks for it (40001, 40P01) or if
// another writer was first (ErrConflict). origin is what led to the work: its correlation
// and id go into everything the unit writes. port.OutcomeOf tells what an error means.
func (e *Engine) Do(ctx context.Context, origin event.Envelope, work func(context.Context, *Unit) error) error {
	return e.repeat(ctx, pgx.TxOptions{}, origin, work)
}

// DoOnSnapshot is Do for work that decides by more than one query: all of them see the
// database at one moment, and if another writer has changed since what work claims or updates,
// it is done afresh (REPEATABLE READ; PostgreSQL documentation, 13.2.2).
func (e *Engine) DoOnSnapshot(ctx context.Context, origin event.Envelope, work func(context.Context, *Unit) error) error {
	return e.repeat(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, origin, work)
}

func (e *Engine) repeat(ctx context.Context, options pgx.TxOptions, origin event.Envelope, work func(context.Context, *Unit) error) error {
	for attempt := 1; ; attempt++ {
		err := e.within(ctx, func(ctx context.Context) error { return e.try(ctx, options, origin, work) })
		cause := causeToRepeat(err)
		if attempt == unitAttempts || cause == "" {
			return err
		}
		e.ports.Count("unit_repeated_after_" + cause)
		if err := e.backoff(ctx, attempt); err != nil {
			return err
		}
	}
}

func (e *Engine) try(ctx context.Context, options pgx.TxOptions, origin event.Envelope, work func(context.Context, *Unit) error) error {
	unit := &Unit{engine: e, cause: origin}
	err := pgx.BeginTxFunc(ctx, e.ports.DB, options, func(tx pgx.Tx) error {
		unit.Tx = tx
		return work(ctx, unit)
	})
	if err == nil && unit.sends {
		e.nudge(ctx)
	}
	return err
}

// causeToRepeat names what makes a unit worth repeating, or is empty (PostgreSQL documentation,
// 13.5 Serialization Failure Handling).
func causeToRepeat(err error) string {
	if errors.Is(err, ErrConflict) {
		return "conflict"
	}
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		return ""
	}
	switch answer.Code {
	case "40001":
		return "serialization_failure"
	case "40P01":
		return "deadlock"
	}
	return ""
}

const claimMessage = `-- name: ClaimMessage
INSERT INTO inbox (message_id) VALUES ($1) ON CONFLICT (message_id) DO NOTHING`

// Once runs work in a unit unless the message has been handled before; then it does
// nothing and returns nil. If two replicas try at once, one waits for the other.
func (e *Engine) Once(ctx context.Context, message event.Envelope, work func(context.Context, *Unit) error) error {
	return e.Do(ctx, message, func(ctx context.Context, unit *Unit) error {
		tag, err := unit.Exec(ctx, claimMessage, message.ID)
		if err != nil {
			return fmt.Errorf("claim message %s: %w", message.ID, err)
		}
		if tag.RowsAffected() == 0 {
			e.ports.Count("inbox_duplicate")
			return nil
		}
		return work(ctx, unit)
	})
}

const selectHandled = `-- name: SelectHandled
SELECT EXISTS (SELECT 1 FROM inbox WHERE message_id = $1)`

// Handled says whether a unit of Once has committed for the message: for handlers whose
// effect lies outside, to spare a needless repetition. It is no guard: two may ask at once.
func (e *Engine) Handled(ctx context.Context, message event.Envelope) (handled bool, err error) {
	if err := e.ports.DB.QueryRow(ctx, selectHandled, message.ID).Scan(&handled); err != nil {
		return false, fmt.Errorf("look for message %s: %w", message.ID, err)
	}
	return handled, nil
}

// ErrConflict says that another writer has appended to the stream meanwhile. Nothing of
// the unit is done.
var ErrConflict = errors.New("the stream has moved on")

const appendEvent = `-- name: AppendEvent
INSERT INTO events (stream, version, type, schema_version, subject, correlation, causation, data, occurred_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

// Append records facts about subject in a stream whose last version is expected (0 for a
// new one), updates the read model, and sends the facts to whoever subscribes. If the
// stream has moved on, the unit fails with ErrConflict and must be given up.
func (u *Unit) Append(ctx context.Context, stream, subject string, expected int, facts ...event.Payload) error {
	for i, fact := range facts {
		if err := u.appendOne(ctx, stream, subject, expected+1+i, fact); err != nil {
			return err
		}
	}
	return nil
}

func (u *Unit) appendOne(ctx context.Context, stream, subject string, version int, fact event.Payload) error {
	e, err := u.envelope(stream+"/"+strconv.Itoa(version), subject, fact)
	if err != nil {
		return err
	}
	e.Sequence = version
	_, err = u.Exec(ctx, appendEvent, stream, version, e.Type, e.Version, e.Subject,
		e.Correlation, e.Causation, e.Data, e.Time)
	var answer *pgconn.PgError
	if errors.As(err, &answer) && answer.ConstraintName == "events_stream_version" {
		return fmt.Errorf("append %s to %s as version %d: %w", e.Type, stream, version, ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("append %s to %s: %w", e.Type, stream, err)
	}
	if project := u.engine.definition.Project; project != nil {
		if err := project(ctx, u, e, fact); err != nil {
			return fmt.Errorf("project %s of %s: %w", e.Type, stream, err)
		}
	}
	return u.post(ctx, e, EventExchange, e.Type, event.Heard(e.Type))
}

// Send sends a command about subject under an id that derives from what it is for. The
// same id is sent once, however often it is asked for.
func (u *Unit) Send(ctx context.Context, id, subject string, command event.Command) error {
	e, err := u.envelope(id, subject, command)
	if err != nil {
		return err
	}
	return u.post(ctx, e, CommandExchange, command.Receiver(), true)
}

const insertOutbox = `-- name: InsertOutbox
INSERT INTO outbox (message_id, type, correlation, exchange, routing_key, mandatory, body)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (message_id) DO NOTHING`

// post puts a message into the outbox. If it is mandatory, a broker that has no queue for it
// must say so.
func (u *Unit) post(ctx context.Context, e event.Envelope, exchange, key string, mandatory bool) error {
	body, err := e.Encode()
	if err != nil {
		return fmt.Errorf("encode %s: %w", e.ID, err)
	}
	if _, err := u.Exec(ctx, insertOutbox, e.ID, e.Type, e.Correlation, exchange, key, mandatory, body); err != nil {
		return fmt.Errorf("post %s: %w", e.ID, err)
	}
	u.sends = true
	return nil
}

func (u *Unit) envelope(id, subject string, payload event.Payload) (event.Envelope, error) {
	data, err := json.Marshal(payload)
	if err != nil {
		return event.Envelope{}, fmt.Errorf("encode %s: %w", payload.Type(), err)
	}
	return event.Envelope{
		ID: id, Type: payload.Type(), Version: event.Version(payload),
		Source: u.engine.definition.Name, Subject: subject,
		Time:        u.engine.ports.Runtime.Wall().Truncate(time.Microsecond),
		Correlation: u.cause.Correlation, Causation: u.cause.ID, Data: data,
	}, nil
}

const (
	insertTimer = `-- name: InsertTimer
INSERT INTO timers (message_id, due_at, body) VALUES ($1, now() + $2::interval, $3)
ON CONFLICT (message_id) DO NOTHING`
	deleteTimer = `-- name: DeleteTimer
DELETE FROM timers WHERE message_id = $1`
)

// Schedule lets the service handle payload as a message with this id after a delay of the
// database's clock, unless Unschedule comes first.
func (u *Unit) Schedule(ctx context.Context, id, subject string, delay time.Duration, payload event.Payload) error {
	e, err := u.envelope(id, subject, payload)
	if err != nil {
		return err
	}
	body, err := e.Encode()
	if err != nil {
		return fmt.Errorf("encode %s: %w", id, err)
	}
	if _, err := u.Exec(ctx, insertTimer, id, delay, body); err != nil {
		return fmt.Errorf("schedule %s: %w", id, err)
	}
	return nil
}

// Unschedule takes a timer back. One that has fired may be handled all the same.
func (u *Unit) Unschedule(ctx context.Context, id string) error {
	if _, err := u.Exec(ctx, deleteTimer, id); err != nil {
		return fmt.Errorf("unschedule %s: %w", id, err)
	}
	return nil
}

const selectStream = `-- name: SelectStream
SELECT version, type, schema_version, data FROM events WHERE stream = $1 ORDER BY version`

// Load folds the facts of a stream, in order, and returns the stream's last version, 0 if
// there is none.
func Load(ctx context.Context, tx Querier, stream string, fold func(event.Payload)) (int, error) {
	rows, err := tx.Query(ctx, selectStream, stream)
	if err != nil {
		return 0, fmt.Errorf("load %s: %w", stream, err)
	}
	var (
		last, schema int
		name         string
		data         json.RawMessage
	)
	_, err = pgx.ForEachRow(rows, []any{&last, &name, &schema, &data}, func() error {
		payload, err := event.Decode(name, schema, data)
		if err == nil {
			fold(payload)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("load %s: %w", stream, err)
	}
	return last, nil
}

// Querier is what reading needs: a transaction or a port.DB.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

var _ Querier = port.DB(nil)
