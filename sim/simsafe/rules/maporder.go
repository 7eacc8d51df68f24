package rules

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

const useSortedKeys = "the order differs each time; range over slices.Sorted(maps.Keys(m)), or collect and sort next"

// rangeOverMap judges a range statement: either the order cannot escape from its
// body, or it is a finding.
func (c *checker) rangeOverMap(cur inspector.Cursor, n *ast.RangeStmt) {
	if isMap(c.typeOf(n.X)) && !c.orderStays(cur, n) {
		c.find(mapOrder, n.For, "range over a map: %s", useSortedKeys)
	}
}

// mapIterator judges maps.Keys, maps.Values and maps.All: they go straight into a
// sort or into another map.
func (c *checker) mapIterator(cur inspector.Cursor, call *ast.CallExpr) {
	f := c.callee(call)
	if !isFunc(f, "maps", "Keys", "Values", "All") {
		return
	}
	if kind, _ := cur.ParentEdge(); kind == edge.CallExpr_Args {
		outer := c.callee(cur.Parent().Node().(*ast.CallExpr))
		if isFunc(outer, "slices", "Sorted", "SortedFunc", "SortedStableFunc") || isFunc(outer, "maps", "Collect", "Insert") {
			return
		}
	}
	c.find(mapOrder, call.Pos(), "maps.%s: the order differs each time; wrap it directly in slices.Sorted or slices.SortedFunc", f.Name())
}

// isMap says whether t is a map, or a type parameter that may be one.
func isMap(t types.Type) bool {
	if param, ok := types.Unalias(t).(*types.TypeParam); ok {
		return constraintHasMap(param.Constraint())
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

func constraintHasMap(constraint types.Type) bool {
	face, ok := constraint.Underlying().(*types.Interface)
	if !ok {
		return isMap(constraint)
	}
	for embedded := range face.EmbeddedTypes() {
		if union, ok := embedded.(*types.Union); !ok && constraintHasMap(embedded) || ok && unionHasMap(union) {
			return true
		}
	}
	return false
}

func unionHasMap(union *types.Union) bool {
	for term := range union.Terms() {
		if isMap(term.Type()) {
			return true
		}
	}
	return false
}

// callee returns the function or method that is called by name, or nil.
func (c *checker) callee(call *ast.CallExpr) *types.Func {
	fun := ast.Unparen(call.Fun)
	if index, ok := fun.(*ast.IndexExpr); ok {
		fun = index.X // explicit type argument
	}
	var id *ast.Ident
	switch fun := fun.(type) {
	case *ast.Ident:
		id = fun
	case *ast.SelectorExpr:
		id = fun.Sel
	default:
		return nil
	}
	f, _ := c.TypesInfo.Uses[id].(*types.Func)
	return f
}

// isFunc says whether f is one of the named functions of the package.
func isFunc(f *types.Func, path string, names ...string) bool {
	if f == nil || f.Pkg() == nil || f.Pkg().Path() != path || f.Signature().Recv() != nil {
		return false
	}
	for _, name := range names {
		if f.Name() == name {
			return true
		}
	}
	return false
}

// sortCalls are the functions that put their first argument in order.
var sortCalls = map[string][]string{
	"slices": {"Sort", "SortFunc", "SortStableFunc"},
	"sort":   {"Slice", "SliceStable", "Sort", "Stable", "Strings", "Ints"},
}

func (c *checker) isSort(call *ast.CallExpr) bool {
	f := c.callee(call)
	return isFunc(f, "slices", sortCalls["slices"]...) || isFunc(f, "sort", sortCalls["sort"]...)
}

// sortedNext says whether target, a slice filled in the loop, is sorted after it in
// the same function before anything else looks at it.
func (c *checker) sortedNext(cur inspector.Cursor, target string) bool {
	for call := range functionBody(cur).Preorder((*ast.CallExpr)(nil)) {
		n := call.Node().(*ast.CallExpr)
		if n.Pos() > cur.Node().End() && c.isSort(n) && mentions(n.Args[0], target) {
			span, ok := outermostLoop(cur, call)
			return ok && !c.looksAt(span, cur.Node(), n.Pos(), target)
		}
	}
	return false
}

// functionBody returns the body of the innermost function around cur.
func functionBody(cur inspector.Cursor) inspector.Cursor {
	for f := range cur.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		if body, ok := f.LastChild(); ok {
			return body
		}
	}
	return cur
}

// outermostLoop returns the loop's ancestor, or itself, that stands in the block of
// the sort call. There is none if the sort is in a branch that may be skipped.
func outermostLoop(loop, sortCall inspector.Cursor) (inspector.Cursor, bool) {
	for block := range sortCall.Enclosing((*ast.BlockStmt)(nil), (*ast.CaseClause)(nil)) {
		for at := range loop.Enclosing() {
			if at.Parent() == block {
				return at, true
			}
		}
		return loop, false
	}
	return loop, false
}

// looksAt says whether target is read between the start of span and end, outside
// of the loop. Its length, and appending to it, do not show the order.
func (c *checker) looksAt(span inspector.Cursor, loop ast.Node, end token.Pos, target string) bool {
	for at := range functionBody(span).Preorder() {
		n, ok := at.Node().(ast.Expr)
		inside := ok && loop.Pos() <= n.Pos() && n.End() <= loop.End()
		if !ok || inside || n.Pos() < span.Node().Pos() || n.Pos() >= end || types.ExprString(n) != target {
			continue
		}
		if !c.orderless(at, target) {
			return true
		}
	}
	return false
}

// orderless says whether the mention of target at the cursor is in len(target) or
// in target = append(target, ...).
func (c *checker) orderless(at inspector.Cursor, target string) bool {
	if call, ok := at.Parent().Node().(*ast.CallExpr); ok && c.builtin(call) == "len" {
		return true
	}
	for assign := range at.Enclosing((*ast.AssignStmt)(nil)) {
		n := assign.Node().(*ast.AssignStmt)
		return len(n.Lhs) == 1 && types.ExprString(n.Lhs[0]) == target && c.appendsTo(n.Rhs[0], target) != nil
	}
	return false
}

// appendsTo returns the call if e is append(target, ...).
func (c *checker) appendsTo(e ast.Expr, target string) *ast.CallExpr {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || c.builtin(call) != "append" || types.ExprString(call.Args[0]) != target {
		return nil
	}
	return call
}

// mentions says whether e contains the expression target.
func mentions(e ast.Node, target string) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		expr, ok := n.(ast.Expr)
		found = found || ok && types.ExprString(expr) == target
		return !found
	})
	return found
}
