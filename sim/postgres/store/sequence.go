package store

import "github.com/squallhq/squall/sim/postgres/value"

// SequenceSpec is what CREATE SEQUENCE says.
type SequenceSpec struct {
	Type      *value.Type
	Start     int64
	Increment int64
	Min, Max  int64
	Cycle     bool
}

// Sequence hands out numbers outside transactions: what was handed out stays so, whatever becomes of
// the transaction.
type Sequence struct {
	oid    uint32
	schema string
	name   string
	spec   SequenceSpec
	owner  *Table
	column int // of owner

	last   int64
	called bool
	logged int // values that may be handed out before the next one is logged
	lock   lock
}

// sequenceAhead is how many values a log record covers, which are lost in a crash (SEQ_LOG_VALS).
const sequenceAhead = 32

// OID returns the sequence's object id.
func (q *Sequence) OID() uint32 { return q.oid }

// Name returns the sequence's name.
func (q *Sequence) Name() string { return q.name }

// Schema returns the name of the sequence's schema.
func (q *Sequence) Schema() string { return q.schema }

// Last returns the value taken last, or the first if none was taken.
func (q *Sequence) Last() int64 { return q.last }

// Spec returns the sequence's parameters.
func (q *Sequence) Spec(*Tx) SequenceSpec { return q.spec }

// LockSequence locks a sequence as LockTable does a table.
func (t *Tx) LockSequence(q *Sequence, m LockMode) error { return t.lock(&q.lock, m) }

// Nextval takes the next value. It is never given back. Error: 2200H, bounds reached.
func (s *Session) Nextval(q *Sequence) (int64, error) {
	if err := s.lockSequence(q); err != nil {
		return 0, err
	}
	next, err := q.next()
	if err != nil {
		return 0, err
	}
	if q.logged == 0 {
		q.logged = sequenceAhead
	} else {
		q.logged--
	}
	q.last, q.called = next, true
	s.remember(q, next)
	return next, nil
}

// lockSequence keeps ALTER and DROP SEQUENCE out until the transaction ends.
func (s *Session) lockSequence(q *Sequence) error {
	if s.tx == nil {
		return nil
	}
	return s.tx.lock(&q.lock, RowExclusive)
}

// next computes the next value without taking it.
func (q *Sequence) next() (int64, error) {
	switch {
	case !q.called:
		return q.last, nil
	case q.spec.Increment > 0 && q.last > q.spec.Max-q.spec.Increment:
		if !q.spec.Cycle {
			return 0, q.exhausted("maximum", q.spec.Max)
		}
		return q.spec.Min, nil
	case q.spec.Increment < 0 && q.last < q.spec.Min-q.spec.Increment:
		if !q.spec.Cycle {
			return 0, q.exhausted("minimum", q.spec.Min)
		}
		return q.spec.Max, nil
	}
	return q.last + q.spec.Increment, nil
}

func (q *Sequence) exhausted(which string, bound int64) error {
	return &value.Error{
		Code:    "2200H",
		Message: "nextval: reached " + which + " value of sequence " + quote(q.name) + " (" + signed(bound) + ")",
	}
}

func (s *Session) remember(q *Sequence, v int64) {
	if s.currvals == nil {
		s.currvals = map[*Sequence]int64{}
	}
	s.currvals[q] = v
	s.lastSeq = q
}

// Currval returns the session's last value of the sequence (55000: none yet).
func (s *Session) Currval(q *Sequence) (int64, error) {
	if err := s.lockSequence(q); err != nil {
		return 0, err
	}
	v, ok := s.currvals[q]
	if !ok {
		return 0, &value.Error{
			Code:    "55000",
			Message: "currval of sequence " + quote(q.name) + " is not yet defined in this session",
		}
	}
	return v, nil
}

// Lastval returns the session's last value of any sequence (55000: none yet).
func (s *Session) Lastval() (int64, error) {
	if s.lastSeq == nil {
		return 0, &value.Error{Code: "55000", Message: "lastval is not yet defined in this session"}
	}
	return s.currvals[s.lastSeq], s.lockSequence(s.lastSeq)
}

// ForgetSequences lets currval and lastval begin anew (DISCARD SEQUENCES).
func (s *Session) ForgetSequences() { s.currvals, s.lastSeq = nil, nil }

// Setval sets the sequence; called says whether v counts as handed out (22003: out of bounds).
func (s *Session) Setval(q *Sequence, v int64, called bool) error {
	if err := s.lockSequence(q); err != nil {
		return err
	}
	if v < q.spec.Min || v > q.spec.Max {
		return &value.Error{
			Code: "22003",
			Message: "setval: value " + signed(v) + " is out of bounds for sequence " + quote(q.name) +
				" (" + signed(q.spec.Min) + ".." + signed(q.spec.Max) + ")",
		}
	}
	q.last, q.called, q.logged = v, called, 0
	if called {
		last := s.lastSeq
		s.remember(q, v)
		s.lastSeq = last // lastval is of nextval (do_setval)
	}
	return nil
}

func signed(n int64) string {
	return string(value.Int8.AppendText(&value.Context{}, nil, value.OfInt(n)))
}

// crash skips the values that the log had covered in advance.
func (q *Sequence) crash() {
	for ; q.logged > 0; q.logged-- {
		next, err := q.next()
		if err != nil {
			break
		}
		q.last = next
	}
	q.logged = 0
}

// CreateSequence makes a sequence (42P07).
func (t *Tx) CreateSequence(schema, name string, spec SequenceSpec) (*Sequence, error) {
	s, err := t.needSchema(schema)
	if err != nil {
		return nil, err
	}
	q := &Sequence{oid: t.db.catalog.oid(), schema: schema, name: name, spec: spec, last: spec.Start}
	q.lock.name.sequence = q
	if err := t.bind(s.relations, name, &named{Relation: Relation{Sequence: q}}, relationExists(name)); err != nil {
		return nil, err
	}
	return q, nil
}

// SetOwner makes a column the owner of the sequence: it is dropped with it. nil: none.
func (t *Tx) SetOwner(q *Sequence, tbl *Table, column int) error {
	before, at := q.owner, q.column
	if before != nil {
		def := t.edit(before)
		def.Columns[at].Sequence = nil
	}
	if tbl != nil {
		def := t.edit(tbl)
		def.Columns[column].Sequence = q
	}
	q.owner, q.column = tbl, column
	t.logCatalog(func() { q.owner, q.column = before, at }, nil)
	return nil
}

// AlterSequence changes the parameters; restart, if not nil, sets the next value. Others wait for
// the end of the transaction before they take values.
func (t *Tx) AlterSequence(q *Sequence, spec SequenceSpec, restart *int64) error {
	if err := t.lock(&q.lock, ShareRowExclusive); err != nil {
		return err
	}
	before := *q
	t.assignID()
	q.spec = spec
	if restart != nil {
		q.last, q.called, q.logged = *restart, false, 0
	}
	t.logCatalog(func() {
		q.spec, q.last, q.called, q.logged = before.spec, before.last, before.called, before.logged
	}, nil)
	return nil
}

// RenameSequence renames a sequence (42P07).
func (t *Tx) RenameSequence(q *Sequence, name string) error {
	if err := t.lock(&q.lock, AccessExclusive); err != nil {
		return err
	}
	if err := t.rename(t.schema(q.schema), q.name, name); err != nil {
		return err
	}
	before := q.name
	q.name = name
	t.logCatalog(func() { q.name = before }, nil)
	return nil
}

// DropSequence drops a sequence (2BP01 if a column owns it).
func (t *Tx) DropSequence(q *Sequence, cascade bool) error {
	if err := t.lock(&q.lock, AccessExclusive); err != nil {
		return err
	}
	if q.owner != nil {
		if err := t.dropDefault(q, cascade); err != nil {
			return err
		}
	}
	t.drop(t.schema(q.schema).relations, q.name)
	return nil
}

// dropDefault takes a sequence's use out of the column that owns it, or refuses.
func (t *Tx) dropDefault(q *Sequence, cascade bool) error {
	def := q.owner.Def(t)
	column := def.Columns[q.column]
	on := "column " + column.Name + " of table " + def.Name
	switch {
	case column.Identity != NoIdentity:
		return &value.Error{
			Code:    "2BP01",
			Message: "cannot drop sequence " + q.name + " because " + on + " requires it",
			Hint:    "You can drop " + on + " instead.",
		}
	case !cascade && column.Default != nil:
		return &value.Error{
			Code:    "2BP01",
			Message: "cannot drop sequence " + q.name + " because other objects depend on it",
			Detail:  "default value for " + on + " depends on sequence " + q.name,
			Hint:    cascadeHint,
		}
	}
	def = t.edit(q.owner)
	def.Columns[q.column].Default, def.Columns[q.column].Sequence = nil, nil
	return nil
}
