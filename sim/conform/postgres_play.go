package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/system/port"
)

// player plays a script's steps one after the other. It is sequential: only the
// world lets sessions run.
type player struct {
	world    PostgresWorld
	sessions []*scriptSession
	names    map[string]string // victim and survivor of a deadlock

	// judge looks at what a step did. Comparing it is one judge, recording another.
	judge func(s *step, got *outcome) error
}

// scriptSession is a session that the script names.
type scriptSession struct {
	id       Session
	tx       pgx.Tx // open transaction, or nil
	running  bool   // the script has not heard of the statement's outcome yet
	returned bool   // but the world has told
	got      *outcome
}

// compare is the judge of a test.
func compare(s *step, got *outcome) error {
	if got.equals(s.want) {
		return nil
	}
	indent := func(lines []string) string { return "\n      " + strings.Join(lines, "\n      ") }
	want := s.want
	if len(want) == 0 {
		want = []string{"(nothing is written below the step)"}
	}
	everything := append(slices.Clone(s.want), messagePrefix, detailPrefix) // an unwanted error tells all it has
	return fmt.Errorf("  %s: %s\n    want:%s\n    got:%s", s.where, strings.Join(s.raw, "\n  "), indent(want), indent(got.lines(everything)))
}

// record is the judge that refreshes a transcript.
func record(s *step, got *outcome) error {
	if s.kind != stepSetup {
		s.want = got.lines(s.want)
	}
	return nil
}

func (p *player) play(steps []*step) error {
	for _, s := range steps {
		if err := p.step(s); err != nil {
			return err
		}
	}
	for _, session := range p.sessions {
		if session.running {
			return fmt.Errorf("  at the end of the case %s has not resumed", session.id.Client)
		}
	}
	return p.leave()
}

func (p *player) step(s *step) error {
	session := p.session(s.session)
	waits := s.kind == stepResumes || s.kind == stepStillBlocks
	if waits != session.running {
		return fmt.Errorf("  %s: %s\n    %s", s.where, s.raw[0], situation(session))
	}
	switch s.kind {
	case stepResumes:
		return p.resume(session, s)
	case stepStillBlocks:
		return p.stillBlocks(session, s)
	default:
		return p.run(session, s)
	}
}

func situation(session *scriptSession) string {
	if session.running {
		return session.id.Client + " has not resumed from its previous statement"
	}
	return session.id.Client + " is not waiting"
}

// run starts a statement and sees whether it returns or blocks.
func (p *player) run(session *scriptSession, s *step) error {
	session.running = true
	p.world.Start(session.id, func(ctx context.Context, db port.DB, _ port.Clock) {
		session.got = session.perform(ctx, db, s)
	})
	if partner, isDeadlock := deadlockWith(s.want); isDeadlock {
		return p.deadlock(s, session, p.session(partner))
	}
	if !p.world.Settle(session.id) {
		return p.judge(s, tagged("blocks"))
	}
	session.running = false
	if s.kind == stepSetup {
		return p.setup(s, session.got)
	}
	return p.judge(s, session.got)
}

// setup wants success and nothing else.
func (p *player) setup(s *step, got *outcome) error {
	if line := got.lines(nil)[0]; strings.HasPrefix(line, "ERROR") || strings.HasPrefix(line, "FAILS") {
		return compare(s, got)
	}
	return nil
}

func (p *player) resume(session *scriptSession, s *step) error {
	if _, returned := p.await(session); !returned {
		return p.judge(s, tagged("still blocks"))
	}
	session.running, session.returned = false, false
	return p.judge(s, session.got)
}

func (p *player) stillBlocks(session *scriptSession, s *step) error {
	if !session.returned && !p.world.Settle(session.id) {
		return nil
	}
	session.running, session.returned = false, false
	return fmt.Errorf("  %s: %s\n    got:\n      %s", s.where, s.raw[0], strings.Join(session.got.lines(nil), "\n      "))
}

func deadlockWith(want []string) (partner string, isDeadlock bool) {
	if len(want) == 0 {
		return "", false
	}
	return strings.CutPrefix(want[0], "deadlock with ")
}

// deadlock waits until one of the two is the victim. Which of them it is depends on
// whose deadlock_timeout ended first (PostgreSQL documentation, 13.3.4).
func (p *player) deadlock(s *step, last, other *scriptSession) error {
	if !other.running {
		return fmt.Errorf("  %s: %s\n    %s", s.where, s.raw[0], situation(other))
	}
	first, ok := p.await(last, other)
	if !ok {
		return p.judge(s, tagged("no deadlock"))
	}
	victim, survivor := first, last
	if first == last {
		survivor = other
	}
	if !isVictim(first.got) { // the survivor may be seen first: the victim's locks are gone before its answer
		victim, survivor = survivor, first
		if _, ok := p.await(victim); !ok || !isVictim(victim.got) {
			return p.judge(s, tagged("no deadlock"))
		}
	}
	victim.running, victim.returned = false, false
	p.names = map[string]string{"victim": victim.id.Client, "survivor": survivor.id.Client}
	return p.judge(s, tagged("deadlock with "+other.id.Client))
}

// await waits for the work of one of the sessions, which may have been seen to return
// before.
func (p *player) await(sessions ...*scriptSession) (*scriptSession, bool) {
	var ids []Session
	for _, session := range sessions {
		if session.returned {
			return session, true
		}
		ids = append(ids, session.id)
	}
	id, ok := p.world.Await(ids...)
	if !ok {
		return nil, false
	}
	for _, session := range sessions {
		if session.id == id {
			session.returned = true
			return session, true
		}
	}
	return nil, false
}

func isVictim(o *outcome) bool { return o != nil && strings.HasPrefix(o.tail[0], "ERROR 40P01") }

func (p *player) session(name string) *scriptSession {
	if actual, ok := p.names[name]; ok {
		name = actual
	}
	for _, session := range p.sessions {
		if session.id.Client == name {
			return session
		}
	}
	session := &scriptSession{id: Session{Client: name}}
	p.sessions = append(p.sessions, session)
	return session
}

// leave rolls back what the script left open.
func (p *player) leave() error {
	for _, session := range p.sessions {
		if session.tx == nil {
			continue
		}
		p.world.Start(session.id, func(ctx context.Context, _ port.DB, _ port.Clock) { _ = session.tx.Rollback(ctx) })
		if _, returned := p.world.Await(session.id); !returned {
			return fmt.Errorf("  the rollback of %s at the end of the case does not return", session.id.Client)
		}
	}
	return nil
}

// ordersRows says whether the statement has an ORDER BY of its own, outside parentheses
// (those of a subquery, a window or an aggregate promise nothing about the result).
func ordersRows(sql string) bool {
	depth := 0
	outside := strings.Map(func(r rune) rune {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth > 0 {
			return -1
		}
		return r
	}, sql)
	return strings.Contains(strings.ToUpper(outside), "ORDER BY")
}

// querier is what a statement runs on: the pool, or the open transaction.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// perform runs in the session's task.
func (session *scriptSession) perform(ctx context.Context, db port.DB, s *step) *outcome {
	switch {
	case s.begin != nil:
		return session.begin(ctx, db, *s.begin)
	case strings.EqualFold(s.sql, "commit"):
		return session.end(ctx, "COMMIT", pgx.Tx.Commit)
	case strings.EqualFold(s.sql, "rollback"):
		return session.end(ctx, "ROLLBACK", pgx.Tx.Rollback)
	}
	var on querier = db
	if session.tx != nil {
		on = session.tx
	}
	if s.kind != stepQuery {
		tag, err := on.Exec(ctx, s.sql, s.args...)
		if err != nil {
			return failed(err)
		}
		return tagged(tag.String())
	}
	rows, err := on.Query(ctx, s.sql, s.args...)
	if err != nil {
		return failed(err)
	}
	return collect(rows, ordersRows(s.sql))
}

func (session *scriptSession) begin(ctx context.Context, db port.DB, options pgx.TxOptions) *outcome {
	if session.tx != nil {
		return tagged("FAILS the script is in a transaction already")
	}
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return failed(err)
	}
	session.tx = tx
	return tagged("BEGIN")
}

func (session *scriptSession) end(ctx context.Context, tag string, how func(pgx.Tx, context.Context) error) *outcome {
	tx := session.tx
	if tx == nil {
		return tagged("FAILS the script is not in a transaction")
	}
	session.tx = nil
	err := how(tx, ctx)
	switch {
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return tagged("ROLLBACK")
	case err != nil:
		return failed(err)
	default:
		return tagged(tag)
	}
}
