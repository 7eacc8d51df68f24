package conform

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/squallhq/squall/system/port"
)

// PostgresArm is a PostgreSQL under the suite, real or simulated.
type PostgresArm interface {
	// Open makes a world around a fresh, empty database in UTC, whose clients have
	// pools of poolSize connections. The world ends with t: work that has not
	// returned then is abandoned.
	Open(t testing.TB, poolSize int) PostgresWorld
}

// PostgresWorld is one database and the sessions on it. Its methods are called by one
// caller at a time.
type PostgresWorld interface {
	// Start hands work to the session's task, making session and client when they
	// are new. The session's previous work has returned and was reported by Settle
	// or Await. Work may begin at once or when time is next let pass.
	Start(session Session, work Work)

	// Settle lets time pass until the session's work has returned (true), or waits
	// for a lock that another session holds (false). Waiting for anything else, such
	// as pg_sleep or a free connection, is no reason to stop. Deadlock detection and
	// lock_timeout end a wait in their time, so Settle stops before them.
	Settle(session Session) (returned bool)

	// Await lets time pass, lock waits or not, until the work of one of the sessions
	// has returned, and says whose. After 10 s on the server's clock, or when nothing
	// more can happen, it gives up and returns false.
	Await(sessions ...Session) (Session, bool)
}

// Session names a task and the client, that is the pool of connections, that it uses.
// Sessions of one client share its pool.
type Session struct {
	Client string // also the application_name of its connections
	Task   string // empty for the only one
}

// Work is what a session does with its client's database. The context ends with the
// world; clock is that of the client's node.
type Work func(ctx context.Context, db port.DB, clock port.Clock)

// PostgresCase is one rule of PostgreSQL or of its driver.
type PostgresCase struct {
	Topic    string // the transcript's file, or driver
	Name     string
	Rule     string // a sentence
	Source   string // where it is written
	PoolSize int    // connections per client

	// Refused is the construct that the case uses and the simulated server leaves out on
	// purpose, in the words of its refusal; empty if it answers. The real server answers
	// as the script says.
	Refused string

	check func(PostgresWorld) error
}

// Check plays the case in a fresh world. The error names the step that diverged.
func (c PostgresCase) Check(world PostgresWorld) error { return c.check(world) }

// RunPostgres runs the whole suite against an arm, a subtest per case.
func RunPostgres(t *testing.T, arm PostgresArm) {
	cases, err := PostgresCases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Topic+"/"+c.Name, func(t *testing.T) {
			world := arm.Open(t, c.PoolSize)
			if err := c.judge(world); err != nil {
				t.Errorf("%s\n  rule:   %s\n  source: %s\n%v", c.Name, c.Rule, c.Source, err)
			}
		})
	}
}

// refuser is a world whose server can refuse a construct by name.
type refuser interface{ Refused() error }

// judge plays the case. A world that can refuse must refuse what the case says, and nothing
// else: a refusal is neither an answer nor a reason to look away.
func (c PostgresCase) judge(world PostgresWorld) error {
	err := c.Check(world)
	simulated, canRefuse := world.(refuser)
	if !canRefuse {
		return err
	}
	refused := simulated.Refused()
	switch {
	case c.Refused == "" && refused == nil:
		return err
	case c.Refused == "":
		return fmt.Errorf("  refused, and the case does not say so: %w", refused)
	case refused == nil:
		return fmt.Errorf("  not refused as %q: %v", c.Refused, err)
	case !strings.HasPrefix(refused.Error(), "not simulated: "+c.Refused+"\n"):
		return fmt.Errorf("  want a refusal of %q: %w", c.Refused, refused)
	}
	return nil
}
