package postgres

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// mark notes a reference to something of the level that is depth levels further out: the levels between are
// correlated, and the outermost of them uses a relation of the level around it.
func (s *scope) mark(depth int, n node) {
	if depth == 0 {
		return
	}
	for range depth - 1 {
		s.correlated = true
		s = s.outer
	}
	s.correlated = true
	s.uses |= refs(n)
	s.outer.used = append(s.outer.used, n)
}

// usedSoFar counts what is used of s and of each level around it.
func (s *scope) usedSoFar() []int {
	var counts []int
	for level := s; level != nil; level = level.outer {
		counts = append(counts, len(level.used))
	}
	return counts
}

// depthOf returns how far out the nearest level is to whose columns an aggregate just analyzed refers: it belongs
// there (manual, 4.2.7). One that refers to nothing belongs here.
func (s *scope) depthOf(n *aggregateNode, before []int) int {
	if slices.ContainsFunc(n.children(), refersHere) {
		return 0
	}
	depth := 0
	for level := s; level != nil; level = level.outer {
		if len(level.used) > before[depth] {
			return depth
		}
		depth++
	}
	return 0
}

// refersHere says whether an expression refers to a relation or an aggregate of its own level. What
// a subquery in it refers to is among the used of the level.
func refersHere(n node) bool {
	switch c := n.(type) {
	case *columnNode:
		return c.depth == 0
	case *systemNode:
		return c.depth == 0
	case *wholeRowNode:
		return c.depth == 0
	case *aggregateNode:
		return true
	}
	return slices.ContainsFunc(n.children(), refersHere)
}

// outerNode reads an aggregate of a level further out.
type outerNode struct {
	typed
	depth     int
	aggregate *aggregateNode
}

func (n *outerNode) compile() evaluator {
	depth, rel, slot := n.depth, n.aggregate.rel, n.aggregate.slot
	return func(f *frame) (value.Value, error) {
		for range depth {
			f = f.outer
		}
		return f.rows[rel][slot], nil
	}
}

// outerAggregate analyzes an aggregate again, where it belongs: the names in it mean the same there.
func (s *scope) outerAggregate(c *sql.FuncCall, n *aggregateNode, depth int, before []int) (node, error) {
	if slices.ContainsFunc(n.children(), hasSubquery) && s.namesQueries(depth) {
		return nil, unsupported("an aggregate of an outer query over a subquery behind WITH")
	}
	level := s
	for around, i := s, 0; around != nil; around, i = around.outer, i+1 {
		around.used = around.used[:before[i]]
		if i == depth {
			level = around
		}
	}
	analyzed, err := level.aggregateCall(c)
	if err != nil {
		return nil, err
	}
	level.used = level.used[:before[depth]] // what stands in an aggregate need not be grouped by
	own := analyzed.(*aggregateNode)
	s.mark(depth, own)
	return &outerNode{typed: own.typed, depth: depth, aggregate: own}, nil
}

// namesQueries says whether WITH gives names to queries between s and the level depth levels out.
func (s *scope) namesQueries(depth int) bool {
	for level := s; depth > 0; level, depth = level.outer, depth-1 {
		if len(level.ctes) > 0 {
			return true
		}
	}
	return false
}

// sameQuery says whether two subqueries of one level ask the same.
func (n *subqueryNode) sameQuery(other *subqueryNode) bool {
	if n.tree == nil || other.tree == nil || n.kind != other.kind || n.not != other.not || len(n.ops) != len(other.ops) {
		return false
	}
	for i, op := range n.ops {
		if op.OID != other.ops[i].OID {
			return false
		}
	}
	return n.tree == other.tree || sql.Format(n.tree) == sql.Format(other.tree)
}
