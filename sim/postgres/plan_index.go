package postgres

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// path is a way to read a table by an index.
type path struct {
	index     *store.Index
	equal     []node // on the first columns; nil for IS NULL
	low, high node
	lowEx     bool
	highEx    bool
	any       node          // = ANY (array) on the column after equal
	list      []node        // IN (list) there
	sub       *subqueryNode // IN (SELECT ...) there
	reverse   bool
	sorted    bool // rows come in the order wanted
	covered   []node
	score     int
}

// listed says whether the index is read once for each value of a list.
func (p *path) listed() bool { return p.any != nil || p.list != nil || p.sub != nil }

func (p *path) covers(c node) bool {
	return slices.Contains(p.covered, c)
}

// path finds the best index for a table under conditions, nil if none serves.
func (p *planner) path(r *relation, conditions []node, bound uint64, first bool) *path {
	var best *path
	for _, ix := range r.def.Indexes {
		candidate := p.candidate(r, ix, conditions, bound, first)
		if candidate != nil && (best == nil || candidate.score > best.score) {
			best = candidate
		}
	}
	return best
}

func (p *planner) candidate(r *relation, ix *store.Index, conditions []node, bound uint64, first bool) *path {
	c := &path{index: ix}
	for _, part := range predicateOf(ix) {
		implied := implies(conditions, part, r.rel)
		if implied == nil {
			return nil
		}
		c.covered = append(c.covered, implied)
	}
	partial := len(c.covered) > 0
	for len(c.equal) < len(ix.Keys) {
		if !c.addEqual(r, ix.Keys[len(c.equal)], conditions, bound) {
			break
		}
	}
	unique := ix.Unique && len(c.equal) == len(ix.Keys)
	if len(c.equal) < len(ix.Keys) {
		key := ix.Keys[len(c.equal)]
		if !c.addList(r, key, conditions, bound) {
			c.addRange(r, key, conditions, bound)
		}
	}
	if first && len(p.order) > 0 && !c.listed() {
		c.sorted, c.reverse = p.inOrder(r, ix, len(c.equal))
	}
	switch {
	case unique:
		c.score = 100
	case c.listed():
		c.score = 60 + 4*len(c.equal)
	case len(c.equal) > 0:
		c.score = 50 + 4*len(c.equal)
	case c.sorted && p.limit:
		c.score = 45
	case c.low != nil || c.high != nil:
		c.score = 30
	case c.sorted || partial:
		c.score = 20
	default:
		return nil
	}
	if partial {
		c.score += 3
	}
	if c.sorted {
		c.score += 2
	}
	if c.low != nil || c.high != nil {
		c.score++
	}
	return c
}

// implies returns the condition that is the same as part of an index's predicate, or that
// could only be true with it: col = x implies col IS NOT NULL.
func implies(conditions []node, part node, rel int) node {
	m := matcher{rel}
	for _, c := range conditions {
		if m.same(part, c) {
			return c
		}
	}
	return nil
}

// keyIs says whether a node is the index key.
func keyIs(n node, key store.IndexKey, rel int) bool {
	n = bare(n)
	if key.Column >= 0 {
		c, ok := n.(*columnNode)
		return ok && c.depth == 0 && c.rel == rel && c.col == key.Column
	}
	src, ok := key.Source.(*exprSource)
	return ok && matcher{rel}.same(src.node, n)
}

// bare takes off conversions that change nothing.
func bare(n node) node {
	for {
		c, ok := n.(*castNode)
		if !ok || c.mod != value.NoMod || c.cast == nil || !c.cast.Relabel {
			return n
		}
		n = c.arg
	}
}

// operandFor returns what an index key is compared with, if the condition does that.
func operandFor(c node, key store.IndexKey, rel int, bound uint64) (node, value.Comparison) {
	op, ok := c.(*opNode)
	if !ok || op.left == nil || op.op.Comparison == value.NotComparison || op.op.Comparison == value.NotEquals {
		return nil, 0
	}
	if keyIs(op.left, key, rel) && usable(op.right, bound) {
		return op.right, op.op.Comparison
	}
	if keyIs(op.right, key, rel) && usable(op.left, bound) {
		return op.left, mirrored(op.op.Comparison)
	}
	return nil, 0
}

func usable(n node, bound uint64) bool { return refs(n)&^bound == 0 && !volatile(n) }

func mirrored(c value.Comparison) value.Comparison {
	switch c {
	case value.Less:
		return value.Greater
	case value.LessEqual:
		return value.GreaterEqual
	case value.GreaterEqual:
		return value.LessEqual
	case value.Greater:
		return value.Less
	}
	return c
}

func (p *path) addEqual(r *relation, key store.IndexKey, conditions []node, bound uint64) bool {
	for _, c := range conditions {
		if test, ok := c.(*testNode); ok && test.kind == 'n' && !test.not && keyIs(test.arg, key, r.rel) {
			p.equal, p.covered = append(p.equal, nil), append(p.covered, c)
			return true
		}
		if operand, comparison := operandFor(c, key, r.rel, bound); operand != nil && comparison == value.Equals {
			p.equal, p.covered = append(p.equal, operand), append(p.covered, c)
			return true
		}
		if col, ok := boolColumn(c, key, r.rel); ok {
			p.equal, p.covered = append(p.equal, col), append(p.covered, c)
			return true
		}
	}
	return false
}

// boolColumn recognises a boolean column, or NOT of it, as a condition on an index.
func boolColumn(c node, key store.IndexKey, rel int) (node, bool) {
	want := true
	if not, ok := c.(*notNode); ok {
		c, want = not.arg, false
	}
	if col, ok := c.(*columnNode); ok && col.t == value.Bool && keyIs(c, key, rel) {
		return &constNode{typeAt(value.Bool, 0), value.OfBool(want)}, true
	}
	return nil, false
}

func (p *path) addList(r *relation, key store.IndexKey, conditions []node, bound uint64) bool {
	for _, c := range conditions {
		switch n := c.(type) {
		case *quantifiedNode:
			if !n.all && n.op.Comparison == value.Equals && keyIs(n.arg, key, r.rel) && usable(n.array, bound) {
				p.any, p.covered = n.array, append(p.covered, c)
				return true
			}
		case *subqueryNode:
			if n.kind == subqueryAny && !n.not && !n.correlated && len(n.left) == 1 && n.ops[0].Comparison == value.Equals && keyIs(n.left[0], key, r.rel) {
				p.sub, p.covered = n, append(p.covered, c)
				return true
			}
		case *inListNode:
			if n.not || n.op.Comparison != value.Equals || !keyIs(n.arg, key, r.rel) {
				continue
			}
			fits := true
			for _, item := range n.list {
				fits = fits && usable(item, bound)
			}
			if fits {
				p.list, p.covered = n.list, append(p.covered, c)
				return true
			}
		}
	}
	return false
}

func (p *path) addRange(r *relation, key store.IndexKey, conditions []node, bound uint64) {
	for _, c := range conditions {
		if rows, ok := c.(*rowCompareNode); ok {
			p.addRowRange(r, key, rows, bound)
			continue
		}
		operand, comparison := operandFor(c, key, r.rel, bound)
		if operand == nil {
			continue
		}
		switch comparison {
		case value.Greater, value.GreaterEqual:
			if p.low == nil {
				p.low, p.lowEx, p.covered = operand, comparison == value.Greater, append(p.covered, c)
			}
		case value.Less, value.LessEqual:
			if p.high == nil {
				p.high, p.highEx, p.covered = operand, comparison == value.Less, append(p.covered, c)
			}
		}
	}
}

// addRowRange uses the first column of (a, b) > (x, y); the rest stays a condition.
func (p *path) addRowRange(r *relation, key store.IndexKey, c *rowCompareNode, bound uint64) {
	if !keyIs(c.left[0], key, r.rel) || !usable(c.right[0], bound) {
		return
	}
	switch c.comparison {
	case value.Greater, value.GreaterEqual:
		if p.low == nil {
			p.low = c.right[0]
		}
	case value.Less, value.LessEqual:
		if p.high == nil {
			p.high = c.right[0]
		}
	}
}

// inOrder says whether an index, after its first equal columns, yields the order wanted.
func (p *planner) inOrder(r *relation, ix *store.Index, equal int) (sorted, reverse bool) {
	at := equal
	for i, k := range p.order {
		if fixedByPrefix(k.node, r, ix, equal) {
			continue
		}
		if at >= len(ix.Keys) || !keyIs(k.node, ix.Keys[at], r.rel) {
			return false, false
		}
		key := ix.Keys[at]
		backwards := key.Desc != k.desc
		if (key.NullsFirst != backwards) != k.nullsFirst && !notNull(r, key) {
			return false, false
		}
		if at > equal && backwards != reverse {
			return false, false
		}
		reverse = backwards
		at++
		if ix.Unique && at == len(ix.Keys) && i < len(p.order) {
			return true, reverse
		}
	}
	return true, reverse
}

func fixedByPrefix(n node, r *relation, ix *store.Index, equal int) bool {
	for _, key := range ix.Keys[:equal] {
		if keyIs(n, key, r.rel) {
			return true
		}
	}
	return false
}

func notNull(r *relation, key store.IndexKey) bool {
	return key.Column >= 0 && r.def.Columns[key.Column].NotNull
}
