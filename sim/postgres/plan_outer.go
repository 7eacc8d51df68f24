package postgres

import (
	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// reduceOuterJoins makes outer joins inner where the conditions above them drop the rows that were filled up
// with nulls (PostgreSQL source, reduce_outer_joins). The result is the same; what changes is which
// tables FOR UPDATE may lock, and which rows are looked at.
func reduceOuterJoins(items []*fromItem, where []node) {
	strict := strictRelations(where)
	for _, item := range items {
		item.reduce(strict)
	}
}

// reduce has the relations whose nulls the conditions above do not let through.
func (i *fromItem) reduce(above uint64) {
	if i.join == 0 {
		return
	}
	i.join = reducedJoin(i.join, i.left.mask&above != 0, i.right.mask&above != 0)
	here := strictRelations(i.on)
	left, right := here, here // of LEFT and RIGHT JOIN, ON tells of the nullable side only
	switch i.join {
	case sql.InnerJoin:
		left, right = above|here, above|here
	case sql.LeftJoin:
		left = above
	case sql.RightJoin:
		right = above
	case sql.FullJoin:
		left, right = 0, 0
	}
	i.left.reduce(left)
	i.right.reduce(right)
}

func reducedJoin(kind sql.JoinKind, leftStrict, rightStrict bool) sql.JoinKind {
	fillsRight := (kind == sql.LeftJoin || kind == sql.FullJoin) && !rightStrict
	fillsLeft := (kind == sql.RightJoin || kind == sql.FullJoin) && !leftStrict
	switch {
	case fillsLeft && fillsRight:
		return sql.FullJoin
	case fillsRight:
		return sql.LeftJoin
	case fillsLeft:
		return sql.RightJoin
	}
	return sql.InnerJoin
}

// strictRelations returns the relations that cannot be all nulls where the conditions hold.
func strictRelations(conditions []node) uint64 {
	var mask uint64
	for _, c := range conditions {
		mask |= strictIn(c, true)
	}
	return mask
}

// strictIn returns the relations whose nulls make a node NULL, or, at the top of a condition, not true
// (PostgreSQL source, find_nonnullable_rels).
func strictIn(n node, top bool) uint64 {
	switch n := n.(type) {
	case *columnNode, *systemNode, *wholeRowNode:
		return refs(n)
	case *callNode:
		if n.fn.Strict {
			return strictInAny(n.args, false)
		}
	case *opNode:
		if n.op.Strict() {
			return strictInAny(n.children(), false)
		}
	case *castNode:
		return strictIn(n.arg, top)
	case *notNode:
		return strictIn(n.arg, false)
	case *logicNode:
		if top && !n.or {
			return strictInAny(n.terms, true)
		}
		return strictInAll(n.terms, top)
	case *testNode:
		if top && n.rejectsNull() {
			return strictIn(n.arg, false)
		}
	case *inListNode:
		if len(n.list) == 1 {
			return strictInAny(n.children(), false)
		}
		return strictIn(n.arg, false)
	case *quantifiedNode:
		if n.op.Strict() && (!n.all || hasElements(n.array)) {
			return strictInAny(n.children(), false)
		}
	case *subqueryNode:
		if top && n.kind == subqueryAny && !n.not && !n.correlated { // a semi-join
			return strictInAny(n.left, false)
		}
	}
	return 0
}

func strictInAny(nodes []node, top bool) uint64 {
	var mask uint64
	for _, n := range nodes {
		mask |= strictIn(n, top)
	}
	return mask
}

func strictInAll(nodes []node, top bool) uint64 {
	mask := ^uint64(0)
	for _, n := range nodes {
		mask &= strictIn(n, top)
	}
	return mask
}

// rejectsNull says whether the test of a NULL is false.
func (n *testNode) rejectsNull() bool {
	if n.kind == 'n' && n.arg.typ().Kind == value.KindRecord {
		return false
	}
	return n.test(value.Value{}) == n.not
}

// hasElements says whether an array is certainly not empty: ALL is true of an empty one.
func hasElements(n node) bool {
	switch n := n.(type) {
	case *arrayNode:
		return len(n.items) > 0 && !n.nested
	case *constNode:
		return n.v.Kind == value.KindArray && len(n.v.Array().Values) > 0
	}
	return false
}
