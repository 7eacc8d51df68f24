package rules

import (
	"go/ast"
	"go/token"
	"go/types"
)

// writtenVariables returns the package's variables that its code, tests apart,
// assigns, writes into, or takes the address of. Writing another package's
// variable is a finding at once.
func (c *checker) writtenVariables() map[types.Object]bool {
	written := map[types.Object]bool{}
	for _, f := range c.files {
		ast.Inspect(f.File, func(n ast.Node) bool {
			for _, target := range c.targets(n) {
				v := c.rootVariable(target)
				switch {
				case v == nil:
				case v.Pkg() != c.Pkg:
					c.find(state, target.Pos(), "%s.%s belongs to another package: do not write it", v.Pkg().Name(), v.Name())
				case !f.isTest:
					written[v] = true
				}
			}
			return true
		})
	}
	return written
}

// targets returns the expressions that a node may write through.
func (c *checker) targets(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		return n.Lhs
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.UnaryExpr:
		if _, literal := ast.Unparen(n.X).(*ast.CompositeLit); n.Op == token.AND && !literal {
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		return c.changedByCall(n)
	}
	return nil
}

// changedByCall returns the argument that a predeclared or sorting function
// changes, and the receiver whose address a method call takes.
func (c *checker) changedByCall(call *ast.CallExpr) []ast.Expr {
	switch c.builtin(call) {
	case "delete", "clear", "copy":
		return call.Args[:1]
	case "append": // onto a part of a slice it overwrites the rest
		if _, part := call.Args[0].(*ast.SliceExpr); part {
			return call.Args[:1]
		}
	}
	if f := c.callee(call); f != nil && len(call.Args) > 0 && (c.isSort(call) || isFunc(f, "slices", "Reverse")) {
		return call.Args[:1]
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	method, ok := c.TypesInfo.Selections[sel]
	if !ok || method.Kind() != types.MethodVal {
		return nil
	}
	recv := method.Obj().(*types.Func).Signature().Recv()
	if recv != nil && isPointer(recv.Type()) && !isPointer(c.typeOf(sel.X)) {
		return []ast.Expr{sel.X}
	}
	return nil
}

func isPointer(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.Pointer)
	return ok
}

// rootVariable returns the package-level variable that e is or is part of, or nil.
func (c *checker) rootVariable(e ast.Expr) types.Object {
	switch e := e.(type) {
	case *ast.Ident:
		v, ok := c.TypesInfo.Uses[e].(*types.Var)
		if ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
			return v
		}
	case *ast.ParenExpr:
		return c.rootVariable(e.X)
	case *ast.IndexExpr:
		return c.rootVariable(e.X)
	case *ast.SliceExpr:
		return c.rootVariable(e.X)
	case *ast.StarExpr:
		return c.rootVariable(e.X)
	case *ast.SelectorExpr:
		if _, field := c.TypesInfo.Selections[e]; !field {
			return c.rootVariable(e.Sel)
		}
		return c.rootVariable(e.X)
	}
	return nil
}
