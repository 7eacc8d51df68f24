package postgres

import (
	"fmt"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// makePlan analyzes a statement against the catalog as the transaction sees it. With an error it returns
// the locks that the analysis took before: the server finds a table's columns under the lock.
func (s *session) makePlan(statement sql.Statement, sc *script, params []*value.Type) (*plan, error) {
	a := &analyzer{s: s, tx: s.tx, text: sc.text}
	a.context = s.x.context
	a.context.Now, a.context.Statement, a.context.Zone = s.startedAt, s.server.micros(), s.settings.zone
	if params != nil {
		a.params, a.fixed = append(a.params, params...), true
	}
	p := &plan{version: s.tx.CatalogVersion()}
	if err := a.statement(statement, p); err != nil {
		p.locks = a.locks
		return p, err
	}
	for i, t := range a.params {
		if t == value.Unknown {
			p.locks = a.locks
			return p, refusal("42P18", fmt.Sprintf("could not determine data type of parameter $%d", i+1))
		}
	}
	if a.late != nil {
		p.locks = a.locks
		return p, a.late
	}
	p.params, p.locks, p.once, p.ctes = a.params, a.locks, a.once, a.ctes
	p.private = a.private
	return p, nil
}

func (a *analyzer) statement(statement sql.Statement, p *plan) error {
	switch st := statement.(type) {
	case *sql.Select:
		return a.selectPlan(st, p)
	case *sql.Insert:
		m, err := a.newScope(nil).insert(st)
		return a.modifyPlan(m, "INSERT 0", p, err)
	case *sql.Update:
		m, err := a.newScope(nil).update(st)
		return a.modifyPlan(m, "UPDATE", p, err)
	case *sql.Delete:
		m, err := a.newScope(nil).delete(st)
		return a.modifyPlan(m, "DELETE", p, err)
	}
	return a.utility(statement, p)
}

func (a *analyzer) selectPlan(st *sql.Select, p *plan) error {
	q, err := a.newScope(nil).query(st)
	if err != nil {
		return err
	}
	p.columns = q.columns
	p.writes = a.locking
	for _, c := range q.ctes {
		if c.modify != nil {
			p.writes = c.modify.verb
		}
	}
	p.run = func(x *execution) error {
		x.out.verb, x.out.counted = "SELECT", true
		if err := q.run(x, nil, x.send); err != nil {
			return err
		}
		return x.finishCTEs(q.ctes)
	}
	return nil
}

func (a *analyzer) modifyPlan(m *modification, verb string, p *plan, err error) error {
	if err == nil {
		p.columns = m.columns
	}
	if err != nil {
		return err
	}
	p.writes = m.verb
	p.run = func(x *execution) error {
		x.out.verb, x.out.counted = verb, true
		affected, err := m.run(x, nil, x.send)
		x.out.affected = affected
		return err
	}
	return nil
}

// copyRows runs one INSERT for every row of a COPY, as one statement.
func (s *session) copyRows(r *request) error {
	p := r.copied
	sc := p.script
	statement, err := sc.one()
	if err != nil {
		return err
	}
	if s.tx != nil && s.tx.Failed() {
		return errAborted()
	}
	if err := s.begin(); err != nil {
		return err
	}
	plan, err := s.replan(statement, p)
	if err != nil {
		return err
	}
	if s.tx.ReadOnly() {
		return refusal("25006", "cannot execute COPY FROM in a read-only transaction")
	}
	if r.failure != "" {
		return refusal("57014", "COPY from stdin failed: "+r.failure)
	}
	out := s.client.reply.result()
	x := &s.x
	x.begin(plan, out)
	x.snap, x.snapped = s.tx.BeginStatement(), true
	total := 0
	for i := range r.items {
		s.traceStatement(sc, &r.items[i])
		if err := x.bind(p, r.items[i].args); err != nil {
			return err
		}
		if err := plan.run(x); err != nil {
			return err
		}
		total += out.affected
	}
	err = s.tx.EndStatement(x.snap)
	x.finish()
	out.verb, out.counted, out.affected = "COPY", true, total
	return err
}
