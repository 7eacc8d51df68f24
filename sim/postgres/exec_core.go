package postgres

import (
	"slices"
	"sort"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// core is SELECT ... FROM ... WHERE ... GROUP BY ... : from the source's combinations of rows
// to the rows of the result, in PostgreSQL's order of steps:
//
//	source -> group -> having -> windows -> sort -> distinct on -> lock rows -> targets -> distinct
//
// Sets among the targets are expanded behind distinct on, or before the step that needs them.
type core struct {
	places   int
	source   source
	group    *grouping
	having   []evaluator
	windows  []*windowStep
	window   int // place of the window functions' row
	order    []frameKey
	on       []evaluator // DISTINCT ON
	locks    []rowLock
	targets  []evaluator
	sets     [setStages][]*setStep
	distinct bool
}

// frameKey sorts frames.
type frameKey struct {
	eval             evaluator
	desc, nullsFirst bool
}

// rowLock is FOR UPDATE or its like on one table of FROM.
type rowLock struct {
	rel    int
	table  *store.Table
	mode   store.RowLock
	policy store.WaitPolicy
}

// finish compiles the SELECT.
func (p *pendingCore) finish(s *scope, q *query) error {
	c := p.core
	reduceOuterJoins(p.items, p.where)
	plan := &planner{s: s, limit: p.limited}
	if !p.grouped && len(s.windows) == 0 && !p.distinct && len(s.sets) == 0 {
		plan.order = p.order
	}
	late := s.a.late
	if len(p.items) > 0 || len(p.where) > 0 {
		c.source = plan.source(p.items, p.where, 0)
	}
	if slices.ContainsFunc(p.where, neverTrue) {
		s.a.late = late // joins of no rows are not planned
	}
	c.places = s.places
	p.stageSets(s, q.nodes)
	for at := range setStages {
		c.sets[at] = newSetSteps(s.sets, at)
	}
	if p.grouped {
		c.group = newGrouping(s, p.group)
		c.having = compileAll(p.having)
	}
	c.window = s.window
	c.windows = newWindowSteps(s.windows)
	c.targets = compileAll(q.nodes)
	c.on = compileAll(p.on)
	c.distinct = p.distinct
	if err := p.lockRows(s, c); err != nil {
		return err
	}
	if p.distinct {
		p.sortRows(q, c)
	} else if !plan.sorted || len(plan.order) == 0 {
		for _, k := range p.order {
			c.order = append(c.order, frameKey{k.node.compile(), k.desc, k.nullsFirst})
		}
	}
	q.nodes = nil
	return nil
}

func neverTrue(n node) bool {
	c, ok := n.(*constNode)
	return ok && !c.v.True()
}

// sortRows sorts the rows of DISTINCT, whose keys are targets: frames are gone by then.
func (p *pendingCore) sortRows(q *query, c *core) {
	if len(p.order) == 0 {
		return
	}
	sorted := &sortedBody{of: c}
	for i, k := range p.order {
		sorted.keys = append(sorted.keys, rowKey{p.orderIs[i], k.desc, k.nullsFirst})
	}
	q.body = sorted
}

// lockRows plans FOR UPDATE and its like. The strongest of several clauses counts, and of
// policies NOWAIT over SKIP LOCKED over waiting (manual, SELECT). Tables are locked in the order of FROM, or in
// that of OF (PostgreSQL source, transformLockingClause).
func (p *pendingCore) lockRows(s *scope, c *core) error {
	leaves := p.lockable(p.items, false)
	for _, l := range p.locking {
		if len(l.Of) == 0 {
			for _, leaf := range leaves {
				if err := p.lockLeaf(s, c, leaf, l, false); err != nil {
					return err
				}
			}
		}
		for _, of := range l.Of {
			leaf, err := s.namedLeaf(leaves, of, l)
			if err != nil {
				return err
			}
			if err := p.lockLeaf(s, c, leaf, l, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// lockableLeaf is an item of FROM, and whether an outer join may fill it up with nulls.
type lockableLeaf struct {
	*fromItem
	nullable bool
}

func (p *pendingCore) lockable(items []*fromItem, nullable bool) []lockableLeaf {
	var leaves []lockableLeaf
	for _, item := range items {
		if item.join == 0 {
			leaves = append(leaves, lockableLeaf{item, nullable})
			continue
		}
		left := nullable || item.join == sql.RightJoin || item.join == sql.FullJoin
		right := nullable || item.join == sql.LeftJoin || item.join == sql.FullJoin
		leaves = append(leaves, p.lockable([]*fromItem{item.left}, left)...)
		leaves = append(leaves, p.lockable([]*fromItem{item.right}, right)...)
	}
	return leaves
}

// namedLeaf finds the item that OF names, even behind the alias of a join.
func (s *scope) namedLeaf(leaves []lockableLeaf, of sql.QualifiedName, l sql.Locking) (lockableLeaf, error) {
	lock := lockName(l.Strength)
	if of.Schema != "" {
		return lockableLeaf{}, s.a.fail(of.Offset(), "42601", lock+" must specify unqualified relation names")
	}
	for _, leaf := range leaves {
		if leaf.rel.alias == of.Name {
			return leaf, nil
		}
	}
	if s.relation("", of.Name) != nil {
		return lockableLeaf{}, s.a.fail(of.Offset(), "0A000", lock+" cannot be applied to a join")
	}
	return lockableLeaf{}, s.a.fail(of.Offset(), "42P01", `relation "`+of.Name+`" in `+lock+` clause not found in FROM clause`)
}

func (p *pendingCore) lockLeaf(s *scope, c *core, leaf lockableLeaf, l sql.Locking, named bool) error {
	rel := leaf.rel
	switch {
	case leaf.query != nil && leaf.query.isValues():
		return nil
	case leaf.query != nil:
		return unsupported(lockName(l.Strength) + " applied to a subquery in FROM")
	case rel.table == nil && named:
		return s.a.fail(l.Offset(), "0A000", lockName(l.Strength)+" cannot be applied to a "+leaf.kind())
	case rel.table == nil:
		return nil // it has no rows to lock, on either side of an outer join
	case leaf.nullable:
		return s.a.fail(l.Offset(), "0A000", lockName(l.Strength)+" cannot be applied to the nullable side of an outer join")
	}
	lock := rowLock{rel.rel, rel.table, store.RowLock(l.Strength), policyOf(l.Wait)}
	for i := range c.locks {
		if c.locks[i].rel == lock.rel {
			c.locks[i].mode = max(c.locks[i].mode, lock.mode)
			c.locks[i].policy = max(c.locks[i].policy, lock.policy)
			return nil
		}
	}
	c.locks = append(c.locks, lock)
	s.a.locking = "SELECT " + lockName(l.Strength)
	return nil
}

func (i *fromItem) kind() string {
	if i.cte != nil {
		return "WITH query"
	}
	return "function"
}

func policyOf(w sql.LockWait) store.WaitPolicy {
	switch w {
	case sql.LockSkip:
		return store.SkipLocked
	case sql.LockError:
		return store.NoWait
	}
	return store.Wait
}

// run yields the result's rows.
func (c *core) run(x *execution, outer *frame, emit func(value.Row) error) error {
	f := x.frame(c.places, outer)
	defer x.free(f)
	row := f.output(len(c.targets))
	out := func() error {
		for i, t := range c.targets {
			var err error
			if row[i], err = t(f); err != nil {
				return err
			}
		}
		return emit(row)
	}
	if c.distinct {
		out = c.distinctRows(f, row, emit)
	}
	out = c.expand(setsLast, f, out)
	if len(c.locks) > 0 {
		out = c.locking(f, row, out, emit)
	}
	return c.frames(f, out)
}

func (c *core) distinctRows(f *frame, row value.Row, emit func(value.Row) error) func() error {
	seen := newRowSet()
	return func() error {
		for i, t := range c.targets {
			var err error
			if row[i], err = t(f); err != nil {
				return err
			}
		}
		if !seen.add(row) {
			return nil
		}
		return emit(row)
	}
}

// frames yields the frames for which targets are computed, in order.
func (c *core) frames(f *frame, out func() error) error {
	if len(c.on) > 0 {
		out = c.distinctOn(f, out)
	}
	if len(c.order) > 0 {
		return c.sorted(f, out)
	}
	return c.unsorted(f, out)
}

// unsorted yields what comes before sorting.
func (c *core) unsorted(f *frame, out func() error) error {
	return c.windowed(f, c.expand(setsBeforeSort, f, out))
}

func (c *core) windowed(f *frame, out func() error) error {
	if len(c.windows) > 0 {
		return c.withWindows(f, out)
	}
	return c.grouped(f, out)
}

func (c *core) grouped(f *frame, out func() error) error {
	if c.group != nil {
		return c.group.run(c, f, out)
	}
	return c.scan(f, out)
}

func (c *core) scan(f *frame, out func() error) error {
	out = c.expand(setsBeforeGroups, f, out)
	if c.source == nil {
		return out()
	}
	return c.source.run(f, out)
}

// distinctOn passes the first frame of each set of equal values.
func (c *core) distinctOn(f *frame, out func() error) func() error {
	seen := newRowSet()
	keys := make(value.Row, len(c.on))
	return func() error {
		for i, e := range c.on {
			var err error
			if keys[i], err = e(f); err != nil {
				return err
			}
		}
		if !seen.add(keys) {
			return nil
		}
		return out()
	}
}

// sortedFrame is a frame with its sort keys.
type sortedFrame struct {
	saved
	keys []value.Value
}

func (c *core) all() []int {
	list := make([]int, c.places)
	for i := range list {
		list[i] = i
	}
	return list
}

func (c *core) sorted(f *frame, out func() error) error {
	var kept []sortedFrame
	everything := c.all()
	err := c.unsorted(f, func() error {
		keys := make([]value.Value, len(c.order))
		for i, k := range c.order {
			var err error
			if keys[i], err = k.eval(f); err != nil {
				return err
			}
		}
		kept = append(kept, sortedFrame{save(f, everything), keys})
		return nil
	})
	if err != nil {
		return err
	}
	sort.SliceStable(kept, func(i, j int) bool { return compareKeys(c.order, kept[i].keys, kept[j].keys) < 0 })
	for i := range kept {
		kept[i].restore(f, everything)
		if err := out(); err != nil {
			return err
		}
	}
	return nil
}

func compareKeys(order []frameKey, a, b []value.Value) int {
	for i, k := range order {
		if c := compareKey(a[i], b[i], k.desc, k.nullsFirst); c != 0 {
			return c
		}
	}
	return 0
}

// locking locks the rows behind each frame, and tests the conditions again where some had to be waited for and
// changed meanwhile, when it has all locks (EvalPlanQual). The targets are computed before, and again
// if a row has changed.
func (c *core) locking(f *frame, row value.Row, out func() error, emit func(value.Row) error) func() error {
	return func() error {
		for i, target := range c.targets {
			var err error
			if row[i], err = target(f); err != nil {
				return err
			}
		}
		locked, changed, err := c.lockFrame(f)
		if err != nil || !locked {
			return err
		}
		if changed {
			if ok, err := c.source.recheck(f); err != nil || !ok {
				return err
			}
		}
		if changed {
			return out()
		}
		return emit(row)
	}
}

// lockFrame locks the rows behind a frame, and puts newer versions into it.
func (c *core) lockFrame(f *frame) (locked, changed bool, err error) {
	for i := range c.locks {
		l := &c.locks[i]
		tuple := f.tuples[l.rel]
		if tuple == nil {
			continue
		}
		outcome, newest, err := f.x.tx.Lock(f.x.snap, l.table, tuple, l.mode, l.policy, true)
		if err != nil {
			return false, false, err
		}
		switch outcome {
		case store.Done:
		case store.Modified:
			changed = true
			f.rows[l.rel], f.tuples[l.rel] = newest.Row, newest
		default:
			return false, false, nil
		}
	}
	return true, changed, nil
}
