package conform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

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
//   - the rows of a join over two rows with one unique key, which a snapshot may show.
type PostgresFuzz struct {
	Stats     FuzzStats
	Report    func(transcript string) // is told of each divergence
	Lane      int                     // lanes with one seed play different scripts
	found     int
	real      *realLockstep
	simulated *simulatedLockstep
}

// foundMax is where a lane gives up: more of the same helps nobody.
const foundMax = 10

// NewPostgresFuzz makes a fuzzer with a database of its own on the shared server.
func NewPostgresFuzz(t testing.TB) *PostgresFuzz {
	t.Helper()
	return &PostgresFuzz{
		Stats:     FuzzStats{Kinds: map[string]int{}},
		real:      newRealLockstep(t, servers.Postgres(t)),
		simulated: &simulatedLockstep{t: t, cache: postgres.NewCache()},
	}
}

// Script draws and plays one script. A divergence is shrunk and reported.
func (f *PostgresFuzz) Script(t *rapid.T) {
	if f.found == foundMax {
		return
	}
	f.Stats.Scripts++
	for range f.Lane {
		choose(t, "lane", 1)
	}
	if s := f.play(&f.Stats, func(s *lockstepScript) { s.draw(t) }); s.why != "" {
		f.found++
		f.Report(f.shrink(s))
	}
}

// Transcript draws and plays one script, and returns it as a case. Where the arms may differ (what is excused
// ends a script) it is empty.
func (f *PostgresFuzz) Transcript(t *rapid.T) string {
	s := f.play(&FuzzStats{Kinds: map[string]int{}}, func(s *lockstepScript) { s.draw(t) })
	if s.over || s.why != "" || len(s.waiting) > 0 {
		return ""
	}
	return s.transcript("")
}

// divergence is the panic that ends a script on which the arms differ.
type divergence string

// play runs a script on fresh worlds, and returns it with where the arms differ.
func (f *PostgresFuzz) play(stats *FuzzStats, run func(s *lockstepScript)) (s *lockstepScript) {
	s = &lockstepScript{
		stats: stats, arms: [2]*lockstepSide{{arm: f.real}, {arm: f.simulated}},
		waiting: map[string][]string{}, block: map[string]bool{}, failed: map[string]bool{}, called: map[string]string{},
	}
	defer func() {
		if p := recover(); p != nil {
			why, differs := p.(divergence)
			if !differs {
				panic(p)
			}
			s.why = string(why)
		}
	}()
	for _, side := range s.arms {
		side.world = side.arm.begin()
		side.sessions = map[string]*scriptSession{}
	}
	defer f.real.end()
	defer f.simulated.end()
	run(s)
	return s
}

// lockstepScript is a script under way.
type lockstepScript struct {
	t       *rapid.T // nil when it is played again
	stats   *FuzzStats
	arms    [2]*lockstepSide // real, simulated
	names   []string
	levels  []string            // of BEGIN
	waiting map[string][]string // sessions whose statement waits, and for whom
	block   map[string]bool     // sessions in a transaction
	failed  map[string]bool     // in one that has failed
	setup   string
	steps   []fuzzStep
	ready   bool // the setup is done
	blocked bool
	over    bool   // excused, and the arms do not agree any more
	why     string // the arms differ

	text     strings.Builder   // the transcript
	called   map[string]string // victim and survivor of a deadlock, by their names
	conclude bool              // after a divergence the real arm ends the transcript alone
}

// fuzzStep is a statement of a session.
type fuzzStep struct{ session, sql string }

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

// draw draws a script and plays it meanwhile: what makes sense depends on the answers.
func (s *lockstepScript) draw(t *rapid.T) {
	s.t = t
	for i := range 2 + choose(t, "sessions", 5) {
		s.names = append(s.names, fmt.Sprintf("s%d", i+1))
	}
	s.levels = isolationLevels
	if only := choose(t, "levels", 2*len(isolationLevels)); only < len(isolationLevels) {
		s.levels = isolationLevels[only : only+1]
	}
	s.prepare(postgresSchema.expand(t, "schema", 0))
	for range 5 + choose(t, "steps", 36) {
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

// prepare makes the schema.
func (s *lockstepScript) prepare(sql string) {
	s.setup = sql
	fmt.Fprintf(&s.text, "setup> %s\n\n", sql)
	for i, side := range s.arms {
		side.start("setup", &step{kind: stepExec, sql: sql})
		s.demand(i, side.arm.quiet([]string{"setup"}), "setup")
	}
	s.ready = true
}

// finalState reads all that a script may have left.
var finalState = []string{
	"SELECT * FROM a", "SELECT * FROM b", "SELECT * FROM k", "SELECT * FROM l", "SELECT count(*), sum(id), sum(v) FROM g", "SELECT * FROM m_s1",
}

func (s *lockstepScript) demand(arm int, got standing, name string) {
	if !slices.Contains(got.returned, name) {
		panic(divergence(fmt.Sprintf("arm %d: %s does not return", arm, name)))
	}
	if line := s.arms[arm].sessions[name].got.lines([]string{messagePrefix}); strings.HasPrefix(line[0], "ERROR") || strings.HasPrefix(line[0], "FAILS") {
		panic(divergence(fmt.Sprintf("arm %d: %s: %v", arm, name, line)))
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
	kind, sql := s.statement(name)
	s.stats.Kinds[kind]++
	s.stats.Steps++
	s.perform(name, sql)
}

// statement draws a statement that makes sense where the session is.
func (s *lockstepScript) statement(name string) (kind, sql string) {
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
	return kind, strings.ReplaceAll(postgresStatements.expand(s.t, kind, 0), "{session}", name)
}

// weightedKinds has the statements that make others wait more often.
var weightedKinds = func() []string {
	kinds := postgresStatements.kinds()
	for range 22 {
		kinds = append(kinds, "update.row", "update.row", "select.lock", "select.claim", "insert.row", "insert.conflict", "delete.row", "update.many")
	}
	for range 2 {
		kinds = append(kinds, "own.alter", "own.constraint", "own.retype", "own.sequence", "own.type", "own.rename", "own.rows", "session.set", "savepoint.use", "select.function", "advisory.lock", "lock.table", "composite.update", "large.change")
	}
	return kinds
}()

// perform runs a statement on both arms and compares where they stand then.
func (s *lockstepScript) perform(name, sql string) {
	s.steps = append(s.steps, fuzzStep{name, sql})
	parsed, line := s.parse(name, sql)
	fmt.Fprintf(&s.text, "%s\n", line)
	under := append(slices.Sorted(maps.Keys(s.waiting)), name)
	for _, side := range s.arms {
		side.start(name, parsed)
	}
	simulated := s.arms[1].arm.quiet(under)
	s.compare(name, s.actual(under, simulated), simulated)
}

// lateWait is how long the real server is given for a lock_timeout that has passed in the simulation: on a busy machine
// its alarm may come late.
const lateWait = 2 * time.Second

// actual lets the real arm go quiet, and where somebody waits who does not in the simulation looks again.
func (s *lockstepScript) actual(under []string, simulated standing) standing {
	arm := s.arms[0].arm
	at := arm.quiet(under)
	late := func(name string) bool { return at.waits[name] != nil && slices.Contains(simulated.returned, name) }
	for deadline := time.Now().Add(lateWait); slices.ContainsFunc(under, late) && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		again := arm.quiet(sortedKeys(at.waits))
		at = standing{append(at.returned, again.returned...), again.waits}
		slices.Sort(at.returned)
	}
	return at
}

// parse reads a statement as the step of a transcript that it is: with "! " before it by the
// simple protocol, and with its arguments on lines below it.
func (s *lockstepScript) parse(name, sql string) (*step, string) {
	mark := ""
	if rest, simple := strings.CutPrefix(sql, "! "); simple {
		sql, mark = rest, "!"
	}
	first, rest, _ := strings.Cut(sql, "\n")
	parsed := &step{kind: statementKind(name, mark), session: name, sql: first}
	parser := transcriptParser{step: parsed}
	for line := range strings.Lines(rest) {
		if err := parser.continueStep(strings.TrimRight(line, "\n")); err != nil {
			panic(fmt.Sprintf("the grammar makes %q: %v", sql, err))
		}
	}
	parsed.begin, _ = parseBegin(first)
	return parsed, s.call(name) + mark + "> " + sql
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
	for _, sql := range append([]string{"SELECT nextval('q')"}, finalState...) {
		if !s.over {
			s.perform(s.names[0], sql)
		}
	}
}
