package conform

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/sim/rabbitmq"

	"github.com/squallhq/squall/system/port"
)

// RabbitArm is a RabbitMQ under the suite, real or simulated.
//
// A case is sequential code: one task talks to the broker on all its channels by the
// calls of port.Broker and nothing else. So an arm needs no notion of sessions, and a
// simulated one runs the script as a task of its kernel:
//
//	RunRabbitMQ -> arm.Open -> world.Run(script)
//	                                |
//	                        one task: for each step
//	                           call the port
//	                           Quiet: let everything that this caused happen
//	                           take the events of all channels, compare
//
// What may go wrong here: an arm whose Quiet returns too early makes a late event
// appear under a later step, where it is unexpected, so that the case fails; it never
// makes a wrong broker pass.
type RabbitArm interface {
	// Profile is the version whose rules the broker follows, one of RabbitProfiles.
	// Cases of other versions are listed, not run.
	Profile() string

	// Open makes a world around a broker in which the case has declared nothing yet. It
	// ends with t.
	Open(t testing.TB) RabbitWorld
}

// RabbitProfiles are the versions that differ in what cases can see: 4.0 stands for
// 4.0 to 4.2.
func RabbitProfiles() []string { return []string{"3.10", "3.13", "4.0", "4.3"} }

// RabbitWorld is one broker and one client node.
type RabbitWorld interface {
	// Run runs script as one task of the client node and returns its error when it
	// has ended. The context lives as long as the world.
	Run(script func(ctx context.Context, client RabbitClient) error) error
}

// RabbitClient is what a script can use. The functions are called in its task.
type RabbitClient struct {
	Broker port.Broker
	Clock  port.Clock

	// Prefix is put before the names of exchanges and queues, so that cases do not
	// meet on a broker that they share. It may be empty.
	Prefix string

	// Direct is the same broker reached without what Cut needs, for cases that cut
	// nothing. It is nil if that makes no difference.
	Direct port.Broker

	// Cut breaks the network under the connection with this name at once, without a
	// word of AMQP, and lets both ends learn it at once (a reset).
	Cut func(ctx context.Context, connection string) error

	// Alarm makes the broker block publishers, or ends that. Restart kills the broker
	// and returns when it answers again. AckTimeout sets, for channels opened from now on, how
	// long a delivery may stay unacknowledged and how often the broker looks. They return
	// errNoOperator where the arm cannot.
	Alarm      func(ctx context.Context, on bool) error
	Restart    func(ctx context.Context) error
	AckTimeout func(ctx context.Context, timeout, tick time.Duration) error

	// Peek is how long Next may take to bring what has reached the channel. Zero is
	// for an arm whose Next brings it even when its context has ended.
	Peek time.Duration

	// Quiet lets time pass until the broker has done all that the calls so far cause
	// without a timer: nothing is on a wire or in a process's mailbox, every confirm
	// and every delivery that is due has reached its channel's Next. Timers (TTL,
	// expiry) stay where they are. If it is nil the runner uses round trips, see
	// barrier.
	Quiet func(ctx context.Context) error
}

// errNoOperator is returned for a step that only the broker's operator can do.
var errNoOperator = errors.New("the broker is not ours to control")

// RabbitCase is one rule of RabbitMQ.
type RabbitCase struct {
	Topic    string // the transcript's file
	Name     string
	Rule     string   // a sentence
	Source   string   // where it is written
	Versions []string // the profiles it holds for, of RabbitProfiles
	Refused  string   // what the simulated broker must refuse by this name, or empty

	steps    []rabbitStep
	file     string
	lockstep bool // another broker has told what the queues hold after each step
}

// HoldsFor says whether the rule is one of the profile's.
func (c *RabbitCase) HoldsFor(profile string) bool { return slices.Contains(c.Versions, profile) }

// Check plays the case in a fresh world. The error names the step that diverged.
func (c *RabbitCase) Check(world RabbitWorld) error { return c.CheckWithin(world, rabbitPatience) }

// CheckWithin is Check that waits at most patience for what a step expects.
func (c *RabbitCase) CheckWithin(world RabbitWorld, patience time.Duration) error {
	return world.Run(func(ctx context.Context, client RabbitClient) error {
		return playRabbit(ctx, client, c, patience)
	})
}

// RunRabbitMQ runs the whole suite against an arm, a subtest per case. Cases that this arm
// cannot run, because they hold for other versions or need an operator it has not, have no
// subtest: they are listed at the end as documented, not run.
func RunRabbitMQ(t *testing.T, arm RabbitArm) {
	cases, err := RabbitCases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if !c.HoldsFor(arm.Profile()) {
			t.Logf("documented for %s, not run on %s: %s", strings.Join(c.Versions, ", "), arm.Profile(), c.Rule)
			continue
		}
		t.Run(c.Topic+"/"+c.Name, func(t *testing.T) {
			err := c.Check(arm.Open(t))
			if errors.Is(err, errNoOperator) {
				t.Skip(err)
			}
			if _, simulated := arm.(SimulatedRabbit); simulated && c.Refused != "" {
				var refused *rabbitmq.Unsupported
				if !errors.As(err, &refused) || refused.What != c.Refused {
					t.Errorf("%s\n  must be refused as %q: %v", c.Name, c.Refused, err)
				}
				return
			}
			if err != nil {
				t.Errorf("%s\n  rule:   %s\n  source: %s\n%v", c.Name, c.Rule, c.Source, err)
			}
		})
	}
}
