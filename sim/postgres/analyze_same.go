package postgres

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

func containsNode(list []node, n node) bool {
	for _, other := range list {
		if sameNode(other, n) {
			return true
		}
	}
	return false
}

// sameNode says whether two nodes compute the same from the same frame.
func sameNode(a, b node) bool { return matcher{-1}.same(a, b) }

// matcher compares nodes. With rel not negative the first node belongs to a table's
// definition, where the table is relation 0, and the second to a query where it is rel.
type matcher struct{ rel int }

func (m matcher) same(a, b node) bool {
	if a == b {
		return true
	}
	switch x := a.(type) {
	case *columnNode:
		y, ok := b.(*columnNode)
		return ok && x.depth == y.depth && x.col == y.col && (x.rel == y.rel || m.rel >= 0 && y.rel == m.rel && x.rel == 0)
	case *constNode:
		y, ok := b.(*constNode)
		return ok && value.Same(x.t, y.t) && x.v.Kind == y.v.Kind && (x.v.IsNull() || value.Equal(x.v, y.v))
	case *literalNode:
		y, ok := b.(*literalNode)
		return ok && value.Same(x.t, y.t) && x.text == y.text
	case *paramNode:
		y, ok := b.(*paramNode)
		return ok && x.n == y.n
	case *wholeRowNode:
		y, ok := b.(*wholeRowNode)
		return ok && x.depth == y.depth && x.rel == y.rel
	case *systemNode:
		y, ok := b.(*systemNode)
		return ok && x.depth == y.depth && x.rel == y.rel && x.name == y.name
	case *outerNode:
		y, ok := b.(*outerNode)
		return ok && x.depth == y.depth && m.same(x.aggregate, y.aggregate)
	}
	return (sameCall(a, b) || sameForm(a, b)) && m.all(a.children(), b.children())
}

func (m matcher) all(a, b []node) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !m.same(a[i], b[i]) {
			return false
		}
	}
	return true
}

// sameCall compares all but the operands of functions, operators, conversions and subqueries.
func sameCall(a, b node) bool {
	switch x := a.(type) {
	case *callNode:
		y, ok := b.(*callNode)
		return ok && x.fn.OID == y.fn.OID
	case *setNode:
		y, ok := b.(*setNode)
		return ok && x.fn.OID == y.fn.OID
	case *aggregateNode:
		y, ok := b.(*aggregateNode)
		return ok && x.aggregate.OID == y.aggregate.OID && x.distinct == y.distinct && (x.filter == nil) == (y.filter == nil) && sameOrder(x.order, y.order)
	case *windowNode:
		y, ok := b.(*windowNode)
		return ok && x.sameFunction(y) && x.spec.frame == y.spec.frame && len(x.spec.partition) == len(y.spec.partition) && sameOrder(x.spec.order, y.spec.order)
	case *opNode:
		y, ok := b.(*opNode)
		return ok && x.op.OID == y.op.OID
	case *castNode:
		y, ok := b.(*castNode)
		return ok && value.Same(x.t, y.t) && x.mod == y.mod
	case *classNode:
		_, ok := b.(*classNode)
		return ok
	case *subqueryNode:
		y, ok := b.(*subqueryNode)
		return ok && x.sameQuery(y)
	}
	return false
}

func (n *windowNode) sameFunction(other *windowNode) bool {
	if (n.filter == nil) != (other.filter == nil) || (n.aggregate == nil) != (other.aggregate == nil) {
		return false
	}
	return n.name == other.name && (n.aggregate == nil || n.aggregate.OID == other.aggregate.OID)
}

// sameOrder compares directions; the keys are compared among the operands.
func sameOrder(a, b []sortKey) bool {
	return slices.EqualFunc(a, b, func(x, y sortKey) bool { return x.desc == y.desc && x.nullsFirst == y.nullsFirst })
}

// sameForm compares all but the operands of what has a syntax of its own.
func sameForm(a, b node) bool {
	switch x := a.(type) {
	case *logicNode:
		y, ok := b.(*logicNode)
		return ok && x.or == y.or
	case *notNode:
		_, ok := b.(*notNode)
		return ok
	case *testNode:
		y, ok := b.(*testNode)
		return ok && x.kind == y.kind && x.not == y.not
	case *distinctNode:
		y, ok := b.(*distinctNode)
		return ok && x.op.OID == y.op.OID && x.not == y.not
	case *caseNode:
		y, ok := b.(*caseNode)
		return ok && len(x.conditions) == len(y.conditions)
	case *coalesceNode:
		_, ok := b.(*coalesceNode)
		return ok
	case *minmaxNode:
		y, ok := b.(*minmaxNode)
		return ok && x.least == y.least
	case *nullifNode:
		y, ok := b.(*nullifNode)
		return ok && x.op.OID == y.op.OID
	}
	return sameCollection(a, b)
}

// sameCollection compares all but the operands of what is about arrays, rows and lists.
func sameCollection(a, b node) bool {
	switch x := a.(type) {
	case *inListNode:
		y, ok := b.(*inListNode)
		return ok && x.op.OID == y.op.OID && x.not == y.not
	case *quantifiedNode:
		y, ok := b.(*quantifiedNode)
		return ok && x.op.OID == y.op.OID && x.all == y.all
	case *rowCompareNode:
		y, ok := b.(*rowCompareNode)
		return ok && x.comparison == y.comparison
	case *arrayNode:
		y, ok := b.(*arrayNode)
		return ok && value.Same(x.t, y.t) && x.nested == y.nested
	case *rowNode:
		_, ok := b.(*rowNode)
		return ok
	case *subscriptNode:
		y, ok := b.(*subscriptNode)
		return ok && x.slice == y.slice && sameGaps(x.lower, y.lower) && sameGaps(x.upper, y.upper)
	case *fieldNode:
		y, ok := b.(*fieldNode)
		return ok && x.field == y.field
	}
	return false
}

// sameGaps says whether the same bounds are left out.
func sameGaps(a, b []node) bool {
	return slices.EqualFunc(a, b, func(x, y node) bool { return (x == nil) == (y == nil) })
}
