package postgres

import (
	"errors"
	"slices"
	"strings"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// serveRequest does what a request asks for and fills the reply.
func (s *session) serveRequest(r *request) {
	out := &s.client.reply
	out.begin()
	if s.settings.statementTimeout > 0 {
		defer s.alarm(s.settings.statementTimeout, s.statementTimeout).stop()
	}
	var err error
	text := r.text
	switch {
	case r.kind == requestPing:
		return
	case strings.IndexByte(r.text, 0) >= 0: // the text ends there, and the message does not
		s.failed(refusal("08P01", "invalid message format"), "")
		return
	}
	switch r.kind {
	case requestCopy:
		text = r.copied.script.text
		err = s.copyRows(r)
	case requestSimple:
		err = s.simpleQuery(r)
	case requestPrepare:
		out.prepared, err = s.prepare(s.server.cache.script(r.text))
	default:
		text = r.items[0].prepared.script.text
		err = s.executeItems(r)
	}
	if err == nil && !s.block {
		err = s.commitImplicit(r)
	}
	if err == nil && s.interrupt != nil {
		s.interrupt = nil // it came too late
	}
	if err != nil {
		s.failed(err, text)
	}
}

func (s *session) statementTimeout() {
	s.cancel(refusal("57014", "canceling statement due to statement timeout"))
}

// failed answers with an error and undoes the statement.
func (s *session) failed(err error, text string) {
	if errors.Is(err, sim.ErrCrashed) {
		return
	}
	s.abort()
	answer, unsupported := errorOf(err, text)
	if unsupported != nil {
		s.server.fail(unsupported)
		answer = refusal("0A000", unsupported.Error())
	}
	out := &s.client.reply
	if answer.Code == "40001" {
		s.server.world.Mark(markSerialization)
	}
	out.err = pgError("ERROR", answer)
	if s.server.options.Refuse == AsError && unsupported != nil {
		out.err.Code, out.err.Routine = "SIMXX", "unsupported"
	}
	trace := s.server.world.Trace()
	trace.Begin(s.server.world.Now(), "error")
	trace.String(answer.Code)
	trace.String(answer.Message)
}

// abort undoes the work of the innermost transaction after an error.
func (s *session) abort() {
	switch {
	case s.tx == nil:
	case s.block:
		if !s.tx.Failed() {
			s.tx.Fail()
		}
	default:
		s.tx.Rollback()
		s.endTransaction(false)
	}
}

// simpleQuery runs the statements of a text in one implicit transaction.
func (s *session) simpleQuery(r *request) error {
	script := s.server.cache.script(r.text)
	statements, err := script.parse()
	if err != nil {
		return err
	}
	for i, statement := range statements {
		key := script
		if len(statements) > 1 {
			key = nil // not kept: such texts run once
		}
		if err := s.runStatement(r, statement, script, key, nil, i == len(statements)-1); err != nil {
			return err
		}
	}
	return nil
}

// executeItems runs prepared statements, up to the first that fails.
func (s *session) executeItems(r *request) error {
	for i := range r.items {
		it := &r.items[i]
		if it.prepared.discards != s.discards {
			return refusal("26000", `prepared statement "`+it.prepared.script.name()+`" does not exist`)
		}
		statement, err := it.prepared.script.one()
		if err != nil {
			return err
		}
		if err := s.runStatement(r, statement, it.prepared.script, it.prepared.script, it, true); err != nil {
			return err
		}
	}
	return nil
}

// runStatement runs one statement and appends its result to the reply. key is where its
// plan is kept; it, if not nil, carries parameters and formats.
func (s *session) runStatement(r *request, statement sql.Statement, sc, key *script, it *item, rowsWanted bool) error {
	out := s.client.reply.result()
	s.traceStatement(sc, it)
	if statement == nil {
		out.verb = ""
		return nil
	}
	if done, err := s.transactionCommand(r, statement, out); done {
		s.traceResult(out)
		return err
	}
	if s.tx != nil && s.tx.Failed() {
		return errAborted()
	}
	if err := s.begin(); err != nil {
		return err
	}
	if err := s.runPlanned(statement, sc, key, it, out); err != nil {
		if !rowsWanted || !streams(statement) {
			s.takeBack(out)
		}
		out.to = len(s.client.reply.data)
		return err
	}
	if !rowsWanted {
		s.takeBack(out)
	}
	s.traceResult(out)
	return nil
}

// streams says whether a statement sends its rows as it finds them. One that writes is carried out first
// (PostgreSQL source, ChoosePortalStrategy).
func streams(statement sql.Statement) bool {
	q, ok := statement.(*sql.Select)
	if !ok || q.With == nil {
		return ok
	}
	return !slices.ContainsFunc(q.With.CTEs, func(c sql.CTE) bool {
		_, reads := c.Query.(*sql.Select)
		return !reads
	})
}

// takeBack drops the rows that a statement has put into the reply.
func (s *session) takeBack(out *result) {
	s.client.reply.data = s.client.reply.data[:out.from]
	out.rows, out.to = 0, out.from
}

func errAborted() error {
	return refusal("25P02", "current transaction is aborted, commands ignored until end of transaction block")
}

// runPlanned gets the plan, takes the table locks, and executes.
func (s *session) runPlanned(statement sql.Statement, sc, key *script, it *item, out *result) error {
	s.fixSnapshot(statement)
	x := &s.x
	var p *plan
	var err error
	if it != nil {
		if p, err = s.replan(statement, it.prepared); err == nil {
			err = x.bind(it.prepared, it.args)
		}
		if err == nil {
			err = checkFormats(it.formats, len(p.columns))
		}
	} else {
		x.params = x.params[:0]
		p, err = s.plan(statement, sc, key, nil)
	}
	if err != nil {
		return err
	}
	if p.writes != "" && s.tx.ReadOnly() {
		return refusal("25006", "cannot execute "+p.writes+" in a read-only transaction")
	}
	x.begin(p, out)
	if it != nil {
		x.formats = it.formats
		out.fields, out.scans = it.prepared.describe(it.formats)
	} else {
		x.formats = nil
		out.fields = fieldsOf(p.columns)
	}
	err = p.execute(x)
	x.finish()
	if err != nil {
		return err
	}
	out.to = len(s.client.reply.data)
	return nil
}

// describe returns the field descriptions in the formats asked for.
func (p *prepared) describe(formats []int16) ([]fieldDescription, []scan) {
	if len(p.fields) == 0 {
		return nil, nil
	}
	if slices.Equal(formats, p.formats) {
		return p.fields, p.scans
	}
	fields := slices.Clone(p.fields)
	for i := range fields {
		fields[i].Format = formatOf(formats, i)
	}
	return fields, nil
}

// prepare is Parse and Describe: the statement's parameters and columns.
func (s *session) prepare(sc *script) (*prepared, error) {
	statement, err := sc.one()
	if err != nil {
		return nil, err
	}
	p := &prepared{script: sc, discards: s.discards}
	if statement == nil || isTransactionCommand(statement) {
		return p, nil
	}
	if s.tx != nil && s.tx.Failed() {
		return nil, errAborted()
	}
	if err := s.begin(); err != nil {
		return nil, err
	}
	s.fixSnapshot(statement)
	plan, err := s.plan(statement, sc, sc, nil)
	if err != nil {
		return nil, err
	}
	p.plan, p.paths, p.params = plan, s.settings.paths, plan.params
	for _, t := range plan.params {
		p.oids = append(p.oids, t.OID)
	}
	p.fields = fieldsOf(plan.columns)
	types := s.server.cache.types
	p.formats = make([]int16, len(p.fields))
	for i := range p.fields {
		p.formats[i] = types.FormatCodeForOID(p.fields[i].DataTypeOID)
		p.fields[i].Format = p.formats[i]
	}
	p.scans = sc.scansFor(p.fields)
	return p, nil
}

// scansFor returns the scan plans kept with the text, if its columns are still the same.
func (s *script) scansFor(fields []fieldDescription) []scan {
	same := len(s.scanned) == len(fields)
	for i := 0; same && i < len(fields); i++ {
		same = s.scanned[i] == fields[i].DataTypeOID
	}
	if !same {
		s.scans, s.scanned = make([]scan, len(fields)), make([]uint32, len(fields))
		for i := range fields {
			s.scanned[i] = fields[i].DataTypeOID
		}
	}
	return s.scans
}

func fieldsOf(columns []column) []fieldDescription {
	if len(columns) == 0 {
		return nil
	}
	fields := make([]fieldDescription, len(columns))
	for i, c := range columns {
		fields[i] = fieldDescription{
			Name: c.name, TableOID: c.table, TableAttributeNumber: c.attribute,
			DataTypeOID: c.oid(), DataTypeSize: c.typ.Size, TypeModifier: c.mod,
		}
	}
	return fields
}

// plan returns the plan of a statement with its tables locked, from the server's cache if
// the catalog has not changed since it was made.
func (s *session) plan(statement sql.Statement, sc, key *script, params []*value.Type) (*plan, error) {
	for {
		version := s.tx.CatalogVersion()
		p := s.cachedPlan(key, version)
		if p == nil {
			var err error
			if p, err = s.makePlan(statement, sc, params); err != nil {
				if lockErr := s.lockTables(p); lockErr != nil {
					return nil, lockErr
				}
				if s.tx.CatalogVersion() == version {
					return nil, err
				}
				continue
			}
			if key != nil && p.version == version && !p.private && s.sharedPath() {
				s.server.plans[key] = p
			}
		}
		if err := s.lockTables(p); err != nil {
			return nil, err
		}
		if s.tx.CatalogVersion() == p.version {
			return p, nil
		}
	}
}

func (s *session) cachedPlan(key *script, version uint64) *plan {
	if key == nil || !s.sharedPath() {
		return nil
	}
	if s.server.planned != version {
		clear(s.server.plans)
		s.server.planned = version
		return nil
	}
	return s.server.plans[key]
}

// sharedPath says whether names resolve for this session as for most.
func (s *session) sharedPath() bool {
	_, changed := s.settings.texts["search_path"]
	return !changed
}

// replan returns the plan of a prepared statement, anew if the catalog or the search path has changed. The
// client has been told what columns to expect: others are an error (plancache.c).
func (s *session) replan(statement sql.Statement, p *prepared) (*plan, error) {
	if p.plan != nil && p.paths == s.settings.paths && p.plan.version == s.tx.CatalogVersion() {
		if err := s.lockTables(p.plan); err != nil {
			return nil, err
		}
		if p.plan.version == s.tx.CatalogVersion() {
			return p.plan, nil
		}
	}
	plan, err := s.plan(statement, p.script, p.script, p.params)
	if err != nil {
		return nil, err
	}
	if !sameColumns(p.fields, plan.columns) {
		return nil, refusal("0A000", "cached plan must not change result type")
	}
	p.plan, p.paths = plan, s.settings.paths
	return plan, nil
}

func sameColumns(fields []fieldDescription, columns []column) bool {
	if len(fields) != len(columns) {
		return false
	}
	for i, c := range columns {
		if fields[i].DataTypeOID != c.oid() || fields[i].TypeModifier != c.mod || fields[i].Name != c.name {
			return false
		}
	}
	return true
}

func (s *session) lockTables(p *plan) error {
	for _, l := range p.locks {
		if err := s.tx.LockTable(l.table, l.mode); err != nil {
			return err
		}
	}
	return nil
}

// traceStatement puts the statement and its parameters into the trace.
func (s *session) traceStatement(sc *script, it *item) {
	t := s.server.world.Trace()
	t.Begin(s.server.world.Now(), "sql")
	t.String(s.server.node.Name)
	t.Int(int64(s.store.PID()))
	t.String(sc.name())
	if it == nil {
		return
	}
	for i := range it.args {
		a := &it.args[i]
		switch {
		case a.coded:
			t.Bytes(a.raw)
		case a.value.Kind == value.KindNull:
			t.String("NULL")
		case a.value.S != "":
			t.String(a.value.S)
		default:
			t.Int(a.value.N)
		}
	}
}

func (s *session) traceResult(out *result) {
	t := s.server.world.Trace()
	t.String(out.verb)
	t.Int(int64(out.affected))
	t.Bytes(s.client.reply.data[out.from:out.to])
}
