package postgres

import (
	"math/bits"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// planner chooses how FROM's rows are found: in which order relations are joined, by which
// index each is read, and where each condition is tested. It has no statistics: an index
// that serves a condition is always used.
type planner struct {
	s     *scope
	order []sortKey // wanted, if it comes for nothing
	limit bool      // few rows are wanted
	// sorted says that the rows come in the order wanted.
	sorted bool
}

// source plans a list of items under conditions.
func (p *planner) source(items []*fromItem, where []node, bound uint64) source {
	leaves, conditions := flatten(items, where)
	if len(leaves) == 0 {
		return &single{compileAll(conditions)}
	}
	var src source
	pending := conditions
	for len(leaves) > 0 {
		i, path := p.choose(leaves, pending, bound)
		leaf := leaves[i]
		leaves = append(leaves[:i:i], leaves[i+1:]...)
		if src == nil {
			var here []node
			here, pending = split(pending, bound|leaf.mask)
			src = p.leafSource(leaf, here, path, bound)
		} else {
			src, pending = p.joinLeaf(src, leaf, pending, path, bound)
		}
		bound |= leaf.mask
	}
	if len(pending) > 0 {
		src = &nest{left: src, right: &single{compileAll(pending)}}
	}
	return src
}

// flatten takes inner joins apart into their leaves and conditions.
func flatten(items []*fromItem, where []node) ([]*fromItem, []node) {
	var leaves []*fromItem
	conditions := append([]node(nil), where...)
	for _, item := range items {
		if item.join == sql.InnerJoin {
			inner, on := flatten([]*fromItem{item.left, item.right}, item.on)
			leaves, conditions = append(leaves, inner...), append(conditions, on...)
			continue
		}
		leaves = append(leaves, item)
	}
	return leaves, conditions
}

// split takes the conditions that refer to nothing outside mask.
func split(conditions []node, mask uint64) (here, later []node) {
	for _, c := range conditions {
		if refs(c)&^mask == 0 {
			here = append(here, c)
		} else {
			later = append(later, c)
		}
	}
	return here, later
}

func places(mask uint64) []int {
	var list []int
	for mask != 0 {
		list = append(list, bits.TrailingZeros64(mask))
		mask &= mask - 1
	}
	return list
}

// choose picks the leaf to join next: the one that conditions narrow down most, else one that opens
// an index of another.
func (p *planner) choose(leaves []*fromItem, conditions []node, bound uint64) (int, *path) {
	best, bestScore := -1, -1
	var bestPath *path
	for i, leaf := range leaves {
		if leaf.needs&^bound != 0 {
			continue
		}
		score := 1
		var found *path
		if leaf.rel != nil && leaf.rel.table != nil && leaf.join == 0 {
			here, _ := split(conditions, bound|leaf.mask)
			found = p.path(leaf.rel, here, bound, len(leaves) == 1 && bound == 0)
			if found != nil {
				score = found.score
			}
		} else if p.opens(leaf, leaves, conditions, bound) {
			score = opensScore
		}
		if score > bestScore {
			best, bestScore, bestPath = i, score, found
		}
	}
	if best < 0 {
		best = 0
	}
	return best, bestPath
}

// opensScore is above that of a table that is read as a whole, and below any index's.
const opensScore = 2

// opens says whether the rows of a leaf that is no table, as of WITH claimed AS (...), let one of the
// tables be read by an index that serves an equality.
func (p *planner) opens(leaf *fromItem, leaves []*fromItem, conditions []node, bound uint64) bool {
	if leaf.join != 0 {
		return false
	}
	for _, other := range leaves {
		if other.rel == nil || other.rel.table == nil || other.join != 0 {
			continue
		}
		here, _ := split(conditions, bound|leaf.mask|other.mask)
		if found := p.path(other.rel, here, bound|leaf.mask, false); found != nil && len(found.equal) > 0 {
			return true
		}
	}
	return false
}

// joinLeaf joins one more leaf to what there is.
func (p *planner) joinLeaf(left source, leaf *fromItem, conditions []node, path *path, bound uint64) (source, []node) {
	rels := places(leaf.mask)
	here, later := split(conditions, bound|leaf.mask)
	if path != nil && (len(path.equal) > 0 || path.listed()) || leaf.needs != 0 {
		return &nest{left: left, right: p.leafSource(leaf, here, path, bound)}, later
	}
	own, across := split(here, leaf.mask)
	h := &hashJoin{left: left, right: p.leafSource(leaf, own, nil, 0), rels: rels}
	var rest []node
	for _, c := range across {
		l, r, ok := equiJoin(c, bound, leaf.mask)
		if ok {
			h.leftKeys, h.rightKeys = append(h.leftKeys, l.compile()), append(h.rightKeys, r.compile())
		}
		rest = append(rest, c)
	}
	if len(h.leftKeys) > 0 {
		h.filter = compileAll(rest)
		return h, later
	}
	return &nest{left: left, right: h.right, filter: compileAll(across), keep: true, rels: rels}, later
}

// equiJoin recognises an equality of something on the left and something on the right.
func equiJoin(c node, left, right uint64) (l, r node, ok bool) {
	op, isOp := c.(*opNode)
	if !isOp || op.op.Comparison != value.Equals || op.left == nil || volatile(c) {
		return nil, nil, false
	}
	lr, rr := refs(op.left), refs(op.right)
	switch {
	case lr&right == 0 && lr&left != 0 && rr&left == 0 && rr&right != 0:
		return op.left, op.right, true
	case rr&right == 0 && rr&left != 0 && lr&left == 0 && lr&right != 0:
		return op.right, op.left, true
	}
	return nil, nil, false
}

// leafSource plans one leaf with the conditions that can be tested on it.
func (p *planner) leafSource(leaf *fromItem, conditions []node, path *path, bound uint64) source {
	switch {
	case leaf.join != 0:
		return p.outer(leaf, conditions, bound)
	case leaf.rel.table != nil:
		return p.table(leaf.rel, conditions, path)
	}
	scan := &rowsScan{rel: leaf.rel.rel, filter: compileAll(conditions)}
	switch {
	case leaf.query != nil:
		q := leaf.query
		scan.rows = func(f *frame, emit func(value.Row) error) error { return q.run(f.x, f, emit) }
	case leaf.cte != nil:
		c := leaf.cte
		scan.stable = true
		scan.rows = func(f *frame, emit func(value.Row) error) error { return f.x.scanCTE(c, emit) }
	case leaf.zip != nil:
		scan.rows = zippedRows(leaf)
	default:
		scan.rows = functionRows(leaf)
	}
	return scan
}

func (p *planner) outer(item *fromItem, where []node, bound uint64) source {
	left, right, kind := item.left, item.right, item.join
	if kind == sql.RightJoin {
		left, right, kind = right, left, sql.LeftJoin
	}
	o := &outerJoin{full: kind == sql.FullJoin, leftRels: places(left.mask)}
	o.rels = places(right.mask)
	var above []node
	inner := &planner{s: p.s}
	if o.full {
		above = where
		o.left = inner.source([]*fromItem{left}, nil, bound)
		o.right = inner.source([]*fromItem{right}, nil, bound)
		o.filter = compileAll(item.on)
		p.checkFull(item)
	} else {
		var pushed []node
		pushed, above = split(where, bound|left.mask)
		o.left = inner.source([]*fromItem{left}, pushed, bound)
		right, rest := split(item.on, bound|right.mask|left.mask)
		o.right = inner.source([]*fromItem{rightOf(item)}, right, bound|left.mask)
		o.filter = compileAll(rest)
		o.keep = !dependsOn(right, left.mask) && rightOf(item).needs&left.mask == 0
	}
	o.where = compileAll(above)
	return o
}

// checkFull refuses a FULL JOIN that PostgreSQL can neither hash nor merge: none of its conditions is an
// equality across the two sides, and one of them is more than a constant.
func (p *planner) checkFull(item *fromItem) {
	variable := false
	for _, c := range item.on {
		if _, _, ok := equiJoin(c, item.left.mask, item.right.mask); ok {
			return
		}
		variable = variable || refs(c) != 0 || volatile(c)
	}
	if variable && p.s.a.late == nil {
		p.s.a.late = refusal("0A000", "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions")
	}
}

func rightOf(item *fromItem) *fromItem {
	if item.join == sql.RightJoin {
		return item.left
	}
	return item.right
}

func dependsOn(conditions []node, mask uint64) bool {
	for _, c := range conditions {
		if refs(c)&mask != 0 {
			return true
		}
	}
	return false
}

// functionRows yields what a function in FROM returns.
func functionRows(leaf *fromItem) func(*frame, func(value.Row) error) error {
	args := compileAll(leaf.args)
	fn := leaf.function
	var scalar evaluator
	if leaf.scalar != nil {
		scalar = leaf.scalar.compile()
	}
	wide := fn != nil && (len(fn.Columns) > 1 || fn.Result.Kind == value.KindRecord && len(fn.Result.Fields) > 0)
	return func(f *frame, emit func(value.Row) error) error {
		values, err := callRows(f, fn, args, scalar)
		if err != nil {
			return err
		}
		for i, v := range values {
			row := value.Row{v}
			if wide {
				row = append(value.Row(nil), v.Record().Values...)
			}
			if leaf.ordinal {
				row = append(row, value.OfInt(int64(i+1)))
			}
			if err := emit(row); err != nil {
				return err
			}
		}
		return nil
	}
}

// zippedRows yields what several set-returning functions return side by side, the shorter
// ones filled up with NULL.
func zippedRows(leaf *fromItem) func(*frame, func(value.Row) error) error {
	var args [][]evaluator
	for _, call := range leaf.zip {
		args = append(args, compileAll(call.args))
	}
	return func(f *frame, emit func(value.Row) error) error {
		columns := make([][]value.Value, len(args))
		longest := 0
		for i, call := range leaf.zip {
			values, err := callRows(f, call.fn, args[i], nil)
			if err != nil {
				return err
			}
			columns[i], longest = values, max(longest, len(values))
		}
		for n := range longest {
			row := make(value.Row, len(columns), len(columns)+1)
			for i, values := range columns {
				if n < len(values) {
					row[i] = values[n]
				}
			}
			if leaf.ordinal {
				row = append(row, value.OfInt(int64(n+1)))
			}
			if err := emit(row); err != nil {
				return err
			}
		}
		return nil
	}
}

func callRows(f *frame, fn *value.Function, args []evaluator, scalar evaluator) ([]value.Value, error) {
	if scalar != nil {
		v, err := scalar(f)
		return []value.Value{v}, err
	}
	values := make([]value.Value, len(args))
	for i, a := range args {
		v, err := a(f)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	if fn.Set {
		return fn.CallSet(&f.x.context, values)
	}
	v, err := fn.Call(&f.x.context, values)
	return []value.Value{v}, err
}

// table plans the scan of a table.
func (p *planner) table(r *relation, conditions []node, path *path) source {
	s := &tableScan{rel: r.rel, table: r.table}
	conditions = cheapFirst(conditions)
	s.all = compileAll(conditions)
	if path == nil {
		s.filter = s.all
		return s
	}
	p.sorted = path.sorted
	s.index, s.reverse = path.index, path.reverse
	for _, e := range path.equal {
		if e == nil {
			s.equal = append(s.equal, nil)
		} else {
			s.equal = append(s.equal, e.compile())
		}
	}
	if path.low != nil {
		s.low, s.lowEx = path.low.compile(), path.lowEx
	}
	if path.high != nil {
		s.high, s.highEx = path.high.compile(), path.highEx
	}
	if path.any != nil {
		s.any = path.any.compile()
	}
	s.sub = path.sub
	s.list = compileAll(path.list)
	if len(path.list) == 0 {
		s.list = nil
	}
	for _, c := range conditions {
		if !path.covers(c) {
			s.filter = append(s.filter, c.compile())
		}
	}
	return s
}

// cheapFirst puts conditions with subqueries behind the others.
func cheapFirst(conditions []node) []node {
	var cheap, dear []node
	for _, c := range conditions {
		if hasSubquery(c) {
			dear = append(dear, c)
		} else {
			cheap = append(cheap, c)
		}
	}
	return append(cheap, dear...)
}

func hasSubquery(n node) bool {
	if _, ok := n.(*subqueryNode); ok {
		return true
	}
	return slices.ContainsFunc(n.children(), hasSubquery)
}

// exprSource is what the store keeps of an expression over a table's row.
type exprSource struct {
	node node // the table is relation 0
	eval evaluator
	text string
	expr sql.Expr // where a change of a column's type has it analyzed again
}

func predicateOf(ix *store.Index) []node {
	if src, ok := ix.Where.(*exprSource); ok && src != nil {
		return conjuncts(src.node)
	}
	return nil
}
