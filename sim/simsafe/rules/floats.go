package rules

import (
	"go/ast"
	"go/token"
	"go/types"
)

const useIntegers = "floats round differently where the compiler fuses operations; use integers (parts per million, cents, time.Duration)"

// exactMath are the functions of package math that neither round nor compare.
var exactMath = setOf("Float32bits Float64bits Float32frombits Float64frombits IsNaN IsInf NaN Inf Signbit")

// floatOperation judges one operator. An expression that the compiler evaluates is
// exact, hence fine.
func (c *checker) floatOperation(whole ast.Expr, at token.Pos, operands ...ast.Expr) {
	if whole != nil && c.TypesInfo.Types[whole].Value != nil {
		return
	}
	for _, operand := range operands {
		if isFloat(c.typeOf(operand)) {
			c.find(floats, at, "computing with %s: %s", c.typeOf(operand), useIntegers)
			return
		}
	}
}

// floatAssign judges x += y and its kin.
func (c *checker) floatAssign(n *ast.AssignStmt) {
	if n.Tok != token.ASSIGN && n.Tok != token.DEFINE {
		c.floatOperation(nil, n.TokPos, n.Lhs...)
	}
}

// floatCall judges min and max, which compare.
func (c *checker) floatCall(n *ast.CallExpr) {
	switch c.builtin(n) {
	case "min", "max":
		c.floatOperation(n, n.Pos(), n.Args...)
	}
}

// builtin returns the name of the predeclared function that is called, or "".
func (c *checker) builtin(n *ast.CallExpr) string {
	id, ok := ast.Unparen(n.Fun).(*ast.Ident)
	if !ok {
		return ""
	}
	if b, ok := c.TypesInfo.Uses[id].(*types.Builtin); ok {
		return b.Name()
	}
	return ""
}

func isFloat(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&(types.IsFloat|types.IsComplex) != 0
}
