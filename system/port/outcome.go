package port

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Outcome is what is known of an effect that was asked for. The zero value is
// Unknown: what nobody has established is not known.
type Outcome int

// The three outcomes.
const (
	Unknown Outcome = iota // the request or its answer was lost
	Done
	NotDone
)

// String returns unknown, done or not done.
func (o Outcome) String() string {
	switch o {
	case Done:
		return "done"
	case NotDone:
		return "not done"
	default:
		return "unknown"
	}
}

// NotDoneError marks a failure that certainly had no effect, such as a request
// that was never sent.
type NotDoneError struct{ Err error }

func (e *NotDoneError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *NotDoneError) Unwrap() error { return e.Err }

// OutcomeOf tells what err says about the effect of the call that returned it. No
// error: Done. An answer of the database, a rolled back commit, a call that was
// never sent (pgconn.SafeToRetry): NotDone. Everything else, a broken connection or
// an expired context first of all: Unknown.
//
// Class 57 is the exception among the database's answers. An administrator's
// shutdown or a crash (57P01, 57P02) can end a session between the work of a COMMIT
// and its answer (PostgreSQL documentation, Appendix A and 55.2.9), so their outcome
// is Unknown; likewise 40003, statement completion unknown, and class 08.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Done
	}
	var notDone *NotDoneError
	if errors.As(err, &notDone) || errors.Is(err, pgx.ErrTxCommitRollback) || pgconn.SafeToRetry(err) {
		return NotDone
	}
	var answer *pgconn.PgError
	if errors.As(err, &answer) && !leavesDoubt(answer.Code) {
		return NotDone
	}
	return Unknown
}

func leavesDoubt(code string) bool {
	switch code {
	case "57P01", "57P02", "40003":
		return true
	default:
		return len(code) >= 2 && code[:2] == "08"
	}
}

// ErrUnavailable is matched by errors of domain ports that speak of a party which cannot
// be reached or does not answer.
var ErrUnavailable = errors.New("unavailable")

// Outage says whether err speaks of the surroundings and not of the work: a server that is
// away, a connection that broke, a time-out, a lack of resources. Then trying the same
// again makes sense for as long as it takes. Every failure to connect is one, a password
// that is being changed included. PostgreSQL's classes are 08 connection exception, 53
// insufficient resources, 57 operator intervention, 58 system error (documentation,
// Appendix A); 25006 is a server that became read-only, 25P03 a transaction that was idle
// too long, 55P03 a lock that was not had in time.
func Outage(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return outageCode(answer.Code)
	}
	var network net.Error
	for _, sign := range []error{ErrUnavailable, ErrClosed, context.DeadlineExceeded, context.Canceled, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, sign) {
			return true
		}
	}
	return errors.As(err, &network) || pgconn.SafeToRetry(err)
}

func outageCode(code string) bool {
	switch code {
	case "25006", "25P03", "55P03":
		return true
	}
	return len(code) >= 2 && slices.Contains([]string{"08", "53", "57", "58"}, code[:2])
}
