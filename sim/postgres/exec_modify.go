package postgres

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// run executes the modification and hands RETURNING's rows to emit.
func (m *modification) run(x *execution, outer *frame, emit func(value.Row) error) (affected int, err error) {
	for _, c := range m.ctes {
		x.ctes[c.slot] = cteState{outer: outer}
	}
	f := x.frame(m.places, outer)
	defer x.free(f)
	var row value.Row
	if m.returning != nil {
		row = f.output(len(m.returning))
	}
	err = m.change.run(m, f, func() error {
		affected++
		if m.returning == nil {
			return nil
		}
		for i, e := range m.returning {
			var err error
			if row[i], err = e(f); err != nil {
				return err
			}
		}
		return emit(row)
	})
	if err != nil {
		return affected, err
	}
	return affected, x.finishCTEs(m.ctes)
}

// insertion is INSERT.
type insertion struct {
	target     *relation
	columns    []int // that get values, in the source's order
	values     [][]evaluator
	source     *query
	defaults   []evaluator
	generated  []assignment
	ignore     []int // identities whose values OVERRIDING USER VALUE ignores
	overriding sql.Overriding

	conflict bool
	arbiters []*store.Index
	update   bool
	excluded int
	set      []assignment
	where    evaluator
	lock     store.RowLock
}

func (in *insertion) run(m *modification, f *frame, emit func() error) error {
	if in.source != nil {
		return in.source.run(f.x, f.outer, func(r value.Row) error {
			row := make(value.Row, len(in.defaults))
			var given uint64
			for i, c := range in.columns {
				row[c] = r[i]
				given |= bit(c)
			}
			return in.store(m, f, row, given, emit)
		})
	}
	outer := f.x.frame(0, f.outer)
	defer f.x.free(outer)
	for _, list := range in.values {
		row := make(value.Row, len(in.defaults))
		var given uint64
		for i, e := range list {
			if e == nil {
				continue
			}
			v, err := e(outer)
			if err != nil {
				return err
			}
			row[in.columns[i]] = v
			given |= bit(in.columns[i])
		}
		if err := in.store(m, f, row, given, emit); err != nil {
			return err
		}
	}
	return nil
}

// bit marks a column; those beyond 63 share the last one, and are then looked up.
func bit(c int) uint64 { return 1 << min(c, 63) }

// complete fills in defaults and generated columns.
func (in *insertion) complete(f *frame, row value.Row, given uint64) error {
	for _, c := range in.ignore {
		given &^= bit(c)
	}
	for c, e := range in.defaults {
		if e == nil || given&bit(c) != 0 && (c < 63 || in.gives(c)) {
			continue
		}
		v, err := e(f)
		if err != nil {
			return err
		}
		row[c] = v
	}
	if len(in.generated) == 0 {
		return nil
	}
	return generate(in.generated, m0(f, row), row)
}

func (in *insertion) gives(c int) bool {
	return slices.Contains(in.columns, c)
}

// m0 is a frame whose relation 0 is the row: what expressions of a table's definition see.
func m0(f *frame, row value.Row) *frame {
	return &frame{rows: []value.Row{row}, x: f.x}
}

// generate computes the generated columns of a row.
func generate(list []assignment, own *frame, row value.Row) error {
	for _, g := range list {
		v, err := g.eval(own)
		if err != nil {
			return err
		}
		row[g.column] = v
	}
	return nil
}

func (in *insertion) store(m *modification, f *frame, row value.Row, given uint64, emit func() error) error {
	x := f.x
	if x.session.interrupt != nil {
		return x.session.interrupt
	}
	if err := in.complete(f, row, given); err != nil {
		return err
	}
	if in.conflict {
		return in.storeOrConflict(m, f, row, emit)
	}
	tuple, err := x.tx.Insert(m.table, row)
	if err != nil {
		return err
	}
	f.rows[m.rel], f.tuples[m.rel] = tuple.Row, tuple
	return emit()
}

// storeOrConflict is ON CONFLICT: DO UPDATE begins again when the conflicting row has
// changed before it could be locked.
func (in *insertion) storeOrConflict(m *modification, f *frame, row value.Row, emit func() error) error {
	x := f.x
	for {
		inserted, conflict, err := x.tx.InsertOrConflict(m.table, row, in.arbiters)
		if err != nil {
			return err
		}
		if inserted != nil {
			f.rows[m.rel], f.tuples[m.rel] = inserted.Row, inserted
			return emit()
		}
		if !in.update {
			return x.tx.CheckVisible(x.snap, conflict)
		}
		outcome, _, err := x.tx.Lock(x.snap, m.table, conflict, in.lock, store.Wait, false)
		if err != nil {
			return err
		}
		switch outcome {
		case store.Done:
			return in.updateConflict(m, f, row, conflict, emit)
		case store.Invisible, store.SelfModified:
			e := refusal("21000", "ON CONFLICT DO UPDATE command cannot affect row a second time")
			e.Hint = "Ensure that no rows proposed for insertion within the same command have duplicate constrained values."
			return e
		}
	}
}

func (in *insertion) updateConflict(m *modification, f *frame, row value.Row, conflict *store.Tuple, emit func() error) error {
	x := f.x
	if err := x.tx.CheckVisible(x.snap, conflict); err != nil {
		return err
	}
	f.rows[m.rel], f.tuples[m.rel] = conflict.Row, conflict
	f.rows[in.excluded] = row
	if in.where != nil {
		if ok, err := truth(in.where, f); err != nil || !ok {
			return err
		}
	}
	changed, err := applied(in.set, in.generated, f, conflict.Row)
	if err != nil {
		return err
	}
	_, newest, err := x.tx.Update(x.snap, m.table, conflict, changed)
	if err != nil {
		return err
	}
	f.rows[m.rel], f.tuples[m.rel] = newest.Row, newest
	return emit()
}

// multiRow is the row that (a, b) = (SELECT ...) assigns from.
type multiRow struct {
	of  *subqueryNode
	row value.Row
}

func (m *multiRow) field(f *frame, a *assignment) (value.Value, error) {
	if m.of == a.multi {
		return m.row[a.field], nil
	}
	rows, err := a.multi.rowsOf(f)
	if err != nil {
		return value.Value{}, err
	}
	m.of = a.multi
	switch len(rows) {
	case 0:
		m.row = make(value.Row, len(a.multi.query.columns))
	case 1:
		m.row = rows[0]
	default:
		return value.Value{}, refusal("21000", "more than one row returned by a subquery used as an expression")
	}
	return m.row[a.field], nil
}

// applied computes the new row of an update.
func applied(set, generated []assignment, f *frame, old value.Row) (value.Row, error) {
	row := make(value.Row, len(old))
	copy(row, old)
	var multi multiRow
	for i := range set {
		a := &set[i]
		var v value.Value
		var err error
		if a.multi != nil {
			v, err = multi.field(f, a)
		} else {
			v, err = a.eval(f)
		}
		if err == nil && a.elem != nil {
			v, err = a.element(f, row[a.column], v)
		}
		if err != nil {
			return nil, err
		}
		row[a.column] = v
	}
	if len(generated) > 0 {
		if err := generate(generated, m0(f, row), row); err != nil {
			return nil, err
		}
	}
	return row, nil
}

func (a *assignment) element(f *frame, array, v value.Value) (value.Value, error) {
	var path []int64
	for _, e := range a.path {
		at, err := e(f)
		if err != nil {
			return at, err
		}
		if at.IsNull() {
			return at, refusal("22004", "array subscript in assignment must not be null")
		}
		path = append(path, at.N)
	}
	return value.Assign(a.elem, array, path, v)
}

// updating is UPDATE.
type updating struct {
	source    source
	set       []assignment
	generated []assignment
}

func (u *updating) run(m *modification, f *frame, emit func() error) error {
	x := f.x
	return u.source.run(f, func() error {
		row, tuple := f.rows[m.rel], f.tuples[m.rel]
		err := u.one(m, f, x, emit)
		f.rows[m.rel], f.tuples[m.rel] = row, tuple
		return err
	})
}

// one updates the row in the frame; one that another transaction changed meanwhile is
// tested again in its newest version.
func (u *updating) one(m *modification, f *frame, x *execution, emit func() error) error {
	for {
		changed, err := applied(u.set, u.generated, f, f.rows[m.rel])
		if err != nil {
			return err
		}
		outcome, newest, err := x.tx.Update(x.snap, m.table, f.tuples[m.rel], changed)
		if err != nil {
			return err
		}
		switch outcome {
		case store.Done:
			f.rows[m.rel], f.tuples[m.rel] = newest.Row, newest
			return emit()
		case store.Modified:
			f.rows[m.rel], f.tuples[m.rel] = newest.Row, newest
			if ok, err := u.source.recheck(f); err != nil || !ok {
				return err
			}
		default:
			return nil
		}
	}
}

// deleting is DELETE.
type deleting struct{ source source }

func (d *deleting) run(m *modification, f *frame, emit func() error) error {
	return d.source.run(f, func() error {
		row, tuple := f.rows[m.rel], f.tuples[m.rel]
		err := d.one(m, f, emit)
		f.rows[m.rel], f.tuples[m.rel] = row, tuple
		return err
	})
}

func (d *deleting) one(m *modification, f *frame, emit func() error) error {
	for {
		outcome, newest, err := f.x.tx.Delete(f.x.snap, m.table, f.tuples[m.rel])
		if err != nil {
			return err
		}
		switch outcome {
		case store.Done:
			return emit()
		case store.Modified:
			f.rows[m.rel], f.tuples[m.rel] = newest.Row, newest
			if ok, err := d.source.recheck(f); err != nil || !ok {
				return err
			}
		default:
			return nil
		}
	}
}
