package postgres

import (
	"fmt"
	"math"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

func (d *ddl) createSequence(st *sql.CreateSequence) error {
	schema, err := d.creationSchema(st.Name)
	if err != nil {
		return err
	}
	if st.IfNotExists && d.tx.Lookup(schema, st.Name.Name) != (store.Relation{}) {
		return nil
	}
	spec, err := d.newSequence(value.Int8, st.Options, "sequence")
	if err != nil {
		return err
	}
	q, err := d.tx.CreateSequence(schema, st.Name.Name, spec)
	if err != nil {
		return err
	}
	return d.owned(q, st.Options)
}

// owned applies OWNED BY.
func (d *ddl) owned(q *store.Sequence, options []sql.SequenceOption) error {
	for _, o := range options {
		if o.Kind != sql.SequenceOwnedBy {
			continue
		}
		if o.None || len(o.OwnedBy) < 2 {
			if err := d.tx.SetOwner(q, nil, 0); err != nil {
				return err
			}
			continue
		}
		n := len(o.OwnedBy)
		name := sql.QualifiedName{Name: o.OwnedBy[n-2].Name}
		if n > 2 {
			name.Schema = o.OwnedBy[n-3].Name
		}
		table, err := d.table(name, store.AccessShare)
		if err != nil {
			return err
		}
		i, err := d.position(table, o.OwnedBy[n-1].Name)
		if err != nil {
			return err
		}
		if err := d.tx.SetOwner(q, table, i); err != nil {
			return err
		}
	}
	return nil
}

func (d *ddl) alterSequence(st *sql.AlterSequence) error {
	r := d.s.lookup(st.Name)
	if r.Sequence == nil {
		if st.IfExists {
			return nil
		}
		return refusal("42P01", `relation "`+relationName(st.Name)+`" does not exist`)
	}
	if err := d.changeSequence(r.Sequence, st.Options, "sequence"); err != nil {
		return err
	}
	return d.owned(r.Sequence, st.Options)
}

// newSequence returns the parameters of a sequence of a type, unless AS says another (init_params).
func (d *ddl) newSequence(t *value.Type, options []sql.SequenceOption, what string) (store.SequenceSpec, error) {
	c := &sequenceChange{d: d, spec: store.SequenceSpec{Type: t, Increment: 1}, fresh: true, what: what}
	err := c.apply(options)
	return c.spec, err
}

// changeSequence applies the options of ALTER SEQUENCE, when it has the sequence's lock.
func (d *ddl) changeSequence(q *store.Sequence, options []sql.SequenceOption, what string) error {
	if err := d.tx.LockSequence(q, store.ShareRowExclusive); err != nil {
		return err
	}
	c := &sequenceChange{d: d, spec: q.Spec(d.tx), last: q.Last(), what: what}
	if err := c.apply(options); err != nil {
		return err
	}
	return d.tx.AlterSequence(q, c.spec, c.restart)
}

// sequenceChange is what the options of CREATE or ALTER SEQUENCE make of a sequence's parameters.
type sequenceChange struct {
	d       *ddl
	spec    store.SequenceSpec
	fresh   bool   // it is being created
	what    string // sequence, or identity column
	last    int64
	restart *int64 // the next value; nil: it goes on
}

// apply works the options off in the server's order, whatever theirs.
func (c *sequenceChange) apply(options []sql.SequenceOption) error {
	given := map[sql.SequenceOptionKind]*sql.SequenceOption{}
	for i := range options {
		given[options[i].Kind] = &options[i]
	}
	for _, step := range []func(map[sql.SequenceOptionKind]*sql.SequenceOption) error{c.as, c.steps, c.bounds, c.start, c.restarts, c.cache} {
		if err := step(given); err != nil {
			return err
		}
	}
	return nil
}

func (c *sequenceChange) as(given map[sql.SequenceOptionKind]*sql.SequenceOption) error {
	before := c.spec.Type
	if o := given[sql.SequenceAs]; o != nil {
		t, _, err := c.d.a.typeName(o.Type)
		if err != nil {
			return err
		}
		c.spec.Type = t
	}
	switch c.spec.Type {
	case value.Int2, value.Int4, value.Int8:
	default:
		return refusal("22023", c.what+" type must be smallint, integer, or bigint")
	}
	if c.fresh {
		return nil
	}
	oldLow, oldHigh := typeBounds(before)
	low, high := typeBounds(c.spec.Type)
	if c.spec.Max == oldHigh {
		c.spec.Max = high
	}
	if c.spec.Min == oldLow {
		c.spec.Min = low
	}
	return nil
}

func typeBounds(t *value.Type) (low, high int64) {
	switch t {
	case value.Int2:
		return math.MinInt16, math.MaxInt16
	case value.Int4:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

func (c *sequenceChange) steps(given map[sql.SequenceOptionKind]*sql.SequenceOption) error {
	if o := given[sql.SequenceIncrement]; o != nil {
		n := number(o)
		if n == nil || *n == 0 {
			return refusal("22023", "INCREMENT must not be zero")
		}
		c.spec.Increment = *n
	}
	if o := given[sql.SequenceCycle]; o != nil {
		c.spec.Cycle = !o.None
	}
	return nil
}

// bounds sets MAXVALUE and MINVALUE. An ascending sequence begins at 1, a descending one at -1.
func (c *sequenceChange) bounds(given map[sql.SequenceOptionKind]*sql.SequenceOption) error {
	low, high := typeBounds(c.spec.Type)
	lowest, highest := int64(1), high
	if c.spec.Increment < 0 {
		lowest, highest = low, -1
	}
	for _, bound := range []struct {
		name string
		o    *sql.SequenceOption
		at   *int64
		or   int64
	}{{"MAXVALUE", given[sql.SequenceMaxValue], &c.spec.Max, highest}, {"MINVALUE", given[sql.SequenceMinValue], &c.spec.Min, lowest}} {
		switch n := number(bound.o); {
		case n != nil:
			*bound.at = *n
		case c.fresh || bound.o != nil:
			*bound.at = bound.or
		}
		if *bound.at < low || *bound.at > high {
			return refusal("22023", fmt.Sprintf("%s (%d) is out of range for sequence data type %s", bound.name, *bound.at, c.spec.Type.Display))
		}
	}
	if c.spec.Min >= c.spec.Max {
		return refusal("22023", fmt.Sprintf("MINVALUE (%d) must be less than MAXVALUE (%d)", c.spec.Min, c.spec.Max))
	}
	return nil
}

func (c *sequenceChange) start(given map[sql.SequenceOptionKind]*sql.SequenceOption) error {
	switch n := number(given[sql.SequenceStart]); {
	case n != nil:
		c.spec.Start = *n
	case c.fresh && c.spec.Increment > 0:
		c.spec.Start = c.spec.Min
	case c.fresh:
		c.spec.Start = c.spec.Max
	}
	return c.within("START", c.spec.Start)
}

func (c *sequenceChange) restarts(given map[sql.SequenceOptionKind]*sql.SequenceOption) error {
	if c.fresh {
		c.last = c.spec.Start
	}
	if o := given[sql.SequenceRestart]; o != nil {
		c.restart = number(o)
		if c.restart == nil {
			c.restart = &c.spec.Start
		}
		c.last = *c.restart
	}
	return c.within("RESTART", c.last)
}

func (c *sequenceChange) within(name string, n int64) error {
	switch s := &c.spec; {
	case n < s.Min:
		return refusal("22023", fmt.Sprintf("%s value (%d) cannot be less than MINVALUE (%d)", name, n, s.Min))
	case n > s.Max:
		return refusal("22023", fmt.Sprintf("%s value (%d) cannot be greater than MAXVALUE (%d)", name, n, s.Max))
	}
	return nil
}

func (c *sequenceChange) cache(given map[sql.SequenceOptionKind]*sql.SequenceOption) error {
	switch n := number(given[sql.SequenceCache]); {
	case n == nil || *n == 1:
		return nil
	case *n <= 0:
		return refusal("22023", fmt.Sprintf("CACHE (%d) must be greater than zero", *n))
	}
	return unsupported("a sequence with CACHE of more than 1")
}

// number returns the number that an option says, or nil.
func number(o *sql.SequenceOption) *int64 {
	if o == nil {
		return nil
	}
	if lit, ok := o.Value.(*sql.IntegerLiteral); ok {
		return &lit.Value
	}
	return nil
}
