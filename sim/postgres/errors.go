package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
	"github.com/squallhq/squall/system/port"
)

// Unsupported is a construct that PostgreSQL has and this server has not. It fails the
// world, whatever the caller does with it, unless the server was made with AsError.
type Unsupported struct {
	Construct string
	Statement string
}

func (e *Unsupported) Error() string {
	return "not simulated: " + e.Construct + "\nin the statement: " + e.Statement
}

// unsentError is a failure before anything was sent: the effect is not done.
type unsentError struct {
	text  string
	cause error
}

func (e *unsentError) Error() string     { return e.text }
func (e *unsentError) Unwrap() error     { return e.cause }
func (e *unsentError) SafeToRetry() bool { return true }

// errBusy and errClosed are what pgconn answers when a connection cannot take a statement.
var (
	errBusy   = &unsentError{text: "conn busy"}
	errClosed = &unsentError{text: "conn closed", cause: pgconn.ErrConnClosed}
)

// timeoutError is a context that ended during a call, in pgconn's words.
type timeoutError struct{ cause error }

func (e *timeoutError) Error() string     { return "timeout: " + e.cause.Error() }
func (e *timeoutError) Unwrap() error     { return e.cause }
func (e *timeoutError) SafeToRetry() bool { return pgconn.SafeToRetry(e.cause) }

// endedDuring is the error of a call whose context ended while it waited for the answer.
func endedDuring(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &timeoutError{err}
	}
	return err
}

// endedBefore is the error of a call whose context had ended before anything was sent.
func endedBefore(err error) error {
	if errors.Is(err, sim.ErrCrashed) {
		return err
	}
	return &timeoutError{&unsentError{"context already done: " + err.Error(), err}}
}

// connectError is the failure to get a connection. Nothing was sent, but pgx does not say so: the adapter does
// (package system/postgres).
func connectError(server string, err error) error {
	return &port.NotDoneError{Err: &connectFailure{server, err}}
}

// connectFailure passes for a *pgconn.ConnectError, whose cause only pgconn can set.
type connectFailure struct {
	server string
	cause  error
}

func (e *connectFailure) Error() string {
	return "failed to connect to `" + e.server + "`: " + e.cause.Error()
}

func (e *connectFailure) Unwrap() error { return e.cause }

func (e *connectFailure) As(target any) bool {
	p, ok := target.(**pgconn.ConnectError)
	if ok {
		*p = &pgconn.ConnectError{Config: &pgconn.Config{Host: e.server}}
	}
	return ok
}

// pgError is the server's refusal as pgx reports it.
func pgError(severity string, e *value.Error) *pgconn.PgError {
	return &pgconn.PgError{
		Severity: severity, SeverityUnlocalized: severity,
		Code: e.Code, Message: e.Message, Detail: e.Detail, Hint: e.Hint, Position: int32(e.Position),
		SchemaName: e.Schema, TableName: e.Table, ColumnName: e.Column,
		DataTypeName: e.DataType, ConstraintName: e.Constraint,
	}
}

// refusal is a short form of the server's errors.
func refusal(code, message string) *value.Error {
	return &value.Error{Code: code, Message: message}
}

// errorOf turns whatever a lower package returned into a server's error, or into an
// *Unsupported. ok is false for errors that end the task, such as sim.ErrCrashed.
func errorOf(err error, text string) (answer *value.Error, unsupported *Unsupported) {
	if e, ok := errors.AsType[*value.Error](err); ok {
		return e, nil
	}
	if parse, ok := errors.AsType[*sql.Error](err); ok {
		return &value.Error{Code: parse.Code, Message: parse.Message, Detail: parse.Detail, Hint: parse.Hint, Position: parse.Position}, nil
	}
	if construct, ok := errors.AsType[*sql.Unsupported](err); ok {
		return nil, &Unsupported{construct.Construct, text}
	}
	if missing, ok := errors.AsType[*value.Unsupported](err); ok {
		return nil, &Unsupported{missing.Construct, text}
	}
	if own, ok := errors.AsType[*Unsupported](err); ok {
		return nil, &Unsupported{own.Construct, text}
	}
	return &value.Error{Code: "XX000", Message: err.Error()}, nil
}
