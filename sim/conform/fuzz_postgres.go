package conform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/sim/conform/servers"
	"github.com/squallhq/squall/sim/postgres"
	"github.com/squallhq/squall/system/port"
)

// PostgresFuzz plays random scripts on a real and on the simulated PostgreSQL, step by step.
// After each step both are let go quiet, and must agree on who has returned with what,
// and who waits for whom. What the server does not define is excused, counted, and where the
// arms cannot be made agree again, ends the script:
//
//   - a serialization failure (40001) for read/write dependencies on one arm only: a server
//     may abort more than it must. The transaction is rolled back on both.
//   - another victim of a deadlock.
//   - several sessions woken at once, which then race.
type PostgresFuzz struct {
	Stats     FuzzStats
	Lane      int // lanes with one seed play different scripts
	real      *realLockstep
	simulated *simulatedLockstep
}

// NewPostgresFuzz makes a fuzzer with a database of its own on the shared server.
func NewPostgresFuzz(t testing.TB) *PostgresFuzz {
	t.Helper()
	return &PostgresFuzz{
		Stats:     FuzzStats{Kinds: map[string]int{}},
		real:      newRealLockstep(t, servers.Postgres(t)),
		simulated: &simulatedLockstep{t: t, cache: postgres.NewCache()},
	}
}

// Script draws and plays one script. A divergence fails the test with a transcript.
func (f *PostgresFuzz) Script(t *rapid.T) {
	s := &lockstepScript{t: t, stats: &f.Stats, arms: [2]*lockstepSide{{arm: f.real}, {arm: f.simulated}}}
	for _, side := range s.arms {
		side.world = side.arm.begin()
		side.sessions = map[string]*scriptSession{}
	}
	defer f.real.end()
	defer f.simulated.end()
	f.Stats.Scripts++
	for range f.Lane {
		choose(t, "lane", 1)
	}
	s.play()
}

// lockstepScript is a script under way.
type lockstepScript struct {
	t       *rapid.T
	stats   *FuzzStats
	arms    [2]*lockstepSide // real, simulated
	names   []string
	levels  []string            // of BEGIN
	waiting map[string][]string // sessions whose statement waits, and for whom
	block   map[string]bool     // sessions in a transaction
	failed  map[string]bool     // in one that has failed
	text    strings.Builder     // the transcript
	blocked bool
	over    bool // excused, and the arms do not agree any more
}

// lockstepSide is an arm in a script.
type lockstepSide struct {
	arm      lockstepArm
	world    PostgresWorld
	sessions map[string]*scriptSession
}

func (side *lockstepSide) session(name string) *scriptSession {
	session := side.sessions[name]
	if session == nil {
		session = &scriptSession{id: Session{Client: name}}
		side.sessions[name] = session
	}
	return session
}

func (side *lockstepSide) start(name string, s *step) {
	session := side.session(name)
	side.world.Start(session.id, func(ctx context.Context, db port.DB, _ port.Clock) {
		session.got = session.perform(ctx, db, s)
	})
}

var isolationLevels = []string{"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"}

func (s *lockstepScript) play() {
	s.waiting, s.block, s.failed = map[string][]string{}, map[string]bool{}, map[string]bool{}
	for i := range 2 + choose(s.t, "sessions", 5) {
		s.names = append(s.names, fmt.Sprintf("s%d", i+1))
	}
	s.levels = isolationLevels
	if only := choose(s.t, "levels", 2*len(isolationLevels)); only < len(isolationLevels) {
		s.levels = isolationLevels[only : only+1]
	}
	s.setup()
	for range 5 + choose(s.t, "steps", 36) {
		if s.over {
			break
		}
		s.step()
	}
	if !s.over {
		s.finish()
	}
	if s.blocked {
		s.stats.Blocked++
	}
}

// setup makes the schema, and the simulated sessions as impatient about deadlocks as the
// real ones.
func (s *lockstepScript) setup() {
	sql := postgresSchema.expand(s.t, "schema", 0)
	fmt.Fprintf(&s.text, "setup> %s\n\n", sql)
	for i, side := range s.arms {
		side.start("setup", &step{kind: stepExec, sql: sql})
		s.demand(i, side.arm.quiet([]string{"setup"}), "setup")
		if i == 0 {
			continue
		}
		for _, name := range s.names {
			side.start(name, &step{kind: stepExec, sql: fmt.Sprintf("SET deadlock_timeout = '%dms'", fuzzDeadlockTimeout.Milliseconds())})
			s.demand(i, side.arm.quiet([]string{name}), name)
		}
	}
}

func (s *lockstepScript) demand(arm int, got standing, name string) {
	if !slices.Contains(got.returned, name) {
		s.diverged(fmt.Sprintf("arm %d: %s does not return", arm, name))
	}
	if line := s.arms[arm].sessions[name].got.lines([]string{messagePrefix}); strings.HasPrefix(line[0], "ERROR") || strings.HasPrefix(line[0], "FAILS") {
		s.diverged(fmt.Sprintf("arm %d: %s: %v", arm, name, line))
	}
}

// step draws a session that does not wait, and what it does.
func (s *lockstepScript) step() {
	var free []string
	for _, name := range s.names {
		if s.waiting[name] == nil {
			free = append(free, name)
		}
	}
	if len(free) == 0 {
		return
	}
	name := free[choose(s.t, "session", len(free))]
	kind, sql := s.draw(name)
	s.stats.Kinds[kind]++
	s.stats.Steps++
	s.perform(name, sql)
}

// draw draws a statement that makes sense where the session is.
func (s *lockstepScript) draw(name string) (kind, sql string) {
	die := choose(s.t, "die", 100)
	switch {
	case s.failed[name] && die < 50:
		return "rollback", "ROLLBACK"
	case s.failed[name] && die < 70:
		return "savepoint.use", "ROLLBACK TO x"
	case s.block[name] && die < 12:
		return "commit", "COMMIT"
	case s.block[name] && die < 17:
		return "rollback", "ROLLBACK"
	case !s.block[name] && die < 70:
		level := s.levels[choose(s.t, "level", len(s.levels))]
		return "begin." + strings.ToLower(level), "BEGIN ISOLATION LEVEL " + level
	}
	kind = weightedKinds[choose(s.t, "kind", len(weightedKinds))]
	return kind, postgresStatements.expand(s.t, kind, 0)
}

// weightedKinds has the statements that make others wait more often.
var weightedKinds = func() []string {
	kinds := postgresStatements.kinds()
	for range 3 {
		kinds = append(kinds, "update.row", "update.row", "select.lock", "select.claim", "insert.row", "insert.conflict", "delete.row", "update.many")
	}
	return kinds
}()

// perform runs a statement on both arms and compares where they stand then.
func (s *lockstepScript) perform(name, sql string) {
	fmt.Fprintf(&s.text, "%s> %s\n", name, sql)
	parsed := &step{kind: stepQuery, session: name, sql: sql}
	parsed.begin, _ = parseBegin(sql)
	under := append(slices.Sorted(maps.Keys(s.waiting)), name)
	for _, side := range s.arms {
		side.start(name, parsed)
	}
	simulated := s.arms[1].arm.quiet(under)
	actual := s.arms[0].arm.quiet(under)
	s.compare(name, actual, simulated)
}

// finish ends all transactions that it can, and compares the tables.
func (s *lockstepScript) finish() {
	for tries := 0; tries < 3*len(s.names) && !s.over; tries++ {
		for _, name := range s.names {
			if s.waiting[name] == nil && s.block[name] && !s.over {
				s.perform(name, "ROLLBACK")
			}
		}
	}
	for _, name := range s.names {
		if s.waiting[name] == nil && !s.over {
			s.perform(name, "SELECT pg_advisory_unlock_all()")
		}
	}
	if s.over || len(s.waiting) > 0 {
		return
	}
	for _, sql := range []string{"SELECT * FROM a", "SELECT * FROM b", "SELECT nextval('q')"} {
		if !s.over {
			s.perform(s.names[0], sql)
		}
	}
}

func (s *lockstepScript) diverged(why string) {
	s.t.Fatalf("the simulated server diverges\n\n== found by the fuzzer\nrule:\nsource:\n\n%s\n%s", s.text.String(), why)
}
