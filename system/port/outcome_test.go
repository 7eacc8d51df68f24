package port_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/system/port"
)

// unsent is an error of which pgconn knows that nothing was sent.
type unsent struct{}

func (unsent) Error() string     { return "conn closed" }
func (unsent) SafeToRetry() bool { return true }

func state(code string) error { return &pgconn.PgError{Code: code, Message: "of the test"} }

// errorTable says of each error what is known of the effect, and whether it is the
// surroundings that failed.
var errorTable = []struct {
	name    string
	err     error
	outcome port.Outcome
	outage  bool
}{
	{"UniqueViolation", state("23505"), port.NotDone, false},
	{"SerializationFailure", state("40001"), port.NotDone, false},
	{"Deadlock", state("40P01"), port.NotDone, false},
	{"SyntaxError", state("42601"), port.NotDone, false},
	{"InFailedTransaction", state("25P02"), port.NotDone, false},
	{"QueryCanceled", state("57014"), port.NotDone, true},
	{"CannotConnectNow", state("57P03"), port.NotDone, true},
	{"TooManyConnections", state("53300"), port.NotDone, true},
	{"DiskFull", state("53100"), port.NotDone, true},
	{"AdminShutdown", state("57P01"), port.Unknown, true},
	{"CrashShutdown", state("57P02"), port.Unknown, true},
	{"CompletionUnknown", state("40003"), port.Unknown, false},
	{"ConnectionFailure", state("08006"), port.Unknown, true},
	{"ProtocolViolation", state("08P01"), port.Unknown, true},
	{"CodeTooShort", state("5"), port.NotDone, false},
	{"CommitRolledBack", pgx.ErrTxCommitRollback, port.NotDone, false},
	{"NeverSent", unsent{}, port.NotDone, true},
	{"NotDoneError", &port.NotDoneError{Err: errors.New("the channel takes no more")}, port.NotDone, false},
	{"NotDoneAlthoughTimedOut", &port.NotDoneError{Err: context.DeadlineExceeded}, port.NotDone, true},
	{"DeadlineExceeded", context.DeadlineExceeded, port.Unknown, true},
	{"Canceled", context.Canceled, port.Unknown, true},
	{"EOF", io.EOF, port.Unknown, true},
	{"UnexpectedEOF", io.ErrUnexpectedEOF, port.Unknown, true},
	{"NetworkClosed", net.ErrClosed, port.Unknown, true},
	{"Network", &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}, port.Unknown, true},
	{"ChannelClosed", &port.CloseError{Code: 406, Text: "PRECONDITION_FAILED"}, port.Unknown, true},
	{"ConnectionBroken", &port.CloseError{Text: "broken pipe", Connection: true}, port.Unknown, true},
	{"PartyUnavailable", fmt.Errorf("gateway: %w", port.ErrUnavailable), port.Unknown, true},
	{"NoRows", pgx.ErrNoRows, port.Unknown, false},
	{"OurOwn", errors.New("the basket is empty"), port.Unknown, false},
}

func TestOutcomeAndOutage(t *testing.T) {
	for _, c := range errorTable {
		t.Run(c.name, func(t *testing.T) {
			for depth, err := range []error{c.err, fmt.Errorf("capture order 7: %w", c.err), errors.Join(errors.New("rollback"), c.err)} {
				if got := port.OutcomeOf(err); got != c.outcome {
					t.Errorf("wrapping %d: %s, want %s", depth, got, c.outcome)
				}
				if got := port.Outage(err); got != c.outage {
					t.Errorf("wrapping %d: outage %t, want %t", depth, got, c.outage)
				}
			}
		})
	}
	t.Run("OK", func(t *testing.T) {
		if port.OutcomeOf(nil) != port.Done || port.Outage(nil) {
			t.Errorf("%s, outage %t", port.OutcomeOf(nil), port.Outage(nil))
		}
	})
}

func TestOutcome(t *testing.T) {
	var zero port.Outcome
	for outcome, want := range map[port.Outcome]string{zero: "unknown", port.Done: "done", port.NotDone: "not done", 7: "unknown"} {
		if outcome.String() != want {
			t.Errorf("%d is %q, want %q", outcome, outcome, want)
		}
	}
	if zero != port.Unknown {
		t.Error("what nobody has established is known")
	}
}

func TestNotDoneError(t *testing.T) {
	err := &port.NotDoneError{Err: io.EOF}
	if err.Error() != "EOF" || !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}

func TestCloseError(t *testing.T) {
	for _, c := range []struct {
		err  port.CloseError
		want string
	}{
		{port.CloseError{Code: 404, Text: "NOT_FOUND - no exchange"}, "amqp 404: NOT_FOUND - no exchange"},
		{port.CloseError{Text: "broken pipe"}, "amqp: broken pipe"},
	} {
		if c.err.Error() != c.want || !errors.Is(&c.err, port.ErrClosed) || errors.Is(&c.err, port.ErrUnavailable) {
			t.Errorf("%v, want %s", &c.err, c.want)
		}
	}
}

func TestOp(t *testing.T) {
	for _, c := range []struct {
		op   port.Op
		want string
	}{
		{port.Op{Name: "CapturePayment", Key: "ann/order-7"}, "CapturePayment{ann/order-7}"},
		{port.Op{Name: "relay"}, "relay"},
		{port.Op{}, ""},
	} {
		if got := port.OpOf(port.WithOp(t.Context(), c.op)); got != c.op || got.String() != c.want {
			t.Errorf("%v, want %s", got, c.want)
		}
	}
	outer := port.WithOp(t.Context(), port.Op{Name: "relay"})
	if inner := port.WithOp(outer, port.Op{Name: "migrate"}); port.OpOf(inner).Name != "migrate" || port.OpOf(outer).Name != "relay" {
		t.Error("the inner op does not hide the outer")
	}
	if none := port.OpOf(t.Context()); none != (port.Op{}) {
		t.Errorf("%v", none)
	}
}
